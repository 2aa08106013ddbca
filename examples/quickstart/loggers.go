package main

import (
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/rs/zerolog"
	"github.com/sirupsen/logrus"
	"go.uber.org/zap"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/logrusx"
	"github.com/logsto/logsto-go/slogx"
	logstozap "github.com/logsto/logsto-go/zapcore"
	"github.com/logsto/logsto-go/zerologw"
)

var errTimeout = errors.New("upstream timed out")

func logWithSlog(buf *batch.Buffer) {
	log := slog.New(slogx.NewHandler(buf)).With("component", "slog")
	log.Info("request served", "status", 200, "took", 12*time.Millisecond, slog.Group("user", "id", "u1"))
	log.Error("request failed", "error", errTimeout)
}

func logWithZap(buf *batch.Buffer) {
	log := zap.New(logstozap.NewCore(buf)).With(zap.String("component", "zap"))
	log.Info("request served", zap.Int("status", 200), zap.Duration("took", 12*time.Millisecond), zap.Dict("user", zap.String("id", "u1")))
	log.Error("request failed", zap.Error(errTimeout))
}

func logWithZerolog(buf *batch.Buffer) {
	// As the other loggers do; zerolog's default is milliseconds, and {} for an error in a value.
	zerolog.DurationFieldUnit, zerolog.DurationFieldFormat = time.Nanosecond, zerolog.DurationFormatInt
	zerolog.InterfaceMarshalFunc = zerologw.MarshalInterface

	log := zerolog.New(zerologw.NewWriter(buf)).With().Timestamp().Str("component", "zerolog").Logger()
	log.Info().Int("status", 200).Dur("took", 12*time.Millisecond).Dict("user", zerolog.Dict().Str("id", "u1")).Msg("request served")
	log.Error().Err(errTimeout).Msg("request failed")
}

func logWithLogrus(buf *batch.Buffer) {
	logger := logrus.New()
	logger.SetOutput(io.Discard) // to Logs.to alone
	logger.AddHook(logrusx.NewHook(buf))
	log := logger.WithField("component", "logrus")
	log.WithFields(logrus.Fields{"status": 200, "took": 12 * time.Millisecond, "user": logrus.Fields{"id": "u1"}}).Info("request served")
	log.WithError(errTimeout).Error("request failed")
}

package leak

import (
	"bytes"
	"fmt"
	"log/slog"

	"github.com/rs/zerolog"
	"github.com/sirupsen/logrus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// loggers is how the loggers show a value in a field, and in a message.
var loggers = []printer{
	{"slog text", func(v any) string { return logged(func(b *bytes.Buffer) { slogged(slog.NewTextHandler(b, nil), v) }) }},
	{"slog json", func(v any) string { return logged(func(b *bytes.Buffer) { slogged(slog.NewJSONHandler(b, nil), v) }) }},
	{"zap json", func(v any) string {
		return logged(func(b *bytes.Buffer) { zapped(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), b, v) })
	}},
	{"zap console", func(v any) string {
		return logged(func(b *bytes.Buffer) { zapped(zapcore.NewConsoleEncoder(zap.NewDevelopmentEncoderConfig()), b, v) })
	}},
	{"zerolog", func(v any) string { return logged(func(b *bytes.Buffer) { zerologged(b, v) }) }},
	{"logrus text", func(v any) string { return logrussed(&logrus.TextFormatter{DisableColors: true}, v) }},
	{"logrus json", func(v any) string { return logrussed(&logrus.JSONFormatter{}, v) }},
}

func logged(log func(*bytes.Buffer)) string {
	var buf bytes.Buffer
	log(&buf)
	return buf.String()
}

func slogged(h slog.Handler, v any) {
	l := slog.New(h)
	l.Info("", "v", v, slog.Group("g", "v", v))
	l.With("v", v).Info("")
}

func zapped(enc zapcore.Encoder, b *bytes.Buffer, v any) {
	l := zap.New(zapcore.NewCore(enc, zapcore.AddSync(b), zapcore.DebugLevel))
	l.Info("", zap.Any("v", v))
	l.Info("", zap.Reflect("v", v))
	l.Sugar().With("v", v).Infof("%+v", v)
}

func zerologged(b *bytes.Buffer, v any) {
	l := zerolog.New(b)
	l.Info().Interface("v", v).Fields([]any{"w", v}).Msgf("%+v", v)
	if err, ok := v.(error); ok {
		l.Error().Stack().Err(err).Msg("")
	}
}

// logrussed goes without a logger, which prints to standard error what it cannot
// format.
func logrussed(f logrus.Formatter, v any) string {
	e := logrus.NewEntry(logrus.New()).WithField("v", v)
	if err, ok := v.(error); ok {
		e = e.WithError(err)
	}
	e.Message = fmt.Sprintf("%+v", v)
	return text(f.Format(e))
}

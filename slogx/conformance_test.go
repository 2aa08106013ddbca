package slogx_test

import (
	"log/slog"
	"testing"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/conformance"
	"github.com/logsto/logsto-go/slogx"
)

func TestConformance(t *testing.T) {
	conformance.Slog(t, func(b *batch.Buffer) *slog.Logger {
		return slog.New(slogx.NewHandler(b, slogx.WithLevel(slog.LevelDebug)))
	})
}

package slogx_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
	"github.com/logsto/logsto-go/slogx"
)

// TestSeverity checks by which level the buffer sheds a record. A closed buffer
// refuses all, and counts each under its level.
func TestSeverity(t *testing.T) {
	for level, want := range map[slog.Level]batch.Level{
		-8: batch.Trace, -5: batch.Trace,
		slog.LevelDebug: batch.Debug, -1: batch.Debug,
		slog.LevelInfo: batch.Info, 2: batch.Info, 3: batch.Info,
		slog.LevelWarn: batch.Warn, 7: batch.Warn,
		slog.LevelError: batch.Error, 12: batch.Error, 1000: batch.Error,
	} {
		b, _ := capture.Buffer(t, batch.WithoutErrorHandler())
		if err := b.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		_ = slogx.NewHandler(b).Handle(context.Background(), slog.NewRecord(time.Now(), level, "m", 0))
		if got := b.Stats().Drops; len(got) != 1 || got[0] != (batch.Drop{Reason: batch.ReasonClosed, Level: want, Records: 1}) {
			t.Errorf("%v: got %v, want one of level %v", level, got, want)
		}
	}
}

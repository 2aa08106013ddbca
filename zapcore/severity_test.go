package zapcore_test

import (
	"context"
	"testing"

	"go.uber.org/zap"
	upstream "go.uber.org/zap/zapcore"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
	logstozap "github.com/logsto/logsto-go/zapcore"
)

// TestSeverity checks by which level the buffer sheds a record. A closed buffer
// refuses all, and counts each under its level.
func TestSeverity(t *testing.T) {
	for level, want := range map[upstream.Level]batch.Level{
		zap.DebugLevel - 7: batch.Trace, zap.DebugLevel - 1: batch.Trace, zap.DebugLevel: batch.Debug, zap.InfoLevel: batch.Info,
		zap.WarnLevel: batch.Warn, zap.ErrorLevel: batch.Error, zap.DPanicLevel: batch.Panic, zap.PanicLevel: batch.Panic, zap.FatalLevel: batch.Fatal,
	} {
		b, _ := capture.Buffer(t, batch.WithoutErrorHandler())
		if err := b.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		_ = logstozap.NewCore(b).Write(upstream.Entry{Level: level, Message: "m"}, nil)
		if got := b.Stats().Drops; len(got) != 1 || got[0] != (batch.Drop{Reason: batch.ReasonClosed, Level: want, Records: 1}) {
			t.Errorf("%v: got %v, want one of level %v", level, got, want)
		}
	}
}

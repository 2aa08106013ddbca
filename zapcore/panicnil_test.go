//go:debug panicnil=1

package zapcore_test

import (
	"testing"

	"go.uber.org/zap"
	upstream "go.uber.org/zap/zapcore"

	"github.com/logsto/logsto-go/internal/capture"
	logstozap "github.com/logsto/logsto-go/zapcore"
)

// TestPanicNil checks values that panic with nil, which a program can have by a
// setting of GODEBUG.
func TestPanicNil(t *testing.T) {
	b, sent := capture.Buffer(t)
	zap.New(logstozap.NewCore(b), zap.WithClock(fixed{})).Info("m",
		zap.Object("o", objectFunc(func(e upstream.ObjectEncoder) error { e.AddInt("x", 1); panic(nil) })), zap.Int("z", 1)) //nolint:govet // that is the point
	if want := head + `,"o":"!PANIC: nil, or runtime.Goexit","z":1}`; len(sent()) != 1 || sent()[0] != want {
		t.Errorf("got %s, want %s", sent(), want)
	}
}

package zapcore_test

import (
	"testing"

	"go.uber.org/zap"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/conformance"
	logstozap "github.com/logsto/logsto-go/zapcore"
)

func TestConformance(t *testing.T) {
	conformance.Zap(t, func(b *batch.Buffer) *zap.Logger {
		return zap.New(logstozap.NewCore(b, logstozap.WithLevel(zap.DebugLevel)))
	})
}

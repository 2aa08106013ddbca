package zapcore_test

import (
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/conformance/published"
	logstozap "github.com/logsto/logsto-go/zapcore"
)

func TestPublishedCases(t *testing.T) {
	published.Zap(t, func(b *batch.Buffer) zapcore.Core {
		return logstozap.NewCore(b, logstozap.WithLevel(zap.DebugLevel))
	})
}

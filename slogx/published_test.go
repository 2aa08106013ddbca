package slogx_test

import (
	"log/slog"
	"testing"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/conformance/published"
	"github.com/logsto/logsto-go/slogx"
)

func TestPublishedCases(t *testing.T) {
	published.Slog(t, func(b *batch.Buffer, o *slog.HandlerOptions) slog.Handler {
		opts := []slogx.Option{slogx.WithLevel(o.Level), slogx.WithReplaceAttr(o.ReplaceAttr)}
		if o.AddSource {
			opts = append(opts, slogx.WithSource())
		}
		return slogx.NewHandler(b, opts...)
	})
}

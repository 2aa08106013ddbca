package published

import (
	"bytes"
	stdcontext "context"
	"log/slog"
	"testing"

	"github.com/logsto/logsto-go/batch"
)

var slogMapping = mapping{time: slog.TimeKey, level: slog.LevelKey, message: slog.MessageKey}

// slogCase is a record that a handler with these options gets.
type slogCase struct {
	note
	opts   slog.HandlerOptions
	with   func(slog.Handler) slog.Handler
	record func() slog.Record
}

// Slog runs the cases over handlers that newHandler makes. They must take the
// options that log/slog's handlers take.
func Slog(t *testing.T, newHandler func(*batch.Buffer, *slog.HandlerOptions) slog.Handler) {
	t.Helper()
	for _, c := range slogCases() {
		say := func(h slog.Handler) {
			if c.with != nil {
				h = c.with(h)
			}
			if err := h.Handle(stdcontext.Background(), c.record()); err != nil {
				t.Error(err)
			}
		}
		own := func() string {
			var buf bytes.Buffer
			say(slog.NewJSONHandler(&buf, &c.opts))
			return buf.String()
		}
		c.run(t, &slogMapping, own, func(b *batch.Buffer) { say(newHandler(b, &c.opts)) })
	}
}

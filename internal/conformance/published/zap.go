package published

import (
	"bytes"
	"cmp"
	"testing"

	"go.uber.org/zap/zapcore"

	"github.com/logsto/logsto-go/batch"
)

// zapCase is an entry that a core gets, and the configuration of zap's encoder.
type zapCase struct {
	note
	cfg    zapcore.EncoderConfig
	entry  zapcore.Entry
	fields []zapcore.Field
	say    func(zapcore.Core) // instead of a Write of the entry
}

// Zap runs the cases over cores that newCore makes. They must take all levels.
func Zap(t *testing.T, newCore func(*batch.Buffer) zapcore.Core) {
	t.Helper()
	for _, c := range zapCases() {
		say := c.say
		if say == nil {
			say = func(core zapcore.Core) {
				if err := core.Write(c.entry, c.fields); err != nil {
					t.Error(err)
				}
			}
		}
		own := func() string {
			var buf bytes.Buffer
			say(zapcore.NewCore(zapcore.NewJSONEncoder(c.cfg), zapcore.AddSync(&buf), zapcore.DebugLevel))
			return buf.String()
		}
		c.run(t, zapMapping(&c.cfg), own, func(b *batch.Buffer) { say(newCore(b)) })
	}
}

func zapMapping(cfg *zapcore.EncoderConfig) *mapping {
	const none = "\x00" // the key of no member
	return &mapping{
		time: cmp.Or(cfg.TimeKey, none), level: cmp.Or(cfg.LevelKey, none), message: cmp.Or(cfg.MessageKey, none),
		renamed: map[string]string{cmp.Or(cfg.NameKey, none): "logger", cmp.Or(cfg.StacktraceKey, none): "stacktrace"},
		fills:   true,
	}
}

package published

import (
	"bytes"
	"cmp"
	"io"
	"testing"

	"github.com/sirupsen/logrus"

	"github.com/logsto/logsto-go/batch"
)

// logrusCase is what is logged with a logger that has the formatter, or an entry
// that the formatter gets, and our hook.
type logrusCase struct {
	note
	formatter logrus.JSONFormatter
	log       func(*logrus.Logger)
	entry     *logrus.Entry
}

// Logrus runs the cases over hooks that newHook makes. They must take all levels.
func Logrus(t *testing.T, newHook func(*batch.Buffer) logrus.Hook) {
	t.Helper()
	for _, c := range logrusCases() {
		own := func() string {
			if c.entry != nil {
				out, err := c.formatter.Format(c.entry)
				if err != nil {
					t.Error(err)
				}
				return string(out)
			}
			var buf bytes.Buffer
			l := logrus.New()
			l.SetOutput(&buf)
			l.SetFormatter(&c.formatter)
			c.log(l)
			return buf.String()
		}
		c.run(t, logrusMapping(c.formatter.FieldMap), own, func(b *batch.Buffer) {
			hook := newHook(b)
			if c.entry != nil {
				if err := hook.Fire(c.entry); err != nil {
					t.Error(err)
				}
				return
			}
			l := logrus.New()
			l.SetOutput(io.Discard)
			l.AddHook(hook)
			c.log(l)
		})
	}
}

func logrusMapping(keys logrus.FieldMap) *mapping {
	return &mapping{
		time:    cmp.Or(keys[logrus.FieldKeyTime], logrus.FieldKeyTime),
		level:   cmp.Or(keys[logrus.FieldKeyLevel], logrus.FieldKeyLevel),
		message: cmp.Or(keys[logrus.FieldKeyMsg], logrus.FieldKeyMsg),
		levels:  map[string]string{"warning": "warn"},
		fills:   true,
	}
}

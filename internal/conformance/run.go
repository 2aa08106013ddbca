package conformance

import (
	stdcontext "context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/sirupsen/logrus"
	"go.uber.org/zap"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
)

// Slog runs the table over loggers that newLogger makes. They must take all
// levels.
func Slog(t *testing.T, newLogger func(*batch.Buffer) *slog.Logger) {
	t.Helper()
	run(t, func(c *testCase, b *batch.Buffer) bool {
		if c.slog != nil {
			c.slog(newLogger(b))
		}
		return c.slog != nil
	})
}

// Zap runs the table over loggers that newLogger makes. They must take all
// levels.
func Zap(t *testing.T, newLogger func(*batch.Buffer) *zap.Logger) {
	t.Helper()
	run(t, func(c *testCase, b *batch.Buffer) bool {
		if c.zap != nil {
			c.zap(newLogger(b))
		}
		return c.zap != nil
	})
}

// Zerolog runs the table over loggers that newLogger makes, with the settings
// of zerolog that make its fields look like those of the others.
func Zerolog(t *testing.T, newLogger func(*batch.Buffer) zerolog.Logger) {
	t.Helper()
	format, unit, durations := zerolog.TimeFieldFormat, zerolog.DurationFieldUnit, zerolog.DurationFieldFormat
	zerolog.TimeFieldFormat, zerolog.DurationFieldUnit, zerolog.DurationFieldFormat = time.RFC3339Nano, time.Nanosecond, zerolog.DurationFormatInt
	defer func() {
		zerolog.TimeFieldFormat, zerolog.DurationFieldUnit, zerolog.DurationFieldFormat = format, unit, durations
	}()
	run(t, func(c *testCase, b *batch.Buffer) bool {
		if c.zerolog != nil {
			c.zerolog(newLogger(b))
		}
		return c.zerolog != nil
	})
}

// Logrus runs the table over loggers to which addHook adds a hook. The fields
// of a record are expected in the order of their keys.
func Logrus(t *testing.T, addHook func(*logrus.Logger, *batch.Buffer)) {
	t.Helper()
	run(t, func(c *testCase, b *batch.Buffer) bool {
		if c.logrus != nil {
			l := quiet()
			addHook(l, b)
			c.fields = slices.Clone(c.fields)
			slices.SortStableFunc(c.fields, func(a, b field) int { return strings.Compare(a.key, b.key) })
			c.logrus(l)
		}
		return c.logrus != nil
	})
}

// run lets log say each case, if it can, and checks what arrives.
func run(t *testing.T, log func(*testCase, *batch.Buffer) bool) {
	t.Helper()
	n := 0
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			var s capture.Sender
			b, err := batch.New(&s)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = b.Close(stdcontext.Background()) }()
			before := time.Now()
			if !log(&c, b) {
				t.SkipNow()
			}
			n++
			after := time.Now()
			if err := b.Sync(); err != nil {
				t.Fatal(err)
			}
			if got := s.Records(); len(got) != 1 {
				t.Errorf("%d records: %q", len(got), got)
			} else if err := check(&c, got[0], before, after); err != nil {
				t.Errorf("%v\nin %s", err, got[0])
			}
		})
	}
	t.Logf("%d cases", n)
}

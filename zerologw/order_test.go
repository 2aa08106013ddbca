package zerologw_test

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
	"github.com/logsto/logsto-go/zerologw"
)

// TestTimesThatSayTooLittle checks that a time of which nobody can tell which it is
// does not become that of the record, and is not lost.
func TestTimesThatSayTooLittle(t *testing.T) {
	restore(t)
	at := time.Date(2026, 11, 23, 20, 18, 41, 0, time.FixedZone("XST", -5*3600))
	zerolog.TimestampFunc = func() time.Time { return at }
	for _, format := range []string{time.DateTime, time.Kitchen, time.StampMilli, time.ANSIC, time.RFC1123, time.RFC822, "15:04:05", "2006-01-02T15:04:05.000Z", "x"} {
		zerolog.TimeFieldFormat = format
		b, sent := capture.Buffer(t)
		l := zerolog.New(zerologw.NewWriter(b)).With().Timestamp().Logger()
		before := time.Now()
		l.Info().Msg("m")
		got := sent()
		if want := `,"level":"info","message":"m","time":"` + at.Format(format) + `"}`; body(t, got) != want {
			t.Errorf("%q: got %s", format, got[0])
		}
		if stamp, err := time.Parse(time.RFC3339Nano, got[0][len(`{"timestamp":"`):][:30]); err != nil || stamp.Before(before.Add(-time.Second)) || stamp.After(time.Now()) {
			t.Errorf("%q: the time of the record is %v, %v", format, stamp, err)
		}
	}
	zerolog.TimeFieldFormat = zerolog.TimeFormatUnix
	b, sent := capture.Buffer(t)
	l := zerolog.New(zerologw.NewWriter(b))
	l.Info().Int64("time", 1<<62).Msg("m")
	if got := body(t, sent()); got != `,"level":"info","message":"m","time":4611686018427387904}` {
		t.Errorf("got %s", got)
	}
}

// TestOrder checks that events of another time are put in order by it, and that the
// times of what one goroutine logs never go back, although zerolog cuts them.
func TestOrder(t *testing.T) {
	restore(t)
	synctest.Test(t, func(t *testing.T) {
		zerolog.TimeFieldFormat = time.RFC3339Nano
		b, sent := capture.Buffer(t)
		l := zerolog.New(zerologw.NewWriter(b))
		// Two slabs, as of two goroutines: those of one keep their order.
		first, _ := b.Begin(batch.Info)
		second, _ := b.Begin(batch.Info)
		second.Discard()
		l.Info().Time("time", time.Now()).Msg("second")
		second, _ = b.Begin(batch.Info)
		first.Discard()
		l.Info().Time("time", time.Now().Add(-10*time.Second)).Msg("first")
		second.Discard()
		if got := sent(); len(got) != 2 || !strings.Contains(got[0], "first") {
			t.Errorf("got %s", got)
		}
	})
	for format, lates := range map[string][]time.Duration{
		zerolog.TimeFormatUnixMs:    {0, 300 * time.Microsecond, 1500 * time.Microsecond, 5 * time.Millisecond, 900 * time.Millisecond},
		zerolog.TimeFormatUnixMicro: {0, 300, 1500, 5 * time.Microsecond, 900 * time.Millisecond},
		time.RFC3339:                {0, 300 * time.Millisecond, 900 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			zerolog.TimeFieldFormat = format
			b, sent := capture.Buffer(t)
			w := zerologw.NewWriter(b)
			last := ""
			for i := range 40 {
				late := lates[i%len(lates)]
				l := zerolog.New(lateWriter{w, late}).With().Timestamp().Logger()
				zerolog.TimestampFunc = time.Now
				time.Sleep(123456)
				l.Info().Msg("m")
			}
			for _, r := range sent() {
				stamp, _, _ := strings.Cut(r, ",")
				if stamp < last {
					t.Errorf("%q: %s comes behind %s", format, stamp, last)
				}
				last = stamp
			}
		})
	}
}

// lateWriter comes to an event a while after it was made.
type lateWriter struct {
	zerolog.LevelWriter
	by time.Duration
}

func (l lateWriter) WriteLevel(level zerolog.Level, p []byte) (int, error) {
	time.Sleep(l.by)
	return l.LevelWriter.WriteLevel(level, p)
}

// TestCloseAfterAFatalEventThatEndsNothing checks that Close waits for what came
// after such an event.
func TestCloseAfterAFatalEventThatEndsNothing(t *testing.T) {
	b, _ := capture.Buffer(t)
	w := zerologw.NewWriter(b)
	l := zerolog.New(w)
	l.WithLevel(zerolog.FatalLevel).Msg("not the end")
	l.Info().Msg("after it")
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if s := b.Stats(); s.Delivered != 2 || s.Pending != 0 {
		t.Errorf("%v", s)
	}
}

// TestFatalBehindAnotherWriter checks that a fatal event is delivered before its
// call returns also where zerolog's call of Close does not reach the Writer.
func TestFatalBehindAnotherWriter(t *testing.T) {
	b, _ := capture.Buffer(t)
	delivered := uint64(0)
	zerolog.FatalExitFunc = func() { delivered = b.Stats().Delivered }
	defer func() { zerolog.FatalExitFunc = nil }()
	l := zerolog.New(io.MultiWriter(zerologw.NewWriter(b), io.Discard))
	l.Fatal().Msg("the end")
	if delivered != 1 {
		t.Errorf("%d records delivered when the process ends", delivered)
	}
}

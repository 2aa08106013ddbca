package logrusx_test

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
	"github.com/logsto/logsto-go/logrusx"
)

// logs calls a function when it is encoded.
type logs func()

func (f logs) MarshalJSON() ([]byte, error) { f(); return []byte("0"), nil }

// TestOrder checks that entries are put in order by their own times, not by those
// of their ends. An entry that is logged while another is encoded cannot share its
// slab, where they would keep the order in which they end.
func TestOrder(t *testing.T) {
	for name, c := range map[string]struct {
		outer, inner int
		gone         bool
		want         string
	}{
		"outer first":            {outer: -600, inner: -300, want: "outer inner"},
		"inner first":            {outer: -300, inner: -600, want: "inner outer"},
		"outer first, and ended": {outer: -600, inner: -300, gone: true, want: "outer inner"},
	} {
		synctest.Test(t, func(t *testing.T) {
			b, sent := capture.Buffer(t)
			hook := logrusx.NewHook(b)
			time.Sleep(2 * time.Second)
			now := time.Now()
			log := func(message string, ms int, v any) {
				_ = hook.Fire(&logrus.Entry{Message: message, Level: logrus.InfoLevel, Time: now.Add(time.Duration(ms) * time.Millisecond), Data: logrus.Fields{"v": v}})
			}
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				log("outer", c.outer, logs(func() {
					log("inner", c.inner, 1)
					time.Sleep(time.Millisecond)
					if c.gone {
						runtime.Goexit()
					}
				}))
			}()
			<-ended
			var order []string
			for _, r := range sent() {
				_, m, _ := strings.Cut(r, `"message":"`)
				m, _, _ = strings.Cut(m, `"`)
				order = append(order, m)
			}
			if got := strings.Join(order, " "); got != c.want {
				t.Errorf("%s: got %s", name, got)
			}
		})
	}
}

// TestSeverity checks by which level the buffer sheds an entry. A closed buffer
// refuses all, and counts each under its level.
func TestSeverity(t *testing.T) {
	for level, want := range map[logrus.Level]batch.Level{
		logrus.TraceLevel: batch.Trace, logrus.DebugLevel: batch.Debug, logrus.InfoLevel: batch.Info, logrus.WarnLevel: batch.Warn,
		logrus.ErrorLevel: batch.Error, logrus.FatalLevel: batch.Fatal, logrus.PanicLevel: batch.Panic, 99: batch.Trace,
	} {
		b, _ := capture.Buffer(t, batch.WithoutErrorHandler())
		if err := b.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		_ = logrusx.NewHook(b).Fire(&logrus.Entry{Level: level, Message: "m"})
		if got := b.Stats().Drops; len(got) != 1 || got[0] != (batch.Drop{Reason: batch.ReasonClosed, Level: want, Records: 1}) {
			t.Errorf("%v: got %v, want one of level %v", level, got, want)
		}
	}
}

// TestLevelsAreACopy checks that what is done to them does nothing to the hook, nor
// to logrus.
func TestLevelsAreACopy(t *testing.T) {
	b, _ := capture.Buffer(t)
	h := logrusx.NewHook(b)
	want := slices.Clone(logrus.AllLevels)
	clear(h.Levels())
	if got := h.Levels(); !slices.Equal(got, want) || !slices.Equal(logrus.AllLevels, want) {
		t.Errorf("got %v, and logrus %v", got, logrus.AllLevels)
	}
}

package zapcore_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	upstream "go.uber.org/zap/zapcore"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/allocs"
	"github.com/logsto/logsto-go/internal/capture"
	logstozap "github.com/logsto/logsto-go/zapcore"
)

// failing is a core of which everything fails.
type failing struct{ upstream.LevelEnabler }

var errCore = errors.New("the other core fails")

func (f failing) With([]zap.Field) upstream.Core        { return f }
func (failing) Write(upstream.Entry, []zap.Field) error { return errCore }
func (failing) Sync() error                             { return errCore }
func (f failing) Check(e upstream.Entry, ce *upstream.CheckedEntry) *upstream.CheckedEntry {
	if f.Enabled(e.Level) {
		return ce.AddCore(e, f)
	}
	return ce
}

// asked counts how often it is asked for a level.
type asked struct{ n atomic.Int64 }

func (a *asked) Enabled(l upstream.Level) bool { a.n.Add(1); return l >= zap.InfoLevel }

// text is an output that keeps what it is given.
type text struct {
	mu sync.Mutex
	sb strings.Builder
}

func (s *text) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sb.Write(p)
}
func (s *text) Sync() error { return nil }
func (s *text) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sb.String()
}

func TestWriteTestsNoLevel(t *testing.T) {
	b, sent := capture.Buffer(t)
	var a asked
	core := logstozap.NewCore(b, logstozap.WithLevel(&a))
	ce := zap.New(core).Check(zap.InfoLevel, "m")
	before := a.n.Load()
	ce.Write(zap.Int("a", 1))
	if err := core.With([]zap.Field{zap.Int("b", 1)}).Write(upstream.Entry{Level: zap.DebugLevel}, nil); err != nil {
		t.Error(err)
	}
	if n := a.n.Load() - before; n != 0 || len(sent()) != 2 {
		t.Errorf("asked %d times in Write, %d records", n, len(sent()))
	}
	if ce := core.Check(upstream.Entry{Level: zap.DebugLevel}, nil); ce != nil {
		t.Error("Check takes what is not enabled")
	}
	if n := a.n.Load() - before; n != 1 {
		t.Errorf("asked %d times in Check", n)
	}
}

func TestSampler(t *testing.T) {
	b, sent := capture.Buffer(t)
	var taken, dropped int
	l := zap.New(upstream.NewSamplerWithOptions(logstozap.NewCore(b), time.Hour, 2, 3, upstream.SamplerHook(func(_ upstream.Entry, d upstream.SamplingDecision) {
		if d == upstream.LogDropped {
			dropped++
		} else {
			taken++
		}
	}))).With(zap.String("a", "x"))
	for i := range 12 {
		l.Info("m", zap.Int("i", i))
		l.Debug("m", zap.Int("i", i)) // is not enabled and not counted
	}
	l.Warn("m", zap.Int("i", 12)) // is counted for itself
	var got []string
	for _, r := range sent() {
		_, fields, _ := strings.Cut(r, `"a":"x",`)
		got = append(got, fields)
	}
	want := `"i":0} "i":1} "i":4} "i":7} "i":10} "i":12}`
	if g := strings.Join(got, " "); g != want || taken != 6 || dropped != 7 {
		t.Errorf("%d taken, %d dropped:\n got %s\nwant %s", taken, dropped, g, want)
	}
}

func TestHooks(t *testing.T) {
	b, sent := capture.Buffer(t)
	var seen []string
	hook := func(e upstream.Entry) error { seen = append(seen, e.Message); return errCore }
	var complaints text
	l := zap.New(upstream.RegisterHooks(logstozap.NewCore(b), hook, hook), zap.ErrorOutput(&complaints)).With(zap.Int("a", 1))
	l.Debug("no")
	l.Info("yes")
	if got := sent(); len(got) != 1 || !strings.HasSuffix(got[0], `"message":"yes","a":1}`) {
		t.Errorf("sent %s", got)
	}
	if s := strings.Join(seen, " "); s != "yes yes" || strings.Count(complaints.String(), errCore.Error()) != 2 {
		t.Errorf("hooks saw %q, and %q", s, complaints.String())
	}
}

// TestBesideAFailingCore checks that neither core of a tee disturbs the other,
// and that only the other one complains.
func TestBesideAFailingCore(t *testing.T) {
	for name, option := range map[string]func(*batch.Buffer) zap.Option{
		"Tee": func(b *batch.Buffer) zap.Option { return logstozap.Tee(b) },
		"before": func(b *batch.Buffer) zap.Option {
			return zap.WrapCore(func(c upstream.Core) upstream.Core { return upstream.NewTee(logstozap.NewCore(b), c) })
		},
		"behind": func(b *batch.Buffer) zap.Option {
			return zap.WrapCore(func(c upstream.Core) upstream.Core { return upstream.NewTee(c, logstozap.NewCore(b)) })
		},
	} {
		b, sent := capture.Buffer(t)
		var complaints text
		l := zap.New(failing{zap.InfoLevel}, zap.ErrorOutput(&complaints), option(b)).With(zap.Int("a", 1))
		for range 3 {
			l.Info("m")
		}
		if got := sent(); len(got) != 3 || !strings.HasSuffix(got[2], `"message":"m","a":1}`) {
			t.Errorf("%s: sent %s", name, got)
		}
		if n := strings.Count(complaints.String(), "\n"); n != 3 {
			t.Errorf("%s: complaints %q", name, complaints.String())
		}
		if err := l.Sync(); !errors.Is(err, errCore) || err.Error() != errCore.Error() {
			t.Errorf("%s: Sync: %v", name, err)
		}
	}
}

// TestLossesAreNotPrinted checks that zap, which prints what Write returns, is
// told nothing of a lost record.
func TestLossesAreNotPrinted(t *testing.T) {
	var s capture.Sender
	b, err := batch.New(&s, batch.WithoutErrorHandler())
	if err != nil {
		t.Fatal(err)
	}
	var complaints text
	l := zap.New(logstozap.NewCore(b), zap.ErrorOutput(&complaints))
	_ = b.Close(context.Background())
	for range 3 {
		l.Error("m")
	}
	if st := b.Stats(); complaints.String() != "" || st.Dropped != 3 {
		t.Errorf("printed %q, counted %+v", complaints.String(), st)
	}
}

func TestIncreaseLevel(t *testing.T) {
	b, sent := capture.Buffer(t)
	core := logstozap.NewCore(b, logstozap.WithLevel(zap.WarnLevel))
	if _, err := upstream.NewIncreaseLevelCore(core, zap.InfoLevel); err == nil {
		t.Error("a level that the core does not take is accepted")
	}
	increased, err := upstream.NewIncreaseLevelCore(core, zap.ErrorLevel)
	if err != nil {
		t.Fatal(err)
	}
	for name, l := range map[string]*zap.Logger{
		"core":   zap.New(increased).With(zap.Int("a", 1)),
		"option": zap.New(core).With(zap.Int("a", 1)).WithOptions(zap.IncreaseLevel(zap.ErrorLevel)),
		"sugar":  zap.New(core, zap.IncreaseLevel(zap.ErrorLevel), zap.Fields(zap.Int("a", 1))).Sugar().Desugar(),
	} {
		n := len(sent())
		l.Warn("no")
		l.Error("yes")
		if got := sent()[n:]; len(got) != 1 || !strings.HasSuffix(got[0], `"message":"yes","a":1}`) || l.Level() != zap.ErrorLevel {
			t.Errorf("%s: sent %s, level %v", name, got, l.Level())
		}
	}
	if l := upstream.LevelOf(core.With(nil)); l != zap.WarnLevel {
		t.Errorf("level %v", l)
	}
}

// loud is a core around ours that changes what it is given.
type loud struct{ upstream.Core }

func (c loud) With(f []zap.Field) upstream.Core { return loud{c.Core.With(f)} }
func (c loud) Check(e upstream.Entry, ce *upstream.CheckedEntry) *upstream.CheckedEntry {
	if c.Enabled(e.Level) {
		return ce.AddCore(e, c)
	}
	return ce
}

func (c loud) Write(e upstream.Entry, f []zap.Field) error {
	e.Message = strings.ToUpper(e.Message)
	return c.Core.Write(e, append(f, zap.Bool("loud", true)))
}

func TestWrapCore(t *testing.T) {
	b, sent := capture.Buffer(t)
	l := zap.New(logstozap.NewCore(b), zap.WrapCore(func(c upstream.Core) upstream.Core { return loud{c} }))
	l.With(zap.Int("a", 1)).Sugar().Infow("hello", "b", 2)
	if got := sent(); len(got) != 1 || !strings.HasSuffix(got[0], `"message":"HELLO","a":1,"b":2,"loud":true}`) {
		t.Errorf("sent %s", got)
	}
}

// TestWhenFieldsAreEncoded checks that With does it at once, WithLazy with the
// first record that is taken, and each once.
func TestWhenFieldsAreEncoded(t *testing.T) {
	b, sent := capture.Buffer(t)
	n := 0
	field := zap.Object("o", objectFunc(func(e upstream.ObjectEncoder) error { n++; e.AddInt("n", n); return nil }))
	l := zap.New(logstozap.NewCore(b))
	l.With(field)
	if n != 1 {
		t.Errorf("encoded %d times in With", n)
	}
	lazy := l.WithLazy(field)
	lazy.Debug("no")
	if n != 1 {
		t.Error("encoded for a record that is not taken")
	}
	child := lazy.With(zap.Int("a", 1))
	for range 3 {
		lazy.Info("m")
		child.Info("m")
	}
	got := sent()
	if n != 2 || len(got) != 6 || !strings.HasSuffix(got[4], `"message":"m","o":{"n":2}}`) || !strings.HasSuffix(got[5], `"message":"m","o":{"n":2},"a":1}`) {
		t.Errorf("encoded %d times, sent %q", n, got)
	}
}

// delivered is what zap does at the end instead of ending the process: it looks
// how many records are delivered by then.
type delivered struct {
	s *capture.Sender
	n int
}

func (d *delivered) OnWrite(*upstream.CheckedEntry, []zap.Field) { d.n = len(d.s.Records()) }

// TestTheEndWaitsInAllCompositions checks that a record above ErrorLevel is
// delivered before zap goes on to end the process, whatever is around the core.
func TestTheEndWaitsInAllCompositions(t *testing.T) {
	quiet := func(upstream.Entry) error { return nil }
	for name, around := range map[string]func(upstream.Core) upstream.Core{
		"alone":   func(c upstream.Core) upstream.Core { return c },
		"hooks":   func(c upstream.Core) upstream.Core { return upstream.RegisterHooks(c, quiet) },
		"sampler": func(c upstream.Core) upstream.Core { return upstream.NewSamplerWithOptions(c, time.Hour, 100, 100) },
		"tee":     func(c upstream.Core) upstream.Core { return upstream.NewTee(failing{zap.InfoLevel}, c) },
		"lazy":    func(c upstream.Core) upstream.Core { return upstream.NewLazyWith(c, []zap.Field{zap.Int("a", 1)}) },
		"wrapped": func(c upstream.Core) upstream.Core { return loud{c} },
		"level": func(c upstream.Core) upstream.Core {
			c, err := upstream.NewIncreaseLevelCore(c, zap.ErrorLevel)
			if err != nil {
				panic(err)
			}
			return c
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &capture.Sender{}
			b, err := batch.New(s, batch.WithoutErrorHandler(), batch.WithFlushInterval(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close(context.Background())
			end := &delivered{s: s}
			l := zap.New(around(logstozap.NewCore(b)), zap.ErrorOutput(&text{}), zap.WithFatalHook(end), zap.WithPanicHook(end), zap.Development())
			for i, log := range []func(string, ...zap.Field){l.Fatal, l.Panic, l.DPanic} {
				log("the end", zap.Int("i", i))
				if end.n != i+1 {
					t.Errorf("%s: %d records delivered at the end of number %d", name, end.n, i)
				}
			}
		})
	}
}

// TestSyncIsBounded checks that Sync returns, and says what is not delivered.
func TestSyncIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s capture.Sender
		b, err := batch.New(&s, batch.WithSyncTimeout(3*time.Second), batch.WithoutErrorHandler())
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close(context.Background())
		l := zap.New(logstozap.NewCore(b)).With(zap.Int("a", 1))
		s.Hang()
		l.Info("m")
		start := time.Now()
		err = l.Sync()
		var undelivered *batch.UndeliveredError
		if d := time.Since(start); d != 3*time.Second || !errors.As(err, &undelivered) || undelivered.Records != 1 {
			t.Errorf("after %v: %v", d, err)
		}
		s.Release()
		if err := l.Sync(); err != nil || len(s.Records()) != 1 {
			t.Errorf("%v, %d records", err, len(s.Records()))
		}
	})
}

// exits ends the goroutine that asks for any of its forms.
type exits struct{}

func (exits) Error() string                { runtime.Goexit(); return "" }
func (exits) String() string               { runtime.Goexit(); return "" }
func (exits) MarshalJSON() ([]byte, error) { runtime.Goexit(); return nil, nil }
func (exits) MarshalLogObject(e upstream.ObjectEncoder) error {
	e.AddInt("x", 1)
	e.OpenNamespace("y")
	runtime.Goexit()
	return nil
}

// TestGoexitLosesNoRecord checks that a record is taken, without what was to
// follow, if a method of one of its values ends the goroutine.
func TestGoexitLosesNoRecord(t *testing.T) {
	const gone = `"!PANIC: nil, or runtime.Goexit"`
	for name, c := range map[string]struct {
		field zap.Field
		want  string
	}{
		"error":    {zap.NamedError("k", exits{}), `"k":` + gone},
		"stringer": {zap.Stringer("k", exits{}), `"k":` + gone},
		"reflect":  {zap.Reflect("k", []any{exits{}}), `"k":` + gone},
		"object":   {zap.Object("k", exits{}), `"k":` + gone},
		"inline":   {zap.Inline(exits{}), `"inline":` + gone},
		"deep":     {zap.Dict("k", zap.Namespace("n"), zap.Errors("e", []error{exits{}})), `"k":` + gone},
	} {
		b, sent := capture.Buffer(t)
		returned, ended := false, make(chan struct{})
		go func() {
			defer close(ended)
			zap.New(logstozap.NewCore(b), zap.WithClock(fixed{})).With(zap.Namespace("g"), zap.Int("a", 1)).Info("m", zap.Namespace("h"), zap.Int("b", 2), c.field, zap.Int("z", 1))
			returned = true
		}()
		<-ended
		want := head + `,"g":{"a":1,"h":{"b":2,` + c.want + `}}}`
		if got := sent(); len(got) != 1 || got[0] != want || returned {
			t.Errorf("%s: returned %v\n got %s\nwant %s", name, returned, got, want)
		}
	}
}

// twins is an object that has itself twice, and an error that does, so that there
// is no end to them although they are never deep.
type twins struct{}

func (t twins) MarshalLogObject(e upstream.ObjectEncoder) error {
	_ = e.AddObject("a", t)
	e.AddString("x", strings.Repeat("x", 10_000))
	return e.AddObject("b", t)
}
func (twins) Error() string     { return strings.Repeat("x", 10_000) }
func (t twins) Errors() []error { return []error{t, t} }

func TestEndlessObjectsEnd(t *testing.T) {
	b, sent := capture.Buffer(t)
	l := zap.New(logstozap.NewCore(b))
	l.Info("m", zap.Object("t", twins{}))
	l.Info("m", zap.Error(twins{}))
	l.Info("next")
	got := sent()
	if last := got[len(got)-1]; !strings.Contains(last, `"next"`) {
		t.Errorf("got %.100s", last)
	}
	if s := b.Stats(); s.Accepted < 3 || s.Dropped+s.Delivered < 3 {
		t.Errorf("counted %+v", s)
	}
}

// doubling has the next level twice.
type doubling int

func (d doubling) MarshalLogObject(e upstream.ObjectEncoder) error {
	if d > 0 {
		_ = e.AddObject("a", d-1)
		_ = e.AddObject("b", d-1)
	}
	return nil
}

func (d doubling) MarshalLogArray(e upstream.ArrayEncoder) error {
	if d > 0 {
		_ = e.AppendArray(d - 1)
		_ = e.AppendArray(d - 1)
	}
	return nil
}

func (d doubling) Error() string { return "e" }

func (d doubling) Errors() []error {
	if d == 0 {
		return nil
	}
	return []error{d - 1, d - 1}
}

// A call takes no more memory than a few records may have, however much a value would
// become. What is of any type takes nothing with it.
func TestWhatHoldsItselfTwiceIsBounded(t *testing.T) {
	inline := zap.Inline(zap.DictObject(zap.Int("a", 1)))
	for range 40 {
		inline = zap.Inline(zap.DictObject(inline, inline))
	}
	for name, field := range map[string]zap.Field{
		"any": zap.Any("v", allocs.Pairs(40)), "reflect": zap.Reflect("v", []any{allocs.Pairs(40)}),
		"elements": zap.Array("v", upstream.ArrayMarshalerFunc(func(a upstream.ArrayEncoder) error { return a.AppendReflected(allocs.Pairs(40)) })),
		"object":   zap.Object("v", doubling(40)), "array": zap.Array("v", doubling(40)), "error": zap.Error(doubling(40)), "inline": inline,
	} {
		t.Run(name, func(t *testing.T) {
			b, sent := capture.Buffer(t, batch.WithMaxBytes(1<<20), batch.WithMaxRecordBytes(100<<10))
			l := zap.New(logstozap.NewCore(b))
			allocs.AtMost(t, 8<<20, func() {
				l.Info("m", field, zap.Int("z", 1))
				l.With(field)
			})
			got := sent()
			if s := b.Stats(); s.Dropped > 0 {
				if s.DroppedFor(batch.ReasonTooLarge) != 1 || name == "any" || name == "reflect" || name == "elements" {
					t.Errorf("counted %v", s)
				}
				return
			}
			if len(got) != 1 || !strings.Contains(got[0], `"!ERROR: `) || !strings.HasSuffix(got[0], `,"z":1}`) {
				t.Errorf("got %d records, %.300s", len(got), got)
			}
		})
	}
}

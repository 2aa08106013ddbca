package slogx_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/allocs"
	"github.com/logsto/logsto-go/internal/capture"
	"github.com/logsto/logsto-go/slogx"
)

// counted counts how often it is asked for its value.
type counted struct{ n *atomic.Int64 }

func (c counted) LogValue() slog.Value { return slog.Int64Value(c.n.Add(1)) }

// TestWithEncodesOnce checks that what With is given is resolved and replaced
// there, and no more with each record.
func TestWithEncodesOnce(t *testing.T) {
	b, sent := capture.Buffer(t)
	var values, replaced atomic.Int64
	l := slog.New(slogx.NewHandler(b, slogx.WithReplaceAttr(func(_ []string, a slog.Attr) slog.Attr {
		if strings.HasPrefix(a.Key, "with") {
			replaced.Add(1)
		}
		return a
	}))).With("with", counted{&values}).WithGroup("g").With(slog.Group("h", "with2", counted{&values})).WithGroup("i")
	for range 3 {
		l.Info("m", "x", 1)
	}
	for _, r := range sent() {
		if !strings.HasSuffix(r, `,"with":1,"g":{"h":{"with2":2},"i":{"x":1}}}`) {
			t.Errorf("got %s", r)
		}
	}
	if v, r := values.Load(), replaced.Load(); v != 2 || r != 2 {
		t.Errorf("%d values resolved and %d replaced, of 2", v, r)
	}
}

func TestLevels(t *testing.T) {
	b, sent := capture.Buffer(t)
	var v slog.LevelVar
	h := slogx.NewHandler(b, slogx.WithLevel(&v))
	l := slog.New(h.WithGroup("g").WithAttrs([]slog.Attr{slog.Int("a", 1)})) // which follows the LevelVar too
	n := 0
	for set := slog.LevelDebug - 4; set <= slog.LevelError+4; set++ {
		v.Set(set)
		for level := slog.LevelDebug - 5; level <= slog.LevelError+5; level++ {
			l.Log(context.Background(), level, "m")
			if level < set {
				continue
			}
			n++
			var m struct{ Level string }
			got := sent()
			if err := json.Unmarshal([]byte(got[len(got)-1]), &m); err != nil || len(got) != n {
				t.Fatalf("%d records, want %d: %v", len(got), n, err)
			}
			if want := strings.ToLower(level.String()); m.Level != want {
				t.Errorf("got %q, want %q", m.Level, want)
			}
		}
		if got := sent(); len(got) != n {
			t.Errorf("%d records, want %d", len(got), n)
		}
	}
	if h := slogx.NewHandler(b, slogx.WithLevel(nil)); h.Enabled(context.Background(), slog.LevelDebug) || !h.Enabled(context.Background(), slog.LevelInfo) {
		t.Error("a nil level is not info")
	}
}

// TestBareRecords checks records that no slog.Logger has made.
func TestBareRecords(t *testing.T) {
	b, sent := capture.Buffer(t)
	traced := slogx.WithContextAttrs(func(ctx context.Context) []slog.Attr {
		return []slog.Attr{slog.Any("level", ctx.Value(counted{}))} // panics for a nil context
	})
	at := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		h    slog.Handler
		ctx  context.Context
		r    slog.Record
		want string
	}{
		{slogx.NewHandler(b), context.Background(), slog.Record{}, `{"level":"info","message":""}`},
		{slogx.NewHandler(b, slogx.WithSource()), nil, slog.NewRecord(at, slog.LevelWarn, "m", 0), `{"timestamp":"2026-11-23T00:00:00.000000000Z","level":"warn","message":"m"}`},
		{slogx.NewHandler(b, traced), context.Background(), slog.Record{Message: "m"}, `{"level":"info","message":"m","fields.level":null}`},
		{slogx.NewHandler(b, traced), nil, slog.Record{Message: "m"}, `{"level":"info","message":"m","context":"!PANIC: runtime error: invalid memory address or nil pointer dereference"}`},
		{slogx.NewHandler(b).WithGroup("g"), context.Background(), slog.Record{Message: "m"}, `{"level":"info","message":"m"}`},
	} {
		if err := c.h.Handle(c.ctx, c.r); err != nil {
			t.Error(err)
		}
		got := sent()
		if got := got[len(got)-1]; got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

// exits ends the goroutine that asks for any of its forms.
type exits struct{}

func (exits) LogValue() slog.Value { runtime.Goexit(); return slog.Value{} }

type exitsAsJSON struct{}

func (exitsAsJSON) MarshalJSON() ([]byte, error) { runtime.Goexit(); return nil, nil }

type exitsAsError struct{}

func (exitsAsError) Error() string { runtime.Goexit(); return "" }

// TestGoexitLosesNoRecord checks that a record is taken, without what was to
// follow, if a method of one of its values ends the goroutine.
func TestGoexitLosesNoRecord(t *testing.T) {
	const gone = `"!ERROR":"!ERROR: runtime.Goexit was called while the record was encoded"`
	onMessage := slogx.WithReplaceAttr(func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.MessageKey {
			runtime.Goexit()
		}
		return a
	})
	inContext := slogx.WithContextAttrs(func(context.Context) []slog.Attr { runtime.Goexit(); return nil })
	for want, c := range map[string]struct {
		log  func(*slog.Logger)
		opts []slogx.Option
	}{
		`"message":"m","a":1,` + gone + `}`: {log: func(l *slog.Logger) { l.Info("m", "a", 1, "b", exits{}, "c", 2) }},
		`"message":"m",` + gone + `}`:       {log: func(l *slog.Logger) { l.Info("m", "b", exitsAsJSON{}) }},
		`"message":"m","a":1,"g":{"b":2,"h":{` + gone + `}}}`: {log: func(l *slog.Logger) {
			l.With("a", 1).WithGroup("g").With("b", 2).WithGroup("h").Info("m", "b", exitsAsError{})
		}},
		`"message":"m","g":{"b":2,` + gone + `}}`: {log: func(l *slog.Logger) {
			l.WithGroup("g").Info("m", "b", 2, slog.Group("h", slog.Group("i", "x", 1, "y", exitsAsError{})))
		}},
		`"level":"info","message":"!ERROR: runtime.Goexit was called while the record was encoded"}`: {log: func(l *slog.Logger) { l.Info("m", "a", 1) }, opts: []slogx.Option{onMessage}},
		`"level":"info","message":"n",` + gone + `}`:                                                 {log: func(l *slog.Logger) { l.WithGroup("g").Info("n", "a", 1) }, opts: []slogx.Option{inContext}},
	} {
		b, sent := capture.Buffer(t)
		ended := make(chan struct{})
		returned := false
		go func() {
			defer close(ended)
			c.log(slog.New(slogx.NewHandler(b, c.opts...)))
			returned = true
		}()
		<-ended
		if returned {
			t.Error("the goroutine went on")
		}
		if got := sent(); len(got) != 1 || !strings.HasSuffix(got[0], want) || !json.Valid([]byte(got[0])) {
			t.Errorf("got %s, want %s", got, want)
		}
		if s := b.Stats(); s.Accepted != 1 || s.Delivered != 1 {
			t.Errorf("counted %+v", s)
		}
	}
}

// twins resolves to a group that has it twice, so that there is no end to them
// although they are never deep.
type twins struct{}

func (twins) LogValue() slog.Value {
	return slog.GroupValue(slog.Any("a", twins{}), slog.String("x", strings.Repeat("x", 10_000)), slog.Any("b", twins{}))
}

func TestEndlessGroupsEnd(t *testing.T) {
	b, sent := capture.Buffer(t)
	l := slog.New(slogx.NewHandler(b))
	l.Info("m", "t", twins{})
	l.Info("next")
	got := sent()
	if last := got[len(got)-1]; !strings.Contains(last, `"next"`) {
		t.Errorf("got %.100s", last)
	}
	if s := b.Stats(); s.Accepted != 2 || s.Dropped+s.Delivered < 2 {
		t.Errorf("counted %+v", s)
	}
}

// doubling resolves to a group that has the next level twice.
type doubling int

func (d doubling) LogValue() slog.Value {
	if d == 0 {
		return slog.IntValue(1)
	}
	return slog.GroupValue(slog.Any("a", d-1), slog.Any("b", d-1))
}

// A call takes no more memory than a few records may have, however much a value would
// become, and the rest of its record is delivered.
func TestWhatHoldsItselfTwiceIsBounded(t *testing.T) {
	for name, log := range map[string]func(*slog.Logger){
		"value": func(l *slog.Logger) { l.Info("m", "v", allocs.Pairs(40), "z", 1) },
		"list":  func(l *slog.Logger) { l.Info("m", "v", []any{allocs.Pairs(40), 2}, "z", 1) },
		"strings": func(l *slog.Logger) {
			l.Info("m", "v", slices.Repeat([]string{strings.Repeat("x", 1<<16)}, 1000), "z", 1)
		},
		"group": func(l *slog.Logger) { l.Info("m", "v", doubling(40), "z", 1) },
		"with":  func(l *slog.Logger) { l.With("v", allocs.Pairs(40)).Info("m", "z", 1) },
		"map":   func(l *slog.Logger) { l.Info("m", "v", map[string]any{"p": allocs.Pairs(40)}, "z", 1) },
	} {
		t.Run(name, func(t *testing.T) {
			b, sent := capture.Buffer(t, batch.WithMaxBytes(1<<20), batch.WithMaxRecordBytes(100<<10))
			l := slog.New(slogx.NewHandler(b))
			allocs.AtMost(t, 2<<20, func() { log(l) })
			got := sent()
			if name == "group" { // what stands for groups comes on top
				if s := b.Stats(); s.DroppedFor(batch.ReasonTooLarge) != 1 {
					t.Errorf("counted %v", s)
				}
				return
			}
			if len(got) != 1 || !strings.Contains(got[0], `"!ERROR: would make the record larger than 102400 bytes (`) || !strings.HasSuffix(got[0], `,"z":1}`) {
				t.Errorf("got %d records, %.300s", len(got), got)
			}
		})
	}
}

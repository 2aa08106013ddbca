package slogx_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
	"github.com/logsto/logsto-go/slogx"
)

func TestSlogtest(t *testing.T) {
	var sent func() []string
	slogtest.Run(t, func(t *testing.T) slog.Handler {
		t.Helper()
		var b *batch.Buffer
		b, sent = capture.Buffer(t)
		return slogx.NewHandler(b)
	}, func(t *testing.T) map[string]any {
		t.Helper()
		records := sent()
		if len(records) != 1 {
			t.Fatalf("%d records", len(records))
		}
		var m map[string]any
		if err := json.Unmarshal([]byte(records[0]), &m); err != nil {
			t.Fatal(err)
		}
		for ours, theirs := range map[string]string{"timestamp": slog.TimeKey, "message": slog.MessageKey} {
			if v, ok := m[ours]; ok {
				m[theirs] = v
				delete(m, ours)
			}
		}
		return m
	})
}

// endless resolves to another of its kind for ever.
type endless struct{}

func (endless) LogValue() slog.Value { return slog.AnyValue(endless{}) }

type panicky struct{}

func (panicky) LogValue() slog.Value { panic("in LogValue") }

type broken struct{}

func (broken) MarshalJSON() ([]byte, error) { panic("in MarshalJSON") }

func TestForms(t *testing.T) {
	at := time.Date(2026, 11, 23, 20, 18, 41, 5, time.UTC)
	head := `{"timestamp":"2026-11-23T20:18:41.000000005Z","level":"info","message":"m"`
	for want, log := range map[string]func(*slog.Logger){
		head + `}`: func(l *slog.Logger) { l.Info("m") },
		head + `,"a":1,"b":"x","c":true,"d":1000,"e":null}`:                 func(l *slog.Logger) { l.Info("m", "a", 1, "b", "x", "c", true, "d", time.Microsecond, "e", nil) },
		head + `,"fields.level":1,"fields.message":2,"fields.timestamp":3}`: func(l *slog.Logger) { l.With("level", 1).Info("m", "message", 2, "timestamp", 3) },
		head + `,"g":{"level":1,"h":{"x":2}}}`:                              func(l *slog.Logger) { l.WithGroup("g").With("level", 1).WithGroup("h").Info("m", "x", 2) },
		head + `,"fields.level":{"x":2}}`:                                   func(l *slog.Logger) { l.WithGroup("level").Info("m", "x", 2) },
		head + `,"g":{"a":1}} `:                                             func(l *slog.Logger) { l.WithGroup("g").With("a", 1).WithGroup("h").Info("m") },
		head + `,"g":{"x":{"y":1}}}`:                                        func(l *slog.Logger) { l.Info("m", slog.Group("g", slog.Group("x", "y", 1), slog.Group("z"))) },
		head + `,"y":1}`:                                                    func(l *slog.Logger) { l.Info("m", slog.Group("", "y", 1)) },
		head + `,"a":1,"a":2}`:                                              func(l *slog.Logger) { l.With("a", 1).Info("m", "a", 2) },
		head + `,"e":"no"}`:                                                 func(l *slog.Logger) { l.Info("m", "e", errors.New("no")) },
		head + `,"p":"!PANIC: in MarshalJSON","z":1}`:                       func(l *slog.Logger) { l.Info("m", "p", broken{}, "z", 1) },
		strings.Replace(head, "info", "info+2", 1) + `}`:                    func(l *slog.Logger) { l.Log(context.Background(), slog.LevelInfo+2, "m") },
		strings.Replace(head, `"m"`, `"<&>\u2028\n\ufffd"`, 1) + `}`:        func(l *slog.Logger) { l.Info("<&>\u2028\n\xff") },
		strings.Replace(head, "info", "error", 1) + `,"v":{"A":[1,"x"],"B":null}}`: func(l *slog.Logger) {
			l.Error("m", "v", struct {
				A []any
				B *int
			}{A: []any{1, "x"}})
		},
	} {
		b, sent := capture.Buffer(t)
		h := slogx.NewHandler(b)
		log(slog.New(fixedTime{h, at}))
		if got := sent(); len(got) != 1 || got[0] != strings.TrimSpace(want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// fixedTime gives every record the same time.
type fixedTime struct {
	slog.Handler
	at time.Time
}

func (f fixedTime) Handle(ctx context.Context, r slog.Record) error {
	r.Time = f.at
	return f.Handler.Handle(ctx, r)
}

func (f fixedTime) WithAttrs(a []slog.Attr) slog.Handler {
	return fixedTime{f.Handler.WithAttrs(a), f.at}
}

func (f fixedTime) WithGroup(n string) slog.Handler { return fixedTime{f.Handler.WithGroup(n), f.at} }

func TestBadLogValuers(t *testing.T) {
	b, sent := capture.Buffer(t)
	slog.New(slogx.NewHandler(b)).Info("m", "e", endless{}, "p", panicky{}, "z", 1)
	var m map[string]any
	if err := json.Unmarshal([]byte(sent()[0]), &m); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(fmt.Sprint(m["e"]), "LogValue") || !strings.Contains(fmt.Sprint(m["p"]), "LogValue panicked") || m["z"] != 1.0 {
		t.Errorf("got %v", m)
	}
}

func TestOptions(t *testing.T) {
	b, sent := capture.Buffer(t)
	var level slog.LevelVar
	type key struct{}
	l := slog.New(slogx.NewHandler(b, slogx.WithLevel(&level), slogx.WithSource(),
		slogx.WithContextAttrs(func(ctx context.Context) []slog.Attr { return []slog.Attr{slog.Any("trace", ctx.Value(key{}))} }),
		slogx.WithReplaceAttr(func(groups []string, a slog.Attr) slog.Attr {
			switch {
			case a.Key == slog.TimeKey && len(groups) == 0, a.Key == "secret":
				return slog.Attr{}
			case a.Key == "boom":
				panic("in ReplaceAttr")
			case a.Key == "where":
				return slog.String("where", strings.Join(groups, "."))
			}
			return a
		})))
	l.Debug("not this")
	level.Set(slog.LevelDebug)
	ctx, cancel := context.WithCancel(context.WithValue(context.Background(), key{}, "t1"))
	cancel() // a context that has ended is no reason not to log
	l.WithGroup("g").With("secret", 1, "where", 0).DebugContext(ctx, "m", "secret", 2, "boom", 3, slog.Group("h", "where", 0))
	got := sent()
	if len(got) != 1 {
		t.Fatalf("sent %q", got)
	}
	want := `"trace":"t1","g":{"where":"g","boom":"!PANIC: in ReplaceAttr","h":{"where":"g.h"}}}`
	if !strings.HasSuffix(got[0], want) || !strings.HasPrefix(got[0], `{"level":"debug","message":"m","source":{"function":"github.com/logsto/logsto-go/slogx_test.TestOptions",`) {
		t.Errorf("sent %s", got[0])
	}
}

// selfish resolves to a group that has it.
type selfish struct{}

func (selfish) LogValue() slog.Value { return slog.GroupValue(slog.Any("again", selfish{})) }

// TestNestingIsBounded checks that groups which do not end, or hardly, are
// readable JSON all the same.
func TestNestingIsBounded(t *testing.T) {
	for name, log := range map[string]func(*slog.Logger){
		"selfish": func(l *slog.Logger) { l.Info("m", "a", selfish{}) },
		"With":    func(l *slog.Logger) { l.With("a", selfish{}).Info("m", "z", 1) },
		"groups": func(l *slog.Logger) {
			for range 10_000 {
				l = l.WithGroup("g")
			}
			l.With("a", 1).WithGroup("g").Info("m", "z", selfish{})
		},
	} {
		b, sent := capture.Buffer(t)
		log(slog.New(slogx.NewHandler(b)))
		if got := sent(); len(got) != 1 || !json.Valid([]byte(got[0])) || !strings.Contains(got[0], "nested in more than 100 groups") {
			t.Errorf("%s: got %.300s", name, got)
		}
	}
}

// TestReplacedBuiltins checks that a record without, or with other, built-in
// attributes is one object with the rest.
func TestReplacedBuiltins(t *testing.T) {
	for want, replace := range map[string]func(slog.Attr) slog.Attr{
		`{"a":1,"b":2}`: func(slog.Attr) slog.Attr { return slog.Attr{} },
		`{"time":{"x":1},"level":{"x":1},"msg":{"x":1},"a":1,"b":2}`: func(a slog.Attr) slog.Attr {
			return slog.Group(a.Key, "x", 1)
		},
	} {
		b, sent := capture.Buffer(t)
		l := slog.New(slogx.NewHandler(b, slogx.WithReplaceAttr(func(groups []string, a slog.Attr) slog.Attr {
			switch a.Key {
			case slog.TimeKey, slog.LevelKey, slog.MessageKey:
				return replace(a)
			}
			return a
		})))
		l.With("a", 1).Info("m", "b", 2)
		want = strings.NewReplacer("time", "timestamp", "msg", "message").Replace(want)
		if got := sent(); len(got) != 1 || got[0] != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestSiblings checks that loggers made from one parent share no memory.
func TestSiblings(t *testing.T) {
	b, sent := capture.Buffer(t)
	parent := slog.New(slogx.NewHandler(b)).With("p", 0).WithGroup("g").With("q", 1)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			l := parent.With("child", i)
			for range 100 {
				l.Info("m", "i", i)
			}
		})
	}
	wg.Wait()
	for _, r := range sent() {
		var m struct {
			P int
			G struct{ Q, Child, I int }
		}
		if err := json.Unmarshal([]byte(r), &m); err != nil || m.G.Child != m.G.I || m.G.Q != 1 {
			t.Fatalf("%v in %s", err, r)
		}
	}
}

func TestNilArguments(t *testing.T) {
	b, _ := capture.Buffer(t)
	for want, f := range map[string]func(){
		"slogx: NewHandler: the buffer is nil, or not from batch.New": func() { slogx.NewHandler(nil) },
		"slogx: NewHandler: an option is nil":                         func() { slogx.NewHandler(b, nil) },
		"slogx: NewHandler: WithLevel: the *slog.LevelVar cannot be asked: runtime error: invalid memory address or nil pointer dereference": func() {
			var level *slog.LevelVar
			slogx.NewHandler(b, slogx.WithLevel(level))
		},
	} {
		func() {
			defer func() {
				if p := recover(); p != want {
					t.Errorf("panic: %v", p)
				}
			}()
			f()
		}()
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a Buffer that New has not made is taken")
			}
		}()
		slogx.NewHandler(new(batch.Buffer))
	}()
	slogx.NewHandler(b, slogx.WithLevel(nil), slogx.WithLevel(new(slog.LevelVar)))
}

func BenchmarkTenAttributes(b *testing.B) {
	run := func(name string, h slog.Handler) {
		b.Run(name, func(b *testing.B) {
			l := slog.New(h)
			ctx := context.Background()
			b.ReportAllocs()
			for b.Loop() {
				l.LogAttrs(ctx, slog.LevelInfo, "request served", slog.String("method", "GET"), slog.String("path", "/api/v1/users/12345"),
					slog.Float64("ratio", 0.75), slog.String("user", "u12345"), slog.String("remote", "192.0.2.1:4242"), slog.Uint64("seq", 99))
			}
		})
	}
	buf, _ := batch.New(discard{}, batch.WithoutErrorHandler())
	defer buf.Close(context.Background())
	run("floor", slog.DiscardHandler)
	run("json", slog.NewJSONHandler(io.Discard, nil))
	run("slogx", slogx.NewHandler(buf))
}

type discard struct{}

func (discard) Send(context.Context, *batch.Batch) batch.Result { return batch.Result{} }

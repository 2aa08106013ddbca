package zapcore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/multierr"
	"go.uber.org/zap"
	upstream "go.uber.org/zap/zapcore"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
	logstozap "github.com/logsto/logsto-go/zapcore"
)

// fixed is a clock that stands still.
type fixed struct{}

func (fixed) Now() time.Time                       { return time.Date(2026, 11, 23, 20, 18, 41, 5, time.UTC) }
func (fixed) NewTicker(time.Duration) *time.Ticker { return time.NewTicker(time.Hour) }

const head = `{"timestamp":"2026-11-23T20:18:41.000000005Z","level":"info","message":"m"`

// richError has more to say than its message.
type richError struct{}

func (richError) Error() string                 { return "short" }
func (richError) Format(f fmt.State, verb rune) { fmt.Fprint(f, "short\nand long") }

// nilError cannot bear that it is a nil pointer.
type nilError struct{ text string }

func (e *nilError) Error() string  { return e.text }
func (e *nilError) String() string { return e.text }

// objectFunc and arrayFunc are marshalers that do anything.
type objectFunc func(upstream.ObjectEncoder) error

func (f objectFunc) MarshalLogObject(enc upstream.ObjectEncoder) error { return f(enc) }

type arrayFunc func(upstream.ArrayEncoder) error

func (f arrayFunc) MarshalLogArray(enc upstream.ArrayEncoder) error { return f(enc) }

func TestForms(t *testing.T) {
	failing := objectFunc(func(e upstream.ObjectEncoder) error {
		e.AddInt("a", 1)
		return errors.New("no")
	})
	panicking := objectFunc(func(e upstream.ObjectEncoder) error {
		e.AddInt("a", 1)
		e.OpenNamespace("n")
		_ = e.AddArray("l", arrayFunc(func(upstream.ArrayEncoder) error { panic("oops") }))
		return nil
	})
	for want, log := range map[string]func(*zap.Logger){
		`}`:                          func(l *zap.Logger) { l.Info("m") },
		`,"logger":"a.b","x":1}`:     func(l *zap.Logger) { l.Named("a").Named("b").Info("m", zap.Int("x", 1)) },
		`,"stacktrace":"s\n","x":1}`: func(l *zap.Logger) { write(l, func(e *upstream.Entry) { e.Stack = "s\n" }, zap.Int("x", 1)) },
		`,"n":{}}`:                   func(l *zap.Logger) { l.Info("m", zap.Namespace("n")) },
		`,"n":{"level":1,"o":{"x":2}}}`: func(l *zap.Logger) {
			l.Info("m", zap.Namespace("n"), zap.Int("level", 1), zap.Namespace("o"), zap.Int("x", 2))
		},
		`,"fields.level":{"x":2}}`: func(l *zap.Logger) { l.Info("m", zap.Namespace("level"), zap.Int("x", 2)) },
		`,"x":1}`:                  func(l *zap.Logger) { l.With().With(zap.Skip()).Info("m", zap.Skip(), zap.Int("x", 1)) },
		`,"e":"short","eVerbose":"short\nand long"}`: func(l *zap.Logger) { l.Info("m", zap.NamedError("e", richError{})) },
		`,"e":"a; b","eCauses":[{"error":"a"},{"error":"b"}]}`: func(l *zap.Logger) {
			l.Info("m", zap.NamedError("e", multierr.Append(errors.New("a"), errors.New("b"))))
		},
		`,"l":["a",{"error":"x"}]}`: func(l *zap.Logger) {
			l.Info("m", zap.Array("l", arrayFunc(func(a upstream.ArrayEncoder) error {
				a.AppendString("a")
				return a.AppendObject(objectFunc(func(e upstream.ObjectEncoder) error { e.AddString("error", "x"); return nil }))
			})))
		},
		`,"e":null,"s":null,"p":null,"z":1}`: func(l *zap.Logger) {
			var e *nilError
			l.Info("m", zap.NamedError("e", e), zap.Stringer("s", e), zap.Any("p", e), zap.Int("z", 1))
		},
		`,"o":null,"a":null,"z":1}`:                          func(l *zap.Logger) { l.Info("m", zap.Object("o", nil), zap.Array("a", nil), zap.Int("z", 1)) },
		`,"o":{"a":1},"oError":"no","z":1}`:                  func(l *zap.Logger) { l.Info("m", zap.Object("o", failing), zap.Int("z", 1)) },
		`,"o":{"a":1,"n":{"l":"!PANIC: oops"}},"z":1}`:       func(l *zap.Logger) { l.Info("m", zap.Object("o", panicking), zap.Int("z", 1)) },
		`,"a":1,"n":{"l":"!PANIC: oops","z":1}}`:             func(l *zap.Logger) { l.Info("m", zap.Inline(panicking), zap.Int("z", 1)) },
		`,"g":{"o":{"a":1,"n":{"l":"!PANIC: oops"}},"z":1}}`: func(l *zap.Logger) { l.With(zap.Namespace("g"), zap.Object("o", panicking)).Info("m", zap.Int("z", 1)) },
		`,"b":null,"c":"text","d":"AAH+"}`: func(l *zap.Logger) {
			l.Info("m", zap.Binary("b", nil), zap.ByteString("c", []byte("text")), zap.Binary("d", []byte{0, 1, 254}))
		},
		`,"lazy":1,"x":2}`:                    func(l *zap.Logger) { l.WithLazy(zap.Int("lazy", 1)).Info("m", zap.Int("x", 2)) },
		`,"t":[1,true,"x",1.5,2.5,"1+2i",3]}`: func(l *zap.Logger) { l.Info("m", zap.Array("t", arrayFunc(elements))) },
	} {
		b, sent := capture.Buffer(t)
		log(zap.New(logstozap.NewCore(b), zap.WithClock(fixed{})))
		if got := sent(); len(got) != 1 || got[0] != head+want {
			t.Errorf("got  %s\nwant %s", got, head+want)
		}
	}
}

func elements(a upstream.ArrayEncoder) error {
	a.AppendInt(1)
	a.AppendBool(true)
	a.AppendByteString([]byte("x"))
	a.AppendFloat32(1.5)
	a.AppendFloat64(2.5)
	a.AppendComplex64(1 + 2i)
	a.AppendUintptr(3)
	return nil
}

// write gives an entry to the core, as a logger with other options would.
func write(l *zap.Logger, change func(*upstream.Entry), fields ...zap.Field) {
	ent := upstream.Entry{Time: fixed{}.Now(), Message: "m"}
	change(&ent)
	if err := l.Core().Write(ent, fields); err != nil {
		panic(err)
	}
}

func TestCaller(t *testing.T) {
	b, sent := capture.Buffer(t)
	zap.New(logstozap.NewCore(b), zap.AddCaller(), zap.AddStacktrace(zap.InfoLevel)).Info("m")
	var m struct {
		Source struct {
			Function, File string
			Line           int
		}
		Stacktrace string
	}
	if err := json.Unmarshal([]byte(sent()[0]), &m); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(m.Source.Function, "TestCaller") || !strings.HasSuffix(m.Source.File, "core_test.go") || m.Source.Line == 0 ||
		!strings.Contains(m.Stacktrace, "TestCaller") {
		t.Errorf("got %+v", m)
	}
}

func TestLevels(t *testing.T) {
	console := zap.NewAtomicLevelAt(zap.WarnLevel)
	other := upstream.NewCore(upstream.NewJSONEncoder(zap.NewProductionEncoderConfig()), upstream.AddSync(io.Discard), console)
	own := zap.NewAtomicLevelAt(zap.ErrorLevel)
	b, sent := capture.Buffer(t)
	for name, c := range map[string]struct {
		logger *zap.Logger
		want   string
	}{
		"alone":        {zap.New(logstozap.NewCore(b)), "info warn error"},
		"alone, nil":   {zap.New(logstozap.NewCore(b, logstozap.WithLevel(nil))), "info warn error"},
		"own":          {zap.New(logstozap.NewCore(b, logstozap.WithLevel(own))), "error"},
		"function":     {zap.New(logstozap.NewCore(b, logstozap.WithLevel(zap.LevelEnablerFunc(func(l upstream.Level) bool { return l == zap.DebugLevel })))), "debug"},
		"tee":          {zap.New(other, logstozap.Tee(b)), "warn error"},
		"tee, own":     {zap.New(other, logstozap.Tee(b, logstozap.WithLevel(zap.DebugLevel))), "debug info warn error"},
		"increased":    {zap.New(logstozap.NewCore(b), zap.IncreaseLevel(zap.ErrorLevel)), "error"},
		"sampled":      {zap.New(upstream.NewSamplerWithOptions(logstozap.NewCore(b), time.Hour, 1, 0)), "info warn error"},
		"with, tee":    {zap.New(other, logstozap.Tee(b)).With(zap.Int("x", 1)).Named("n"), "warn error"},
		"hooks, tee":   {zap.New(other, logstozap.Tee(b), zap.Hooks(func(upstream.Entry) error { return nil })), "warn error"},
		"wrapped core": {zap.New(logstozap.NewCore(b), zap.WrapCore(func(c upstream.Core) upstream.Core { return upstream.NewTee(c, other) })), "info warn error"},
	} {
		before := len(sent())
		for range 2 { // the second is what a sampler takes out
			for _, l := range []upstream.Level{zap.DebugLevel, zap.InfoLevel, zap.WarnLevel, zap.ErrorLevel} {
				c.logger.Log(l, "m "+l.String())
			}
			if name == "sampled" {
				continue
			}
			break
		}
		var got []string
		for _, r := range sent()[before:] {
			var m struct{ Level string }
			_ = json.Unmarshal([]byte(r), &m)
			got = append(got, m.Level)
		}
		if g := strings.Join(got, " "); g != c.want {
			t.Errorf("%s: got %q, want %q", name, g, c.want)
		}
	}
	l := zap.New(other, logstozap.Tee(b))
	console.SetLevel(zap.DebugLevel)
	before := len(sent())
	l.Debug("m")
	if len(sent()) != before+1 {
		t.Error("a level that is changed later does not count")
	}
}

// TestTheEndWaitsForDelivery checks that what is logged last is delivered, or
// that the wait ends.
func TestTheEndWaitsForDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s capture.Sender
		b, err := batch.New(&s, batch.WithSyncTimeout(3*time.Second), batch.WithoutErrorHandler())
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close(context.Background())
		l := zap.New(logstozap.NewCore(b), zap.WithFatalHook(upstream.WriteThenPanic))
		for i, log := range []func(string, ...zap.Field){l.Fatal, l.Panic, l.DPanic} {
			func() {
				defer func() { _ = recover() }()
				log("the end")
			}()
			if got := s.Records(); len(got) != i+1 {
				t.Errorf("%d records delivered", len(got))
			}
		}
		b.Append(batch.Info, time.Now(), []byte(`{}`))
		if err := l.Sync(); err != nil || len(s.Records()) != 4 {
			t.Errorf("Sync: %v, %d records delivered", err, len(s.Records()))
		}
		s.Hang()
		start := time.Now()
		func() {
			defer func() { _ = recover() }()
			l.Fatal("the end")
		}()
		if d := time.Since(start); d != 3*time.Second {
			t.Errorf("waited %v", d)
		}
		s.Release()
	})
}

// selfish is an object, and a list, that has itself.
type selfish struct{}

func (s selfish) MarshalLogObject(e upstream.ObjectEncoder) error { return e.AddObject("again", s) }
func (s selfish) MarshalLogArray(e upstream.ArrayEncoder) error   { return e.AppendArray(s) }

// TestNestingIsBounded checks that objects and namespaces which do not end, or
// hardly, are readable JSON all the same.
func TestNestingIsBounded(t *testing.T) {
	for name, log := range map[string]func(*zap.Logger){
		"object": func(l *zap.Logger) { l.Info("m", zap.Object("o", selfish{}), zap.Int("z", 1)) },
		"array":  func(l *zap.Logger) { l.With(zap.Array("a", selfish{})).Info("m", zap.Int("z", 1)) },
		"namespaces": func(l *zap.Logger) {
			for range 10_000 {
				l = l.With(zap.Namespace("n"))
			}
			l.Info("m", zap.Object("o", selfish{}), zap.Int("z", 1))
		},
	} {
		b, sent := capture.Buffer(t)
		log(zap.New(logstozap.NewCore(b)))
		if got := sent(); len(got) != 1 || !json.Valid([]byte(got[0])) || !strings.Contains(got[0], "nested in more than 100 groups") || !strings.Contains(got[0], `"z":1`) {
			t.Errorf("%s: got %.300s", name, got)
		}
	}
}

// TestSiblings checks that loggers made from one parent share no memory.
func TestSiblings(t *testing.T) {
	b, sent := capture.Buffer(t)
	parent := zap.New(logstozap.NewCore(b)).With(zap.Int("p", 0), zap.Namespace("g"), zap.Int("q", 1))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			l := parent.With(zap.Int("child", i))
			for range 100 {
				l.Info("m", zap.Int("i", i))
			}
		})
	}
	wg.Wait()
	got := sent()
	if len(got) != 800 {
		t.Errorf("%d records", len(got))
	}
	for _, r := range got {
		var m struct {
			P int
			G struct{ Q, Child, I int }
		}
		if err := json.Unmarshal([]byte(r), &m); err != nil || m.G.Child != m.G.I || m.G.Q != 1 {
			t.Fatalf("%v in %s", err, r)
		}
	}
}

// TestAValueThatLogs checks that a log call inside another disturbs neither.
func TestAValueThatLogs(t *testing.T) {
	b, sent := capture.Buffer(t)
	l := zap.New(logstozap.NewCore(b))
	l.Info("outer", zap.Object("o", objectFunc(func(e upstream.ObjectEncoder) error {
		e.AddInt("a", 1)
		l.With(zap.Int("x", 1)).Info("inner", zap.Int("y", 2))
		e.AddInt("b", 2)
		return nil
	})))
	got := strings.Join(sent(), "\n")
	if !strings.Contains(got, `"message":"outer","o":{"a":1,"b":2}}`) || !strings.Contains(got, `"message":"inner","x":1,"y":2}`) {
		t.Errorf("got %s", got)
	}
}

func TestNilArguments(t *testing.T) {
	b, _ := capture.Buffer(t)
	for want, f := range map[string]func(){
		"zapcore: NewCore: the buffer is nil, or not from batch.New": func() { logstozap.NewCore(nil) },
		"zapcore: Tee: the buffer is nil, or not from batch.New":     func() { logstozap.Tee(new(batch.Buffer)) },
		"zapcore: NewCore: an option is nil":                         func() { logstozap.NewCore(b, nil) },
		"zapcore: Tee: an option is nil":                             func() { logstozap.Tee(b, nil) },
		"zapcore: NewCore: WithLevel: the zap.AtomicLevel cannot be asked: runtime error: invalid memory address or nil pointer dereference": func() {
			logstozap.NewCore(b, logstozap.WithLevel(zap.AtomicLevel{}))
		},
		"zapcore: Tee: WithLevel: the zap.LevelEnablerFunc cannot be asked: runtime error: invalid memory address or nil pointer dereference": func() {
			logstozap.Tee(b, logstozap.WithLevel(zap.LevelEnablerFunc(nil)))
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
}

package slogx_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/logsto/logsto-go/internal/allocs"
	"github.com/logsto/logsto-go/slogx"
)

// bare is a handler that does what no handler can leave out: it looks at the
// attributes and resolves them.
type bare struct{ level slog.Leveler }

func (h bare) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level.Level() }
func (h bare) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		a.Value.Resolve()
		return true
	})
	return nil
}
func (h bare) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h bare) WithGroup(string) slog.Handler      { return h }

// shape is a shape of a call. Nil functions stand for the usual.
type shape struct {
	name string
	opts []slogx.Option
	with func(*slog.Logger) *slog.Logger
	log  func(*slog.Logger)
	fate allocs.Fate

	own   func() // see allocs.Budget
	extra int
}

func TestAllocationBudgets(t *testing.T) {
	b := allocs.Buffer(t)
	for _, s := range slices.Concat(callShapes(), valueShapes(), withShapes(), optionShapes()) {
		t.Run(s.name, func(t *testing.T) {
			floor, ours := slog.New(bare{slog.LevelInfo}), slog.New(slogx.NewHandler(b, s.opts...))
			if s.with != nil {
				floor, ours = s.with(floor), s.with(ours)
			}
			if s.log == nil {
				s.log = func(l *slog.Logger) { l.LogAttrs(ctx, slog.LevelInfo, "m") }
			}
			allocs.Budget{Floor: func() { s.log(floor) }, Ours: func() { s.log(ours) }, Buffer: b, Fate: s.fate, Own: s.own, Extra: s.extra}.Check(t)
		})
	}
	closed := allocs.Closed(t)
	for _, s := range callShapes() {
		t.Run("buffer closed, "+s.name, func(t *testing.T) {
			floor, ours := slog.New(bare{slog.LevelInfo}), slog.New(slogx.NewHandler(closed))
			allocs.Budget{Floor: func() { s.log(floor) }, Ours: func() { s.log(ours) }, Buffer: closed, Fate: allocs.Refused}.Check(t)
		})
	}
}

var (
	ctx    = context.Background()
	began  = time.Date(2026, 11, 23, 20, 18, 41, 123456789, time.UTC)
	forty  = manyAttrs(40)
	joined = errors.Join(io.EOF, io.ErrClosedPipe)
)

func manyAttrs(n int) []slog.Attr {
	attrs := make([]slog.Attr, n)
	for i := range attrs {
		attrs[i] = slog.Int(fmt.Sprint("key", i), i)
	}
	return attrs
}

// callShapes are calls with so many attributes.
func callShapes() []shape {
	return []shape{
		{name: "0", log: func(l *slog.Logger) { l.LogAttrs(ctx, slog.LevelInfo, "m") }},
		{name: "1", log: func(l *slog.Logger) { l.LogAttrs(ctx, slog.LevelInfo, "m", slog.String("a", "x")) }},
		{name: "5", log: func(l *slog.Logger) {
			l.LogAttrs(ctx, slog.LevelInfo, "m", slog.String("a", "x"), slog.Int("b", 1), slog.Bool("c", true), slog.Duration("d", 1), slog.Float64("e", 1.5))
		}},
		{name: "6", log: func(l *slog.Logger) {
			l.LogAttrs(ctx, slog.LevelInfo, "m", slog.String("a", "x"), slog.Int("b", 1), slog.Bool("c", true), slog.Duration("d", 1), slog.Float64("e", 1.5),
				slog.Time("f", began))
		}},
		{name: "10", log: func(l *slog.Logger) {
			l.LogAttrs(ctx, slog.LevelInfo, "m", slog.String("a", "x"), slog.Int("b", 1), slog.Bool("c", true), slog.Duration("d", 1), slog.Float64("e", 1.5),
				slog.Time("f", began), slog.Uint64("g", 1), slog.Any("h", io.EOF), slog.String("i", "y"), slog.String("j", "z"))
		}},
		{name: "40", log: func(l *slog.Logger) { l.LogAttrs(ctx, slog.LevelInfo, "m", forty...) }},
		{name: "pairs", log: func(l *slog.Logger) {
			l.InfoContext(ctx, "m", "a", "x", "b", 123456, "c", true, "d", time.Second, "e", 1.5, "f", began, "g", io.EOF)
		}},
	}
}

// valuer resolves to a value that takes no memory.
type valuer struct{ v slog.Value }

func (v valuer) LogValue() slog.Value { return v.v }

type point struct{ X, Y int }

func (point) String() string { return "not asked" }

// valueShapes are calls with one value of each kind.
func valueShapes() (shapes []shape) {
	fields := slog.GroupValue(slog.String("a", "x"), slog.Time("b", began), slog.Any("c", slog.GroupValue(slog.Int("d", 1))))
	for name, v := range map[string]slog.Value{
		"string": slog.StringValue("x"), "escaped string": slog.StringValue("a\n\"b\" \xff <é>"), "long string": slog.StringValue(strings.Repeat("text ", 400)),
		"int": slog.Int64Value(-1 << 63), "uint": slog.Uint64Value(1<<64 - 1), "float": slog.Float64Value(1e-9), "bool": slog.BoolValue(true),
		"duration": slog.DurationValue(time.Hour), "time": slog.TimeValue(began), "time in a zone": slog.TimeValue(began.In(time.FixedZone("", 5*3600+1800))),
		"time of the clock": slog.TimeValue(time.Now()), "group": fields, "empty group": slog.GroupValue(),
		"valuer": slog.AnyValue(valuer{slog.StringValue("x")}), "valuer of a group": slog.AnyValue(valuer{fields}),
		"nil": slog.AnyValue(nil), "error": slog.AnyValue(io.EOF), "wrapped error": slog.AnyValue(fmt.Errorf("a: %w", io.EOF)),
		"strings": slog.AnyValue([]string{"a", "b"}), "raw JSON": slog.AnyValue(json.RawMessage(`{"a":1}`)), "complex": slog.AnyValue(1i), "level": slog.AnyValue(slog.LevelWarn),
		"map": slog.AnyValue(map[string]any{"a": 1.5, "b": "x"}), "struct": slog.AnyValue(point{1, 2}), "pointer": slog.AnyValue(&point{1, 2}), "bytes": slog.AnyValue([]byte("bytes")),
	} {
		s := shape{name: name, log: func(l *slog.Logger) { l.LogAttrs(ctx, slog.LevelInfo, "m", slog.Attr{Key: "k", Value: v}) }}
		if name == "level" {
			s.own = func() { _, _ = slog.LevelWarn.MarshalJSON() }
		}
		shapes = append(shapes, s)
	}
	return append(shapes,
		shape{name: "group in the call", log: func(l *slog.Logger) {
			l.LogAttrs(ctx, slog.LevelInfo, "m", slog.GroupAttrs("g", slog.Int("a", 1), slog.GroupAttrs("h", slog.Time("b", began))))
		}},
		shape{name: "inline group", log: func(l *slog.Logger) { l.LogAttrs(ctx, slog.LevelInfo, "m", slog.GroupAttrs("", slog.Int("a", 1))) }},
		shape{name: "reserved keys", log: func(l *slog.Logger) {
			l.LogAttrs(ctx, slog.LevelInfo, "m", slog.Int("level", 1), slog.Int("message", 1), slog.Int("timestamp", 1))
		}},
		// Error allocates in errors.Join.
		shape{name: "joined errors", log: func(l *slog.Logger) { l.LogAttrs(ctx, slog.LevelInfo, "m", slog.Any("err", joined)) }, own: func() { _ = joined.Error() }},
	)
}

// withShapes are calls without attributes of loggers that have some. What stands
// behind With must be as good as free, however it came there.
func withShapes() (shapes []shape) {
	for _, n := range []int{1, 10, 40} {
		args := make([]any, n)
		for i, a := range forty[:n] {
			args[i] = a
		}
		shapes = append(shapes,
			shape{name: fmt.Sprintf("With of %d", n), with: func(l *slog.Logger) *slog.Logger { return l.With(args...) }},
			shape{name: fmt.Sprintf("With %d times", n), with: func(l *slog.Logger) *slog.Logger {
				for _, a := range args {
					l = l.With(a)
				}
				return l
			}},
			shape{
				name: fmt.Sprintf("With and WithGroup %d times", n),
				with: func(l *slog.Logger) *slog.Logger {
					for i, a := range args {
						l = l.WithGroup(fmt.Sprint("group", i)).With(a)
					}
					return l
				},
				log: func(l *slog.Logger) { l.LogAttrs(ctx, slog.LevelInfo, "m", slog.Int("a", 1)) },
			})
	}
	return append(shapes,
		shape{
			name: "groups that open in the call",
			with: func(l *slog.Logger) *slog.Logger { return l.WithGroup("g").WithGroup("h") },
			log:  func(l *slog.Logger) { l.LogAttrs(ctx, slog.LevelInfo, "m", slog.Int("a", 1)) },
		},
		shape{name: "groups that stay empty", with: func(l *slog.Logger) *slog.Logger { return l.WithGroup("g").WithGroup("h") }},
		// The handler, and what is encoded.
		shape{name: "With before each record", log: func(l *slog.Logger) { l.With("a", 1).LogAttrs(ctx, slog.LevelInfo, "m") }, extra: 2},
	)
}

func optionShapes() []shape {
	var level slog.LevelVar
	level.Set(slog.LevelWarn)
	attrs := []slog.Attr{slog.String("trace", "x"), slog.Int("b", 1)}
	return []shape{
		{name: "disabled", fate: allocs.Ignored, log: func(l *slog.Logger) { l.LogAttrs(ctx, slog.LevelDebug, "m", slog.Int("a", 1)) }},
		{name: "level", opts: []slogx.Option{slogx.WithLevel(slog.LevelDebug)}, log: func(l *slog.Logger) { l.LogAttrs(ctx, slog.LevelError, "m") }},
		{name: "level variable", opts: []slogx.Option{slogx.WithLevel(&level)}, log: func(l *slog.Logger) { l.LogAttrs(ctx, slog.LevelError, "m") }},
		// slog makes the name of a level that has none of its own.
		{
			name: "custom level",
			log:  func(l *slog.Logger) { l.LogAttrs(ctx, slog.LevelInfo+2, "m") },
			own:  func() { _ = strings.ToLower((slog.LevelInfo + 2).String()) },
		},
		// What slog.Record.Source makes of the program counter: three with Go 1.26.
		{name: "source", opts: []slogx.Option{slogx.WithSource()}, own: sourceOf()},
		{name: "context", opts: []slogx.Option{slogx.WithContextAttrs(func(context.Context) []slog.Attr { return attrs })}},
		// The time and the message go through an interface, as in slog's own handlers.
		{name: "ReplaceAttr", opts: []slogx.Option{slogx.WithReplaceAttr(same)}, log: callShapes()[4].log, extra: 2},
		// A group has its name put behind those of the groups around it.
		{
			name:  "ReplaceAttr in a group",
			opts:  []slogx.Option{slogx.WithReplaceAttr(same)},
			log:   func(l *slog.Logger) { l.LogAttrs(ctx, slog.LevelInfo, "m", slog.Attr{Key: "g", Value: inGroup}) },
			extra: 3,
		},
	}
}

var inGroup = slog.GroupValue(slog.Int("a", 1))

func same(_ []string, a slog.Attr) slog.Attr { return a }

// sourceOf returns a call of slog.Record.Source.
func sourceOf() func() {
	var pcs [1]uintptr
	runtime.Callers(1, pcs[:])
	r := slog.NewRecord(began, slog.LevelInfo, "m", pcs[0])
	return func() { _ = r.Source() }
}

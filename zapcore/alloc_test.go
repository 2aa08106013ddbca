package zapcore_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/multierr"
	"go.uber.org/zap"
	upstream "go.uber.org/zap/zapcore"

	"github.com/logsto/logsto-go/internal/allocs"
	logstozap "github.com/logsto/logsto-go/zapcore"
)

// bare is a core that takes what ours takes and does nothing.
type bare struct{ upstream.LevelEnabler }

func (b *bare) With([]upstream.Field) upstream.Core        { return b }
func (*bare) Write(upstream.Entry, []upstream.Field) error { return nil }
func (*bare) Sync() error                                  { return nil }
func (b *bare) Check(e upstream.Entry, ce *upstream.CheckedEntry) *upstream.CheckedEntry {
	if b.Enabled(e.Level) {
		return ce.AddCore(e, b)
	}
	return ce
}

// shape is a shape of a call. Nil functions stand for the usual.
type shape struct {
	name string
	opts []zap.Option
	with func(*zap.Logger) *zap.Logger
	log  func(*zap.Logger)
	fate allocs.Fate

	own   func() // see allocs.Budget
	extra int
}

func (s shape) loggers(ours upstream.Core) (*zap.Logger, *zap.Logger) {
	l := [2]*zap.Logger{zap.New(&bare{zap.InfoLevel}, s.opts...), zap.New(ours, s.opts...)}
	if s.with != nil {
		l[0], l[1] = s.with(l[0]), s.with(l[1])
	}
	return l[0], l[1]
}

func TestAllocationBudgets(t *testing.T) {
	b := allocs.Buffer(t)
	for _, s := range slices.Concat(callShapes(), fieldShapes(), withShapes(), loggerShapes()) {
		t.Run(s.name, func(t *testing.T) {
			if s.log == nil {
				s.log = func(l *zap.Logger) { l.Info("m") }
			}
			floor, ours := s.loggers(logstozap.NewCore(b))
			allocs.Budget{Floor: func() { s.log(floor) }, Ours: func() { s.log(ours) }, Buffer: b, Fate: s.fate, Own: s.own, Extra: s.extra}.Check(t)
		})
	}
	closed := allocs.Closed(t)
	for _, s := range callShapes() {
		t.Run("buffer closed, "+s.name, func(t *testing.T) {
			floor, ours := s.loggers(logstozap.NewCore(closed))
			allocs.Budget{Floor: func() { s.log(floor) }, Ours: func() { s.log(ours) }, Buffer: closed, Fate: allocs.Refused}.Check(t)
		})
	}
}

var (
	began     = time.Date(2026, 11, 23, 20, 18, 41, 123456789, time.UTC)
	forty     = manyFields(40)
	several   = multierr.Append(io.EOF, io.ErrClosedPipe)
	errJoined = errors.Join(io.EOF, io.ErrClosedPipe)
)

func manyFields(n int) []zap.Field {
	fields := make([]zap.Field, n)
	for i := range fields {
		fields[i] = zap.Int(fmt.Sprint("key", i), i)
	}
	return fields
}

// callShapes are calls with so many fields.
func callShapes() []shape {
	return []shape{
		{name: "0", log: func(l *zap.Logger) { l.Info("m") }},
		{name: "1", log: func(l *zap.Logger) { l.Info("m", zap.String("a", "x")) }},
		{name: "5", log: func(l *zap.Logger) {
			l.Info("m", zap.String("a", "x"), zap.Int("b", 1), zap.Bool("c", true), zap.Duration("d", 1), zap.Float64("e", 1.5))
		}},
		{name: "6", log: func(l *zap.Logger) {
			l.Info("m", zap.String("a", "x"), zap.Int("b", 1), zap.Bool("c", true), zap.Duration("d", 1), zap.Float64("e", 1.5), zap.Time("f", began))
		}},
		{name: "10", log: func(l *zap.Logger) {
			l.Info("m", zap.String("a", "x"), zap.Int("b", 1), zap.Bool("c", true), zap.Duration("d", 1), zap.Float64("e", 1.5), zap.Time("f", began),
				zap.Uint64("g", 1), zap.Error(io.EOF), zap.String("i", "y"), zap.String("j", "z"))
		}},
		{name: "40", log: func(l *zap.Logger) { l.Info("m", forty...) }},
		{name: "sugared", log: func(l *zap.Logger) { l.Sugar().Infow("m", "a", "x", "b", 123456, "c", began, "d", io.EOF) }},
		{name: "sugared format", log: func(l *zap.Logger) { l.Sugar().Infof("m %d", 123456) }},
	}
}

// ten is an object of ten fields, and an array.
type ten struct{}

func (ten) MarshalLogObject(e upstream.ObjectEncoder) error {
	for _, f := range forty[:10] {
		e.AddInt64(f.Key, f.Integer)
	}
	e.OpenNamespace("inner")
	e.AddTime("time", began)
	return nil
}

func (ten) MarshalLogArray(e upstream.ArrayEncoder) error {
	for range 10 {
		e.AppendDuration(time.Hour)
	}
	return e.AppendObject(ten{})
}

type point struct{ X, Y int }

func (point) String() string { return "a point" }

// fieldShapes are calls with one field of each type.
func fieldShapes() (shapes []shape) {
	text, number := "x", 1.5
	for name, f := range map[string]zap.Field{
		"string": zap.String("k", "x"), "escaped string": zap.String("k", "a\n\"b\" \xff <é>"), "long string": zap.String("k", strings.Repeat("text ", 400)),
		"byte string": zap.ByteString("k", []byte("x\xff")), "binary": zap.Binary("k", []byte("x\xff")),
		"bool": zap.Bool("k", true), "int": zap.Int("k", math.MinInt), "int8": zap.Int8("k", 1), "int16": zap.Int16("k", 1), "int32": zap.Int32("k", 1),
		"uint": zap.Uint("k", math.MaxUint), "uint8": zap.Uint8("k", 1), "uint16": zap.Uint16("k", 1), "uint32": zap.Uint32("k", 1), "uintptr": zap.Uintptr("k", 1),
		"float": zap.Float64("k", 1e-9), "float32": zap.Float32("k", 0.1), "complex": zap.Complex128("k", 1i), "complex64": zap.Complex64("k", 1i),
		"duration": zap.Duration("k", time.Hour), "time": zap.Time("k", began), "time in a zone": zap.Time("k", began.In(time.FixedZone("", 3600))),
		"time of another age": zap.Time("k", time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)), "time of the clock": zap.Time("k", time.Now()),
		"pointer to a string": zap.Stringp("k", &text), "pointer to a float": zap.Float64p("k", &number), "nil pointer": zap.Timep("k", nil),
		"error": zap.Error(io.EOF), "wrapped error": zap.Error(fmt.Errorf("a: %w", io.EOF)), "no error": zap.Error(nil),
		"stringer":  zap.Stringer("k", point{1, 2}),
		"reflected": zap.Reflect("k", point{1, 2}), "map": zap.Any("k", map[string]any{"a": 1.5, "b": "x"}), "nil": zap.Any("k", nil),
		"object": zap.Object("k", ten{}), "inline": zap.Inline(ten{}), "array": zap.Array("k", ten{}), "dictionary": zap.Dict("k", forty[:10]...),
		"strings": zap.Strings("k", []string{"a", "b"}), "ints": zap.Ints("k", []int{1, 2}), "times": zap.Times("k", []time.Time{began}),
		"durations": zap.Durations("k", []time.Duration{1, 2}), "namespace": zap.Namespace("k"), "skip": zap.Skip(), "reserved key": zap.Int("level", 1),
	} {
		shapes = append(shapes, shape{name: name, log: func(l *zap.Logger) { l.Info("m", f) }})
	}
	return append(shapes,
		// What the runtime allocates for the panic.
		shape{name: "nil stringer", log: func(l *zap.Logger) { l.Info("m", zap.Stringer("k", (*point)(nil))) }, extra: 2},
		// What Error allocates in errors.Join.
		shape{name: "joined errors", log: func(l *zap.Logger) { l.Info("m", zap.Error(errJoined)) }, own: func() { _ = errJoined.Error() }},
		// The verbose form, and both forms as JSON to compare them.
		shape{
			name: "error with a verbose form",
			log:  func(l *zap.Logger) { l.Info("m", zap.Error(richError{})) },
			own:  func() { _ = fmt.Sprintf("%+v", richError{}) }, extra: 3,
		},
		// Each part becomes an object, and all of them an array.
		shape{
			name: "several errors",
			log:  func(l *zap.Logger) { l.Info("m", zap.Error(several)) },
			own:  func() { _, _ = several.Error(), multierr.Errors(several) }, extra: 2,
		},
	)
}

// withShapes are calls without fields of loggers that have some. What stands behind
// With must be as good as free, however it came there.
func withShapes() (shapes []shape) {
	for _, n := range []int{1, 10, 40} {
		fields := forty[:n]
		oneByOne := func(before func(l *zap.Logger, i int) *zap.Logger) func(*zap.Logger) *zap.Logger {
			return func(l *zap.Logger) *zap.Logger {
				for i := range fields {
					l = before(l, i).With(fields[i])
				}
				return l
			}
		}
		shapes = append(shapes,
			shape{name: fmt.Sprintf("With of %d", n), with: func(l *zap.Logger) *zap.Logger { return l.With(fields...) }},
			shape{name: fmt.Sprintf("WithLazy of %d", n), with: func(l *zap.Logger) *zap.Logger { return l.WithLazy(fields...) }},
			shape{name: fmt.Sprintf("With %d times", n), with: oneByOne(func(l *zap.Logger, _ int) *zap.Logger { return l })},
			shape{
				name: fmt.Sprintf("With in %d namespaces", n),
				with: oneByOne(func(l *zap.Logger, i int) *zap.Logger { return l.With(zap.Namespace(fmt.Sprint("space", i))) }),
				log:  func(l *zap.Logger) { l.Info("m", zap.Int("a", 1)) },
			})
	}
	return append(shapes,
		shape{name: "namespace without fields", with: func(l *zap.Logger) *zap.Logger { return l.With(zap.Namespace("g")) }},
		// The core, and what is encoded.
		shape{name: "With before each record", log: func(l *zap.Logger) { l.With(zap.Int("a", 1)).Info("m") }, extra: 2},
	)
}

// loggerShapes are calls of loggers that do more.
func loggerShapes() []shape {
	sampled := zap.WrapCore(func(c upstream.Core) upstream.Core {
		return upstream.NewSamplerWithOptions(c, time.Second, math.MaxInt, 1)
	})
	return []shape{
		{name: "disabled", fate: allocs.Ignored, log: func(l *zap.Logger) { l.Debug("m", zap.Int("a", 1)) }},
		{name: "increased level", fate: allocs.Ignored, opts: []zap.Option{zap.IncreaseLevel(zap.WarnLevel)}},
		{name: "error level", log: func(l *zap.Logger) { l.Error("m", zap.Error(io.EOF)) }},
		{name: "custom level", log: func(l *zap.Logger) { l.Log(zap.InfoLevel, "m") }},
		{name: "name", with: func(l *zap.Logger) *zap.Logger { return l.Named("a").Named("b") }},
		{name: "caller", opts: []zap.Option{zap.AddCaller()}},
		{name: "stack", opts: []zap.Option{zap.AddStacktrace(zap.InfoLevel)}},
		{name: "hook", opts: []zap.Option{zap.Hooks(func(upstream.Entry) error { return nil })}},
		{name: "sampler", opts: []zap.Option{sampled}},
		{name: "check", log: func(l *zap.Logger) {
			if ce := l.Check(zap.InfoLevel, "m"); ce != nil {
				ce.Write(zap.Int("a", 1))
			}
		}},
	}
}

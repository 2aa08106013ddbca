package logrusx_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/logsto/logsto-go/internal/allocs"
	"github.com/logsto/logsto-go/logrusx"
)

// bare is a hook, and a formatter, that does nothing.
type bare struct{}

func (bare) Levels() []logrus.Level               { return logrus.AllLevels }
func (bare) Fire(*logrus.Entry) error             { return nil }
func (bare) Format(*logrus.Entry) ([]byte, error) { return nil, nil }

// shape is a shape of a call. Nil functions stand for the usual.
type shape struct {
	name string
	with func(*logrus.Entry) *logrus.Entry
	log  func(*logrus.Entry)
	fate allocs.Fate

	own func() // see allocs.Budget
}

// entry returns an entry of a logger that has the hook and formats nothing.
func (s shape) entry(h logrus.Hook) *logrus.Entry {
	l := logrus.New()
	l.SetOutput(io.Discard)
	l.SetFormatter(bare{})
	l.AddHook(h)
	e := logrus.NewEntry(l)
	if s.with != nil {
		e = s.with(e)
	}
	return e
}

func (s shape) check(t *testing.T, b allocs.Budget) {
	t.Helper()
	log := s.log
	if log == nil {
		log = func(e *logrus.Entry) { e.Info("m") }
	}
	floor, ours := s.entry(bare{}), s.entry(logrusx.NewHook(b.Buffer))
	b.Floor, b.Ours, b.Own = func() { log(floor) }, func() { log(ours) }, s.own
	b.Check(t)
}

func TestAllocationBudgets(t *testing.T) {
	b, closed := allocs.Buffer(t), allocs.Closed(t)
	for _, s := range slices.Concat(callShapes(), valueShapes(), withShapes(), entryShapes()) {
		t.Run(s.name, func(t *testing.T) { s.check(t, allocs.Budget{Buffer: b, Fate: s.fate}) })
	}
	for _, s := range callShapes() {
		t.Run("buffer closed, "+s.name, func(t *testing.T) { s.check(t, allocs.Budget{Buffer: closed, Fate: allocs.Refused}) })
	}
}

var (
	began     = time.Date(2026, 11, 23, 20, 18, 41, 123456789, time.UTC)
	nested    = logrus.Fields{"a": 1.5}
	errJoined = errors.Join(io.EOF, io.ErrClosedPipe)
)

func manyFields(n int) logrus.Fields {
	fields := make(logrus.Fields, n)
	for i := range n {
		fields[fmt.Sprint("key", i)] = i
	}
	return fields
}

// callShapes are calls with so many fields.
func callShapes() []shape {
	forty := manyFields(40)
	return []shape{
		{name: "0", log: func(e *logrus.Entry) { e.Info("m") }},
		{name: "1", log: func(e *logrus.Entry) { e.WithField("a", "x").Info("m") }},
		{name: "5", log: func(e *logrus.Entry) {
			e.WithFields(logrus.Fields{"a": "x", "b": 123456, "c": true, "d": time.Second, "e": 1.5}).Info("m")
		}},
		{name: "6", log: func(e *logrus.Entry) {
			e.WithFields(logrus.Fields{"a": "x", "b": 123456, "c": true, "d": time.Second, "e": 1.5, "f": began}).Info("m")
		}},
		{name: "10", log: func(e *logrus.Entry) {
			e.WithFields(logrus.Fields{
				"a": "x", "b": 123456, "c": true, "d": time.Second, "e": 1.5, "f": began, "g": uint64(1), "h": io.EOF, "i": "y", "j": "z",
			}).Info("m")
		}},
		{name: "40", log: func(e *logrus.Entry) { e.WithFields(forty).Info("m") }},
		{name: "formatted", log: func(e *logrus.Entry) { e.Infof("m %d", 123456) }},
	}
}

type point struct{ X, Y int }

func (point) String() string { return "not asked" }

// valueShapes are calls with one value of each type.
func valueShapes() (shapes []shape) {
	for name, v := range map[string]any{
		"string": "x", "escaped string": "a\n\"b\" \xff <é>", "long string": strings.Repeat("text ", 400), "strings": []string{"a", "b"}, "bytes": []byte("bytes"),
		"bool": true, "int": math.MinInt, "int8": int8(-1), "int16": int16(-1), "int32": int32(-1), "int64": int64(-1), "uint": uint(1), "uint8": uint8(1),
		"uint16": uint16(1), "uint32": uint32(1), "uint64": uint64(1<<64 - 1), "float32": float32(0.1), "float": 1e-9, "complex": 1i,
		"duration": time.Hour, "time": began, "time in a zone": began.In(time.FixedZone("", 3600)), "time of the clock": time.Now(),
		"nil": nil, "error": io.EOF, "wrapped error": fmt.Errorf("a: %w", io.EOF), "raw JSON": json.RawMessage(`{"a":1}`),
		"map": map[string]any{"a": 1.5, "b": map[string]any{"c": "x"}}, "list": []any{1, "x", nil}, "struct": point{1, 2}, "pointer": &point{1, 2},
	} {
		shapes = append(shapes, shape{name: name, log: func(e *logrus.Entry) { e.WithField("k", v).Info("m") }})
	}
	return append(shapes,
		shape{name: "reserved keys", log: func(e *logrus.Entry) { e.WithFields(logrus.Fields{"level": 1, "message": 1, "timestamp": 1}).Info("m") }},
		// encoding/json goes through a map that is not a map[string]any.
		shape{name: "nested fields", log: func(e *logrus.Entry) { e.WithField("k", nested).Info("m") }, own: func() { _, _ = json.Marshal(nested) }},
		// What Error allocates in errors.Join.
		shape{name: "joined errors", log: func(e *logrus.Entry) { e.WithError(errJoined).Info("m") }, own: func() { _ = errJoined.Error() }},
	)
}

// withShapes are calls without fields of entries that have some.
func withShapes() (shapes []shape) {
	for _, n := range []int{1, 10, 40} {
		fields := manyFields(n)
		shapes = append(shapes,
			shape{name: fmt.Sprintf("WithFields of %d", n), with: func(e *logrus.Entry) *logrus.Entry { return e.WithFields(fields) }},
			shape{name: fmt.Sprintf("WithField %d times", n), with: func(e *logrus.Entry) *logrus.Entry {
				for k, v := range fields {
					e = e.WithField(k, v)
				}
				return e
			}})
	}
	return shapes
}

// entryShapes are calls of entries and loggers that do more.
func entryShapes() []shape {
	return []shape{
		{name: "disabled", fate: allocs.Ignored, log: func(e *logrus.Entry) { e.Debug("m") }},
		{name: "error level", log: func(e *logrus.Entry) { e.WithError(io.EOF).Error("m") }},
		{name: "time", with: func(e *logrus.Entry) *logrus.Entry { return e.WithTime(began) }},
		{name: "context", with: func(e *logrus.Entry) *logrus.Entry { return e.WithContext(context.Background()) }},
		{name: "caller", with: func(e *logrus.Entry) *logrus.Entry {
			e.Logger.SetReportCaller(true)
			return e
		}},
		{name: "logger", log: func(e *logrus.Entry) { e.Logger.WithField("a", 1).Info("m") }},
	}
}

package zerologw_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/logsto/logsto-go/internal/allocs"
	"github.com/logsto/logsto-go/zerologw"
)

// shape is a shape of a call. Nil functions stand for the usual.
type shape struct {
	name string
	with func(zerolog.Logger) zerolog.Logger
	log  func(*zerolog.Logger)
	fate allocs.Fate

	extra int // see allocs.Budget
}

func (s shape) check(t *testing.T, b allocs.Budget) {
	t.Helper()
	log := s.log
	if log == nil {
		log = func(l *zerolog.Logger) { l.Info().Msg("m") }
	}
	floor, ours := zerolog.New(io.Discard), zerolog.New(zerologw.NewWriter(b.Buffer))
	if s.with != nil {
		floor, ours = s.with(floor), s.with(ours)
	}
	b.Floor, b.Ours, b.Extra = func() { log(&floor) }, func() { log(&ours) }, s.extra
	b.Check(t)
}

func TestAllocationBudgets(t *testing.T) {
	restore(t)
	b, closed := allocs.Buffer(t), allocs.Closed(t)
	for _, s := range slices.Concat(callShapes(), fieldShapes(), withShapes()) {
		t.Run(s.name, func(t *testing.T) { s.check(t, allocs.Budget{Buffer: b, Fate: s.fate}) })
	}
	for _, s := range callShapes() {
		t.Run("buffer closed, "+s.name, func(t *testing.T) { s.check(t, allocs.Budget{Buffer: closed, Fate: allocs.Refused}) })
	}
	zone := time.FixedZone("", 5*3600+1800)
	zerolog.TimestampFunc = func() time.Time { return time.Now().In(zone) }
	for format, extra := range map[string]int{
		time.RFC3339: 0, time.RFC3339Nano: 0, zerolog.TimeFormatUnix: 0, zerolog.TimeFormatUnixMs: 0, zerolog.TimeFormatUnixMicro: 0, zerolog.TimeFormatUnixNano: 0,
		time.RFC1123Z: 3, // which time.Parse reads: the text as a string, and the zone
	} {
		zerolog.TimeFieldFormat = format
		s := shape{with: timestamp, log: callShapes()[4].log, extra: extra}
		t.Run("time format "+format, func(t *testing.T) { s.check(t, allocs.Budget{Buffer: b}) })
	}
}

var (
	began     = time.Date(2026, 11, 23, 20, 18, 41, 123456789, time.UTC)
	errJoined = errors.Join(io.EOF, io.ErrClosedPipe)
)

func timestamp(l zerolog.Logger) zerolog.Logger { return l.With().Timestamp().Logger() }

// callShapes are calls with so many fields.
func callShapes() []shape {
	var names [40]string
	for i := range names {
		names[i] = fmt.Sprint("key", i)
	}
	return []shape{
		{name: "0", log: func(l *zerolog.Logger) { l.Info().Msg("m") }},
		{name: "1", log: func(l *zerolog.Logger) { l.Info().Str("a", "x").Msg("m") }},
		{name: "5", log: func(l *zerolog.Logger) {
			l.Info().Str("a", "x").Int("b", 1).Bool("c", true).Dur("d", 1).Float64("e", 1.5).Msg("m")
		}},
		{name: "6", log: func(l *zerolog.Logger) {
			l.Info().Str("a", "x").Int("b", 1).Bool("c", true).Dur("d", 1).Float64("e", 1.5).Time("f", began).Msg("m")
		}},
		{name: "10", log: func(l *zerolog.Logger) {
			l.Info().Str("a", "x").Int("b", 1).Bool("c", true).Dur("d", 1).Float64("e", 1.5).Time("f", began).
				Uint64("g", 1).Err(io.EOF).Str("i", "y").Str("j", "z").Msg("m")
		}},
		{name: "40", log: func(l *zerolog.Logger) {
			e := l.Info()
			for i, name := range names {
				e.Int(name, i)
			}
			e.Msg("m")
		}},
		{name: "with a time", with: timestamp},
		{name: "no message", log: func(l *zerolog.Logger) { l.Info().Str("a", "x").Send() }},
		{name: "no level", log: func(l *zerolog.Logger) { l.Log().Str("a", "x").Msg("m") }},
		{name: "error level", log: func(l *zerolog.Logger) { l.Error().Err(io.EOF).Msg("m") }},
		{name: "formatted", log: func(l *zerolog.Logger) { l.Info().Msgf("m %d", 123456) }},
	}
}

type object struct{}

func (object) MarshalZerologObject(e *zerolog.Event) { e.Int("a", 1).Time("b", began) }

func (object) MarshalZerologArray(a *zerolog.Array) { a.Int(1).Dur(time.Hour) }

func (object) String() string { return "an object" }

// fieldShapes are calls with one field of each type.
func fieldShapes() (shapes []shape) {
	long := strings.Repeat("text ", 400)
	nested := []byte(`{"a":[1,{"b":"}]\"\\"}],"level":1}`)
	for name, add := range map[string]func(*zerolog.Event) *zerolog.Event{
		"string":         func(e *zerolog.Event) *zerolog.Event { return e.Str("k", "x") },
		"escaped string": func(e *zerolog.Event) *zerolog.Event { return e.Str("k", "a\n\"b\" \xff <é>") },
		"long string":    func(e *zerolog.Event) *zerolog.Event { return e.Str("k", long) },
		"strings":        func(e *zerolog.Event) *zerolog.Event { return e.Strs("k", []string{"a", "b"}) },
		"stringer":       func(e *zerolog.Event) *zerolog.Event { return e.Stringer("k", object{}) },
		"bytes":          func(e *zerolog.Event) *zerolog.Event { return e.Bytes("k", nested) },
		"hexadecimal":    func(e *zerolog.Event) *zerolog.Event { return e.Hex("k", nested) },
		"raw JSON":       func(e *zerolog.Event) *zerolog.Event { return e.RawJSON("k", nested) },
		"bool":           func(e *zerolog.Event) *zerolog.Event { return e.Bool("k", true).Bools("l", []bool{true}) },
		"ints": func(e *zerolog.Event) *zerolog.Event {
			return e.Int("k", math.MinInt).Int8("l", 1).Ints64("m", []int64{1})
		},
		"uints": func(e *zerolog.Event) *zerolog.Event {
			return e.Uint("k", math.MaxUint).Uint8("l", 1).Uints16("m", []uint16{1})
		},
		"floats":        func(e *zerolog.Event) *zerolog.Event { return e.Float64("k", 1e-9).Float32("l", 0.1) },
		"duration":      func(e *zerolog.Event) *zerolog.Event { return e.Dur("k", time.Hour).TimeDiff("l", began, began) },
		"time":          func(e *zerolog.Event) *zerolog.Event { return e.Time("k", began).Times("l", []time.Time{began}) },
		"timestamp":     func(e *zerolog.Event) *zerolog.Event { return e.Timestamp() },
		"error":         func(e *zerolog.Event) *zerolog.Event { return e.Err(io.EOF).AnErr("l", io.EOF) },
		"joined errors": func(e *zerolog.Event) *zerolog.Event { return e.Err(errJoined) },
		"anything":      func(e *zerolog.Event) *zerolog.Event { return e.Any("k", map[string]int{"a": 1}).Any("l", nil) },
		"pairs":         func(e *zerolog.Event) *zerolog.Event { return e.Fields([]any{"a", 1, "b", "x", "c", began}) },
		"address":       func(e *zerolog.Event) *zerolog.Event { return e.IPAddr("k", net.IPv4bcast) },
		"group":         func(e *zerolog.Event) *zerolog.Event { return e.Dict("k", e.CreateDict().Int("a", 1)) },
		"object":        func(e *zerolog.Event) *zerolog.Event { return e.Object("k", object{}) },
		"inline object": func(e *zerolog.Event) *zerolog.Event { return e.EmbedObject(object{}) },
		"array":         func(e *zerolog.Event) *zerolog.Event { return e.Array("k", object{}) },
		"caller":        func(e *zerolog.Event) *zerolog.Event { return e.Caller() },
		"reserved keys": func(e *zerolog.Event) *zerolog.Event { return e.Int("level", 1).Int("time", 1).Int("timestamp", 1) },
	} {
		shapes = append(shapes, shape{name: name, with: timestamp, log: func(l *zerolog.Logger) { add(l.Info()).Msg("m") }})
	}
	return append(shapes,
		shape{name: "disabled", fate: allocs.Ignored, with: atWarn, log: func(l *zerolog.Logger) { l.Info().Str("a", "x").Msg("m") }},
		// Line breaks must be taken out of the record, for which encoding/json copies it.
		shape{name: "raw JSON with line breaks", log: func(l *zerolog.Logger) { l.Info().RawJSON("k", []byte("{\n\"a\":1\n}")).Msg("m") }, extra: 1},
		// More members named like ours than a record has.
		shape{name: "many reserved keys", extra: 4, log: func(l *zerolog.Logger) {
			e := l.Info()
			for range 10 {
				e.Int("timestamp", 1)
			}
			e.Msg("m")
		}},
	)
}

func atWarn(l zerolog.Logger) zerolog.Logger { return l.Level(zerolog.WarnLevel) }

// withShapes are calls without fields of loggers that have some.
func withShapes() (shapes []shape) {
	for _, n := range []int{1, 10, 40} {
		shapes = append(shapes,
			shape{name: fmt.Sprintf("With of %d", n), with: func(l zerolog.Logger) zerolog.Logger {
				c := l.With()
				for i := range n {
					c = c.Int(fmt.Sprint("key", i), i)
				}
				return c.Logger()
			}},
			shape{name: fmt.Sprintf("With %d times", n), with: func(l zerolog.Logger) zerolog.Logger {
				for i := range n {
					l = l.With().Int(fmt.Sprint("key", i), i).Logger()
				}
				return l
			}})
	}
	return append(shapes,
		shape{name: "With before each record", log: func(l *zerolog.Logger) {
			child := l.With().Int("a", 1).Logger()
			child.Info().Msg("m")
		}},
		shape{name: "hook", with: func(l zerolog.Logger) zerolog.Logger {
			return l.Hook(zerolog.HookFunc(func(e *zerolog.Event, _ zerolog.Level, _ string) { e.Int("a", 1) }))
		}},
		shape{name: "sampler", with: func(l zerolog.Logger) zerolog.Logger { return l.Sample(&zerolog.BasicSampler{N: 1}) }},
		shape{name: "caller in With", with: func(l zerolog.Logger) zerolog.Logger { return l.With().Caller().Logger() }},
	)
}

package differential

import (
	"bytes"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/zerologw"
)

// FuzzZerolog compares a record with the event that zerolog has written.
func FuzzZerolog(f *testing.F) { fuzz(f, checkZerolog) }

func TestZerolog(t *testing.T) { random(t, checkZerolog) }

// zerologObject adds fields.
type zerologObject []func(*zerolog.Event)

func (o zerologObject) MarshalZerologObject(e *zerolog.Event) {
	for _, f := range o {
		f(e)
	}
}

type zerologArray []func(*zerolog.Array)

func (a zerologArray) MarshalZerologArray(arr *zerolog.Array) {
	for _, f := range a {
		f(arr)
	}
}

// zerologFields returns functions that add fields to an event. Only those at the
// top may spoil it.
func (s *source) zerologFields(depth int) (o zerologObject) {
	for range s.below(6) {
		key := s.key()
		if s.one(4) { // or what zerolog itself has the name for
			key = pick(s, []string{zerolog.TimestampFieldName, zerolog.LevelFieldName, zerolog.MessageFieldName, zerolog.ErrorFieldName})
		}
		o = append(o, s.zerologField(key, depth))
	}
	return o
}

func (s *source) zerologField(key string, depth int) func(*zerolog.Event) {
	n := s.below(8)
	if depth == 0 {
		n %= 5
	}
	switch n {
	case 0, 1, 2:
		return s.zerologScalar(key)
	case 3:
		return s.zerologSlice(key)
	case 4:
		v := s.value(2, false)
		return func(e *zerolog.Event) { e.Interface(key, v) }
	case 5:
		o := s.zerologFields(depth - 1)
		return pick(s, []func(*zerolog.Event){
			func(e *zerolog.Event) { e.Object(key, o) },
			func(e *zerolog.Event) { e.EmbedObject(o) },
			func(e *zerolog.Event) { d := e.CreateDict(); o.MarshalZerologObject(d); e.Dict(key, d) },
			func(e *zerolog.Event) { e.Objects(key, []zerolog.LogObjectMarshaler{o, o}) },
		})
	case 6:
		a := s.zerologArray(depth - 1)
		return func(e *zerolog.Event) { e.Array(key, a) }
	default:
		m := map[string]any{s.key(): s.value(1, false), s.key(): s.str()}
		return func(e *zerolog.Event) { e.Fields(m) }
	}
}

func (s *source) zerologScalar(key string) func(*zerolog.Event) {
	switch s.below(22) {
	case 0, 1:
		v := s.str()
		return func(e *zerolog.Event) { e.Str(key, v) }
	case 2:
		v := s.int()
		return func(e *zerolog.Event) { e.Int64(key, v) }
	case 3:
		v := uint64(s.int())
		return func(e *zerolog.Event) { e.Uint64(key, v) }
	case 4:
		v := s.float()
		return func(e *zerolog.Event) { e.Float64(key, v) }
	case 5:
		v := s.float32()
		return func(e *zerolog.Event) { e.Float32(key, v) }
	case 6:
		return func(e *zerolog.Event) { e.Bool(key, true) }
	case 7, 8:
		v := s.time()
		return func(e *zerolog.Event) { e.Time(key, v) }
	case 9:
		v := s.duration()
		return func(e *zerolog.Event) { e.Dur(key, v) }
	case 10:
		v := s.raw()
		return func(e *zerolog.Event) { e.Bytes(key, v) }
	case 11:
		v := s.raw()
		return func(e *zerolog.Event) { e.Hex(key, v) }
	case 12, 13:
		v := s.json()
		return func(e *zerolog.Event) { e.RawJSON(key, []byte(v)) }
	case 14:
		v := s.calmError()
		return func(e *zerolog.Event) { e.AnErr(key, v) }
	case 15:
		v := s.calmError()
		return func(e *zerolog.Event) { e.Stack().Err(v) }
	case 16:
		v := stringer{s.str()}
		return func(e *zerolog.Event) { e.Stringer(key, v) }
	case 17:
		v := net.IP(s.raw())
		return func(e *zerolog.Event) { e.IPAddr(key, v) }
	case 18:
		v := net.HardwareAddr(s.raw())
		return func(e *zerolog.Event) { e.MACAddr(key, v) }
	case 19:
		v := s.scalar()
		return func(e *zerolog.Event) { e.Type(key, v) }
	case 20:
		return func(e *zerolog.Event) { e.Timestamp() }
	default:
		v, w := s.time(), s.time()
		return func(e *zerolog.Event) { e.TimeDiff(key, v, w) }
	}
}

// calmError returns an error that does not panic: zerolog would pass that on.
func (s *source) calmError() (err error) {
	defer func() {
		if recover() != nil {
			err = verboseError{"calm"}
		}
	}()
	err = s.err()
	_ = err.Error()
	return err
}

func (s *source) zerologSlice(key string) func(*zerolog.Event) {
	switch s.below(8) {
	case 0:
		v := list(s, s.str)
		return func(e *zerolog.Event) { e.Strs(key, v) }
	case 1:
		v := list(s, s.int)
		return func(e *zerolog.Event) { e.Ints64(key, v) }
	case 2:
		v := list(s, s.float)
		return func(e *zerolog.Event) { e.Floats64(key, v) }
	case 3:
		v := list(s, s.float32)
		return func(e *zerolog.Event) { e.Floats32(key, v) }
	case 4:
		v := list(s, s.time)
		return func(e *zerolog.Event) { e.Times(key, v) }
	case 5:
		v := list(s, s.duration)
		return func(e *zerolog.Event) { e.Durs(key, v) }
	case 6:
		v := list(s, s.calmError)
		return func(e *zerolog.Event) { e.Errs(key, v) }
	default:
		v := list(s, s.byte)
		return func(e *zerolog.Event) { e.Uints8(key, v) }
	}
}

func (s *source) zerologArray(depth int) (a zerologArray) {
	for range s.below(5) {
		switch s.below(6) {
		case 0:
			v := s.str()
			a = append(a, func(arr *zerolog.Array) { arr.Str(v) })
		case 1:
			v := s.float()
			a = append(a, func(arr *zerolog.Array) { arr.Float64(v) })
		case 2:
			v := s.value(1, false)
			a = append(a, func(arr *zerolog.Array) { arr.Interface(v) })
		case 3:
			v := s.json()
			a = append(a, func(arr *zerolog.Array) { arr.RawJSON([]byte(v)) })
		case 4:
			v := s.time()
			a = append(a, func(arr *zerolog.Array) { arr.Time(v) })
		default:
			if depth > 0 {
				o := s.zerologFields(depth - 1)
				a = append(a, func(arr *zerolog.Array) { arr.Object(o) })
			}
		}
	}
	return a
}

// global sets a variable of zerolog and returns a function that sets it back.
func global[T any](p *T, v T) func() {
	was := *p
	*p = v
	return func() { *p = was }
}

// zerologGlobals changes the variables of zerolog on which the form of events
// depends, and returns a function that sets them back.
func (s *source) zerologGlobals() (restore func()) {
	names := []string{"time", "level", "message", "timestamp", "T", "x.y", "severity", "a", "ts-é", "fields.level", "msg"}
	level := zerolog.GlobalLevel()
	zerolog.SetGlobalLevel(-128)
	was := []func(){
		func() { zerolog.SetGlobalLevel(level) },
		global(&zerolog.TimestampFieldName, zerolog.TimestampFieldName), global(&zerolog.LevelFieldName, zerolog.LevelFieldName),
		global(&zerolog.MessageFieldName, zerolog.MessageFieldName), global(&zerolog.ErrorFieldName, zerolog.ErrorFieldName),
		global(&zerolog.TimeFieldFormat, pick(s, []string{
			time.RFC3339, time.RFC3339Nano, zerolog.TimeFormatUnix, zerolog.TimeFormatUnixMs, zerolog.TimeFormatUnixMicro, zerolog.TimeFormatUnixNano,
			time.ANSIC, time.RFC1123Z, "2006-01-02T15:04:05.000Z07:00", "2006-01-02T15:04:05,000000Z07:00", time.Kitchen, "x", "2006-01-02T15:04:05.999Z07:00", "2006-01-02 15:04:05",
		})),
		global(&zerolog.DurationFieldUnit, pick(s, []time.Duration{time.Millisecond, time.Nanosecond, time.Second})),
		global(&zerolog.DurationFieldFormat, pick(s, []string{zerolog.DurationFormatFloat, zerolog.DurationFormatInt, zerolog.DurationFormatString})),
		global(&zerolog.FloatingPointPrecision, pick(s, []int{-1, 0, 3})),
	}
	if s.one(2) { // of the three that must be told apart each has another one
		i, j, k := s.below(len(names)), s.below(len(names)), s.below(len(names))
		if i != j && j != k && i != k {
			zerolog.TimestampFieldName, zerolog.LevelFieldName, zerolog.MessageFieldName = names[i], names[j], names[k]
		}
	}
	if s.one(4) {
		zerolog.ErrorFieldName = pick(s, names)
	}
	if s.one(4) {
		was = append(was, global(&zerolog.LevelFieldMarshalFunc, func(l zerolog.Level) string { return fmt.Sprintf("<%d>", l) }))
	}
	if s.one(4) {
		at := s.time()
		was = append(was, global(&zerolog.TimestampFunc, func() time.Time { return at }))
	}
	return func() {
		for _, f := range was {
			f()
		}
	}
}

// tap is a writer that keeps the event and passes it on.
type tap struct {
	to    zerolog.LevelWriter
	event []byte
}

func (w *tap) Write(p []byte) (int, error) { w.event = bytes.Clone(p); return w.to.Write(p) }

func (w *tap) WriteLevel(l zerolog.Level, p []byte) (int, error) {
	w.event = bytes.Clone(p)
	return w.to.WriteLevel(l, p)
}

// levelNames are the levels of zerolog's events and what they are with us.
var levelNames = map[zerolog.Level]string{
	zerolog.TraceLevel: "trace", zerolog.DebugLevel: "debug", zerolog.InfoLevel: "info", zerolog.WarnLevel: "warn", zerolog.ErrorLevel: "error",
	zerolog.FatalLevel: "fatal", zerolog.PanicLevel: "panic", zerolog.NoLevel: "info", -5: "trace", 42: "error",
}

var zerologLevels = []zerolog.Level{zerolog.InfoLevel, zerolog.NoLevel, zerolog.TraceLevel, zerolog.DebugLevel, zerolog.WarnLevel, zerolog.ErrorLevel, zerolog.FatalLevel, zerolog.PanicLevel, -5, 42}

func checkZerolog(t *testing.T, data []byte) {
	t.Helper()
	s := newSource(data)
	defer s.zerologGlobals()()
	level := pick(s, zerologLevels)
	with, fields := s.zerologFields(2), s.zerologFields(3)
	hook, message := s.one(2), ""
	if !s.one(3) {
		message = s.str()
	}
	defer global(&zerolog.ErrorHandler, func(error) {})()

	w := &tap{}
	before := time.Now()
	p := record(t, s.sloppy, func(b *batch.Buffer) {
		w.to = zerologw.NewWriter(b)
		l := zerolog.New(w).Level(-128)
		if len(with) > 0 {
			l = l.With().EmbedObject(with).Logger()
		}
		if hook {
			l = l.With().Timestamp().Logger()
		}
		e := l.WithLevel(level)
		fields.MarshalZerologObject(e)
		e.Msg(message)
	})
	checkEvent(t, p, w.event, levelNames[level], level != zerolog.NoLevel, before)
}

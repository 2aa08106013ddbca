package conformance

import (
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/rs/zerolog"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// kind is one kind of value, and how each logger says it. A nil function says
// that the logger cannot.
type kind struct {
	name string
	want any // for encoding/json
	// members are what the record has under the key, if that is not one member
	// with want.
	members func(key string) object
	slog    func(key string) slog.Attr
	zap     func(key string) zap.Field
	event   func(e event, key string) event
	ctx     func(c context, key string) context
	// element and arr append the value to an array of the logger's.
	element func(enc zapcore.ArrayEncoder)
	arr     func(a *zerolog.Array) *zerolog.Array
	// value is what logrus gets, and what stands in a []any or map[string]any. It
	// is nil if the kind is none for them, unless want is nil too.
	value any
	// within is what the value is within another, if not want.
	within any
	// spoils says that the whole of a value in which the value is becomes want.
	spoils bool
}

type (
	event   = *zerolog.Event
	context = zerolog.Context
)

// begins is expected of a string that may end in any way, such as one that says
// what went wrong.
type begins string

// mark stands before the text of a begins while it is JSON. No logger logs it.
const mark = "\uE000begins:"

func (b begins) MarshalJSON() ([]byte, error) { return json.Marshal(mark + string(b)) }

// in returns the members that the record has under the key.
func (k *kind) in(key string) object {
	if k.members != nil {
		return k.members(key)
	}
	return object{{key, k.want}}
}

// hasValue reports whether the kind is a Go value that any logger may be given.
func (k *kind) hasValue() bool { return k.value != nil || k.want == nil && k.members == nil }

// inside is what is expected of the value within another.
func (k *kind) inside() any {
	if k.within != nil {
		return k.within
	}
	return k.want
}

// withSlog returns the attribute of a value that slog takes as it is.
func withSlog(v any) func(string) slog.Attr {
	return func(key string) slog.Attr { return slog.Any(key, v) }
}

// typed returns a kind that loggers have typed fields for. Any of them may be
// nil.
func typed[T any](
	name string, v T,
	z func(string, T) zap.Field,
	e func(event, string, T) event,
	c func(context, string, T) context,
	element func(zapcore.ArrayEncoder, T),
	arr func(*zerolog.Array, T) *zerolog.Array,
) kind {
	k := kind{name: name, want: v, slog: withSlog(v), value: v}
	if z != nil {
		k.zap = func(key string) zap.Field { return z(key, v) }
	}
	if e != nil {
		k.event = func(ev event, key string) event { return e(ev, key, v) }
	}
	if c != nil {
		k.ctx = func(cx context, key string) context { return c(cx, key, v) }
	}
	if element != nil {
		k.element = func(enc zapcore.ArrayEncoder) { element(enc, v) }
	}
	if arr != nil {
		k.arr = func(a *zerolog.Array) *zerolog.Array { return arr(a, v) }
	}
	return k
}

// anything returns a kind that loggers take as a value of any type, to be what
// encoding/json makes of it.
func anything(name string, v any) kind {
	z := zap.Any
	switch v.(type) {
	case error, fmt.Stringer: // which zap.Any prefers to be
		z = zap.Reflect
	}
	return typed(name, v, z, event.Interface, context.Interface, reflected, (*zerolog.Array).Interface)
}

// ours is anything without zerolog, which has a form of its own for the value.
func ours(name string, v, want any) kind {
	k := anything(name, v).wants(want)
	k.event, k.ctx, k.arr = nil, nil, nil
	return k
}

func reflected(enc zapcore.ArrayEncoder, v any) { _ = enc.AppendReflected(v) }

// wants returns the kind with something else expected of it than its value.
func (k kind) wants(want any) kind {
	k.want = want
	return k
}

// withoutSlog returns the kind for the others alone.
func (k kind) withoutSlog() kind {
	k.slog, k.value = nil, nil
	return k
}

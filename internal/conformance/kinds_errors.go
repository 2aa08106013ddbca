package conformance

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/rs/zerolog"
	"go.uber.org/multierr"
	"go.uber.org/zap"
)

var errPlain = errors.New(`no "route" <here>`)

// verbose has more to say than its message.
type verbose struct{}

func (verbose) Error() string { return "short" }

func (verbose) Format(s fmt.State, _ rune) {
	if s.Flag('+') {
		_, _ = io.WriteString(s, "short\nat main.go:1")
		return
	}
	_, _ = io.WriteString(s, "short")
}

// couple is a pointer that is an error although it is nil.
type couple struct{ a, b error }

func (c *couple) Error() string {
	if c == nil {
		return "no couple"
	}
	return c.a.Error() + "+" + c.b.Error()
}

// brittleError is an error whose method cannot bear a nil pointer.
type brittleError struct{ text string }

func (n *brittleError) Error() string  { return n.text }
func (n *brittleError) String() string { return n.text }

// failed is an error, which is its message within another value too.
func failed(name string, err error) kind {
	k := typed("error "+name, err, zap.NamedError, event.AnErr, context.AnErr, nil, (*zerolog.Array).Err)
	return k.wants(err.Error())
}

// group is an error of several, of which zap tells the parts.
func group(name string, err error, parts ...any) []kind {
	most, zaps := failed(name, err), failed(name+" with zap", err)
	most.zap = nil
	zaps.members = func(key string) object { return object{{key, err.Error()}, {key + "Causes", parts}} }
	zaps = zaps.withoutSlog()
	zaps.event, zaps.ctx, zaps.arr = nil, nil, nil
	return []kind{most, zaps}
}

func errorKinds() []kind {
	type part = map[string]any
	a, b := errors.New("a"), errors.New("b")
	more := failed("with a verbose form, with zap", verbose{}).withoutSlog()
	more.event, more.ctx, more.arr = nil, nil, nil
	more.members = func(key string) object { return object{{key, "short"}, {key + "Verbose", "short\nat main.go:1"}} }
	short := failed("with a verbose form", verbose{})
	short.zap = nil
	// An error that is nil leaves no field where a logger has a typed one for
	// errors, and is null elsewhere.
	none := kind{name: "nil error left out", members: nothing}
	none.zap = func(key string) zap.Field { return zap.NamedError(key, nil) }
	none.event = func(e event, key string) event { return e.AnErr(key, nil) }
	none.ctx = func(c context, key string) context { return c.AnErr(key, nil) }
	var nilErr error
	nilField := typed("nil error", nilErr, nil, nil, nil, nil, (*zerolog.Array).Err)
	unset := failed("nil pointer with a message", (*couple)(nil))
	unset.event, unset.ctx, unset.arr = nil, nil, nil // which look for nil pointers themselves
	cannot := ours("error nil pointer without a message", (*brittleError)(nil), nil)
	cannot.zap, cannot.element = nil, nil
	cannotZap := kind{name: "error nil pointer without a message with zap", members: null}
	cannotZap.zap = func(key string) zap.Field { return zap.NamedError(key, (*brittleError)(nil)) }
	list := kind{name: "errors", want: []any{part{"error": "a"}, part{"error": "b"}}}
	list.zap = func(key string) zap.Field { return zap.Errors(key, []error{a, nil, b}) }
	within := map[string]any{"E": "a", "L": []any{"b", nil}}
	inStruct := anything("errors in a struct", struct {
		E error
		L []error
	}{a, []error{b, nil}}).wants(within)
	inMaps := anything("errors in maps", map[string]map[string]error{"m": {"a": a, "none": nil}}).wants(map[string]any{"m": map[string]any{"a": "a", "none": nil}})
	inSlice := anything("errors in a slice", []error{a, b}).wants([]string{"a", "b"})
	inSlice.zap = func(key string) zap.Field { return zap.Reflect(key, []error{a, b}) } // zap.Any takes it for zap.Errors
	inPointers := anything("pointers to errors", []*error{&a, nil}).wants([]any{"a", nil})
	kinds := []kind{
		inStruct, inMaps, inSlice, inPointers,
		failed("plain", errPlain),
		failed("wrapped", fmt.Errorf("open: %w", fs.ErrNotExist)),
		failed("with exported fields", coded{404}),
		failed("joined", errors.Join(a, b)),
		failed("pointer", &couple{a, b}),
		none, nilField, unset, cannot, cannotZap, more, short, list,
		typed("errors with zerolog", []error{a, b}, nil, event.Errs, context.Errs, nil, nil).wants([]string{"a", "b"}).withoutSlog(),
	}
	kinds = append(kinds, group("of two", multierr.Combine(a, b), part{"error": "a"}, part{"error": "b"})...)
	nested := wrapping{multierr.Combine(a, b)}
	return append(kinds, group("of groups", nested, part{"error": "a; b", "errorCauses": []part{{"error": "a"}, {"error": "b"}}})...)
}

// wrapping is an error group that others are in, with one missing.
type wrapping struct{ inner error }

func (w wrapping) Error() string   { return "all: " + w.inner.Error() }
func (w wrapping) Errors() []error { return []error{nil, w.inner} }

// coded is an error with a field of its own.
type coded struct{ Code int }

func (c coded) Error() string { return fmt.Sprint("status ", c.Code) }

func nothing(string) object { return nil }

func null(key string) object { return object{{key, nil}} }

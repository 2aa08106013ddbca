package zapcore

import (
	"fmt"
	"math"
	"reflect"
	"time"

	upstream "go.uber.org/zap/zapcore"

	"github.com/logsto/logsto-go/internal/jsonenc"
)

// addField appends a field. If a method of its value panics, what it has left is
// taken back, and the field says so.
func (e *encoder) addField(f *upstream.Field) {
	if out, ok := appendSimple(e.dst, f, e.depth == 0, e.limit); ok {
		e.dst = out
		return
	}
	e.addSlow(f)
}

// appendSimple appends a field of the most frequent types, without a detour: none
// of them calls anything of the user's. It reports whether f is one.
func appendSimple(dst []byte, f *upstream.Field, top bool, limit int) ([]byte, bool) {
	if !isSimple[f.Type] {
		return dst, false
	}
	if top {
		dst = jsonenc.AppendFieldKey(dst, f.Key)
	} else {
		dst = jsonenc.AppendKey(dst, f.Key)
	}
	switch f.Type {
	case upstream.StringType:
		dst = jsonenc.AppendLimited(dst, f.String, limit)
	case upstream.Uint64Type, upstream.Uint32Type, upstream.Uint16Type, upstream.Uint8Type:
		dst = jsonenc.AppendUint(dst, uint64(f.Integer))
	case upstream.BoolType:
		dst = jsonenc.AppendBool(dst, f.Integer == 1)
	case upstream.Float64Type:
		dst = jsonenc.AppendFloat64(dst, math.Float64frombits(uint64(f.Integer)))
	case upstream.TimeType:
		t := time.Unix(0, f.Integer)
		if loc, ok := f.Interface.(*time.Location); ok && loc != nil {
			t = t.In(loc)
		}
		dst = jsonenc.AppendTime(dst, t)
	default: // an integer, or a duration
		dst = jsonenc.AppendInt(dst, f.Integer)
	}
	return dst, true
}

// isSimple has the types that appendSimple appends.
var isSimple = [256]bool{
	upstream.StringType: true, upstream.BoolType: true, upstream.Float64Type: true, upstream.DurationType: true, upstream.TimeType: true,
	upstream.Int64Type: true, upstream.Int32Type: true, upstream.Int16Type: true, upstream.Int8Type: true,
	upstream.Uint64Type: true, upstream.Uint32Type: true, upstream.Uint16Type: true, upstream.Uint8Type: true,
}

// addSlow appends a field that may call methods of its value.
func (e *encoder) addSlow(f *upstream.Field) {
	mark, done := e.mark(), false
	defer func() {
		if !done { // but for a panic, runtime.Goexit was called: see appendRest
			e.reset(mark)
			e.addPanic(f, recover())
		}
	}()
	switch f.Type {
	case upstream.StringerType:
		e.key(f.Key)
		e.dst = jsonenc.AppendStringer(e.dst, f.Interface.(fmt.Stringer), e.limit)
	case upstream.ErrorType:
		e.addError(f.Key, f.Interface.(error))
	case upstream.InlineMarshalerType:
		e.inline(f)
	default:
		f.AddTo(e)
	}
	done = true
}

// inline appends the members of a value as those of the object that is open.
func (e *encoder) inline(f *upstream.Field) {
	if reflect.TypeOf(f.Interface) != dict {
		f.AddTo(e)
		return
	}
	if e.inlined++; e.inlined <= jsonenc.MaxGroups && len(e.dst) < e.limit {
		_ = e.members(f.Interface.(upstream.ObjectMarshaler)) // a dict has no errors
	} else { // it may hold itself
		e.key("inline")
		e.dst = jsonenc.AppendTooDeep(e.dst)
	}
	e.inlined--
}

// addPanic appends what stands for a field whose value panicked with p.
func (e *encoder) addPanic(f *upstream.Field, p any) {
	key := f.Key
	if f.Type == upstream.InlineMarshalerType && key == "" {
		key = "inline"
	}
	e.key(key)
	if f.Interface == nil && (f.Type == upstream.UnknownType || f.Type > upstream.InlineMarshalerType) {
		e.dst = jsonenc.AppendPanic(e.dst, p) // there is no value that could be null
		return
	}
	e.replace(e.mark(), f.Interface, p)
}

// addError appends an error as zap does: its message, and beside it either its
// parts (as multierr has them) or its verbose form. If its method for these panics,
// there is a field with the suffix "Error" instead.
func (e *encoder) addError(key string, err error) {
	e.key(key)
	start := len(e.dst)
	e.dst = jsonenc.AppendError(e.dst, err, e.limit)
	mark, done := e.mark(), false
	defer func() {
		if !done {
			p := recover()
			e.reset(mark)
			e.key(key + "Error")
			e.dst = jsonenc.AppendPanic(e.dst, p)
		}
	}()
	switch x := err.(type) { //nolint:errorlint // what is wrapped is not what is logged
	case interface{ Errors() []error }:
		_ = e.AddArray(key+"Causes", causes(x.Errors()))
	case fmt.Formatter:
		basic, verbose := string(e.dst[start:]), fmt.Sprintf("%+v", x)
		same := len(verbose)+len(`""`) <= len(basic) && string(jsonenc.AppendString(nil, verbose)) == basic
		if basic != "null" && !same {
			e.key(key + "Verbose")
			e.dst = jsonenc.AppendLimited(e.dst, verbose, e.limit)
		}
	}
	done = true
}

// causes are the parts of an error, each an object.
type causes []error

func (c causes) MarshalLogArray(arr upstream.ArrayEncoder) error {
	e := arr.(*encoder) // nobody else calls this
	for _, err := range c {
		if err != nil {
			_ = e.AppendObject(cause{err})
		}
	}
	return nil
}

type cause struct{ error }

func (c cause) MarshalLogObject(enc upstream.ObjectEncoder) error {
	enc.(*encoder).addError("error", c.error)
	return nil
}

package differential

import (
	"errors"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// zapObject marshals fields, and fails after them if there is an error.
type zapObject struct {
	fields []zap.Field
	err    error
}

func (o zapObject) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	for _, f := range o.fields {
		f.AddTo(enc)
	}
	return o.err
}

// zapArray is an array with elements of every sort.
type zapArray struct {
	elements []func(zapcore.ArrayEncoder) error
	err      error
}

func (a zapArray) MarshalLogArray(enc zapcore.ArrayEncoder) error {
	for _, e := range a.elements {
		if err := e(enc); err != nil {
			return err
		}
	}
	return a.err
}

// badObject panics behind a namespace and a half; mended it has there what stands
// for the panic.
type badObject struct {
	inner  zapObject
	mended bool
}

func (o badObject) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	_ = o.inner.MarshalLogObject(enc)
	enc.OpenNamespace("n")
	if o.mended {
		enc.AddString("o", "!PANIC: boom")
		return nil
	}
	return enc.AddObject("o", zapcore.ObjectMarshalerFunc(func(enc zapcore.ObjectEncoder) error {
		enc.AddInt("i", 1)
		panic("boom")
	}))
}

func (s *source) zapObject(depth int) zapObject {
	o := zapObject{fields: s.zapFields(depth)}
	if s.one(8) {
		o.err = errors.New(s.str())
	}
	return o
}

func (s *source) zapArray(depth int) (a zapArray) {
	for range s.below(5) {
		a.elements = append(a.elements, s.zapElement(depth))
	}
	if s.one(8) {
		a.err = errors.New(s.str())
	}
	return a
}

// element makes an element of an array out of one of the encoder's methods.
func element[T any](add func(zapcore.ArrayEncoder, T), v T) func(zapcore.ArrayEncoder) error {
	return func(enc zapcore.ArrayEncoder) error { add(enc, v); return nil }
}

func (s *source) zapElement(depth int) func(zapcore.ArrayEncoder) error {
	n := s.below(20)
	if depth == 0 {
		n %= 16
	}
	switch n {
	case 0:
		return element(zapcore.ArrayEncoder.AppendString, s.str())
	case 1:
		return element(zapcore.ArrayEncoder.AppendByteString, s.raw())
	case 2:
		return element(zapcore.ArrayEncoder.AppendInt64, s.int())
	case 3:
		return element(zapcore.ArrayEncoder.AppendUint64, uint64(s.int()))
	case 4:
		return element(zapcore.ArrayEncoder.AppendFloat64, s.float())
	case 5:
		return element(zapcore.ArrayEncoder.AppendFloat32, s.float32())
	case 6:
		return element(zapcore.ArrayEncoder.AppendBool, s.one(2))
	case 7:
		return element(zapcore.ArrayEncoder.AppendTime, s.time())
	case 8:
		return element(zapcore.ArrayEncoder.AppendDuration, s.duration())
	case 9:
		return element(zapcore.ArrayEncoder.AppendComplex128, s.complex())
	case 10:
		return element(zapcore.ArrayEncoder.AppendComplex64, complex64(s.complex()))
	case 11:
		return element(zapcore.ArrayEncoder.AppendInt8, int8(s.int()))
	case 12:
		return element(zapcore.ArrayEncoder.AppendUint16, uint16(s.int()))
	case 13:
		return element(zapcore.ArrayEncoder.AppendUintptr, uintptr(s.int()))
	case 14:
		v := pick(s, []any{nil, 1, "x", plain{A: 1}, []any{1.5}, map[string]any{"<": "\u2028"}, (*int)(nil)})
		return func(enc zapcore.ArrayEncoder) error { return enc.AppendReflected(v) }
	case 15:
		return element(zapcore.ArrayEncoder.AppendInt, int(s.int()))
	case 16, 17:
		a := s.zapArray(depth - 1)
		return func(enc zapcore.ArrayEncoder) error { return enc.AppendArray(a) }
	default:
		o := s.zapObject(depth - 1)
		return func(enc zapcore.ArrayEncoder) error { return enc.AppendObject(o) }
	}
}

func (s *source) zapFields(depth int) []zap.Field {
	fields := make([]zap.Field, s.below(5))
	for i := range fields {
		fields[i] = s.zapField(depth)
	}
	return fields
}

func (s *source) zapField(depth int) zap.Field {
	key := s.key()
	n := s.below(8)
	if depth == 0 {
		n %= 5
	}
	switch n {
	case 0:
		return s.zapScalar(key)
	case 1:
		return s.zapPointer(key)
	case 2:
		return s.zapSlice(key)
	case 3:
		return s.zapOdd(key)
	case 4:
		return reflected(key, s.value(2, false), s.one(2))
	case 5:
		return zap.Dict(key, s.zapFields(depth-1)...)
	case 6:
		return pick(s, []func() zap.Field{
			func() zap.Field { return zap.Object(key, s.zapObject(depth-1)) },
			func() zap.Field { return zap.Inline(s.zapObject(depth - 1)) },
			func() zap.Field { return zap.Objects(key, list(s, func() zapObject { return s.zapObject(depth - 1) })) },
			func() zap.Field { return zap.Object(key, zap.DictObject(s.zapFields(depth-1)...)) },
		})()
	default:
		return zap.Array(key, s.zapArray(depth-1))
	}
}

// reflected is a field for a value of any type. What zap.Reflect makes of an
// error, an empty object, is not what anybody wants to read.
func reflected(key string, v any, byType bool) zap.Field {
	if _, isError := v.(error); byType || isError {
		return zap.Any(key, v)
	}
	return zap.Reflect(key, v)
}

// zapPanic returns a field that makes zap's encoder panic, and one that says
// what our record has instead.
func (s *source) zapPanic() (ours, theirs zap.Field) {
	key := s.key()
	says := zap.String(key, "!PANIC: boom")
	inner := s.zapObject(1)
	bad, mended := badObject{inner, false}, badObject{inner, true}
	switch s.below(6) {
	case 0:
		return zap.Reflect(key, panicking{"boom"}), says
	case 1:
		return zap.Object(key, bad), zap.Object(key, mended)
	case 2:
		return zap.Inline(bad), zap.Inline(mended)
	case 3:
		return zap.Objects(key, []badObject{bad, bad}), zap.Objects(key, []badObject{mended, mended})
	case 4:
		return zap.Object(key, nil), zap.Reflect(key, nil)
	default:
		return zap.Reflect(key, []panicking{{"boom"}}), says
	}
}

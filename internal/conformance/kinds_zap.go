package conformance

import (
	"errors"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// ofZap is a kind that only zap has.
func ofZap(name string, want any, f func(key string) zap.Field) kind {
	return kind{name: "zap: " + name, want: want, zap: f}
}

// halfway is an object and an array that fail when half is done.
type halfway struct{}

func (halfway) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	enc.AddInt("a", 1)
	return errors.New("no more")
}

func (halfway) MarshalLogArray(enc zapcore.ArrayEncoder) error {
	enc.AppendInt(1)
	return errors.New("no more")
}

// roomy opens a namespace that it does not close.
type roomy struct{}

func (roomy) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	enc.AddInt("a", 1)
	enc.OpenNamespace("n")
	enc.AddInt("b", 2)
	enc.OpenNamespace("empty")
	return nil
}

// full has everything that an object of zap's can have.
type full struct{}

func (full) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	enc.AddBinary("binary", []byte{1, 2})
	enc.AddByteString("bytes", []byte("x"))
	enc.AddBool("bool", true)
	enc.AddComplex128("complex128", 1i)
	enc.AddComplex64("complex64", 2i)
	enc.AddDuration("duration", time.Second)
	enc.AddFloat64("float64", 0.5)
	enc.AddFloat32("float32", 0.1)
	enc.AddInt("int", -1)
	enc.AddInt64("int64", -64)
	enc.AddInt32("int32", -32)
	enc.AddInt16("int16", -16)
	enc.AddInt8("int8", -8)
	enc.AddString("string", "<>")
	enc.AddTime("time", time.Unix(0, 0).UTC())
	enc.AddUint("uint", 1)
	enc.AddUint64("uint64", 64)
	enc.AddUint32("uint32", 32)
	enc.AddUint16("uint16", 16)
	enc.AddUint8("uint8", 8)
	enc.AddUintptr("uintptr", 9)
	return errors.Join(
		enc.AddReflected("any", map[string]int{"a": 1}),
		enc.AddObject("object", one(1)),
		enc.AddArray("array", zapcore.ArrayMarshalerFunc(func(a zapcore.ArrayEncoder) error {
			return errors.Join(a.AppendObject(one(2)), a.AppendArray(zap.Strings("", nil).Interface.(zapcore.ArrayMarshaler)))
		})),
	)
}

func fullWant() object {
	return object{
		{"binary", []byte{1, 2}},
		{"bytes", "x"},
		{"bool", true},
		{"complex128", "0+1i"},
		{"complex64", "0+2i"},
		{"duration", time.Second},
		{"float64", 0.5},
		{"float32", float32(0.1)},
		{"int", -1},
		{"int64", -64},
		{"int32", -32},
		{"int16", -16},
		{"int8", -8},
		{"string", "<>"},
		{"time", time.Unix(0, 0).UTC()},
		{"uint", 1},
		{"uint64", 64},
		{"uint32", 32},
		{"uint16", 16},
		{"uint8", 8},
		{"uintptr", 9},
		{"any", map[string]int{"a": 1}},
		{"object", map[string]int{"a": 1}},
		{"array", []any{map[string]int{"a": 2}, []any{}}},
	}
}

func zapKinds() []kind {
	ab := zap.DictObject(zap.Int("a", 1), zap.String("b", "x"))
	nested := zapcore.ArrayMarshalerFunc(func(a zapcore.ArrayEncoder) error {
		a.AppendBool(true)
		return errors.Join(a.AppendArray(zapcore.ArrayMarshalerFunc(func(zapcore.ArrayEncoder) error { return nil })), a.AppendObject(ab), a.AppendReflected(nil))
	})
	inlined := ofZap("inline", nil, func(string) zap.Field { return zap.Inline(ab) })
	inlined.members = func(string) object { return object{{"a", 1}, {"b", "x"}} }
	skipped := ofZap("skip", nil, func(string) zap.Field { return zap.Skip() })
	skipped.members = nothing
	half := ofZap("object that fails", nil, func(key string) zap.Field { return zap.Object(key, halfway{}) })
	half.members = func(key string) object { return object{{key, map[string]int{"a": 1}}, {key + "Error", "no more"}} }
	halfArray := ofZap("array that fails", nil, func(key string) zap.Field { return zap.Array(key, halfway{}) })
	halfArray.members = func(key string) object { return object{{key, []int{1}}, {key + "Error", "no more"}} }
	noArray := ofZap("nil array", nil, func(key string) zap.Field { return zap.Array(key, nil) })
	noType := ofZap("field of no type", begins("!PANIC"), func(key string) zap.Field { return zapcore.Field{Key: key, Interface: 1} })
	wrongType := ofZap("field with a value of another type", begins("!PANIC"), func(key string) zap.Field {
		return zapcore.Field{Key: key, Type: zapcore.ObjectMarshalerType, Interface: 1}
	})
	return []kind{
		noType, wrongType, noArray,
		inlined, skipped, half, halfArray,
		ofZap("object", object{{"a", 1}}, func(key string) zap.Field { return zap.Object(key, one(1)) }),
		ofZap("object with all there is", fullWant(), func(key string) zap.Field { return zap.Object(key, full{}) }),
		ofZap("object by zap.Any", object{{"a", 1}}, func(key string) zap.Field { return zap.Any(key, one(1)) }),
		ofZap("object with namespaces", object{{"a", 1}, {"n", object{{"b", 2}, {"empty", object{}}}}}, func(key string) zap.Field { return zap.Object(key, roomy{}) }),
		ofZap("nil object", nil, func(key string) zap.Field { return zap.Object(key, nil) }),
		ofZap("objects", []any{map[string]int{"a": 1}, map[string]int{"a": 2}}, func(key string) zap.Field { return zap.Objects(key, []one{1, 2}) }),
		ofZap("no objects", []any{}, func(key string) zap.Field { return zap.Objects[one](key, nil) }),
		ofZap("dict", object{{"a", 1}, {"d", object{{"b", "x"}, {"none", object{}}}}}, func(key string) zap.Field {
			return zap.Dict(key, zap.Int("a", 1), zap.Skip(), zap.Dict("d", zap.String("b", "x"), zap.Dict("none")))
		}),
		ofZap("array in an array", []any{true, []any{}, map[string]any{"a": 1, "b": "x"}, nil}, func(key string) zap.Field { return zap.Array(key, nested) }),
		ofZap("time without a zone of its own", time.Unix(0, 1).UTC(), func(key string) zap.Field {
			return zapcore.Field{Key: key, Type: zapcore.TimeType, Integer: 1, Interface: time.UTC}
		}),
	}
}

// pointed returns the kinds for a pointer to a value, and for a nil one.
func pointed[T any](name string, v T, f func(string, *T) zap.Field) []kind {
	return []kind{
		ofZap("pointer to "+name, v, func(key string) zap.Field { return f(key, &v) }),
		ofZap("nil pointer to "+name, nil, func(key string) zap.Field { return f(key, nil) }),
	}
}

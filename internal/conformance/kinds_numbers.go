package conformance

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"

	"github.com/rs/zerolog"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

func integers() []kind {
	return []kind{
		typed("bool true", true, zap.Bool, event.Bool, context.Bool, zapcore.ArrayEncoder.AppendBool, (*zerolog.Array).Bool),
		typed("bool false", false, zap.Bool, event.Bool, context.Bool, zapcore.ArrayEncoder.AppendBool, (*zerolog.Array).Bool),
		typed("int", math.MinInt, zap.Int, event.Int, context.Int, zapcore.ArrayEncoder.AppendInt, (*zerolog.Array).Int),
		typed("int8", int8(math.MinInt8), zap.Int8, event.Int8, context.Int8, zapcore.ArrayEncoder.AppendInt8, (*zerolog.Array).Int8),
		typed("int16", int16(math.MinInt16), zap.Int16, event.Int16, context.Int16, zapcore.ArrayEncoder.AppendInt16, (*zerolog.Array).Int16),
		typed("int32", int32(math.MinInt32), zap.Int32, event.Int32, context.Int32, zapcore.ArrayEncoder.AppendInt32, (*zerolog.Array).Int32),
		integer(0),
		integer(-1),
		integer(math.MaxInt64),
		integer(math.MinInt64),
		typed("uint", uint(math.MaxUint), zap.Uint, event.Uint, context.Uint, zapcore.ArrayEncoder.AppendUint, (*zerolog.Array).Uint),
		typed("uint8", uint8(math.MaxUint8), zap.Uint8, event.Uint8, context.Uint8, zapcore.ArrayEncoder.AppendUint8, (*zerolog.Array).Uint8),
		typed("uint16", uint16(math.MaxUint16), zap.Uint16, event.Uint16, context.Uint16, zapcore.ArrayEncoder.AppendUint16, (*zerolog.Array).Uint16),
		typed("uint32", uint32(math.MaxUint32), zap.Uint32, event.Uint32, context.Uint32, zapcore.ArrayEncoder.AppendUint32, (*zerolog.Array).Uint32),
		typed("uint64", uint64(math.MaxUint64), zap.Uint64, event.Uint64, context.Uint64, zapcore.ArrayEncoder.AppendUint64, (*zerolog.Array).Uint64),
		typed("uintptr", uintptr(math.MaxUint), zap.Uintptr, nil, nil, zapcore.ArrayEncoder.AppendUintptr, nil),
	}
}

func integer(n int64) kind {
	return typed(fmt.Sprint("int64 ", n), n, zap.Int64, event.Int64, context.Int64, zapcore.ArrayEncoder.AppendInt64, (*zerolog.Array).Int64)
}

func float(name string, f float64) kind {
	k := typed("float64 "+name, f, zap.Float64, event.Float64, context.Float64, zapcore.ArrayEncoder.AppendFloat64, (*zerolog.Array).Float64)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		k.want = name // JSON has no such numbers; encoding/json refuses the record
	}
	return k
}

// float32s are not for slog, which makes them float64 and so shows more digits.
func float32s(name string, f float32) kind {
	k := typed("float32 "+name, f, zap.Float32, event.Float32, context.Float32, zapcore.ArrayEncoder.AppendFloat32, (*zerolog.Array).Float32)
	k.slog = nil
	if f != f || math.IsInf(float64(f), 0) {
		k.want = name
	}
	return k
}

func floats() []kind {
	return []kind{
		float("0", 0),
		float("0.1", 0.1),
		float("-0", math.Copysign(0, -1)),
		float("99.95", 99.95),
		float("1e20", 1e20),
		float("1e21", 1e21),
		float("1e-6", 1e-6),
		float("1e-7", 1e-7),
		float("1<<53", 1<<53),
		float("max", math.MaxFloat64),
		float("least", math.SmallestNonzeroFloat64),
		float("NaN", math.NaN()),
		float("+Inf", math.Inf(1)),
		float("-Inf", math.Inf(-1)),
		float32s("0.1", 0.1),
		float32s("-0", float32(math.Copysign(0, -1))),
		float32s("1e-7", 1e-7),
		float32s("1e20", 1e20),
		float32s("1e21", 1e21),
		float32s("16777217", 1<<24),
		float32s("max", math.MaxFloat32),
		float32s("least", math.SmallestNonzeroFloat32),
		float32s("NaN", float32(math.NaN())),
		float32s("+Inf", float32(math.Inf(1))),
		float32s("-Inf", float32(math.Inf(-1))),
		{name: "float32 with slog", want: float64(float32(0.1)), slog: withSlog(float32(0.1))},
	}
}

// complexes are strings, as JSON has no such numbers and encoding/json refuses
// them.
func complexes(name string, c complex128) kind {
	k := typed("complex128 "+name, c, zap.Complex128, nil, nil, zapcore.ArrayEncoder.AppendComplex128, nil)
	return k.wants(name)
}

func numbers() []kind {
	small := typed("complex64", complex64(complex(0.1, -2)), zap.Complex64, nil, nil, zapcore.ArrayEncoder.AppendComplex64, nil)
	list := append(integers(), floats()...)
	return append(list,
		complexes("1-2i", 1-2i),
		complexes("0+0i", 0),
		complexes("NaN+Infi", complex(math.NaN(), math.Inf(1))),
		small.wants("0.1-2i"),
		anything("json.Number", json.Number("12.50")),
		anything("json.Number with an exponent", json.Number("-1E+400")),
		anything("big integer", big.NewInt(0).Lsh(big.NewInt(1), 100)),
		anything("big float", big.NewFloat(1.5)),
	)
}

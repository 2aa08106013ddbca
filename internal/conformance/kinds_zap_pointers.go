package conformance

import (
	"slices"
	"time"

	"go.uber.org/zap"
)

// zapPointers returns the kinds of zap's fields for pointers.
func zapPointers() []kind {
	complexes := func(kinds []kind) []kind {
		kinds[0].want = "1+2i"
		return kinds
	}
	return slices.Concat(
		pointed("bool", true, zap.Boolp),
		pointed("int", -1, zap.Intp),
		pointed("int8", int8(-8), zap.Int8p),
		pointed("int16", int16(-16), zap.Int16p),
		pointed("int32", int32(-32), zap.Int32p),
		pointed("int64", int64(-64), zap.Int64p),
		pointed("uint", uint(1), zap.Uintp),
		pointed("uint8", uint8(8), zap.Uint8p),
		pointed("uint16", uint16(16), zap.Uint16p),
		pointed("uint32", uint32(32), zap.Uint32p),
		pointed("uint64", uint64(64), zap.Uint64p),
		pointed("uintptr", uintptr(9), zap.Uintptrp),
		pointed("float32", float32(0.1), zap.Float32p),
		pointed("float64", 0.1, zap.Float64p),
		pointed("string", "x\n", zap.Stringp),
		pointed("time", time.Unix(0, 1).UTC(), zap.Timep),
		pointed("duration", time.Second, zap.Durationp),
		complexes(pointed("complex64", complex64(1+2i), zap.Complex64p)),
		complexes(pointed("complex128", 1+2i, zap.Complex128p)),
	)
}

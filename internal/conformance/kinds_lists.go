package conformance

import (
	"math"
	"time"

	"go.uber.org/zap"
)

// list returns a kind for a slice that loggers have a typed field for.
func list[T any](name string, v []T, z func(string, []T) zap.Field, e func(event, string, []T) event, c func(context, string, []T) context) kind {
	return typed(name, v, z, e, c, nil, nil)
}

func lists() []kind {
	at := time.Date(2026, 11, 23, 20, 18, 41, 5000, time.UTC)
	durs := func(e event, key string, d []time.Duration) event { return e.Durs(key, d) } // which has options
	some := []kind{
		list("bools", []bool{true, false}, zap.Bools, event.Bools, context.Bools),
		list("strings", []string{"a", "", "\n"}, zap.Strings, event.Strs, context.Strs),
		list("ints", []int{3, math.MinInt, 2}, zap.Ints, event.Ints, context.Ints),
		list("int8s", []int8{-128, 127}, zap.Int8s, event.Ints8, context.Ints8),
		list("int16s", []int16{-32768, 32767}, zap.Int16s, event.Ints16, context.Ints16),
		list("int32s", []int32{math.MinInt32, math.MaxInt32}, zap.Int32s, event.Ints32, context.Ints32),
		list("int64s", []int64{math.MinInt64, math.MaxInt64}, zap.Int64s, event.Ints64, context.Ints64),
		list("uints", []uint{0, math.MaxUint}, zap.Uints, event.Uints, context.Uints),
		list("uint16s", []uint16{0, 65535}, zap.Uint16s, event.Uints16, context.Uints16),
		list("uint32s", []uint32{0, math.MaxUint32}, zap.Uint32s, event.Uints32, context.Uints32),
		list("uint64s", []uint64{0, math.MaxUint64}, zap.Uint64s, event.Uints64, context.Uints64),
		list("uintptrs", []uintptr{0, math.MaxUint}, zap.Uintptrs, nil, nil),
		list("float32s", []float32{0.1, 1e21}, zap.Float32s, event.Floats32, context.Floats32),
		list("float64s", []float64{0.1, 1e21}, zap.Float64s, event.Floats64, context.Floats64),
		list("durations", []time.Duration{-1, time.Hour}, zap.Durations, durs, context.Durs),
		list("times", []time.Time{{}, at}, zap.Times, event.Times, context.Times),
		list("no strings", []string{}, zap.Strings, event.Strs, context.Strs),
		list("one int", []int{1}, zap.Ints, event.Ints, context.Ints),
		list("uint8s with zap", []uint8{0, 255}, zap.Uint8s, nil, nil).wants([]int{0, 255}).withoutSlog(),
		list("uint8s with zerolog", []uint8{0, 255}, nil, event.Uints8, context.Uints8).wants([]int{0, 255}).withoutSlog(),
		list("byte strings", [][]byte{[]byte("a\n"), {}}, zap.ByteStrings, nil, nil).wants([]string{"a\n", ""}).withoutSlog(),
		list("complex128s", []complex128{1i, -2}, zap.Complex128s, nil, nil).wants([]string{"0+1i", "-2+0i"}).withoutSlog(),
		list("complex64s", []complex64{1i, -2}, zap.Complex64s, nil, nil).wants([]string{"0+1i", "-2+0i"}).withoutSlog(),
		list("floats that JSON lacks", []float64{1, math.NaN(), math.Inf(-1)}, zap.Float64s, event.Floats64, context.Floats64).wants([]any{1, "NaN", "-Inf"}).withoutSlog(),
		// encoding/json refuses the whole of a []float64, but a []any is gone through.
		ours("any with floats that JSON lacks", []any{1.5, math.NaN(), math.Inf(1), "x"}, []any{1.5, "NaN", "+Inf", "x"}),
		ours("any with a complex number", []any{1i, []any{2i}}, []any{"0+1i", []any{"0+2i"}}),
		ours("floats that JSON lacks, as a value", [1]float64{math.NaN()}, begins("!ERROR")),
		anything("any", []any{1, "<", nil, true, 1.5, []any{}, map[string]any{"b": 1, "a": at}}),
		anything("any with a duration", []any{time.Second, at}),
		anything("empty any", []any{}),
		anything("nil any", []any(nil)),
		anything("empty array", [0]int{}),
		anything("array", [3]uint8{1, 2, 3}),
		anything("matrix", [][]float64{{1, 0.5}, {}, nil}),
		anything("slice of structs", []point{{X: 1}, {X: 2}}),
		anything("slice of pointers", []*int{nil, new(int)}),
		anything("slice of raw JSON", []rawJSON{rawJSON(`{"a":1}`), nil}),
	}
	// A nil slice is null with encoding/json, and an empty array where a logger has
	// a typed field for it.
	return append(some,
		list("nil strings", []string(nil), nil, nil, nil),
		list("nil ints", []int(nil), nil, nil, nil),
		list("nil strings with a typed field", []string(nil), zap.Strings, event.Strs, context.Strs).wants([]string{}).withoutSlog(),
		list("nil ints with a typed field", []int(nil), zap.Ints, event.Ints, context.Ints).wants([]int{}).withoutSlog(),
	)
}

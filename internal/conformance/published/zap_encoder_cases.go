package published

import (
	"math"
	"time"

	"go.uber.org/zap/zapcore"
)

// zapObjects are the cases of what an object encoder adds.
func zapObjects() (list []zapCase) {
	add := func(name, want string, f func(objectEncoder)) *zapCase {
		list = append(list, encoding("TestJSONEncoderObjectFields/"+name, "{"+want+"}", plainConfig, f))
		return &list[len(list)-1]
	}
	zapNumbers(add)
	add("binary", `"k":"YWIxMg=="`, func(e objectEncoder) { e.AddBinary("k", []byte("ab12")) })
	add("bool, key to be escaped", `"k\\":true`, func(e objectEncoder) { e.AddBool(`k\`, true) })
	add("bool true", `"k":true`, func(e objectEncoder) { e.AddBool("k", true) })
	add("bool false", `"k":false`, func(e objectEncoder) { e.AddBool("k", false) })
	add("byteString to be escaped", `"k":"v\\"`, func(e objectEncoder) { e.AddByteString("k", []byte(`v\`)) })
	add("byteString", `"k":"v"`, func(e objectEncoder) { e.AddByteString("k", []byte("v")) })
	add("byteString empty", `"k":""`, func(e objectEncoder) { e.AddByteString("k", []byte{}) })
	add("byteString nil", `"k":""`, func(e objectEncoder) { e.AddByteString("k", nil) })
	add("string to be escaped", `"k":"v\\"`, func(e objectEncoder) { e.AddString("k", `v\`) })
	add("string", `"k":"v"`, func(e objectEncoder) { e.AddString("k", "v") })
	add("string empty", `"k":""`, func(e objectEncoder) { e.AddString("k", "") })
	c := add("time", `"k":1`, func(e objectEncoder) { e.AddTime("k", time.Unix(1, 0).UTC()) })
	*c = c.differs(`{"level":"info","message":"","k":"1970-01-01T00:00:01Z"}`, whyTimes)
	add("object (success)", `"k":{"loggable":"yes"}`, func(e objectEncoder) { _ = e.AddObject("k", loggable(true)) })
	add("object (error)", `"k":{}`, func(e objectEncoder) { _ = e.AddObject("k", loggable(false)) })
	add("object (with nested array)", `"turducken":{"ducks":[{"in":"chicken"},{"in":"chicken"}]}`, func(e objectEncoder) { _ = e.AddObject("turducken", turducken{}) })
	add("array (with nested object)", `"turduckens":[{"ducks":[{"in":"chicken"},{"in":"chicken"}]},{"ducks":[{"in":"chicken"},{"in":"chicken"}]}]`,
		func(e objectEncoder) { _ = e.AddArray("turduckens", turduckens(2)) })
	add("array (success)", `"k":[true]`, func(e objectEncoder) { _ = e.AddArray("k", loggable(true)) })
	add("array (error)", `"k":[]`, func(e objectEncoder) { _ = e.AddArray("k", loggable(false)) })
	add("reflect (success)", `"k":{"escape":"<&>","loggable":"yes"}`, func(e objectEncoder) {
		_ = e.AddReflected("k", map[string]string{"escape": "<&>", "loggable": "yes"})
	})
	c = add("reflect (failure)", ``, func(e objectEncoder) { _ = e.AddReflected("k", noJSON{}) })
	*c = c.differs(`{"level":"info","message":"","k":"!ERROR: json: error calling MarshalJSON for type published.noJSON: no"}`, whyFails)
	// The test looks at the record before EncodeEntry closes the namespaces.
	add("namespace", `"outermost":{"outer":{"foo":1,"inner":{"foo":2,"innermost":{}}}}`, func(e objectEncoder) {
		e.OpenNamespace("outermost")
		e.OpenNamespace("outer")
		e.AddInt("foo", 1)
		e.OpenNamespace("inner")
		e.AddInt("foo", 2)
		e.OpenNamespace("innermost")
	})
	add("object (no nested namespace)", `"obj":{"obj-out":"obj-outside-namespace"},"not-obj":"should-be-outside-obj"`, func(e objectEncoder) {
		_ = e.AddObject("obj", maybeNamespace(false))
		e.AddString("not-obj", "should-be-outside-obj")
	})
	add("object (with nested namespace)", `"obj":{"obj-out":"obj-outside-namespace","obj-namespace":{"obj-in":"obj-inside-namespace"}},"not-obj":"should-be-outside-obj"`,
		func(e objectEncoder) {
			_ = e.AddObject("obj", maybeNamespace(true))
			e.AddString("not-obj", "should-be-outside-obj")
		})
	add("multiple open namespaces", `"k":{"foo":1,"middle":{"foo":2,"inner":{"foo":3}}}`, func(outer objectEncoder) {
		_ = outer.AddObject("k", zapcore.ObjectMarshalerFunc(func(objectEncoder) error {
			outer.AddInt("foo", 1)
			outer.OpenNamespace("middle")
			outer.AddInt("foo", 2)
			outer.OpenNamespace("inner")
			outer.AddInt("foo", 3)
			return nil
		}))
	})
	return list
}

// zapNumbers adds those of them that are numbers.
func zapNumbers(add func(name, want string, f func(objectEncoder)) *zapCase) {
	nan, inf := math.NaN(), math.Inf(1)
	c := add("duration", `"k":0.000000001`, func(e objectEncoder) { e.AddDuration("k", 1) })
	*c = c.differs(`{"level":"info","message":"","k":1}`, whyDurations)
	c = add("duration/negative", `"k":-0.000000001`, func(e objectEncoder) { e.AddDuration("k", -1) })
	*c = c.differs(`{"level":"info","message":"","k":-1}`, whyDurations)
	add("complex128", `"k":"1+2i"`, func(e objectEncoder) { e.AddComplex128("k", 1+2i) })
	add("complex128/negative_i", `"k":"1-2i"`, func(e objectEncoder) { e.AddComplex128("k", 1-2i) })
	add("complex64", `"k":"1+2i"`, func(e objectEncoder) { e.AddComplex64("k", 1+2i) })
	add("complex64/negative_i", `"k":"1-2i"`, func(e objectEncoder) { e.AddComplex64("k", 1-2i) })
	add("complex64 with fractions", `"k":"2.71+3.14i"`, func(e objectEncoder) { e.AddComplex64("k", 2.71+3.14i) })
	for _, n := range []struct {
		name, want string
		f          float64
	}{{"1", "1", 1}, {"1e10", "10000000000", 1e10}, {"NaN", `"NaN"`, nan}, {"+Inf", `"+Inf"`, inf}, {"-Inf", `"-Inf"`, -inf}, {"pi", "3.141592653589793", math.Pi}} {
		add("float64/"+n.name, `"k":`+n.want, func(e objectEncoder) { e.AddFloat64("k", n.f) })
	}
	for _, n := range []struct {
		name, want string
		f          float32
	}{
		{"1", "1", 1},
		{"2.71", "2.71", 2.71},
		{"0.1", "0.1", 0.1},
		{"1e10", "10000000000", 1e10},
		{"NaN", `"NaN"`, float32(nan)},
		{"+Inf", `"+Inf"`, float32(inf)},
		{"-Inf", `"-Inf"`, float32(-inf)},
		{"pi", "3.1415927", math.Pi},
	} {
		add("float32/"+n.name, `"k":`+n.want, func(e objectEncoder) { e.AddFloat32("k", n.f) })
	}
	add("int", `"k":42`, func(e objectEncoder) { e.AddInt("k", 42) })
	add("int64", `"k":42`, func(e objectEncoder) { e.AddInt64("k", 42) })
	add("int64/min", `"k":-9223372036854775808`, func(e objectEncoder) { e.AddInt64("k", math.MinInt64) })
	add("int64/max", `"k":9223372036854775807`, func(e objectEncoder) { e.AddInt64("k", math.MaxInt64) })
	add("int32", `"k":42`, func(e objectEncoder) { e.AddInt32("k", 42) })
	add("int32/min", `"k":-2147483648`, func(e objectEncoder) { e.AddInt32("k", math.MinInt32) })
	add("int32/max", `"k":2147483647`, func(e objectEncoder) { e.AddInt32("k", math.MaxInt32) })
	add("int16", `"k":42`, func(e objectEncoder) { e.AddInt16("k", 42) })
	add("int16/min", `"k":-32768`, func(e objectEncoder) { e.AddInt16("k", math.MinInt16) })
	add("int16/max", `"k":32767`, func(e objectEncoder) { e.AddInt16("k", math.MaxInt16) })
	add("int8", `"k":42`, func(e objectEncoder) { e.AddInt8("k", 42) })
	add("int8/min", `"k":-128`, func(e objectEncoder) { e.AddInt8("k", math.MinInt8) })
	add("int8/max", `"k":127`, func(e objectEncoder) { e.AddInt8("k", math.MaxInt8) })
	add("uint", `"k":42`, func(e objectEncoder) { e.AddUint("k", 42) })
	add("uint64", `"k":42`, func(e objectEncoder) { e.AddUint64("k", 42) })
	add("uint64/max", `"k":18446744073709551615`, func(e objectEncoder) { e.AddUint64("k", math.MaxUint64) })
	add("uint32", `"k":42`, func(e objectEncoder) { e.AddUint32("k", 42) })
	add("uint32/max", `"k":4294967295`, func(e objectEncoder) { e.AddUint32("k", math.MaxUint32) })
	add("uint16", `"k":42`, func(e objectEncoder) { e.AddUint16("k", 42) })
	add("uint16/max", `"k":65535`, func(e objectEncoder) { e.AddUint16("k", math.MaxUint16) })
	add("uint8", `"k":42`, func(e objectEncoder) { e.AddUint8("k", 42) })
	add("uint8/max", `"k":255`, func(e objectEncoder) { e.AddUint8("k", math.MaxUint8) })
	add("uintptr", `"k":42`, func(e objectEncoder) { e.AddUintptr("k", 42) })
}

// zapArrays are the cases of what an array encoder appends. Each appends twice.
func zapArrays() (list []zapCase) {
	add := func(name, want string, f func(arrayEncoder)) *zapCase {
		list = append(list, encoding("TestJSONEncoderArrays/"+name, `{"array":`+want+"}", plainConfig, func(e objectEncoder) {
			_ = e.AddArray("array", zapcore.ArrayMarshalerFunc(func(a arrayEncoder) error {
				f(a)
				f(a)
				return nil
			}))
		}))
		return &list[len(list)-1]
	}
	inner := func(err error) zapcore.ArrayMarshalerFunc {
		return func(a arrayEncoder) error {
			a.AppendBool(true)
			return err
		}
	}
	add("bool", `[true,true]`, func(e arrayEncoder) { e.AppendBool(true) })
	add("byteString", `["k","k"]`, func(e arrayEncoder) { e.AppendByteString([]byte("k")) })
	add("byteString to be escaped", `["k\\","k\\"]`, func(e arrayEncoder) { e.AppendByteString([]byte(`k\`)) })
	add("complex128", `["1+2i","1+2i"]`, func(e arrayEncoder) { e.AppendComplex128(1 + 2i) })
	add("complex64", `["1+2i","1+2i"]`, func(e arrayEncoder) { e.AppendComplex64(1 + 2i) })
	c := add("durations", `[0.000000002,0.000000002]`, func(e arrayEncoder) { e.AppendDuration(2) })
	*c = c.differs(`{"level":"info","message":"","array":[2,2]}`, whyDurations)
	add("float64", `[3.14,3.14]`, func(e arrayEncoder) { e.AppendFloat64(3.14) })
	add("float32", `[3.14,3.14]`, func(e arrayEncoder) { e.AppendFloat32(3.14) })
	add("int", `[42,42]`, func(e arrayEncoder) { e.AppendInt(42) })
	add("int64", `[42,42]`, func(e arrayEncoder) { e.AppendInt64(42) })
	add("int32", `[42,42]`, func(e arrayEncoder) { e.AppendInt32(42) })
	add("int16", `[42,42]`, func(e arrayEncoder) { e.AppendInt16(42) })
	add("int8", `[42,42]`, func(e arrayEncoder) { e.AppendInt8(42) })
	add("string", `["k","k"]`, func(e arrayEncoder) { e.AppendString("k") })
	add("string to be escaped", `["k\\","k\\"]`, func(e arrayEncoder) { e.AppendString(`k\`) })
	c = add("times", `[1,1]`, func(e arrayEncoder) { e.AppendTime(time.Unix(1, 0).UTC()) })
	*c = c.differs(`{"level":"info","message":"","array":["1970-01-01T00:00:01Z","1970-01-01T00:00:01Z"]}`, whyTimes)
	add("uint", `[42,42]`, func(e arrayEncoder) { e.AppendUint(42) })
	add("uint64", `[42,42]`, func(e arrayEncoder) { e.AppendUint64(42) })
	add("uint32", `[42,42]`, func(e arrayEncoder) { e.AppendUint32(42) })
	add("uint16", `[42,42]`, func(e arrayEncoder) { e.AppendUint16(42) })
	add("uint8", `[42,42]`, func(e arrayEncoder) { e.AppendUint8(42) })
	add("uintptr", `[42,42]`, func(e arrayEncoder) { e.AppendUintptr(42) })
	add("arrays (success)", `[[true],[true]]`, func(e arrayEncoder) { _ = e.AppendArray(inner(nil)) })
	add("arrays (error)", `[[true],[true]]`, func(e arrayEncoder) { _ = e.AppendArray(inner(errFail)) })
	add("objects (success)", `[{"loggable":"yes"},{"loggable":"yes"}]`, func(e arrayEncoder) { _ = e.AppendObject(loggable(true)) })
	add("objects (error)", `[{},{}]`, func(e arrayEncoder) { _ = e.AppendObject(loggable(false)) })
	add("reflect (success)", `[{"foo":5},{"foo":5}]`, func(e arrayEncoder) { _ = e.AppendReflected(map[string]int{"foo": 5}) })
	c = add("reflect (error)", `[]`, func(e arrayEncoder) { _ = e.AppendReflected(noJSON{}) })
	const failure = `"!ERROR: json: error calling MarshalJSON for type published.noJSON: no"`
	*c = c.differs(`{"level":"info","message":"","array":[`+failure+`,`+failure+`]}`, whyFails)
	const out, in = `{"obj-out":"obj-outside-namespace"}`, `{"obj-out":"obj-outside-namespace","obj-namespace":{"obj-in":"obj-inside-namespace"}}`
	for _, n := range []struct {
		name, want string
		is         maybeNamespace
	}{{"object (no nested namespace) then string", out, false}, {"object (with nested namespace) then string", in, true}} {
		add(n.name, `[`+n.want+`,"should-be-outside-obj",`+n.want+`,"should-be-outside-obj"]`, func(e arrayEncoder) {
			_ = e.AppendObject(n.is)
			e.AppendString("should-be-outside-obj")
		})
	}
	return list
}

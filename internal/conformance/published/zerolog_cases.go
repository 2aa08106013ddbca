package published

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

type (
	event  = *zerolog.Event
	logger = zerolog.Logger
)

func zerologCases() []zerologCase {
	return slices.Concat(
		zerologLog(), zerologWiths(), zerologFields(), zerologPlurals(), zerologLevels(), zerologEvents(), zerologContexts(),
		zerologErrors(), zerologHooks(), zerologExamples(), zerologStrings(), zerologIntegers(), zerologFloats(), zerologTimes(), zerologTypes(),
	)
}

var (
	ipv6    = net.IP{0x20, 0x01, 0x0d, 0xb8, 0x85, 0xa3, 0, 0, 0, 0, 0x8a, 0x2e, 0x03, 0x70, 0x73, 0x34}
	ipv4    = net.IP{192, 168, 0, 100}
	local   = net.IP{127, 0, 0, 1}
	prefix4 = net.IPNet{IP: ipv4, Mask: net.CIDRMask(24, 32)}
	prefix6 = net.IPNet{IP: ipv6, Mask: net.CIDRMask(64, 128)}
	mac     = net.HardwareAddr{0x00, 0x14, 0x22, 0x01, 0x23, 0x45}
)

// with returns the logger of a context.
func with(c zerolog.Context) *logger {
	l := c.Logger()
	return &l
}

func zerologLog() []zerologCase {
	z := zerologTable{file: "log_test.go"}
	none := func(e event) event { return e }
	foo := func(e event) event { return e.Str("foo", "bar") }
	fooN := func(e event) event { return e.Str("foo", "bar").Int("n", 123) }
	for _, c := range []struct {
		name, want string
		f          func(event) event
	}{{"empty", ``, none}, {"one-field", `"foo":"bar"`, foo}, {"two-field", `"foo":"bar","n":123`, fooN}} {
		z.add("TestLog/"+c.name, "{"+c.want+"}", func(l logger) { c.f(l.Log()).Msg("") })
		z.add("TestInfo/"+c.name, strings.TrimSuffix(`{"level":"info",`+c.want, ",")+"}", func(l logger) { c.f(l.Info()).Msg("") })
	}
	z.add("TestEmptyLevelFieldName/empty setting", `{"foo":"bar","n":123}`, func(l logger) { fooN(l.Info()).Msg("") }, to(&zerolog.LevelFieldName, ""))
	z.add("TestMsgf", `{"message":"one two 3.4 5 six"}`, func(l logger) { l.Log().Msgf("one %s %.1f %d %v", "two", 3.4, 5, errors.New("six")) })
	z.add("TestWithAndFieldsCombined", `{"f1":"val","f2":"val","f3":"val"}`, func(l logger) {
		with(l.With().Str("f1", "val").Str("f2", "val")).Log().Str("f3", "val").Msg("")
	})
	count := func(l logger) {
		l = l.Sample(&zerolog.BasicSampler{N: 2})
		for i := range 4 {
			l.Log().Int("i", i+1).Msg("")
		}
	}
	z.add("TestSampling", "{\"i\":1}\n{\"i\":3}", count)
	z.add("TestDisableSampling", "{\"i\":1}\n{\"i\":2}\n{\"i\":3}\n{\"i\":4}", count, func() func() {
		zerolog.DisableSampling(true)
		return func() { zerolog.DisableSampling(false) }
	})
	z.add("TestDiscard", "", func(l logger) {
		l.Log().Discard().Str("a", "b").Msg("one")
		l.Log().Discard().Discard().Str("a", "b").Msg("one")
	})
	fixed := to(&zerolog.TimestampFunc, func() time.Time { return time.Date(2001, 2, 3, 4, 5, 6, 7, time.UTC) })
	const hello = `{"foo":"bar","time":"2001-02-03T04:05:06Z","message":"hello world"}`
	z.add("TestContextTimestamp", hello, func(l logger) { with(l.With().Timestamp().Str("foo", "bar")).Log().Msg("hello world") }, fixed)
	z.add("TestEventTimestamp", hello, func(l logger) { with(l.With().Str("foo", "bar")).Log().Timestamp().Msg("hello world") }, fixed)
	other := zerolog.New(io.Discard)
	z.add("TestOutputWithTimestamp", hello, nil, fixed).over = func(w io.Writer) {
		with(other.Output(w).With().Timestamp().Str("foo", "bar")).Log().Msg("hello world")
	}
	z.add("TestOutputWithoutTimestamp", `{"foo":"bar","message":"hello world"}`, nil).over = func(w io.Writer) {
		with(other.Output(w).With().Str("foo", "bar")).Log().Msg("hello world")
	}
	z.add("TestOutputWithContext", `{"foo":"bar","message":"hello world"}`, nil).over = func(w io.Writer) {
		l := with(other.With().Str("foo", "bar")).Output(w)
		l.Log().Msg("hello world")
	}
	z.add("TestCallerMarshalFunc/default", `{"caller":"$CALLER","message":"msg"}`, func(l logger) { l.Log().Caller().Msg("msg") })
	z.add("TestCallerMarshalFunc/custom", `{"caller":"custom:1","message":"msg"}`, func(l logger) { l.Log().Caller().Msg("msg") },
		to(&zerolog.CallerMarshalFunc, func(uintptr, string, int) string { return "custom:1" }))
	z.add("TestUpdateEmptyContext", `{"level":"info","foo":"bar","message":"no panic"}`, func(l logger) {
		l.UpdateContext(func(c zerolog.Context) zerolog.Context { return c.Str("foo", "bar") })
		l.Info().Msg("no panic")
	})
	z.add("TestHTMLNoEscaping", `{"head":"<test>"}`, func(l logger) { l.Log().Interface("head", "<test>").Send() })
	return z.list
}

func zerologWiths() []zerologCase {
	z := zerologTable{file: "log_test.go"}
	z.add("TestWith", `{"string":"foo","stringer":"127.0.0.1","stringer_nil":null,"bytes":"bar","hex":"12ef","json":{"some":"json"},"error":"some error","bool":true,"int":1,"int8":2,"int16":3,"int32":4,"int64":5,"uint":6,"uint8":7,"uint16":8,"uint32":9,"uint64":10,"float32":11.101,"float64":12.30303,"time":"0001-01-01T00:00:00Z","dur":0.000003,"any":"test","interface":{"Pub":"a","tag":"b"},"type":"float64","caller":"$CALLER"}`,
		func(l logger) {
			c := l.With().Str("string", "foo").Stringer("stringer", local).Stringer("stringer_nil", nil).Bytes("bytes", []byte("bar")).
				Hex("hex", []byte{0x12, 0xef}).RawJSON("json", []byte(`{"some":"json"}`)).AnErr("some_err", nil).Err(errSome).Bool("bool", true).
				Int("int", 1).Int8("int8", 2).Int16("int16", 3).Int32("int32", 4).Int64("int64", 5).
				Uint("uint", 6).Uint8("uint8", 7).Uint16("uint16", 8).Uint32("uint32", 9).Uint64("uint64", 10).
				Float32("float32", 11.101).Float64("float64", 12.30303).Time("time", time.Time{}).Dur("dur", 3).Ctx(context.Background()).
				Any("any", "test").Interface("interface", struct {
				Pub string
				Tag string `json:"tag"`
			}{"a", "b"}).Type("type", math.Phi)
			with(c.Caller()).Log().Msg("")
		})
	z.add("TestWith/skip frames", `{"caller":"$CALLER"}`, func(l logger) { with(l.With().CallerWithSkipFrameCount(3)).Log().Msg("") })
	z.add("TestStackedWiths", `{"bool":true,"int":1}`, func(l logger) { with(with(l.With().Bool("bool", true)).With().Int("int", 1)).Log().Msg("") })
	z.add("TestWithReset", `{"bytes":"bar","hex":"12ef","uint64":10,"float64":12.30303}`, func(l logger) {
		with(l.With().Str("string", "foo").Stringer("stringer", local).Stringer("stringer_nil", nil).Reset().
			Bytes("bytes", []byte("bar")).Hex("hex", []byte{0x12, 0xef}).Uint64("uint64", 10).Float64("float64", 12.30303).
			Stack().Ctx(context.Background())).Log().Msg("")
	})
	z.add("TestWithPlurals", `{"objs":[{"Pub":"a","Tag":"z","priv":1}],"objs_nil":[],"objs_v":[{"Pub":"A","Tag":"Z","priv":2}],"objs_v_empty":[],"strs":["foo","bar"],"strs_nil":[],"strs_v":["baz","fizz"],"strs_v_empty":[],"stringers":["127.0.0.1","0001-02-03 00:00:00 +0000 UTC","1s",null],"stringers_nil":[],"stringers_v":["127.0.0.1","0001-02-03 00:00:00 +0000 UTC","1s",null],"stringers_v_empty":[],"errs":["some error","some other error",null,{"l":"OOPS"},"whoops"],"errs_nil":[],"bool":[true,false],"int":[1,2],"int8":[2,3],"int16":[3,4],"int32":[4,5],"int64":[5,6],"uint":[6,7],"uint8":[7,8],"uint16":[8,9],"uint32":[9,10],"uint64":[10,11],"float32":[1.1,2.2],"float64":[2.2,3.3],"time":["0001-02-03T00:00:00Z","0005-06-07T00:00:00Z"],"dur":[1000,2000]}`,
		func(l logger) {
			at, later := time.Time{}.AddDate(0, 1, 2), time.Time{}.AddDate(4, 5, 6)
			several := []fmt.Stringer{local, at, time.Second, nil}
			errs := []error{errSome, errOther, nil, shouting{errors.New("oops")}, numbered{errors.New("whoops"), 401}}
			with(l.With().Objects("objs", []zerolog.LogObjectMarshaler{fixture{"a", "z", 1}}).Objects("objs_nil", nil).
				ObjectsV("objs_v", fixture{"A", "Z", 2}).ObjectsV("objs_v_empty").
				Strs("strs", []string{"foo", "bar"}).Strs("strs_nil", nil).StrsV("strs_v", "baz", "fizz").StrsV("strs_v_empty").
				Stringers("stringers", several).Stringers("stringers_nil", nil).StringersV("stringers_v", several...).StringersV("stringers_v_empty").
				Errs("errs", errs).Errs("errs_nil", nil).Bools("bool", []bool{true, false}).
				Ints("int", []int{1, 2}).Ints8("int8", []int8{2, 3}).Ints16("int16", []int16{3, 4}).Ints32("int32", []int32{4, 5}).Ints64("int64", []int64{5, 6}).
				Uints("uint", []uint{6, 7}).Uints8("uint8", []uint8{7, 8}).Uints16("uint16", []uint16{8, 9}).Uints32("uint32", []uint32{9, 10}).Uints64("uint64", []uint64{10, 11}).
				Floats32("float32", []float32{1.1, 2.2}).Floats64("float64", []float64{2.2, 3.3}).
				Times("time", []time.Time{at, later}).Durs("dur", []time.Duration{time.Second, 2 * time.Second})).Log().Msg("")
		})
	z.add("TestWithErr", errorsWant, func(l logger) { with(l.With().Fields(errorFields())).Log().Msg("") })
	z.add("TestFieldsErr", errorsWant, func(l logger) { l.Log().Fields(errorFields()).Msg("") })
	return z.list
}

const errorsWant = `{"error":"some error","loggable":{"l":"LOGGABLE"},"nil":null,"nilerror":null,"non-loggable":"oops"}`

func errorFields() map[string]any {
	return map[string]any{
		"nil": nil, "nilerror": error(nil), "error": errSome, "loggable": shouting{errors.New("loggable")}, "non-loggable": numbered{errors.New("oops"), 401},
	}
}

func zerologFields() []zerologCase {
	z := zerologTable{file: "log_test.go"}
	scalars := []any{
		"nil", nil, "string", "foo", "bytes", []byte("bar"), "error", errSome, "bool", true, "int", 1, "int8", int8(2), "int16", int16(3), "int32", int32(4),
		"int64", int64(5), "uint", uint(6), "uint8", uint8(7), "uint16", uint16(8), "uint32", uint32(9), "uint64", uint64(10), "float32", float32(11), "float64", 12.0,
		"ipv6", ipv6, "dur", time.Second, "time",
		time.Time{},
		"obj",
		fixture{"a", "b", 1},
	}
	inMap := map[string]any{
		"ipnet": prefix6, "macaddr": net.HardwareAddr{0x00, 0x1A, 0x2B, 0x3C, 0x4D, 0x5E}, "objs": []zerolog.LogObjectMarshaler{fixture{"a", "b", 1}, fixture{"c", "d", 2}},
		"any": struct{ A string }{"test"}, "raw": json.RawMessage(`{"some":"json"}`),
	}
	for i := 0; i < len(scalars); i += 2 {
		inMap[scalars[i].(string)] = scalars[i+1]
	}
	z.add("TestFieldsMap", `{"any":{"A":"test"},"bool":true,"bytes":"bar","dur":1000,"error":"some error","float32":11,"float64":12,"int":1,"int16":3,"int32":4,"int64":5,"int8":2,"ipnet":"2001:db8:85a3::8a2e:370:7334/64","ipv6":"2001:db8:85a3::8a2e:370:7334","macaddr":"00:1a:2b:3c:4d:5e","nil":null,"obj":{"Pub":"a","Tag":"b","priv":1},"objs":[{"Pub":"a","Tag":"b","priv":1},{"Pub":"c","Tag":"d","priv":2}],"raw":{"some":"json"},"string":"foo","time":"0001-01-01T00:00:00Z","uint":6,"uint16":8,"uint32":9,"uint64":10,"uint8":7}`,
		func(l logger) { l.Log().Fields(inMap).Msg("") })
	z.add("TestFieldsSlice", `{"nil":null,"string":"foo","bytes":"bar","error":"some error","bool":true,"int":1,"int8":2,"int16":3,"int32":4,"int64":5,"uint":6,"uint8":7,"uint16":8,"uint32":9,"uint64":10,"float32":11,"float64":12,"ipv6":"2001:db8:85a3::8a2e:370:7334","dur":1000,"time":"0001-01-01T00:00:00Z","obj":{"Pub":"a","Tag":"b","priv":1}}`,
		func(l logger) { l.Log().Fields(scalars).Msg("") })
	z.add("TestFieldsMap_Arrays", `{"bools":[true],"durs":[1000],"errors":["some error"],"floats32":[11],"floats64":[12],"ints":[1],"ints16":[3],"ints32":[4],"ints64":[5],"ints8":[1],"ipnets":["2001:db8:85a3::8a2e:370:7334/64"],"ipv6s":["2001:db8:85a3::8a2e:370:7334"],"macaddrs":["ABorPE1e"],"objs":[{"Pub":"a","tag":"b"}],"strings":["foo"],"times":["0001-01-01T00:00:00Z"],"uint8s":",","uints":[6],"uints16":[8],"uints32":[9],"uints64":[10]}`,
		func(l logger) {
			l.Log().Fields(map[string]any{
				"strings": []string{"foo"}, "bools": []bool{true}, "errors": []error{errSome}, "ints": []int{1}, "ints8": []int8{1}, "ints16": []int16{3},
				"ints32": []int32{4}, "ints64": []int64{5}, "uints": []uint{6}, "uint8s": []uint8{44}, "uints16": []uint16{8}, "uints32": []uint32{9},
				"uints64": []uint64{10}, "floats32": []float32{11}, "floats64": []float64{12}, "ipv6s": []net.IP{ipv6}, "ipnets": []net.IPNet{prefix6},
				"macaddrs": []net.HardwareAddr{{0x00, 0x1A, 0x2B, 0x3C, 0x4D, 0x5E}}, "durs": []time.Duration{time.Second}, "times": []time.Time{{}},
				"objs": []fixture{{"a", "b", 1}},
			}).Msg("")
		})
	z.add("TestFieldsErrs", `{"errors":["some error",null,null,{"l":"LOGGABLE"},"oops"]}`, func(l logger) {
		l.Log().Fields(map[string]any{"errors": []error{errSome, nil, nil, shouting{errors.New("loggable")}, numbered{errors.New("oops"), 404}}}).Msg("")
	})
	z.add("TestFieldsMapPnt", `{"bool":false,"dur":0,"float32":0,"float64":0,"int":0,"int16":0,"int32":0,"int64":0,"int8":0,"string":"","time":"0001-01-01T00:00:00Z","uint":0,"uint16":0,"uint32":0,"uint64":0,"uint8":0}`,
		func(l logger) {
			l.Log().Fields(map[string]any{
				"string": new(string), "bool": new(bool), "int": new(int), "int8": new(int8), "int16": new(int16), "int32": new(int32), "int64": new(int64),
				"uint": new(uint), "uint8": new(uint8), "uint16": new(uint16), "uint32": new(uint32), "uint64": new(uint64),
				"float32": new(float32), "float64": new(float64), "dur": new(time.Duration), "time": new(time.Time),
			}).Msg("")
		})
	z.add("TestFieldsMapNilPnt", `{"bool":null,"dur":null,"float32":null,"float64":null,"int":null,"int16":null,"int32":null,"int64":null,"int8":null,"string":null,"time":null,"uint":null,"uint16":null,"uint32":null,"uint64":null,"uint8":null}`,
		func(l logger) {
			l.Log().Fields(map[string]any{
				"string": (*string)(nil), "bool": (*bool)(nil), "int": (*int)(nil), "int8": (*int8)(nil), "int16": (*int16)(nil), "int32": (*int32)(nil), "int64": (*int64)(nil),
				"uint": (*uint)(nil), "uint8": (*uint8)(nil), "uint16": (*uint16)(nil), "uint32": (*uint32)(nil), "uint64": (*uint64)(nil),
				"float32": (*float32)(nil), "float64": (*float64)(nil), "dur": (*time.Duration)(nil), "time": (*time.Time)(nil),
			}).Msg("")
		})
	z.add("TestFieldsSliceExtraneous", `{"string":"foo","error":"some error","bool":true,"int":1}`, func(l logger) {
		l.Log().Fields([]any{"string", "foo", "error", errSome, 32, "valueForNonStringKey", "bool", true, "int", 1, "keyWithoutValue"}).Msg("")
	})
	z.add("TestFieldsNotMapSlice", `{}`, func(l logger) { l.Log().Fields(fixture{"a", "b", 1}).Fields("string").Fields(1).Msg("") })
	z.add("TestFields", `{"caller":"$CALLER","obj":{"Pub":"a","Tag":"z","priv":1},"string":"foo","stringer":"127.0.0.1","bytes":"bar","hex":"12ef","json":{"some":"json"},"cbor":"data:application/cbor;base64,gwGCAgOCBAU=","func":"func_output","error":"some error","bool":true,"int":1,"int8":2,"int16":3,"int32":4,"int64":5,"uint":6,"uint8":7,"uint16":8,"uint32":9,"uint64":10,"ipv4":"192.168.0.100","ipv6":"2001:db8:85a3::8a2e:370:7334","mac":"00:14:22:01:23:45","pfxv4":"192.168.0.100/24","pfxv6":"2001:db8:85a3::8a2e:370:7334/64","float32":11.1234,"float64":12.321321321,"dur":1000,"time":"0001-01-01T00:00:00Z","diff":10000,"type":"string","any":{"A":"test"},"logobject":{"Pub":"a","Tag":"z","priv":1}}`,
		func(l logger) {
			at := time.Unix(1e9, 0)
			l.Log().Caller().Object("obj", fixture{"a", "z", 1}).Str("string", "foo").Stringer("stringer", local).Bytes("bytes", []byte("bar")).
				Hex("hex", []byte{0x12, 0xef}).RawJSON("json", []byte(`{"some":"json"}`)).RawCBOR("cbor", []byte{0x83, 0x01, 0x82, 0x02, 0x03, 0x82, 0x04, 0x05}).
				Func(func(e event) { e.Str("func", "func_output") }).AnErr("some_err", nil).Err(errSome).Bool("bool", true).
				Int("int", 1).Int8("int8", 2).Int16("int16", 3).Int32("int32", 4).Int64("int64", 5).
				Uint("uint", 6).Uint8("uint8", 7).Uint16("uint16", 8).Uint32("uint32", 9).Uint64("uint64", 10).
				IPAddr("ipv4", ipv4).IPAddr("ipv6", ipv6).MACAddr("mac", mac).IPPrefix("pfxv4", prefix4).IPPrefix("pfxv6", prefix6).
				Float32("float32", 11.1234).Float64("float64", 12.321321321).Dur("dur", time.Second).Time("time", time.Time{}).
				TimeDiff("diff", at, at.Add(-10*time.Second)).Ctx(context.Background()).Type("type", "hello").
				Any("any", struct{ A string }{"test"}).Any("logobject", fixture{"a", "z", 1}).Stack().Msg("")
		})
	return z.list
}

// zerologPlurals are the four tests of log_test.go that log no, one and several
// elements of each kind.
func zerologPlurals() []zerologCase {
	z := zerologTable{file: "log_test.go"}
	const none = `{"objs":[],"objs_v":[],"strs":[],"strs_v":[],"stringers":[],"stringers_v":[],"err":[],"bool":[],"int":[],"int8":[],"int16":[],"int32":[],"int64":[],"uint":[],"uint8":[],"uint16":[],"uint32":[],"uint64":[],"float32":[],"float64":[],"dur":[],"time":[],"ip":[],"pfx":[]}`
	z.add("TestFieldsArrayNil", none, func(l logger) { logPlurals(l.Log(), "s", 0, true) })
	z.add("TestFieldsArrayEmpty", none, func(l logger) { logPlurals(l.Log(), "s", 0, false) })
	z.add("TestFieldsArraySingleElement", `{"obj":[{"Pub":"a","Tag":"z","priv":1}],"obj_v":[{"Pub":"A","Tag":"Z","priv":2}],"str":["foo"],"str_v":["baz"],"stringer":["127.0.0.1"],"stringer_v":["::1"],"err":["some error"],"bool":[true],"int":[1],"int8":[2],"int16":[3],"int32":[4],"int64":[5],"uint":[6],"uint8":[7],"uint16":[8],"uint32":[9],"uint64":[10],"float32":[11],"float64":[12],"dur":[1000],"time":["0001-01-01T00:00:00Z"],"ip":["192.168.0.100"],"pfx":["192.168.0.100/24"]}`,
		func(l logger) { logPlurals(l.Log(), "", 1, false) })
	z.add("TestFieldsArrayMultipleElement", `{"objs":[{"Pub":"a","Tag":"z","priv":1},{"Pub":"b","Tag":"y","priv":2}],"objs_v":[{"Pub":"A","Tag":"Z","priv":3},{"Pub":"B","Tag":"Y","priv":4}],"strs":["foo","bar"],"strs_v":["baz","fizz"],"stringers":[null,"127.0.0.1"],"stringers_v":["255.255.255.255","::1"],"err":["some error",null],"bool":[true,false],"int":[1,0],"int8":[2,0],"int16":[3,0],"int32":[4,0],"int64":[5,0],"uint":[6,0],"uint8":[7,0],"uint16":[8,0],"uint32":[9,0],"uint64":[10,0],"float32":[11,0],"float64":[12,0],"dur":[1000,0],"time":["0001-01-01T00:00:00Z","0001-01-01T00:00:00Z"],"ip":["192.168.0.100","2001:db8:85a3::8a2e:370:7334"],"pfx":["192.168.0.100/24","2001:db8:85a3::8a2e:370:7334/64"]}`,
		func(l logger) { logPlurals(l.Log(), "s", 2, false) })
	return z.list
}

// some returns the first n elements, or nil.
func some[T any](n int, unset bool, list ...T) []T {
	if unset {
		return nil
	}
	return list[:n]
}

// logPlurals logs n elements of each kind. Keys of what is no number have the
// suffix.
func logPlurals(e event, suffix string, n int, unset bool) {
	first, stringers, more := fixture{"A", "Z", 2}, []fmt.Stringer{local, nil}, []fmt.Stringer{net.IPv6loopback, nil}
	if n > 1 {
		first.priv, stringers, more = 3, []fmt.Stringer{nil, local}, []fmt.Stringer{net.IPv4bcast, net.IPv6loopback}
	}
	e.Objects("obj"+suffix, some[zerolog.LogObjectMarshaler](n, unset, fixture{"a", "z", 1}, fixture{"b", "y", 2})).
		ObjectsV("obj"+suffix+"_v", some[zerolog.LogObjectMarshaler](n, unset, first, fixture{"B", "Y", 4})...).
		Strs("str"+suffix, some(n, unset, "foo", "bar")).StrsV("str"+suffix+"_v", some(n, unset, "baz", "fizz")...).
		Stringers("stringer"+suffix, some(n, unset, stringers...)).
		StringersV("stringer"+suffix+"_v", some(n, unset, more...)...).
		Errs("err", some(n, unset, errSome, nil)).Bools("bool", some(n, unset, true, false)).
		Ints("int", some(n, unset, 1, 0)).Ints8("int8", some[int8](n, unset, 2, 0)).Ints16("int16", some[int16](n, unset, 3, 0)).
		Ints32("int32", some[int32](n, unset, 4, 0)).Ints64("int64", some[int64](n, unset, 5, 0)).
		Uints("uint", some[uint](n, unset, 6, 0)).Uints8("uint8", some[uint8](n, unset, 7, 0)).Uints16("uint16", some[uint16](n, unset, 8, 0)).
		Uints32("uint32", some[uint32](n, unset, 9, 0)).Uints64("uint64", some[uint64](n, unset, 10, 0)).
		Floats32("float32", some[float32](n, unset, 11, 0)).Floats64("float64", some[float64](n, unset, 12, 0)).
		Durs("dur", some(n, unset, time.Second, 0)).Times("time", some(n, unset, time.Time{}, time.Time{})).
		IPAddrs("ip", some(n, unset, ipv4, ipv6)).IPPrefixes("pfx", some(n, unset, prefix4, prefix6)).Msg("")
}

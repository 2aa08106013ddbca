package published

import (
	"cmp"
	"fmt"
	"math"
	"net"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// The cases of internal/json are what the encoder appends for one value. Here
// that is a field of an event.

func zerologStrings() []zerologCase {
	z := zerologTable{file: "internal/json/string_test.go"}
	type pair struct{ in, want string }
	list := []pair{
		{"", `""`},
		{"\\", `"\\"`},
		{"✭", `"✭"`},
		{"foo\xc2\x7fbar", `"foo\ufffd\u007fbar"`},
		{"ascii", `"ascii"`},
		{"\"a", `"\"a"`},
		{"\x1fa", `"\u001fa"`},
		{"foo\"bar\"baz", `"foo\"bar\"baz"`},
		{"\x1ffoo\x1fbar\x1fbaz", `"\u001ffoo\u001fbar\u001fbaz"`},
		{"emoji \u2764\ufe0f!", `"emoji ❤️!"`},
	}
	short := map[byte]string{'\b': `"\b"`, '\t': `"\t"`, '\n': `"\n"`, '\f': `"\f"`, '\r': `"\r"`}
	for b := range byte(' ') {
		list = append(list, pair{string(rune(b)), cmp.Or(short[b], fmt.Sprintf(`"\u%04x"`, b))})
	}
	for _, p := range list {
		z.value("TestAppendString/"+p.want, p.want, func(e event) event { return e.Str("k", p.in) })
	}
	for i, p := range []struct {
		in   []string
		want string
	}{{nil, `[]`}, {[]string{}, `[]`}, {[]string{"A"}, `["A"]`}, {[]string{"A", "B"}, `["A","B"]`}} {
		z.value(fmt.Sprint("TestAppendStrings/", i+1), p.want, func(e event) event { return e.Strs("k", p.in) })
	}
	for i, p := range []struct {
		in   fmt.Stringer
		want string
	}{{nil, `null`}, {fmt.Stringer(nil), `null`}, {net.IPv4bcast, `"255.255.255.255"`}} {
		z.value(fmt.Sprint("TestAppendStringer/", i+1), p.want, func(e event) event { return e.Stringer("k", p.in) })
	}
	for i, p := range []struct {
		in   []fmt.Stringer
		want string
	}{
		{nil, `[]`},
		{[]fmt.Stringer{}, `[]`},
		{[]fmt.Stringer{net.IPv4bcast}, `["255.255.255.255"]`},
		{[]fmt.Stringer{net.IPv4allsys, net.IPv4allrouter}, `["224.0.0.1","224.0.0.2"]`},
	} {
		z.value(fmt.Sprint("TestAppendStringers/", i+1), p.want, func(e event) event { return e.Stringers("k", p.in) })
	}
	z.file = "internal/json/bytes_test.go"
	for _, p := range list {
		z.value("TestAppendBytes/"+p.want, p.want, func(e event) event { return e.Bytes("k", []byte(p.in)) })
	}
	for _, b := range []byte{0x00, 0x0f, 0x10, 0xf0, 0xff} {
		want := fmt.Sprintf(`"%02x"`, b)
		z.value("TestAppendHex/"+want, want, func(e event) event { return e.Hex("k", []byte{b}) })
	}
	return z.list
}

// zerologInts are the numbers of zerolog's integer tests.
var zerologInts = []int64{
	0, 1, 2, 3, 8, 9, 10, 22, 23, 24, 25, 26, 127, 254, 255, 256, 257, 1000, 0xFFFF, 0x10000, 0x7FFFFFFE, 1000000,
	-1, -2, -3, -10, -21, -22, -23, -24, -25, -26, -100, -128, -254, -255, -256, -257, -258, -1000, -0x10001, -0x7FFFFFFE, -1000000,
	math.MaxInt8, math.MinInt8, math.MaxInt16, math.MinInt16, math.MaxInt32, math.MinInt32, math.MaxInt64, math.MinInt64,
}

// zerologUints are those that are not negative, and more.
func zerologUints() (list []uint64) {
	list = []uint64{0x7FFFFFFF, 0x80000000, 1000000, math.MaxUint8, math.MaxUint16, math.MaxUint32, math.MaxUint64}
	for _, n := range zerologInts {
		if n >= 0 {
			list = append(list, uint64(n))
		}
	}
	return list
}

// fit returns the numbers that have a place in T.
func fit[T, N int | int8 | int16 | int32 | int64 | uint | uint8 | uint16 | uint32 | uint64](list []N) (out []T) {
	for _, n := range list {
		if N(T(n)) == n {
			out = append(out, T(n))
		}
	}
	return out
}

// listing adds the three cases that each list of numbers has: all, one and none.
func listing[T any](z *zerologTable, test string, list []T, field func(event, string, []T) event) {
	quoted := strings.NewReplacer(" ", ",", "+Inf", `"+Inf"`, "-Inf", `"-Inf"`, "NaN", `"NaN"`)
	for _, c := range []struct {
		name string
		list []T
	}{{"all", list}, {"one", list[:1]}, {"none", list[:0]}} {
		z.value(test+"/"+c.name, quoted.Replace(fmt.Sprint(c.list)), func(e event) event { return field(e, "k", c.list) })
	}
}

func zerologIntegers() []zerologCase {
	z := &zerologTable{file: "internal/json/int_test.go"}
	uints := zerologUints()
	for i, n := range zerologInts {
		z.value(fmt.Sprint("TestAppendInt/", i+1), fmt.Sprint(n), func(e event) event { return e.Int("k", int(n)) })
	}
	for i, n := range uints {
		z.value(fmt.Sprint("TestAppendUint/", i+1), fmt.Sprint(n), func(e event) event { return e.Uint("k", uint(n)) })
	}
	listing(z, "TestAppendInts", fit[int](zerologInts), event.Ints)
	listing(z, "TestAppendInts8", fit[int8](zerologInts), event.Ints8)
	listing(z, "TestAppendInts16", fit[int16](zerologInts), event.Ints16)
	listing(z, "TestAppendInts32", fit[int32](zerologInts), event.Ints32)
	listing(z, "TestAppendInt64", zerologInts, event.Ints64)
	listing(z, "TestAppendUints", fit[uint](uints), event.Uints)
	listing(z, "TestAppendUints8", fit[uint8](uints), event.Uints8)
	listing(z, "TestAppendUints16", fit[uint16](uints), event.Uints16)
	listing(z, "TestAppendUints32", fit[uint32](uints), event.Uints32)
	listing(z, "TestAppendUints64", uints, event.Uints64)
	return z.list
}

func zerologFloats() []zerologCase {
	z := &zerologTable{file: "internal/json/float_test.go"}
	for _, c := range []struct {
		name           string
		f              float64
		want, want32   string
		smallest, huge int // what stands for the limits of the type
	}{
		{"Positive integer", 1234, `1234`, ``, 0, 0},
		{"Negative integer", -5678, `-5678`, ``, 0, 0},
		{"Positive decimal", 12.3456, `12.3456`, ``, 0, 0},
		{"Negative decimal", -78.9012, `-78.9012`, ``, 0, 0},
		{"Large positive number", 123456789, `123456789`, `123456790`, 0, 0},
		{"Large negative number", -987654321, `-987654321`, `-987654340`, 0, 0},
		{"Zero", 0, `0`, ``, 0, 0},
		{"Smallest positive value", 0, `5e-324`, `1e-45`, 1, 0},
		{"Largest positive value", 0, `1.7976931348623157e+308`, `3.4028235e+38`, 0, 1},
		{"Smallest negative value", 0, `-5e-324`, `-1e-45`, -1, 0},
		{"Largest negative value", 0, `-1.7976931348623157e+308`, `-3.4028235e+38`, 0, -1},
		{"NaN", math.NaN(), `"NaN"`, ``, 0, 0},
		{"+Inf", math.Inf(1), `"+Inf"`, ``, 0, 0},
		{"-Inf", math.Inf(-1), `"-Inf"`, ``, 0, 0},
		{"Clean up e-09 to e-9 case 1", 1e-9, `1e-9`, ``, 0, 0},
		{"Clean up e-09 to e-9 case 2", -2.236734e-9, `-2.236734e-9`, ``, 0, 0},
	} {
		f := c.f + float64(c.smallest)*math.SmallestNonzeroFloat64 + float64(c.huge)*math.MaxFloat64
		f32 := float32(c.f) + float32(c.smallest)*math.SmallestNonzeroFloat32 + float32(c.huge)*math.MaxFloat32
		z.value("TestEncoder_AppendFloat64/"+c.name, c.want, func(e event) event { return e.Float64("k", f) })
		z.value("TestEncoder_AppendFloat32/"+c.name, cmp.Or(c.want32, c.want), func(e event) event { return e.Float32("k", f32) })
	}
	// The tests leave out those of their numbers that fmt writes in another way.
	listing(z, "TestAppendFloats32", []float32{0, 0, 1, 1.5, 65504, -4, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), math.MaxFloat32}, event.Floats32)
	listing(z, "TestAppendFloats64", []float64{0, 0, 1, 1.5, 65504, -4, math.Inf(1), math.Inf(-1), math.NaN(), math.MaxFloat64}, event.Floats64)
	return z.list
}

func zerologTimes() []zerologCase {
	z := zerologTable{file: "internal/json/time_test.go"}
	dur := func(e event, d time.Duration) event { return e.Dur("k", d) }
	durs := func(e event, d []time.Duration) event { return e.Durs("k", d) }
	for _, c := range []struct {
		name, format string
		integer      bool
		want         string
	}{
		{"useInt", "", true, `1`},
		{"formatFloat", zerolog.DurationFormatFloat, false, `1`},
		{"formatInt", zerolog.DurationFormatInt, false, `1`},
		{"formatString", zerolog.DurationFormatString, false, `"1.23456789s"`},
		{"formatBlank", "", false, `1`},
	} {
		set := []func() func(){
			to(&zerolog.DurationFieldUnit, time.Second), to(&zerolog.DurationFieldFormat, c.format),
			to(&zerolog.DurationFieldInteger, c.integer), to(&zerolog.FloatingPointPrecision, 0),
		}
		z.value("TestEncoder_AppendDuration/"+c.name, c.want, func(e event) event { return dur(e, 1234567890) }, set...)
		z.value("TestEncoder_AppendDurations/"+c.name, "["+c.want+"]", func(e event) event { return durs(e, []time.Duration{1234567890}) }, set...)
	}
	micro, blank := to(&zerolog.DurationFieldUnit, time.Microsecond), to(&zerolog.DurationFieldFormat, "")
	whole := to(&zerolog.DurationFieldInteger, true)
	for _, c := range []struct {
		d              time.Duration
		micros, millis string
	}{{1000, `1`, `0.001`}, {2000, `2`, `0.002`}, {200000, `200`, `0.2`}} {
		z.value("TestAppendDurationFloat/us/"+c.micros, c.micros, func(e event) event { return dur(e, c.d) }, micro, blank)
		z.value("TestAppendDurationFloat/ms/"+c.millis, c.millis, func(e event) event { return dur(e, c.d) }, to(&zerolog.DurationFieldUnit, time.Millisecond), blank)
		z.value("TestAppendDurationInteger/"+c.micros, c.micros, func(e event) event { return dur(e, c.d) }, micro, blank, whole)
	}
	z.value("TestAppendDurations/all", `[1,2,200]`, func(e event) event { return durs(e, []time.Duration{1000, 2000, 200000}) }, micro, blank)
	z.value("TestAppendDurations/none", `[]`, func(e event) event { return durs(e, []time.Duration{}) }, micro, blank)

	early, late := time.Unix(1359950040, 0).UTC(), time.Unix(-628200360, 0).UTC()
	for _, c := range []struct{ name, format, early, late string }{
		{"RFC 3339", time.RFC3339, `"2013-02-04T03:54:00Z"`, `"1950-02-04T03:54:00Z"`},
		{"Unix", zerolog.TimeFormatUnix, `1359950040`, `-628200360`},
		{"Unix ms", zerolog.TimeFormatUnixMs, `1359950040000`, `-628200360000`},
		{"Unix us", zerolog.TimeFormatUnixMicro, `1359950040000000`, `-628200360000000`},
		{"Unix ns", zerolog.TimeFormatUnixNano, `1359950040000000000`, `-628200360000000000`},
	} {
		set := to(&zerolog.TimeFieldFormat, c.format)
		z.value("TestAppendTimes/"+c.name+"/none", `[]`, func(e event) event { return e.Times("k", []time.Time{}) }, set)
		z.value("TestAppendTimes/"+c.name+"/all", `[`+c.early+`,`+c.late+`]`, func(e event) event { return e.Times("k", []time.Time{early, late}) }, set)
		if c.format == time.RFC3339 {
			continue
		}
		z.value("TestAppendTimePastPresentInteger/"+c.name+"/present", c.early, func(e event) event { return e.Time("k", early) }, set)
		z.value("TestAppendTimePastPresentInteger/"+c.name+"/past", c.late, func(e event) event { return e.Time("k", late) }, set)
	}
	unix := to(&zerolog.TimeFieldFormat, zerolog.TimeFormatUnix)
	for _, c := range []struct {
		year int
		want string
	}{{2006, `1136243045`}, {1956, `-441680155`}} {
		at := time.Date(c.year, 1, 2, 15, 4, 5, 999999000, time.FixedZone("", -8*3600))
		z.value(fmt.Sprint("TestAppendTimePastPresentFloat/", c.year), c.want, func(e event) event { return e.Time("k", at) }, unix)
	}
	return z.list
}

package conformance

import (
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/zap"
)

// kind is one kind of value, and how each logger says it. A nil function, or
// slog value of the group kind without members, says that the logger cannot.
type kind struct {
	name   string
	want   any // for encoding/json
	slog   slog.Value
	zap    func(key string) zap.Field
	event  func(e *zerolog.Event, key string) *zerolog.Event
	ctx    func(c zerolog.Context, key string) zerolog.Context
	logrus any
}

// cannot is the slog value for what slog has no way to say.
var cannot = slog.GroupValue()

type (
	event   = *zerolog.Event
	context = zerolog.Context
)

type point struct {
	X int    `json:"x"`
	Y *int   `json:"y,omitempty"`
	Z string `json:"z"`
}

// celsius says itself what it is.
type celsius float64

func (c celsius) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]float64{"celsius": float64(c)})
}

var (
	errPlain = errors.New(`no "route" <here>`)
	zoned    = time.Date(2026, 11, 23, 20, 18, 41, 123456789, time.FixedZone("", 5400))
	inUTC    = time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC)
)

// scalar returns a kind that all loggers have a typed field for.
func scalar(name string, want any, s slog.Value, z func(string) zap.Field, e func(event, string) event, c func(context, string) context) kind {
	return kind{name, want, s, z, e, c, want}
}

func text(name, s string) kind {
	return scalar("string "+name, s, slog.StringValue(s),
		func(k string) zap.Field { return zap.String(k, s) },
		func(e event, k string) event { return e.Str(k, s) },
		func(c context, k string) context { return c.Str(k, s) })
}

func integer(n int64) kind {
	return scalar("int64", n, slog.Int64Value(n),
		func(k string) zap.Field { return zap.Int64(k, n) },
		func(e event, k string) event { return e.Int64(k, n) },
		func(c context, k string) context { return c.Int64(k, n) })
}

func float(name string, f float64) kind {
	k := scalar("float64 "+name, f, slog.Float64Value(f),
		func(k string) zap.Field { return zap.Float64(k, f) },
		func(e event, k string) event { return e.Float64(k, f) },
		func(c context, k string) context { return c.Float64(k, f) })
	if math.IsNaN(f) || math.IsInf(f, 0) {
		k.want = name // JSON has no such numbers
	}
	return k
}

func duration(d time.Duration) kind {
	return scalar("duration "+d.String(), int64(d), slog.DurationValue(d),
		func(k string) zap.Field { return zap.Duration(k, d) },
		func(e event, k string) event { return e.Dur(k, d) },
		func(c context, k string) context { return c.Dur(k, d) })
}

func moment(name string, t time.Time) kind {
	return scalar("time "+name, t, slog.TimeValue(t),
		func(k string) zap.Field { return zap.Time(k, t) },
		func(e event, k string) event { return e.Time(k, t) },
		func(c context, k string) context { return c.Time(k, t) })
}

// anything returns a kind that loggers take as a value of any type.
func anything(name string, v any) kind {
	return scalar(name, v, slog.AnyValue(v),
		func(k string) zap.Field { return zap.Any(k, v) },
		func(e event, k string) event { return e.Interface(k, v) },
		func(c context, k string) context { return c.Interface(k, v) })
}

func kinds() []kind {
	return []kind{
		text("plain", "GET /api/v1/users"),
		text("empty", ""),
		text("escapes", "a\"b\\c/d\b\f\n\r\t\x00\x1f\x7f"),
		text("HTML", "<a href='x'>&amp;</a>"),
		text("characters", "Grüße, 世界 \U0001F600 \u2028\u2029"),
		text("invalid UTF-8", "a\xffb\xc3(\xe2\x82"),
		integer(0),
		integer(-1),
		integer(math.MaxInt64),
		integer(math.MinInt64),
		scalar("uint64", uint64(math.MaxUint64), slog.Uint64Value(math.MaxUint64),
			func(k string) zap.Field { return zap.Uint64(k, math.MaxUint64) },
			func(e event, k string) event { return e.Uint64(k, math.MaxUint64) },
			func(c context, k string) context { return c.Uint64(k, math.MaxUint64) }),
		scalar("bool", true, slog.BoolValue(true),
			func(k string) zap.Field { return zap.Bool(k, true) },
			func(e event, k string) event { return e.Bool(k, true) },
			func(c context, k string) context { return c.Bool(k, true) }),
		float("0.1", 0.1),
		float("-0", math.Copysign(0, -1)),
		float("1e20", 1e20),
		float("1e21", 1e21),
		float("1e-7", 1e-7),
		float("max", math.MaxFloat64),
		float("least", math.SmallestNonzeroFloat64),
		float("NaN", math.NaN()),
		float("+Inf", math.Inf(1)),
		float("-Inf", math.Inf(-1)),
		scalar("float32", float32(0.1), cannot, // which widens it
			func(k string) zap.Field { return zap.Float32(k, 0.1) },
			func(e event, k string) event { return e.Float32(k, 0.1) },
			func(c context, k string) context { return c.Float32(k, 0.1) }),
		duration(0),
		duration(1500 * time.Millisecond),
		duration(-time.Nanosecond),
		moment("in a zone", zoned),
		moment("in UTC", inUTC),
		{
			"error", errPlain.Error(), slog.AnyValue(errPlain),
			func(k string) zap.Field { return zap.NamedError(k, errPlain) },
			func(e event, k string) event { return e.AnErr(k, errPlain) },
			func(c context, k string) context { return c.AnErr(k, errPlain) }, errPlain,
		},
		{
			"bytes",
			[]byte{0, 1, 254, 255},
			slog.AnyValue([]byte{0, 1, 254, 255}),
			func(k string) zap.Field { return zap.Binary(k, []byte{0, 1, 254, 255}) }, nil, nil,
			[]byte{0, 1, 254, 255},
		},
		{
			"strings",
			[]string{"a", "", "\n"},
			slog.AnyValue([]string{"a", "", "\n"}),
			func(k string) zap.Field { return zap.Strings(k, []string{"a", "", "\n"}) },
			func(e event, k string) event { return e.Strs(k, []string{"a", "", "\n"}) },
			func(c context, k string) context { return c.Strs(k, []string{"a", "", "\n"}) },
			[]string{"a", "", "\n"},
		},
		{
			"ints",
			[]int{3, 1, 2},
			slog.AnyValue([]int{3, 1, 2}),
			func(k string) zap.Field { return zap.Ints(k, []int{3, 1, 2}) },
			func(e event, k string) event { return e.Ints(k, []int{3, 1, 2}) },
			func(c context, k string) context { return c.Ints(k, []int{3, 1, 2}) },
			[]int{3, 1, 2},
		},
		{
			"raw JSON", json.RawMessage(`{"b":[1, 2],"a":"x"}`), slog.AnyValue(json.RawMessage(`{"b":[1, 2],"a":"x"}`)),
			func(k string) zap.Field { return zap.Any(k, json.RawMessage(`{"b":[1, 2],"a":"x"}`)) },
			func(e event, k string) event { return e.RawJSON(k, []byte(`{"b":[1, 2],"a":"x"}`)) }, nil,
			json.RawMessage(`{"b":[1, 2],"a":"x"}`),
		},
		{
			"complex", "1-2i", slog.AnyValue(1 - 2i),
			func(k string) zap.Field { return zap.Complex128(k, 1-2i) }, nil, nil, 1 - 2i,
		},
		{
			"stringer", "1.5s", cannot,
			func(k string) zap.Field { return zap.Stringer(k, 1500*time.Millisecond) },
			func(e event, k string) event { return e.Stringer(k, 1500*time.Millisecond) },
			func(c context, k string) context { return c.Stringer(k, 1500*time.Millisecond) }, nil,
		},
		anything("nil", nil),
		anything("nil pointer", (*point)(nil)),
		anything("struct", point{X: 1, Z: "<&>"}),
		anything("pointer", &point{Y: new(int)}),
		anything("map", map[string]any{"b": 1, "a": []any{true, nil, "x", 1.5}}),
		anything("slice of structs", []point{{X: 1}, {X: 2}}),
		anything("empty slice", []int{}),
		anything("marshaler", celsius(36.6)),
		anything("nested", map[string]any{"a": map[string]any{"b": map[string]any{"c": []int{1}}}}),
	}
}

package jsonenc

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"net"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

type (
	pointerError struct{ s string } // its method cannot bear nil
	valueError   struct{ N int }
	mapError     map[string]int
	jsonError    struct{ out string } // an error that is a json.Marshaler too
	failingError struct{}             // the same, and its MarshalJSON fails
	stringer     struct{ N int }
	marshaler    struct {
		out string
		err error
		p   any
	}
	textual        struct{ text string }
	textKey        int
	panickingError struct{ p any }     // every method panics with p
	badPanic       struct{ inner any } // what is panicked with, and panics when printed
	badNumber      struct{ N json.Number }
)

func (e *pointerError) Error() string            { return e.s }
func (e valueError) Error() string               { return fmt.Sprint("value ", e.N) }
func (e mapError) Error() string                 { e["written"] = 1; return "map" }
func (e jsonError) Error() string                { return "not asked" }
func (e jsonError) MarshalJSON() ([]byte, error) { return []byte(e.out), nil }
func (failingError) Error() string               { return "disk full" }
func (failingError) MarshalJSON() ([]byte, error) {
	return nil, errors.New("no JSON today")
}
func (stringer) String() string { return "a stringer" }
func (m marshaler) MarshalJSON() ([]byte, error) {
	if m.p != nil {
		panic(m.p)
	}
	return []byte(m.out), m.err
}
func (m textual) MarshalText() ([]byte, error) { return []byte(m.text), nil }
func (k textKey) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "key %d", int(k)), nil }
func (p panickingError) Error() string         { panic(p.p) }
func (b badPanic) String() string              { panic(b.inner) }

type stringerPanics struct{ p any }

func (s stringerPanics) String() string { panic(s.p) }

type stringerPointer struct{ n int }

func (s *stringerPointer) String() string { return fmt.Sprint(s.n) }

func appendedAny(tb testing.TB, v any) string {
	tb.Helper()
	return appended(tb, func(dst []byte) []byte { return AppendAny(dst, v, noLimit) })
}

// What encoding/json can encode, we encode the same; errors are told below.
func TestAnyIsThatOfEncodingJSON(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, zone(3600))
	type named string
	type inner struct {
		T time.Time
		D time.Duration `json:"d,omitempty"`
		P *int
		X any `json:"-"`
		u int
	}
	type embedded struct {
		inner
		*stringer
		M map[string]any `json:"m"`
	}
	five := 5
	list, _ := url.Parse("https://u:p@example.com/a?b=<c>&d#e")
	for _, v := range []any{
		nil, true, "text <b>", named("n"), 1, int8(-8), int16(-16), int32(-32), int64(-64), uint(1), uint8(8), uint16(16), uint32(32), uint64(math.MaxUint64),
		uintptr(7), float32(0.1), 1e21, math.Copysign(0, -1), at, time.Hour, &five, &at, (*int)(nil), (*time.Time)(nil), (**int)(nil),
		[]string{"a", "<"},
		[]string{},
		[]string(nil), []byte("bytes \xff"),
		[]byte{},
		[]byte(nil),
		[][]byte{nil, {}, {1}},
		[3]byte{1, 2, 3},
		[]int{1},
		[]bool{true},
		[]float64{1, 1e-7},
		[]time.Duration{1, 2},
		[]time.Time{at},
		[]fmt.Stringer{stringer{2}, nil},
		map[string]any{},
		map[string]any(nil),
		[]any{},
		[]any(nil),
		map[string]any{"b": 1, "a": []any{nil, true, "x\xff", map[string]any{"é\u2028": 1.5, "": named("q")}}, "c": at, "d": stringer{1}},
		map[string]string{"k": "v"},
		map[int]string{2: "b", 10: "a"},
		map[textKey]int{1: 1, 2: 2},
		map[uint8]any{1: map[bool]int(nil) == nil},
		inner{T: at, D: 1, P: &five, X: make(chan int), u: 1},
		&embedded{inner: inner{T: at}, M: map[string]any{"x": 1}},
		struct{}{},
		json.RawMessage(`{"a" : [1, 2 ],` + "\n\r\t" + `"b":"\u2028 <"}`), json.RawMessage("\"a\u2028b\""), json.RawMessage(nil), json.RawMessage(" 1 "),
		struct{ R json.RawMessage }{json.RawMessage("[\n1\n]")},
		[]json.RawMessage{json.RawMessage("1"), nil},
		json.Number("12"), json.Number(""), json.Number("-1.5e10"),
		badNumber{"7"},
		big.NewInt(1).Lsh(big.NewInt(1), 200), *big.NewInt(5), (*big.Int)(nil), big.NewFloat(1.5), big.NewRat(1, 3),
		struct{ B big.Int }{*big.NewInt(4)},
		&struct{ B big.Int }{*big.NewInt(4)},
		net.IP{1, 2, 3, 4},
		net.IP(nil),
		net.IPNet{IP: net.IP{1, 2, 3, 0}},
		net.HardwareAddr{1, 2},
		list, *list, (*url.URL)(nil),
		stringer{1},
		&stringer{2}, (*stringer)(nil),
		textual{"<text>\n\xff"},
		&textual{"p"}, (*textual)(nil),
		marshaler{out: "{\n  \"a\": [\n 1 ]\n}\n"},
		&marshaler{out: "1"}, (*marshaler)(nil),
		jsonError{out: `{"code":5}`},
		&jsonError{out: "null"}, (*jsonError)(nil),
		struct{ E error }{},
		time.Month(3), reflect.ValueOf(5),
		struct{ A, B any }{1, []any{2}},
	} {
		want, err := standard(v)
		if err != nil {
			t.Errorf("%T: encoding/json: %v", v, err)
			continue
		}
		if got := appendedAny(t, v); got != want {
			t.Errorf("%T becomes\n%s\nencoding/json says\n%s", v, got, want)
		}
	}
}

func TestErrorsAreTheirMessages(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{errors.New("a\nb <\"\xff"), `"a\nb <\"\ufffd"`},
		{errors.Join(errors.New("one"), errors.New("two")), `"one\ntwo"`},
		{fmt.Errorf("wrapped: %w", valueError{1}), `"wrapped: value 1"`},
		{valueError{2}, `"value 2"`},
		{(*valueError)(nil), `null`},
		{&pointerError{"p"}, `"p"`},
		{(*pointerError)(nil), `null`},
		{mapError{}, `"map"`},
		{mapError(nil), `"!PANIC: assignment to entry in nil map"`},
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, `"dial: refused"`},
		{&json.UnsupportedTypeError{Type: reflect.TypeFor[int]()}, `"json: unsupported type: int"`},
		{(*json.UnsupportedTypeError)(nil), `null`},
		{panickingError{"boom\n"}, `"!PANIC: boom\n"`},
		{nil, `null`},
	} {
		if got := appendedAny(t, c.err); got != c.want {
			t.Errorf("AppendAny(%T) = %s, want %s", c.err, got, c.want)
		}
		if got := appended(t, func(dst []byte) []byte { return AppendError(dst, c.err, noLimit) }); got != c.want {
			t.Errorf("AppendError(%T) = %s, want %s", c.err, got, c.want)
		}
	}
}

func TestStringers(t *testing.T) {
	for _, c := range []struct {
		s    fmt.Stringer
		want string
	}{
		{nil, `null`},
		{stringer{1}, `"a stringer"`},
		{(*stringer)(nil), `null`},
		{(*stringerPointer)(nil), `null`},
		{&stringerPointer{4}, `"4"`},
		{stringerPanics{errors.New("e")}, `"!PANIC: e"`},
		{stringerPanics{stringerPanics{1}}, `"!PANIC: jsonenc.stringerPanics"`},
		{time.Second, `"1s"`},
	} {
		if got := appended(t, func(dst []byte) []byte { return AppendStringer(dst, c.s, noLimit) }); got != c.want {
			t.Errorf("AppendStringer(%T) = %s, want %s", c.s, got, c.want)
		}
	}
}

func cyclicMap() map[string]any {
	m := map[string]any{"a": 1}
	m["self"] = m
	return m
}

// What encoding/json cannot encode becomes a string that says why.
func TestWhatFailsIsAReadableString(t *testing.T) {
	var nilFunc func()
	for _, c := range []struct {
		v    any
		want string
	}{
		{make(chan int), `"!ERROR: json: unsupported type: chan int"`},
		{nilFunc, `"!ERROR: json: unsupported type: func()"`},
		{func() {}, `"!ERROR: json: unsupported type: func()"`},
		{struct{ C chan int }{}, `"!ERROR: json: unsupported type: chan int (struct { C chan int })"`},
		{map[string]any{"f": func() {}, "a": 1}, `{"a":1,"f":"!ERROR: json: unsupported type: func()"}`},
		{map[bool]int{true: 1}, `"!ERROR: json: unsupported type: map[bool]int"`},
		{[]complex128{1}, `"!ERROR: json: unsupported type: complex128 ([]complex128)"`},
		{math.NaN(), `"NaN"`},
		{[]float64{1, math.NaN()}, `"!ERROR: json: unsupported value: NaN ([]float64)"`},
		{struct{ F float32 }{float32(math.Inf(-1))}, `"!ERROR: json: unsupported value: -Inf (struct { F float32 })"`},
		{map[string]float64{"a": math.Inf(1)}, `"!ERROR: json: unsupported value: +Inf (map[string]float64)"`},
		{map[string]any{"a": math.NaN(), "b": 1}, `{"a":"NaN","b":1}`},
		{[]any{math.Inf(1), []any{complex(1, 2)}}, `["+Inf",["1+2i"]]`},
		{json.RawMessage(`{`), `"!ERROR: unexpected end of JSON input (1 bytes)"`},
		{json.RawMessage(``), `"!ERROR: unexpected end of JSON input (0 bytes)"`},
		{json.RawMessage("1\n2"), `"!ERROR: invalid character '2' after top-level value (3 bytes)"`},
		{json.RawMessage("\"\xff\""), "\"\ufffd\""},
		{json.Number("x"), `"!ERROR: json: invalid number literal \"x\" (json.Number)"`},
		{badNumber{"1 2"}, `"!ERROR: json: invalid number literal \"1 2\" (jsonenc.badNumber)"`},
		{marshaler{err: errors.New("boom")}, `"!ERROR: json: error calling MarshalJSON for type jsonenc.marshaler: boom"`},
		{marshaler{out: "{} {}"}, `"!ERROR: json: error calling MarshalJSON for type jsonenc.marshaler: invalid character '{' after top-level value"`},
		{marshaler{}, `"!ERROR: json: error calling MarshalJSON for type jsonenc.marshaler: unexpected end of JSON input"`},
		{marshaler{out: "[\"a\xffb\xe2\x80\",\n\"é\"]"}, "[\"a\ufffdb\ufffd\ufffd\",\"é\"]"},
		{marshaler{err: panickingError{"inner"}}, `"!PANIC: inner"`},
		{marshaler{err: (*pointerError)(nil)}, `"!PANIC: runtime error: invalid memory address or nil pointer dereference"`},
		{marshaler{p: "bang"}, `"!PANIC: bang"`},
		{struct{ M []any }{[]any{marshaler{p: errors.New("deep bang")}}}, `"!PANIC: deep bang"`},
		{map[string]any{"m": marshaler{p: 7}, "n": 1}, `{"m":"!PANIC: 7","n":1}`},
		{failingError{}, `"!ERROR: json: error calling MarshalJSON for type jsonenc.failingError: no JSON today: disk full"`},
		{struct{ T time.Time }{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}, `"!ERROR: json: error calling MarshalJSON for type time.Time: Time.MarshalJSON: year outside of range [0,9999] (struct { T time.Time })"`},
		{cyclicMap(), `"!ERROR: nested in more than 400 levels, or cyclic (map[string]interface {})"`},
	} {
		if got := appendedAny(t, c.v); got != c.want {
			t.Errorf("AppendAny(%T) =\n%s, want\n%s", c.v, got, c.want)
		}
	}
}

// What a method panics with may panic itself when it is printed, and so may what
// that panics with; or it never ends.
func TestWhatIsPanickedWithIsPrintedSafely(t *testing.T) {
	cyclicSlice := []any{nil}
	cyclicSlice[0] = cyclicSlice
	for _, c := range []struct {
		p    any
		want string
	}{
		{"text\n", `"!PANIC: text\n"`},
		{5, `"!PANIC: 5"`},
		{1.5, `"!PANIC: 1.5"`},
		{errors.New("e"), `"!PANIC: e"`},
		{time.Second, `"!PANIC: 1s"`},
		{badPanic{"p"}, `"!PANIC: jsonenc.badPanic"`},
		{badPanic{badPanic{badPanic{1}}}, `"!PANIC: jsonenc.badPanic"`},
		{panickingError{badPanic{1}}, `"!PANIC: jsonenc.panickingError"`},
		{(*pointerError)(nil), `"!PANIC: *jsonenc.pointerError"`},
		{cyclicMap(), `"!PANIC: map[string]interface {}"`},
		{cyclicSlice, `"!PANIC: []interface {}"`},
		{struct{ M any }{cyclicMap()}, `"!PANIC: struct { M interface {} }"`},
		{formatterPanics(1), `"!PANIC: jsonenc.formatterPanics"`},
	} {
		for _, v := range []any{panickingError{c.p}, marshaler{p: c.p}} {
			if got := appendedAny(t, v); got != c.want {
				t.Errorf("%T that panics with a %T becomes %s, want %s", v, c.p, got, c.want)
			}
		}
		if got := appended(t, func(dst []byte) []byte { return AppendPanic(dst, c.p) }); got != c.want {
			t.Errorf("AppendPanic(%T) = %s, want %s", c.p, got, c.want)
		}
	}
}

// Its Format panics with something whose Format panics.
type formatterPanics int

func (f formatterPanics) Format(fmt.State, rune) { panic(f) }

// With panicnil=1 recover returns nil for panic(nil).
func TestPanicWithNil(t *testing.T) {
	for _, setting := range []string{"panicnil=0", "panicnil=1"} {
		t.Setenv("GODEBUG", setting)
		if got := appendedAny(t, panickingError{nil}); !strings.HasPrefix(got, `"!PANIC: `) {
			t.Errorf("%s: got %s", setting, got)
		}
	}
}

// A method that encodes with us while it is encoded.
type reentrant struct{ depth int }

func (r reentrant) MarshalJSON() ([]byte, error) {
	if r.depth == 0 {
		return nil, errors.New("bottom")
	}
	return AppendAny(nil, []any{reentrant{r.depth - 1}, "x"}, noLimit), nil
}

func TestReentrantMarshaler(t *testing.T) {
	got := appendedAny(t, reentrant{3})
	if want := `[[["!ERROR: json: error calling MarshalJSON for type jsonenc.reentrant: bottom","x"],"x"],"x"]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A failure must not show in the next value, for whom the same state of
// encoding/json may be used.
func TestNothingIsLeftOfAFailure(t *testing.T) {
	for range 100 {
		for _, v := range []any{cyclicMap(), marshaler{p: 1}, make(chan int), ring(), json.RawMessage("{")} {
			AppendAny(nil, v, noLimit)
			if got := appendedAny(t, struct{ A int }{1}); got != `{"A":1}` {
				t.Fatalf("after a %T: %s", v, got)
			}
		}
	}
}

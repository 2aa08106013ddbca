package zapcore_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/multierr"
	"go.uber.org/zap"
	upstream "go.uber.org/zap/zapcore"

	"github.com/logsto/logsto-go/internal/capture"
	logstozap "github.com/logsto/logsto-go/zapcore"
)

// group is an error that holds several, not all of which are there.
type group []error

func (group) Error() string     { return "group" }
func (g group) Errors() []error { return g }

// sameError is an error whose verbose form says no more than its message.
type sameError struct{}

func (sameError) Error() string                { return "same" }
func (sameError) Format(f fmt.State, _ rune)   { _, _ = f.Write([]byte("same")) }
func (sameError) MarshalJSON() ([]byte, error) { return []byte(`"as JSON"`), nil }

type person struct {
	Name string `json:"name"`
	age  int
}

func (p person) MarshalLogObject(enc upstream.ObjectEncoder) error {
	enc.AddString("name", p.Name)
	enc.AddInt("age", p.age)
	return nil
}

type people []person

func (l people) MarshalLogArray(enc upstream.ArrayEncoder) error {
	for _, p := range l {
		if err := enc.AppendObject(p); err != nil {
			return err
		}
	}
	return nil
}

func pointer[T any](v T) *T { return &v }

// values are what zap.Any is given, of every type that it has a case for and of
// some that it has none for.
func values() map[string]any {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678901234, time.FixedZone("", -5400))
	return map[string]any{
		"object": person{"Ada", 36}, "pointer to object": &person{"Ada", 36}, "array": people{{"A", 1}, {"B", 2}}, "fields": []zap.Field{zap.Int("a", 1), zap.Namespace("n"), zap.String("b", "x")},
		"bool": true, "*bool": pointer(true), "nil *bool": (*bool)(nil), "[]bool": []bool{true, false}, "nil []bool": []bool(nil),
		"complex128": 1 - 2i, "*complex128": pointer(1 - 2i), "nil *complex128": (*complex128)(nil), "[]complex128": []complex128{1, -2i},
		"complex64": complex64(1.5 + 2i), "*complex64": pointer(complex64(1)), "nil *complex64": (*complex64)(nil), "[]complex64": []complex64{1i},
		"float64": 1.25e-3, "*float64": pointer(0.1), "nil *float64": (*float64)(nil), "[]float64": []float64{0.1, math.MaxInt32, -2},
		"float32": float32(0.1), "*float32": pointer(float32(0.1)), "nil *float32": (*float32)(nil), "[]float32": []float32{0.1, 2},
		"int": -1, "*int": pointer(7), "nil *int": (*int)(nil), "[]int": []int{1, -2}, "nil []int": []int(nil), "[]int none": []int{},
		"int64": int64(math.MinInt64), "*int64": pointer(int64(7)), "nil *int64": (*int64)(nil), "[]int64": []int64{math.MaxInt64},
		"int32": int32(-3), "*int32": pointer(int32(7)), "nil *int32": (*int32)(nil), "[]int32": []int32{1},
		"int16": int16(-3), "*int16": pointer(int16(7)), "nil *int16": (*int16)(nil), "[]int16": []int16{1},
		"int8": int8(-3), "*int8": pointer(int8(7)), "nil *int8": (*int8)(nil), "[]int8": []int8{1, -1},
		"string": "a\n\"b\"<&>\x00\xff", "*string": pointer("x"), "nil *string": (*string)(nil), "[]string": []string{"a", "", "\t"}, "nil []string": []string(nil),
		"uint": uint(1), "*uint": pointer(uint(7)), "nil *uint": (*uint)(nil), "[]uint": []uint{1},
		"uint64": uint64(math.MaxUint64), "*uint64": pointer(uint64(7)), "nil *uint64": (*uint64)(nil), "[]uint64": []uint64{math.MaxUint64},
		"uint32": uint32(1), "*uint32": pointer(uint32(7)), "nil *uint32": (*uint32)(nil), "[]uint32": []uint32{1},
		"uint16": uint16(1), "*uint16": pointer(uint16(7)), "nil *uint16": (*uint16)(nil), "[]uint16": []uint16{1},
		"uint8": uint8(1), "*uint8": pointer(uint8(7)), "nil *uint8": (*uint8)(nil), "[]byte": []byte("\x00\xfe text"), "[]byte none": []byte{},
		"uintptr": uintptr(1), "*uintptr": pointer(uintptr(7)), "nil *uintptr": (*uintptr)(nil), "[]uintptr": []uintptr{1},
		"time": at, "*time": &at, "nil *time": (*time.Time)(nil), "[]time": []time.Time{at, at.UTC()}, "far time": time.Date(1600, 1, 1, 0, 0, 0, 0, time.UTC), "zero time": time.Time{},
		"duration": 1500 * time.Millisecond, "*duration": pointer(time.Second), "nil *duration": (*time.Duration)(nil), "[]duration": []time.Duration{1, -time.Hour},
		"error": errors.New("no"), "[]error": []error{errors.New("a"), nil, group{errors.New("b"), nil, richError{}}, sameError{}},
		"stringer": &url.URL{Scheme: "https", Host: "h", Path: "/p"}, "stringer of bytes": net.IPv4(192, 0, 2, 1),
		"nil": nil, "map": map[string]any{"b": 1, "a": "<&>"}, "struct": struct{ A, B any }{1, []int{2}}, "raw": json.RawMessage(`{"a":1}`), "number": json.Number("1e3"), "pointers": []*int{nil, pointer(1)},
	}
}

// failures are errors of all shapes.
func failures() map[string]error {
	both := multierr.Combine(errors.New("a"), richError{})
	return map[string]error{
		"plain": errors.New("no"), "rich": richError{}, "says no more": sameError{}, "nil": nil, "multi": both, "nested": multierr.Append(both, errors.New("c")),
		"group": group{both, nil, errors.New("d")}, "empty group": group{}, "joined": errors.Join(errors.New("a"), errors.New("b")),
		"wrapped": fmt.Errorf("x: %w", both), "wrapped rich": fmt.Errorf("x: %w", richError{}), "deep": group{group{group{richError{}}}},
	}
}

// TestTheSameAsZap compares fields with those of zap's JSON encoder, byte by byte.
func TestTheSameAsZap(t *testing.T) {
	fields := map[string]zap.Field{}
	for name, v := range values() {
		fields[name] = zap.Any("k", v)
	}
	for name, err := range failures() {
		fields["error "+name] = zap.NamedError("k", err)
	}
	fields["objects"] = zap.Objects("k", []person{{"A", 1}, {"B", 2}})
	fields["object values"] = zap.ObjectValues("k", []personByPointer{{"A"}, {"B"}})
	fields["stringers"] = zap.Stringers("k", []time.Month{1, 2})
	fields["byte string"] = zap.ByteString("k", []byte("a\"\xff"))
	fields["byte strings"] = zap.ByteStrings("k", [][]byte{[]byte("a\""), nil})
	fields["reflect"] = zap.Reflect("k", person{"A", 1})
	fields["skip"] = zap.Skip()
	fields["inline"] = zap.Inline(person{"Ada", 36})
	fields["dict"] = zap.Dict("k", zap.Namespace("n"), zap.Inline(people1{}), zap.Int("x", 1))
	fields["failing object"] = zap.Object("k", objectFunc(func(e upstream.ObjectEncoder) error { e.AddInt("a", 1); return errors.New("no") }))
	fields["failing inline"] = zap.Inline(objectFunc(func(e upstream.ObjectEncoder) error { e.AddInt("a", 1); return errors.New("no") }))
	fields["failing array"] = zap.Array("k", arrayFunc(func(e upstream.ArrayEncoder) error { e.AppendInt(1); return errors.New("no") }))

	var theirs bytes.Buffer
	b, sent := capture.Buffer(t)
	l := zap.New(upstream.NewTee(
		logstozap.NewCore(b),
		upstream.NewCore(upstream.NewJSONEncoder(upstream.EncoderConfig{
			SkipLineEnding: true, EncodeTime: upstream.RFC3339NanoTimeEncoder, EncodeDuration: upstream.NanosDurationEncoder,
		}), upstream.AddSync(&theirs), zap.InfoLevel)), zap.WithClock(fixed{}))
	n := 0
	for name, f := range fields {
		for where, log := range map[string]func(){
			"at the top":     func() { l.Info("m", f, zap.Int("z", 1)) },
			"in With":        func() { l.With(zap.Int("a", 1), f).Info("m", zap.Int("z", 1)) },
			"in WithLazy":    func() { l.WithLazy(f).With(zap.Int("z", 1)).Info("m") },
			"in a namespace": func() { l.With(zap.Namespace("n"), f).With(zap.Namespace("o")).Info("m", f) },
			"in a dict":      func() { l.Info("m", zap.Dict("d", zap.Int("a", 1), f), zap.Int("z", 1)) },
			"in line": func() {
				l.Info("m", zap.Inline(objectFunc(func(e upstream.ObjectEncoder) error { f.AddTo(e); return nil })), zap.Int("z", 1))
			},
			"in an array": func() {
				l.Info("m", zap.Array("l", arrayFunc(func(e upstream.ArrayEncoder) error {
					return e.AppendObject(objectFunc(func(e upstream.ObjectEncoder) error { f.AddTo(e); return nil }))
				})), zap.Int("z", 1))
			},
		} {
			theirs.Reset()
			log()
			got := sent()
			n++
			if len(got) != n {
				t.Fatalf("%s %s: %d records, want %d", name, where, len(got), n)
			}
			want := head + strings.Replace(strings.Replace(theirs.String(), "{", ",", 1), ",}", "}", 1)
			if got := got[n-1]; got != want {
				t.Errorf("%s %s:\n got %s\nwant %s", name, where, got, want)
			}
		}
	}
}

type personByPointer struct{ name string }

func (p *personByPointer) MarshalLogObject(enc upstream.ObjectEncoder) error {
	enc.AddString("name", p.name)
	return nil
}

// people1 is an object with an array and a namespace that it leaves open.
type people1 struct{}

func (people1) MarshalLogObject(enc upstream.ObjectEncoder) error {
	_ = enc.AddArray("people", people{{"A", 1}})
	enc.OpenNamespace("open")
	enc.AddInt("y", 1)
	return nil
}

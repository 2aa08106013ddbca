package jsonenc

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

var rawCases = []string{
	`null`, `{"a" : [1, 2.5e-7, "x\n\u2028"]}`, "[\n\t1 ,\r\n{} ]", `"`, `{`, `1 2`, "\"\xff\"", "\"\u2028\"", `[[[[]]]]`, ` `, ``,
	`{"":{"":{"":[]}}}`, "\xef\xbb\xbf1", `"\ud800"`, `-0`, `1e999`, "\"a\\\xff\"",
}

func FuzzRaw(f *testing.F) {
	for _, s := range rawCases {
		f.Add([]byte(s))
	}
	f.Add(bytes.Repeat([]byte("["), 501))
	f.Add([]byte(strings.Repeat("[", 500) + strings.Repeat("]", 500)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := appended(t, func(dst []byte) []byte { return AppendRaw(dst, raw, noLimit) })
		want, err := standard(json.RawMessage(raw))
		switch {
		case raw == nil:
			want = "null"
		case err == nil && utf8.ValidString(want) && strings.Count(want, "[")+strings.Count(want, "{") <= maxDepth:
		case err == nil && !utf8.ValidString(want):
			var a, b any
			if strings.HasPrefix(got, `"!ERROR`) {
				return
			}
			if json.Unmarshal([]byte(want), &a) != nil {
				return // a number out of range
			}
			if err := json.Unmarshal([]byte(got), &b); err != nil {
				t.Fatal(err)
			}
			x, _ := standard(a)
			if y, _ := standard(b); x != y {
				t.Fatalf("AppendRaw(%q) = %q, which means something else", raw, got)
			}
			return
		default:
			if !strings.HasPrefix(got, `"!ERROR: `) && err != nil {
				t.Fatalf("AppendRaw(%q) = %q, encoding/json: %v", raw, got, err)
			}
			return
		}
		if got != want {
			t.Fatalf("AppendRaw(%q) = %q, encoding/json says %q", raw, got, want)
		}
		if again := appendedAny(t, marshaler{out: string(raw)}); again != got {
			t.Fatalf("as a json.Marshaler %q, as raw %q", again, got)
		}
	})
}

// builder makes values of any depth and kind out of the bytes of a fuzzer. It
// notes in ours what encoding/json cannot say or says otherwise.
type builder struct {
	data   []byte
	ours   bool
	shared []any
}

func (b *builder) byte() byte {
	if len(b.data) == 0 {
		return 0
	}
	c := b.data[0]
	b.data = b.data[1:]
	return c
}

func (b *builder) text() string {
	n := min(int(b.byte())%12, len(b.data))
	s := string(b.data[:n])
	b.data = b.data[n:]
	return s
}

func (b *builder) bits() (v uint64) {
	for range 8 {
		v = v<<8 | uint64(b.byte())
	}
	return v
}

func (b *builder) value(depth int) any {
	if depth == 0 {
		return b.leaf()
	}
	switch b.byte() % 12 {
	case 0:
		m := map[string]any{}
		b.shared = append(b.shared, m)
		for range b.byte() % 5 {
			m[b.text()] = b.value(depth - 1)
		}
		return m
	case 1:
		list := make([]any, b.byte()%5)
		b.shared = append(b.shared, list)
		for i := range list {
			list[i] = b.value(depth - 1)
		}
		return list
	case 2:
		a := &anyField{}
		b.shared = append(b.shared, a)
		a.V = b.value(depth - 1)
		return a
	case 3:
		return anyField{b.value(depth - 1)}
	case 4:
		return namedMap{b.text(): b.value(depth - 1), b.text(): nil}
	case 5:
		return map[textKey]any{textKey(b.byte()): b.value(depth - 1)}
	default:
		return b.leaf()
	}
}

func (b *builder) leaf() any {
	kind := b.byte() % 24
	b.ours = b.ours || kind >= 12
	switch kind {
	case 0:
		return nil
	case 1:
		return b.text()
	case 2:
		return int64(b.bits())
	case 3:
		return b.bits()
	case 4:
		return json.Number("1e5")
	case 5:
		return float32(int32(b.bits())) / 1000
	case 6:
		return []byte(b.text())
	case 7:
		return []string{b.text(), b.text()}
	case 8:
		return textual{b.text()}
	case 9:
		return time.Unix(int64(int32(b.bits())), 5).In(zone(60 * int(int8(b.byte()))))
	case 10:
		return (*int)(nil)
	case 11:
		return stringer{int(b.byte())}
	case 12:
		return math.Float64frombits(b.bits())
	case 13:
		return make(chan int)
	case 14:
		return func() {}
	case 15:
		return marshaler{out: b.text()}
	case 16:
		return marshaler{err: errors.New(b.text())}
	case 17:
		return marshaler{p: b.text()}
	case 18:
		return panickingError{badPanic{b.text()}}
	case 19:
		return json.RawMessage(b.text())
	case 20:
		return json.Number(b.text())
	case 21:
		return errors.New(b.text())
	case 22:
		return time.Unix(int64(b.bits()), 0)
	default:
		if len(b.shared) == 0 {
			return nil
		}
		return b.shared[int(b.byte())%len(b.shared)] // a cycle, maybe
	}
}

func FuzzAny(f *testing.F) {
	for kind := range byte(24) {
		f.Add([]byte{6, kind, 5, 'a', '"', 0xff, '\n', 'z', 1, 2, 3})
		f.Add([]byte{0, 3, 1, 'k', 6, kind, 3, '[', '1', ']', 1, 'l', 1, 2, 6, 1, 1, 'x', 6, kind, 9, 9, 9, 9})
		f.Add([]byte{2, 3, 4, 1, 'k', 5, 7, 6, kind, 0})
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		b := &builder{data: data}
		v := b.value(8)
		got := appendedAny(t, v)
		if b.ours {
			return
		}
		want, err := standard(v)
		if err != nil {
			t.Fatalf("encoding/json: %v, we say %s", err, got)
		}
		if got != want {
			t.Fatalf("%T becomes\n%s\nencoding/json says\n%s", v, got, want)
		}
	})
}

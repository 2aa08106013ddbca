package jsonenc

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/logsto/logsto-go/internal/jsonscan"
)

var stringCases = []string{
	"", "a", "GET /v1/log", `"`, `\`, `say "hi" \ bye`, "\x00\x01\x1f\x7f", "\b\f\n\r\t", "<a href='x'>&</a>",
	"é", "日本語", "🚀", "a\u2028b\u2029c", "\u2027\u202a", "\ufffd", "\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
	"\xe2\x80", "\xe2\x80\xa8", "ok\xf0\x9f\x9a", strings.Repeat("plain text ", 20), strings.Repeat("日本", 50),
	"1234567\"", "12345678\"", "1234567é", "\x80\x80\x80\x80\x80\x80\x80\x80", "\x1f\x20\x21\x22\x23\x5b\x5c\x5d", "\x20\x7f\x80\xa0\xdc\xa2",
}

func checkString(tb testing.TB, s string) {
	tb.Helper()
	want, err := standard(s)
	if err != nil {
		tb.Fatal(err)
	}
	if got := appended(tb, func(dst []byte) []byte { return AppendString(dst, s) }); got != want {
		tb.Fatalf("AppendString(%q) = %s, encoding/json says %s", s, got, want)
	}
	if got := appended(tb, func(dst []byte) []byte { return AppendBytes(dst, []byte(s)) }); got != want {
		tb.Fatalf("AppendBytes(%q) = %s, encoding/json says %s", s, got, want)
	}
}

func TestStringIsThatOfEncodingJSON(t *testing.T) {
	for _, s := range stringCases {
		checkString(t, s)
	}
}

// Every byte, and every pair of bytes that are at the edges of something, at
// every place in and behind a word of eight.
func TestStringEveryByteAtEveryPlace(t *testing.T) {
	edges := []byte("\x00\x1f\x20\x21\"#[\\]\x7f\x80\xa2\xc2\xdc\xff")
	for place := range 18 {
		text := []byte(strings.Repeat("x", 19))
		for b := range 256 {
			text[place] = byte(b)
			checkString(t, string(text[:place+1]))
			checkString(t, string(text))
		}
		for _, a := range edges {
			for _, b := range edges {
				text[place], text[place+1] = a, b
				checkString(t, string(text))
			}
		}
	}
}

func TestStringEveryRune(t *testing.T) {
	var b strings.Builder
	for r := rune(0); r <= 0x10ffff; r++ {
		b.WriteRune(r)
		if b.Len() > 4096 {
			checkString(t, b.String())
			b.Reset()
		}
	}
	checkString(t, b.String())
}

func TestSpecialFindsTheFirstByte(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		var w [8]byte
		for i := range w {
			w[i] = byte(r.Uint32())
			if r.IntN(4) > 0 {
				w[i] = "az ~#[]\x7f"[r.IntN(8)]
			}
		}
		want := 0
		for want < 8 && plain[w[want]] {
			want++
		}
		got := bits.TrailingZeros64(jsonscan.Special(load64(w[:]))) / 8
		if got != want {
			t.Fatalf("first special byte of %q at %d, want %d", w, got, want)
		}
	}
}

func FuzzString(f *testing.F) {
	for _, s := range stringCases {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		checkString(t, s)
		want, err := standard(map[string]any{s: 1})
		if err != nil {
			t.Fatal(err)
		}
		if got := string(append(AppendInt(AppendKey([]byte{'{'}, s), 1), '}')); got != want {
			t.Fatalf("AppendKey(%q) makes %s, encoding/json says %s", s, got, want)
		}
	})
}

func TestKeys(t *testing.T) {
	for _, c := range []struct{ dst, key, want, field string }{
		{"", "a", `"a":`, `"a":`},
		{"{", "a", `{"a":`, `{"a":`},
		{"[", "a", `["a":`, `["a":`},
		{`{"x":"{"`, "level", `{"x":"{","level":`, `{"x":"{","fields.level":`},
		{"{", "message", `{"message":`, `{"fields.message":`},
		{`{"x":1`, "timestamp", `{"x":1,"timestamp":`, `{"x":1,"fields.timestamp":`},
		{"{", "Level", `{"Level":`, `{"fields.Level":`},
		{"{", "meſSage", `{"meſSage":`, `{"fields.meſSage":`},
		{"{", "a\"\n", `{"a\"\n":`, `{"a\"\n":`},
	} {
		if got := string(AppendKey([]byte(c.dst), c.key)); got != c.want {
			t.Errorf("AppendKey(%q, %q) = %q", c.dst, c.key, got)
		}
		if got := string(AppendFieldKey([]byte(c.dst), c.key)); got != c.field {
			t.Errorf("AppendFieldKey(%q, %q) = %q", c.dst, c.key, got)
		}
	}
	for key, want := range map[string]bool{"level": true, "message": true, "timestamp": true, "": false, "time": false, "LEVEL": true, "tImeſtamp": true, "MEſſAGE": true, "levels": false, "leve": false, "lével": false, "messag\xff": false, "mmmmmmm": false, "timestampſ": false} {
		if IsReserved(key) != want || IsReserved([]byte(key)) != want {
			t.Errorf("IsReserved(%q) is not %v", key, want)
		}
	}
}

func TestSource(t *testing.T) {
	for want, c := range map[string]struct {
		function, file string
		line           int
	}{
		`{}`: {},
		`{"function":"f","file":"a\"b","line":7}`: {"f", "a\"b", 7},
		`{"file":"x"}`: {file: "x"},
		`{"line":-1}`:  {line: -1},
	} {
		if got := appended(t, func(dst []byte) []byte { return AppendSource(dst, c.function, c.file, c.line) }); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func ExampleAppendString() {
	fmt.Println(string(AppendString(nil, "a \"quote\", a line\nand <b>")))
	// Output: "a \"quote\", a line\nand <b>"
}

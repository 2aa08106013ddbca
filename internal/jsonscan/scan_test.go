package jsonscan_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/logsto/logsto-go/internal/jsonscan"
)

// valid reports whether encoding/json takes p for one value, and p has no
// insignificant blanks and only valid UTF-8.
func valid(p []byte) bool {
	var b bytes.Buffer
	return utf8.Valid(p) && json.Compact(&b, p) == nil && bytes.Equal(b.Bytes(), p)
}

// check compares Value and Member with what encoding/json says of all texts that
// begin as p does.
func check(t *testing.T, p []byte) {
	t.Helper()
	end := jsonscan.Value(p, 0)
	if end > len(p) || end >= 0 && !valid(p[:end]) {
		t.Fatalf("%q: a value is said to end at %d", p, end)
	}
	if bytes.Count(p, []byte("["))+bytes.Count(p, []byte("{")) > jsonscan.MaxDepth {
		return // may be too deep
	}
	if valid(p) && end != len(p) {
		t.Fatalf("%q: a value is said to end at %d, not %d", p, end, len(p))
	}
	// The same text within others, as far from the end as it takes.
	for _, behind := range []string{"", ",", ` and so on`} {
		text := []byte(`"key":` + string(p) + behind)
		colon, inner, _ := jsonscan.Member(text, 0)
		want := -1
		if end := jsonscan.Value(text[6:], 0); end >= 0 {
			want = 6 + end
		}
		if inner != want || want >= 0 && colon != 5 {
			t.Fatalf("%q: a member is said to end at %d, not %d, its key at %d", text, inner, want, colon)
		}
		key := append(bytes.Clone(p), ":1"...)
		colon, inner, _ = jsonscan.Member(key, 0)
		isKey := valid(p) && p[0] == '"'
		if isKey && (colon != len(p) || inner != len(key)) || !isKey && inner == len(key) && colon == len(p) {
			t.Fatalf("%q: a member's key is said to end at %d, its value at %d", key, colon, inner)
		}
	}
}

var texts = []string{
	`null`, `true`, `false`, `nul`, `truE`, `fals`, `nulll`, `0`, `-0`, `01`, `-`, `1.`, `1.5`, `1e`, `1e5`, `1E+5`, `1e-07`, `-1.25e+10`, `.5`, `+1`,
	`""`, `"a"`, `"abcdefg"`, `"abcdefgh"`, `"abcdefghi"`, `"a\nb"`, `"\u00e9"`, `"\u00g9"`, `"\u12"`, `"\x"`, `"\`, `"\"`, `"\\"`, `"`, `"abc`, `"abcdefghijk`,
	"\"a\nb\"", "\"\x00\"", "\"\x7f\"", "\"\xff\"", "\"\xe4\xb8\x96\"", "\"\xe4\xb8\"", "\"abcdefgh\xc3\xa9\"", "\"\xed\xa0\x80\"", `"\ud800"`,
	`[]`, `{}`, `[1]`, `[1,2,"x",[],{}]`, `[1,]`, `[,1]`, `[1 ,2]`, `[`, `]`, `[1`, `[1}`, `{]`, `{"a":1}`, `{"a":{"b":[{"c":null}]}}`, `{"a":1,}`, `{,}`,
	`{"a"}`, `{"a":}`, `{"a" :1}`, `{a:1}`, `{"a":1,"a":2}`, `{"a":1`, `{"a":`, `{"a"`, `{"`, `{`, ``, ` `, ` 1`, `1 `, `[[[[[[[[]]]]]]]]`,
}

func TestTexts(t *testing.T) {
	for _, s := range texts {
		check(t, []byte(s))
	}
}

func FuzzValue(f *testing.F) {
	for _, s := range texts {
		f.Add([]byte(s))
	}
	f.Fuzz(check)
}

func TestDepth(t *testing.T) {
	for n, want := range map[int]bool{jsonscan.MaxDepth: true, jsonscan.MaxDepth + 1: false, 1e6: false} {
		for _, form := range [][2]string{{"[", "]"}, {`{"a":`, "}"}} {
			text := strings.Repeat(form[0], n) + "1" + strings.Repeat(form[1], n)
			if got := jsonscan.Value([]byte(text), 0) == len(text); got != want {
				t.Errorf("%d levels of %s: %v", n, form[0], got)
			}
		}
	}
}

// TestOutside checks that what is not in the text is no part of it.
func TestOutside(t *testing.T) {
	for _, i := range []int{3, 4, 100} {
		if jsonscan.Value([]byte(`"a"`), i) != -1 || jsonscan.String([]byte(`"a"`), i) != -1 {
			t.Errorf("something begins at %d", i)
		}
		if colon, end, _ := jsonscan.Member([]byte(`"a"`), i); colon != -1 || end != -1 {
			t.Errorf("a member begins at %d", i)
		}
	}
}

package redact_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/logsto/logsto-go/internal/redact"
)

func TestText(t *testing.T) {
	for name, c := range map[string]struct {
		text    string
		limit   int
		secrets []string
		want    string
	}{
		"empty":               {"", 10, []string{"x"}, ""},
		"no secret":           {"all is well", 20, nil, "all is well"},
		"empty secret":        {"all is well", 20, []string{""}, "all is well"},
		"secret":              {"key=abc, abc", 20, []string{"abc"}, "key=***, ***"},
		"two secrets":         {"abc xyz", 20, []string{"abc", "xyz"}, "*** ***"},
		"query":               {"k=a%26b%2Fc+d", 20, []string{"a&b/c d"}, "k=***"},
		"path":                {"/a&b%2Fc%20d", 20, []string{"a&b/c d"}, "/***"},
		"HTML":                {"a&amp;b&lt;", 20, []string{"a&b<"}, "***"},
		"JSON":                {`"a&b\"\\"`, 20, []string{`a&b"\`}, `"***"`},
		"JSON for HTML":       {`"a\u0026b\""`, 20, []string{`a&b"`}, `"***"`},
		"control characters":  {"a\r\n\x00\x1b[31m\x7fb\u009b31m", 40, nil, "a    [31m b 31m"},
		"other line ends":     {"a\u2028b\u0085c", 40, nil, "a b c"},
		"direction":           {"a\u202eb\ufeffc", 40, nil, "a b c"},
		"letters stay":        {"Größe 日本語 😀", 40, nil, "Größe 日本語 😀"},
		"not UTF-8":           {"a\xffb\xc3", 40, nil, "a\uFFFDb\uFFFD"},
		"blanks at the ends":  {" \n a \t", 40, nil, "a"},
		"cut":                 {"abcdef", 3, nil, "abc"},
		"not cut":             {"abc", 3, nil, "abc"},
		"cut within a letter": {"aéé", 4, nil, "aé"},
		"secret at the cut":   {"1234abc", 5, []string{"abc"}, "1234*"},
		"grown by UTF-8":      {strings.Repeat("a\xff", 8), 8, nil, "a\uFFFDa\uFFFD"},
	} {
		if got := redact.Text(c.text, c.limit, c.secrets...); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("you sent abc", "abc", 8)
	f.Add("\x1b[2J\xff\xfe", "a&b", 3)
	f.Add("é", "*", 1)
	f.Fuzz(func(t *testing.T, text, secret string, limit int) {
		limit &= 0xfff
		got := redact.Text(text, limit, secret)
		if len(got) > limit || !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("Redact(%q, %d, %q) is %q", text, limit, secret, got)
		}
		// A secret of letters and digits cannot arise from what is put in.
		plain := secret != "" && !strings.ContainsFunc(secret, func(r rune) bool { return r < '0' || r > 'z' })
		if plain && strings.Contains(got, secret) {
			t.Errorf("Redact(%q, %d, %q) is %q", text, limit, secret, got)
		}
	})
}

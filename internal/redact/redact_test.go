package redact_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf16"
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
		"query, lower case":   {"k=a%26b%2fc+d%2F", 20, []string{"a&b/c d"}, "k=***%2F"},
		"hex":                 {"73652d63726574 is 73652D63726574", 30, []string{"se-cret"}, "*** is ***"},
		"base64":              {"c2UtY3JldA==", 20, []string{"se-cret"}, "***A=="},
		"base64 behind one":   {"OnNlLWNyZXQ", 20, []string{"se-cret"}, "On***Q"},
		"base64 behind two":   {"aTpzZS1jcmV0Iw", 20, []string{"se-cret"}, "aTp***Iw"},
		"base64 for URLs":     {"c-_vv-M_", 20, []string{"s\xef\xef\xbf\xe3?"}, "***"},
		"base64 of a query":   {"YSUyNmIlMkZj", 20, []string{"a&b/c"}, "***"},
		"base64 of little":    {"YWJj", 20, []string{"abc"}, "YWJj"},
		"quoted four times":   {strconv.Quote(strconv.Quote(strconv.Quote(strconv.Quote(`a"b\c`)))), 99, []string{`a"b\c`}, `"\"\\\"\\\\\\\"***\\\\\\\"\\\"\""`},
		"query of a query":    {"k=a%252525b%25252Fc", 30, []string{"a%b/c"}, "k=***"},
		"query, quoted":       {"k=a%5C%22b%25", 30, []string{`a"b%`}, "k=***"},
		"percent and digits":  {"a%2525T a%25T", 30, []string{"a%25T"}, "*** ***"},
		"HTML of HTML":        {"a&amp;amp;b&amp;lt;c&#34;d&#x27;e&amp;#34;f", 60, []string{`a&b<c"d'e"f`}, "***"},
		"octet by octet":      {`%61%62%63%64 \x61\x62\x63\x64 \u0061\u0062\u0063\u0064 \141\142\143\144 &#97;&#98;&#99;&#100;`, 99, []string{"abcd"}, "*** *** *** *** ***"},
		"beyond ASCII":        {`p\u00e4ss P\u00C4SS p\\u00e4ss p&#228;ss p&#xE4;ss p%c3%a4ss p\xc3\xa4ss`, 99, []string{"päss"}, "*** P\\u00C4SS *** *** *** *** ***"},
		"beyond, and long":    {`p\u00E4ssword p&#xE4;ssword`, 99, []string{"pässword"}, "*** ***"},
		"beyond 16 bits":      {`x\ud83d\ude00yz x\U0001f600yz x&#128512;yz`, 99, []string{"x😀yz"}, "*** *** ***"},
		"line ends":           {`one\ntwo\t3 one\u000atwo\u00093 one&#10;two&#9;3 one%0Atwo%093`, 99, []string{"one\ntwo\t3"}, "*** *** *** ***"},
		"line ends, nested":   {strconv.Quote(strconv.Quote("one\ntwo")), 99, []string{"one\ntwo"}, `"\"***\""`},
		"lower case":          {"SECRET-KEY.example secret-kex", 40, []string{"Secret-Key"}, "***.example secret-kex"},
		"backslash before":    {`C:\abc \nabc`, 40, []string{"abc"}, `C:\*** \n***`},
		"half of it":          {`a\`, 40, []string{`a\"`}, `a\`},
		"broken escapes":      {`%6 % &#; &#x; &#97 \u006 \x6 \14 &amp`, 60, []string{"abcd"}, `%6 % &#; &#x; &#97 \u006 \x6 \14 &amp`},
		"control characters":  {"a\r\n\x00\x1b[31m\x7fb\u009b31m", 40, nil, "a    [31m b 31m"},
		"other line ends":     {"a\u2028b\u0085c", 40, nil, "a b c"},
		"direction":           {"a\u202eb\ufeffc", 40, nil, "a b c"},
		"letters stay":        {"Größe 日本語 😀", 40, nil, "Größe 日本語 😀"},
		"not UTF-8":           {"a\xffb\xc3", 40, nil, "a\uFFFDb\uFFFD"},
		"blanks at the ends":  {" \n a \t", 40, nil, "a"},
		"cut":                 {"abcdef", 3, nil, "abc"},
		"not cut":             {"abc", 3, nil, "abc"},
		"cut within a letter": {"aéé", 4, nil, "aé"},
		"secret at the cut":   {"123 abc", 5, []string{"abc"}, "123 *"},
		"short, and alone":    {"dev: dev (dev) k=dev; lookup of dev.", 60, []string{"dev"}, "***: *** (***) k=***; lookup of ***."},
		"short, in a host":    {"lookup dev: api.dev.example dev-1:443 https://dev/ dev:80 device ok", 99, []string{"dev", "k", "ok1"}, "lookup dev: api.dev.example dev-1:443 https://dev/ dev:80 device ok"},
		"short, in a word":    {"latest test_x k8s ok", 99, []string{"test", "k"}, "latest test_x k8s ok"},
		"short, other case":   {"Test TEST test", 99, []string{"test"}, "Test TEST ***"},
		"grown by UTF-8":      {strings.Repeat("a\xff", 8), 8, nil, "a\uFFFDa\uFFFD"},
	} {
		if got := redact.Text(c.text, c.limit, c.secrets...); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// utf16Of returns a text of two bytes a letter.
func utf16Of(s string) string {
	var sb strings.Builder
	for _, unit := range utf16.Encode([]rune(s)) {
		sb.WriteByte(byte(unit))
		sb.WriteByte(byte(unit >> 8))
	}
	return sb.String()
}

// spread returns s with something before each of its letters.
func spread(s, write string) string {
	var sb strings.Builder
	for _, r := range s {
		sb.WriteString(strings.ReplaceAll(write, "?", string(r)))
	}
	return sb.String()
}

// numbered returns the letters of s as numbers.
func numbered(s, format string) string {
	var sb strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&sb, format, s[i])
	}
	return sb.String()
}

// TestOtherForms has what servers make of what they repeat: wrapped, dumped, marked, escaped
// in ways that few use.
func TestOtherForms(t *testing.T) {
	const secret = "sk/live_51H+x7Zq=9"
	half := len(secret) / 2
	coded := base64.StdEncoding.EncodeToString([]byte("id:" + secret))
	for name, text := range map[string]string{
		"UTF-16":                       utf16Of(secret),
		"UTF-16 in JSON":               spread(secret, `?\u0000`),
		"UTF-16 in a URL":              strings.ReplaceAll(spread(secret, "?%00"), "/", "%2F"),
		"UTF-16 in hex":                hex.EncodeToString([]byte(utf16Of(secret))),
		"UTF-16 in base64":             base64.StdEncoding.EncodeToString([]byte(utf16Of(secret))),
		"zero width":                   spread(secret, "\u200b?\ufeff"),
		"zero width in JSON":           spread(secret, `\u200B?`),
		"zero width in HTML":           spread(secret, "&#8203;?&shy;"),
		"soft hyphens":                 spread(secret, "?\u00ad"),
		"variants":                     spread(secret, "?\ufe0f"),
		"spaced":                       spread(secret, "? "),
		"wrapped":                      secret[:half] + "\n" + secret[half:],
		"wrapped by Windows, indented": secret[:half] + "\r\n    " + secret[half:],
		"wrapped in a mail":            "> " + secret[:half] + "\n> " + secret[half:],
		"wrapped in JSON":              secret[:half] + `\n` + secret[half:],
		"wrapped in HTML":              secret[:half] + "<br/>" + secret[half:],
		"coloured":                     spread(secret, "\x1b[31m?\x1b[0m"),
		"quoted-printable":             numbered(secret, "=%02X"),
		"quoted-printable, partly":     strings.ReplaceAll(secret, "=", "=3d"),
		"quoted-printable, wrapped":    strings.ReplaceAll(secret[:half], "=", "=3D") + "=\r\n" + strings.ReplaceAll(secret[half:], "=", "=3D"),
		"hex with blanks":              numbered(secret, "%02x "),
		"hex with colons":              numbered(secret, "%02X:"),
		"hex of Go":                    fmt.Sprintf("%#v", []byte(secret)),
		"hex in quotes":                numbered(secret, `\x%02X`),
		"hex, wrapped":                 numbered(secret[:half], "%02x") + "\n" + numbered(secret[half:], "%02x"),
		"bytes":                        "[" + numbered(secret, "%d ") + "]",
		"bytes in JSON":                "[" + numbered(secret, "%d, ") + "]",
		"braces":                       numbered(secret, `\u{%x}`),
		"braces with zeros":            numbered(secret, `\u{0000%x}`),
		"braces of Perl":               numbered(secret, `\x{%X}`),
		"eight digits":                 numbered(secret, `\U%08x`),
		"entities":                     numbered(secret, "&#%d;"),
		"entities without semicolons":  numbered(secret, "&#%d"),
		"entities with zeros":          numbered(secret, "&#%07d;"),
		"entities with more zeros":     numbered(secret, "&#x%030x;"),
		"entities by name":             strings.NewReplacer("/", "&sol;", "_", "&lowbar;", "+", "&plus;", "=", "&equals").Replace(secret),
		"base64, wrapped":              coded[:8] + "\r\n" + coded[8:20] + "\n" + coded[20:],
		"base64 in JSON of PHP":        strings.ReplaceAll(base64.StdEncoding.EncodeToString([]byte(secret+"???")), "/", `\/`),
		"base64 in a URL":              url.QueryEscape(base64.StdEncoding.EncodeToString([]byte("??>" + secret))),
	} {
		if !redact.Shows(text, secret) {
			t.Errorf("%s passes: %.80q", name, text)
		}
		got := redact.Text("no such key: "+text+" (sent)", 2000, secret)
		if !strings.HasPrefix(got, "no such key: ") || !strings.HasSuffix(got, " (sent)") || len(got) > 80 {
			t.Errorf("%s: %q of %.80q", name, got, text)
		}
		if redact.Shows(text, "sk/live_51H+x7Zq=8") {
			t.Errorf("%s: another secret is found in %.80q", name, text)
		}
	}
}

// TestStart cuts texts within the secret, in whatever form: nothing of it is left.
func TestStart(t *testing.T) {
	const secret = "abcdefghijkl"
	for _, form := range []string{
		secret, numbered(secret, "&#x%030x;"), numbered(secret, "%%%02x"), numbered(secret, `\u%04x`), spread(secret, "?\u200b"),
		numbered(secret, "%02x "), base64.StdEncoding.EncodeToString([]byte(secret)), numbered(secret, "%d "),
	} {
		for cut := range len(form) {
			got := redact.Start("the key "+form[:cut], 9999, secret)
			if !strings.HasPrefix(got, "the key") || len(got) > len("the key ")+max(len("abc"), len(form)/len(secret)*3) {
				t.Errorf("%d of %q: %q", cut, form, got)
			}
		}
	}
	if got := redact.Start("all is well", 99, secret); got != "all is well" {
		t.Errorf("%q", got)
	}
}

func TestError(t *testing.T) {
	bare := errors.New("lookup s3cr3t-k3y.example: no such host")
	if got := redact.Error(bare, 99, "another-secret"); got != bare { //nolint:errorlint // it must be the same
		t.Errorf("%v", got)
	}
	got := redact.Error(fmt.Errorf("%w: %w", context.DeadlineExceeded, bare), 99, "s3cr3t-k3y")
	if got.Error() != "context deadline exceeded: lookup ***.example: no such host" || !errors.Is(got, context.DeadlineExceeded) {
		t.Errorf("%v", got)
	}
	if redact.InError(got, "s3cr3t-k3y") || redact.Shows(fmt.Sprintf("%+v %#v", got, got), "s3cr3t-k3y") {
		t.Errorf("%#v", got)
	}
}

// A text is looked through in time that grows with its length only, whatever is in it.
func TestHostileTexts(t *testing.T) {
	for _, piece := range []string{`\`, "%5C", "%", "%25", "25", "&amp;", "&", "&#", `\u`, "a", "%%25"} {
		text := strings.Repeat(piece, 1<<20/len(piece))
		for _, secret := range []string{`\"%&aaaaaaaa`, strings.Repeat("a", 40) + "b", strings.Repeat("%", 20) + "b", strings.Repeat("&", 20)} {
			start := time.Now()
			redact.Text(text, 100, secret)
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("%q took %v to find in many %q", secret, took, piece)
			}
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
		plain := len(secret) >= 8 && !strings.ContainsFunc(secret, func(r rune) bool { return r < '0' || r > 'z' })
		if plain && strings.Contains(got, secret) {
			t.Errorf("Redact(%q, %d, %q) is %q", text, limit, secret, got)
		}
	})
}

// TestTextIsBounded has a text that takes the product of the lengths to look through, for
// each of its letters could be the first of the secret. What is not looked at is not shown.
func TestTextIsBounded(t *testing.T) {
	secret := strings.Repeat("a", 64<<10) + "b"
	text := strings.Repeat("a", 200<<10) + secret
	got := redact.Text(text, 600<<10, secret)
	if strings.Contains(got, "b") || !strings.HasSuffix(got, "***") || len(got) > 64<<10 {
		t.Errorf("%d bytes, %.20q", len(got), got)
	}
}

package leak_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/logsto/logsto-go/internal/leak"
)

// secrets are of all kinds: of letters only, of what must be escaped, long, and
// short.
var secrets = []string{"a-long-enough-secret", `s3cr3t/+&"key`, `<it's 100%\n & ok>`, strings.Repeat("x7Q=", 40), "k3y!"}

// planted returns texts that show a secret, each in the way of its name, made
// without package leak.
func planted(s string) map[string]string {
	b64, raw := base64.StdEncoding.EncodeToString, []byte(s)
	each := func(format string) (out string) {
		for i := range len(s) {
			out += fmt.Sprintf(format, s[i])
		}
		return out
	}
	reversed := func(s string) string {
		b := []byte(s)
		slices.Reverse(b)
		return string(b)
	}
	wide := each("%c\x00")
	inJSON, _ := json.Marshal(s)
	inJSONTwice, _ := json.Marshal(string(inJSON))
	numbers, _ := json.Marshal(slices.Collect(func(yield func(int) bool) {
		for _, b := range raw {
			yield(int(b))
		}
	}))
	return map[string]string{
		"as it is":                      s,
		"upper case":                    strings.ToUpper(s),
		"lower case":                    strings.ToLower(s),
		"with line ends":                strings.Join(strings.Split(s, ""), "\r\n\t"),
		"%q":                            fmt.Sprintf("%q", s),
		"%+q":                           fmt.Sprintf("%+q", s),
		"%q of %q":                      fmt.Sprintf("%q", fmt.Sprintf("%q", s)),
		"%x":                            fmt.Sprintf("%x", s),
		"%X":                            fmt.Sprintf("%X", s),
		"% x":                           fmt.Sprintf("% x", s),
		"%# x":                          fmt.Sprintf("%# x", s),
		"%#x":                           hexWithMark(s),
		"%d of bytes":                   fmt.Sprintf("%d", raw),
		"%v of bytes":                   fmt.Sprintf("%v", raw),
		"%#v of bytes":                  fmt.Sprintf("%#v", raw),
		"%o of bytes":                   fmt.Sprintf("%o", raw),
		"%O of bytes":                   fmt.Sprintf("%O", raw),
		"%b of bytes":                   fmt.Sprintf("%b", raw),
		"%c of bytes":                   fmt.Sprintf("%c", raw),
		"%q of numbers":                 fmt.Sprintf("%q", numbersOf(s)),
		"%U of bytes":                   fmt.Sprintf("%U", numbersOf(s)),
		"hex dump":                      hex.EncodeToString(raw),
		"hex with colons":               strings.TrimSuffix(each("%02X:"), ":"),
		"base64":                        b64(raw),
		"base64 without padding":        base64.RawStdEncoding.EncodeToString(raw),
		"base64 for URLs":               base64.URLEncoding.EncodeToString(raw),
		"base64 for URLs, no padding":   base64.RawURLEncoding.EncodeToString(raw),
		"base64 behind a letter":        b64([]byte("x" + s)),
		"base64 behind two":             b64([]byte("xy" + s + "z")),
		"base64 between":                b64([]byte("xyz" + s + "abc")),
		"base64 for URLs behind two":    base64.URLEncoding.EncodeToString([]byte("xy" + s + "zz")),
		"basic authentication":          "Basic " + b64([]byte("id:"+s)),
		"basic authentication of OAuth": "Basic " + b64([]byte("client:"+url.QueryEscape(s))),
		"base64, wrapped":               wrapped(b64([]byte("xy"+s)), 6, "\r\n"),
		"base64, wrapped and quoted":    fmt.Sprintf("%q", wrapped(b64([]byte("xy"+s)), 6, "\r\n")),
		"base64 of base64":              b64([]byte(b64(raw))),
		"base64 of a header":            b64([]byte("Authorization: Basic " + b64([]byte("id:"+s)))),
		"base64 of JSON":                b64(inJSON),
		"base64 of UTF-16":              b64([]byte(wide)),
		"base64 for a query":            url.QueryEscape(b64(raw)),
		"query":                         "k=" + url.QueryEscape(s),
		"query in lower case":           "k=" + strings.ToLower(url.QueryEscape(s)),
		"query, twice":                  url.QueryEscape(url.QueryEscape(s)),
		"path":                          "/" + url.PathEscape(s),
		"path, then query":              url.QueryEscape(url.PathEscape(s)),
		"octet by octet":                each("%%%02X"),
		"octet by octet in lower case":  each("%%%02x"),
		`\x..`:                          each(`\x%02x`),
		`\u....`:                        each(`\u%04x`),
		`\u.... in JSON`:                each(`\\u%04X`),
		"JSON":                          string(inJSON),
		"JSON in JSON":                  string(inJSONTwice),
		"numbers in JSON":               string(numbers),
		"HTML":                          html.EscapeString(s),
		"HTML, twice":                   html.EscapeString(html.EscapeString(s)),
		"numbers in HTML":               each("&#%d;"),
		"reversed":                      reversed(s),
		"reversed base64":               reversed(b64(raw)),
		"base64 of the reverse":         b64([]byte(reversed(s))),
		"reversed hex":                  reversed(hex.EncodeToString(raw)),
		"UTF-16":                        wide,
		"UTF-16, the other way round":   each("\x00%c"),
		"UTF-16 in quotes":              fmt.Sprintf("%q", wide),
	}
}

func hexWithMark(s string) string { return fmt.Sprintf("%#x", s) }

func numbersOf(s string) (out []rune) {
	for _, b := range []byte(s) {
		out = append(out, rune(b))
	}
	return out
}

func wrapped(s string, width int, end string) string {
	var lines []string
	for line := range slices.Chunk([]byte(s), width) {
		lines = append(lines, string(line))
	}
	return strings.Join(lines, end)
}

func TestEveryFormIsFound(t *testing.T) {
	for _, secret := range secrets {
		for name, text := range planted(secret) {
			if len(secret) < 6 && (strings.Contains(name, "base64") || strings.Contains(name, "basic")) {
				continue // it would be found by chance
			}
			for _, text := range []string{text, "before " + text + " behind", strings.Repeat("-", 1000) + text} {
				if leak.Find(text, "another-secret", secret) == "" {
					t.Errorf("%q %s is not found in %q", secret, name, text)
				}
				if found := leak.Find(text, "another-secret"); found != "" {
					t.Errorf("%q %s has %s", secret, name, found)
				}
			}
		}
	}
}

func TestFindSaysWhatAndWhere(t *testing.T) {
	if got, want := leak.Find("a line with A-Long- enough-secret, and more", secrets...),
		`"a-long-enough-secret" as it is, in "alinewitha-long-enough-secret,andmore"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := leak.Find(base64.StdEncoding.EncodeToString([]byte("me:a-long-enough-secret")), secrets...), "in base64, in"; !strings.Contains(got, want) {
		t.Errorf("%s, want %s", got, want)
	}
}

// A secret that is a substring of nothing, next to much that looks like one.
func TestNothingIsFoundInHarmlessText(t *testing.T) {
	for _, text := range []string{
		"", "a", "a-long-enough", "secret", "a-long-enough-secre", "-long-enough-secret", "a-long-enough_secret",
		strings.Repeat("a-long-enough-", 1000),
		strings.Repeat("*", 1<<20),
		"s3cr3t/+&", "s3cr3t%2F%2B%26", `\n\n\n%00%0a&#10;`,
		base64.StdEncoding.EncodeToString([]byte("a-short-enough-secret")),
		hex.EncodeToString([]byte("a-short-enough-secret")),
		fmt.Sprint(http.DefaultTransport), fmt.Sprintf("%#v", http.DefaultTransport), fmt.Sprintf("%d", []byte("a-short-enough-secret")),
	} {
		if found := leak.Find(text, secrets...); found != "" {
			t.Errorf("%.100q has %s", text, found)
		}
	}
	// What has no form in text is not found: this is the limit.
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write([]byte("a-long-enough-secret a-long-enough-secret"))
	_ = w.Close()
	if found := leak.Find(packed.String()[20:], "enough-secret a-long"); found != "" {
		t.Error(found)
	}
}

// An ordinary text of a megabyte has none of the forms of a short secret by chance,
// as it would if they had one or two letters.
func TestShortSecretsAreNotFoundByChance(t *testing.T) {
	letters := "abcdefghijklmnopqrstuvwxyz 0123456789"
	text := make([]byte, 1<<20)
	state := uint32(1)
	for i := range text {
		state = state*1664525 + 1013904223
		text[i] = letters[state>>16%uint32(len(letters))]
	}
	for _, secret := range []string{"k3y!", "abc_d", "tokens!"} {
		if found := leak.Find(string(text), secret); found != "" {
			t.Error(found)
		}
		for _, form := range leak.Forms(secret) {
			if len(form) < 4 {
				t.Errorf("%q is looked for as %q", secret, form)
			}
		}
	}
}

func TestASearchThatCannotFailPanics(t *testing.T) {
	for _, secrets := range [][]string{nil, {}, {""}, {"abc"}, {"a-long-enough-secret", ""}, {" \n\t a\x00b \r"}} {
		if message := panicOf(func() { leak.Find("text", secrets...) }); !strings.HasPrefix(message, "leak: ") {
			t.Errorf("%q: %q", secrets, message)
		}
	}
	if message := panicOf(func() { leak.Parts("fifteen-letters") }); !strings.Contains(message, "too short") {
		t.Error(message)
	}
}

func panicOf(f func()) (message string) {
	defer func() { message = fmt.Sprint(recover()) }()
	f()
	return ""
}

func TestParts(t *testing.T) {
	const secret = "a-long-enough-secret"
	parts := leak.Parts(secret)
	if strings.Join(parts, "") != secret {
		t.Errorf("%q", parts)
	}
	for _, text := range []string{"cut: a-long-eno", "ugh-secret is the end", secret, base64.StdEncoding.EncodeToString([]byte("a-long-enough"))} {
		if leak.Find(text, parts...) == "" {
			t.Errorf("not found in %q", text)
		}
	}
	if found := leak.Find("a-long-en ough, cret", parts...); found != "" {
		t.Log(found) // blanks do not matter
	} else {
		t.Error("not found behind a blank")
	}
}

func TestFormsAreThereOnce(t *testing.T) {
	for _, secret := range secrets {
		forms := leak.Forms(secret)
		if slices.Sort(forms); len(slices.Compact(forms)) != len(leak.Forms(secret)) {
			t.Errorf("%q has a form twice", secret)
		}
		for _, form := range leak.Forms(secret) {
			if leak.Find(form, secret) == "" {
				t.Errorf("%q is not found as %q", secret, form)
			}
		}
	}
}

func BenchmarkFind(b *testing.B) {
	text := strings.Repeat("the start of an answer of a server, and what it has to say; ", 1000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		leak.Find(text, secrets...)
	}
}

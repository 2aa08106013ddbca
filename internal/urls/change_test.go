package urls_test

import (
	"net/url"
	"testing"

	"github.com/logsto/logsto-go/internal/urls"
)

func TestSetPath(t *testing.T) {
	for path, want := range map[string]string{
		"/a":        "https://h/a?b",
		"/a%2Fb/é":  "", // which is not escaped
		"/a%2Fb":    "https://h/a%2Fb?b",
		"//h2/@x":   "https://h//h2/@x?b",
		"/a b":      "",
		"/a?b":      "",
		"/a#b":      "",
		"/%zz":      "",
		"/%C3%A9/%": "",
	} {
		u := &url.URL{Scheme: "https", Host: "h", Path: "/x", RawQuery: "b"}
		if ok := urls.SetPath(u, path); ok != (want != "") || ok && u.String() != want {
			t.Errorf("%s: %v, %s", path, ok, u)
		}
	}
}

func TestWithParams(t *testing.T) {
	for raw, want := range map[string]string{
		"https://h/p":                     "https://h/p?a=1&a=2&b=%26",
		"https://h/p?":                    "https://h/p?a=1&a=2&b=%26",
		"https://h/p?c=%zz;&&d":           "https://h/p?c=%zz;&d&a=1&a=2&b=%26",
		"https://h/p?%61=3&b&a=4&ab=5&=6": "https://h/p?ab=5&=6&a=1&a=2&b=%26",
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := urls.WithParams(u, url.Values{"a": {"1", "2"}, "b": {"&"}}); got.String() != want || u.String() != raw {
			t.Errorf("%s: %s of %s", raw, got, u)
		}
	}
}

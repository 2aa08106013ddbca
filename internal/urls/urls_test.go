package urls_test

import (
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"testing"

	"github.com/logsto/logsto-go/internal/urls"
)

func TestShown(t *testing.T) {
	for raw, want := range map[string]string{
		"":                       "",
		"https://h/p":            "https://h/p",
		"https://u:s@h/p":        "***@h/p",
		"u:s@h":                  "***",
		"https://h/p?k=s":        "https://h/p?***",
		"https://h/p?k=a@b":      "***@b",
		"https://u:s@x@h?k=s?t":  "***@h?***",
		"https://[bad@h/p?k=s#t": "***@h/p?***",
		"https://h/p?":           "https://h/p?***",
		"://%zz?k=s":             "://%zz?***",
		"https://h/p#fragment":   "https://h/p#***",
		"localhost":              "***",
		"k3y":                    "***",
		"c2VjcmV0/aGVyZQ.xyz":    "***",
		"sk_live_0123456789abcd": "***",
	} {
		if got := urls.Shown(raw); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}

func TestBadPort(t *testing.T) {
	for raw, want := range map[string]bool{
		"https://h": false, "https://h:": false, "https://h:1": false, "https://[::1]:65535/x": false,
		"https://h:0": true, "https://h:65536": true, "https://h:99999": true, "https://h:99999999999999999999": true,
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := urls.BadPort(u); got != want {
			t.Errorf("%s: %v", raw, got)
		}
	}
}

func TestIsLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true,
		"": false, "localhost.example": false, "LOCALHOST": false, "128.0.0.1": false, "0.0.0.0": false, "::": false, "127.1": false,
	} {
		if got := urls.IsLoopback(host); got != want {
			t.Errorf("%q: %v, want %v", host, got, want)
		}
	}
}

func withVersions(least, most uint16) *http.Transport {
	return &http.Transport{TLSClientConfig: &tls.Config{MinVersion: least, MaxVersion: most}} //nolint:gosec // it is to be refused
}

func TestAllowsOldTLS(t *testing.T) {
	for name, c := range map[string]struct {
		hc   http.Client
		want bool
	}{
		"default": {http.Client{}, false},
		"nil":     {http.Client{Transport: (*http.Transport)(nil)}, false},
		"empty":   {http.Client{Transport: &http.Transport{}}, false},
		"1.2":     {http.Client{Transport: withVersions(tls.VersionTLS12, 0)}, false},
		"min":     {http.Client{Transport: withVersions(tls.VersionTLS11, 0)}, true},
		"max":     {http.Client{Transport: withVersions(0, tls.VersionTLS11)}, true},
	} {
		if got := urls.AllowsOldTLS(urls.TLSOf(&c.hc)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	before := http.DefaultTransport
	t.Cleanup(func() { http.DefaultTransport = before })
	http.DefaultTransport = withVersions(tls.VersionTLS10, 0)
	if !urls.AllowsOldTLS(urls.TLSOf(&http.Client{})) {
		t.Error("a default transport that a program has changed is not looked at")
	}
}

// A client may be in use already; the race detector watches.
func TestAClientMayBeInUse(t *testing.T) {
	tr := &http.Transport{ForceAttemptHTTP2: true, Proxy: func(*http.Request) (*url.URL, error) { return nil, errors.New("no way out") }}
	hc := &http.Client{Transport: tr}
	var wg sync.WaitGroup
	wg.Go(func() {
		if resp, err := hc.Get("https://logs.example/"); err == nil {
			_ = resp.Body.Close()
			t.Error("an answer")
		}
	})
	if urls.AllowsOldTLS(urls.TLSOf(hc)) {
		t.Error("old")
	}
	wg.Wait()
}

func TestUnverified(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  *tls.Config
		want bool
	}{
		"nil":      {nil, false},
		"empty":    {&tls.Config{}, false},
		"no check": {&tls.Config{InsecureSkipVerify: true}, true}, //nolint:gosec // it is to be refused
		"its own check": {&tls.Config{
			InsecureSkipVerify: true, //nolint:gosec // as crypto/tls recommends for checks of one's own
			VerifyConnection:   func(tls.ConnectionState) error { return nil },
		}, false},
	} {
		if got := urls.Unverified(c.cfg); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

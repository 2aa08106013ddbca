package urls_test

import (
	"testing"

	"github.com/logsto/logsto-go/internal/urls"
)

func TestShown(t *testing.T) {
	for raw, want := range map[string]string{
		"":                       "",
		"https://h/p":            "https://h/p",
		"https://u:s@h/p":        "***@h/p",
		"u:s@h":                  "***@h",
		"https://h/p?k=s":        "https://h/p?***",
		"https://h/p?k=a@b":      "***@b",
		"https://u:s@x@h?k=s?t":  "***@h?***",
		"https://[bad@h/p?k=s#t": "***@h/p?***",
		"https://h/p?":           "https://h/p?***",
		"://%zz?k=s":             "://%zz?***",
		"https://h/p#fragment":   "https://h/p#***",
	} {
		if got := urls.Shown(raw); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
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

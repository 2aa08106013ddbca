// Package urls holds what is to be known before a secret is sent to a URL, and before
// one is shown to people, and makes a URL of another one without a change of the rest.
package urls

import (
	"crypto/tls"
	"net"
	"net/http"
	"strings"
)

// AllowsOldTLS reports whether a client is set up for versions of TLS that must not carry
// a secret: less than 1.2, for which zero stands in crypto/tls.
func AllowsOldTLS(hc *http.Client) bool {
	next := hc.Transport
	if next == nil {
		next = http.DefaultTransport // a program may have changed it
	}
	t, ok := next.(*http.Transport)
	if !ok || t == nil {
		return false
	}
	cfg := t.Clone().TLSClientConfig // the first request that t makes may be writing it
	if cfg == nil {
		return false
	}
	old := func(version uint16) bool { return version != 0 && version < tls.VersionTLS12 }
	return old(cfg.MinVersion) || old(cfg.MaxVersion)
}

// maxWord is how long a single word may be that is shown, in bytes.
const maxWord = 16

// Shown cuts what could be a secret from a URL: what stands before the host, the
// query and the fragment, and all of what does not look like a URL at all: it may be the
// secret itself, by mistake. It goes by the text, since what has no scheme is parsed as
// something else, and what cannot be parsed is shown too.
func Shown(raw string) string {
	if len(raw) > maxWord && !strings.ContainsAny(raw, "/:.") {
		return "***"
	}
	if i := strings.LastIndexByte(raw, '@'); i >= 0 {
		raw = "***" + raw[i:]
	}
	if i := strings.IndexByte(raw, '#'); i >= 0 {
		raw = raw[:i] + "#***"
	}
	if i := strings.IndexByte(raw, '?'); i >= 0 {
		raw = raw[:i] + "?***"
	}
	return raw
}

// IsLoopback reports whether a host is this machine: localhost, or an address of
// 127.0.0.0/8 or ::1.
func IsLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

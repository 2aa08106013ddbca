// Package urls holds what is to be known before a secret is sent to a URL, and before
// one is shown to people, and makes a URL of another one without a change of the rest.
package urls

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// TLSOf returns the TLS configuration of a client, or nil if it has none or is not of package
// net/http.
func TLSOf(hc *http.Client) *tls.Config {
	next := hc.Transport
	if next == nil {
		next = http.DefaultTransport // a program may have changed it
	}
	t, ok := next.(*http.Transport)
	if !ok || t == nil {
		return nil
	}
	return t.Clone().TLSClientConfig // the first request that t makes may be writing it
}

// AllowsOldTLS reports whether a configuration allows versions of TLS that must not carry a
// secret: less than 1.2, for which zero stands in crypto/tls.
func AllowsOldTLS(cfg *tls.Config) bool {
	old := func(version uint16) bool { return version != 0 && version < tls.VersionTLS12 }
	return cfg != nil && (old(cfg.MinVersion) || old(cfg.MaxVersion))
}

// Unverified reports whether a configuration has no certificate checked, neither by
// crypto/tls nor by a function of its own, so that anybody on the way can pose as the server.
func Unverified(cfg *tls.Config) bool {
	return cfg != nil && cfg.InsecureSkipVerify && cfg.VerifyConnection == nil && cfg.VerifyPeerCertificate == nil
}

// Shown cuts what could be a secret from a URL: what stands before the host, the
// query and the fragment, and all of what does not look like a URL at all: it may be the
// secret itself, by mistake. It goes by the text, since what has no scheme is parsed as
// something else, and what cannot be parsed is shown too.
func Shown(raw string) string {
	if raw != "" && !strings.Contains(raw, "://") {
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

// QueryValues returns the values in the query of a URL, among which there may be a secret.
func QueryValues(u *url.URL) (values []string) {
	for _, all := range u.Query() {
		values = append(values, all...)
	}
	return values
}

// BadPort reports whether a URL has a port that none can have.
func BadPort(u *url.URL) bool {
	port := u.Port()
	n, err := strconv.ParseUint(port, 10, 16)
	return port != "" && (err != nil || n == 0)
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

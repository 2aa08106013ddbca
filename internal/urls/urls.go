// Package urls holds what is to be known of a URL before a secret is sent to it,
// and before it is shown to people.
package urls

import (
	"net"
	"strings"
)

// Shown cuts what could be a secret from a URL: what stands before the host, and
// the query. It goes by the text, since what has no scheme is parsed as something
// else, and what cannot be parsed is shown too.
func Shown(raw string) string {
	if i := strings.LastIndexByte(raw, '@'); i >= 0 {
		raw = "***" + raw[i:]
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

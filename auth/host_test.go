package auth

import (
	"net/url"
	"testing"
)

// A browser leaves the port of HTTP out.
func TestTheHostOfARedirect(t *testing.T) {
	for host, all := range map[string]map[string]bool{
		"127.0.0.1:80":  {"127.0.0.1:80": true, "127.0.0.1": true, "127.0.0.1:8": false, "evil.example": false, "": false},
		"[::1]:80":      {"[::1]": true, "[::1]:80": true, "[:": false, "::1": false},
		"127.0.0.1:808": {"127.0.0.1:808": true, "127.0.0.1": false, "127.0.0.1:80": false, "127.0.0.18": false},
	} {
		c := callback{url: &url.URL{Host: host}}
		for sent, want := range all {
			if got := c.isHost(sent); got != want {
				t.Errorf("%s is for %s: %v", sent, host, got)
			}
		}
	}
}

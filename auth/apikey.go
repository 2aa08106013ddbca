package auth

import (
	"context"
	"net/http"
)

const kindAPIKey = "APIKey"

// DefaultHeader is the header in which Logs.to takes API keys for ingestion.
const DefaultHeader = "X-Logs-Api-Key"

// The schemes that Logs.to documents for API keys in the header Authorization.
const (
	Bearer  = "Bearer"
	LogsKey = "Logs-Key"
)

// APIKey authenticates with a key from the Logs.to dashboard, in the header
// X-Logs-Api-Key unless [WithHeader] or [WithScheme] say otherwise. The key
// must be printable ASCII without blanks at its ends.
func APIKey(key string, opts ...Option) *Credential {
	c := newCredential(kindAPIKey, opts)
	switch {
	case key == "":
		c.fail("the key is empty")
	case !validSecret(key):
		c.fail("the key has blanks at an end, a line break or other characters that cannot stand in a header")
	}
	c.source = source{
		secret:  func(context.Context, *http.Client) (string, error) { return key, nil },
		refused: func(string) bool { return false },
	}
	return c
}

// WithHeader puts the API key into the named header, without a scheme. The name
// must be a valid one for HTTP (RFC 9110, section 5.1). The default is
// X-Logs-Api-Key. It goes with APIKey only; of it and [WithScheme] the last one
// holds.
func WithHeader(name string) Option {
	return optionFunc(func(c *Credential) {
		switch {
		case c.kind != kindAPIKey:
			c.fail("WithHeader goes with APIKey only")
		case !validToken(name):
			c.fail("WithHeader(%q): not the name of a header", name)
		default:
			c.header, c.prefix = http.CanonicalHeaderKey(name), ""
		}
	})
}

// WithScheme puts the API key into the header Authorization after the scheme,
// [Bearer] or [LogsKey]; another one is accepted if it is a valid token (RFC
// 9110, section 11.1). It goes with APIKey only; of it and [WithHeader] the
// last one holds.
func WithScheme(scheme string) Option {
	return optionFunc(func(c *Credential) {
		switch {
		case c.kind != kindAPIKey:
			c.fail("WithScheme goes with APIKey only")
		case !validToken(scheme):
			c.fail("WithScheme(%q): not a scheme", scheme)
		default:
			c.header, c.prefix = "Authorization", scheme+" "
		}
	})
}

// validToken reports whether s is a token as RFC 9110 section 5.6.2 has it.
func validToken(s string) bool {
	for i := range len(s) {
		switch b := s[i]; {
		case b >= '0' && b <= '9', b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z':
		default:
			switch b {
			case '!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~':
			default:
				return false
			}
		}
	}
	return s != ""
}

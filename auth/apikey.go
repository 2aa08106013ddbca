package auth

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/logsto/logsto-go/internal/env"
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
	if err := checkKey(key); err != nil {
		c.fail("%w", err)
	}
	return c.withKey(literal(key, "auth.APIKey"))
}

// APIKeyFrom is [APIKey] with the key from where it lives. What can be read without
// waiting must be there from the start: a variable that is not set or a file that is
// missing is reported by transport.New. While what stands there later cannot be a key, the
// last one goes on, unless the server refuses it; Trouble, and so the error handler of the
// buffer, says so.
func APIKeyFrom(key *Secret, opts ...Option) *Credential {
	c := newCredential(kindAPIKey, opts)
	if err := key.unusable(); err != nil {
		c.fail("%w", err)
		key = literal("", "auth.APIKeyFrom")
	}
	return c.withKey(key)
}

// withKey makes the key what the credential puts on requests.
func (c *Credential) withKey(key *Secret) *Credential {
	last, old := &lastKey{}, &warning{}
	c.source = key.source
	c.source.secret = func(ctx context.Context, f fetching) (string, error) {
		secret, from, err := key.getFrom(ctx, f)
		switch {
		case err != nil && !key.source.instant && ctx.Err() == nil:
			secret, err = last.instead(err) // what was malformed is not kept, and then there was none
		case err == nil:
			if bad := last.look(key.name, secret, from.origin); bad != nil {
				key.source.refuse(secret) // so that it is not kept
				secret, err = last.instead(bad)
			} else if c.maxKeyAge > 0 {
				if since := last.usedSince(from); time.Since(since) > c.maxKeyAge {
					old.raise(fmt.Errorf("auth: APIKey: the key %s has been the same since %s, and WithMaxKeyAge says %v; replace it",
						fingerprint(secret), since.Format(time.DateOnly), c.maxKeyAge))
				}
			}
		}
		if err != nil {
			return "", fmt.Errorf("auth: APIKey: %w", err)
		}
		return secret, nil
	}
	c.source.refused = func(secret string) {
		last.drop(secret)
		key.source.refuse(secret)
	}
	c.source.alsoWorry(last.trouble)
	c.source.alsoWarn(old)
	if key.source.instant {
		c.try = func() error {
			_, err := c.source.secret(context.Background(), fetching{})
			return err
		}
	}
	c.id = fingerprint
	c.origin = func() string { return cmp.Or(last.from(), key.origin) }
	return c
}

// lastKey keeps the last key that could be one: it goes on while its place has something
// else, as a half-written file may.
type lastKey struct {
	mu     sync.Mutex
	key    string
	origin string    // of the key, also when it has been dropped; empty if there was none
	bad    error     // why what stands there now is no key, or nil
	since  time.Time // of the key, by the clock of the system
}

// look takes note of what has been read, and returns why it can be no key, or nil. name
// says where it was read for errors, and origin for messages.
func (l *lastKey) look(name, key, origin string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.bad = checkKey(key); l.bad != nil {
		l.bad = fmt.Errorf("%s: %w", name, l.bad)
		return l.bad
	}
	if l.key != key {
		l.since = time.Now().Round(0)
	}
	l.key, l.origin = key, origin
	return nil
}

// usedSince returns since when the key has been the same: since it was read first, or since
// the file was changed that it is from.
func (l *lastKey) usedSince(from *Secret) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if from.changed != nil {
		if changed := from.changed(); !changed.IsZero() && changed.Before(l.since) {
			return changed
		}
	}
	return l.since
}

// from returns the origin of the last key.
func (l *lastKey) from() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.origin
}

// instead returns the last key, or bad if there is none.
func (l *lastKey) instead(bad error) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.key == "" {
		return "", bad
	}
	return l.key, nil
}

// drop forgets the key, which the server has refused.
func (l *lastKey) drop(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.key == key {
		l.key = ""
	}
}

// trouble returns why there is no newer key, although there is one.
func (l *lastKey) trouble() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.key == "" || l.bad == nil {
		return nil
	}
	return fmt.Errorf("auth: APIKey: %w", l.bad)
}

// checkKey returns why the key cannot be one, or nil.
func checkKey(key string) error {
	switch {
	case key == "":
		return &setupError{errors.New("the key is empty")}
	case env.Quoted(key):
		return &setupError{errors.New("the key has quotation marks around it; leave them out")}
	case hasPrefix(key):
		return &setupError{errors.New("the key has a scheme or a name before it, such as Bearer; leave that out")}
	case !validSecret(key):
		return &setupError{errors.New("the key has blanks at an end, a line break or other characters that cannot stand in a header")}
	}
	return nil
}

// hasPrefix reports whether what was copied is more than the key: the value of a header, the
// header itself, or a line of a file of variables.
func hasPrefix(key string) bool {
	for _, prefix := range []string{Bearer + " ", LogsKey + " ", "Basic ", "Token ", "Authorization:", DefaultHeader + ":", EnvAPIKey + "=", "export "} {
		if len(key) >= len(prefix) && strings.EqualFold(key[:len(prefix)], prefix) {
			return true
		}
	}
	return false
}

// fingerprint tells keys apart without showing anything of them.
func fingerprint(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "sha256:" + hex.EncodeToString(sum[:4])
}

// WithHeader puts the API key into the named header, without a scheme. The name
// must be a valid one for HTTP (RFC 9110, section 5.1). The default is
// X-Logs-Api-Key. It goes with API keys only; of it and [WithScheme] the last one
// holds.
func WithHeader(name string) Option {
	return optionFunc(func(c *Credential) {
		switch {
		case c.kind != kindAPIKey:
			c.fail("WithHeader goes with API keys only")
		case !validToken(name):
			c.fail("WithHeader(%s): not the name of a header", shownName(name))
		default:
			c.header, c.prefix = http.CanonicalHeaderKey(name), ""
		}
	})
}

// WithMaxKeyAge has the error handler of the buffer told, once for each key, when the key has
// been the same for longer than maxAge: since this process read it first, or, of a [File],
// since that was changed. Logs.to recommends to replace keys every 90 days. By default keys
// are not said to be old. maxAge must be positive. It goes with API keys only.
func WithMaxKeyAge(maxAge time.Duration) Option {
	return optionFunc(func(c *Credential) {
		switch {
		case c.kind != kindAPIKey:
			c.fail("WithMaxKeyAge goes with API keys only")
		case maxAge <= 0:
			c.fail("WithMaxKeyAge(%v): must be positive", maxAge)
		default:
			c.maxKeyAge = maxAge
		}
	})
}

// WithScheme puts the API key into the header Authorization after the scheme,
// [Bearer] or [LogsKey]; another one is accepted if it is a valid token (RFC
// 9110, section 11.1). It goes with API keys only; of it and [WithHeader] the
// last one holds.
func WithScheme(scheme string) Option {
	return optionFunc(func(c *Credential) {
		switch {
		case c.kind != kindAPIKey:
			c.fail("WithScheme goes with API keys only")
		case strings.EqualFold(scheme, "LogsKey"): // the name of the constant
			c.fail("WithScheme(%s): the scheme is %s", shownName(scheme), LogsKey)
		case !validToken(scheme):
			c.fail("WithScheme(%s): not a scheme", shownName(scheme))
		default:
			c.header, c.prefix = "Authorization", scheme+" "
		}
	})
}

// maxShownName is how long a name may be that is wrong and is shown: a longer one may have
// the key in it.
const maxShownName = 16

func shownName(name string) string {
	if len(name) > maxShownName {
		return `"***"`
	}
	return strconv.Quote(name)
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

// Package auth puts credentials on requests to Logs.to.
//
// A [Credential] is given to transport.WithAuth:
//
//	[APIKey], [APIKeyFrom]   a key from the dashboard
//	[ClientCredentials]      a service, by OAuth 2.0
//	[AuthorizationCode]      a person, who has said yes in a browser once; see [Login]
//	[TokenSource]            any oauth2.TokenSource
//	[FromEnv]                one of the first three, as environment variables say
//
// What is wrong with it, such as an empty key, is reported by transport.New. A
// credential may be used by any number of goroutines.
//
// Keys and client secrets come from where they live, see [Secret], and are replaced
// there without a restart. Tokens are fetched once for all requests, and replaced in the
// background before they expire. What the server has refused (401) is dropped.
//
// Keys, client secrets and tokens never print: no verb of package fmt, no encoder and no
// error of this package shows them. They are not sent over plain http beyond loopback,
// unless transport.WithInsecure permits it, and a token endpoint's redirects are not
// followed.
//
// Logs.to documents API keys in the header X-Logs-Api-Key, or in Authorization with the
// scheme Bearer or Logs-Key, and OAuth 2.0 access tokens in Authorization with the scheme
// Bearer. It recommends keys that may do no more than they are for, one for each
// application, replaced every 90 days.
package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// Credential authenticates requests. Package transport calls its methods; a program that
// sends requests of its own to Logs.to may do the same: Check once, Apply for each request,
// Taken or, on a 401, Refused for its answer. It shows as auth.APIKey(***) or the like,
// whatever prints it.
type Credential struct {
	kind   string // the constructor's name
	header string // canonical name of the header
	prefix string // before the secret in the header, such as "Bearer "
	err    error  // why the credential cannot work
	source source
	id     func(secret string) string
	origin func() string // what Origin returns
	sign   func(prefix, secret string) string

	urls []checkedURL // where secrets go, beside the endpoint
	try  func() error // why the secret cannot be had, as far as is known without waiting; may be nil

	variables []string // of FromEnv, which errors of Check name; otherwise nil

	maxKeyAge time.Duration // of WithMaxKeyAge; zero for none

	clientSecret *Secret // of WithClientSecret
	privateKey   *Secret // of WithPrivateKey
	keyID        string

	assertionAudience string // of WithAssertionAudience
}

// checkedURL says what is wrong with a URL to which a secret goes. It is a function since
// there may be a secret in the URL, see source.
type checkedURL func(insecure bool) error

// named returns the check of a URL that is called so.
func named(name, raw string) checkedURL {
	return func(insecure bool) error {
		err := checkURL(name, raw, insecure)
		if errors.Is(err, errPlain) {
			err = fmt.Errorf("%w; transport.WithInsecure permits it", err)
		}
		return err
	}
}

// Option changes a default of a constructor. An option that does not go with
// the constructor, or an invalid value, is reported by Check.
type Option interface{ apply(*Credential) }

type optionFunc func(*Credential)

func (f optionFunc) apply(c *Credential) { f(c) }

func newCredential(kind string, opts []Option) *Credential {
	c := &Credential{kind: kind, header: "Authorization", prefix: "Bearer ", sign: signer()}
	if kind == kindAPIKey {
		c.header, c.prefix = DefaultHeader, ""
	}
	for _, o := range opts {
		if o == nil {
			c.fail("an option is nil")
			continue
		}
		o.apply(c)
	}
	return c
}

// signer returns a function that puts prefix and secret together, and keeps the last
// result: there is one copy of a secret then, and not one for each request.
func signer() func(prefix, secret string) string {
	var last atomic.Pointer[string]
	return func(prefix, secret string) string {
		if p := last.Load(); p != nil && len(*p) == len(prefix)+len(secret) && (*p)[len(prefix):] == secret {
			return *p
		}
		value := prefix + secret
		last.Store(&value)
		return value
	}
}

// fail keeps the first thing that is wrong.
func (c *Credential) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("auth: %s: %w", c.kind, fmt.Errorf(format, args...))
	}
}

// Check returns what makes the credential unusable, or nil. insecure permits
// a token endpoint on plain http to a host other than loopback. Nothing is fetched for
// it; files and environment variables are read.
func (c *Credential) Check(insecure bool) error {
	if c == nil {
		return errors.New("auth: the credential is nil")
	}
	err := c.check(insecure)
	if err != nil && len(c.variables) > 0 {
		err = fmt.Errorf("auth: FromEnv: %s: %w", strings.Join(c.variables, ", "), err)
	}
	return err
}

func (c *Credential) check(insecure bool) error {
	switch {
	case c.err != nil:
		return c.err
	case c.source.secret == nil:
		return errors.New("auth: the credential is not made by a constructor")
	}
	for _, check := range c.urls {
		if err := check(insecure); err != nil {
			return fmt.Errorf("auth: %s: %w", c.kind, err)
		}
	}
	if c.try == nil {
		return nil
	}
	return c.try()
}

// Header returns the canonical name of the header that Apply sets.
func (c *Credential) Header() string { return c.header }

// Apply puts the credential into h. What must be fetched first is fetched with hc,
// within ctx; nil means http.DefaultClient. Redirects are not followed then. Apply
// returns the secret for Refused and ID; keep it from everything else. The credential
// must have passed Check.
func (c *Credential) Apply(ctx context.Context, hc *http.Client, h http.Header) (secret string, err error) {
	secret, err = c.source.secret(ctx, fetching{hc})
	if err != nil {
		return "", err
	}
	value := c.sign(c.prefix, secret)
	h[c.header] = []string{value}
	return value[len(c.prefix):], nil
}

// Refused tells the credential that the server has refused the secret that Apply
// returned (401). The next Apply may bring another one; if it returns the same, there is
// no other. A newer secret is not affected.
func (c *Credential) Refused(secret string) { c.source.refuse(secret) }

// Taken tells the credential that the server has taken the secret that Apply returned. If
// it refuses the same one later, another one will most likely be taken, and is fetched
// without a wait.
func (c *Credential) Taken(secret string) { c.source.take(secret) }

// Trouble returns why the secret cannot be renewed, although there is one that goes on:
// a token endpoint that refuses the client, a file that is missing, or what cannot be a
// key in the place of one; and for half a minute what should be told once, such as that a
// key is old ([WithMaxKeyAge]). Otherwise it returns nil.
func (c *Credential) Trouble() error { return c.source.worry() }

// Watch calls f when Trouble has begun or ended in the background, until stop is called. A
// file is not watched: what is wrong with it is known with the next request. f must return
// soon, and may be in a call when stop is. What it panics with is dropped.
func (c *Credential) Watch(f func()) (stop func()) { return c.source.watchBy(f) }

// ID tells apart what Apply returns, without showing anything of it: it is the start of
// the SHA-256 sum of an API key, as in sha256:1a2b3c4d, and the client id for OAuth 2.0. It is
// empty for a TokenSource.
func (c *Credential) ID(secret string) string {
	if c.id == nil {
		return ""
	}
	return c.id(secret)
}

// Fetches returns how many tokens, or keys of a function, have been fetched or tried to
// be, and how many of that in vain.
func (c *Credential) Fetches() (fetches, failures uint64) {
	return c.source.count()
}

// String returns the constructor's name with the secret left out.
func (c *Credential) String() string {
	if c == nil {
		return "auth.Credential(nil)"
	}
	return "auth." + c.kind + "(***)"
}

// Format implements [fmt.Formatter]: every verb prints what String returns.
func (c *Credential) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.String())) }

// MarshalText implements [encoding.TextMarshaler] with what String returns.
func (c *Credential) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// LogValue implements [slog.LogValuer] with what String returns.
func (c *Credential) LogValue() slog.Value { return slog.StringValue(c.String()) }

// validSecret reports whether s can stand in a header as it is: printable
// ASCII without a blank at either end.
func validSecret(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && s[0] != ' ' && s[len(s)-1] != ' '
}

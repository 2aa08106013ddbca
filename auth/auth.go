// Package auth puts credentials on requests to Logs.to.
//
// A [Credential] is made by [APIKey], [ClientCredentials] or [TokenSource] and
// given to transport.WithAuth. What is wrong with it, such as an empty key, is
// reported by transport.New. A credential may be used by any number of
// goroutines.
//
// Keys, client secrets and tokens never print: no verb of package fmt, no
// encoder and no error of this package shows them.
//
// Logs.to documents API keys in the header X-Logs-Api-Key, or in Authorization
// with the scheme Bearer or Logs-Key, and OAuth 2.0 access tokens in
// Authorization with the scheme Bearer.
package auth

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
)

// Credential authenticates requests. It shows as auth.APIKey(***) or the like,
// whatever prints it.
type Credential struct {
	kind   string // the constructor's name
	header string // canonical name of the header
	prefix string // before the secret in the header, such as "Bearer "
	err    error  // why the credential cannot work
	source source

	// tokenURL is where the client secret goes, or empty.
	tokenURL string
}

// source yields the secret. It is made of functions so that nothing that walks
// through values by reflection, as package fmt does, comes upon the secret.
type source struct {
	// secret returns the key or token to use now. A source that must fetch it
	// does so with hc.
	secret func(ctx context.Context, hc *http.Client) (string, error)
	// refused is told that the server has refused the secret, and reports
	// whether another one may be had.
	refused func(secret string) bool
}

// Option changes a default of a constructor. An option that does not go with
// the constructor, or an invalid value, is reported by Check.
type Option interface{ apply(*Credential) }

type optionFunc func(*Credential)

func (f optionFunc) apply(c *Credential) { f(c) }

func newCredential(kind string, opts []Option) *Credential {
	c := &Credential{kind: kind, header: "Authorization", prefix: "Bearer "}
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

// fail keeps the first thing that is wrong.
func (c *Credential) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("auth: %s: %s", c.kind, fmt.Sprintf(format, args...))
	}
}

// Check returns what makes the credential unusable, or nil. insecure permits a
// token endpoint on plain http to a host other than loopback.
func (c *Credential) Check(insecure bool) error {
	switch {
	case c == nil:
		return fmt.Errorf("auth: the credential is nil")
	case c.err != nil:
		return c.err
	case c.tokenURL != "":
		if err := checkTokenURL(c.tokenURL, insecure); err != nil {
			return fmt.Errorf("auth: %s: %w", c.kind, err)
		}
	}
	return nil
}

// Header returns the canonical name of the header that Apply sets.
func (c *Credential) Header() string { return c.header }

// Apply puts the credential into h. A token that must be fetched first is
// fetched with hc, within ctx; hc decides which redirects the client secret
// follows, and nil means http.DefaultClient. Apply returns the secret for
// Refused; keep it from everything else. The credential must have passed Check.
func (c *Credential) Apply(ctx context.Context, hc *http.Client, h http.Header) (secret string, err error) {
	secret, err = c.source.secret(ctx, hc)
	if err != nil {
		return "", err
	}
	h.Set(c.header, c.prefix+secret)
	return secret, nil
}

// Refused tells the credential that the server has refused the secret that
// Apply returned, and reports whether the next Apply may bring another one. A
// newer secret is not affected.
func (c *Credential) Refused(secret string) bool { return c.source.refused(secret) }

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

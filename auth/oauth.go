package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/logsto/logsto-go/internal/isnil"
	"github.com/logsto/logsto-go/internal/redact"
	"github.com/logsto/logsto-go/internal/urls"
)

const (
	kindClientCredentials = "ClientCredentials"
	kindAuthorizationCode = "AuthorizationCode"
)

// ClientCredentials authenticates a service with access tokens that it gets for its
// client id and secret (RFC 6749, section 4.4). ClientID, TokenURL and a secret are
// required: ClientSecret, or in its place [WithClientSecret] or [WithPrivateKey]. The
// URL must be https, or http to a loopback host. Scopes are what the tokens may be used
// for; for a service that only logs, ask for that alone. EndpointParams has further
// parameters, such as "audience". AuthStyle says how the client authenticates: in the
// header Authorization, in parameters, or first the one and then the other, which is the
// default. cfg is copied.
//
// A token is fetched once for all requests, with the HTTP client of the transport, when
// the first request needs it; a request waits for it within its own context. It is
// replaced in the background when 70 to 85 % of its life have passed, and used on while
// that fails. A token that the server refuses is dropped. While the token endpoint
// fails, or does not answer within 15 seconds, it is asked after waits of 0.5 to 1.5
// seconds that grow to 15 to 45, or when it says so (Retry-After).
func ClientCredentials(cfg clientcredentials.Config, opts ...Option) *Credential {
	c := newCredential(kindClientCredentials, opts)
	cfg.Scopes = slices.Clone(cfg.Scopes)
	cfg.EndpointParams = cloneParams(cfg.EndpointParams)
	ways := 0
	for _, given := range []bool{cfg.ClientSecret != "", c.clientSecret != nil, c.privateKey != nil} {
		if given {
			ways++
		}
	}
	switch {
	case cfg.ClientID == "":
		c.fail("ClientID is empty")
	case ways == 0:
		c.fail("ClientSecret is empty")
	case ways > 1:
		c.fail("ClientSecret, WithClientSecret and WithPrivateKey exclude each other")
	case cfg.TokenURL == "":
		c.fail("TokenURL is empty")
	case len(cfg.Scopes) > 0 && cfg.EndpointParams.Has("scope"): // which package oauth2 would refuse each time
		c.fail("Scopes and the parameter scope exclude each other")
	case c.assertionAudience != "" && c.privateKey == nil:
		c.fail("WithAssertionAudience goes with WithPrivateKey only")
	}
	id := cfg.ClientID
	c.id = func(string) string { return id }
	c.urls = []checkedURL{named("TokenURL", cfg.TokenURL)}
	c.origin = originOf(tokenEndpoint(cfg.TokenURL))
	f := &clientFetch{cfg: &cfg, secret: c.clientSecret}
	if c.privateKey != nil {
		f.secret = c.privateKey
		f.signer = &assertionSigner{clientID: cfg.ClientID, audience: cmp.Or(c.assertionAudience, cfg.TokenURL), keyID: c.keyID}
	}
	c.source = newCache("a token of "+bareURL(cfg.TokenURL), f.fetch).source()
	if f.secret != nil {
		if f.secret.source.instant {
			c.try = f.try
		}
		c.source.alsoWorry(f.secret.source.worry)
	}
	return c
}

// WithClientSecret takes the client secret from where it lives, in the place of
// ClientSecret of the configuration. It is read for each token, and again when the token
// endpoint does not take it (invalid_client). It goes with [ClientCredentials],
// [AuthorizationCode] and [Login].
func WithClientSecret(secret *Secret) ClientOption { return clientSecretOption{secret} }

// ClientOption is an option of credentials and of [Login].
type ClientOption interface {
	Option
	LoginOption
}

type clientSecretOption struct{ secret *Secret }

func (o clientSecretOption) apply(c *Credential) {
	switch err := o.secret.unusable(); {
	case c.kind != kindClientCredentials && c.kind != kindAuthorizationCode:
		c.fail("WithClientSecret goes with ClientCredentials and AuthorizationCode only")
	case err != nil:
		c.fail("WithClientSecret: %w", err)
	default:
		c.clientSecret = o.secret
	}
}

func (o clientSecretOption) applyLogin(l *login) {
	if err := o.secret.unusable(); err != nil {
		l.fail("WithClientSecret: %w", err)
	}
	l.secret = o.secret
}

func cloneParams(v url.Values) url.Values {
	v = maps.Clone(v)
	for name, values := range v {
		v[name] = slices.Clone(values)
	}
	return v
}

// clientFetch fetches tokens for client credentials.
type clientFetch struct {
	cfg    *clientcredentials.Config
	secret *Secret          // of the client, or its private key; nil if cfg has the secret
	signer *assertionSigner // nil without a private key

	style styleFinder
}

func (f *clientFetch) fetch(ctx context.Context, how fetching, _ string) (grant, error) {
	g, secret, err := f.once(ctx, how)
	if f.mayHelp(ctx, how, secret, err) {
		g, _, err = f.once(ctx, how)
	}
	return g, err
}

// mayHelp reports whether a request that has failed may be granted at once: since it was
// our clock, or there is another secret by now.
func (f *clientFetch) mayHelp(ctx context.Context, how fetching, secret string, err error) bool {
	var e *TokenError
	if f.secret == nil || !errors.As(err, &e) || e.Code != "invalid_client" {
		return false
	}
	f.secret.source.refuse(secret)
	next, err := f.secret.get(ctx, how)
	other := err == nil && next != secret
	return f.signer != nil && f.signer.learn(e.date) || other
}

// once makes one request. It returns the secret that it was made with, if that is not
// the configuration's.
func (f *clientFetch) once(ctx context.Context, how fetching) (grant, string, error) {
	secret := ""
	if f.secret != nil {
		var err error
		if secret, err = f.secret.get(ctx, how); err != nil {
			return grant{}, "", fmt.Errorf("auth: ClientCredentials: %w", err)
		}
	}
	cfg, secrets, err := f.config(secret)
	if err != nil {
		return grant{}, "", err
	}
	began := time.Now()
	tok, err := f.style.find(cfg.AuthStyle, func(style oauth2.AuthStyle) (*oauth2.Token, error) {
		cfg.AuthStyle = style
		seen := &answerSeen{}
		tok, err := cfg.Token(seen.context(ctx, how.client))
		if err != nil {
			return nil, tokenError(err, seen, cfg.TokenURL, secrets...)
		}
		return tok, nil
	})
	if err != nil {
		return grant{}, secret, err
	}
	g, err := tokenGrant(tok, began)
	return g, secret, err
}

// try returns why there can be no request now, without waiting.
func (f *clientFetch) try() error {
	secret, err := f.secret.get(context.Background(), fetching{})
	if err != nil {
		return fmt.Errorf("auth: ClientCredentials: %w", err)
	}
	_, _, err = f.config(secret)
	return err
}

// config returns the configuration for the next request, and the secrets in it.
func (f *clientFetch) config(secret string) (*clientcredentials.Config, []string, error) {
	cfg := &clientcredentials.Config{
		ClientID: f.cfg.ClientID, ClientSecret: f.cfg.ClientSecret, TokenURL: f.cfg.TokenURL, Scopes: f.cfg.Scopes,
		EndpointParams: cloneParams(f.cfg.EndpointParams), AuthStyle: f.cfg.AuthStyle,
	}
	params := secretParams(cfg.EndpointParams, cfg.TokenURL)
	if f.signer == nil {
		if f.secret != nil {
			cfg.ClientSecret = secret
		}
		return cfg, append(params, clientSecrets(cfg.ClientID, cfg.ClientSecret)...), nil
	}
	assertion, err := f.signer.sign(secret)
	if err != nil {
		return nil, nil, &setupError{fmt.Errorf("auth: ClientCredentials: %s: %w", f.secret.name, err)}
	}
	cfg.AuthStyle = oauth2.AuthStyleInParams
	if cfg.EndpointParams == nil {
		cfg.EndpointParams = url.Values{}
	}
	cfg.EndpointParams.Set("client_assertion_type", assertionType)
	cfg.EndpointParams.Set("client_assertion", assertion)
	return cfg, append(params, assertion), nil
}

// TokenSource authenticates with the access tokens of ts. A token is kept
// until it is about to expire or the server refuses it, and replaced before; ts.Token is
// called by one goroutine at a time, and nobody waits longer than 15 seconds for it; when
// it has not returned for five minutes, another call may begin. If ts has a cache of its
// own that brings a refused token again, that is used, for want of another. The errors of
// ts are passed on in one line, so they must not show secrets; an [*oauth2.RetrieveError]
// becomes a [*TokenError], without the answer and the request that it holds.
func TokenSource(ts oauth2.TokenSource, opts ...Option) *Credential {
	c := newCredential("TokenSource", opts)
	if isnil.Value(ts) {
		c.fail("the source is nil")
	}
	cache := newCache("the token source", func(context.Context, fetching, string) (grant, error) {
		began := time.Now()
		tok, err := ts.Token()
		if err != nil {
			return grant{}, fmt.Errorf("auth: TokenSource: %w", err)
		}
		return tokenGrant(tok, began)
	})
	c.source = cache.source()
	c.origin = originOf("a token source")
	return c
}

// maxToken bounds an access token, in bytes. Servers take headers of 8 to 64 KiB.
const maxToken = 64 << 10

// checkToken returns why a token cannot be used, or nil. A client must not use one of a
// type that it does not know (RFC 6749, section 7.1). An endpoint, or what stands before it,
// that makes such tokens goes on with that until somebody mends it.
func checkToken(tok *oauth2.Token) error {
	switch {
	case tok == nil || tok.AccessToken == "":
		return badToken("auth: the token source returned no access token")
	case len(tok.AccessToken) > maxToken:
		return badToken("auth: the access token has more than %d bytes", maxToken)
	case !validSecret(tok.AccessToken):
		return badToken("auth: the access token has characters that cannot stand in a header")
	case !strings.EqualFold(tok.Type(), Bearer):
		return badToken("auth: the access token is of type %q, and not Bearer", redact.Text(tok.TokenType, 64, tok.AccessToken, tok.RefreshToken))
	}
	return nil
}

func badToken(format string, args ...any) error { return &setupError{fmt.Errorf(format, args...)} }

// tokenGrant returns the token as a grant. A token that has expired already, because
// the source says so or our clock differs from its, is used until the server refuses
// it.
func tokenGrant(tok *oauth2.Token, began time.Time) (grant, error) {
	if err := checkToken(tok); err != nil {
		return grant{}, err
	}
	g := grant{secret: tok.AccessToken}
	if !tok.Expiry.IsZero() && time.Until(tok.Expiry) > 0 {
		g.life = tok.Expiry.Sub(began)
	}
	return g, nil
}

// errPlain says that a secret would be sent in the clear.
var errPlain = errors.New("plain http to a host that is not loopback")

// checkURL refuses a URL to which a secret must not be sent.
func checkURL(name, raw string, insecure bool) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return fmt.Errorf("%s is not a URL", name)
	case u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("%s %q: not an https URL", name, urls.Shown(raw))
	case urls.BadPort(u):
		return fmt.Errorf("%s %q: the port is not from 1 to 65535", name, urls.Shown(raw))
	case u.User != nil:
		return fmt.Errorf("%s %q: a user name or password must not be in a URL", name, urls.Shown(raw))
	case u.Scheme == "http" && !insecure && !urls.IsLoopback(u.Hostname()):
		return fmt.Errorf("%s %q: %w", name, urls.Shown(raw), errPlain)
	}
	return nil
}

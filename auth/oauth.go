package auth

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/logsto/logsto-go/internal/redact"
	"github.com/logsto/logsto-go/internal/urls"
)

// ClientCredentials authenticates a service with access tokens that it gets
// for its client id and secret (RFC 6749, section 4.4). ClientID, ClientSecret
// and TokenURL are required; the URL must be https, or http to a loopback
// host.
//
// A token is fetched once for all requests, when the first needs it or when it
// is about to expire, with the HTTP client of the transport. A request waits
// for it within its own context. A token that the server refuses is discarded.
func ClientCredentials(cfg clientcredentials.Config, opts ...Option) *Credential {
	c := newCredential("ClientCredentials", opts)
	switch {
	case cfg.ClientID == "":
		c.fail("ClientID is empty")
	case cfg.ClientSecret == "":
		c.fail("ClientSecret is empty")
	case cfg.TokenURL == "":
		c.fail("TokenURL is empty")
	}
	c.tokenURL = cfg.TokenURL
	cache := &tokenCache{fetch: func(ctx context.Context, hc *http.Client) (*oauth2.Token, error) {
		if hc != nil {
			ctx = context.WithValue(ctx, oauth2.HTTPClient, hc)
		}
		tok, err := cfg.Token(ctx)
		return tok, fetchError(err, &cfg)
	}}
	c.source = source{cache.secret, cache.refused}
	return c
}

// TokenSource authenticates with the access tokens of ts. A token is kept
// until it is about to expire or the server refuses it; ts.Token is called by
// one goroutine at a time. Its errors are passed on as they are, so they must
// not show secrets.
func TokenSource(ts oauth2.TokenSource, opts ...Option) *Credential {
	c := newCredential("TokenSource", opts)
	if ts == nil {
		c.fail("the source is nil")
	}
	cache := &tokenCache{endless: true, fetch: func(context.Context, *http.Client) (*oauth2.Token, error) {
		tok, err := ts.Token()
		if err != nil {
			return nil, fmt.Errorf("auth: TokenSource: %w", err)
		}
		return tok, nil
	}}
	c.source = source{cache.secret, cache.refused}
	return c
}

// checkTokenURL refuses a URL to which a client secret must not be sent.
func checkTokenURL(raw string, insecure bool) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return errors.New("TokenURL is not a URL")
	case u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("TokenURL %q: not an https URL", urls.Shown(raw))
	case u.User != nil:
		return fmt.Errorf("TokenURL %q: a user name or password must not be in a URL", urls.Shown(raw))
	case u.Scheme == "http" && !insecure && !urls.IsLoopback(u.Hostname()):
		return fmt.Errorf("TokenURL %q: plain http to a host that is not loopback", urls.Shown(raw))
	}
	return nil
}

// TokenError says why the token endpoint gave no token.
type TokenError struct {
	URL         string // the token endpoint, without a query
	Status      int    // of its answer; 0 without one
	Code        string // the error code of RFC 6749 section 5.2, if the answer has one
	Description string // error_description, or the start of an answer without a code
	Err         error  // why there was no answer
}

// Error returns all of it in one line.
func (e *TokenError) Error() string {
	var sb strings.Builder
	fmt.Fprintf(&sb, "auth: token endpoint %s: ", e.URL)
	switch {
	case e.Err != nil:
		sb.WriteString(e.Err.Error())
	case e.Code != "":
		fmt.Fprintf(&sb, "%d %s", e.Status, e.Code)
	default:
		fmt.Fprintf(&sb, "%d %s", e.Status, http.StatusText(e.Status))
	}
	if e.Description != "" {
		fmt.Fprintf(&sb, ": %s", e.Description)
	}
	return sb.String()
}

// Unwrap returns Err.
func (e *TokenError) Unwrap() error { return e.Err }

// maxDescription bounds what an error repeats of an answer, in bytes.
const maxDescription = 512

// fetchError makes an error of package oauth2 one that cannot show the secret:
// the original holds the response, and with it the request.
func fetchError(err error, cfg *clientcredentials.Config) error {
	if err == nil {
		return nil
	}
	// The header of the request, which some servers send back, has both.
	basic := url.QueryEscape(cfg.ClientID) + ":" + url.QueryEscape(cfg.ClientSecret)
	secrets := []string{cfg.ClientSecret, base64.StdEncoding.EncodeToString([]byte(basic))}
	hide := func(text string) string { return redact.Text(text, maxDescription, secrets...) }
	e := &TokenError{URL: bareURL(cfg.TokenURL)}
	var retrieve *oauth2.RetrieveError
	var urlErr *url.Error
	switch {
	case errors.As(err, &retrieve):
		e.Status = retrieve.Response.StatusCode
		e.Code = hide(retrieve.ErrorCode)
		e.Description = retrieve.ErrorDescription
		if e.Code == "" {
			e.Description = string(retrieve.Body)
		}
		e.Description = hide(e.Description)
	case errors.As(err, &urlErr):
		e.Err = urlErr.Err // without the URL, which may have a query
		if redact.Shows(e.Err.Error(), secrets...) {
			e.Err = errors.New("the reason is left out: it shows the client secret")
		}
	default:
		e.Err = errors.New(hide(err.Error()))
	}
	return e
}

func bareURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "(malformed)"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

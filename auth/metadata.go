package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/internal/redact"
	"github.com/logsto/logsto-go/internal/urls"
)

// Metadata is what an authorization server says of itself (RFC 8414), as far as [Login] and
// [Logout] need it. [Discover] asks for it.
type Metadata struct {
	Issuer        string // the server's name, an https URL
	AuthURL       string // where a person logs in
	TokenURL      string // where tokens come from
	RevocationURL string // where they are given back (RFC 7009); may be empty
	SendsIssuer   bool   // each redirect says that it comes from Issuer (RFC 9207)
}

// Endpoint returns the part of it that an [oauth2.Config] has.
func (m *Metadata) Endpoint() oauth2.Endpoint {
	return oauth2.Endpoint{AuthURL: m.AuthURL, TokenURL: m.TokenURL}
}

// WithMetadata has [Login] and [Logout] go by what the authorization server says of itself:
// a redirect whose parameter iss is not exactly the Issuer is refused, and one without iss
// if the server sends it always (RFC 9207, section 2.4); Logout revokes the token if there
// is a RevocationURL. [WithIssuer] and [WithRevocationURL] have precedence. m must not be
// nil, nor its Issuer empty, and its endpoints must be those of the configuration: tokens of
// one server must not get to another.
func WithMetadata(m *Metadata) LoginOption {
	return loginOptionFunc(func(l *login) {
		if m == nil || m.Issuer == "" {
			l.fail("WithMetadata: an issuer is required")
			return
		}
		l.metadata = *m
	})
}

// goesWith reports whether the metadata are those of the server that has the endpoints.
func (m *Metadata) goesWith(e oauth2.Endpoint) error {
	switch {
	case m.TokenURL != "" && m.TokenURL != e.TokenURL:
		return errors.New("WithMetadata: its TokenURL is not that of the configuration")
	case m.AuthURL != "" && e.AuthURL != "" && m.AuthURL != e.AuthURL:
		return errors.New("WithMetadata: its AuthURL is not that of the configuration")
	}
	return nil
}

// wellKnown are the places where servers have their metadata, with the path of the issuer
// in the place of %s: that of RFC 8414, section 3.1, and that of OpenID Connect Discovery.
var wellKnown = [...]string{"/.well-known/oauth-authorization-server%s", "%s/.well-known/openid-configuration"}

// Discover asks an authorization server for its metadata, by the name that it has in its own
// documentation, such as https://auth.example or https://auth.example/realms/main. It looks
// where RFC 8414 says, and if nothing is there, where OpenID Connect does.
//
// issuer must be https, or http to a loopback host, without a query and a fragment. The
// server must call itself exactly so (RFC 8414, section 3.3), and its endpoints must be https,
// or on loopback if the issuer is: otherwise Discover fails. It follows no redirects, and
// takes half a minute at most. Of the options it uses [WithLoginHTTPClient] only. A program
// may keep the result; servers rarely change it.
func Discover(ctx context.Context, issuer string, opts ...LoginOption) (*Metadata, error) {
	m, err := discover(ctx, issuer, opts)
	if err != nil {
		return nil, fmt.Errorf("auth: Discover: %w", err)
	}
	return m, nil
}

func discover(ctx context.Context, issuer string, opts []LoginOption) (*Metadata, error) {
	l := &login{expect: &expected{}}
	l.apply(opts)
	if l.err != nil {
		return nil, l.err
	}
	if err := checkURL("the issuer", issuer, false); err != nil {
		return nil, err
	}
	u, err := url.Parse(issuer)
	if err != nil {
		return nil, errors.New("the issuer is not a URL")
	}
	if strings.ContainsAny(issuer, "?#") {
		return nil, errors.New("the issuer has a query or a fragment")
	}
	hc, done := l.httpClient()
	defer done()
	ctx, cancel := context.WithTimeout(ctx, exchangeTimeout)
	defer cancel()
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	for _, place := range wellKnown {
		at := u.Scheme + "://" + u.Host + fmt.Sprintf(place, path)
		m, found, err := fetchMetadata(ctx, hc, at)
		switch {
		case err != nil:
			return nil, tame(err)
		case found:
			if err := m.check(issuer, !urls.IsLoopback(u.Hostname())); err != nil { // which may quote all of the document
				return nil, errors.New(redact.Text(err.Error(), maxReason))
			}
			return m, nil
		}
	}
	return nil, fmt.Errorf("%s has no metadata: see its documentation for its issuer, or set the endpoints by hand", issuer)
}

// fetchMetadata asks for the metadata at a place, and reports whether there are any. A panic
// of an HTTP client that is not ours is an error.
func fetchMetadata(ctx context.Context, hc *http.Client, at string) (m *Metadata, found bool, err error) {
	defer func() {
		if recover() != nil {
			m, err = nil, errors.New("the HTTP client panicked")
		}
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return nil, false, errors.New("the issuer is not a URL")
	}
	req.Header.Set("Accept", "application/json")
	resp, err := hc.Do(req)
	if err != nil {
		return nil, false, err
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	switch {
	case resp.StatusCode >= 500:
		return nil, false, fmt.Errorf("%s: %d %s", at, resp.StatusCode, http.StatusText(resp.StatusCode))
	case resp.StatusCode != http.StatusOK:
		return nil, false, nil
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, false, fmt.Errorf("%s: %w", at, err)
	}
	var said struct {
		Issuer        string `json:"issuer"`
		AuthURL       string `json:"authorization_endpoint"`
		TokenURL      string `json:"token_endpoint"`
		RevocationURL string `json:"revocation_endpoint"`
		SendsIssuer   bool   `json:"authorization_response_iss_parameter_supported"`
	}
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	if json.Unmarshal(text, &said) != nil || said.Issuer == "" { // a page, as many servers have for what they do not know
		return nil, false, nil
	}
	return (*Metadata)(&said), true, nil
}

// check reports what is wrong with the metadata of an issuer, which may be remote.
func (m *Metadata) check(issuer string, remote bool) error {
	if m.Issuer != issuer {
		return fmt.Errorf("the server at %q calls itself %q: whoever runs it may not be who is meant; if it is, use that name", issuer, redact.Text(m.Issuer, maxDescription))
	}
	for _, e := range []struct {
		name, url string
		optional  bool
	}{{"authorization_endpoint", m.AuthURL, false}, {"token_endpoint", m.TokenURL, false}, {"revocation_endpoint", m.RevocationURL, true}} {
		switch {
		case e.url == "" && e.optional:
			continue
		case e.url == "":
			return fmt.Errorf("the metadata of %s have no %s", issuer, e.name)
		}
		if err := checkURL(e.name, e.url, false); err != nil {
			return err
		}
		if remote && !strings.HasPrefix(strings.ToLower(e.url), "https:") {
			return fmt.Errorf("the %s of %s is on this machine", e.name, issuer)
		}
	}
	return checkEndpoint(m.Endpoint())
}

package zitadel

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/oauthservers/ingest"
	"github.com/logsto/logsto-go/transport"
)

// service is the configuration of the service that the provider knows.
func service(p *Provider, style oauth2.AuthStyle) clientcredentials.Config {
	return clientcredentials.Config{
		ClientID: ServiceID, ClientSecret: ServiceSecret, TokenURL: p.TokenURL,
		Scopes: []string{ingest.Write}, AuthStyle: style,
	}
}

// styles are the ways in which a client may tell its secret.
var styles = map[string]oauth2.AuthStyle{
	"header": oauth2.AuthStyleInHeader,
	"params": oauth2.AuthStyleInParams,
	"either": oauth2.AuthStyleAutoDetect,
}

// TestClientCredentials has a service send with a token, opaque or a JWT, however
// it tells the provider its secret. One token serves all sends.
func TestClientCredentials(t *testing.T) {
	for kind, opts := range map[string][]Option{"opaque": nil, "JWT": {WithJWT()}} {
		for name, style := range styles {
			t.Run(kind+" "+name, func(t *testing.T) {
				p := Start(t, opts...)
				check := ingest.Check(p.Introspect)
				if kind == "JWT" {
					check = p.Verify(t)
				}
				srv, next := ingest.ToStore(t)
				f := ingest.Start(t, check, next)
				c := f.Client(t, auth.ClientCredentials(service(p, style)))
				for _, m := range []string{"one", "two"} {
					if err := ingest.SendOne(t, c, m); err != nil {
						t.Error(err)
					}
				}
				if got := ingest.Messages(t, srv); !slices.Equal(got, []string{"one", "two"}) {
					t.Errorf("stored: %q", got)
				}
				if tokens := f.Tokens(); len(tokens) != 1 || tokens[0] != (ingest.Token{Taken: 2}) {
					t.Errorf("tokens: %+v", tokens)
				}
			})
		}
	}
}

// TestTheProviderRefusesTheService checks what the user learns of a fault in the
// credentials: the provider's words, that it is the set-up, and no secret.
func TestTheProviderRefusesTheService(t *testing.T) {
	const wrong = "not-the-secret-4711"
	for name, c := range map[string]struct {
		change      func(*clientcredentials.Config)
		status      int
		code        string
		description string
	}{
		"wrong secret":   {func(c *clientcredentials.Config) { c.ClientSecret = wrong }, http.StatusUnauthorized, "invalid_client", ""},
		"unknown client": {func(c *clientcredentials.Config) { c.ClientID, c.ClientSecret = "sid2", wrong }, http.StatusUnauthorized, "invalid_client", ""},
		"wrong scope":    {func(c *clientcredentials.Config) { c.Scopes = []string{"logs:everything"} }, http.StatusBadRequest, "invalid_scope", scopeRefused},
	} {
		for kind, style := range styles {
			t.Run(name+" "+kind, func(t *testing.T) {
				p := Start(t)
				srv, next := ingest.ToStore(t)
				f := ingest.Start(t, p.Introspect, next)
				cfg := service(p, style)
				c.change(&cfg)
				err := ingest.SendOne(t, f.Client(t, auth.ClientCredentials(cfg)), "never")
				var token *auth.TokenError
				var sent *transport.Error
				if !errors.As(err, &token) || !errors.As(err, &sent) {
					t.Fatalf("Send: %v", err)
				}
				if token.Status != c.status || token.Code != c.code || token.Description != c.description || token.URL != p.TokenURL {
					t.Errorf("%+v", *token)
				}
				if !sent.Setup() || !auth.IsSetup(err) {
					t.Errorf("not a fault of the set-up: %v", err)
				}
				for _, text := range []string{err.Error(), fmt.Sprintf("%+v %#v", err, err), fmt.Sprintf("%+v %#v", *token, *sent)} {
					if strings.Contains(text, cfg.ClientSecret) {
						t.Errorf("the secret shows: %s", text)
					}
				}
				if f.Status(http.StatusOK)+f.Status(http.StatusUnauthorized) > 0 || len(ingest.Messages(t, srv)) > 0 {
					t.Errorf("something was sent; stored: %q", ingest.Messages(t, srv))
				}
			})
		}
	}
}

// TestATokenWithoutTheScope checks that the refusal of a token that is valid, and
// may not write, is a fault of the set-up, for which no new token is fetched.
func TestATokenWithoutTheScope(t *testing.T) {
	p := Start(t)
	_, next := ingest.ToStore(t)
	f := ingest.Start(t, p.Introspect, next)
	cfg := service(p, oauth2.AuthStyleInHeader)
	cfg.Scopes = []string{ingest.Read}
	err := ingest.SendOne(t, f.Client(t, auth.ClientCredentials(cfg)), "never")
	var sent *transport.Error
	if !errors.As(err, &sent) || sent.Status != http.StatusForbidden || !sent.Setup() {
		t.Errorf("Send: %v", err)
	}
	if n := f.Status(http.StatusForbidden); n != 1 {
		t.Errorf("%d requests were refused", n)
	}
}

// TestATokenThatExpires lets tokens end, which the provider tells in its answer: a
// new one is fetched in time, so that none is refused.
func TestATokenThatExpires(t *testing.T) {
	p := Start(t, WithLifetime(3*time.Second))
	_, next := ingest.ToStore(t)
	f := ingest.Start(t, p.Introspect, next)
	c := f.Client(t, auth.ClientCredentials(service(p, oauth2.AuthStyleInHeader)))
	f.SendUnrefused(t, c, 3)
}

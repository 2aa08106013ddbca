package fosite

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/oauthservers/ingest"
	"github.com/logsto/logsto-go/transport"
)

// client is the configuration of the client that the server knows.
func (s *Server) client() clientcredentials.Config {
	return clientcredentials.Config{
		ClientID: ClientID, ClientSecret: ClientSecret, TokenURL: s.TokenURL, Scopes: []string{ingest.Write},
	}
}

// styles are the ways in which a client may tell its secret.
var styles = map[string]oauth2.AuthStyle{
	"header": oauth2.AuthStyleInHeader,
	"params": oauth2.AuthStyleInParams,
	"either": oauth2.AuthStyleAutoDetect,
}

// TestClientCredentials has a secret that must be escaped in either place, two scopes
// and an audience.
func TestClientCredentials(t *testing.T) {
	for name, style := range styles {
		t.Run(name, func(t *testing.T) {
			s := Start(t, lifetime, 0)
			srv, next := ingest.ToStore(t)
			f := ingest.Start(t, s.Introspect, next)
			cfg := s.client()
			cfg.AuthStyle = style
			cfg.Scopes = []string{ingest.Read, ingest.Write}
			cfg.EndpointParams = url.Values{"audience": {Audience}}
			if err := ingest.SendOne(t, f.Client(t, auth.ClientCredentials(cfg)), "one"); err != nil {
				t.Error(err)
			}
			if n := len(srv.Records()); n != 1 {
				t.Errorf("%d records are stored", n)
			}
		})
	}
}

// TestTheServerRefusesTheClient checks what the user learns: the server's words, that
// it is the set-up, and no secret.
func TestTheServerRefusesTheClient(t *testing.T) {
	const wrong = "not/the+secret&4711="
	for name, c := range map[string]struct {
		change      func(*clientcredentials.Config)
		status      int
		code        string
		description string // part of it
	}{
		"wrong secret":   {func(c *clientcredentials.Config) { c.ClientSecret = wrong }, http.StatusUnauthorized, "invalid_client", "Client authentication failed"},
		"unknown client": {func(c *clientcredentials.Config) { c.ClientID, c.ClientSecret = "nobody", wrong }, http.StatusUnauthorized, "invalid_client", "Client authentication failed"},
		"wrong scope":    {func(c *clientcredentials.Config) { c.Scopes = []string{"logs:everything"} }, http.StatusBadRequest, "invalid_scope", "logs:everything"},
		"wrong audience": {func(c *clientcredentials.Config) {
			c.EndpointParams = url.Values{"audience": {"https://other.example"}}
		}, http.StatusBadRequest, "invalid_request", "https://other.example"},
	} {
		for kind, style := range styles {
			t.Run(name+" "+kind, func(t *testing.T) {
				s := Start(t, lifetime, 0)
				srv, next := ingest.ToStore(t)
				f := ingest.Start(t, s.Introspect, next)
				cfg := s.client()
				cfg.AuthStyle = style
				c.change(&cfg)
				err := ingest.SendOne(t, f.Client(t, auth.ClientCredentials(cfg)), "never")
				var token *auth.TokenError
				var sent *transport.Error
				if !errors.As(err, &token) || !errors.As(err, &sent) {
					t.Fatalf("Send: %v", err)
				}
				if token.Status != c.status || token.Code != c.code || !strings.Contains(token.Description, c.description) {
					t.Errorf("%+v", *token)
				}
				if !sent.Setup() || !auth.IsSetup(err) {
					t.Errorf("not a fault of the set-up: %v", err)
				}
				for _, text := range []string{err.Error(), fmt.Sprintf("%+v %#v", err, err), fmt.Sprintf("%+v %#v", *token, *sent)} {
					if strings.Contains(text, cfg.ClientSecret) || strings.Contains(text, url.QueryEscape(cfg.ClientSecret)) {
						t.Errorf("the secret shows: %s", text)
					}
				}
				if n := len(srv.Records()); n > 0 {
					t.Errorf("%d records are stored", n)
				}
			})
		}
	}
}

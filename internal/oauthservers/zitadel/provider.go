package zitadel

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/client"
	"github.com/zitadel/oidc/v3/pkg/client/rs"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/logsto/logsto-go/internal/oauthservers/ingest"
)

// Who the provider knows. The service and its secret are those of the example.
const (
	ServiceID     = "sid1"
	ServiceSecret = "verysecret"
	CLI           = "logsto-cli" // a public client, with PKCE
	Username      = "test-user@127.0.0.1"
	Password      = "verysecure"

	personID = "id1"

	resourceID     = "logs-api" // which asks about tokens
	resourceSecret = "secret-of-the-logs-api"
)

// timeout bounds a request to the provider.
const timeout = 10 * time.Second

// discard replaces the logger of the process, once: the example does so with each
// server.
var discard = sync.OnceValue(func() *slog.Logger { return slog.New(slog.DiscardHandler) })

// Provider is an OpenID provider that listens on loopback.
type Provider struct {
	URL      string // the issuer
	AuthURL  string
	TokenURL string

	store    *store
	resource rs.ResourceServer
}

// Start serves a provider until the test ends.
func Start(tb testing.TB, opts ...Option) *Provider {
	tb.Helper()
	// The issuer must be known before there is a handler for it.
	srv := httptest.NewUnstartedServer(nil)
	issuer := "http://" + srv.Listener.Addr().String()
	p := &Provider{URL: issuer, store: newStore(issuer, opts)}
	srv.Config.Handler = exampleop.SetupServer(issuer, p.store, discard(), false)
	srv.Start()
	tb.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	hc := &http.Client{Timeout: timeout}
	tb.Cleanup(hc.CloseIdleConnections)
	found, err := client.Discover(tb.Context(), issuer, hc)
	if err != nil {
		tb.Fatal(err)
	}
	p.AuthURL, p.TokenURL = found.AuthorizationEndpoint, found.TokenEndpoint
	p.resource, err = rs.NewResourceServerClientCredentials(tb.Context(), issuer, resourceID, resourceSecret, rs.WithClient(hc))
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// Introspect asks the provider about a token, as RFC 7662 has it. It is an
// [ingest.Check].
func (p *Provider) Introspect(ctx context.Context, token string) (scopes []string, ok bool, err error) {
	answer, err := rs.Introspect[*oidc.IntrospectionResponse](ctx, p.resource, token)
	if err != nil {
		return nil, false, err
	}
	return answer.Scope, answer.Active, nil
}

var (
	_ ingest.Check                = (*Provider)(nil).Introspect
	_ op.ClientCredentialsStorage = (*store)(nil)
	_ storage.UserStore           = users{}
)

// EndSessions ends all tokens and refresh tokens of the person, as a logout elsewhere
// does.
func (p *Provider) EndSessions(tb testing.TB) {
	tb.Helper()
	if err := p.store.TerminateSession(tb.Context(), personID, CLI); err != nil {
		tb.Fatal(err)
	}
}

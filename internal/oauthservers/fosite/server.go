package fosite

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	ory "github.com/ory/fosite"
	"github.com/ory/fosite/compose"
	"github.com/ory/fosite/storage"
	"golang.org/x/crypto/bcrypt"

	"github.com/logsto/logsto-go/internal/oauthservers/ingest"
)

// The client that the server knows.
const (
	ClientID     = "fosite-client"
	ClientSecret = "secret/of+the&client="
	Audience     = "https://logs.example"
)

// Server is an authorization server that listens on loopback.
type Server struct {
	TokenURL string

	config   *ory.Config
	provider ory.OAuth2Provider
	store    *storage.MemoryStore
	claims   time.Duration
	issued   atomic.Int64
}

// Issued returns how many tokens the server has issued.
func (s *Server) Issued() int { return int(s.issued.Load()) }

// Start serves until the test ends. A token lives as long as lifetime says; the
// answers say so too, or claims, unless that is zero.
func Start(tb testing.TB, lifetime, claims time.Duration) *Server {
	tb.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(ClientSecret), bcrypt.MinCost)
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{store: storage.NewMemoryStore(), claims: claims}
	s.store.Clients[ClientID] = &ory.DefaultClient{
		ID: ClientID, Secret: hash,
		GrantTypes: ory.Arguments{"client_credentials"},
		Scopes:     ory.Arguments{ingest.Write, ingest.Read},
		Audience:   ory.Arguments{Audience},
	}
	srv := httptest.NewServer(http.HandlerFunc(s.token))
	tb.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	s.TokenURL = srv.URL + "/token"
	s.config = &ory.Config{AccessTokenLifespan: lifetime, GlobalSecret: []byte(rand.Text() + rand.Text()), TokenURL: s.TokenURL}
	s.provider = compose.Compose(s.config, s.store, compose.NewOAuth2HMACStrategy(s.config),
		compose.OAuth2ClientCredentialsGrantFactory, compose.OAuth2TokenIntrospectionFactory)
	return s
}

// token serves the token endpoint.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	request, err := s.provider.NewAccessRequest(ctx, r, new(ory.DefaultSession))
	if err != nil {
		s.provider.WriteAccessError(ctx, w, request, err)
		return
	}
	for _, scope := range request.GetRequestedScopes() {
		request.GrantScope(scope)
	}
	for _, audience := range request.GetRequestedAudience() {
		request.GrantAudience(audience)
	}
	answer, err := s.provider.NewAccessResponse(ctx, request)
	if err != nil {
		s.provider.WriteAccessError(ctx, w, request, err)
		return
	}
	if s.claims != 0 {
		answer.SetExpiresIn(s.claims)
	}
	s.issued.Add(1)
	s.provider.WriteAccessResponse(ctx, w, request, answer)
}

// Introspect looks at a token as the server's own introspection does. It is an
// [ingest.Check].
func (s *Server) Introspect(ctx context.Context, token string) (scopes []string, ok bool, err error) {
	_, request, err := s.provider.IntrospectToken(ctx, token, ory.AccessToken, new(ory.DefaultSession))
	if err != nil {
		return nil, false, nil //nolint:nilerr // it names no other reason than that of the token
	}
	return request.GetGrantedScopes(), true, nil
}

var _ ingest.Check = (*Server)(nil).Introspect

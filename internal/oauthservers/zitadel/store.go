package zitadel

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/logsto/logsto-go/internal/oauthservers/ingest"
)

// Option changes a default of [Start].
type Option func(*store)

// WithLifetime is how long access tokens live, up to the five minutes of the example,
// which are the default.
func WithLifetime(d time.Duration) Option { return func(s *store) { s.lifetime = d } }

// WithJWT makes the access tokens of services JWTs. They are opaque otherwise.
func WithJWT() Option { return func(s *store) { s.jwt = true } }

// store is the storage of the example with what it leaves open: scopes of a log
// store, a life of tokens to choose, and a resource server that may ask about all
// tokens.
type store struct {
	*storage.Storage
	lifetime time.Duration
	jwt      bool

	mu      sync.Mutex
	expires map[string]time.Time // by the id of a token
}

func newStore(issuer string, opts []Option) *store {
	s := &store{
		Storage: storage.NewStorageWithClients(users{storage.NewUserStore(issuer)}, map[string]*storage.Client{
			CLI:        storage.NativeClient(CLI, "http://127.0.0.1/callback"),
			resourceID: storage.WebClient(resourceID, resourceSecret),
		}),
		lifetime: time.Hour,
		expires:  map[string]time.Time{},
	}
	for _, o := range opts {
		o(s)
	}
	return s
}

// users makes the service a user too: the example tells nothing of a token whose
// owner is none.
type users struct{ storage.UserStore }

func (u users) GetUserByID(id string) *storage.User {
	if id == ServiceID {
		return &storage.User{ID: id}
	}
	return u.UserStore.GetUserByID(id)
}

var scopes = []string{ingest.Write, ingest.Read}

// logsClient is a client that may ask for the scopes of the log store.
type logsClient struct {
	op.Client
	jwt bool
}

func (c logsClient) IsScopeAllowed(scope string) bool { return slices.Contains(scopes, scope) }

func (c logsClient) AccessTokenType() op.AccessTokenType {
	if c.jwt {
		return op.AccessTokenTypeJWT
	}
	return c.Client.AccessTokenType()
}

func (s *store) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	c, err := s.Storage.GetClientByClientID(ctx, id)
	if err != nil {
		return nil, err
	}
	return logsClient{c, false}, nil
}

func (s *store) ClientCredentials(ctx context.Context, id, secret string) (op.Client, error) {
	c, err := s.Storage.ClientCredentials(ctx, id, secret)
	if err != nil {
		return nil, err
	}
	return logsClient{c, s.jwt}, nil
}

const scopeRefused = "nobody may have a scope that is asked for"

// ClientCredentialsTokenRequest refuses scopes that nobody may have (RFC 6749,
// section 5.2), which the example grants to services.
func (s *store) ClientCredentialsTokenRequest(ctx context.Context, id string, wanted []string) (op.TokenRequest, error) {
	for _, scope := range wanted {
		if !slices.Contains(scopes, scope) {
			return nil, oidc.ErrInvalidScope().WithDescription(scopeRefused)
		}
	}
	return s.Storage.ClientCredentialsTokenRequest(ctx, id, wanted)
}

// GetPrivateClaimsFromScopes puts the scopes into a JWT (RFC 9068, section 2.2.3),
// which the example leaves out.
func (s *store) GetPrivateClaimsFromScopes(_ context.Context, _, _ string, granted []string) (map[string]any, error) {
	return map[string]any{"scope": strings.Join(granted, " ")}, nil
}

func (s *store) CreateAccessToken(ctx context.Context, r op.TokenRequest) (string, time.Time, error) {
	id, expires, err := s.Storage.CreateAccessToken(ctx, r)
	return id, s.shorten(id, expires), err
}

func (s *store) CreateAccessAndRefreshTokens(ctx context.Context, r op.TokenRequest, current string) (id, refresh string, expires time.Time, err error) {
	id, refresh, expires, err = s.Storage.CreateAccessAndRefreshTokens(ctx, r, current)
	return id, refresh, s.shorten(id, expires), err
}

// shorten makes a token expire after the lifetime.
func (s *store) shorten(id string, expires time.Time) time.Time {
	if early := time.Now().Add(s.lifetime); early.Before(expires) {
		expires = early
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expires[id] = expires
	return expires
}

// SetIntrospectionFromToken tells the resource server of tokens that were made for
// any client. The example tells each client of its own only.
func (s *store) SetIntrospectionFromToken(ctx context.Context, r *oidc.IntrospectionResponse, id, subject, asks string) error {
	s.mu.Lock()
	expires, ok := s.expires[id]
	s.mu.Unlock()
	if !ok || asks != resourceID || !time.Now().Before(expires) {
		return oidc.ErrAccessDenied()
	}
	err := s.Storage.SetIntrospectionFromToken(ctx, r, id, subject, ServiceID)
	if err != nil {
		err = s.Storage.SetIntrospectionFromToken(ctx, r, id, subject, CLI)
	}
	return err
}

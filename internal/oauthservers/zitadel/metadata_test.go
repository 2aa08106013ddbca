package zitadel

import (
	"testing"

	"github.com/logsto/logsto-go/auth"
)

// TestDiscover asks the provider for its metadata, and goes by them from the login to the
// logout, after which the provider does not know the token any more.
func TestDiscover(t *testing.T) {
	p := Start(t)
	m, err := auth.Discover(t.Context(), p.URL)
	if err != nil {
		t.Fatal(err)
	}
	cfg, store := person(p), newTokenStore(t)
	if m.Endpoint() != cfg.Endpoint || m.RevocationURL == "" {
		t.Errorf("%+v, but the endpoints are %+v", m, cfg.Endpoint)
	}
	cfg.Endpoint = m.Endpoint()
	if _, err := login(t, cfg, store, auth.WithMetadata(m)); err != nil {
		t.Fatal(err)
	}
	token := store.token()
	if _, ok, err := p.Introspect(t.Context(), token.AccessToken); !ok || err != nil {
		t.Errorf("before the logout: %v, %v", ok, err)
	}
	if err := auth.Logout(t.Context(), cfg, store, auth.WithMetadata(m)); err != nil {
		t.Error(err)
	}
	if _, ok, _ := p.Introspect(t.Context(), token.AccessToken); ok {
		t.Error("the provider takes the token after the logout")
	}
}

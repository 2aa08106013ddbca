package auth_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
)

func TestLogout(t *testing.T) {
	srv := newAuthServer(t)
	cfg, store := srv.config(), auth.FileStore(storePath(t))
	if err := auth.Login(t.Context(), cfg, store, auth.WithBrowser(person(make(chan page, 1)))); err != nil {
		t.Fatal(err)
	}
	other := cfg
	other.ClientID = "another client"
	put(t, store, auth.TokenKey(other), &oauth2.Token{AccessToken: "x"})
	working := auth.AuthorizationCode(cfg, store)
	first, err := working.Apply(t.Context(), nil, http.Header{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing
		if err := auth.Logout(t.Context(), oauth2.Config{ClientID: cfg.ClientID, Endpoint: oauth2.Endpoint{TokenURL: cfg.Endpoint.TokenURL}}, store); err != nil {
			t.Error(err)
		}
	}
	if _, err := auth.AuthorizationCode(cfg, store).Apply(t.Context(), nil, http.Header{}); !errors.Is(err, auth.ErrLoginRequired) {
		t.Errorf("a new credential: %v", err)
	}
	if tok, err := working.Apply(t.Context(), nil, http.Header{}); tok != first || err != nil {
		t.Errorf("a credential that has a token: %q, %v", tok, err)
	}
	working.Refused(first)
	if _, err := working.Apply(t.Context(), nil, http.Header{}); !errors.Is(err, auth.ErrLoginRequired) {
		t.Errorf("once that is refused: %v", err)
	}
	if tok, err := store.Load(t.Context(), auth.TokenKey(other)); tok == nil || err != nil {
		t.Errorf("the token of another client: %v, %v", tok, err)
	}
}

func TestALogoutThatCannotBe(t *testing.T) {
	cfg := oauth2.Config{ClientID: "me", Endpoint: oauth2.Endpoint{TokenURL: tokenURL}}
	for want, err := range map[string]error{
		"the store is nil":    auth.Logout(t.Context(), cfg, nil),
		"ClientID is empty":   auth.Logout(t.Context(), oauth2.Config{Endpoint: cfg.Endpoint}, &memoryStore{}),
		"TokenURL is empty":   auth.Logout(t.Context(), oauth2.Config{ClientID: "me"}, &memoryStore{}),
		"the store is broken": auth.Logout(t.Context(), cfg, &memoryStore{fail: errStore}),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), "auth: Logout: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

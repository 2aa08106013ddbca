package zitadel

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/internal/oauthservers/ingest"
)

// Offline is the scope that brings a refresh token.
const offline = "offline_access"

// person is the configuration of a program that persons use.
func person(p *Provider) oauth2.Config {
	return oauth2.Config{
		ClientID: CLI,
		Endpoint: oauth2.Endpoint{AuthURL: p.AuthURL, TokenURL: p.TokenURL},
		Scopes:   []string{"openid", offline, ingest.Read},
	}
}

// callback waits for redirects, and returns where and what came.
func callback(t *testing.T) (address string, got chan url.Values) {
	t.Helper()
	got = make(chan url.Values, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got <- r.URL.Query()
		_, _ = w.Write([]byte("<h1>back</h1>"))
	}))
	t.Cleanup(srv.Close)
	return srv.URL + "/callback", got
}

// code walks to a code for the verifier.
func code(t *testing.T, cfg *oauth2.Config, verifier string) string {
	t.Helper()
	address, got := callback(t)
	cfg.RedirectURL = address
	page, err := Walk(t.Context(), cfg.AuthCodeURL("the state", oauth2.S256ChallengeOption(verifier)), Username, Password)
	if err != nil {
		t.Fatal(err)
	}
	if page.Status != http.StatusOK || page.Text != "back" {
		t.Fatalf("%+v", page)
	}
	query := <-got
	if query.Get("state") != "the state" || query.Get("code") == "" {
		t.Fatalf("the redirect has %v", query)
	}
	return query.Get("code")
}

// refusal returns the code of RFC 6749 in an error of package oauth2.
func refusal(err error) string {
	var e *oauth2.RetrieveError
	if !errors.As(err, &e) {
		return ""
	}
	return e.ErrorCode
}

// TestThePersonAndTheProvider is about these two alone, without the library: that the
// provider does what the other tests take for granted.
func TestThePersonAndTheProvider(t *testing.T) {
	p := Start(t)
	cfg := person(p)
	verifier := oauth2.GenerateVerifier()
	right := oauth2.VerifierOption(verifier)
	c := code(t, &cfg, verifier)
	if _, err := cfg.Exchange(t.Context(), c, oauth2.VerifierOption(oauth2.GenerateVerifier())); refusal(err) != "invalid_grant" {
		t.Errorf("another verifier: %v", err)
	}
	first, err := cfg.Exchange(t.Context(), c, right)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cfg.Exchange(t.Context(), c, right); refusal(err) != "invalid_grant" {
		t.Errorf("the same code again: %v", err)
	}
	scopes, ok, err := p.Introspect(t.Context(), first.AccessToken)
	if !ok || err != nil || !slices.Contains(scopes, ingest.Read) || slices.Contains(scopes, ingest.Write) {
		t.Errorf("the token: %v, %v, %v", scopes, ok, err)
	}
	old := &oauth2.Token{RefreshToken: first.RefreshToken}
	second, err := cfg.TokenSource(t.Context(), old).Token()
	if err != nil {
		t.Fatal(err)
	}
	if second.RefreshToken == first.RefreshToken || second.RefreshToken == "" || second.AccessToken == first.AccessToken {
		t.Error("refreshing brings no other tokens")
	}
	if _, err := cfg.TokenSource(t.Context(), old).Token(); refusal(err) != "invalid_grant" {
		t.Errorf("the same refresh token again: %v", err)
	}
	if _, ok, err := p.Introspect(t.Context(), first.AccessToken); ok || err != nil {
		t.Errorf("the token that was replaced: %v, %v", ok, err)
	}
}

// TestThePersonWithAWrongPassword stays on the login page.
func TestThePersonWithAWrongPassword(t *testing.T) {
	p := Start(t)
	cfg := person(p)
	cfg.RedirectURL, _ = callback(t)
	page, err := Walk(t.Context(), cfg.AuthCodeURL("s", oauth2.S256ChallengeOption(oauth2.GenerateVerifier())), Username, "no")
	if err != nil || !strings.HasPrefix(page.URL.String(), p.URL) || !strings.Contains(page.Text, "password wrong") {
		t.Errorf("%+v, %v", page, err)
	}
}

package browser

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/oauthservers/ingest"
	"github.com/logsto/logsto-go/internal/oauthservers/zitadel"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// login logs a person in with Chromium, and returns the page on which that ended.
func login(t *testing.T, b *Chromium, cfg oauth2.Config, store auth.TokenStore, opts ...auth.LoginOption) (*Page, error) {
	t.Helper()
	type end struct {
		page *Page
		err  error
	}
	ended := make(chan end, 1)
	open := func(_ context.Context, address string) error {
		page, err := b.LogIn(address, zitadel.Username, zitadel.Password)
		ended <- end{page, err}
		return err
	}
	err := auth.Login(t.Context(), cfg, store, append(opts, auth.WithBrowser(open))...)
	e := <-ended
	if e.err != nil {
		t.Fatalf("Login: %v; the browser: %v", err, e.err)
	}
	return e.page, err
}

// person is the configuration of a program that persons use.
func person(p *zitadel.Provider) oauth2.Config {
	return oauth2.Config{
		ClientID: zitadel.CLI,
		Endpoint: oauth2.Endpoint{AuthURL: p.AuthURL, TokenURL: p.TokenURL},
		Scopes:   []string{"openid", "offline_access", ingest.Read},
	}
}

// TestLogin walks through the login with a real browser, to our page, which it shows as
// a person can read it. Then the program searches.
func TestLogin(t *testing.T) {
	b := Start(t)
	p := zitadel.Start(t)
	store := auth.FileStore(filepath.Join(t.TempDir(), "token.json"))
	page, err := login(t, b, person(p), store)
	if err != nil {
		t.Fatal(err)
	}
	if page.Status != http.StatusOK || page.Title != "Logged in" || !strings.Contains(page.Text, "Close this page and return to the program.") {
		t.Errorf("Chromium shows %+v", page)
	}
	if u, err := url.Parse(page.URL); err != nil || u.Hostname() != "127.0.0.1" || u.Path != "/callback" {
		t.Errorf("Chromium is at %s", page.URL)
	}
	srv, next := ingest.ToStore(t)
	sender, err := transport.New(transport.WithEndpoint(srv.Endpoint()), transport.WithAuth(auth.APIKey(logstotest.APIKey)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sender.CloseIdleConnections)
	if err := ingest.SendOne(t, sender, "an apple"); err != nil {
		t.Fatal(err)
	}
	f := ingest.Start(t, p.Introspect, next)
	found, err := ingest.Search(t, f.Client(t, auth.AuthorizationCode(person(p), store)), "apple")
	if err != nil || !slices.Equal(found, []string{"an apple"}) {
		t.Errorf("Search: %q, %v", found, err)
	}
}

// TestLoginThatFails has the provider refuse the code. The person learns that it has
// failed, and no more.
func TestLoginThatFails(t *testing.T) {
	b := Start(t)
	p := zitadel.Start(t)
	store := auth.FileStore(filepath.Join(t.TempDir(), "token.json"))
	cfg := person(p)
	refuse := roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("no way") })
	page, err := login(t, b, cfg, store, auth.WithLoginHTTPClient(&http.Client{Transport: refuse}))
	var token *auth.TokenError
	if !errors.As(err, &token) || !strings.Contains(err.Error(), "no way") {
		t.Errorf("Login: %v", err)
	}
	if page.Status != http.StatusBadRequest || page.Title != "Not logged in" || !strings.Contains(page.Text, "return to the program") {
		t.Errorf("Chromium shows %+v", page)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

package zitadel

import (
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/oauthservers/ingest"
	"github.com/logsto/logsto-go/transport"
)

// writer is the configuration of a program in which persons send records.
func writer(p *Provider) oauth2.Config {
	cfg := person(p)
	cfg.Scopes = []string{"openid", offline, ingest.Write}
	return cfg
}

// refreshWith spends a refresh token.
func refreshWith(t *testing.T, p *Provider, token string) error {
	t.Helper()
	cfg := person(p)
	_, err := cfg.TokenSource(t.Context(), &oauth2.Token{RefreshToken: token}).Token()
	return err
}

// TestSearch has a service write and a person search, each with what it may do, and
// neither do what the other may.
func TestSearch(t *testing.T) {
	p := Start(t)
	_, next := ingest.ToStore(t)
	f := ingest.Start(t, p.Introspect, next)
	store := newTokenStore(t)
	if _, err := login(t, person(p), store); err != nil {
		t.Fatal(err)
	}
	service := f.Client(t, auth.ClientCredentials(service(p, oauth2.AuthStyleInHeader)))
	for _, m := range []string{"an apple", "a pear", "another apple"} {
		if err := ingest.SendOne(t, service, m); err != nil {
			t.Error(err)
		}
	}
	person := f.Client(t, auth.AuthorizationCode(person(p), store))
	if found, err := ingest.Search(t, person, "apple"); err != nil || !slices.Equal(found, []string{"an apple", "another apple"}) {
		t.Errorf("Search: %q, %v", found, err)
	}
	var refused *transport.Error
	if err := ingest.SendOne(t, person, "never"); !errors.As(err, &refused) || refused.Status != http.StatusForbidden {
		t.Errorf("Send with a token for searches: %v", err)
	}
	if found, err := ingest.Search(t, service, "apple"); len(found) > 0 || !errors.As(err, &refused) || refused.Status != http.StatusForbidden {
		t.Errorf("Search with a token for sends: %q, %v", found, err)
	}
	if n := len(f.Tokens()); n != 2 {
		t.Errorf("%d tokens were used", n)
	}
}

// TestRefreshAndRotation lets the tokens of a person end: they are refreshed, and the
// refresh token, which the provider takes once, is replaced in the store. The provider
// also ends the old token with it, so that a send may be refused in between; it goes out
// again at once.
func TestRefreshAndRotation(t *testing.T) {
	p := Start(t, WithLifetime(3*time.Second))
	_, next := ingest.ToStore(t)
	f := ingest.Start(t, p.Introspect, next)
	store := newTokenStore(t)
	if _, err := login(t, writer(p), store); err != nil {
		t.Fatal(err)
	}
	first := store.token()
	f.SendUntil(t, f.Client(t, auth.AuthorizationCode(writer(p), store)), 3)
	last := store.token()
	if last.RefreshToken == first.RefreshToken {
		t.Error("the refresh token was not replaced")
	}
	if err := refreshWith(t, p, first.RefreshToken); refusal(err) != "invalid_grant" {
		t.Errorf("the first refresh token is still worth something: %v", err)
	}
	if err := refreshWith(t, p, last.RefreshToken); err != nil {
		t.Errorf("the last refresh token: %v", err)
	}
	if one, all := f.MostRefusals(); one > 1 || all > 1 {
		t.Errorf("a send was refused %d times with one token, %d times with all", one, all)
	}
}

// TestProgramsShareALogin has several programs send with the token of one login, each
// with a store of its own on the same file. They spend no refresh token twice: the
// provider would refuse that, and a login be required.
func TestProgramsShareALogin(t *testing.T) {
	const programs = 4
	p := Start(t, WithLifetime(3*time.Second))
	_, next := ingest.ToStore(t)
	f := ingest.Start(t, p.Introspect, next)
	path := filepath.Join(t.TempDir(), "token.json")
	if _, err := login(t, writer(p), auth.FileStore(path)); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range programs {
		c := f.Client(t, auth.AuthorizationCode(writer(p), auth.FileStore(path)))
		wg.Go(func() {
			for start := time.Now(); len(f.Tokens()) < 4; {
				if err := ingest.SendOne(t, c, "one"); err != nil {
					t.Error(err)
					return
				}
				if time.Since(start) > time.Minute {
					t.Errorf("no new token comes: %+v", f.Tokens())
					return
				}
			}
		})
	}
	wg.Wait()
	one, all := f.MostRefusals()
	t.Logf("tokens: %+v; a send was refused %d times at most with one token, %d times with all", f.Tokens(), one, all)
	if one > 1 {
		t.Errorf("a send was refused %d times with one token", one)
	}
}

// TestALoginThatWasEnded has the provider end the session of the person, token and
// refresh token: the program says that a login is required, and with a new one it goes
// on.
func TestALoginThatWasEnded(t *testing.T) {
	p := Start(t)
	_, next := ingest.ToStore(t)
	f := ingest.Start(t, p.Introspect, next)
	store := newTokenStore(t)
	if _, err := login(t, writer(p), store); err != nil {
		t.Fatal(err)
	}
	c := f.Client(t, auth.AuthorizationCode(writer(p), store))
	if err := ingest.SendOne(t, c, "before"); err != nil {
		t.Fatal(err)
	}
	p.EndSessions(t)
	err := ingest.SendOne(t, c, "meanwhile")
	var sent *transport.Error
	if !errors.Is(err, auth.ErrLoginRequired) || !auth.IsSetup(err) || !errors.As(err, &sent) || !sent.Setup() {
		t.Errorf("Send: %v", err)
	}
	if n := f.Status(http.StatusUnauthorized); n != 1 {
		t.Errorf("%d requests were refused", n)
	}
	if _, err := login(t, writer(p), store); err != nil {
		t.Fatal(err)
	}
	if err := ingest.SendOne(t, f.Client(t, auth.AuthorizationCode(writer(p), store)), "after"); err != nil {
		t.Error(err)
	}
}

// TestNobodyHasLoggedIn sends nothing.
func TestNobodyHasLoggedIn(t *testing.T) {
	p := Start(t)
	_, next := ingest.ToStore(t)
	f := ingest.Start(t, p.Introspect, next)
	err := ingest.SendOne(t, f.Client(t, auth.AuthorizationCode(writer(p), newTokenStore(t))), "never")
	if !errors.Is(err, auth.ErrLoginRequired) || !auth.IsSetup(err) {
		t.Errorf("Send: %v", err)
	}
}

// TestAPersonFromEnv has one program log in, and another one take the rest from the
// environment.
func TestAPersonFromEnv(t *testing.T) {
	p := Start(t)
	_, next := ingest.ToStore(t)
	f := ingest.Start(t, p.Introspect, next)
	path := filepath.Join(t.TempDir(), "token.json")
	if _, err := login(t, writer(p), auth.FileStore(path)); err != nil {
		t.Fatal(err)
	}
	c := f.FromEnv(t, map[string]string{
		auth.EnvClientID: CLI, auth.EnvTokenURL: p.TokenURL, auth.EnvTokenFile: path,
	})
	if err := ingest.SendOne(t, c, "one"); err != nil {
		t.Error(err)
	}
}

package auth_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
)

// A key that was put into the place of a name is not shown.
func TestAKeyInTheWrongPlaceIsNotShown(t *testing.T) {
	const key = "sk_live_0123456789abcdef"
	for name, c := range map[string]*auth.Credential{
		"header":   auth.APIKey("x", auth.WithHeader("X-Logs-Api-Key: "+key)),
		"scheme":   auth.APIKey("x", auth.WithScheme("Bearer "+key)),
		"file":     auth.APIKeyFrom(auth.File(key)),
		"env":      auth.APIKeyFrom(auth.Env(key)),
		"URL":      auth.ClientCredentials(config(key)),
		"fragment": auth.ClientCredentials(config("http://auth.example/#" + key)),
	} {
		if err := c.Check(false); err == nil || strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a failure has of tokens, and of the query of the URL, is not repeated.
func TestAFailureShowsNoTokens(t *testing.T) {
	for _, body := range []string{`{"access_token":"FRESH"}`, "Cannot POST /token?k=FRESH-FRESH"} {
		hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) { return respond(req, 500, body), nil })}
		_, err := auth.ClientCredentials(config(tokenURL+"?k=FRESH-FRESH")).Apply(t.Context(), hc, http.Header{})
		if err == nil || strings.Contains(err.Error(), "FRESH") {
			t.Errorf("%v", err)
		}
	}
}

// A lock that somebody else has made into a link does nothing elsewhere.
func TestALockThatIsNoFileIsRefused(t *testing.T) {
	dir := ownDir(t)
	path, victim := filepath.Join(dir, "token.json"), filepath.Join(dir, "victim")
	if err := os.Symlink(victim, path+".lock"); err != nil {
		t.Skip(err)
	}
	err := auth.FileStore(path).Update(t.Context(), "key", func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
		t.Error("called")
		return nil, nil
	})
	if err == nil || !strings.Contains(err.Error(), "lock is no regular file") {
		t.Errorf("%v", err)
	}
	if _, err := os.Lstat(victim); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("made a file: %v", err)
	}
}

// Functions and HTTP clients of the program may panic: what they say may have secrets.
func TestPanicsAreErrorsOfALogin(t *testing.T) {
	srv := newAuthServer(t)
	broken := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) { panic(req.Header) })}
	for want, opts := range map[string][]auth.LoginOption{
		"the HTTP client panicked": {auth.WithBrowser(person(make(chan page, 1))), auth.WithLoginHTTPClient(broken)},
		"it panicked":              {auth.WithBrowser(func(_ context.Context, address string) error { panic(address) }), auth.WithLoginTimeout(time.Minute)},
	} {
		if err := auth.Login(t.Context(), srv.config(), &memoryStore{}, opts...); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "state") {
			t.Errorf("%v, want one with %q", err, want)
		}
	}
}

// A code does not go over plain http, and what has a state is checked for it however it was
// pasted.
func TestPromptsAreCareful(t *testing.T) {
	srv := newAuthServer(t)
	login := func(change func(*oauth2.Config), entered string) error {
		cfg := srv.config()
		change(&cfg)
		return auth.Login(t.Context(), cfg, &memoryStore{}, auth.WithPrompt(strings.NewReader(entered+"\n"), new(strings.Builder)))
	}
	if err := login(func(c *oauth2.Config) { c.RedirectURL = "http://evil.example/cb" }, "code"); err == nil || !strings.Contains(err.Error(), "plain http") {
		t.Errorf("%v", err)
	}
	for _, entered := range []string{"127.0.0.1/callback?code=STOLEN&state=WRONG", "code=STOLEN&state=WRONG", "?code=STOLEN"} {
		if err := login(func(*oauth2.Config) {}, entered); err == nil || !strings.Contains(err.Error(), "not of this login") || strings.Contains(err.Error(), "STOLEN") {
			t.Errorf("%s: %v", entered, err)
		}
	}
	for _, query := range []string{"?x=1;response_type=token&redirect_uri=http://evil.example/%zz", "?a;b=1"} {
		if err := login(func(c *oauth2.Config) { c.Endpoint.AuthURL += query }, "code"); err == nil || !strings.Contains(err.Error(), "malformed query") {
			t.Errorf("%s: %v", query, err)
		}
	}
}

// What looks like an answer with tokens is not repeated, however it writes their names.
func TestAFailureShowsNoTokensOfOtherNames(t *testing.T) {
	for _, body := range []string{`{"accessToken":"FRESH"}`, `{"RefreshToken":"FRESH"}`, "id-token: FRESH"} {
		hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) { return respond(req, 500, body), nil })}
		_, err := auth.ClientCredentials(config(tokenURL)).Apply(t.Context(), hc, http.Header{})
		if err == nil || strings.Contains(err.Error(), "FRESH") {
			t.Errorf("%v", err)
		}
	}
}

package auth_test

import (
	"errors"
	"net/http"
	"net/url"
	"reflect"
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
		"the store is nil":  auth.Logout(t.Context(), cfg, nil),
		"ClientID is empty": auth.Logout(t.Context(), oauth2.Config{Endpoint: cfg.Endpoint}, &memoryStore{}),
		"TokenURL is empty": auth.Logout(t.Context(), oauth2.Config{ClientID: "me"}, &memoryStore{}),
		"an option is nil":  auth.Logout(t.Context(), cfg, &memoryStore{}, nil),
		"plain http":        auth.Logout(t.Context(), cfg, &memoryStore{}, auth.WithRevocationURL("http://auth.example/revoke")),
		"client panicked": func() error {
			store := &memoryStore{}
			put(t, store, auth.TokenKey(cfg), &oauth2.Token{AccessToken: "s3cr3t"})
			hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) { panic(req) })}
			return auth.Logout(t.Context(), cfg, store, auth.WithRevocationURL("https://auth.example/revoke"), auth.WithLoginHTTPClient(hc))
		}(),
		"the URL is empty":    auth.Logout(t.Context(), cfg, &memoryStore{}, auth.WithRevocationURL("")),
		"the store is broken": auth.Logout(t.Context(), cfg, &memoryStore{fail: errStore}),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), "auth: Logout: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestALogoutIsToldToTheServer has a place where tokens are revoked.
func TestALogoutIsToldToTheServer(t *testing.T) {
	for name, c := range map[string]struct {
		secret  string
		style   oauth2.AuthStyle
		refresh string
		want    url.Values
		basic   string
	}{
		"public":        {"", 0, "s3cr3t-refresh", url.Values{"token": {"s3cr3t-refresh"}, "token_type_hint": {"refresh_token"}, "client_id": {"me"}}, ""},
		"access token":  {"", 0, "", url.Values{"token": {"s3cr3t-access"}, "token_type_hint": {"access_token"}, "client_id": {"me"}}, ""},
		"in the header": {secret + "%", 0, "s3cr3t-refresh", url.Values{"token": {"s3cr3t-refresh"}, "token_type_hint": {"refresh_token"}}, "me:" + url.QueryEscape(secret+"%")},
		"in parameters": {secret, oauth2.AuthStyleInParams, "s3cr3t-refresh", url.Values{
			"token": {"s3cr3t-refresh"}, "token_type_hint": {"refresh_token"}, "client_id": {"me"}, "client_secret": {secret},
		}, ""},
	} {
		for _, status := range []int{200, 302, 400, 503, 0} {
			requests := 0
			hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
				requests++
				id, pass, _ := req.BasicAuth()
				if err := req.ParseForm(); err != nil || req.Method != http.MethodPost || req.URL.String() != "https://auth.example/revoke" ||
					!reflect.DeepEqual(req.PostForm, c.want) || strings.Trim(id+":"+pass, ":") != c.basic {
					t.Errorf("%s: %s %s %v, %q:%q, %v", name, req.Method, req.URL, req.PostForm, id, pass, err)
				}
				if status == 0 {
					return nil, errors.New("no answer to " + req.PostForm.Encode() + req.Header.Get("Authorization"))
				}
				resp := respond(req, status, "you sent "+req.PostForm.Encode())
				resp.Header.Set("Location", "https://elsewhere.example/")
				return resp, nil
			})}
			cfg := oauth2.Config{ClientID: "me", ClientSecret: c.secret, Endpoint: oauth2.Endpoint{TokenURL: tokenURL, AuthStyle: c.style}}
			store := &memoryStore{}
			put(t, store, auth.TokenKey(cfg), &oauth2.Token{AccessToken: "s3cr3t-access", RefreshToken: c.refresh})
			for n := range 2 { // the second time there is nothing
				err := auth.Logout(t.Context(), cfg, store, auth.WithRevocationURL("https://auth.example/revoke"), auth.WithLoginHTTPClient(hc))
				if (err == nil) != (status == 200 || n > 0) {
					t.Errorf("%s, %d: %v", name, status, err)
				}
				noneShown(t, err, "s3cr3t-refresh", "s3cr3t-access", secret)
			}
			if requests != 1 || store.tokens[auth.TokenKey(cfg)] != nil {
				t.Errorf("%s, %d: %d requests, and %v is stored", name, status, requests, store.tokens)
			}
		}
	}
}

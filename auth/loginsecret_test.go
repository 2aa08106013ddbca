package auth_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
)

// The secret of a client comes from the same place for the login and for what follows.
func TestAClientSecretFromAFileServesTheLogin(t *testing.T) {
	srv := newAuthServer(t)
	path := filepath.Join(ownDir(t), "secret")
	srv.secret = "the/secret"
	write(t, path, srv.secret+"\n")
	cfg := srv.config()
	cfg.ClientSecret = ""
	store := &memoryStore{}
	secret := auth.WithClientSecret(auth.File(path))
	if err := auth.Login(t.Context(), cfg, store, secret, auth.WithBrowser(person(make(chan page, 1)))); err != nil {
		t.Fatal(err)
	}
	c := auth.AuthorizationCode(cfg, store, secret)
	first, err := c.Apply(t.Context(), nil, http.Header{})
	if err != nil {
		t.Fatal(err)
	}
	c.Refused(first)
	if next, err := c.Apply(t.Context(), nil, http.Header{}); err != nil || next == first {
		t.Errorf("%q, %v", next, err)
	}
	for want, login := range map[string]func() error{
		"exclude each other": func() error { return auth.Login(t.Context(), srv.config(), store, secret) },
		"a source is nil":    func() error { return auth.Login(t.Context(), cfg, store, auth.WithClientSecret(nil)) },
		"it is not set": func() error {
			return auth.Login(t.Context(), cfg, store, auth.WithClientSecret(auth.Env("LOGSTO_TEST_NONE")), auth.WithIssuer("x"))
		},
	} {
		err := login()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want one with %q", err, want)
		}
	}
}

// A trace in the context of Login does not see the secret of the client.
func TestATraceDoesNotSeeTheSecretOfALogin(t *testing.T) {
	srv := newAuthServer(t)
	srv.secret = "the/secret"
	cfg := srv.config()
	cfg.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
	var mu sync.Mutex // net/http calls a trace from goroutines of its own
	seen := []string{}
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{WroteHeaderField: func(key string, value []string) {
		mu.Lock()
		defer mu.Unlock()
		if key == "Authorization" {
			seen = append(seen, value...)
		}
	}})
	if err := auth.Login(ctx, cfg, &memoryStore{}, auth.WithBrowser(person(make(chan page, 1)))); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if !slices.Equal(seen, []string{"***"}) {
		t.Errorf("it sees %q", seen)
	}
}

// Over HTTP/2 a trace sees the path, with the query of a URL, as if it were a header.
func TestATraceDoesNotSeeTheQueryOfATokenEndpoint(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 || r.URL.Query().Get("key") != "s3cr3t-of-the-query" {
			t.Errorf("%s %s", r.Proto, r.URL)
		}
		_, _ = io.WriteString(w, `{"access_token":"s3cr3t-access"}`)
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	cfg := oauthConfig("https://auth.example")
	cfg.Endpoint.TokenURL = srv.URL + "/token?key=s3cr3t-of-the-query"
	cfg.ClientSecret = "s3cr3t-of-the-client"
	var mu sync.Mutex // net/http calls a trace from goroutines of its own
	seen := ""
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{WroteHeaderField: func(key string, value []string) {
		mu.Lock()
		defer mu.Unlock()
		seen += fmt.Sprintln(key, value)
	}})
	store, client := &memoryStore{}, auth.WithLoginHTTPClient(srv.Client())
	if err := auth.Login(ctx, cfg, store, client, auth.WithPrompt(strings.NewReader("code\n"), io.Discard)); err != nil {
		t.Fatal(err)
	}
	if err := auth.Logout(ctx, cfg, store, client, auth.WithRevocationURL(srv.URL+"/revoke?key=s3cr3t-of-the-query")); err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if strings.Contains(seen, "s3cr3t") || strings.Count(seen, ":path [***]") != 2 || strings.Count(seen, "authorization [***]") != 2 {
		t.Errorf("it sees %s", seen)
	}
}

func TestALoginRefusesOldTLS(t *testing.T) {
	for version, want := range map[uint16]string{tls.VersionTLS10: "less than TLS 1.2", tls.VersionTLS12: "the store is nil"} {
		hc := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{MinVersion: version}}} //nolint:gosec // it is to be refused
		if err := auth.Login(t.Context(), oauthConfig("https://auth.example"), nil, auth.WithLoginHTTPClient(hc)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%#x: %v", version, err)
		}
	}
}

// What is wrong with a token file is known from the start, and is a fault that somebody
// must mend.
func TestABadTokenFileIsAFaultOfTheSetUp(t *testing.T) {
	cfg := oauthConfig("https://auth.example")
	for want, spoil := range map[string]func(path string) error{
		"no regular file": func(path string) error { return os.Mkdir(path, 0o700) },
		"corrupt":         func(path string) error { return os.WriteFile(path, []byte("{"), 0o600) },
		"chmod 600":       func(path string) error { return os.WriteFile(path, []byte("{}"), 0o644) }, //nolint:gosec // it is to be refused
	} {
		if want == "chmod 600" && runtime.GOOS == "windows" {
			continue
		}
		path := filepath.Join(ownDir(t), "token.json")
		if err := spoil(path); err != nil {
			t.Fatal(err)
		}
		c := auth.AuthorizationCode(cfg, auth.FileStore(path))
		_, err := c.Apply(t.Context(), nil, http.Header{})
		for _, err := range []error{c.Check(false), err} {
			if err == nil || !strings.Contains(err.Error(), want) || !auth.IsSetup(err) || errors.Is(err, auth.ErrLoginRequired) {
				t.Errorf("%v, want one with %q", err, want)
			}
		}
	}
	if err := auth.AuthorizationCode(cfg, auth.FileStore(filepath.Join(ownDir(t), "none"))).Check(false); err != nil {
		t.Errorf("no file yet: %v", err)
	}
}

package auth_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
)

func TestALoginStoresAToken(t *testing.T) {
	for name, c := range map[string]struct {
		secret   string
		redirect string
		prefix   string // of the redirect URI that the server gets
	}{
		"public":           {"", "", "http://127.0.0.1:"},
		"confidential":     {secret, "", "http://127.0.0.1:"},
		"port zero":        {"", "http://127.0.0.1:0/back/here", "http://127.0.0.1:"},
		"no port":          {"", "http://127.0.0.1/", "http://127.0.0.1:"},
		"no path":          {"", "http://127.0.0.1", "http://127.0.0.1:"},
		"another loopback": {"", "http://127.0.0.2/cb", "http://127.0.0.2:"},
		"IPv6":             {"", "http://[::1]/cb", "http://[::1]:"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "IPv6" {
				l, err := net.Listen("tcp", "[::1]:0")
				if err != nil {
					t.Skip("there is no IPv6 here")
				}
				l.Close()
			}
			if name == "another loopback" {
				l, err := net.Listen("tcp", "127.0.0.2:0")
				if err != nil {
					t.Skip("127.0.0.1 is the only one here")
				}
				l.Close()
			}
			srv := newAuthServer(t)
			srv.secret = c.secret
			cfg := srv.config()
			cfg.RedirectURL = c.redirect
			var store memoryStore
			pages := make(chan page, 1)
			before := time.Now()
			err := auth.Login(t.Context(), cfg, &store, auth.WithBrowser(person(pages)),
				auth.WithAuthParam("audience", "logs"), auth.WithAuthParam("audience", "https://logs.to/"), auth.WithIssuer(srv.URL))
			if err != nil {
				t.Fatal(err)
			}

			tok := store.tokens[auth.TokenKey(cfg)]
			if tok == nil || !strings.HasPrefix(tok.AccessToken, "access-") || !strings.HasPrefix(tok.RefreshToken, "refresh/") ||
				tok.Expiry.Before(before.Add(time.Hour-time.Minute)) || tok.Extra("id_token") != nil || len(store.tokens) != 1 {
				t.Errorf("stored %+v", store.tokens)
			}
			asked := srv.asked
			redirect := asked.Get("redirect_uri")
			if asked.Get("response_type") != "code" || asked.Get("client_id") != "me" || asked.Get("scope") != "logs:read offline_access" ||
				asked.Get("audience") != "https://logs.to/" || len(asked["audience"]) != 1 || len(asked.Get("state")) < 26 || // of 5 bits each
				asked.Get("code_challenge_method") != "S256" || len(asked.Get("code_challenge")) != 43 || len(asked) != 8 {
				t.Errorf("asked with %v", asked)
			}
			if u, err := url.Parse(redirect); !strings.HasPrefix(redirect, c.prefix) || err != nil || u.Port() == "" {
				t.Errorf("redirect URI %q", redirect)
			}
			requests, twice := srv.seen()
			if req := requests[0]; len(requests) != 1 || twice || req.basic != (c.secret != "") || len(req.form.Get("code_verifier")) < 43 ||
				req.form.Get("redirect_uri") != redirect || req.form.Has("client_id") == req.basic || req.form.Has("client_secret") {
				t.Errorf("got requests for a token %+v", requests)
			}
			checkPage(t, <-pages, http.StatusOK, "You are logged in")
		})
	}
}

// checkPage checks that a page says what it should, and can do no harm.
func checkPage(t *testing.T, p page, status int, text string) {
	t.Helper()
	if p.status != status || !strings.Contains(p.body, text) {
		t.Errorf("the page is %d %s; want %d with %q", p.status, p.body, status, text)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
		"X-Content-Type-Options": "nosniff",
	} {
		if got := p.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if csp := p.header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none';") || strings.Contains(p.body, "<script") {
		t.Errorf("the policy is %q, the page %s", csp, p.body)
	}
}

func TestEveryLoginHasItsOwnSecrets(t *testing.T) {
	srv := newAuthServer(t)
	states, challenges, verifiers := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for range 5 {
		if err := auth.Login(t.Context(), srv.config(), &memoryStore{}, auth.WithBrowser(person(make(chan page, 1)))); err != nil {
			t.Fatal(err)
		}
		states[srv.asked.Get("state")] = true
		challenges[srv.asked.Get("code_challenge")] = true
	}
	requests, _ := srv.seen()
	for _, req := range requests {
		verifiers[req.form.Get("code_verifier")] = true
	}
	if len(states) != 5 || len(challenges) != 5 || len(verifiers) != 5 {
		t.Errorf("%v, %v, %v", states, challenges, verifiers)
	}
}

func TestATokenWithoutARefreshTokenIsStored(t *testing.T) {
	srv := newAuthServer(t)
	srv.noFresh = true
	var store memoryStore
	store.tokens = map[string]*oauth2.Token{auth.TokenKey(srv.config()): {AccessToken: "old", RefreshToken: "old"}}
	if err := auth.Login(t.Context(), srv.config(), &store, auth.WithBrowser(person(make(chan page, 1)))); err != nil {
		t.Fatal(err)
	}
	if tok := store.tokens[auth.TokenKey(srv.config())]; tok.AccessToken == "old" || tok.RefreshToken != "" {
		t.Errorf("stored %+v", tok)
	}
}

// A code that is sent twice may end what it has brought (RFC 6749, section 4.1.2), so it
// is sent again only if the server has not looked at it.
func TestACodeIsSentOnce(t *testing.T) {
	for name, c := range map[string]struct {
		secret string
		fault  func(r *http.Request) (status int, answer string) // of the token endpoint
		sent   int
		good   bool
	}{
		"header refused": {secret, func(r *http.Request) (int, string) {
			if r.Header.Get("Authorization") != "" {
				return 401, `{"error":"invalid_client"}`
			}
			return 200, `{"access_token":"abc"}`
		}, 2, true},
		"client refused":        {secret, func(*http.Request) (int, string) { return 400, `{"error":"invalid_client"}` }, 2, false},
		"public client refused": {"", func(*http.Request) (int, string) { return 401, `{"error":"invalid_client"}` }, 1, false},
		"grant refused":         {secret, func(*http.Request) (int, string) { return 400, `{"error":"invalid_grant"}` }, 1, false},
		"server broken":         {secret, func(*http.Request) (int, string) { return 502, "bad" }, 1, false},
		"answer unreadable":     {secret, func(*http.Request) (int, string) { return 200, "<html>" }, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			srv := newAuthServer(t)
			srv.secret = c.secret
			srv.setFault(func(w http.ResponseWriter, r *http.Request) {
				status, answer := c.fault(r)
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(status)
				_, _ = w.Write([]byte(answer))
			})
			pages := make(chan page, 1)
			err := auth.Login(t.Context(), srv.config(), &memoryStore{}, auth.WithBrowser(person(pages)))
			var e *auth.TokenError
			if c.good != (err == nil) || err != nil && !errors.As(err, &e) {
				t.Errorf("Login: %v", err)
			}
			if requests, _ := srv.seen(); len(requests) != c.sent {
				t.Errorf("sent %d times", len(requests))
			}
			if !c.good {
				checkPage(t, <-pages, http.StatusBadRequest, "The login has failed")
			}
		})
	}
}

func TestAWrongConfigurationIsRefusedBeforeAnybodyIsAsked(t *testing.T) {
	good := newAuthServer(t).config()
	with := func(change func(*oauth2.Config)) oauth2.Config {
		cfg := good
		change(&cfg)
		return cfg
	}
	authURL := func(u string) oauth2.Config {
		return with(func(c *oauth2.Config) { c.Endpoint.AuthURL = u })
	}
	tokenURL := func(u string) oauth2.Config {
		return with(func(c *oauth2.Config) { c.Endpoint.TokenURL = u })
	}
	redirect := func(u string) oauth2.Config {
		return with(func(c *oauth2.Config) { c.RedirectURL = u })
	}
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	unread := funcIO(func([]byte) (int, error) { t.Error("the prompt was used"); return 0, io.EOF })
	for name, c := range map[string]struct {
		cfg  oauth2.Config
		opt  auth.LoginOption
		want string
	}{
		"no client":                {with(func(c *oauth2.Config) { c.ClientID = "" }), nil, "ClientID is empty"},
		"no authorization URL":     {authURL(""), nil, `AuthURL "": not an https URL`},
		"http":                     {authURL("http://auth.example/"), nil, "AuthURL \"http://auth.example/\": plain http"},
		"other scheme":             {authURL("javascript:alert(1)"), nil, "AuthURL"},
		"secret in the URL":        {authURL("http://auth.example/?key=s3cr3t"), nil, "AuthURL"},
		"fragment":                 {authURL("https://auth.example/#x"), nil, "AuthURL has a fragment"},
		"state in the URL":         {authURL("https://auth.example/?tenant=7&state=1"), nil, `AuthURL has the parameter "state"`},
		"no token URL":             {tokenURL(""), nil, `TokenURL "": not an https URL`},
		"http for tokens":          {tokenURL("http://auth.example/"), nil, "TokenURL \"http://auth.example/\": plain http"},
		"redirect elsewhere":       {redirect("http://logs.example/cb"), nil, "WithPrompt"},
		"redirect by https":        {redirect("https://127.0.0.1/cb"), nil, "WithPrompt"},
		"redirect of an app":       {redirect("com.example.app:/cb"), nil, "WithPrompt"},
		"redirect with a query":    {redirect("http://127.0.0.1/cb?state=x"), nil, "a query"},
		"redirect with a user":     {redirect("http://u:p@127.0.0.1/cb"), nil, "a user name"},
		"redirect to nowhere":      {redirect("http://127.0.0.1:99999999/cb"), nil, "cannot listen"},
		"redirect to localhost":    {redirect("http://localhost:8080/cb"), nil, `RedirectURL "http://localhost:8080/cb": name 127.0.0.1 or [::1]`},
		"redirect malformed":       {redirect("http://%zz/"), nil, "RedirectURL is not a URL"},
		"port in use":              {redirect("http://" + busy.Addr().String() + "/cb"), nil, "cannot listen for the redirect: listen tcp " + busy.Addr().String()},
		"redirect with no query":   {redirect("http://127.0.0.1/cb?"), nil, "a query"},
		"redirect with a fragment": {redirect("http://127.0.0.1/cb#x"), nil, "a fragment"},
		"prompt, malformed":        {redirect("http://%zz/"), auth.WithPrompt(unread, unread), "RedirectURL must not be"},
		"prompt, http":             {redirect("http://logs.example/cb"), auth.WithPrompt(unread, unread), "RedirectURL must not be"},
		"nil option":               {good, nil, "an option is nil"},
		"nil browser":              {good, auth.WithBrowser(nil), "WithBrowser(nil)"},
		"nil prompt":               {good, auth.WithPrompt(nil, nil), "WithPrompt:"},
		"nil pointer as a prompt":  {good, auth.WithPrompt((*bytes.Buffer)(nil), io.Discard), "WithPrompt:"},
		"no time":                  {good, auth.WithLoginTimeout(0), "WithLoginTimeout(0s)"},
		"nil client":               {good, auth.WithLoginHTTPClient(nil), "WithLoginHTTPClient(nil)"},
		"a client without a check": {good, auth.WithLoginHTTPClient(&http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}), "WithLoginHTTPClient: its TLS configuration has InsecureSkipVerify"}, //nolint:gosec // it is to be refused
		"no issuer":                {good, auth.WithIssuer(""), "WithIssuer"},
		"parameter of no name":     {good, auth.WithAuthParam("", "x"), "WithAuthParam: the name is empty"},
		"parameter of ours":        {good, auth.WithAuthParam("redirect_uri", "https://evil.example/"), `WithAuthParam("redirect_uri")`},
		"no challenge":             {good, auth.WithAuthParam("code_challenge_method", "plain"), `WithAuthParam("code_challenge_method")`},
	} {
		opts := []auth.LoginOption{auth.WithBrowser(func(context.Context, string) error {
			t.Errorf("%s: the browser was opened", name)
			return nil
		})}
		if c.opt != nil || name == "nil option" {
			opts = append(opts, c.opt)
		}
		err := auth.Login(t.Context(), c.cfg, &memoryStore{}, opts...)
		if err == nil || !strings.HasPrefix(err.Error(), "auth: Login: ") || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	for _, store := range []auth.TokenStore{nil, (*memoryStore)(nil)} {
		if err := auth.Login(t.Context(), good, store); err == nil || err.Error() != "auth: Login: the store is nil" {
			t.Errorf("without a store: %v", err)
		}
		if err := auth.Logout(t.Context(), good, store); err == nil || err.Error() != "auth: Logout: the store is nil" {
			t.Errorf("without a store: %v", err)
		}
	}
}

var errStore = errors.New("the store is broken")

func TestABrokenStoreIsKnownBeforeAnybodyIsAsked(t *testing.T) {
	srv := newAuthServer(t)
	err := auth.Login(t.Context(), srv.config(), &memoryStore{fail: errStore}, auth.WithBrowser(func(context.Context, string) error {
		t.Error("the browser was opened")
		return nil
	}))
	if !errors.Is(err, errStore) {
		t.Errorf("Login: %v", err)
	}
}

func TestATokenThatCannotBeStoredIsAFailedLogin(t *testing.T) {
	srv := newAuthServer(t)
	store := memoryStore{}
	pages := make(chan page, 1)
	err := auth.Login(t.Context(), srv.config(), &store, auth.WithBrowser(func(ctx context.Context, address string) error {
		store.setFail(errStore) // when it has been tried
		return person(pages)(ctx, address)
	}))
	if !errors.Is(err, errStore) || !strings.Contains(err.Error(), "cannot be stored") {
		t.Errorf("Login: %v", err)
	}
	checkPage(t, <-pages, http.StatusBadRequest, "The login has failed")
}

func TestALoginHasATimeLimit(t *testing.T) {
	srv := newAuthServer(t)
	gone := make(chan string, 1)
	err := auth.Login(t.Context(), srv.config(), &memoryStore{}, auth.WithLoginTimeout(20*time.Millisecond),
		auth.WithBrowser(func(_ context.Context, address string) error { gone <- address; return nil }))
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "auth: Login: nobody has logged in within 20ms") {
		t.Errorf("Login: %v", err)
	}
	checkGone(t, <-gone)
}

// checkGone checks that nothing listens any more where the browser was to be sent.
func checkGone(t *testing.T, address string) {
	t.Helper()
	if conn, err := net.Dial("tcp", redirectOf(t, address).Host); err == nil {
		conn.Close()
		t.Error("the listener still listens")
	}
}

// redirectOf returns the redirect URI in an authorization request, with its state.
func redirectOf(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	back, err := url.Parse(u.Query().Get("redirect_uri"))
	if err != nil {
		t.Fatal(err)
	}
	back.RawQuery = url.Values{"state": u.Query()["state"]}.Encode()
	return back
}

func TestALoginEndsWithItsContext(t *testing.T) {
	srv := newAuthServer(t)
	cause := errors.New("the reason")
	gone := make(chan string, 1)
	ctx, cancel := context.WithCancelCause(t.Context())
	err := auth.Login(ctx, srv.config(), &memoryStore{},
		auth.WithBrowser(func(_ context.Context, address string) error { gone <- address; cancel(cause); return nil }))
	if !errors.Is(err, cause) {
		t.Errorf("Login: %v", err)
	}
	checkGone(t, <-gone)

	// Also while the token is fetched.
	hang := make(chan struct{})
	defer close(hang)
	ctx, cancel = context.WithCancelCause(t.Context())
	srv.setFault(func(_ http.ResponseWriter, r *http.Request) {
		cancel(cause)
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	})
	pages := make(chan page, 1)
	err = auth.Login(ctx, srv.config(), &memoryStore{}, auth.WithBrowser(func(_ context.Context, address string) error {
		return person(pages)(context.Background(), address)
	}))
	if !errors.Is(err, cause) {
		t.Errorf("Login: %v", err)
	}
	checkPage(t, <-pages, http.StatusBadRequest, "The login has failed")
}

func TestABrowserThatCannotBeOpenedEndsTheLogin(t *testing.T) {
	srv := newAuthServer(t)
	reason := errors.New("no browser")
	err := auth.Login(t.Context(), srv.config(), &memoryStore{}, auth.WithBrowser(func(context.Context, string) error { return reason }))
	if !errors.Is(err, reason) {
		t.Errorf("Login: %v", err)
	}
	var state string
	err = auth.Login(t.Context(), srv.config(), &memoryStore{}, auth.WithBrowser(func(_ context.Context, address string) error {
		state = redirectOf(t, address).Query().Get("state")
		return errors.New("exec: browser " + address)
	}))
	if err == nil || !strings.Contains(err.Error(), "exec: browser http://") || !strings.HasSuffix(err.Error(), "&state=***") {
		t.Errorf("Login: %v", err)
	}
	noneShown(t, err, state)
}

func TestABrowserMayGoOnAfterTheLogin(t *testing.T) {
	srv := newAuthServer(t)
	type key struct{}
	stay, left := make(chan struct{}), make(chan error)
	ctx := context.WithValue(t.Context(), key{}, "value")
	err := auth.Login(ctx, srv.config(), &memoryStore{}, auth.WithBrowser(func(ctx context.Context, address string) error {
		err := person(make(chan page, 1))(ctx, address)
		<-stay
		if ctx.Value(key{}) != "value" {
			err = errors.New("another context")
		}
		left <- errors.Join(err, ctx.Err())
		return nil
	}))
	if err != nil {
		t.Error(err)
	}
	close(stay)
	if err := <-left; err != nil {
		t.Error(err)
	}
}

// What a token endpoint sends back, or where to, gets nobody what is secret.
func TestErrorsOfALoginShowNoSecret(t *testing.T) {
	for name, fault := range map[string]func(w http.ResponseWriter, r *http.Request){
		"echo": func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, "you sent "+r.PostForm.Encode()+" "+r.PostForm.Get("code")+" "+r.Header.Get("Authorization"), http.StatusBadRequest)
		},
		"echo in JSON": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"` + r.PostForm.Get("code") + `","error_description":"` + r.PostForm.Get("code_verifier") + `"}`))
		},
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere?"+r.PostForm.Encode(), http.StatusTemporaryRedirect)
		},
		"another type": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"access_token":"` + r.PostForm.Get("code") + `","token_type":"mac ` + r.PostForm.Get("code") + `"}`))
		},
		"unfit token": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"access_token":"a\n` + r.PostForm.Get("code") + `"}`))
		},
		"long token": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"access_token":"` + strings.Repeat("a", 64<<10) + r.PostForm.Get("code") + `"}`))
		},
	} {
		t.Run(name, func(t *testing.T) {
			srv := newAuthServer(t)
			srv.secret = secret
			srv.setFault(fault)
			var state string
			err := auth.Login(t.Context(), srv.config(), &memoryStore{}, auth.WithBrowser(func(ctx context.Context, address string) error {
				state = redirectOf(t, address).Query().Get("state")
				return person(make(chan page, 1))(ctx, address)
			}))
			if err == nil || !strings.HasPrefix(err.Error(), "auth: ") {
				t.Fatalf("Login: %v", err)
			}
			requests, _ := srv.seen()
			form := requests[0].form
			noneShown(t, err, secret, state, form.Get("code"), form.Get("code_verifier"))
			var e *auth.TokenError
			if errors.As(err, &e) && name == "redirect" && e.Status != http.StatusTemporaryRedirect {
				t.Errorf("the redirect was followed: %v", err)
			}
		})
	}
}

func TestTheHTTPClientIsUsedAndLeftAlone(t *testing.T) {
	srv := newAuthServer(t)
	n := 0
	hc := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		n++
		if d, ok := r.Context().Deadline(); !ok || time.Until(d) > 30*time.Second {
			t.Errorf("the request is not bounded: %v, %v", d, ok)
		}
		return http.DefaultTransport.RoundTrip(r)
	})}
	err := auth.Login(t.Context(), srv.config(), &memoryStore{}, auth.WithLoginHTTPClient(hc), auth.WithBrowser(person(make(chan page, 1))))
	if err != nil || n != 1 || hc.CheckRedirect != nil {
		t.Errorf("Login: %v, %d requests", err, n)
	}
}

// By default no browser is started; the address is written where programs tell things.
func TestTheAddressGoesToStandardError(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	old := os.Stderr
	os.Stderr = w
	defer func() { os.Stderr = old }()
	pages := make(chan page, 1)
	go func() {
		line, _ := bufio.NewReader(r).ReadString('\n')
		_ = person(pages)(t.Context(), strings.TrimSpace(strings.TrimPrefix(line, "Open this address in your browser: ")))
	}()
	srv := newAuthServer(t)
	if err := auth.Login(t.Context(), srv.config(), &memoryStore{}, auth.WithLoginTimeout(time.Minute)); err != nil {
		t.Error(err)
	}
	w.Close()
	checkPage(t, <-pages, http.StatusOK, "You are logged in")
}

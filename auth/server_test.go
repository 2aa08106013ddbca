package auth_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/internal/leak"
)

// authServer is an authorization server on loopback. It says yes for the person, and
// watches that what is good for one use is used once.
type authServer struct {
	*httptest.Server
	secret   string        // of the client; empty for a public one
	lifetime time.Duration // of access tokens; an hour if not set
	keep     bool          // the refresh token does not change
	noFresh  bool          // no refresh tokens at all
	fault    http.HandlerFunc

	mu       sync.Mutex
	asked    url.Values            // the last authorization request
	codes    map[string]url.Values // the requests that they were given for
	fresh    map[string]bool       // the refresh tokens that are good
	spent    map[string]int        // how often a code or refresh token was sent
	requests []tokenRequest
}

// tokenRequest is one that the token endpoint got.
type tokenRequest struct {
	form   url.Values
	basic  bool
	id     string
	secret string
}

func newAuthServer(t *testing.T) *authServer {
	t.Helper()
	s := &authServer{codes: map[string]url.Values{}, fresh: map[string]bool{}, spent: map[string]int{}, lifetime: time.Hour}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", s.authorize)
	mux.HandleFunc("POST /token", s.token)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *authServer) config() oauth2.Config {
	cfg := oauthConfig(s.URL)
	cfg.ClientSecret = s.secret
	return cfg
}

// oauthConfig returns the configuration of a public client of the server at base.
func oauthConfig(base string) oauth2.Config {
	return oauth2.Config{
		ClientID: "me", Scopes: []string{"logs:read", "offline_access"},
		Endpoint: oauth2.Endpoint{AuthURL: base + "/authorize", TokenURL: base + "/token"},
	}
}

func (s *authServer) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	code := "code/" + rand.Text()
	s.mu.Lock()
	s.asked, s.codes[code] = q, q
	s.mu.Unlock()
	back := url.Values{"code": {code}, "state": q["state"], "iss": {s.URL}}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

func (s *authServer) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	req := tokenRequest{form: r.PostForm}
	req.id, req.secret, req.basic = r.BasicAuth()
	if !req.basic {
		req.id, req.secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	s.mu.Lock()
	s.requests = append(s.requests, req)
	fault := s.fault
	s.mu.Unlock()
	if fault != nil {
		fault(w, r)
		return
	}
	status, answer := s.grant(req)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer)
}

func (s *authServer) grant(req tokenRequest) (int, map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if secret, _ := url.QueryUnescape(req.secret); req.id != "me" || req.basic && secret != s.secret || !req.basic && req.secret != s.secret {
		return http.StatusUnauthorized, map[string]any{"error": "invalid_client"}
	}
	code, refresh := req.form.Get("code"), req.form.Get("refresh_token")
	s.spent[code+refresh]++
	switch req.form.Get("grant_type") {
	case "authorization_code":
		asked, ok := s.codes[code]
		delete(s.codes, code)
		challenge := oauth2.S256ChallengeFromVerifier(req.form.Get("code_verifier"))
		if !ok || asked.Get("code_challenge_method") != "S256" || asked.Get("code_challenge") != challenge || asked.Get("redirect_uri") != req.form.Get("redirect_uri") {
			return http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": "no such code"}
		}
	case "refresh_token":
		if !s.fresh[refresh] {
			return http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": "no such token: " + refresh}
		}
		if !s.keep {
			delete(s.fresh, refresh)
		}
	default:
		return http.StatusBadRequest, map[string]any{"error": "unsupported_grant_type"}
	}
	answer := map[string]any{"access_token": "access-" + rand.Text(), "token_type": "bearer", "expires_in": int(s.lifetime / time.Second), "id_token": "x"}
	if !s.noFresh && (refresh == "" || !s.keep) {
		next := "refresh/" + rand.Text()
		s.fresh[next] = true
		answer["refresh_token"] = next
	}
	return http.StatusOK, answer
}

// issue returns a token as if somebody had logged in, and has it good for a refresh.
func (s *authServer) issue(expiry time.Time) *oauth2.Token {
	tok := &oauth2.Token{AccessToken: "access-" + rand.Text(), TokenType: "bearer", RefreshToken: "refresh/" + rand.Text(), Expiry: expiry}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fresh[tok.RefreshToken] = true
	return tok
}

// break makes the token endpoint answer so from now on; nil mends it.
func (s *authServer) setFault(f http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// seen returns the requests to the token endpoint, and whether something was sent twice
// that is good for one use.
func (s *authServer) seen() (requests []tokenRequest, twice bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.spent {
		twice = twice || n > 1
	}
	return s.requests, twice
}

// page is what a browser shows.
type page struct {
	status int
	header http.Header
	body   string
}

// browse gets a page, within a time that no test should need.
func browse(ctx context.Context, method, address, host string) (page, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return page{}, err
	}
	req.Host = host
	tr := &http.Transport{DisableKeepAlives: true}
	defer tr.CloseIdleConnections()
	resp, err := (&http.Client{Transport: tr}).Do(req)
	if err != nil {
		return page{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return page{resp.StatusCode, resp.Header, string(body)}, err
}

// person is a browser that somebody logs in with; the page that it ends at is in pages.
func person(pages chan<- page) func(context.Context, string) error {
	return func(ctx context.Context, address string) error {
		p, err := browse(ctx, http.MethodGet, address, "")
		if err != nil {
			p.body = err.Error()
		}
		pages <- p
		return err
	}
}

// memoryStore is a token store.
type memoryStore struct {
	update sync.Mutex // held by Update
	mu     sync.Mutex
	tokens map[string]*oauth2.Token
	fail   error // of storing
}

func (s *memoryStore) Load(_ context.Context, key string) (*oauth2.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens[key], nil
}

func (s *memoryStore) Update(ctx context.Context, key string, f func(context.Context, *oauth2.Token) (*oauth2.Token, error)) error {
	s.update.Lock()
	defer s.update.Unlock()
	old, _ := s.Load(ctx, key)
	tok, err := f(ctx, old)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	if s.tokens == nil {
		s.tokens = map[string]*oauth2.Token{}
	}
	if s.tokens[key] = tok; tok == nil {
		delete(s.tokens, key)
	}
	return nil
}

func (s *memoryStore) setFail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

// noneShown checks that an error, and what it wraps, shows none of the secrets.
func noneShown(t *testing.T, err error, secrets ...string) {
	t.Helper()
	if err == nil {
		return
	}
	if how := leak.InError(err, secrets...); how != "" {
		t.Error(how)
	}
}

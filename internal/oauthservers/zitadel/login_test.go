package zitadel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/oauthservers/ingest"
)

// newTokenStore returns a store of tokens in a file.
func newTokenStore(t *testing.T) *tokenStore {
	t.Helper()
	return &tokenStore{TokenStore: auth.FileStore(filepath.Join(t.TempDir(), "logsto", "token.json"))}
}

// tokenStore is a store of tokens that remembers the last one, for the tests to look at.
type tokenStore struct {
	auth.TokenStore

	mu   sync.Mutex
	last *oauth2.Token
}

func (s *tokenStore) Update(ctx context.Context, key string, f func(context.Context, *oauth2.Token) (*oauth2.Token, error)) error {
	return s.TokenStore.Update(ctx, key, func(ctx context.Context, old *oauth2.Token) (*oauth2.Token, error) {
		tok, err := f(ctx, old)
		if err == nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.last = tok
		}
		return tok, err
	})
}

// token returns the token that was stored last, or nil.
func (s *tokenStore) token() *oauth2.Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// browser is a person who logs in with the address that Login shows.
type browser struct {
	ended chan struct{}
	page  *Page // where it ended, once ended is closed
	err   error
}

// open is for auth.WithBrowser.
func (b *browser) open(ctx context.Context, address string) error {
	defer close(b.ended)
	b.page, b.err = Walk(ctx, address, Username, Password)
	return b.err
}

// login logs in, and returns where the browser ended.
func login(t *testing.T, cfg oauth2.Config, store auth.TokenStore, opts ...auth.LoginOption) (*Page, error) {
	t.Helper()
	b := &browser{ended: make(chan struct{})}
	err := auth.Login(t.Context(), cfg, store, append(opts, auth.WithBrowser(b.open))...)
	<-b.ended
	if b.err != nil {
		t.Logf("the browser: %v", b.err)
		b.page = &Page{}
	}
	return b.page, err
}

// TestLogin logs a person in: the browser ends on a page that says what to do next, and
// the token that is stored is one of the provider's.
func TestLogin(t *testing.T) {
	p := Start(t)
	store := newTokenStore(t)
	page, err := login(t, person(p), store)
	if err != nil {
		t.Fatal(err)
	}
	if page.Status != http.StatusOK || !strings.Contains(page.Text, "return to the program") {
		t.Errorf("the browser ends at %+v", page)
	}
	if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || len(page.Header["Set-Cookie"]) > 0 {
		t.Errorf("its page has the header %v", page.Header)
	}
	tok := store.token()
	scopes, ok, err := p.Introspect(t.Context(), tok.AccessToken)
	if !ok || err != nil || !slices.Contains(scopes, ingest.Read) || slices.Contains(scopes, ingest.Write) {
		t.Errorf("the token: %v, %v, %v", scopes, ok, err)
	}
	if tok.RefreshToken == "" {
		t.Error("there is no refresh token")
	}
}

// TestLoginWithAPrompt has the person carry the address, or the code in it, from a
// browser elsewhere.
func TestLoginWithAPrompt(t *testing.T) {
	whole := func(p *Page) string { return p.URL.String() }
	code := func(p *Page) string { return p.URL.Query().Get("code") }
	for name, entered := range map[string]func(*Page) string{"address": whole, "code": code} {
		t.Run(name, func(t *testing.T) {
			p := Start(t)
			store := newTokenStore(t)
			in, answer := io.Pipe()
			out := &shown{enter: func(address string) {
				page, err := Walk(t.Context(), address, Username, Password)
				if err != nil {
					_ = answer.CloseWithError(err)
					return
				}
				fmt.Fprintln(answer, entered(page))
			}}
			if err := auth.Login(t.Context(), person(p), store, auth.WithPrompt(in, out)); err != nil {
				t.Fatal(err)
			}
			if _, ok, err := p.Introspect(t.Context(), store.token().AccessToken); !ok || err != nil {
				t.Errorf("the token: %v, %v", ok, err)
			}
		})
	}
}

// shown is a terminal: it waits for an address, and has somebody enter the answer.
type shown struct {
	text  bytes.Buffer
	enter func(address string)
}

var anAddress = regexp.MustCompile(`http://\S+`)

func (s *shown) Write(b []byte) (int, error) {
	s.text.Write(b)
	if address := anAddress.FindString(s.text.String()); address != "" && s.enter != nil {
		go s.enter(address)
		s.enter = nil
	}
	return len(b), nil
}

// tamper changes what is sent to the token endpoint.
type tamper func(form url.Values)

func (f tamper) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body == nil {
		return http.DefaultTransport.RoundTrip(req)
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	_ = req.Body.Close()
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	f(form)
	changed := req.Clone(req.Context())
	text := form.Encode()
	changed.Body, changed.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	return http.DefaultTransport.RoundTrip(changed)
}

// TestTheProviderRefusesTheCode has a thief with another verifier, and one who was
// faster: the login fails, with what the provider says and without what is secret, and
// the person learns so.
func TestTheProviderRefusesTheCode(t *testing.T) {
	for name, thief := range map[string]func(p *Provider, form url.Values){
		"another verifier": func(_ *Provider, form url.Values) { form.Set("code_verifier", oauth2.GenerateVerifier()) },
		"a code that was used": func(p *Provider, form url.Values) {
			resp, err := http.PostForm(p.TokenURL, form)
			if err == nil {
				_ = resp.Body.Close()
			}
		},
		"another redirect": func(_ *Provider, form url.Values) { form.Set("redirect_uri", "http://127.0.0.1:1/callback") },
	} {
		t.Run(name, func(t *testing.T) {
			p := Start(t)
			store := newTokenStore(t)
			var secrets []string
			hc := &http.Client{Transport: tamper(func(form url.Values) {
				secrets = append(secrets, form.Get("code"), form.Get("code_verifier"))
				thief(p, form)
			})}
			page, err := login(t, person(p), store, auth.WithLoginHTTPClient(hc))
			var token *auth.TokenError
			if !errors.As(err, &token) || token.Status != http.StatusBadRequest || token.Code != "invalid_grant" || token.URL != p.TokenURL {
				t.Errorf("Login: %v", err)
			}
			if page.Status != http.StatusBadRequest || !strings.Contains(page.Text, "failed") {
				t.Errorf("the browser ends at %+v", page)
			}
			if len(secrets) != 2 {
				t.Errorf("%d secrets were sent", len(secrets))
			}
			for _, s := range secrets {
				if text := fmt.Sprintf("%v %+v", err, token); strings.Contains(text, s) {
					t.Errorf("a secret shows: %s", text)
				}
			}
			if store.token() != nil {
				t.Error("something was stored")
			}
		})
	}
}

// TestTheProviderSendsAnError has it send the browser back without a code.
func TestTheProviderSendsAnError(t *testing.T) {
	p := Start(t)
	store := newTokenStore(t)
	// The page at the end is the first one here, without a form.
	page, err := login(t, person(p), store, auth.WithAuthParam("prompt", "none"))
	var e *auth.LoginError
	if !errors.As(err, &e) || e.Code != "login_required" {
		t.Errorf("Login: %v; the browser ends at %+v", err, page)
	}
	if store.token() != nil {
		t.Error("something was stored")
	}
}

// TestTheProviderDoesNotKnowTheProgram has it show the person an error, and not send the
// browser anywhere: the program is told by who opened it.
func TestTheProviderDoesNotKnowTheProgram(t *testing.T) {
	p := Start(t)
	cfg := person(p)
	cfg.ClientID = "nobody"
	_, err := login(t, cfg, newTokenStore(t))
	if err == nil || !strings.Contains(err.Error(), "no form on a page with status") {
		t.Errorf("Login: %v", err)
	}
}

// TestAScopeThatNobodyMayHave is left out by the provider without a word.
func TestAScopeThatNobodyMayHave(t *testing.T) {
	p := Start(t)
	cfg := person(p)
	cfg.Scopes = []string{"openid", ingest.Read, "logs:everything"}
	store := newTokenStore(t)
	if _, err := login(t, cfg, store); err != nil {
		t.Fatal(err)
	}
	scopes, ok, err := p.Introspect(t.Context(), store.token().AccessToken)
	if !ok || err != nil || !slices.Equal(scopes, []string{"openid", ingest.Read}) {
		t.Errorf("the token: %v, %v, %v", scopes, ok, err)
	}
	if store.token().RefreshToken != "" {
		t.Error("there is a refresh token that nobody has asked for")
	}
}

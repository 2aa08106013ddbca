package endtoend

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// memoryStore keeps the tokens of one person.
type memoryStore struct {
	mu    sync.Mutex
	token *oauth2.Token
}

// Load returns the token, whatever the key.
func (s *memoryStore) Load(context.Context, string) (*oauth2.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token, nil
}

// Update holds the lock meanwhile, which no bubble sees as waiting; no test has two.
func (s *memoryStore) Update(ctx context.Context, _ string, f func(context.Context, *oauth2.Token) (*oauth2.Token, error)) error {
	old, err := s.Load(ctx, "")
	if err != nil {
		return err
	}
	token, err := f(ctx, old)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = token
	return nil
}

// person is the configuration of a program that a person logs in with.
func (a *application) person(secret string) oauth2.Config {
	return oauth2.Config{
		ClientID: secretClient, ClientSecret: secret, RedirectURL: "http://127.0.0.1/callback",
		Endpoint: oauth2.Endpoint{AuthURL: a.srv.AuthorizeURL(), TokenURL: a.srv.TokenURL()},
	}
}

// login has a person log in who does with the address what answer says, and enters
// what that returns.
func (a *application) login(t *testing.T, cfg oauth2.Config, store auth.TokenStore, answer func(a *application, address string) (string, error)) error {
	t.Helper()
	var out strings.Builder
	in := &keyboard{line: func() (string, error) {
		start := strings.Index(out.String(), cfg.Endpoint.AuthURL)
		address, _, _ := strings.Cut(out.String()[start:], "\n")
		return answer(a, address)
	}}
	err := auth.Login(t.Context(), cfg, store, auth.WithPrompt(in, &out), auth.WithLoginHTTPClient(&http.Client{Transport: a.way}))
	a.seen.addText("prompt", out.String())
	return err
}

// keyboard is what a person enters when the program begins to read.
type keyboard struct {
	line func() (string, error)
	rest *strings.Reader
}

// Read reads from the line, which it asks for first.
func (k *keyboard) Read(p []byte) (int, error) {
	if k.rest == nil {
		line, err := k.line()
		if err != nil {
			return 0, err
		}
		k.rest = strings.NewReader(line + "\n")
	}
	return k.rest.Read(p)
}

// pressAllow is a person who says yes, and copies the address to which the browser is
// sent.
func pressAllow(a *application, address string) (string, error) {
	hc := *a.srv.Client()
	hc.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader("decision=allow"))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := hc.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusSeeOther {
		return "", fmt.Errorf("the authorization endpoint answers %s", resp.Status)
	}
	return resp.Header.Get("Location"), nil
}

// TestSecretsOfALogin has a person log in while the token endpoint is in trouble, and
// while the redirect is forged.
func TestSecretsOfALogin(t *testing.T) {
	for i, tr := range tokenTroublesAll() {
		t.Run(tr.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newPerson(tr)
				defer a.srv.Close()
				a.way.on.Store(true)
				for form := range echoes {
					if !*everyPair && (i+form)%4 != 0 {
						continue
					}
					a.way.form.Store(int64(form))
					err := a.login(t, a.person(awkward), &memoryStore{}, pressAllow)
					if err == nil {
						t.Errorf("the trouble is none with what is %s", echoes[form].name)
					}
					a.seen.addError("Login", err)
				}
				for _, found := range a.seen.leaks(a.secrets(), i%10 == 0) {
					t.Error(found)
				}
			})
		})
	}
	for name, forge := range forgeries {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newPerson(trouble{})
				defer a.srv.Close()
				var states []string
				err := a.login(t, a.person(awkward), &memoryStore{}, func(a *application, address string) (string, error) {
					back, err := pressAllow(a, address)
					if err != nil {
						return "", err
					}
					u, err := url.Parse(back)
					if err != nil {
						return "", err
					}
					states = append(states, u.Query().Get("state"), u.Query().Get("code"))
					return forge(u), nil
				})
				if err == nil {
					t.Error("the forged redirect was taken")
				}
				a.seen.addError("Login", err)
				a.seen.texts["prompt"] = nil // the state is for the person
				for _, found := range a.seen.leaks(append(a.secrets(), halves(states)...), true) {
					t.Error(found)
				}
			})
		})
	}
}

// newPerson is an application that a person has not logged in with.
func newPerson(tr trouble) *application {
	a := &application{seen: &collected{}, trouble: tr, kind: credentialKind{secrets: []string{awkward}}}
	a.srv = logstotest.NewInMemory(logstotest.WithOAuthClient(secretClient, awkward))
	a.way = newHostileWay(a.srv, tr, a.seen)
	return a
}

// tokenTroublesAll are the troubles of the token endpoint, but for panics of the HTTP
// client: they are those of the goroutine that called Login.
func tokenTroublesAll() (all []trouble) {
	for _, tr := range troubles() {
		if tr.token != nil && !strings.Contains(tr.name, "panic") {
			all = append(all, tr)
		}
	}
	return all
}

// forgeries are what a person may be made to paste in the place of a redirect, with its
// true state and code in it.
var forgeries = map[string]func(*url.URL) string{
	"no code":             without("code"),
	"no state":            without("state"),
	"wrong state":         with("state", func(state, code string) string { return state[1:] + code }),
	"state twice":         with("state", func(state, _ string) string { return state + "&state=" + state }),
	"code twice":          with("code", func(_, code string) string { return code + "&code=" + code }),
	"wrong code":          with("code", func(state, code string) string { return code + state }),
	"an error":            with("error", func(state, code string) string { return "access_denied " + state + " " + code }),
	"an error of letters": with("error", func(_, code string) string { return code }),
	"described error": with("error", func(state, code string) string {
		return "x&error_description=" + state + "+" + code + "&error_uri=" + code
	}),
	"described in base64":  with("error", func(state, code string) string { return "x&error_description=" + echoes[9].of(state+code) }),
	"described in capital": with("error", func(state, _ string) string { return "x&error_description=" + strings.ToLower(state) }),
	"another issuer":       with("iss", func(state, code string) string { return "https://" + state + code + "&code=" }),
	"no address":           func(u *url.URL) string { return "%zz" + u.String() },
	"another address":      func(u *url.URL) string { return "https://elsewhere.invalid/%zz?" + u.RawQuery },
	"the address alone":    func(*url.URL) string { return "http://127.0.0.1/callback" },
	"the query alone":      func(u *url.URL) string { return u.RawQuery + "&code=x" },
	"the code and more":    func(u *url.URL) string { return u.Query().Get("code") + " " + u.Query().Get("state") },
	"control characters":   func(u *url.URL) string { return u.Query().Get("code") + "\x1b\x00" },
}

func without(name string) func(*url.URL) string {
	return func(u *url.URL) string {
		q := u.Query()
		q.Del(name)
		return "http://127.0.0.1/callback?" + q.Encode()
	}
}

// with sets a parameter to a text that is a part of a query.
func with(name string, value func(state, code string) string) func(*url.URL) string {
	return func(u *url.URL) string {
		q := u.Query()
		state, code := q.Get("state"), q.Get("code")
		q.Del(name)
		return "http://127.0.0.1/callback?" + q.Encode() + "&" + name + "=" + value(state, code)
	}
}

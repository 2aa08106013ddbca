package auth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
)

// refresher is a token endpoint that takes each refresh token once: refresh-1, refresh-2
// and so on, for access-2, access-3.
type refresher struct {
	mu     sync.Mutex
	n      int
	down   bool
	lost   bool // the refresh tokens that there are are not taken
	called int
}

func (r *refresher) client() *http.Client {
	return &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.called++
		body, _ := io.ReadAll(req.Body)
		form, _ := url.ParseQuery(string(body))
		if r.down {
			return respond(req, 503, ""), nil
		}
		if r.lost || form.Get("refresh_token") != fmt.Sprintf("refresh-%d", r.n) {
			return respond(req, 400, `{"error":"invalid_grant"}`), nil
		}
		r.n++
		return respond(req, 200, fmt.Sprintf(`{"access_token":"access-%d","refresh_token":"refresh-%d","token_type":"bearer","expires_in":3600}`, r.n, r.n)), nil
	})}
}

// requests returns how many there were since it was called last.
func (r *refresher) requests() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.called
	r.called = 0
	return n
}

// last returns the number of the last token.
func (r *refresher) last() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.n
}

// mend ends an outage.
func (r *refresher) mend() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down = false
}

// loggedIn returns a token as [auth.Login] stores it.
func loggedIn(n int) *oauth2.Token {
	return &oauth2.Token{AccessToken: fmt.Sprintf("access-%d", n), RefreshToken: fmt.Sprintf("refresh-%d", n), Expiry: time.Now().Add(time.Hour), ExpiresIn: 3600}
}

func TestAPersonsTokenIsRefreshedInTheBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := oauthConfig("https://auth.example")
		store := stored(cfg, loggedIn(1))
		r := &refresher{n: 1}
		hc, c := r.client(), auth.AuthorizationCode(cfg, store)
		if err := c.Check(false); err != nil {
			t.Fatal(err)
		}
		want := func(n int) {
			t.Helper()
			h, began := http.Header{}, time.Now()
			if tok, err := c.Apply(t.Context(), hc, h); tok != fmt.Sprintf("access-%d", n) || err != nil || h.Get("Authorization") != "Bearer "+tok {
				t.Errorf("after %v: %q, %v, want %d", time.Since(epoch), tok, err, n)
			}
			if waited := time.Since(began); waited > 0 {
				t.Errorf("waited for %v", waited)
			}
		}
		for range 20 * 60 {
			n := r.last()
			want(n)
			if tok, _ := store.Load(t.Context(), auth.TokenKey(cfg)); tok.RefreshToken != fmt.Sprintf("refresh-%d", n) {
				t.Errorf("stored %+v", tok)
			}
			time.Sleep(time.Minute)
			synctest.Wait()
		}
		if n := r.requests(); n < 20*60/52 || n > 20*60/42 {
			t.Errorf("refreshed %d times", n)
		}
		// One that the server refuses is refreshed at once.
		n := r.last()
		c.Taken(fmt.Sprintf("access-%d", n))
		time.Sleep(2 * time.Second)
		c.Refused(fmt.Sprintf("access-%d", n))
		want(n + 1)
		if c.ID("x") != "me" {
			t.Errorf("client %s", c.ID("x"))
		}
	})
}

// Who logs in need not wait for those who have asked before.
func TestALoginHelpsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := oauthConfig("https://auth.example")
		store := &memoryStore{}
		r := &refresher{n: 1}
		hc, c := r.client(), auth.AuthorizationCode(cfg, store)
		for range 10 {
			_, err := c.Apply(t.Context(), hc, http.Header{})
			wantsLogin(t, err)
		}
		store.tokens = stored(cfg, loggedIn(7)).tokens
		if tok, err := c.Apply(t.Context(), hc, http.Header{}); tok != "access-7" || err != nil {
			t.Errorf("%q, %v", tok, err)
		}
		if n := r.requests(); n != 0 {
			t.Errorf("%d requests", n)
		}
	})
}

// A refresh token that is not taken any more is told of while the access token lives, and
// is not sent again and again, neither by a timer nor for requests.
func TestARefreshTokenThatIsNotTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := oauthConfig("https://auth.example")
		r := &refresher{n: 1, lost: true}
		hc, c := r.client(), auth.AuthorizationCode(cfg, stored(cfg, loggedIn(1)))
		apply := func() error {
			_, err := c.Apply(t.Context(), hc, http.Header{})
			return err
		}
		for time.Since(epoch) < 59*time.Minute {
			if err := apply(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		wantsLogin(t, c.Trouble())
		if n := r.requests(); n < 1 || n > 4 {
			t.Errorf("%d requests", n)
		}
		for time.Since(epoch) < 2*time.Hour {
			if time.Since(epoch) > time.Hour {
				err := apply()
				wantsLogin(t, err)
				if err == nil || !strings.Contains(err.Error(), "invalid_grant") {
					t.Fatal(err)
				}
			}
			time.Sleep(time.Second)
		}
		if n := r.requests(); n < 5 || n > 14 { // every five minutes
			t.Errorf("%d requests", n)
		}
	})
}

func TestAPersonsTokenGoesOnWhileTheTokenEndpointIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := oauthConfig("https://auth.example")
		r := &refresher{n: 1, down: true}
		hc, c := r.client(), auth.AuthorizationCode(cfg, stored(cfg, loggedIn(1)))
		for time.Since(epoch) < 59*time.Minute {
			if tok, err := c.Apply(t.Context(), hc, http.Header{}); tok != "access-1" || err != nil {
				t.Fatalf("%q, %v", tok, err)
			}
			time.Sleep(time.Second)
		}
		if n := r.requests(); n < 5 || n > 60 {
			t.Errorf("%d requests", n)
		}
		r.mend()
		time.Sleep(time.Minute)
		if tok, err := c.Apply(t.Context(), hc, http.Header{}); tok != "access-2" || err != nil {
			t.Errorf("%q, %v", tok, err)
		}
	})
}

func TestATokenThatCannotBeStoredIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := oauthConfig("https://auth.example")
		tok := loggedIn(1)
		tok.Expiry = time.Now()
		store := stored(cfg, tok)
		store.setFail(errStore)
		r := &refresher{n: 1}
		hc, c := r.client(), auth.AuthorizationCode(cfg, store)
		if tok, err := c.Apply(t.Context(), hc, http.Header{}); tok != "access-2" || err != nil {
			t.Errorf("%q, %v", tok, err)
		}
		if err := c.Trouble(); !errors.Is(err, errStore) {
			t.Errorf("%v", err)
		}
	})
}

func TestWhatIsWrongWithAnAuthorizationCode(t *testing.T) {
	cfg := oauthConfig("https://auth.example")
	without := func(change func(*oauth2.Config)) oauth2.Config {
		cfg := cfg
		change(&cfg)
		return cfg
	}
	store := &memoryStore{}
	other := auth.WithClientSecret(auth.Literal("x"))
	if err := auth.AuthorizationCode(cfg, (*memoryStore)(nil)).Check(false); err == nil || err.Error() != "auth: AuthorizationCode: the store is nil" {
		t.Errorf("a nil pointer as a store: %v", err)
	}
	for want, c := range map[string]*auth.Credential{
		"ClientID is empty": auth.AuthorizationCode(without(func(c *oauth2.Config) { c.ClientID = "" }), store),
		"the store is nil":  auth.AuthorizationCode(cfg, nil),
		"TokenURL is empty": auth.AuthorizationCode(without(func(c *oauth2.Config) { c.Endpoint.TokenURL = "" }), store),
		"ClientSecret and WithClientSecret exclude each other": auth.AuthorizationCode(without(func(c *oauth2.Config) { c.ClientSecret = "x" }), store, other),
		"plain http":        auth.AuthorizationCode(oauthConfig("http://auth.example"), store),
		"goes with":         auth.AuthorizationCode(cfg, store, auth.WithPrivateKey(auth.Literal("x"), "")),
		"an option is nil":  auth.AuthorizationCode(cfg, store, nil),
		"goes with API":     auth.AuthorizationCode(cfg, store, auth.WithScheme("x")),
		"environment varia": auth.AuthorizationCode(without(func(c *oauth2.Config) { c.ClientSecret = "" }), store, auth.WithClientSecret(auth.Env("LOGSTO_TEST_NONE"))),
	} {
		if err := c.Check(false); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "auth: AuthorizationCode: ") {
			t.Errorf("%v, want one with %q", err, want)
		}
	}
	public := without(func(c *oauth2.Config) { c.ClientSecret = "" })
	if err := auth.AuthorizationCode(public, store, other).Check(false); err != nil {
		t.Error(err)
	}
}

// A client secret of a function is fetched anew when the token endpoint does not take it.
func TestAPersonsClientSecretIsReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := oauthConfig("https://auth.example")
		cfg.ClientSecret, cfg.Endpoint.AuthStyle = "", oauth2.AuthStyleInHeader
		tok := loggedIn(1)
		tok.Expiry = time.Now()
		var sent []string
		down := true
		r := &refresher{n: 1}
		next := r.client().Transport
		hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			if down { // which says nothing of the secret
				return respond(req, 503, ""), nil
			}
			_, secret, _ := req.BasicAuth()
			if sent = append(sent, secret); secret != "secret-2" {
				return respond(req, 401, `{"error":"invalid_client"}`), nil
			}
			return next.RoundTrip(req)
		})}
		calls := 0
		c := auth.AuthorizationCode(cfg, stored(cfg, tok), auth.WithClientSecret(auth.Func(func(context.Context) (string, error) {
			calls++
			return fmt.Sprintf("secret-%d", calls), nil
		}, 0)))
		if _, err := c.Apply(t.Context(), hc, http.Header{}); err == nil || auth.IsSetup(err) {
			t.Errorf("%v", err)
		}
		down = false
		time.Sleep(2 * time.Second)
		if _, err := c.Apply(t.Context(), hc, http.Header{}); err == nil || !auth.IsSetup(err) {
			t.Errorf("%v", err)
		}
		time.Sleep(3 * time.Second)
		if tok, err := c.Apply(t.Context(), hc, http.Header{}); tok != "access-2" || err != nil {
			t.Errorf("%q, %v", tok, err)
		}
		if got := strings.Join(sent, " "); got != "secret-1 secret-2" {
			t.Errorf("sent %s", got)
		}
	})
}

package auth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
)

// stored returns a store that has a token for the configuration.
func stored(cfg oauth2.Config, tok *oauth2.Token) *memoryStore {
	return &memoryStore{tokens: map[string]*oauth2.Token{auth.TokenKey(cfg): tok}}
}

// fetched fetches a token, and checks the error.
func fetched(t *testing.T, f *auth.UserFetch, refused, want string) *oauth2.Token {
	t.Helper()
	tok, err := f.Fetch(t.Context(), nil, refused)
	if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) || (tok == nil) != (err != nil) {
		t.Errorf("Fetch: %+v, %v; want %q", tok, err, want)
	}
	return tok
}

// wantsLogin checks that an error says so, also to those who ask whether somebody must
// see to it.
func wantsLogin(t *testing.T, err error) {
	t.Helper()
	var setup interface{ Setup() bool }
	if !errors.Is(err, auth.ErrLoginRequired) || !errors.As(err, &setup) || !setup.Setup() {
		t.Errorf("%v", err)
	}
}

func TestAStoredTokenIsUsedWithoutTheNetwork(t *testing.T) {
	cfg := oauthConfig("https://auth.example")
	hc := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		t.Error("something was sent")
		return nil, errSource
	})}
	for name, tok := range map[string]*oauth2.Token{
		"an hour":                         {AccessToken: "a", RefreshToken: "r", Expiry: time.Now().Add(time.Hour)},
		"for ever":                        {AccessToken: "a", RefreshToken: "r"},
		"without a refresh token":         {AccessToken: "a", Expiry: time.Now().Add(time.Hour)},
		"to the last if not refreshable":  {AccessToken: "a", Expiry: time.Now().Add(5 * time.Second), ExpiresIn: 3600},
		"near its end, but a short life":  {AccessToken: "a", RefreshToken: "r", Expiry: time.Now().Add(5 * time.Second), ExpiresIn: 6},
		"of a life of which it has a lot": {AccessToken: "a", RefreshToken: "r", Expiry: time.Now().Add(20 * time.Second), ExpiresIn: 3600},
	} {
		got, err := auth.NewUserFetch(cfg, stored(cfg, tok)).Fetch(t.Context(), hc, "another")
		if err != nil || got.AccessToken != "a" {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestATokenIsRefreshedWhenItsTimeHasComeOrItWasRefused(t *testing.T) {
	for name, c := range map[string]struct {
		life    time.Duration // that is left
		lives   int64         // from the beginning, in seconds
		refused bool
	}{
		"expired":            {-time.Minute, 3600, false},
		"about to expire":    {5 * time.Second, 3600, false},
		"life not known":     {5 * time.Second, 0, false},
		"short, almost over": {time.Millisecond, 3, false},
		"refused":            {time.Hour, 3600, true},
	} {
		t.Run(name, func(t *testing.T) {
			srv := newAuthServer(t)
			old := srv.issue(time.Now().Add(c.life))
			old.ExpiresIn = c.lives
			store := stored(srv.config(), old)
			refused := ""
			if c.refused {
				refused = old.AccessToken
			}
			f := auth.NewUserFetch(srv.config(), store)
			tok := fetched(t, f, refused, "")
			kept := store.tokens[auth.TokenKey(srv.config())]
			if tok.AccessToken == old.AccessToken || kept.AccessToken != tok.AccessToken || kept.RefreshToken == old.RefreshToken || kept.RefreshToken != tok.RefreshToken {
				t.Errorf("got %+v, stored %+v, had %+v", tok, kept, old)
			}
			if again := fetched(t, f, refused, ""); again.AccessToken != tok.AccessToken {
				t.Errorf("then %+v", again)
			}
			requests, twice := srv.seen()
			if len(requests) != 1 || twice || requests[0].form.Get("client_id") != "me" || requests[0].basic {
				t.Errorf("sent %+v", requests)
			}
			if err := f.Trouble(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTheOldRefreshTokenStaysIfTheServerSendsNone(t *testing.T) {
	srv := newAuthServer(t)
	srv.keep = true
	store := stored(srv.config(), srv.issue(time.Now().Add(-time.Hour)))
	old := store.tokens[auth.TokenKey(srv.config())].RefreshToken
	tok := fetched(t, auth.NewUserFetch(srv.config(), store), "", "")
	if kept := store.tokens[auth.TokenKey(srv.config())]; tok.RefreshToken != old || kept.RefreshToken != old || kept.AccessToken != tok.AccessToken {
		t.Errorf("got %+v, stored %+v", tok, kept)
	}
}

func TestALoginIsRequired(t *testing.T) {
	srv := newAuthServer(t)
	spent := srv.issue(time.Now().Add(-time.Hour))
	delete(srv.fresh, spent.RefreshToken)
	valid := &oauth2.Token{AccessToken: "a", Expiry: time.Now().Add(time.Hour)}
	for name, c := range map[string]struct {
		tok     *oauth2.Token
		refused string
		want    string
	}{
		"nobody":                  {nil, "", "nobody has logged in"},
		"no refresh token":        {&oauth2.Token{AccessToken: "a", Expiry: time.Now().Add(-time.Second)}, "", "without a refresh token"},
		"refused":                 {valid, "a", "without a refresh token"},
		"refresh token refused":   {spent, "", "invalid_grant"},
		"unfit token":             {&oauth2.Token{AccessToken: "a\nb"}, "", "without a refresh token"},
		"of another client":       {nil, "", "nobody has logged in"},
		"nothing but its refusal": {&oauth2.Token{}, "", "without a refresh token"},
	} {
		store := stored(srv.config(), c.tok)
		if name == "of another client" {
			other := srv.config()
			other.ClientID = "you"
			store = stored(other, valid)
		}
		f := auth.NewUserFetch(srv.config(), store)
		_, err := f.Fetch(t.Context(), nil, c.refused)
		wantsLogin(t, err)
		// The server is not asked again, and a new login is seen at once.
		requests, _ := srv.seen()
		if _, again := f.Fetch(t.Context(), nil, c.refused); again == nil || again.Error() != err.Error() {
			t.Errorf("%s: again: %v, had %v", name, again, err)
		}
		if later, _ := srv.seen(); len(later) != len(requests) {
			t.Errorf("%s: the server was asked again", name)
		}
		defer func() {
			put(t, store, auth.TokenKey(srv.config()), srv.issue(time.Now()))
			fetched(t, f, c.refused, "")
		}()
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "auth: a login is required: ") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		noneShown(t, err, spent.RefreshToken, spent.AccessToken)
		var e *auth.TokenError
		if errors.As(err, &e) != (name == "refresh token refused") {
			t.Errorf("%s: %v", name, e)
		}
		if got := store.tokens[auth.TokenKey(srv.config())]; got != c.tok {
			t.Errorf("%s: the store has %+v", name, got)
		}
	}
}

// Everything but invalid_grant passes, or is mended elsewhere: the refresh token stays.
func TestAFailedRefreshLeavesTheStoreAlone(t *testing.T) {
	for name, fault := range map[string]http.HandlerFunc{
		"down":      func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "down", http.StatusServiceUnavailable) },
		"cut":       func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"no token":  func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"x":1}`)) },
		"bad token": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"access_token":"a\nb"}`)) },
		"other token": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"access_token":"a","token_type":"mac"}`))
		},
		"other client": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"error":"invalid_client"}`, http.StatusUnauthorized)
		},
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/token", http.StatusTemporaryRedirect)
		},
		"echo": func(w http.ResponseWriter, r *http.Request) {
			http.Error(w, r.PostForm.Encode(), http.StatusBadRequest)
		},
	} {
		t.Run(name, func(t *testing.T) {
			srv := newAuthServer(t)
			srv.setFault(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				fault(w, r)
			})
			tok := srv.issue(time.Now().Add(-time.Hour))
			store := stored(srv.config(), tok)
			f := auth.NewUserFetch(srv.config(), store)
			_, err := f.Fetch(t.Context(), nil, "")
			if err == nil || errors.Is(err, auth.ErrLoginRequired) || !strings.HasPrefix(err.Error(), "auth: ") {
				t.Errorf("Fetch: %v", err)
			}
			noneShown(t, err, tok.RefreshToken, tok.AccessToken)
			if store.tokens[auth.TokenKey(srv.config())] != tok {
				t.Error("the store has changed")
			}
			if requests, _ := srv.seen(); len(requests) != 1 {
				t.Errorf("%d requests", len(requests))
			}
			srv.setFault(nil)
			fetched(t, f, "", "")
		})
	}
}

// A refresh token that two send is one that is stolen, to a server that watches for that
// (RFC 9700, section 4.14.2).
func TestManyRefreshOnce(t *testing.T) {
	srv := newAuthServer(t)
	path := storePath(t)
	put(t, auth.FileStore(path), auth.TokenKey(srv.config()), srv.issue(time.Now().Add(-time.Hour)))
	var wg sync.WaitGroup
	got := make(chan string, 20)
	for range cap(got) {
		f := auth.NewUserFetch(srv.config(), auth.FileStore(path)) // as other processes have it
		wg.Go(func() { got <- fetched(t, f, "", "").AccessToken })
	}
	wg.Wait()
	close(got)
	first := <-got
	for tok := range got {
		if tok != first {
			t.Errorf("%s and %s", first, tok)
		}
	}
	if requests, twice := srv.seen(); len(requests) != 1 || twice {
		t.Errorf("%d requests, the same twice: %v", len(requests), twice)
	}
}

// The token that one process has refreshed is not the one that the server refused to
// another: that one waits, and takes it.
func TestGenerationsFollowEachOther(t *testing.T) {
	srv := newAuthServer(t)
	path := storePath(t)
	put(t, auth.FileStore(path), auth.TokenKey(srv.config()), srv.issue(time.Now().Add(time.Hour)))
	var wg sync.WaitGroup
	const goroutines, refusals = 4, 10
	for range goroutines {
		wg.Go(func() {
			f := auth.NewUserFetch(srv.config(), auth.FileStore(path))
			refused := ""
			for range refusals {
				tok := fetched(t, f, refused, "")
				if tok == nil || tok.AccessToken == refused {
					t.Error("the refused one again")
					return
				}
				refused = tok.AccessToken
			}
		})
	}
	wg.Wait()
	requests, twice := srv.seen()
	if twice || len(requests) > goroutines*refusals || len(requests) < refusals-1 {
		t.Errorf("%d requests, the same twice: %v", len(requests), twice)
	}
}

var errFull = errors.New("the disk is full")

func TestATokenThatCannotBeStoredIsUsed(t *testing.T) {
	srv := newAuthServer(t)
	cfg := srv.config()
	old := srv.issue(time.Now().Add(-time.Hour))
	store := stored(cfg, old)
	store.setFail(errFull)
	f := auth.NewUserFetch(cfg, store)

	first := fetched(t, f, "", "")
	if err := f.Trouble(); !errors.Is(err, errFull) || !strings.HasPrefix(err.Error(), "auth: AuthorizationCode: ") {
		t.Errorf("Trouble: %v", err)
	}
	if again := fetched(t, f, "", ""); again.AccessToken != first.AccessToken {
		t.Errorf("then %+v", again)
	}
	// The next one comes by the refresh token in memory: the stored one is spent.
	second := fetched(t, f, first.AccessToken, "")
	if second.AccessToken == first.AccessToken || f.Trouble() == nil || store.tokens[auth.TokenKey(cfg)] != old {
		t.Errorf("then %+v, %v, stored %+v", second, f.Trouble(), store.tokens)
	}
	noneShown(t, f.Trouble(), first.AccessToken, second.RefreshToken)

	store.setFail(nil)
	if tok := fetched(t, f, "", ""); tok.AccessToken != second.AccessToken || f.Trouble() != nil {
		t.Errorf("then %+v, %v", tok, f.Trouble())
	}
	if tok := store.tokens[auth.TokenKey(cfg)]; tok.AccessToken != second.AccessToken || tok.RefreshToken != second.RefreshToken {
		t.Errorf("stored %+v", tok)
	}
	if requests, twice := srv.seen(); len(requests) != 2 || twice {
		t.Errorf("%d requests, the same twice: %v", len(requests), twice)
	}
}

func TestALoginReplacesATokenThatCouldNotBeStored(t *testing.T) {
	for name, anew := range map[string]*oauth2.Token{
		"logged in": {AccessToken: "new", Expiry: time.Now().Add(time.Hour)}, "logged out": nil,
	} {
		srv := newAuthServer(t)
		cfg := srv.config()
		store := stored(cfg, srv.issue(time.Now().Add(-time.Hour)))
		store.setFail(errFull)
		f := auth.NewUserFetch(cfg, store)
		fetched(t, f, "", "")
		store.setFail(nil)
		put(t, store, auth.TokenKey(cfg), anew)
		tok, err := f.Fetch(t.Context(), nil, "")
		switch {
		case anew == nil:
			wantsLogin(t, err)
		case err != nil || tok.AccessToken != "new":
			t.Errorf("%s: %+v, %v", name, tok, err)
		}
		if err := f.Trouble(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// lazyStore does not do what it should.
type lazyStore struct{ memoryStore }

func (*lazyStore) Update(context.Context, string, func(context.Context, *oauth2.Token) (*oauth2.Token, error)) error {
	return nil
}

type brokenStore struct{ memoryStore }

func (*brokenStore) Load(context.Context, string) (*oauth2.Token, error) { return nil, errStore }

func TestABrokenStoreIsAnError(t *testing.T) {
	cfg := oauthConfig("https://auth.example")
	lazy := &lazyStore{memoryStore{tokens: map[string]*oauth2.Token{auth.TokenKey(cfg): {RefreshToken: "r"}}}}
	fetched(t, auth.NewUserFetch(cfg, lazy), "", "auth: AuthorizationCode: Update did not call its function")
	if _, err := auth.NewUserFetch(cfg, &brokenStore{}).Fetch(t.Context(), nil, ""); !errors.Is(err, errStore) {
		t.Errorf("Fetch: %v", err)
	}
}

// What the server has answered to a refresh token is not lost because nobody waits any
// more; and it is bounded nevertheless.
func TestARefreshGoesOnWithoutItsContext(t *testing.T) {
	cfg := oauthConfig("https://auth.example")
	expired := &oauth2.Token{AccessToken: "old", RefreshToken: "r", Expiry: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			cancel()
			time.Sleep(29 * time.Second)
			return respond(req, 200, `{"access_token":"new","refresh_token":"s","expires_in":60}`), req.Context().Err()
		})}
		store := stored(cfg, expired)
		tok, err := auth.NewUserFetch(cfg, store).Fetch(ctx, hc, "")
		if err != nil || tok.AccessToken != "new" || store.tokens[auth.TokenKey(cfg)].RefreshToken != "s" {
			t.Errorf("%+v, %v, stored %+v", tok, err, store.tokens)
		}
		// It is not begun, though.
		_, err = auth.NewUserFetch(cfg, store).Fetch(ctx, hc, "new")
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Fetch: %v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		})}
		began := time.Now()
		_, err := auth.NewUserFetch(cfg, stored(cfg, expired)).Fetch(t.Context(), hc, "")
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 30*time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

// The end of a token is a time of the system's clock, which other processes have too.
func TestATokenEndsByTheClock(t *testing.T) {
	cfg := oauthConfig("https://auth.example")
	synctest.Test(t, func(t *testing.T) {
		n := 0
		hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			n++
			return respond(req, 200, fmt.Sprintf(`{"access_token":"a%d","refresh_token":"r%d","expires_in":3600}`, n, n)), nil
		})}
		store := stored(cfg, &oauth2.Token{AccessToken: "a0", RefreshToken: "r0", Expiry: time.Now()})
		f := auth.NewUserFetch(cfg, store)
		for _, c := range []struct {
			pass time.Duration
			want string
		}{{0, "a1"}, {time.Hour - 10*time.Second - 1, "a1"}, {1, "a2"}, {24 * time.Hour, "a3"}} {
			time.Sleep(c.pass)
			if tok, err := f.Fetch(t.Context(), hc, ""); err != nil || tok.AccessToken != c.want {
				t.Errorf("after %v: %+v, %v; want %s", time.Since(epoch), tok, err, c.want)
			}
		}
	})
}

func TestTheClientSecretOfARefresh(t *testing.T) {
	for style, want := range map[oauth2.AuthStyle]struct {
		requests int
		basic    bool
	}{
		oauth2.AuthStyleAutoDetect: {1, true}, oauth2.AuthStyleInHeader: {1, true}, oauth2.AuthStyleInParams: {1, false},
	} {
		srv := newAuthServer(t)
		srv.secret = secret
		cfg := srv.config()
		cfg.Endpoint.AuthStyle = style
		fetched(t, auth.NewUserFetch(cfg, stored(cfg, srv.issue(time.Now()))), "", "")
		if requests, _ := srv.seen(); len(requests) != want.requests || requests[0].basic != want.basic {
			t.Errorf("style %v: %+v", style, requests)
		}
	}
	// A public client is asked as the configuration says, too.
	public := newAuthServer(t)
	header := public.config()
	header.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
	fetched(t, auth.NewUserFetch(header, stored(header, public.issue(time.Now()))), "", "")
	if requests, _ := public.seen(); len(requests) != 1 || !requests[0].basic {
		t.Errorf("public: %+v", requests)
	}
	// One that wants it in parameters is asked so from then on.
	srv := newAuthServer(t)
	srv.secret = secret
	cfg := srv.config()
	refuse := true
	hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		if _, _, basic := req.BasicAuth(); basic {
			if !refuse {
				t.Error("the header again")
			}
			return respond(req, 401, `{"error":"invalid_client"}`), nil
		}
		return http.DefaultTransport.RoundTrip(req)
	})}
	f := auth.NewUserFetch(cfg, stored(cfg, srv.issue(time.Now())))
	tok, err := f.Fetch(t.Context(), hc, "")
	if err != nil {
		t.Fatal(err)
	}
	refuse = false
	tok, err = f.Fetch(t.Context(), hc, tok.AccessToken)
	if err != nil {
		t.Fatal(err)
	}
	// And one that comes from elsewhere is asked for each time.
	reason := errors.New("no secret today")
	f.UserSecret(func(context.Context, *http.Client) (string, error) { return "", reason })
	if _, err := f.Fetch(t.Context(), hc, tok.AccessToken); !errors.Is(err, reason) {
		t.Errorf("Fetch: %v", err)
	}
}

// envUser makes the test binary a process that fetches tokens until it is killed, or a
// number of times.
const envUser = "LOGSTO_TEST_USER"

// use fetches tokens, each of which is refused.
func use(path, base string) int {
	f := auth.NewUserFetch(oauthConfig(base), auth.FileStore(path))
	refused := ""
	for range 10 {
		tok, err := f.Fetch(context.Background(), nil, refused)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		refused = tok.AccessToken
	}
	return 0
}

func TestTwoProcessesNeverSpendOneRefreshToken(t *testing.T) {
	srv := newAuthServer(t)
	path := filepath.Join(ownDir(t), "token.json")
	put(t, auth.FileStore(path), auth.TokenKey(srv.config()), srv.issue(time.Now().Add(-time.Hour)))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, self)
		cmd.Env = append(os.Environ(), envUser+"="+path, envUser+"_BASE="+srv.URL)
		cmd.Stderr = os.Stderr
		wg.Go(func() {
			if err := cmd.Run(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if requests, twice := srv.seen(); twice || len(requests) < 10 {
		t.Errorf("%d requests, the same twice: %v", len(requests), twice)
	}
}

// A refresh token is not sent again in the other style to a server that has looked at it.
func TestARefusedRefreshTokenIsSentOnce(t *testing.T) {
	srv := newAuthServer(t)
	srv.secret = secret
	srv.setFault(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error":"invalid_grant"}`)
	})
	f := auth.NewUserFetch(srv.config(), stored(srv.config(), srv.issue(time.Now().Add(-time.Hour))))
	if _, err := f.Fetch(t.Context(), nil, ""); !errors.Is(err, auth.ErrLoginRequired) {
		t.Errorf("Fetch: %v", err)
	}
	if requests, _ := srv.seen(); len(requests) != 1 {
		t.Errorf("%d requests", len(requests))
	}
}

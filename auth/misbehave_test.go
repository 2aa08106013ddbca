package auth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
)

// stuckStore is a store whose Update hangs while stuck is set.
type stuckStore struct {
	memoryStore
	stuck   atomic.Bool
	running atomic.Int32
	end     chan bool
}

func (s *stuckStore) Update(ctx context.Context, key string, f func(context.Context, *oauth2.Token) (*oauth2.Token, error)) error {
	if s.stuck.Load() {
		s.running.Add(1)
		defer s.running.Add(-1)
		<-s.end
	}
	return s.memoryStore.Update(ctx, key, f)
}

// A store that hangs is not called again and again beside that.
func TestAStoreThatHangsIsCalledOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := oauthConfig("https://auth.example")
		tok := loggedIn(1)
		tok.Expiry = time.Now()
		store := &stuckStore{end: make(chan bool)}
		store.tokens = map[string]*oauth2.Token{auth.TokenKey(cfg): tok}
		store.setFail(errStore)
		hc, c := (&refresher{n: 1}).client(), auth.AuthorizationCode(cfg, store)
		use := func() {
			t.Helper()
			if _, err := c.Apply(t.Context(), hc, http.Header{}); err != nil {
				t.Error(err)
			}
			time.Sleep(10 * time.Second)
		}
		use()
		store.stuck.Store(true)
		for range 30 {
			use()
		}
		if n := store.running.Load(); n != 1 {
			t.Errorf("%d calls at once", n)
		}
		store.stuck.Store(false)
		store.setFail(nil)
		close(store.end)
		use()
		if c.Trouble() != nil {
			t.Error(c.Trouble())
		}
	})
}

// Who watches may panic, on a goroutine of ours, and keeps nobody else from being told.
func TestWatchersMayPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, told := 0, 0
		c := auth.TokenSource(sourceFunc(func() (*oauth2.Token, error) {
			if n++; n > 1 {
				return nil, &auth.TokenError{Status: 400, Code: "invalid_client"}
			}
			return &oauth2.Token{AccessToken: "token", Expiry: time.Now().Add(time.Hour)}, nil
		}))
		for range 3 {
			defer c.Watch(func() { told++; panic("in the watcher") })()
		}
		wantToken(t, c, "token")
		time.Sleep(55 * time.Minute)
		synctest.Wait()
		if told != 3 || c.Trouble() == nil {
			t.Errorf("told %d times, %v", told, c.Trouble())
		}
	})
}

// Reader and writer of a prompt may be of anybody's making.
func TestAPromptThatMisbehaves(t *testing.T) {
	forms := map[string]func([]byte) (int, error){
		"panics":             func(b []byte) (int, error) { panic(string(b)) },
		"ends its goroutine": func([]byte) (int, error) { runtime.Goexit(); return 0, nil },
	}
	for name, f := range forms {
		for what, opt := range map[string]auth.LoginOption{
			"reader": auth.WithPrompt(funcIO(f), io.Discard),
			"writer": auth.WithPrompt(strings.NewReader("code\n"), funcIO(f)),
		} {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				err := auth.Login(t.Context(), oauthConfig("https://auth.example"), &memoryStore{}, opt)
				if err == nil || !strings.Contains(err.Error(), "panicked") || strings.Contains(err.Error(), "state") || time.Since(began) > 0 {
					t.Errorf("a %s that %s: %v after %v", what, name, err, time.Since(began))
				}
			})
		}
	}
	synctest.Test(t, func(t *testing.T) {
		end := make(chan bool)
		hangs := funcIO(func([]byte) (int, error) { <-end; return 0, io.ErrClosedPipe })
		began := time.Now()
		err := auth.Login(t.Context(), oauthConfig("https://auth.example"), &memoryStore{}, auth.WithPrompt(strings.NewReader("code\n"), hangs), auth.WithLoginTimeout(time.Minute))
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Minute {
			t.Errorf("a writer that hangs: %v after %v", err, time.Since(began))
		}
		close(end)
	})
}

// Where a token endpoint leads, no error says: there may be a token or a code in that.
func TestTheTargetOfATokenEndpointIsNotShown(t *testing.T) {
	for _, target := range []string{"https://auth.example:p%zz/?access_token=FRESH", "https://auth.example/cb?ticket=FRESH", "/FRESH"} {
		url, hc := hostile(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", target)
			w.WriteHeader(http.StatusFound)
			_, _ = io.WriteString(w, `<a href="`+target+`">Found</a>`)
		})
		var e *auth.TokenError
		_, err := auth.ClientCredentials(config(url)).Apply(t.Context(), hc, http.Header{})
		if !errors.As(err, &e) || e.Status != http.StatusFound || !e.Setup() {
			t.Errorf("%s: %v", target, err)
		}
		noneShown(t, err, "FRESH")
	}
}

// A parameter may be a secret whatever its name, unless it says what is asked for.
func TestParametersThatMayBeSecretsAreNotShown(t *testing.T) {
	for name, shown := range map[string]bool{
		"api_key": false, "Client_Secret": false, "passcode": false, "token": false, "password": false,
		"audience": true, "resource": true, "username": true,
	} {
		const value = "value-0123456789"
		hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			if err := req.ParseForm(); err != nil {
				t.Error(err)
			}
			return respond(req, http.StatusInternalServerError, "you sent "+req.PostForm.Get(name)), nil
		})}
		cfg := config(tokenURL)
		cfg.EndpointParams = url.Values{name: {value}}
		_, err := auth.ClientCredentials(cfg).Apply(t.Context(), hc, http.Header{})
		if err == nil || strings.Contains(err.Error(), value) != shown || !shown && !strings.Contains(err.Error(), "you sent ***") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What stands in the URL, which errors name, is not hidden: why its host cannot be found
// should be known.
func TestAParameterThatStandsInTheURLIsShown(t *testing.T) {
	const why = "lookup acme-corp.auth.example: no such host"
	hc := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New(why) })}
	for name, shown := range map[string]bool{"organization": true, "password": false} {
		cfg := config("https://acme-corp.auth.example/token")
		cfg.EndpointParams = url.Values{name: {"acme-corp"}}
		_, err := auth.ClientCredentials(cfg).Apply(t.Context(), hc, http.Header{})
		if err == nil || strings.Contains(err.Error(), why) != shown {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What has seen the address may fail with what shows it, or with a nil pointer.
func TestErrorsOfThoseWhoShowTheAddress(t *testing.T) {
	var none *url.Error
	echo := func(b []byte) error { return fmt.Errorf("cannot show %q", b) }
	for name, opt := range map[string]auth.LoginOption{
		"&state=***, browser":          auth.WithBrowser(func(_ context.Context, address string) error { return echo([]byte(address)) }),
		"&state=***, writer":           auth.WithPrompt(strings.NewReader("code\n"), funcIO(func(b []byte) (int, error) { return 0, echo(b) })),
		"left out: it panics, browser": auth.WithBrowser(func(context.Context, string) error { return none }),
		"left out: it panics, writer":  auth.WithPrompt(strings.NewReader("code\n"), funcIO(func([]byte) (int, error) { return 0, none })),
	} {
		want, _, _ := strings.Cut(name, ",")
		err := auth.Login(t.Context(), oauthConfig("https://auth.example"), &memoryStore{}, opt)
		if err == nil || !strings.HasPrefix(err.Error(), "auth: Login: ") || !strings.Contains(err.Error(), want) || strings.Contains(strings.ReplaceAll(err.Error(), "state=***", ""), "state=") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

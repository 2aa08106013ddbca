package auth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
)

// source is a token source that takes its time. Its tokens are token-1,
// token-2 and so on.
type source struct {
	takes    time.Duration
	lifetime time.Duration // 0 for tokens that do not expire
	fail     atomic.Bool
	calls    atomic.Int32
	running  atomic.Int32
	overlap  atomic.Bool
}

var errSource = errors.New("out of tokens")

func (s *source) Token() (*oauth2.Token, error) {
	if s.running.Add(1) > 1 {
		s.overlap.Store(true)
	}
	defer s.running.Add(-1)
	n := s.calls.Add(1)
	time.Sleep(s.takes)
	if s.fail.Load() {
		return nil, errSource
	}
	tok := &oauth2.Token{AccessToken: fmt.Sprintf("token-%d", n)}
	if s.lifetime != 0 {
		tok.Expiry = time.Now().Add(s.lifetime)
	}
	return tok, nil
}

// apply returns the token that c puts on a request.
func apply(ctx context.Context, c *auth.Credential) (string, error) {
	return c.Apply(ctx, nil, http.Header{})
}

func wantToken(t *testing.T, c *auth.Credential, want string) {
	t.Helper()
	if got, err := apply(t.Context(), c); got != want || err != nil {
		t.Errorf("after %v: token %q, %v; want %q", time.Since(epoch), got, err, want)
	}
}

// epoch is when every bubble of package synctest begins.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func TestATokenIsFetchedOnceHoweverManyWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{takes: time.Second}
		c := auth.TokenSource(s)
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() { wantToken(t, c, "token-1") })
		}
		wg.Wait()
		wantToken(t, c, "token-1")
		if n := s.calls.Load(); n != 1 {
			t.Errorf("fetched %d times", n)
		}
	})
}

func TestEachWaitsWithinItsOwnContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{takes: 10 * time.Second}
		c := auth.TokenSource(s)
		cause := errors.New("the reason")
		var wg sync.WaitGroup
		// The one that starts the fetch is the first to leave.
		wg.Go(func() {
			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, cause)
			defer cancel()
			if _, err := apply(ctx, c); !errors.Is(err, cause) || time.Since(epoch) != time.Second {
				t.Errorf("after %v: %v", time.Since(epoch), err)
			}
		})
		synctest.Wait()
		wg.Go(func() {
			wantToken(t, c, "token-1")
			if d := time.Since(epoch); d != 10*time.Second {
				t.Errorf("waited for %v", d)
			}
		})
		wg.Wait()
	})
}

func TestAContextThatHasEndedGetsNoToken(t *testing.T) {
	c := auth.TokenSource(static("token"))
	wantToken(t, c, "token")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := apply(ctx, c); got != "" || !errors.Is(err, context.Canceled) {
		t.Errorf("Apply: %q, %v", got, err)
	}
}

// A source cannot be told to stop: if each request that gives up left a call of
// it behind, they would pile up while it hangs.
func TestASourceIsCalledByOneGoroutineAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{takes: time.Minute}
		c := auth.TokenSource(s)
		for range 5 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if _, err := apply(ctx, c); !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
			cancel()
		}
		wantToken(t, c, "token-1")
		if n := s.calls.Load(); n != 1 || s.overlap.Load() {
			t.Errorf("called %d times, at once: %v", n, s.overlap.Load())
		}
	})
}

func TestATokenIsReplacedBeforeItExpires(t *testing.T) {
	for lifetime, replaced := range map[time.Duration]time.Duration{
		time.Hour:        time.Hour - 10*time.Second,
		time.Minute:      50 * time.Second,
		50 * time.Second: 40 * time.Second,
		10 * time.Second: 8 * time.Second,
		time.Second:      800 * time.Millisecond,
	} {
		synctest.Test(t, func(t *testing.T) {
			c := auth.TokenSource(&source{lifetime: lifetime})
			wantToken(t, c, "token-1")
			time.Sleep(replaced - time.Nanosecond)
			wantToken(t, c, "token-1")
			time.Sleep(time.Nanosecond)
			wantToken(t, c, "token-2")
		})
	}
	synctest.Test(t, func(t *testing.T) {
		c := auth.TokenSource(&source{})
		wantToken(t, c, "token-1")
		time.Sleep(10 * 365 * 24 * time.Hour)
		wantToken(t, c, "token-1")
	})
	synctest.Test(t, func(t *testing.T) {
		c := auth.TokenSource(&source{lifetime: -time.Second})
		wantToken(t, c, "token-1")
		wantToken(t, c, "token-2")
	})
}

func TestARefusedTokenIsReplaced(t *testing.T) {
	s := &source{}
	c := auth.TokenSource(s)
	wantToken(t, c, "token-1")
	for _, refused := range []string{"token-1", "token-1", "token-1", "", "unknown"} {
		if !c.Refused(refused) {
			t.Errorf("Refused(%q) promises no other token", refused)
		}
		// A late answer to the old token leaves the new one alone.
		wantToken(t, c, "token-2")
	}
	c.Refused("token-2")
	wantToken(t, c, "token-3")
}

func TestManyRefusalsOfOneTokenBringOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{takes: time.Second}
		c := auth.TokenSource(s)
		wantToken(t, c, "token-1")
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				c.Refused("token-1")
				wantToken(t, c, "token-2")
			})
		}
		wg.Wait()
		if n := s.calls.Load(); n != 2 {
			t.Errorf("fetched %d times", n)
		}
	})
}

func TestAFailureIsNotKept(t *testing.T) {
	s := &source{}
	s.fail.Store(true)
	c := auth.TokenSource(s)
	for range 2 {
		if got, err := apply(t.Context(), c); got != "" || !errors.Is(err, errSource) {
			t.Errorf("Apply: %q, %v", got, err)
		}
	}
	s.fail.Store(false)
	wantToken(t, c, "token-3")
}

// sourceFunc is a token source.
type sourceFunc func() (*oauth2.Token, error)

func (f sourceFunc) Token() (*oauth2.Token, error) { return f() }

func TestABadTokenIsNotKept(t *testing.T) {
	for name, bad := range map[string]*oauth2.Token{
		"nil":              nil,
		"empty":            {},
		"with a line feed": {AccessToken: secret + "\n"},
		"with a blank":     {AccessToken: secret + " "},
		"beyond ASCII":     {AccessToken: secret + "é"},
	} {
		next := bad
		c := auth.TokenSource(sourceFunc(func() (*oauth2.Token, error) { return next, nil }))
		h := http.Header{}
		got, err := c.Apply(t.Context(), nil, h)
		if got != "" || err == nil || len(h) > 0 {
			t.Errorf("%s: Apply: %q, %v, headers %v", name, got, err, h)
		} else if strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: the error shows the token: %v", name, err)
		}
		next = &oauth2.Token{AccessToken: "good"}
		wantToken(t, c, "good")
	}
}

// roundTrip is an http.RoundTripper.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// respond returns an answer with JSON in it.
func respond(req *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Request: req, Body: io.NopCloser(strings.NewReader(body)),
		Header: http.Header{"Content-Type": {"application/json"}},
	}
}

func TestAFetchIsCancelledWhenNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended atomic.Int64 // when the last fetch was cancelled, after epoch
		hang := true
		hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			if !hang {
				return respond(req, 200, `{"access_token":"new"}`), nil
			}
			<-req.Context().Done()
			ended.Store(int64(time.Since(epoch)))
			return nil, req.Context().Err()
		})}
		cfg := config(tokenURL)
		cfg.AuthStyle = oauth2.AuthStyleInHeader // no second try
		c := auth.ClientCredentials(cfg)
		var wg sync.WaitGroup
		for _, d := range []time.Duration{time.Second, 3 * time.Second, 2 * time.Second} {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), d)
				defer cancel()
				if _, err := c.Apply(ctx, hc, http.Header{}); !errors.Is(err, context.DeadlineExceeded) || time.Since(epoch) != d {
					t.Errorf("after %v: %v", time.Since(epoch), err)
				}
			})
		}
		wg.Wait()
		synctest.Wait()
		if got := time.Duration(ended.Load()); got != 3*time.Second {
			t.Errorf("cancelled after %v", got)
		}
		// What comes next is not touched by that.
		hang = false
		if got, err := c.Apply(t.Context(), hc, http.Header{}); got != "new" || err != nil {
			t.Errorf("Apply: %q, %v", got, err)
		}
	})
}

func TestAFetchIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		})}
		_, err := auth.ClientCredentials(config(tokenURL)).Apply(t.Context(), hc, http.Header{})
		var e *auth.TokenError
		if !errors.As(err, &e) || !errors.Is(err, context.DeadlineExceeded) || time.Since(epoch) != 30*time.Second {
			t.Errorf("after %v: %v", time.Since(epoch), err)
		}
	})
}

func TestABadSourceIsAnError(t *testing.T) {
	for want, f := range map[string]sourceFunc{
		"auth: the token source panicked":                 func() (*oauth2.Token, error) { panic("with a secret") },
		"auth: the token source did not return":           func() (*oauth2.Token, error) { runtime.Goexit(); return nil, nil },
		"auth: the token source returned no access token": func() (*oauth2.Token, error) { return nil, nil },
	} {
		c := auth.TokenSource(f)
		for range 2 { // the first leaves nothing behind that stops the second
			if _, err := c.Apply(t.Context(), nil, http.Header{}); err == nil || err.Error() != want {
				t.Errorf("got %v, want %s", err, want)
			}
		}
	}
}

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
// it behind, they would pile up while it hangs. It is not waited for without end, and what
// it brings in the end is used.
func TestASourceIsCalledByOneGoroutineAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{takes: time.Minute}
		c := auth.TokenSource(s)
		for time.Since(epoch) < time.Minute {
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			_, err := apply(ctx, c)
			if waited := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "the token source") || time.Since(epoch) > 16*time.Second && waited > 0 {
				t.Errorf("after %v: %v", waited, err)
			}
			cancel()
			time.Sleep(time.Second)
		}
		synctest.Wait()
		wantToken(t, c, "token-1")
		if n := s.calls.Load(); n != 1 || s.overlap.Load() {
			t.Errorf("called %d times, at once: %v", n, s.overlap.Load())
		}
	})
}

// A used token is replaced by a timer when 70 to 85 % of its life have passed, and nobody
// waits for it.
func TestATokenIsReplacedInTheBackground(t *testing.T) {
	for _, lifetime := range []time.Duration{time.Hour, time.Minute, 3 * time.Second} {
		ages := map[time.Duration]bool{}
		for range 20 {
			synctest.Test(t, func(t *testing.T) {
				s := &source{takes: min(lifetime/20, 12*time.Second), lifetime: lifetime}
				c := auth.TokenSource(s)
				wantToken(t, c, "token-1")
				wantToken(t, c, "token-1") // it is used
				life := s.takes + lifetime // since the fetch began
				time.Sleep(life*70/100 - s.takes - time.Nanosecond)
				synctest.Wait()
				if n := s.calls.Load(); n != 1 {
					t.Errorf("fetched within %v", time.Since(epoch))
				}
				for s.calls.Load() == 1 && time.Since(epoch) < life {
					time.Sleep(s.takes / 50)
					synctest.Wait()
				}
				age := time.Since(epoch)
				if age > life*85/100+s.takes/50 {
					t.Errorf("of %v: fetched after %v", life, age)
				}
				ages[age] = true
				for i := range 30 {
					began := time.Now()
					want := "token-1"
					if i > 10 {
						want = "token-2"
					}
					if i != 10 { // about now it changes
						wantToken(t, c, want)
					}
					if waited := time.Since(began); waited > 0 {
						t.Errorf("waited for %v", waited)
					}
					time.Sleep(s.takes / 10)
				}
			})
		}
		if len(ages) < 5 {
			t.Errorf("of %v: no jitter: %v", lifetime, ages)
		}
	}
}

func TestATokenThatNobodyUsesIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{lifetime: time.Minute}
		c := auth.TokenSource(s)
		wantToken(t, c, "token-1")
		wantToken(t, c, "token-1")
		time.Sleep(24 * time.Hour)
		if n := s.calls.Load(); n != 2 {
			t.Errorf("fetched %d times", n)
		}
		wantToken(t, c, "token-3")
		wantToken(t, c, "token-3")
		s.fail.Store(true) // it is tried as long as there is a token
		time.Sleep(24 * time.Hour)
		if n := s.calls.Load(); n < 4 || n > 20 {
			t.Errorf("fetched %d times", n)
		}
	})
}

// Without an end, or with one that has passed already, a token is used until the server
// refuses it. That is so if the clock of the server is behind ours.
func TestATokenWithoutAnEndIsKept(t *testing.T) {
	for _, lifetime := range []time.Duration{0, -time.Second, -5 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			c := auth.TokenSource(&source{lifetime: lifetime})
			wantToken(t, c, "token-1")
			time.Sleep(10 * 365 * 24 * time.Hour)
			wantToken(t, c, "token-1")
			c.Refused("token-1")
			wantToken(t, c, "token-2")
		})
	}
}

func TestATokenGoesOnWhileItsReplacementFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{lifetime: time.Hour}
		c := auth.TokenSource(s)
		wantToken(t, c, "token-1")
		s.fail.Store(true)
		for time.Since(epoch) < time.Hour-10*time.Second {
			wantToken(t, c, "token-1")
			time.Sleep(time.Second)
		}
		if err := c.Trouble(); err != nil { // it may pass
			t.Errorf("Trouble: %v", err)
		}
		// From 70 to 85 % on, with waits of up to 45 s, and 30 on average.
		if n := s.calls.Load(); n < 10 || n > 60 {
			t.Errorf("fetched %d times", n)
		}
		if _, err := apply(t.Context(), c); !errors.Is(err, errSource) {
			t.Errorf("after its end: %v", err)
		}
		s.fail.Store(false)
		time.Sleep(45 * time.Second)
		wantToken(t, c, fmt.Sprintf("token-%d", s.calls.Load()+1))
	})
}

// A timer goes on with a failed replacement, without a request.
func TestAReplacementIsTriedAgainWithoutRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{lifetime: time.Hour}
		c := auth.TokenSource(s)
		wantToken(t, c, "token-1")
		wantToken(t, c, "token-1")
		s.fail.Store(true)
		time.Sleep(52 * time.Minute)
		s.fail.Store(false)
		time.Sleep(time.Minute)
		want := fmt.Sprintf("token-%d", s.calls.Load())
		if want == "token-1" {
			t.Error("not fetched")
		}
		wantToken(t, c, want)
	})
}

// A source with a cache of its own, such as oauth2.ReuseTokenSource, brings the same token
// until that has nearly ended. It is asked a few times only.
func TestASourceThatBringsTheSameToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		end := time.Now().Add(time.Hour)
		c := auth.TokenSource(sourceFunc(func() (*oauth2.Token, error) {
			calls.Add(1)
			return &oauth2.Token{AccessToken: "the-same", Expiry: end}, nil
		}))
		for time.Since(epoch) < 59*time.Minute {
			wantToken(t, c, "the-same")
			time.Sleep(time.Second)
		}
		if n := calls.Load(); n > 10 {
			t.Errorf("fetched %d times", n)
		}
		for time.Since(epoch) < 61*time.Minute {
			wantToken(t, c, "the-same")
			time.Sleep(10 * time.Millisecond)
		}
		if n := calls.Load(); n > 25 {
			t.Errorf("fetched %d times up to its end", n)
		}
		c.Refused("the-same")
		wantToken(t, c, "the-same") // there is no other
	})
}

func TestARefusedTokenIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := auth.TokenSource(&source{})
		c.Refused("")
		wantToken(t, c, "token-1")
		for _, refused := range []string{"token-1", "token-1", "token-1", "", "unknown"} {
			c.Refused(refused)
			// A late answer to the old token leaves the new one alone.
			wantToken(t, c, "token-2")
			time.Sleep(time.Minute)
		}
	})
}

// A server that refuses whatever is fetched does not make us fetch without end.
func TestRefusalsOfFreshTokensAreSpaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{lifetime: time.Hour}
		c := auth.TokenSource(s)
		for time.Since(epoch) < 10*time.Minute {
			tok, err := apply(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			c.Refused(tok)
			time.Sleep(10 * time.Millisecond)
		}
		if n := s.calls.Load(); n < 15 || n > 60 {
			t.Errorf("fetched %d times", n)
		}
		// One that was taken is replaced at once, and the next a second later.
		tok, _ := apply(t.Context(), c)
		time.Sleep(2 * time.Minute)
		n := s.calls.Load()
		c.Taken(tok)
		c.Refused(tok)
		wantToken(t, c, fmt.Sprintf("token-%d", n+1))
		c.Refused(fmt.Sprintf("token-%d", n+1))
		wantToken(t, c, fmt.Sprintf("token-%d", n+1))
		time.Sleep(time.Second)
		c.Refused(fmt.Sprintf("token-%d", n+1))
		wantToken(t, c, fmt.Sprintf("token-%d", n+2))
		// The waits have begun anew.
		time.Sleep(1500 * time.Millisecond)
		c.Refused(fmt.Sprintf("token-%d", n+2))
		wantToken(t, c, fmt.Sprintf("token-%d", n+3))
	})
}

// Tokens that end earlier than the endpoint says are replaced without a wait, each time;
// but hardly more often than once in a second, if a server takes one now and then.
func TestTokensThatWereTakenAreReplacedAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		life        time.Duration // that they have
		least, most int32         // fetches in ten minutes
	}{
		"three seconds": {3 * time.Second, 190, 210},
		"none":          {10 * time.Millisecond, 15, 700},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &source{lifetime: time.Hour}
			credential := auth.TokenSource(s)
			refused := time.Duration(0)
			for time.Since(epoch) < 10*time.Minute {
				tok, err := apply(t.Context(), credential)
				if err != nil {
					t.Fatal(err)
				}
				credential.Taken(tok)
				time.Sleep(c.life)
				credential.Refused(tok)
				if again, _ := apply(t.Context(), credential); again == tok {
					refused += c.life
				}
			}
			if n := s.calls.Load(); n < c.least || n > c.most {
				t.Errorf("%s: fetched %d times", name, n)
			}
			if c.life > time.Second && refused > 0 {
				t.Errorf("%s: for %v there was no other token", name, refused)
			}
		})
	}
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

// While fetches fail, they have waits between them, and requests get the last error.
func TestFailuresAreSpaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{}
		s.fail.Store(true)
		c := auth.TokenSource(s)
		var began []time.Duration
		for time.Since(epoch) < 10*time.Minute {
			n := s.calls.Load()
			if got, err := apply(t.Context(), c); got != "" || !errors.Is(err, errSource) {
				t.Fatalf("Apply: %q, %v", got, err)
			}
			if s.calls.Load() > n {
				began = append(began, time.Since(epoch))
			}
			time.Sleep(10 * time.Millisecond)
		}
		if len(began) < 15 || len(began) > 60 {
			t.Errorf("fetched %d times, at %v", len(began), began)
		}
		if first, last := began[1]-began[0], began[len(began)-1]-began[len(began)-2]; first < 500*time.Millisecond || first > 1600*time.Millisecond || last < 15*time.Second || last > 46*time.Second {
			t.Errorf("the first wait is %v, the last %v", first, last)
		}
		if n, bad := c.Fetches(); n != uint64(len(began)) || bad != n {
			t.Errorf("counted %d, %d in vain, of %d", n, bad, len(began))
		}
		s.fail.Store(false)
		time.Sleep(45 * time.Second)
		wantToken(t, c, fmt.Sprintf("token-%d", len(began)+1))
		if n, bad := c.Fetches(); n != bad+1 {
			t.Errorf("counted %d, %d in vain", n, bad)
		}
		// The waits begin anew.
		s.fail.Store(true)
		c.Refused(fmt.Sprintf("token-%d", len(began)+1))
		if _, err := apply(t.Context(), c); !errors.Is(err, errSource) {
			t.Error(err)
		}
		n := s.calls.Load()
		time.Sleep(1500 * time.Millisecond)
		if _, err := apply(t.Context(), c); !errors.Is(err, errSource) || s.calls.Load() != n+1 {
			t.Errorf("%v; fetched %d times", err, s.calls.Load()-n)
		}
	})
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
		synctest.Test(t, func(t *testing.T) {
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
			time.Sleep(2 * time.Second)
			wantToken(t, c, "good")
		})
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

// hanging is a token endpoint that does not answer until it is mended.
type hanging struct {
	mended   atomic.Bool
	requests atomic.Int32
}

func (h *hanging) client() *http.Client {
	return &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		h.requests.Add(1)
		if h.mended.Load() {
			return respond(req, 200, `{"access_token":"new"}`), nil
		}
		<-req.Context().Done()
		return nil, req.Context().Err()
	})}
}

// However short the time of those who wait, a fetch has its own, is counted, and is not
// begun again at once.
func TestATokenEndpointThatDoesNotAnswerIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hanging{}
		hc := h.client()
		cfg := config(tokenURL)
		cfg.AuthStyle = oauth2.AuthStyleInHeader // no second try
		c := auth.ClientCredentials(cfg)
		for time.Since(epoch) < 5*time.Minute {
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if _, err := c.Apply(ctx, hc, http.Header{}); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), tokenURL) || time.Since(began) > time.Second {
				t.Fatalf("after %v: %v", time.Since(began), err)
			}
			cancel()
			time.Sleep(10 * time.Millisecond)
		}
		fetches, failures := c.Fetches()
		if n := h.requests.Load(); n < 5 || n > 15 || fetches != failures || failures < uint64(n)-1 {
			t.Errorf("%d requests; counted %d, %d in vain", n, fetches, failures)
		}
		h.mended.Store(true)
		time.Sleep(time.Minute)
		if got, err := c.Apply(t.Context(), hc, http.Header{}); got != "new" || err != nil {
			t.Errorf("Apply: %q, %v", got, err)
		}
	})
}

// Who has the time learns why there is no token.
func TestAFetchIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := auth.ClientCredentials(config(tokenURL)).Apply(t.Context(), (&hanging{}).client(), http.Header{})
		var e *auth.TokenError
		if !errors.As(err, &e) || !errors.Is(err, context.DeadlineExceeded) || time.Since(epoch) != 15*time.Second {
			t.Errorf("after %v: %v", time.Since(epoch), err)
		}
	})
}

func TestABadSourceIsAnError(t *testing.T) {
	for want, f := range map[string]sourceFunc{
		"auth: the source of the secret panicked":         func() (*oauth2.Token, error) { panic("with a secret") },
		"auth: the source of the secret did not return":   func() (*oauth2.Token, error) { runtime.Goexit(); return nil, nil },
		"auth: the token source returned no access token": func() (*oauth2.Token, error) { return nil, nil },
	} {
		synctest.Test(t, func(t *testing.T) {
			calls := 0
			c := auth.TokenSource(sourceFunc(func() (*oauth2.Token, error) {
				calls++
				return f()
			}))
			for range 2 { // the first leaves nothing behind that stops the second
				if _, err := c.Apply(t.Context(), nil, http.Header{}); err == nil || err.Error() != want {
					t.Errorf("got %v, want %s", err, want)
				}
				time.Sleep(5 * time.Second)
			}
			if calls != 2 {
				t.Errorf("called %d times", calls)
			}
		})
	}
}

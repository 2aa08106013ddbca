package auth_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
)

// nilStore is a store whose errors are nil pointers.
type nilStore struct{ memoryStore }

func (*nilStore) Load(context.Context, string) (*oauth2.Token, error) {
	return nil, (*fs.PathError)(nil)
}

// The methods of an error may panic. They are called on goroutines of ours.
func TestErrorsThatPanicAreErrors(t *testing.T) {
	for name, c := range map[string]*auth.Credential{
		"function": auth.APIKeyFrom(auth.Func(func(context.Context) (string, error) { return "", (*url.Error)(nil) }, 0)),
		"chain":    auth.APIKeyFrom(auth.Chain(auth.Func(func(context.Context) (string, error) { return "", (*url.Error)(nil) }, 0), auth.Env("LOGSTO_TEST_NONE"))),
		"source":   auth.TokenSource(sourceFunc(func() (*oauth2.Token, error) { return nil, (*url.Error)(nil) })),
		"store":    auth.AuthorizationCode(oauthConfig("https://auth.example"), &nilStore{}),
	} {
		for range 2 {
			if _, err := c.Apply(t.Context(), nil, http.Header{}); err == nil || err.Error() == "" || c.Trouble() != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// A function that hangs for ever, once, is called again in the end.
func TestAFunctionThatHangsForEverIsCalledAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		end := make(chan bool)
		c := auth.APIKeyFrom(auth.Func(func(context.Context) (string, error) {
			n := calls.Add(1)
			if n == 2 {
				<-end
			}
			return fmt.Sprintf("key-%d", n), nil
		}, time.Hour))
		wantKey(t, c, "key-1")
		wantKey(t, c, "key-1")
		time.Sleep(time.Hour) // the second call hangs, in the background
		wantKey(t, c, "key-1")
		time.Sleep(6 * time.Minute)
		for range 10 {
			wantKeyOf(t, c, "key-1", "key-3")
			time.Sleep(time.Minute)
		}
		wantKey(t, c, "key-3")
		close(end) // what it brings then is too old
		synctest.Wait()
		wantKey(t, c, "key-3")
		if n := calls.Load(); n != 3 {
			t.Errorf("%d calls", n)
		}
	})
}

// wantKeyOf wants one of two keys.
func wantKeyOf(t *testing.T, c *auth.Credential, one, other string) {
	t.Helper()
	if got, err := c.Apply(t.Context(), nil, http.Header{}); got != one && got != other || err != nil {
		t.Errorf("key %q, %v", got, err)
	}
}

// An application that logs now and then does not wait for a token each time.
func TestATokenIsThereForWhoComesNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{takes: time.Second, lifetime: 5 * time.Minute}
		c := auth.TokenSource(s)
		waited := 0
		for range 20 {
			began := time.Now()
			if _, err := apply(t.Context(), c); err != nil {
				t.Error(err)
			}
			if time.Since(began) > 0 {
				waited++
			}
			time.Sleep(6 * time.Minute)
		}
		if waited > 10 {
			t.Errorf("waited %d times of 20", waited)
		}
	})
}

// A token that could not be stored is stored when that works again, though it is not
// refreshed for long.
func TestATokenIsStoredAsSoonAsThatWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := oauthConfig("https://auth.example")
		tok := loggedIn(1)
		tok.Expiry = time.Now()
		store := stored(cfg, tok)
		store.setFail(errStore)
		hc, c := (&refresher{n: 1}).client(), auth.AuthorizationCode(cfg, store)
		use := func() {
			t.Helper()
			if tok, err := c.Apply(t.Context(), hc, http.Header{}); tok != "access-2" || err != nil {
				t.Errorf("%q, %v", tok, err)
			}
			synctest.Wait()
		}
		use()
		if err := c.Trouble(); !errors.Is(err, errStore) {
			t.Errorf("%v", err)
		}
		store.setFail(nil)
		time.Sleep(10 * time.Second)
		use()
		if tok, _ := store.Load(t.Context(), auth.TokenKey(cfg)); tok.RefreshToken != "refresh-2" || c.Trouble() != nil {
			t.Errorf("stored %+v, %v", tok, c.Trouble())
		}
	})
}

// A server that takes a token and refuses it again and again is not followed at its pace.
func TestRefusalsNowAndThenAreSpaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{lifetime: time.Hour}
		c := auth.TokenSource(s)
		for time.Since(epoch) < 10*time.Minute {
			tok, err := apply(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			c.Taken(tok)
			time.Sleep(time.Second)
			c.Refused(tok)
		}
		if n := s.calls.Load(); n < 10 || n > 80 {
			t.Errorf("%d tokens", n)
		}
	})
}

// One that hangs for ever at first, when there is no key that could go on, is given up too.
func TestTheFirstCallHangsForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		end := make(chan bool)
		defer close(end)
		c := auth.APIKeyFrom(auth.Func(func(context.Context) (string, error) {
			n := calls.Add(1)
			if n == 1 {
				<-end
			}
			return fmt.Sprintf("key-%d", n), nil
		}, 0))
		inVain := func(after time.Duration) {
			t.Helper()
			time.Sleep(after - time.Since(epoch))
			if _, err := apply(t.Context(), c); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("after %v: %v", after, err)
			}
		}
		inVain(0)
		inVain(5*time.Minute - 1)
		if n, _ := c.Fetches(); n != 0 || calls.Load() != 1 {
			t.Errorf("%d calls, of which %d have ended", calls.Load(), n)
		}
		inVain(5 * time.Minute) // it has failed now, and there is a wait as after any failure
		if n, bad := c.Fetches(); n != 1 || bad != 1 || calls.Load() != 1 {
			t.Errorf("%d calls, of which %d have ended, %d in vain", calls.Load(), n, bad)
		}
		time.Sleep(1500 * time.Millisecond)
		wantKey(t, c, "key-2")
	})
}

// A token that came in the place of a refused one is replaced in the background, too.
func TestATokenAfterARefusalIsReplacedInTheBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{lifetime: time.Hour}
		c := auth.TokenSource(s)
		wantToken(t, c, "token-1")
		c.Refused("token-1")
		wantToken(t, c, "token-2")
		time.Sleep(52 * time.Minute)
		if n := s.calls.Load(); n != 3 {
			t.Errorf("fetched %d times", n)
		}
	})
}

// That the server has taken a key says nothing of another one that has replaced it. The
// source is in a chain, which passes on what it is told.
func TestAKeyIsNotTakenSinceTheOneBeforeWas(t *testing.T) {
	for name, c := range map[string]struct {
		same, taken bool
		wait        time.Duration // after one is refused, before the next may be, at least
	}{
		"another": {false, true, 14 * time.Second}, "the same": {true, true, 0}, "not taken": {true, false, 14 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			n := 1
			same := false
			credential := auth.APIKeyFrom(auth.Chain(auth.Func(func(context.Context) (string, error) {
				if !same {
					n++
				}
				return fmt.Sprintf("key-%d", n), nil
			}, time.Hour)))
			for time.Since(epoch) < 10*time.Minute { // the waits grow
				key, _ := apply(t.Context(), credential)
				credential.Refused(key)
				time.Sleep(time.Second)
			}
			same = c.same
			key, _ := apply(t.Context(), credential)
			if c.taken {
				credential.Taken(key)
			}
			credential.Taken("another")  // a late answer
			time.Sleep(63 * time.Minute) // it is replaced
			synctest.Wait()
			same = false
			last, next := fmt.Sprintf("key-%d", n), fmt.Sprintf("key-%d", n+1)
			wantKey(t, credential, last)
			credential.Refused(last)
			wantKey(t, credential, next)
			time.Sleep(max(c.wait, 1500*time.Millisecond))
			credential.Refused(next)
			if got, _ := apply(t.Context(), credential); (got == next) != (c.wait > 0) {
				t.Errorf("%s: %s after %s", name, got, next)
			}
		})
	}
}

// Who watches is told when the last fetch fails for good and when one succeeds, and of
// nothing else. There is trouble only if there is a key that goes on.
func TestAWatcherIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var bad atomic.Bool
		bad.Store(true)
		c := auth.APIKeyFrom(auth.Chain(auth.Env("LOGSTO_TEST_NONE"), auth.Func(func(context.Context) (string, error) {
			if bad.Load() {
				return "", &auth.TokenError{Status: 400, Code: "invalid_client"}
			}
			return "key", nil
		}, time.Hour)))
		told := 0
		stop := c.Watch(func() { told++ })
		c.Watch(func() { t.Error("one that has stopped was told") })()
		_, err := apply(t.Context(), c)
		if synctest.Wait(); err == nil || told != 1 || c.Trouble() != nil {
			t.Errorf("%v, told %d times; %v", err, told, c.Trouble())
		}
		bad.Store(false)
		at := func(after time.Duration, want int, trouble bool) {
			t.Helper()
			time.Sleep(after - time.Since(epoch))
			wantKey(t, c, "key")
			synctest.Wait()
			if told != want || (c.Trouble() != nil) != trouble {
				t.Errorf("after %v: told %d times, want %d; %v", after, told, want, c.Trouble())
			}
		}
		at(2*time.Second, 2, false)
		bad.Store(true)
		at(61*time.Minute, 3, true) // it should have been replaced
		at(62*time.Minute, 3, true)
		bad.Store(false)
		at(63*time.Minute, 4, false)
		stop()
		bad.Store(true)
		at(124*time.Minute, 4, true)
	})
}

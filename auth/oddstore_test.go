package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
)

// update is what Update of a store does.
type update func(context.Context, func(context.Context, *oauth2.Token) (*oauth2.Token, error)) error

// oddStore is a store whose Update is a function; its n calls are counted.
type oddStore struct {
	memoryStore
	does update
	n    int
}

func (s *oddStore) Update(ctx context.Context, _ string, f func(context.Context, *oauth2.Token) (*oauth2.Token, error)) error {
	s.n++
	return s.does(ctx, f)
}

// odd returns a store of a token that has ended, and a credential with it.
func odd(tok *oauth2.Token, does update) (*oddStore, *auth.Credential) {
	cfg := oauthConfig("https://auth.example")
	s := &oddStore{does: does}
	s.tokens = map[string]*oauth2.Token{auth.TokenKey(cfg): tok}
	return s, auth.AuthorizationCode(cfg, s)
}

// ended returns a token that can be refreshed, and must be.
func ended() *oauth2.Token {
	tok := loggedIn(1)
	tok.Expiry = time.Now()
	return tok
}

// What there is no hope for costs a look at the store, and no wait for others.
func TestWithoutHopeTheStoreIsNotUpdated(t *testing.T) {
	for name, tok := range map[string]*oauth2.Token{"nobody": nil, "no refresh token": {AccessToken: "a", Expiry: time.Now()}} {
		s, c := odd(tok, func(context.Context, func(context.Context, *oauth2.Token) (*oauth2.Token, error)) error {
			return errStore
		})
		_, err := apply(t.Context(), c)
		wantsLogin(t, err)
		if s.n > 0 {
			t.Errorf("%s: updated", name)
		}
	}
}

// Another process may have logged out while we waited for it.
func TestAPersonLogsOutMeanwhile(t *testing.T) {
	_, c := odd(ended(), func(ctx context.Context, f func(context.Context, *oauth2.Token) (*oauth2.Token, error)) error {
		_, err := f(ctx, nil)
		return err
	})
	_, err := apply(t.Context(), c)
	wantsLogin(t, err)
}

// An error of a store lasts until somebody mends it, but not that the time was over.
func TestAStoreThatCannotBeOpened(t *testing.T) {
	for err, setup := range map[error]bool{
		errStore: true, context.DeadlineExceeded: false, fmt.Errorf("waiting: %w", context.Canceled): false,
	} {
		_, c := odd(ended(), func(context.Context, func(context.Context, *oauth2.Token) (*oauth2.Token, error)) error { return err })
		if _, got := apply(t.Context(), c); !errors.Is(got, err) || auth.IsSetup(got) != setup {
			t.Errorf("%v: %v, set-up: %v", err, got, auth.IsSetup(got))
		}
	}
}

// The token that could not be stored is used, whatever the store says.
func TestAStoreWhoseErrorPanics(t *testing.T) {
	_, c := odd(ended(), func(ctx context.Context, f func(context.Context, *oauth2.Token) (*oauth2.Token, error)) error {
		_, _ = f(ctx, ended())
		return (*url.Error)(nil)
	})
	if tok, err := c.Apply(t.Context(), (&refresher{n: 1}).client(), http.Header{}); tok != "access-2" || err != nil {
		t.Errorf("%q, %v", tok, err)
	}
	if err := c.Trouble(); err == nil || !strings.Contains(err.Error(), "an error of the source or the store panics") {
		t.Errorf("%v", err)
	}
}

// It is tried every ten seconds at most to store a token, and not while that is being
// done. Whatever the store does then, the token stays.
func TestStoringIsTriedAgainNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hc := (&refresher{n: 1}).client()
		s, c := odd(ended(), nil)
		s.does = func(ctx context.Context, f func(context.Context, *oauth2.Token) (*oauth2.Token, error)) error {
			switch _, _ = f(ctx, s.tokens[auth.TokenKey(oauthConfig("https://auth.example"))]); s.n {
			case 1:
				if err := c.Trouble(); err != nil {
					t.Errorf("while it is stored: %v", err)
				}
				gone, cancel := context.WithCancel(ctx)
				cancel()
				_, _ = apply(gone, c)
			case 3:
				panic("with a token")
			}
			return errStore
		}
		for time.Since(epoch) < 35*time.Second {
			if tok, err := c.Apply(t.Context(), hc, http.Header{}); tok != "access-2" || err != nil {
				t.Errorf("%q, %v", tok, err)
			}
			synctest.Wait()
			if err := c.Trouble(); !errors.Is(err, errStore) || time.Since(epoch) == 0 && s.n != 1 {
				t.Errorf("after %v, tried %d times: %v", time.Since(epoch), s.n, err)
			}
			time.Sleep(time.Second)
		}
		if s.n != 5 { // at once, and four times after that
			t.Errorf("tried %d times", s.n)
		}
		s.does = func(context.Context, func(context.Context, *oauth2.Token) (*oauth2.Token, error)) error { return nil }
		time.Sleep(10 * time.Second)
		if _, err := c.Apply(t.Context(), hc, http.Header{}); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if err := c.Trouble(); s.n != 6 || !errors.Is(err, errStore) {
			t.Errorf("tried %d times, and stored nothing: %v", s.n, err)
		}
	})
}

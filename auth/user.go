package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

// ErrLoginRequired says that there is no token that could be used or refreshed: somebody
// must log in, see [Login]. [errors.Is] finds it in the errors of a credential.
var ErrLoginRequired error = &setupError{errors.New("auth: a login is required")}

// userFetch fetches the tokens of a person from a store, and refreshes them there. It may
// be used by any number of goroutines; those that refresh wait for each other.
type userFetch struct {
	exchange *exchanger
	store    TokenStore
	key      string
	// clientSecret returns the one to use now. It is that of the configuration, unless
	// it is replaced before the first fetch.
	clientSecret func(context.Context, *http.Client) (string, error)
	// secretRefused is told that the server does not take the client secret.
	secretRefused func(secret string)

	mu      sync.Mutex
	unsaved *unsavedToken // nil if all is stored
	tried   time.Time     // when save was called last
	saving  bool          // and has not ended: the store may hang
	dead    *deadToken    // the last that could not be refreshed for good, or nil
}

// deadToken is one of which the server takes the refresh token no more.
type deadToken struct {
	token *oauth2.Token
	err   error
	since time.Time
}

// deadFor is how long that is believed.
const deadFor = 5 * time.Minute

// unsavedToken is one that could not be stored after it was refreshed. The refresh token
// that is stored has been spent for it.
type unsavedToken struct {
	token  *oauth2.Token
	stored *oauth2.Token // as long as this is in the store, token is what belongs there
	err    error
}

// newUserFetch returns the fetch of the tokens that [Login] has stored for the same
// configuration. cfg needs a ClientID and a TokenURL that passes checkURL.
func newUserFetch(cfg oauth2.Config, store TokenStore) *userFetch {
	secret := cfg.ClientSecret
	return &userFetch{
		exchange:     &exchanger{cfg: cfg},
		store:        store,
		key:          tokenKey(cfg.Endpoint.TokenURL, cfg.ClientID),
		clientSecret: func(context.Context, *http.Client) (string, error) { return secret, nil },

		secretRefused: func(string) {},
	}
}

// fetch returns a token that is not the refused one. The one that is stored is used as it
// is, without the network, as long as its time has not come by the clock of the system.
// Otherwise it is refreshed, and the new one stored before it is used; if another process
// has done so meanwhile, that one is used.
//
// A refresh token is sent once, so ctx does not end a request with one: what the server
// has answered would be lost. It ends within half a minute. If there is no answer, or the
// process is killed before it is stored, the refresh token may have been spent
// nevertheless; that shows with the next fetch, as invalid_grant.
//
// If the new token cannot be stored, it is used: the old one is worth nothing, and the
// person would have to log in at once. It is kept in memory, every later fetch tries to
// store it, and until then trouble returns the reason.
//
// What keeps the store from being opened is an error before anything is spent. What has
// no hope until somebody logs in costs a look at the store.
func (u *userFetch) fetch(ctx context.Context, hc *http.Client, refused string) (*oauth2.Token, error) {
	stored, err := u.store.Load(ctx, u.key)
	if err != nil {
		return nil, storeFailed(err)
	}
	if tok, saved := u.current(stored); saved && usable(tok, refused) {
		return tok, nil
	} else if err := u.hopeless(tok); err != nil {
		return nil, err
	}
	var tok *oauth2.Token
	var failed error // of the refresh
	err = u.store.Update(ctx, u.key, func(ctx context.Context, stored *oauth2.Token) (*oauth2.Token, error) {
		now, _ := u.current(stored)
		if !usable(now, refused) {
			if now, failed = u.refresh(ctx, hc, now); failed != nil {
				return nil, failed
			}
		}
		tok = now
		// Before it is stored: this process may be told that it failed, and not why.
		u.remember(&unsavedToken{token: tok, stored: stored})
		return tok, nil
	})
	switch {
	case failed != nil:
		return nil, failed
	case err != nil && tok == nil:
		return nil, storeFailed(err)
	case tok == nil:
		return nil, storeFailed(errors.New("Update did not call its function"))
	}
	u.settle(tok, err)
	return tok, nil
}

// trouble returns why the token that was fetched last is not stored, or nil.
func (u *userFetch) trouble() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.unsaved == nil || u.unsaved.err == nil {
		return nil
	}
	return fmt.Errorf("auth: AuthorizationCode: the new token is used, but cannot be stored, so that the next start needs a login: %w", u.unsaved.err)
}

// saveEvery is how often it is tried to store a token that could not be stored.
const saveEvery = 10 * time.Second

// save stores a token in the background that could not be stored, if there is one and it
// is time for that: there may be no fetch for long, and the process may end before.
func (u *userFetch) save() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.saving || u.unsaved == nil || u.unsaved.err == nil || time.Since(u.tried) < saveEvery {
		return
	}
	u.tried, u.saving = time.Now(), true
	go func() {
		defer func() {
			_ = recover() // of a store that is not ours; u.unsaved stays
			u.mu.Lock()
			defer u.mu.Unlock()
			u.saving = false
		}()
		ctx, cancel := context.WithTimeout(context.Background(), exchangeTimeout)
		defer cancel()
		var tok *oauth2.Token
		err := u.store.Update(ctx, u.key, func(_ context.Context, stored *oauth2.Token) (*oauth2.Token, error) {
			tok, _ = u.current(stored)
			return tok, nil
		})
		u.settle(tok, err)
	}()
}

// current returns the token to go by, and whether it is stored.
func (u *userFetch) current(stored *oauth2.Token) (tok *oauth2.Token, saved bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.unsaved == nil {
		return stored, true
	}
	if !same(stored, u.unsaved.stored) {
		u.unsaved = nil // somebody has logged in anew, or out
		return stored, true
	}
	return u.unsaved.token, false
}

func (u *userFetch) remember(t *unsavedToken) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.unsaved = t
}

// settle notes whether the token was stored.
func (u *userFetch) settle(tok *oauth2.Token, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.unsaved == nil || u.unsaved.token != tok:
	case err == nil:
		u.unsaved = nil
	default:
		u.unsaved.err = tame(err) // it is kept, and looked at on other goroutines
	}
}

// hopeless returns why a token that is not usable cannot be refreshed, or nil.
func (u *userFetch) hopeless(tok *oauth2.Token) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case tok == nil:
		return fmt.Errorf("%w: nobody has logged in as client %q at %s", ErrLoginRequired, u.exchange.cfg.ClientID, bareURL(u.exchange.cfg.Endpoint.TokenURL))
	case tok.RefreshToken == "":
		return fmt.Errorf("%w: the token has expired or was refused, and came without a refresh token", ErrLoginRequired)
	case u.dead != nil && same(tok, u.dead.token) && time.Since(u.dead.since) < deadFor:
		return u.dead.err
	}
	return nil
}

// refresh returns a new token for the refresh token of tok.
func (u *userFetch) refresh(ctx context.Context, hc *http.Client, tok *oauth2.Token) (*oauth2.Token, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err := u.hopeless(tok); err != nil {
		return nil, err
	}
	secret, err := u.clientSecret(ctx, hc)
	if err != nil {
		return nil, fmt.Errorf("auth: AuthorizationCode: %w", err)
	}
	next, err := u.exchange.refresh(context.WithoutCancel(ctx), hc, secret, tok.RefreshToken)
	var e *TokenError
	switch {
	case !errors.As(err, &e):
	case e.Code == "invalid_grant":
		err = fmt.Errorf("%w: %w", ErrLoginRequired, err)
		u.mu.Lock()
		defer u.mu.Unlock()
		u.dead = &deadToken{clone(tok), err, time.Now()}
	case e.Code == "invalid_client":
		u.secretRefused(secret)
	}
	return next, err
}

// storeFailed returns the error of a store, which somebody must mend, unless it is that
// nobody waits any more.
func storeFailed(err error) error {
	err = fmt.Errorf("auth: AuthorizationCode: %w", err)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return err
	}
	return &setupError{err}
}

// usable reports whether a token may be used: it is another one than was refused, and its
// time has not come. One that can be refreshed is not used to the last, as a request takes
// its time.
func usable(tok *oauth2.Token, refused string) bool {
	if tok == nil || !validSecret(tok.AccessToken) || tok.AccessToken == refused {
		return false
	}
	if tok.Expiry.IsZero() {
		return true
	}
	margin := time.Duration(0)
	if tok.RefreshToken != "" {
		margin = maxMargin
		if life := time.Duration(tok.ExpiresIn) * time.Second; life > 0 {
			margin = min(margin, life/10)
		}
	}
	return time.Now().Round(0).Add(margin).Before(tok.Expiry.Round(0))
}

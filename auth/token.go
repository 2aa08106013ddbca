package auth

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

const (
	// fetchTimeout bounds one fetch of a token, however many wait for it.
	fetchTimeout = 30 * time.Second
	// maxMargin is how long before its expiry a token is replaced; one that
	// lives shortly is replaced after four fifths of its life.
	maxMargin = 10 * time.Second
)

// tokenCache is a source that keeps a token while it is valid. However many
// requests wait for a token, it is fetched once, and each waits within its own
// context: the fetch goes on as long as one of them waits, or to its end if it
// cannot be cancelled.
type tokenCache struct {
	fetch func(context.Context, *http.Client) (*oauth2.Token, error)
	// endless says that fetch does not heed its context. Such a fetch is never
	// given up: others would pile up beside it.
	endless bool

	mu    sync.Mutex
	token string     // empty if there is none
	until time.Time  // when to replace it; zero means never
	call  *fetchCall // the fetch that runs, or nil
}

// fetchCall is one fetch. waiters is guarded by tokenCache.mu; err and token
// are set before done is closed.
type fetchCall struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiters int
	token   string
	err     error
}

func (c *tokenCache) secret(ctx context.Context, hc *http.Client) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", context.Cause(ctx)
	}
	c.mu.Lock()
	if c.token != "" && (c.until.IsZero() || time.Now().Before(c.until)) {
		defer c.mu.Unlock()
		return c.token, nil
	}
	call := c.call
	if call == nil {
		call = c.start(ctx, hc)
	}
	call.waiters++
	c.mu.Unlock()

	select {
	case <-call.done:
		if call.err != nil {
			return "", call.err
		}
		return call.token, nil
	case <-ctx.Done():
		c.leave(call)
		return "", context.Cause(ctx)
	}
}

// start begins a fetch. The caller holds c.mu.
func (c *tokenCache) start(ctx context.Context, hc *http.Client) *fetchCall {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
	call := &fetchCall{done: make(chan struct{}), cancel: cancel}
	c.call = call
	go func() {
		defer cancel()
		c.run(ctx, hc, call)
	}()
	return call
}

// run fetches a token. Whatever a source of the user's does, even panic or end
// its goroutine, those who wait get an answer.
func (c *tokenCache) run(ctx context.Context, hc *http.Client, call *fetchCall) {
	var tok *oauth2.Token
	err := errors.New("auth: the token source did not return")
	defer func() {
		if recover() != nil {
			// What it panicked with may hold a secret.
			err = errors.New("auth: the token source panicked")
		}
		c.finish(call, tok, err)
	}()
	tok, err = c.fetch(ctx, hc)
	if err == nil {
		err = checkToken(tok)
	}
}

func checkToken(tok *oauth2.Token) error {
	switch {
	case tok == nil || tok.AccessToken == "":
		return errors.New("auth: the token source returned no access token")
	case !validSecret(tok.AccessToken):
		return errors.New("auth: the access token has characters that cannot stand in a header")
	}
	return nil
}

// finish stores what the fetch has brought and lets the waiters go.
func (c *tokenCache) finish(call *fetchCall, tok *oauth2.Token, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if call.err = err; err == nil {
		call.token = tok.AccessToken
	}
	close(call.done)
	if c.call != call {
		return // nobody waited for it any more
	}
	c.call = nil
	if err == nil {
		c.token, c.until = call.token, replaceAt(tok.Expiry)
	}
}

// leave cancels the fetch if nobody waits for it any more and it can be.
func (c *tokenCache) leave(call *fetchCall) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if call.waiters--; call.waiters == 0 && !c.endless {
		call.cancel()
		if c.call == call {
			c.call = nil
		}
	}
}

// replaceAt returns when a token that expires at the given time is replaced.
func replaceAt(expiry time.Time) time.Time {
	if expiry.IsZero() {
		return expiry
	}
	return expiry.Add(-max(0, min(maxMargin, time.Until(expiry)/5)))
}

func (c *tokenCache) refused(secret string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token == secret {
		c.token = ""
	}
	return true
}

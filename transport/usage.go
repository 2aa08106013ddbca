package transport

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// KeyUsage is what was sent with one key, or for one OAuth client, also for searches.
type KeyUsage struct {
	// Key tells keys apart without showing anything of them: it is the start of the
	// SHA-256 sum of an API key, as in sha256:1a2b3c4d (printf %s "$KEY" | sha256sum), the
	// client id for OAuth 2.0, and empty for an auth.TokenSource.
	Key                     string
	Requests, Bytes         uint64    // that were sent; the bytes are those of the bodies
	Unauthorized, Forbidden uint64    // requests that were answered with 401 and 403
	First, Last             time.Time // a request was sent
}

// Refusal is an answer of the server that refuses a credential.
type Refusal struct {
	Status int    // 401 or 403
	Key    string // which one; see KeyUsage
	Body   string // the start of the answer, at most 1 KiB, on one line
}

// WithRefusalHandler calls f whenever the server has answered with 401 or 403, so that a
// key that was revoked, or that may do less than it should, is noticed at once. With
// tokens, a few 401 are no fault: see Stats.Unauthorized. f is called by one goroutine at
// a time, and the request waits for it, so it should return soon; it must neither send nor
// search. What it panics with is dropped. f must not be nil.
func WithRefusalHandler(f func(Refusal)) Option {
	return optionFunc(func(c *config) {
		if f == nil {
			c.fail("WithRefusalHandler(nil): a function is required")
		}
		c.refusal = f
	})
}

// maxKeys bounds how many keys are told apart; with more, the one that was not used for
// longest is forgotten.
const maxKeys = 16

// usage counts what is sent with each key.
type usage struct {
	tell    func(Refusal) // may be nil
	telling sync.Mutex    // held while tell runs

	mu                      sync.Mutex
	unauthorized, forbidden uint64
	keys                    []KeyUsage // the one that was used last at the end
}

// send counts a request.
func (u *usage) send(key string, bytes int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := time.Now()
	k := u.of(key)
	if k.Requests == 0 {
		k.First = now
	}
	k.Requests++
	k.Bytes += uint64(bytes)
	k.Last = now
}

// of returns the entry of a key, which it moves to the end. The caller holds u.mu.
func (u *usage) of(key string) *KeyUsage {
	entry := KeyUsage{Key: key}
	if i := slices.IndexFunc(u.keys, func(k KeyUsage) bool { return k.Key == key }); i >= 0 {
		entry = u.keys[i]
		u.keys = slices.Delete(u.keys, i, i+1)
	} else if len(u.keys) == maxKeys {
		u.keys = slices.Delete(u.keys, 0, 1)
	}
	u.keys = append(u.keys, entry)
	return &u.keys[len(u.keys)-1]
}

// refuse counts an answer with 401 or 403.
func (u *usage) refuse(key string, status int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	k := u.of(key)
	if status == http.StatusUnauthorized {
		u.unauthorized++
		k.Unauthorized++
	} else {
		u.forbidden++
		k.Forbidden++
	}
}

// state returns the part of Stats that is the usage's.
func (u *usage) state() (unauthorized, forbidden uint64, keys []KeyUsage) {
	u.mu.Lock()
	defer u.mu.Unlock()
	keys = slices.Clone(u.keys)
	slices.Reverse(keys)
	return u.unauthorized, u.forbidden, keys
}

// tellRefusal counts an answer that refuses the credential, and tells the handler.
func (c *Client) tellRefusal(status int, secret, body string) {
	if status != http.StatusUnauthorized && status != http.StatusForbidden {
		return
	}
	key := c.credential.ID(secret)
	c.usage.refuse(key, status)
	if c.usage.tell == nil {
		return
	}
	c.usage.telling.Lock()
	defer c.usage.telling.Unlock()
	var wg sync.WaitGroup
	wg.Go(func() { // the handler may end its goroutine
		defer func() { _ = recover() }()
		c.usage.tell(Refusal{Status: status, Key: key, Body: body})
	})
	wg.Wait()
}

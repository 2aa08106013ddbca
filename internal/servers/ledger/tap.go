package ledger

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// attemptHeader carries the number that a Tap gives a request.
const attemptHeader = "X-Attempt"

// Exchange is one request as the client saw it.
type Exchange struct {
	Start, End time.Time
	Status     int    // 0 if there was no answer
	RetryAfter string // the header of the answer
	Err        error  // why there was none
	Bytes      int64  // of the body
}

// Acknowledged reports whether the client was told that the server has it.
func (e Exchange) Acknowledged() bool { return e.Status >= 200 && e.Status < 300 }

// Tap is the http.RoundTripper of the client under test: it numbers the
// requests and notes what came of them.
type Tap struct {
	Base http.RoundTripper

	mu        sync.Mutex
	exchanges []Exchange // the number of a request is its index
}

// RoundTrip sends a numbered copy of the request.
func (t *Tap) RoundTrip(req *http.Request) (*http.Response, error) {
	t.mu.Lock()
	n := len(t.exchanges)
	t.exchanges = append(t.exchanges, Exchange{Start: time.Now(), Bytes: req.ContentLength})
	t.mu.Unlock()

	copied := *req
	copied.Header = req.Header.Clone()
	copied.Header.Set(attemptHeader, strconv.Itoa(n))
	resp, err := t.Base.RoundTrip(&copied)

	t.mu.Lock()
	defer t.mu.Unlock()
	e := &t.exchanges[n]
	e.End, e.Err = time.Now(), err
	if err == nil {
		e.Status, e.RetryAfter = resp.StatusCode, resp.Header.Get("Retry-After")
	}
	return resp, err
}

// CloseIdleConnections closes those of Base.
func (t *Tap) CloseIdleConnections() {
	if c, ok := t.Base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// Exchanges returns the requests so far, in the order in which they left.
func (t *Tap) Exchanges() []Exchange {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]Exchange(nil), t.exchanges...)
}

// Statuses returns how many requests ended with each status; 0 stands for no
// answer.
func (t *Tap) Statuses() map[int]int {
	out := map[int]int{}
	for _, e := range t.Exchanges() {
		out[e.Status]++
	}
	return out
}

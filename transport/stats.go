package transport

import (
	"sync/atomic"
	"time"
)

// Stats is what a Client has done since New, and how it stands.
type Stats struct {
	// Requests is how many were sent, whatever came of them; Retries, how many of
	// these were sent again after a failure. Both have those that net/http sends by
	// itself: again, because a connection that was kept died under the first one,
	// and to where a redirect leads that is followed.
	Requests, Retries uint64
	Bytes             uint64 // of the bodies of all requests, as they were sent

	Delivered uint64 // requests that the server has answered with a success
	Refused   uint64 // requests that the server has refused for their form, size or content, or for good
	Failed    uint64 // requests without an answer, or with one that tells to try again, elsewhere or of a fault of the set-up
	Splits    uint64 // batches, and parts of them, that went on in smaller parts

	Searches uint64 // requests of Search that were sent; the counts above have none of them

	// Unauthorized and Forbidden are how many requests, also of searches, the server has
	// answered with 401 and 403. With tokens, a few 401 are no fault: a token that has
	// ended is replaced, and the request sent again.
	Unauthorized, Forbidden uint64
	// TokenFetches is how often the credential has asked for a token, or a function for
	// a key; TokenFailures, how many of that were in vain. Clients that share a
	// credential have the same numbers.
	TokenFetches, TokenFailures uint64
	Keys                        []KeyUsage // by when they were used last, the latest first; 16 at most

	Limit int // how many requests may run at once at present: WithConcurrency, or less where the server takes no more

	Down      bool      // nothing is delivered at present: one request at a time finds out whether that lasts
	Since     time.Time // when Down became what it is
	LastError error     // the last failure, an *Error; nil if there was none
}

// counters are the parts of Stats that only grow.
type counters struct {
	requests, retries, bytes   atomic.Uint64
	delivered, refused, failed atomic.Uint64
	splits, searches           atomic.Uint64
}

// count counts a request that was sent by what came of it.
func (c *counters) count(v class) {
	switch v {
	case accepted:
		c.delivered.Add(1)
	case content, final:
		c.refused.Add(1)
	default:
		c.failed.Add(1)
	}
}

// send counts a request that is sent.
func (c *counters) send(b *body) {
	c.requests.Add(1)
	c.bytes.Add(uint64(len(b.data)))
}

// repeat counts a request that net/http sends by itself in the place of one that
// brought nothing.
func (c *counters) repeat(b *body) {
	c.failed.Add(1)
	c.retries.Add(1)
	c.send(b)
}

// Stats returns the counts of this moment.
func (c *Client) Stats() Stats {
	s := Stats{
		Requests:  c.counters.requests.Load(),
		Retries:   c.counters.retries.Load(),
		Bytes:     c.counters.bytes.Load(),
		Delivered: c.counters.delivered.Load(),
		Refused:   c.counters.refused.Load(),
		Failed:    c.counters.failed.Load(),
		Splits:    c.counters.splits.Load(),
		Searches:  c.counters.searches.Load(),
	}
	s.TokenFetches, s.TokenFailures = c.credential.Fetches()
	s.Unauthorized, s.Forbidden, s.Keys = c.usage.state()
	s.Down, s.Since, s.Limit, s.LastError = c.engine.standing()
	return s
}

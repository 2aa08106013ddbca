package transport

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/logsto/logsto-go/internal/redact"
)

const (
	// patience is how often in a row a request fails in one way until one of its
	// records is sent alone, to find out whether its content is why.
	patience = 3
	// condemnAfter and condemnTime are how often in a row, and for how long, a
	// single record fails in one way, while others are delivered in between each
	// time, until it is given up.
	condemnAfter = 16
	condemnTime  = time.Minute
	// condemnShare is how many requests are delivered meanwhile for each failure
	// that these have had: a server that fails at random condemns nothing.
	condemnShare = 4
)

// streak is a number of failures in a row in one way.
type streak struct {
	way       int // see wayOf
	failures  int
	between   int // of these, those before which others were delivered; the first counts
	began     time.Time
	delivered uint64 // by all requests, when the last one was counted
	atStart   struct{ delivered, failed uint64 }
}

// add counts a failure, and reports whether others were delivered since the last
// one of this way.
func (s *streak) add(way int, now time.Time, delivered, failed uint64) (between bool) {
	if way == 0 || way != s.way {
		*s = streak{way: way, failures: 1, between: 1, began: now, delivered: delivered}
		s.atStart.delivered, s.atStart.failed = delivered, failed
		return false
	}
	s.failures++
	if between = delivered > s.delivered; between {
		s.between++
		s.delivered = delivered
	}
	return between
}

// condemns reports whether a single record is given up. The counts are those of
// requests that were delivered, and of their failures before.
func (s *streak) condemns(now time.Time, delivered, failed uint64) bool {
	return condemns(s.way) && s.between >= condemnAfter && now.Sub(s.began) >= condemnTime &&
		delivered-s.atStart.delivered >= condemnShare*(failed-s.atStart.failed)
}

// request is one request and its repetitions.
type request struct {
	c       *Client
	records [][]byte
	format  Format
	body    *body
	key     string
	ticket  ticket
	started time.Time // the first attempt, of this or of the one that it is a part of

	// patience is how many failures in a row in one way end it with suspect; 0
	// for none.
	patience int
	// doubted says that a first failure is expected, for its content is suspect:
	// it does not count against the endpoint.
	doubted bool

	e        Error
	before   int // attempts of the one that it is a part of
	sent     bool
	streak   streak
	failures int             // in whatever way
	waits    backoff.BackOff // its own; nil before the first failure
	failed   []Failure       // records that the answer says were not taken
	secret   string          // that the last attempt carried
}

// run sends the request, repeats it as long as that may help, and says how it
// ended. The error is nil only for delivered. suspect says that it failed as often
// as its patience allows, in a way that its content may be the cause of.
func (r *request) run(ctx context.Context) (verdict, *Error) {
	defer r.body.release()
	for {
		var until time.Time
		if r.c.retry.MaxElapsed > 0 && !r.started.IsZero() {
			until = r.started.Add(r.c.retry.MaxElapsed)
		}
		if err := r.c.endpoint.enter(ctx, &r.ticket, until); err != nil {
			return r.ended(err)
		}
		if r.started.IsZero() {
			r.started = time.Now()
		}
		switch v := r.once(ctx); v {
		case delivered:
			return v, nil
		case again, setup:
			if r.c.retry.none() {
				return v, &r.e
			}
		default:
			return v, &r.e
		}
	}
}

// ended is what run returns when there are no more attempts.
func (r *request) ended(cause error) (verdict, *Error) {
	if r.e.Attempts == 0 {
		// Others know why it never had its turn.
		if known := r.c.endpoint.standing(); known != nil {
			r.e = *known
			r.e.Attempts = 0
		}
	}
	return again, r.e.ended(cause)
}

// once makes one attempt, for which the request was admitted, and a second one if
// the credential was refused and another one can be had.
func (r *request) once(ctx context.Context) (v verdict) {
	var f finding
	defer func() { r.c.endpoint.leave(&r.ticket, f) }() // also if the goroutine ends
	a := r.attempt(ctx)
	v = classify(a.status, a.err)
	if v == unsigned && r.c.credential.Refused(a.secret) {
		a = r.attempt(ctx)
		v = classify(a.status, a.err)
	}
	if v == unsigned {
		v = setup
	}
	if a.err != nil && endOf(ctx) != nil {
		// It tells nothing of the endpoint, and the attempt before says more.
		if r.e.Attempts <= 1 {
			r.note(a, v)
		}
		return again
	}
	r.note(a, v)
	switch {
	case v == delivered:
		r.failed = a.failed
		f = finding{works: true, delivered: true, failures: r.failures}
	case v == refused, v == final, v == setup && r.c.setupFinal:
		f = finding{works: true}
		if v == setup {
			v = final
		}
	default:
		v, f = r.fails(a, v)
	}
	return v
}

// attempt sends the request, and counts that.
func (r *request) attempt(ctx context.Context) answer {
	r.e.Attempts++
	a := r.c.attempt(ctx, r)
	r.secret = a.secret
	if a.sent {
		if r.sent {
			r.c.counters.retries.Add(1)
		}
		r.sent = true
		r.c.counters.count(classify(a.status, a.err))
	}
	return a
}

// note keeps what the answer says.
func (r *request) note(a answer, v verdict) {
	e := Error{Attempts: r.e.Attempts, Status: a.status, Body: a.body, Err: a.err, setup: v == setup}
	if len(r.records) == 1 && v != delivered {
		e.Record = excerpt(r.records[0], maxErrorRecord, a.secret, false)
	}
	r.e = e
}

// notTaken is the error for a record that a success excludes.
func (r *request) notTaken(f Failure) *Error {
	e := r.e
	e.Err = fmt.Errorf("the server has not taken record %d of %d", f.Index+1, len(r.records))
	if f.Reason != "" {
		e.Err = fmt.Errorf("%w: %s", e.Err, f.Reason)
	}
	e.Record = excerpt(r.records[f.Index], maxErrorRecord, r.secret, false)
	return &e
}

// fails decides what a failure means that is worth another attempt.
func (r *request) fails(a answer, v verdict) (verdict, finding) {
	r.failures++
	now := time.Now()
	delivered, failed := r.c.endpoint.counts()
	between := r.streak.add(wayOf(a), now, delivered, failed)
	fault := r.e
	fault.Record = "" // it is one of many that wait
	f := finding{fault: &fault, wait: a.wait, excused: between || r.doubted && r.streak.failures == 1}
	f.last = r.patience == 0 && (r.doubted || r.streak.failures >= patience)
	if r.waits == nil {
		r.waits = r.c.retry.backOff()
	}
	wait := rand.N(r.c.retry.Min + 1) // in an outage the endpoint has its own waits
	if between {
		wait = r.waits.NextBackOff()
	}
	r.ticket.own = now.Add(wait)
	limit := r.patience
	if v == setup { // the waits for the next probe are long
		limit = (limit + patience - 1) / patience
	}
	switch {
	case r.streak.way == 0:
	case limit > 0 && r.streak.failures >= limit:
		v = suspect
	case len(r.records) == 1 && r.streak.condemns(now, delivered, failed):
		v = refused
	}
	return v, f
}

// excerpt returns the start of b for an error, without the secret. broken says that
// b went on: what stands at its end may then be the start of the secret.
func excerpt(b []byte, limit int, secret string, broken bool) string {
	// No form of the secret is longer than margin.
	margin := 8 * len(secret)
	cut := broken
	if len(b) > limit+margin {
		b, cut = b[:limit+margin], true
	}
	text := redact.Text(string(b), len(b)*len("\uFFFD"), secret)
	if cut {
		text = text[:max(0, len(text)-margin)]
	}
	return redact.Text(text, limit)
}

// none reports whether nothing is tried twice.
func (r Retry) none() bool { return r.MaxElapsed < 0 }

// sleep waits for d, or returns why ctx has ended.
func sleep(ctx context.Context, d time.Duration) error {
	if err := endOf(ctx); err != nil || d <= 0 {
		return err
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return endOf(ctx)
	}
}

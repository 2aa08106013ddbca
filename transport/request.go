package transport

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v4"

	"github.com/logsto/logsto-go/internal/redact"
)

// request is one request and its repetitions.
type request struct {
	c           *Client
	span        span // of the delivery
	records     [][]byte
	format      Format
	compression Compression
	unpacked    bool  // it was refused compressed
	body        *body // nil before it is needed, and again when it need not be kept
	key         string
	ticket      ticket
	started     time.Time // the first attempt, of this or of the one for which it is a sample

	// patience is how many failures in a row end it with suspect; 0 for none.
	patience int
	// doubted says that a first failure is expected, for its content is suspect:
	// it does not count against the endpoint.
	doubted bool

	e        Error
	before   int // attempts of the one that it is a part of
	sent     bool
	streak   streak
	failures int             // whether or not its content may be the cause
	renewed  int             // keys that it had before the last
	waits    backoff.BackOff // its own; nil before the first failure
	failed   []Failure       // records that the answer says were not taken
	secret   string          // that the last attempt carried
}

// run sends the request, repeats it as long as that may help, and says how it
// ended. The error is nil only for delivered. suspect says that it failed as often
// as its patience allows, in a way that its content may be the cause of; then it
// may be run again.
func (r *request) run(ctx context.Context) (verdict, *Error) {
	defer r.dropBody()
	for {
		if err := r.c.endpoint.enter(ctx, &r.ticket, r.until()); err != nil {
			return r.ended(err)
		}
		if r.started.IsZero() {
			r.started = time.Now()
		}
		switch v := r.once(ctx); v {
		case delivered:
			return v, nil
		case again, setup:
			if r.c.once {
				return v, &r.e
			}
		default:
			return v, &r.e
		}
	}
}

// until returns the time after which no attempt begins, or zero.
func (r *request) until() time.Time {
	if r.c.retry.MaxElapsed <= 0 || r.started.IsZero() {
		return time.Time{}
	}
	return r.started.Add(r.c.retry.MaxElapsed)
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

// once makes one attempt, for which the request was admitted, and another one if
// the credential was refused and a new one can be had, or if it may be for the
// compression that the request was.
func (r *request) once(ctx context.Context) (v verdict) {
	var f finding
	defer func() { r.c.endpoint.leave(&r.ticket, f) }() // also if the goroutine ends
	a, v := r.signed(ctx)
	if v == refused && r.giveUpCompression(a.status) {
		a, v = r.signed(ctx)
	}
	if v == delivered && len(r.records) > 1 && len(a.failed) == len(r.records) && r.c.learnt.arrays.get() == unknown {
		v = refused // perhaps it is the array that the server has not taken
	}
	if v == unsigned || v == refused && r.c.endpoint.refusesAll(len(r.records) == 1) {
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
	if v == setup && r.c.setupFinal {
		v = final
	}
	switch v {
	case delivered:
		r.failed = a.failed
		r.learn()
		r.c.endpoint.puzzle(r.c.oddity(a))
		f = finding{works: true, delivered: true}
		if r.renewed == 0 { // otherwise it was the key
			f.failures = r.failures
		}
	case refused, final:
		f = finding{works: true}
	default:
		v, f = r.fails(a, v)
	}
	return v
}

// giveUpCompression makes the request one that is not compressed, and reports
// whether that may help: whether compression may be why it was refused. A server
// that has taken it may do so no more: before a single record is lost, that is
// tried.
func (r *request) giveUpCompression(status int) bool {
	if r.c.compression != AutoCompression || r.body == nil || r.body.encoding == "" {
		return false
	}
	switch status {
	case http.StatusRequestEntityTooLarge:
		return false
	case http.StatusUnsupportedMediaType:
	default:
		if len(r.records) > 1 && r.c.learnt.packed.get() == yes {
			return false
		}
	}
	r.dropBody()
	r.compression, r.unpacked = Identity, true
	r.key = newUUID(time.Now()) // the body is another one
	r.sent = false
	return true
}

// learn remembers what the server has taken.
func (r *request) learn() {
	switch {
	case r.body.encoding != "":
		r.c.learnt.packed.set(yes)
	case r.unpacked:
		r.c.learnt.packed.set(no)
	}
	if size := bodySize(r.records); size >= r.c.learnt.largest.get() {
		r.c.learnt.largest.set(size)
	}
	if r.format == Array && len(r.records) > 1 {
		r.c.learnt.arrays.set(yes)
	}
}

// dropBody lets the body go.
func (r *request) dropBody() {
	if r.body != nil {
		r.body.release()
		r.body = nil
	}
}

// signed makes one attempt, and repeats it with another credential if the first was
// refused and there is one.
func (r *request) signed(ctx context.Context) (answer, verdict) {
	a, v := r.attempt(ctx, "")
	if v != unsigned {
		return a, v
	}
	r.note(a, v) // in case that ctx ends meanwhile
	r.c.credential.Refused(a.secret)
	b, v := r.attempt(ctx, a.secret)
	if errors.Is(b.err, errNoOther) {
		r.e.Attempts--
		r.secret = a.secret
		return a, unsigned
	}
	return b, v
}

// attempt sends the request, counts that, and says what it means. With the secret
// without, which may be empty, it is not sent.
func (r *request) attempt(ctx context.Context, without string) (answer, verdict) {
	if r.body == nil {
		r.body = r.c.newBody(r.records, r.format, r.compression)
	}
	r.e.Attempts++
	a := r.c.attempt(ctx, r, without)
	v := classify(a.status, a.err)
	r.secret = a.secret
	if a.sent {
		if r.sent {
			r.c.counters.retries.Add(1)
		}
		r.sent = true
		r.c.counters.count(v)
	}
	return a, v
}

// note keeps what the answer says.
func (r *request) note(a answer, v verdict) {
	e := Error{URL: r.c.shownURL, Attempts: r.e.Attempts, Status: a.status, Body: a.body, Err: a.err, setup: v == setup, unsent: !a.sent}
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
	if r.body != nil && r.body.encoding == "" {
		r.dropBody() // it is soon made again, and the wait may be long
	}
	now := time.Now()
	delivered, failed := r.c.endpoint.counts()
	way := wayOf(a)
	between := r.streak.add(way, now, delivered, failed)
	fault := r.e
	fault.Record = "" // it is one of many that wait
	f := finding{
		fault: &fault,
		way:   way,
		wait:  a.wait,
		excused: !isBusy(way) && (between ||
			(r.doubted || len(r.records) > 1 && r.c.learnt.condemns.is(way)) && r.streak.failures == 1 ||
			r.patience == 0 && r.streak.between > 1),
		last: r.patience == 0 || len(r.records) == 1 && isRefusal(way),
	}
	if r.waits == nil {
		r.waits = r.c.retry.backOff()
	}
	wait := rand.N(r.c.retry.Min + 1) // in an outage the endpoint has its own waits
	if between || f.excused {
		wait = r.waits.NextBackOff()
	}
	if r.patience == 0 && r.streak.between > 1 && !isOfOthers(way) {
		wait = min(wait, rand.N(condemnWait))
	}
	if f.excused {
		// Who else is served meanwhile need not wait for this one's sake.
		wait, f.wait = max(wait, a.wait), 0
	}
	r.ticket.own, r.ticket.free, r.ticket.tried = now.Add(wait), f.excused && r.patience == 0, true
	switch {
	case way == 0:
	case r.patience > 0 && r.isSuspect(way, v, now):
		v = suspect
	case r.patience > 0 || len(r.records) > 1 || !r.streak.condemns(now, delivered, failed, r.c.learnt.condemns.is(way)):
	case r.renewed < renewals:
		r.renewed++
		r.key = newUUID(now)
	default:
		r.c.learnt.condemns.set(way)
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

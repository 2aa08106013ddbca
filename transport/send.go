package transport

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// Send implements [batch.Sender]. It returns when each record is accepted, lost or
// deferred, or when ctx has ended, or ten seconds have passed without one, and the
// requests that were on their way: then the rest is in Retry, and goes on with the
// same requests and keys when the batch comes again.
//
// Every request carries an Idempotency-Key, a UUID of version 7, that is the same for
// its repetitions and another one for each part after a split. Only a single record that
// is about to be given up after an answer, and a body that is no longer compressed, are
// tried with other keys.
func (c *Client) Send(ctx context.Context, b *batch.Batch) batch.Result {
	if len(b.Records) == 0 {
		return batch.Result{}
	}
	d := c.resume(b)
	d.run(ctx)
	return d.result(b)
}

// send sends a part once, and settles what comes of it.
func (w *worker) send(ctx context.Context, p *part) {
	d := w.delivery
	if p.past.failures > 0 && d.reconsider(p) {
		return
	}
	ps, ok := w.pass, w.has
	if w.has = false; !ok {
		ps, ok = d.c.gate.try(ctx)
	}
	for !ok {
		until, rank := d.place(p)
		var err error
		if ps, err = d.c.gate.enter(ctx, d.turn, rank, until); err == nil {
			break
		}
		if later, _ := d.place(p); err != errWaited || !later.After(until) { //nolint:errorlint // it is our own
			d.tooLate(p, err)
			return
		} // others of the batch were settled meanwhile
	}
	left := true
	defer func() {
		if left { // the goroutine ends
			d.c.gate.abandoned(ps)
			d.end(p, errPanicked)
		}
	}()
	if ps.probe {
		p = d.probe(p)
	}
	now := time.Now()
	if p.past.started.IsZero() {
		p.past.started = now
	}
	if p.key == "" {
		p.key = newUUID(now)
	}
	for {
		r := d.exchange(ctx, p)
		left = false
		if act := w.settle(ctx, p, ps, r); act != retryPlain {
			return
		}
		left = true
		p.plain, p.key = true, newUUID(time.Now()) // the body is another one
	}
}

// place returns when a part that waits is to give up waiting, and its rank among those
// that may be the next probe.
func (d *delivery) place(p *part) (until time.Time, r rank) {
	d.mu.Lock()
	defer d.mu.Unlock()
	until = d.progress.Add(sendTime)
	if most := d.c.retry.MaxElapsed; most > 0 && !p.past.started.IsZero() {
		until = earlier(until, p.past.started.Add(most))
	}
	switch r.probes = d.probes; {
	case p.token:
		r.suspect = 2
	case p.half || p.past.class != accepted:
		r.suspect = 1
	}
	return until, r
}

// tooLate ends the wait of a part that was not admitted.
func (d *delivery) tooLate(p *part, err error) {
	if d.elapsed(p, 0) {
		d.lose(p, p.past.e.ended(errElapsed))
		return
	}
	d.end(p, err)
}

// elapsed reports whether no attempt of the part may begin after so much more time.
func (d *delivery) elapsed(p *part, more time.Duration) bool {
	most := d.c.retry.MaxElapsed
	return most > 0 && !p.past.started.IsZero() && time.Since(p.past.started)+more >= most
}

// probe returns a single record of a part, to be the probe: what comes of it tells the
// endpoint's fault from that of the content. A part that may have been stored stays
// whole, unless records are known to go without an answer.
func (d *delivery) probe(p *part) *part {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.probes++
	known, _ := d.c.window.blames(noAnswer, time.Now())
	if p.len() == 1 || p.past.class == unanswered && !known {
		return p
	}
	// A limiter that takes few requests should not spend them on single records.
	if f := d.c.gate.fault(); f != nil && classify(f.Status, nil, true) == busy {
		return p
	}
	d.unstick(p)
	one := p.take(d.spread())
	d.back(p)
	return one
}

// isUnknownArray reports whether the part is an array, and nothing is known of whether the
// server takes these.
func (d *delivery) isUnknownArray(p *part) bool {
	_, _, alone := d.c.window.cut(time.Time{})
	return p.len() > 1 && d.c.format == Auto && alone
}

// reconsider splits or defers a part that has failed, if others were accepted since, and
// reports whether it did.
func (d *delivery) reconsider(p *part) bool {
	t := d.trial(p)
	if p.token || !t.works {
		return false
	}
	act := next(t)
	if act != split && act != hold {
		return false
	}
	d.apply(p, act, &p.past.e, 0)
	return true
}

// trial returns what next goes by.
func (d *delivery) trial(p *part) trial {
	now := time.Now()
	bytes := bodySize(d.records[p.lo:p.hi])
	known, lost := d.c.window.blames(p.past.answer, now)
	return trial{
		class:    p.past.class,
		single:   p.len() == 1,
		alone:    d.isAlone(p) || d.ordered && known && d.failsAlone(p),
		deferred: p.token,
		half:     p.half,
		limited:  p.past.answer == http.StatusTooManyRequests,
		tooMuch:  bytes > d.c.window.largest()*5/4,
		works:    d.suspects(p),
		known:    known,
		lost:     lost,
		attempts: p.past.e.Attempts,
		failures: p.past.failures,
		renewed:  p.past.renewed,
		age:      now.Sub(p.past.began),
		failing:  d.c.gate.failing(),
		crowding: p.crowded,
	}
}

// isAlone reports whether all that is left of the batch are single records that fail.
func (d *delivery) isAlone(p *part) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, q := range d.todo {
		if q.len() > 1 || q.past.e.Attempts < holdAfter {
			return false
		}
	}
	return p.past.e.Attempts >= holdAfter
}

// settle decides what becomes of a part after an attempt. The part is sent again at
// once if it returns retryPlain; otherwise it is not the worker's any more.
func (w *worker) settle(ctx context.Context, p *part, ps pass, r reply) action {
	d := w.delivery
	if r.err != nil && endOf(ctx) != nil {
		// It tells nothing of the endpoint, and the attempt before says more.
		if p.past.e.Attempts <= 1 {
			d.note(p, r)
		}
		d.c.gate.abandoned(ps)
		d.end(p, endOf(ctx))
		return retry
	}
	if r.class == accepted && len(r.failed) == p.len() && d.isUnknownArray(p) {
		r.class = content // perhaps it is the array that the server has not taken
	}
	packed := r.class == content && d.mayBePacked(p, r)
	if (r.class == content || r.class == final) && !packed && d.c.gate.rejected(r.class == content && p.len() == 1) {
		r.class = misconfigured
	}
	d.note(p, r)
	switch r.class {
	case accepted:
		w.accept(p, r)
		return done
	case content, final:
	default:
		d.fail(p, ps, r)
	}
	t := d.trial(p)
	t.packed = packed
	act := next(t)
	if act != retryPlain {
		d.apply(p, act, &p.past.e, r.wait)
	}
	return act
}

// fail tells the gate of a failure, and counts it for the part.
func (d *delivery) fail(p *part, ps pass, r reply) {
	now := time.Now()
	fault := p.past.e
	fault.Record = "" // it is one of many that wait
	suspect := d.suspects(p)
	d.c.gate.failed(failure{
		fault:  &fault,
		counts: !p.token && !suspect,
		sure:   r.class.sure(),
		config: r.class.config(),
		wait:   r.wait,
	}, ps, r.wait > 0 && (r.class == busy || r.class == gateway) || r.status == http.StatusTooManyRequests)
	if p.past.began.IsZero() {
		p.past.began = now
	}
	known := d.c.gate.evidence()
	switch {
	case p.token:
		if known.accepted > p.past.seen { // otherwise nobody knows whose fault it is
			p.past.failures++
		}
	case p.past.failures == 0 && !p.half, known.outages != p.past.since.outages:
		p.past.failures, p.past.since = 1, evidence{ps.accepted, known.outages}
	default:
		p.past.failures++
	}
	p.past.seen = ps.accepted
	if errors.Is(r.err, context.DeadlineExceeded) { // the connection may hang
		d.c.conns.retire(r.conns)
	}
}

// suspects reports whether the content of a part is suspected: it has failed, or is of one
// that has, and others were accepted since, without an outage in between.
func (d *delivery) suspects(p *part) bool {
	known := d.c.gate.evidence()
	return (p.past.failures > 0 || p.half) && known.accepted > p.past.since.accepted && known.outages == p.past.since.outages
}

// note keeps what the answer says.
func (d *delivery) note(p *part, r reply) {
	attempts := p.past.e.Attempts
	p.past.e = Error{
		URL: d.c.shownURL, Attempts: attempts, Status: r.status, Body: r.body, Err: r.err,
		setup: r.class.config(), unsent: !r.sent,
	}
	if r.class.config() {
		p.past.e.Hint = d.c.hint(r)
	}
	if p.len() == 1 && r.class != accepted {
		p.past.e.Record = excerpt(d.records[p.lo], maxErrorRecord, r.secret, false)
	}
	p.past.class = r.class
	if p.past.answer = r.status; r.class == unanswered {
		p.past.answer = noAnswer
	}
}

// apply does what next says. wait is what the server has asked for.
func (d *delivery) apply(p *part, act action, e *Error, wait time.Duration) {
	c := d.c
	if c.once && act != split && act != lose || c.setupFinal && p.past.class.config() {
		act = lose
	}
	switch act {
	case lose:
		if p.token {
			c.window.blame(p.past.answer, true, time.Now())
		}
		d.lose(p, e)
	case split:
		c.counters.splits.Add(1)
		d.split(p)
	case hold, renew:
		if d.elapsed(p, max(wait, time.Since(p.past.began)/4)) { // the buffer waits as long
			d.lose(p, e.ended(errElapsed))
			return
		}
		d.hold(p, act, wait)
	case sample, retry:
		pause := d.pause(p, wait)
		if d.elapsed(p, pause) {
			d.lose(p, e.ended(errElapsed))
			return
		}
		d.again(p, act == sample, pause)
	default: // done and retryPlain do not come here
		panic(fmt.Sprintf("transport: %v is no end of a failure", act))
	}
}

// pause returns how long a part waits after a failure: longer each time, when it has
// failed more often than by chance, and as the server asks, but no longer than a few
// seconds, since others are accepted.
func (d *delivery) pause(p *part, wait time.Duration) time.Duration {
	const most = 5 * time.Second
	pause := min(d.c.retry.Min, most)
	for range p.past.failures - tooMany(d.c.gate.failing(), splitChance) {
		if pause = pause * 3 / 2; pause >= most {
			break
		}
	}
	pause = min(pause, most, d.c.retry.Max)
	pause = pause/2 + rand.N(pause/2+1)
	if hurried, _ := d.c.gate.hurried(); hurried {
		return min(pause, hurriedWait)
	}
	return max(pause, jitter(min(wait, most)))
}

// again puts a part back after a failure, and before it one of its records alone, if
// that is to be tried.
func (d *delivery) again(p *part, sampled bool, pause time.Duration) {
	p.due = time.Now().Add(pause)
	if p.past.class == unanswered && p.past.e.Attempts == 2 && p.cut.window && p.len() > 1 && !d.suspects(p) {
		d.c.window.split(d.sizeOf(p), p.cut.trial, p.due) // the next ones should be smaller, in case
		p.cut.trial = false
	}
	if p.past.class == unanswered && p.past.failures >= max(2, tooMany(d.c.gate.failing(), splitChance)) && p.len() > 1 && !p.cut.stuck && d.suspects(p) {
		p.cut.stuck = true
		d.c.window.stick(d.sizeOf(p))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.running--
	d.failed = true
	if p.token && !sampled { // the buffer waits
		d.out.end = errWaited
	}
	if sampled {
		d.back(p.take(d.spread()))
	}
	d.back(p)
	d.nudge()
}

func (d *delivery) sizeOf(p *part) size {
	return size{p.len(), bodySize(d.records[p.lo:p.hi])}
}

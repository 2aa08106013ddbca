package transport

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// manyLosses is how many parts of a batch are given up in a row, for what the server did
// not say of their records, until the rest is too, without being sent.
const manyLosses = 12

// A record that was to be deferred, but for which there was no room, waits for a quarter of its
// age as the others do, within these bounds.
const (
	minHeld = 500 * time.Millisecond
	maxHeld = 30 * time.Second
)

// lastTry is how long before Retry.MaxElapsed the last attempt is made.
const lastTry = 50 * time.Millisecond

// This file is what comes of an attempt. The callers hold engine.mu.

// settle decides what becomes of a part after an attempt. It returns the next part for the
// worker, or nil if none may be sent now.
func (e *engine) settle(p *part, r reply) *part {
	var odd error
	if r.class == accepted {
		odd = e.c.oddity(r) // it may have to wait for a file that is read
	}
	e.mu.Lock()
	defer e.unlock()
	now := time.Now()
	switch {
	case r.err != nil && p.ctx.Err() != nil:
		// It tells nothing of the endpoint, and the attempt before says more.
		if p.past.e.Attempts <= 1 {
			p.note(r)
		}
		e.put(p, endOf(p.ctx))
	default:
		e.judge(p, r, odd, now)
	}
	e.stop(p)
	next := e.next(now)
	if next != nil {
		e.dispatch(now)
	}
	return next
}

// put puts a part back that came to no end, as nothing more of its batch is sent.
func (e *engine) put(p *part, why error) {
	p.ended = why
	p.back(p)
}

// stop counts a part as one that is no longer sent.
func (e *engine) stop(p *part) {
	if p.probe {
		e.probing--
		e.breaker.abandon() // unless its result is known
	}
	if p.careful {
		e.careful--
	}
	e.running--
	p.running--
	p.probe, p.careful = false, false
	e.leave(p.delivery)
}

// judge goes by the answer to a part.
func (e *engine) judge(p *part, r reply, odd error, now time.Time) {
	if r.class == accepted && len(r.failed) == p.len() && p.len() > 1 && e.window.arrays == 0 {
		r.class = content // perhaps it is the array that the server has not taken
	}
	packed := r.class == content && p.mayBePacked(r)
	switch {
	case packed:
	case r.class != content && r.class != final:
	case e.evidence.reject(r.class == content && p.len() == 1):
		e.works(nil, now)
	default:
		r.class = misconfigured
	}
	p.note(r)
	switch r.class {
	case accepted:
		e.accept(p, r, odd, now)
		return
	case content, final:
	default:
		e.fail(p, r, now)
	}
	e.apply(p, next(e.trial(p, packed, now)), r.wait, now)
}

// judgeAgain splits or defers a part that has failed, if that is right now that others were
// accepted, and reports whether it did.
func (e *engine) judgeAgain(p *part, now time.Time) bool {
	if p.past.failures == 0 || p.deferred || !e.suspects(p) {
		return false
	}
	act := next(e.trial(p, false, now))
	if act != split && act != hold {
		return false
	}
	e.apply(p, act, 0, now)
	return true
}

// works closes the breaker, and tells what is odd all the same, or nil.
func (e *engine) works(odd error, now time.Time) {
	e.breaker.close(now)
	e.notices.set(odd)
}

// accept accounts for a part that was accepted, but for the records that the answer
// excludes.
func (e *engine) accept(p *part, r reply, odd error, now time.Time) {
	failures := p.past.failures
	if p.past.renewed > 0 || p.deferred { // it was the key, perhaps
		failures = 0
	}
	e.evidence.accept(failures, now)
	e.limiter.accepted()
	e.works(odd, now)
	e.c.learnPacking(p, r)
	e.window.accept(p.size(), p.trial, p.fillsWindow())
	p.trial = false
	p.losses = 0
	for _, q := range p.todo {
		if q.len() > 1 && (q.hi == p.lo || q.lo == p.hi) { // p was taken off it, perhaps, and tells why it has failed
			q.due = earlier(q.due, now)
		}
	}
	for _, f := range r.failed {
		p.out.Lost = append(p.out.Lost, batch.Failure{Index: p.lo + f.Index, Err: p.notTaken(f, r.secret)})
	}
	e.settled(p, len(r.failed) > 0, now)
}

// fail counts a failure that may not be the fault of what was sent.
func (e *engine) fail(p *part, r reply, now time.Time) {
	if !p.probe && (r.class == busy || r.class == gateway && r.wait > 0) {
		e.limiter.overloaded(p.past.last, now)
	}
	fault := p.past.e
	fault.Record = "" // it is one of many that wait
	known, _ := e.evidence.knows(p.past.answer, now)
	f := failure{
		fault: &fault, probe: p.probe, others: e.evidence.accepted.After(p.past.last),
		counts: !p.deferred && !p.past.held && !e.suspects(p), config: r.class.config() && !known, wait: r.wait,
	}
	f.atOnce = r.class.sure() || f.counts && !p.isHalf() && p.past.failures == 0 && (f.config || f.wait > 0)
	e.evidence.failed++
	if e.c.once || e.c.setupFinal && f.config { // nothing is tried again
		e.breaker.fault = &fault
	} else if e.breaker.fail(f, e.evidence.failing.value(), now) {
		e.notices.set(&fault)
		if p.probe {
			e.evidence.outage = now
		}
	}
	e.count(p)
	if errors.Is(r.err, context.DeadlineExceeded) { // the connection may hang
		e.c.conns.retire(r.conns)
	}
}

// count counts a failure of a part. Failures before an outage are not counted: they say
// nothing of the part. Nor is one of a deferred record if nothing was accepted since the
// last: nobody knows whose fault it is.
func (e *engine) count(p *part) {
	past := &p.past
	if past.began.IsZero() {
		past.began = past.last
	}
	switch {
	case p.deferred:
		if e.evidence.accepted.After(past.since) {
			past.failures++
		}
		past.since = past.last
	case past.since.IsZero(), e.evidence.outage.After(past.since):
		past.failures, past.since = 1, past.last
	default:
		past.failures++
	}
}

// suspects reports whether the content of a part is suspected: it has failed, or is of one
// that has, and others were accepted since, without an outage in between.
func (e *engine) suspects(p *part) bool {
	return !p.past.since.IsZero() && e.evidence.since(p.past.since)
}

// trial returns what next goes by.
func (e *engine) trial(p *part, packed bool, now time.Time) trial {
	known, lost := e.evidence.knows(p.past.answer, now)
	return trial{
		class:    p.past.class,
		single:   p.len() == 1,
		alone:    p.isAlone() || p.ordered && known && p.failsAlone(),
		deferred: p.deferred,
		half:     p.isHalf(),
		packed:   packed,
		tooMuch:  p.size().bytes > e.window.largest*5/4,
		works:    e.suspects(p),
		known:    known,
		lost:     lost,
		attempts: p.past.e.Attempts,
		failures: p.past.failures,
		renewed:  p.past.renewed,
		age:      now.Sub(p.past.began),
		failing:  e.evidence.chanceShare(),
		crowding: p.crowding,
	}
}

// apply does what next says. wait is what the server has asked for.
func (e *engine) apply(p *part, act action, wait time.Duration, now time.Time) {
	if e.c.once && act != retryPlain && act != split || e.c.setupFinal && p.past.class.config() {
		act = lose
	}
	pause := time.Duration(0)
	switch act {
	case retry:
		pause = e.pause(p, wait)
		if last := p.left(now) - lastTry; last > wait {
			pause = min(pause, last)
		}
	case hold, renew:
		pause = wait // and what the buffer waits, after which it is tried in any case
	}
	if pause >= p.left(now) {
		p.past.e.Err, act = p.past.e.ended(errElapsed).Err, lose
	}
	switch act {
	case lose:
		if p.deferred {
			e.evidence.blame(p.past.answer, true, now)
		}
		e.lose(p, &p.past.e, now)
	case split:
		e.split(p, now)
	case hold, renew:
		e.hold(p, act, wait, now)
	case retryPlain:
		e.release(p)
		p.plain, p.key, p.packed = true, "", false // the body is another one
		p.back(p)
	case retry:
		e.again(p, pause, now)
	default: // a part that is done does not come here
		panic(fmt.Sprintf("transport: %v is no end of a failure", act))
	}
}

// left returns how much time there is for further attempts.
func (p *part) left(now time.Time) time.Duration {
	if p.c.retry.MaxElapsed <= 0 || p.past.started.IsZero() {
		return math.MaxInt64
	}
	return p.c.retry.MaxElapsed - now.Sub(p.past.started)
}

// pause returns how long a part waits after a failure: longer each time it has failed
// more often than by chance, and as the server asks, but no longer than a few seconds,
// since others are accepted.
func (e *engine) pause(p *part, wait time.Duration) time.Duration {
	const most = 5 * time.Second
	pause := min(e.c.retry.Min, most)
	for range p.past.failures - tooMany(e.evidence.chanceShare(), splitChance) {
		if pause = pause * 3 / 2; pause >= most {
			break
		}
	}
	pause = min(pause, most, e.c.retry.Max)
	pause = pause/2 + rand.N(pause/2+1)
	if e.hurries > 0 {
		return min(pause, hurriedWait)
	}
	return max(pause, jitter(min(wait, most)))
}

// again has a part sent again after a pause. The parts after one without an answer should
// be smaller, in case that it was too large.
func (e *engine) again(p *part, pause time.Duration, now time.Time) {
	p.due = now.Add(pause)
	if p.deferred { // the buffer waits
		p.ended = errWaited
	}
	if p.past.class == unanswered && p.len() > 1 && p.fillsWindow() {
		switch {
		case p.trial:
			e.window.split(p.size(), true, now)
			p.trial = false
		case !p.stuck && p.past.failures >= max(2, tooMany(e.evidence.chanceShare(), splitChance)) && e.suspects(p):
			p.stuck = true
			e.window.stick()
		case p.past.e.Attempts == 2 || p.past.e.Attempts == 1 && e.window.arrays < manyArrays:
			e.window.split(p.size(), false, now)
		}
	}
	p.back(p)
}

// release ends what the window has to do with a part.
func (e *engine) release(p *part) {
	if p.stuck {
		e.window.unstick()
	}
	if p.trial {
		e.window.trial = false
	}
	p.stuck, p.trial = false, false
}

// settled ends a part; spoiled says that not all of its records were accepted.
func (e *engine) settled(p *part, spoiled bool, now time.Time) {
	e.release(p)
	p.settled = now
	for q := p.tree.parent; spoiled && q != nil; q = q.tree.parent {
		q.tree.spoiled = true
	}
	for q := p.tree.parent; q != nil; q = q.tree.parent {
		if q.tree.left--; q.tree.left > 0 {
			break
		}
		if !q.tree.spoiled {
			e.learn(q, now)
		}
	}
}

// learn draws the lesson from a part that was split, of which everything was accepted.
func (e *engine) learn(p *part, now time.Time) {
	class, was := p.past.class, p.tree.was
	bytes := size{unbounded, was.bytes}
	switch arrays := was.records == 2 && e.c.format == Auto; {
	case p.past.answer == http.StatusRequestEntityTooLarge:
		e.window.tooMuch(bytes, now)
	case arrays && (class == content || e.window.pair(p.past.failures, e.evidence.failing.value())): // since the server takes both alone
		e.window.tooMuch(size{2, unbounded}, now)
	case was.bytes >= minLearnt && p.past.answer < 500:
		e.window.tooMuch(bytes, now)
	case class != content:
		e.evidence.chance(p.past.failures)
	}
}

// lose gives a part up. After manyLosses in a row, the rest of the batch is too.
func (e *engine) lose(p *part, why *Error, now time.Time) {
	lost := []*part{p}
	if p.past.class != content && !p.deferred {
		if p.losses++; p.losses >= manyLosses {
			lost, p.todo = append(lost, p.todo...), nil
		}
	}
	for _, q := range lost {
		for i := q.lo; i < q.hi; i++ {
			q.out.Lost = append(q.out.Lost, batch.Failure{Index: i, Err: why})
		}
		e.settled(q, true, now)
	}
}

// split puts the halves of a part among those that wait.
func (e *engine) split(p *part, now time.Time) {
	e.c.counters.splits.Add(1)
	if p.fillsWindow() && !p.stuck {
		e.window.split(p.size(), p.trial, now)
		p.trial = false
	}
	e.release(p)
	a, b := p.halves()
	p.back(a, b)
}

// hold defers a record.
func (e *engine) hold(p *part, act action, wait time.Duration, now time.Time) {
	if act == renew {
		p.key = newUUID(now)
		p.past.renewed++
	}
	if !p.deferred {
		if e.suspects(p) {
			e.evidence.blame(p.past.answer, false, now)
		}
		p.past.failures, p.past.since, p.past.held = 0, p.past.last, true
	}
	p.due = now.Add(min(max(minHeld, now.Sub(p.past.began)/4), maxHeld)) // if there is no room, it stays here
	why := p.past.e
	p.out.Deferred = append(p.out.Deferred, batch.Failure{Index: p.lo, Err: &why, Token: p.appendToken(nil), Wait: jitter(wait)})
	p.held = append(p.held, p)
	e.settled(p, true, now)
}

// note keeps what the answer says.
func (p *part) note(r reply) {
	p.past.e = Error{
		URL: p.c.shownURL, Attempts: p.past.e.Attempts, Status: r.status, Body: r.body, Err: r.err,
		setup: r.class.config(), unsent: !r.sent,
	}
	if r.class.config() {
		p.past.e.Hint = p.c.hint(r)
	}
	if p.len() == 1 && r.class != accepted {
		p.past.e.Record = excerpt(p.records[p.lo], maxErrorRecord, r.secret, false)
	}
	p.past.class = r.class
	if p.past.answer = r.status; r.class == unanswered {
		p.past.answer, p.past.stored = noAnswer, true
	}
}

// notTaken is the error for a record that a success excludes.
func (p *part) notTaken(f Failure, secret string) *Error {
	e := p.past.e
	e.Err = fmt.Errorf("the server has not taken record %d of %d", f.Index+1, p.len())
	if f.Reason != "" {
		e.Err = fmt.Errorf("%w: %s", e.Err, f.Reason)
	}
	e.Record = excerpt(p.records[p.lo+f.Index], maxErrorRecord, secret, false)
	return &e
}

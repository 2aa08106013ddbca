package transport

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"time"
)

// maxPassed is how many parts of batches go in a row before a deferred record that is due.
const maxPassed = 16

// engine decides what is sent, and when. All deliveries of a client meet here, under one
// lock; the requests themselves run outside of it. A worker is a goroutine that sends one
// part after the other; there are as many as the limiter allows and parts are due.
type engine struct {
	c *Client

	mu         sync.Mutex
	deliveries []*delivery // by turn
	over       []*delivery // that are done, once the listeners were told
	turns      uint64      // of batches
	hurries    int         // that have begun and not ended
	timer      *time.Timer // for the next part that becomes due
	traffic

	evidence evidence
	breaker  breaker
	limiter  limiter
	window   window

	notices notices
}

// traffic is what is on its way.
type traffic struct {
	running int // requests
	probing int // of these, probes: they may hang, and hold nothing up
	careful int // of these, those that were sent while everything was rejected
	passed  int // parts that went since a deferred record did
}

func newEngine(c *Client, concurrency int) *engine {
	return &engine{
		c:        c,
		evidence: evidence{known: map[int]known{}},
		breaker:  newBreaker(c.retry, time.Now()),
		limiter:  newLimiter(concurrency),
		window:   newWindow(c.format),
		notices:  notices{listeners: map[int]func(error){}},
	}
}

// run sends the parts of a delivery until all are settled, or nothing more of it is to be
// sent.
func (e *engine) run(d *delivery) {
	timer := time.NewTimer(e.enter(d))
	defer timer.Stop()
	for {
		select {
		case <-d.done:
			return
		case <-d.ctx.Done():
			e.end(d, endOf(d.ctx))
			<-d.done
			return
		case <-timer.C:
			timer.Reset(e.expire(d))
		}
	}
}

// enter lets the parts of a delivery be sent, and returns when to call expire.
func (e *engine) enter(d *delivery) time.Duration {
	e.mu.Lock()
	defer e.unlock()
	if d.turn == 0 {
		e.turns++
		d.turn = e.turns
	}
	i := len(e.deliveries)
	for i > 0 && e.deliveries[i-1].turn > d.turn {
		i--
	}
	e.deliveries = slices.Insert(e.deliveries, i, d)
	if e.hurries > 0 { // it may have begun while the batch was with the buffer
		d.hurry()
	}
	d.settled = time.Now()
	e.dispatch(d.settled)
	return e.lapse(d, d.settled)
}

// end stops the parts of a delivery that were not sent yet.
func (e *engine) end(d *delivery, why error) {
	e.mu.Lock()
	defer e.unlock()
	if d.ended == nil {
		d.ended = why
	}
	e.leave(d)
}

// leave lets a delivery go if nothing more of it is to be sent, and nothing is on its way.
func (e *engine) leave(d *delivery) {
	if d.running > 0 || len(d.todo) > 0 && d.ended == nil {
		return
	}
	if i := slices.Index(e.deliveries, d); i >= 0 {
		e.deliveries = slices.Delete(e.deliveries, i, i+1)
		for _, p := range d.todo {
			e.release(p)
		}
		e.over = append(e.over, d)
	}
}

// expire looks for what has waited too long, and returns when to look again.
func (e *engine) expire(d *delivery) time.Duration {
	e.mu.Lock()
	defer e.unlock()
	return e.lapse(d, time.Now())
}

// lapse gives up the parts that have waited for Retry.MaxElapsed, ends a delivery of
// which nothing was settled for sendTime, and returns when to look again.
func (e *engine) lapse(d *delivery, now time.Time) time.Duration {
	at := d.settled.Add(sendTime)
	for _, p := range slices.Clone(d.todo) {
		i := slices.Index(d.todo, p)
		if i < 0 {
			continue // it was given up with another one
		}
		if left := p.left(now); left > 0 {
			at = earlier(at, now.Add(left))
			continue
		}
		d.todo = slices.Delete(d.todo, i, i+1)
		e.lose(p, p.past.e.ended(errElapsed), now)
	}
	switch {
	case d.ended == nil && at.After(now):
	case d.ended == nil && d.running > 0 && e.hurries > 0:
		at = now.Add(hurriedWait) // it could not return yet, but be tried
	default: // what is on its way is waited for
		d.ended, at = cmp.Or(d.ended, errWaited), now.Add(sendTime)
	}
	e.leave(d)
	return at.Sub(now)
}

// work sends parts until none is due. It ends by itself, or with the goroutine if the HTTP
// client ends that.
func (e *engine) work(p *part) {
	defer func() {
		if p != nil {
			e.crashed(p)
		}
	}()
	var limit deadline
	defer limit.end()
	for p != nil {
		r := p.exchange(&limit)
		p = e.settle(p, r)
	}
}

// crashed accounts for a part whose worker was ended by the HTTP client.
func (e *engine) crashed(p *part) {
	e.mu.Lock()
	defer e.unlock()
	e.put(p, errPanicked)
	e.stop(p)
	e.dispatch(time.Now())
}

// dispatch starts a worker for each part that may be sent now. The caller holds e.mu.
func (e *engine) dispatch(now time.Time) {
	for {
		p := e.next(now)
		if p == nil {
			return
		}
		go e.work(p)
	}
}

// tick is what the timer calls.
func (e *engine) tick() {
	e.mu.Lock()
	defer e.unlock()
	e.dispatch(time.Now())
}

// next takes the next part that may be sent now: of the oldest batch first. If there is
// none, the timer wakes the engine when there may be one. The caller holds e.mu.
func (e *engine) next(now time.Time) *part {
	if e.breaker.state != closed {
		return e.nextProbe(now)
	}
	if e.running-e.probing >= e.limiter.now || e.careful > 0 && e.evidence.rejected >= doubtful {
		return nil // the end of a request wakes it
	}
	from := 0
	if e.passed >= maxPassed {
		from = max(0, slices.IndexFunc(e.deliveries, func(d *delivery) bool { return d.deferred }))
	}
	var at time.Time
	for i := range e.deliveries {
		d := e.deliveries[(from+i)%len(e.deliveries)]
		p, due := d.take(now)
		if p != nil && e.judgeAgain(p, now) {
			e.leave(d)
			return e.next(now) // there may be fewer deliveries
		}
		if p != nil {
			return e.start(p, now)
		}
		at = soonest(at, due)
	}
	e.wakeAt(at, now)
	return nil
}

// nextProbe takes the part that is to be the probe, if it is time for one: one that has
// failed least, of the batch with the fewest probes, or else of the oldest; a deferred record
// only if there is nothing else.
func (e *engine) nextProbe(now time.Time) *part {
	var best *part
	for _, d := range e.deliveries {
		p := d.candidate()
		switch {
		case p == nil:
		case best == nil, !p.deferred && (best.deferred || p.probes < best.probes):
			best = p
		}
	}
	if best == nil {
		return nil
	}
	hurried := e.hurries > 0
	var last time.Time // when a part gets its last attempt
	if ending, left := e.ending(now); ending != nil {
		if last = later(e.breaker.held, now.Add(left-lastTry)); !last.After(now) {
			best, hurried, last = ending, true, time.Time{}
		}
	}
	yes, at := e.breaker.admits(now, hurried)
	if !yes {
		e.wakeAt(soonest(at, last), now)
		return nil
	}
	p := best.takeProbe(best, now)
	p.probe = true
	e.probing++
	return e.start(p, now)
}

// ending returns the part that is given up first, if there is one, and in what time.
func (e *engine) ending(now time.Time) (first *part, left time.Duration) {
	if left = math.MaxInt64; e.c.retry.MaxElapsed <= 0 {
		return nil, left
	}
	for _, d := range e.deliveries {
		if d.candidate() == nil {
			continue
		}
		for _, p := range d.todo {
			if own := p.left(now); own < left {
				first, left = p, own
			}
		}
	}
	return first, left
}

// start counts a part as one that is sent.
func (e *engine) start(p *part, now time.Time) *part {
	e.running++
	p.running++
	if e.passed++; p.deferred {
		e.passed = 0
	}
	if p.careful = e.evidence.rejected >= doubtful; p.careful {
		e.careful++
	}
	p.beside = len(p.todo) > 0 && p.todo[0].lo < p.lo
	p.past.last = now
	if p.past.started.IsZero() {
		p.past.started = now
	}
	return p
}

// wakeAt has tick called at that time; the zero time says that it is not known.
func (e *engine) wakeAt(at, now time.Time) {
	switch {
	case at.IsZero():
	case e.timer == nil:
		e.timer = time.AfterFunc(at.Sub(now), e.tick)
	default:
		e.timer.Reset(at.Sub(now))
	}
}

// hurry has everything tried at once, and often, until end is called.
func (e *engine) hurry() (end func()) {
	e.mu.Lock()
	defer e.unlock()
	e.hurries++
	now := time.Now()
	for _, d := range e.deliveries {
		if d.ended == errWaited && d.running > 0 { //nolint:errorlint // it is our own
			d.ended = nil
		}
		d.hurry()
	}
	e.dispatch(now)
	return sync.OnceFunc(func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.hurries--
	})
}

// fault returns why nothing is accepted now, or nil.
func (e *engine) fault() *Error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.breaker.state == closed {
		return nil
	}
	return e.breaker.fault
}

// unlock lets e.mu go, calls the listeners if there is news, and then lets the deliveries
// return that are done.
func (e *engine) unlock() {
	over := e.over
	e.over = nil
	e.mu.Unlock()
	e.notices.publish()
	for _, d := range over {
		close(d.done)
	}
}

// oddity tells the listeners what is odd although records are accepted.
func (e *engine) oddity(odd error) {
	e.mu.Lock()
	defer e.unlock()
	if e.breaker.state == closed {
		e.notices.set(odd)
	}
}

// standing returns the part of Stats that is the engine's.
func (e *engine) standing() (down bool, since time.Time, limit int, last error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.breaker.fault != nil {
		last = e.breaker.fault
	}
	return e.breaker.state != closed, e.breaker.since, e.limiter.now, last
}

package transport

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// The waits between probes while the set-up is at fault: from half of a value to
// the whole of it, which starts at setupMin and grows by half each time, up to
// setupMax.
const (
	setupMin = 5 * time.Second
	setupMax = 60 * time.Second
)

// lastTurns makes a turn come after all others.
const lastTurns = 1 << 62

// errElapsed ends the attempts of a request after Retry.MaxElapsed.
var errElapsed = errors.New("no more attempts: MaxElapsed has passed")

// endpoint is what the requests of a client know together about where they go:
// it is up, or down. It admits them: up to a limit at once while it is up, and one
// at a time, as a probe, while it is down; those of older batches first.
//
// Every ticket that enter has admitted must leave, or a probe would be missing for
// ever.
type endpoint struct {
	limit int  // requests at once
	open  bool // it is never down, since nothing is tried twice

	mu      sync.Mutex
	turns   uint64    // numbers batches, and requests that go behind the others
	waiting []*ticket // by turn
	running int
	timer   *time.Timer // for the time at which the first of waiting may go

	down  bool
	since time.Time // up or down
	probe *ticket   // that runs while it is down
	next  time.Time // no probe before
	hold  time.Time // no request before, because the server has said so
	waits backoff.BackOff
	slow  backoff.BackOff // for faults of the set-up
	inRow int             // faults of the set-up without another answer in between

	delivered uint64 // requests
	refusals  int    // of single records, since one was delivered
	row       row    // of failures, since one was delivered
	failed    uint64 // times that these had failed before
	fault     *Error // the last one
	trouble   error  // why nothing is delivered, or an answer not understood; see Notify
	version   int    // of trouble

	publishing sync.Mutex // held while listeners are called
	published  int        // the version that they know
	listeners  map[int]func(error)
	nextName   int // of a listener
}

// ticket is the place of one request among the others. endpoint.mu guards it.
type ticket struct {
	turn     uint64        // lower ones go first
	own      time.Time     // not before, except as a probe
	free     bool          // its failures tell nothing of the endpoint: it does not wait for it to be up
	tried    bool          // it has failed, or is not the first of its batch
	admitted bool          // it runs
	called   chan struct{} // closed when it is admitted
}

func newEndpoint(limit int, r Retry, once bool) *endpoint {
	return &endpoint{
		limit:     limit,
		open:      once,
		since:     time.Now(),
		waits:     r.backOff(),
		slow:      slowBackOff(),
		listeners: map[int]func(error){},
	}
}

// backOff returns the waits between attempts: exponential, with full jitter.
func (r Retry) backOff() backoff.BackOff {
	// With a randomization factor of 1 a wait is drawn from zero to twice the
	// interval.
	return newBackOff(r.Min/2, r.Max/2, 1)
}

func slowBackOff() backoff.BackOff { return newBackOff(setupMin*3/4, setupMax*3/4, 1.0/3) }

func newBackOff(first, most time.Duration, factor float64) backoff.BackOff {
	b := &backoff.ExponentialBackOff{
		InitialInterval:     first,
		RandomizationFactor: factor,
		Multiplier:          backoff.DefaultMultiplier,
		MaxInterval:         most,
		Stop:                backoff.Stop,
		Clock:               backoff.SystemClock,
	}
	b.Reset()
	return b
}

// turn returns the turn of a new batch.
func (e *endpoint) turn() uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.turns++
	return e.turns
}

// enter waits until the request may be sent, and returns nil then: leave must
// follow. It returns an error if ctx ends first, or the given time passes, unless
// that is zero; at once if it is clear that it will.
func (e *endpoint) enter(ctx context.Context, t *ticket, until time.Time) error {
	if err := endOf(ctx); err != nil {
		return err
	}
	var late <-chan time.Time
	if !until.IsZero() {
		timer := time.NewTimer(time.Until(until))
		defer timer.Stop()
		late = timer.C
	}
	var err error
	if at := e.ask(t); !until.IsZero() && at.After(until) {
		err = errElapsed
	} else {
		select {
		case <-t.called:
		case <-ctx.Done():
			err = endOf(ctx)
		case <-late:
			err = errElapsed
		}
	}
	if e.forget(t) { // perhaps meanwhile
		return nil
	}
	return err
}

// ask puts the ticket among those that wait, and admits it if it may go already. It
// returns when that may be at the earliest, as far as is known.
func (e *endpoint) ask(t *ticket) time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	t.called = make(chan struct{})
	i := len(e.waiting)
	for i > 0 && e.waiting[i-1].turn > t.turn {
		i--
	}
	e.waiting = slices.Insert(e.waiting, i, t)
	e.admit(time.Now())
	return e.earliest(t)
}

// forget takes the ticket off those that wait, and reports whether it has been
// admitted.
func (e *endpoint) forget(t *ticket) (admitted bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if i := slices.Index(e.waiting, t); i >= 0 {
		e.waiting = slices.Delete(e.waiting, i, i+1)
	}
	return t.admitted
}

// earliest returns the time before which the ticket is not admitted. The caller
// holds e.mu.
func (e *endpoint) earliest(t *ticket) time.Time {
	at := t.own
	if e.probes(t) {
		at = e.next
	}
	if e.hold.After(at) {
		return e.hold
	}
	return at
}

// probes reports whether the ticket has to wait for its turn as a probe. While the
// server refuses everything, each batch may try once: it may be only some records that
// it refuses. The caller holds e.mu.
func (e *endpoint) probes(t *ticket) bool {
	return e.down && !t.free && (t.tried || e.refusals < maxRefusals)
}

// admit lets those go who may. It is called whenever something of which that
// depends has changed. The caller holds e.mu.
func (e *endpoint) admit(now time.Time) {
	for e.running < e.limit { // otherwise who leaves calls
		i, at := e.first(now)
		if i < 0 {
			if !at.IsZero() {
				e.callAt(at, now)
			}
			return
		}
		t := e.waiting[i]
		e.waiting = slices.Delete(e.waiting, i, i+1)
		t.admitted = true
		e.running++
		if e.probes(t) {
			e.probe = t
		}
		close(t.called)
	}
}

// first returns the place of the first one that may go, or -1 and when one may, or
// zero if who leaves will call. The caller holds e.mu.
func (e *endpoint) first(now time.Time) (i int, at time.Time) {
	for i, t := range e.waiting {
		if e.probe != nil && e.probes(t) {
			continue
		}
		mine := e.earliest(t)
		if !mine.After(now) {
			return i, mine
		}
		if at.IsZero() || mine.Before(at) {
			at = mine
		}
	}
	return -1, at
}

// callAt calls admit at that time. The caller holds e.mu.
func (e *endpoint) callAt(at, now time.Time) {
	if e.timer != nil {
		e.timer.Stop()
	}
	e.timer = time.AfterFunc(at.Sub(now), func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.admit(time.Now())
	})
}

// finding is what an attempt tells of the endpoint.
type finding struct {
	works     bool          // any answer that shows it
	delivered bool          // likewise, and the records were taken
	failures  int           // that the request has had before that
	fault     *Error        // why it does not; nil with works, or if nothing is known
	way       int           // in which it fails; see wayOf
	wait      time.Duration // that the server has asked for
	excused   bool          // the fault is the request's own, as far as is known
	last      bool          // it may be, so that any other is a better probe
}

// leave ends what enter began, tells what was found, and calls the listeners.
func (e *endpoint) leave(t *ticket, f finding) {
	if e.settle(t, f) {
		e.publish()
	}
}

// settle does what leave says, and reports whether there are news for the
// listeners.
func (e *endpoint) settle(t *ticket, f finding) (news bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	t.admitted = false
	e.running--
	probed := e.probe == t
	if probed {
		e.probe = nil
	}
	if f.wait > 0 && !e.open {
		if hold := now.Add(f.wait); hold.After(e.hold) {
			e.hold = hold
		}
	}
	switch {
	case f.works:
		e.works(f, now)
	case f.fault != nil:
		// Behind the others: a batch that is at fault itself does not block them.
		e.turns++
		t.turn = e.turns
		if f.last {
			t.turn += lastTurns
		}
		switch {
		case f.way == 0:
			e.row = row{}
		case e.row.n == 0:
			e.row = row{1, now}
		default:
			e.row.n++
		}
		e.fails(f, probed, now)
	}
	e.admit(now)
	return e.version != e.published
}

// works ends an outage, unless the server wants to be left alone. The caller holds
// e.mu.
func (e *endpoint) works(f finding, now time.Time) {
	if f.delivered {
		e.refusals, e.row = 0, row{}
		e.delivered++
		e.failed += uint64(f.failures)
	}
	if e.down && !e.hold.After(now) {
		e.down, e.since = false, now
		e.inRow = 0
		e.waits.Reset()
		e.slow.Reset()
		e.say(nil)
	}
}

// fails begins an outage, or goes on with it if a probe has failed. Requests that
// were running when it began tell nothing new, and one that is excused begins none.
// The caller holds e.mu.
func (e *endpoint) fails(f finding, probed bool, now time.Time) {
	if e.open || e.down && !probed || !e.down && f.excused && f.wait == 0 {
		e.fault = f.fault
		return
	}
	if !e.down || e.fault == nil || e.fault.kind() != f.fault.kind() {
		e.say(f.fault)
	}
	if !e.down {
		e.down, e.since = true, now
	}
	e.fault = f.fault
	wait := e.waits
	if f.fault.setup {
		// One such answer may be about the request alone, as that of a firewall
		// which dislikes a record.
		if e.inRow++; e.inRow > 1 {
			wait = e.slow
		}
	} else {
		e.inRow = 0
	}
	e.next = now.Add(wait.NextBackOff())
}

// say sets what the listeners are to know. The caller holds e.mu.
func (e *endpoint) say(trouble error) {
	e.trouble = trouble
	e.version++
}

// puzzle tells the listeners that an answer was not understood, though it
// acknowledged the records, or with nil that one was.
func (e *endpoint) puzzle(err error) {
	e.mu.Lock()
	if !e.down && oddKind(err) != oddKind(e.trouble) {
		e.say(err)
	}
	news := e.version != e.published
	e.mu.Unlock()
	if news {
		e.publish()
	}
}

// oddKind tells apart what puzzle tells of: that is told once.
func oddKind(err error) any {
	var e *Error
	if !errors.As(err, &e) {
		return nil
	}
	return e.kind()
}

// publish calls the listeners with the trouble of now.
func (e *endpoint) publish() {
	e.publishing.Lock()
	defer e.publishing.Unlock()
	e.mu.Lock()
	trouble, news := e.trouble, e.version != e.published
	e.published = e.version
	e.mu.Unlock()
	if !news {
		return
	}
	for _, f := range e.listeners {
		f(trouble)
	}
}

// listen calls f with the trouble of now, if there is any, and whenever it changes,
// until stop is called.
func (e *endpoint) listen(f func(error)) (stop func()) {
	e.publishing.Lock()
	defer e.publishing.Unlock()
	e.mu.Lock()
	trouble := e.trouble
	e.mu.Unlock()
	e.nextName++
	name := e.nextName
	e.listeners[name] = f
	if trouble != nil {
		f(trouble)
	}
	return func() {
		e.publishing.Lock()
		defer e.publishing.Unlock()
		delete(e.listeners, name)
	}
}

// maxRefusals is how many records are refused alone in a row, whatever the batch,
// until that is no longer taken for their own fault.
const maxRefusals = 12

// refusesAll is told of a request that was refused, and reports whether the server
// seems to refuse everything. Then that is a fault of the set-up.
func (e *endpoint) refusesAll(alone bool) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if alone {
		e.refusals++
		return e.refusals > maxRefusals
	}
	return e.refusals >= maxRefusals
}

// standing returns why nothing is delivered now, or nil.
func (e *endpoint) standing() *Error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.down {
		return nil
	}
	return e.fault
}

// row is a number of failures in a row, of whatever requests, of which the content may
// be the cause.
type row struct {
	n     int
	began time.Time
}

// failures returns those since a request was delivered.
func (e *endpoint) failures() row {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.row
}

// counts returns how many requests were delivered, and how often these had failed
// before.
func (e *endpoint) counts() (delivered, failed uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.delivered, e.failed
}

// state returns the part of Stats that is the endpoint's.
func (e *endpoint) state() (down bool, since time.Time, last error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fault != nil {
		last = e.fault
	}
	return e.down, e.since, last
}

package batch

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// This file is what tells the error handler that records wait, before any is lost, and
// when that is over.

const (
	// stallPatience is how long a sender may be unable to deliver before that is
	// told, unless somebody must mend the set-up.
	stallPatience = 10 * time.Second
	// stallAgain is how often it is told that the same still holds.
	stallAgain = time.Minute
	// stallLook is how often it is looked whether records have come that wait.
	stallLook = time.Second
)

// StallError is what the error handler gets while the [Sender] cannot deliver.
// Nothing is lost by that yet: the records wait in the budget.
type StallError struct {
	Pending uint64        // records that wait, or are in flight
	For     time.Duration // how long the Sender has been unable to deliver
	Err     error         // why, as the Sender says
}

// Error returns all of it in one line.
func (e *StallError) Error() string {
	since := ""
	if d := e.For.Round(time.Second); d > 0 {
		since = fmt.Sprintf(", nothing delivered for %v", d)
	}
	return fmt.Sprintf("batch: %s waiting%s: %v", records(e.Pending), since, e.Err)
}

// Unwrap returns the Sender's reason.
func (e *StallError) Unwrap() error { return e.Err }

// MarshalText returns what Error does, so that the error is that in JSON.
func (e *StallError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// RecoveredError is what the error handler gets once when the [Sender] delivers again
// after a time of which it was told by a [*StallError].
type RecoveredError struct {
	For  time.Duration // how long nothing was delivered
	Lost uint64        // records that were dropped in that time, for whatever reason
}

// Error returns all of it in one line.
func (e *RecoveredError) Error() string {
	return fmt.Sprintf("batch: delivering again after %v, %d lost", e.For.Round(time.Second), e.Lost)
}

// MarshalText returns what Error does, so that the error is that in JSON.
func (e *RecoveredError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// errSlow is why nothing is delivered as long as the Sender does not say.
var errSlow = errors.New("no answer yet")

// reason is why nothing is delivered, with what is asked of it: only here is anything
// of the error called, which may panic.
type reason struct {
	err   error // nil while all is well
	text  string
	setup bool // a SetupError says so
	works bool // a WorksError says so
}

func newReason(err error) (r reason) {
	if err == nil {
		return r
	}
	r.err = sound(err)
	defer func() { _ = recover() }() // of one that panics now and then, or in Setup or Works
	r.text = r.err.Error()
	var w WorksError
	r.works = errors.As(r.err, &w) && w.Works()
	var s SetupError
	r.setup = errors.As(r.err, &s) && s.Setup()
	return r
}

// stall is what is known of a sender that cannot deliver.
type stall struct {
	// Immutable once set.
	report  *reporter
	pending func() uint64
	back    func() // called when an outage is over, with mu held
	stop    func() // ends the calls of change; never nil
	tells   bool   // the sender calls change
	base    time.Time

	delivered atomic.Int64 // when something was delivered last, in nanoseconds since base
	seen      atomic.Bool  // there is a reason, and the Buffer has seen it; no Notifier has said it

	mu      sync.Mutex
	reason  reason
	since   time.Time // of the first reason, of those that say that nothing works or of the others
	lost    uint64    // records that were dropped before that
	number  int       // of the reason, from 1
	heard   reason    // what a Send of a Notifier has returned last, while that says nothing
	heardAt time.Time
	told    told
	waits   waits
	timer   *time.Timer
	closed  bool
}

// told is what the handler was told last.
type told struct {
	number int       // of the reason
	at     time.Time // when
	stall  bool      // it was a StallError, and no recovery since
}

// waits is when the handler is called next, and whether anything waits of which to
// tell it.
type waits struct {
	since time.Time // since when records wait, if there were none before
	look  time.Time // when it is looked for such records; zero if there are some
	next  time.Time // no call of the handler before
}

// watch makes the stall follow s, if s is a Notifier.
func (st *stall) watch(s Sender, r *reporter, pending func() uint64, back func()) {
	st.report, st.pending, st.back, st.stop, st.base = r, pending, back, func() {}, time.Now()
	if n, ok := s.(Notifier); ok {
		st.tells = true
		if stop := n.Notify(st.change); stop != nil {
			st.stop = stop
		}
	}
}

// delivers is told that something was delivered. Each batch comes here, so it takes no
// lock while all is well.
func (st *stall) delivers() {
	st.delivered.Store(int64(time.Since(st.base)))
	if !st.seen.Load() {
		return // all is well, or a Notifier knows better
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.seen.Load() {
		st.become(reason{}, false)
	}
}

// fails is told that a send has delivered nothing: why what is left waits, and why
// records were lost, as far as any are. Losses alone are no stall, but may be the end of
// a send that seemed to hang.
func (st *stall) fails(waits, lost error) {
	if waits == nil && (lost == nil || !st.seen.Load()) {
		return
	}
	why := waits
	if why == nil {
		why = lost
	}
	r := newReason(why) // without the lock, since it calls the error
	st.mu.Lock()
	defer st.mu.Unlock()
	switch seen := st.seen.Load(); {
	case seen || waits != nil && !st.tells:
		st.become(r, true)
	case waits != nil:
		st.heard, st.heardAt = r, time.Now()
	}
}

// hanging is called when a batch that was sent at the time began has become slow. If
// nothing was delivered meanwhile and nobody has said why, that is told. It returns when
// to call it again.
func (st *stall) hanging(began time.Time) (again time.Duration) {
	since := later(began, st.base.Add(time.Duration(st.delivered.Load())))
	if rest := stallPatience - time.Since(since); rest > 0 {
		return rest
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if !st.closed && (st.reason.err == nil || st.reason.works) {
		why := reason{err: errSlow, text: errSlow.Error()}
		if st.heard.err != nil && st.heardAt.After(since) {
			why = st.heard
		}
		st.become(why, true)
		st.since = since
		st.plan()
	}
	return stallPatience
}

// change is called by the sender: err is why it cannot deliver now, or nil if it
// can again.
func (st *stall) change(err error) {
	r := newReason(err)
	st.mu.Lock()
	defer st.mu.Unlock()
	st.become(r, false)
}

// become makes r the reason, which the Buffer itself has seen or not. The caller holds
// st.mu.
func (st *stall) become(r reason, seen bool) {
	if st.closed {
		return
	}
	st.seen.Store(seen)
	was := st.reason
	if (r.err == nil) == (was.err == nil) && r.text == was.text {
		return
	}
	if r.err == nil || r.works {
		if was.err != nil && !was.works && time.Since(st.since) >= stallPatience {
			st.back()
		}
		if st.told.stall {
			st.recovered()
		}
	}
	if was.err == nil || was.works != r.works {
		st.since, st.waits.look = time.Now(), time.Time{}
		st.lost = total(st.report.drops.list())
	}
	st.reason = r
	st.number++
	st.plan()
}

// recovered tells the handler that records are delivered again. The caller holds
// st.mu.
func (st *stall) recovered() {
	st.told.stall = false
	st.report.soon(&RecoveredError{For: time.Since(st.since), Lost: total(st.report.drops.list()) - st.lost})
}

// plan sets the timer for the next call of the handler. The caller holds st.mu.
func (st *stall) plan() {
	if st.timer != nil {
		st.timer.Stop()
	}
	if st.reason.err == nil || st.report.handler == nil {
		return
	}
	at := later(st.since, st.waits.since)
	if !st.reason.setup {
		at = at.Add(stallPatience)
	}
	if st.told.number > 0 {
		gap := stallAgain
		if st.told.number != st.number {
			gap = st.report.interval
		}
		at = later(at, st.told.at.Add(gap))
	}
	st.waits.next = later(at, st.waits.look)
	st.timer = time.AfterFunc(time.Until(st.waits.next), st.tell)
}

func later(t, u time.Time) time.Time {
	if t.After(u) {
		return t
	}
	return u
}

// tell calls the handler, if there is still something to tell. It runs on a
// goroutine of its own.
func (st *stall) tell() {
	n := st.pending()
	st.report.calling.Lock()
	defer st.report.calling.Unlock()
	st.report.catchUp()
	if err := st.news(n); err != nil {
		st.report.call(err)
	}
}

// news returns what is to be told now, with n records pending, and plans the next
// look.
func (st *stall) news(n uint64) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.reason.err == nil || st.closed {
		return nil
	}
	defer st.plan()
	now := time.Now()
	switch {
	case now.Before(st.waits.next): // planned anew while this call was on its way
		return nil
	case st.reason.works:
		st.told.number, st.told.at = st.number, now
		return st.reason.err
	case n == 0: // it is of interest to another buffer of the sender only, so far
		st.waits.look = now.Add(stallLook)
		return nil
	case !st.waits.look.IsZero(): // those that have come since the last look may be delivered yet
		st.waits.since, st.waits.look = now.Add(-stallLook), time.Time{}
		return nil
	default:
		st.told = told{number: st.number, at: now, stall: true}
		return &StallError{Pending: n, For: now.Sub(st.since), Err: st.reason.err}
	}
}

// text returns why nothing is delivered, or "".
func (st *stall) text() string {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.reason.text
}

// because adds why nothing was delivered to the end of a wait for it.
func (st *stall) because(cause error) error {
	st.mu.Lock()
	why := st.reason.err
	st.mu.Unlock()
	if why == nil || cause == nil {
		return cause
	}
	return fmt.Errorf("%w: %w", why, cause) // without the lock, since it calls the error
}

// end ends all calls of the handler; one that runs may go on.
func (st *stall) end() {
	func() {
		defer func() { _ = recover() }() // Close goes on
		st.stop()
	}()
	st.mu.Lock()
	defer st.mu.Unlock()
	st.closed = true
	if st.timer != nil {
		st.timer.Stop()
	}
}

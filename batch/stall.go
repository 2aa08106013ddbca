package batch

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// This file is what tells the error handler that records wait, before any is
// lost.

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

// notifier is what a Sender may be too; see there.
type notifier interface {
	Notify(f func(error)) (stop func())
}

// setupFault is what a reason that a Sender gives may have in its chain.
type setupFault interface {
	error
	Setup() bool
}

// works is what a reason may have in its chain too.
type works interface {
	error
	Works() bool
}

// stall is what is known of a sender that cannot deliver.
type stall struct {
	report  *reporter
	pending func() uint64
	poke    func() // called when works may have changed
	stop    func() // ends the calls of change; never nil
	tells   bool   // the sender calls change

	mu     sync.Mutex
	err    error     // why nothing is delivered; nil while all is well
	since  time.Time // of the first reason, of those that say that nothing works or of the others
	waits  time.Time // since when records wait, if there were none before
	look   time.Time // when it is looked for such records; zero if there are some
	number int       // of err, from 1
	told   int       // the number of the reason that the handler was told last
	toldAt time.Time // when
	next   time.Time // no call of the handler before
	timer  *time.Timer
	closed bool
}

// watch makes the stall follow s, if s is a notifier.
func (st *stall) watch(s Sender, r *reporter, pending func() uint64, poke func()) {
	st.report, st.pending, st.poke, st.stop = r, pending, poke, func() {}
	if n, ok := s.(notifier); ok {
		st.tells = true
		if stop := n.Notify(st.change); stop != nil {
			st.stop = stop
		}
	}
}

// change is called by the sender: err is why it cannot deliver now, or nil if it
// can again.
func (st *stall) change(err error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.closed {
		return
	}
	if st.err == nil || itWorks(st.err) != itWorks(err) {
		st.since, st.look = time.Now(), time.Time{}
	}
	st.err = err
	st.number++
	st.plan()
	st.poke()
}

// plan sets the timer for the next call of the handler. The caller holds st.mu.
func (st *stall) plan() {
	if st.timer != nil {
		st.timer.Stop()
	}
	if st.err == nil || st.report.handler == nil {
		return
	}
	at := later(st.since, st.waits)
	var s setupFault
	if !errors.As(st.err, &s) || !s.Setup() {
		at = at.Add(stallPatience)
	}
	if st.told > 0 {
		gap := stallAgain
		if st.told != st.number {
			gap = st.report.interval
		}
		at = later(at, st.toldAt.Add(gap))
	}
	st.next = later(at, st.look)
	st.timer = time.AfterFunc(time.Until(st.next), st.tell)
}

func later(t, u time.Time) time.Time {
	if t.After(u) {
		return t
	}
	return u
}

// itWorks reports whether the reason says that records are delivered all the same.
func itWorks(err error) bool {
	var w works
	return errors.As(err, &w) && w.Works()
}

// tell calls the handler, if there is still something to tell. It runs on a
// goroutine of its own.
func (st *stall) tell() {
	n := st.pending()
	st.report.calling.Lock()
	defer st.report.calling.Unlock()
	if err := st.news(n); err != nil {
		st.report.call(err)
	}
}

// news returns what is to be told now, with n records pending, and plans the next
// look.
func (st *stall) news(n uint64) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.err == nil || st.closed {
		return nil
	}
	defer st.plan()
	now := time.Now()
	switch {
	case now.Before(st.next): // planned anew while this call was on its way
		return nil
	case itWorks(st.err):
		st.told, st.toldAt = st.number, now
		return st.err
	case n == 0: // it is of interest to another buffer of the sender only, so far
		st.look = now.Add(stallLook)
		return nil
	case !st.look.IsZero(): // those that have come since the last look may be delivered yet
		st.waits, st.look = now.Add(-stallLook), time.Time{}
		return nil
	default:
		st.told, st.toldAt = st.number, now
		return &StallError{Pending: n, For: now.Sub(st.since), Err: st.err}
	}
}

// works reports whether the sender would tell if it could not deliver, and has not.
func (st *stall) works() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.tells && (st.err == nil || itWorks(st.err))
}

// because adds why nothing was delivered to the end of a wait for it.
func (st *stall) because(cause error) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.err == nil || cause == nil {
		return cause
	}
	return fmt.Errorf("%w: %w", st.err, cause)
}

// end ends all calls of the handler; one that runs may go on.
func (st *stall) end() {
	st.stop()
	st.mu.Lock()
	defer st.mu.Unlock()
	st.closed = true
	if st.timer != nil {
		st.timer.Stop()
	}
}

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
	return fmt.Sprintf("batch: %s waiting, nothing delivered for %v: %v", records(e.Pending), e.For.Round(time.Second), e.Err)
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
	stop    func() // ends the calls of change; never nil

	mu     sync.Mutex
	err    error     // why nothing is delivered; nil while all is well
	since  time.Time // of the first reason
	number int       // of err, from 1
	told   int       // the number of the reason that the handler was told last
	toldAt time.Time // when
	timer  *time.Timer
	closed bool
}

// watch makes the stall follow s, if s is a notifier.
func (st *stall) watch(s Sender, r *reporter, pending func() uint64) {
	st.report, st.pending, st.stop = r, pending, func() {}
	if n, ok := s.(notifier); ok {
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
	if st.err == nil {
		st.since = time.Now()
	}
	st.err = err
	st.number++
	st.plan()
}

// plan sets the timer for the next call of the handler. The caller holds st.mu.
func (st *stall) plan() {
	if st.timer != nil {
		st.timer.Stop()
	}
	if st.err == nil || st.report.handler == nil {
		return
	}
	at := st.since
	var s setupFault
	if !errors.As(st.err, &s) || !s.Setup() {
		at = at.Add(stallPatience)
	}
	if st.told > 0 {
		gap := stallAgain
		if st.told != st.number {
			gap = st.report.interval
		}
		if next := st.toldAt.Add(gap); next.After(at) {
			at = next
		}
	}
	st.timer = time.AfterFunc(time.Until(at), st.tell)
}

// tell calls the handler, if there is still something to tell. It runs on a
// goroutine of its own.
func (st *stall) tell() {
	n := st.pending()
	st.report.calling.Lock()
	defer st.report.calling.Unlock()
	st.mu.Lock()
	if st.err == nil || st.closed {
		st.mu.Unlock()
		return
	}
	e := &StallError{Pending: n, For: time.Since(st.since), Err: st.err}
	st.told, st.toldAt = st.number, time.Now()
	st.plan()
	st.mu.Unlock()
	var w works
	switch {
	case errors.As(e.Err, &w) && w.Works():
		st.report.call(e.Err)
	case n > 0: // otherwise it is of interest to another buffer of the sender only
		st.report.call(e)
	}
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

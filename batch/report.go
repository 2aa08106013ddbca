package batch

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// firstReport is how long the first loss waits for others to be told with it.
	firstReport = 100 * time.Millisecond
	// lastReport is how long Close and Sync wait for the handler.
	lastReport = 100 * time.Millisecond
)

// reporter tells the error handler of losses, soon after the first and then at
// most once in an interval.
type reporter struct {
	// Immutable once set.
	handler  func(error)
	interval time.Duration
	drops    *drops

	scheduled atomic.Bool            // a call of the handler is to come
	such      atomic.Pointer[string] // the example for it, or nil

	mu   sync.Mutex
	next time.Time // no call before
	err  error     // the Sender's last error that no call has told
	last error     // the Sender's last error
	errs uint64    // how many it has had
	told ledger    // what calls have told
	news []error   // what soon has got, and no call has told

	calling sync.Mutex // held while the handler runs
}

func (r *reporter) init(handler func(error), interval time.Duration, d *drops) {
	r.handler, r.interval, r.drops = handler, interval, d
}

// lost is called after every loss that is counted in drops. It costs a load
// while a call of the handler is to come, and never blocks for long.
func (r *reporter) lost(err error) {
	if err != nil {
		r.mu.Lock()
		r.err, r.last = err, err
		r.errs++
		r.mu.Unlock()
	}
	if r.handler == nil || r.scheduled.Load() || !r.scheduled.CompareAndSwap(false, true) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	time.AfterFunc(max(time.Until(r.next), firstReport), func() { r.now(nil) })
}

// example notes what the next call of the handler tells of one record.
func (r *reporter) example(text string) { r.such.Store(&text) }

// wantsExample reports whether the next call of the handler has none yet.
func (r *reporter) wantsExample() bool { return r.handler != nil && r.such.Load() == nil }

// lastError returns how many errors the Sender has had, and the last, or nil.
func (r *reporter) lastError() (n uint64, last error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.errs, r.last
}

// now calls the handler if there is anything to tell: what drops has more than
// at the last call, and extra.
func (r *reporter) now(extra []Drop) {
	if r.handler == nil {
		return
	}
	r.calling.Lock()
	defer r.calling.Unlock()
	r.catchUp()
	if e := r.collect(extra); e != nil {
		r.call(e)
	}
}

// soon tells err, before anything that is told later. It does not block.
func (r *reporter) soon(err error) {
	r.mu.Lock()
	r.news = append(r.news, err)
	r.mu.Unlock()
	go func() {
		r.calling.Lock()
		defer r.calling.Unlock()
		r.catchUp()
	}()
}

// catchUp tells what soon has got. The caller holds r.calling.
func (r *reporter) catchUp() {
	r.mu.Lock()
	news := r.news
	r.news = nil
	r.mu.Unlock()
	for _, err := range news {
		r.call(err)
	}
}

// call calls the handler. The caller holds r.calling.
func (r *reporter) call(err error) {
	defer func() { _ = recover() }() // documented at WithErrorHandler
	r.handler(err)
}

// finish tells what is left to tell, and waits for it a little.
func (r *reporter) finish(extra []Drop) { r.briefly(func() { r.now(extra) }) }

// atOnce tells what is left to tell and then err, unless it is nil, since the
// process may end before the next call is due. It waits for it a little.
func (r *reporter) atOnce(err error) {
	if err == nil && !r.scheduled.Load() {
		return
	}
	r.briefly(func() {
		r.now(nil)
		if err != nil && r.handler != nil {
			r.calling.Lock()
			defer r.calling.Unlock()
			r.call(err)
		}
	})
}

// briefly waits for f, but not for long: it calls the handler.
func (r *reporter) briefly(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(lastReport):
	}
}

// collect makes the error for the next call, or returns nil.
func (r *reporter) collect(extra []Drop) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next = time.Now().Add(r.interval)
	r.scheduled.Store(false) // a loss from here on schedules a further call
	e := &LossError{Err: r.err}
	r.err = nil
	if such := r.such.Swap(nil); such != nil {
		e.Example = *such
	}
	e.Drops = merge(r.told.untold(r.drops.list()), extra)
	e.Records = total(e.Drops)
	if e.Records == 0 && e.Err == nil {
		return nil
	}
	return e
}

// maxPrinted bounds a line of printError, in bytes.
const maxPrinted = 8 << 10

// printError is the default error handler.
func printError(err error) { fmt.Fprintln(os.Stderr, printed(err)) }

// printed returns one line, whatever a Sender says.
func printed(err error) string { return "logsto: " + oneLine([]byte(fmt.Sprint(err)), maxPrinted) }

package batch

import (
	"context"
	"sync"
	"time"
)

// hurriedPause is how long anything waits at most before it is tried again, while
// somebody waits for it.
const hurriedPause = 500 * time.Millisecond

// waiters are who waits for all that is pending.
type waiters struct {
	mu      sync.Mutex
	waiting int
	begun   chan struct{} // closed when somebody begins to wait
	last    time.Time     // when deferred records were hurried last, or will be
}

func (w *waiters) init() { w.begun = make(chan struct{}) }

func (w *waiters) any() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.waiting > 0
}

// turn returns when deferred records may be hurried: at once, but not more often than
// each hurriedPause, however often somebody begins to wait.
func (w *waiters) turn() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now := time.Now(); w.last.Before(now) {
		w.last = later(now, w.last.Add(hurriedPause))
	}
	return w.last
}

// state returns whether somebody waits, and what is closed when somebody else begins to.
func (w *waiters) state() (waits bool, begun chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.waiting > 0, w.begun
}

// begin says that somebody waits, until end is called.
func (w *waiters) begin() (end func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting++
	close(w.begun)
	w.begun = make(chan struct{})
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.waiting--
	}
}

// pause returns true when so much time has passed since began, or hurriedPause if
// somebody waits or begins to; or false when ctx has ended. However often somebody
// begins to wait, what is tried is not tried more often than that.
func (w *waiters) pause(ctx context.Context, began time.Time, d time.Duration) bool {
	for timer := time.NewTimer(0); ; {
		waits, begun := w.state()
		if waits {
			d = min(d, hurriedPause)
		}
		timer.Reset(time.Until(began.Add(d)))
		select {
		case <-timer.C:
			return ctx.Err() == nil
		case <-begun:
		case <-ctx.Done():
			timer.Stop()
			return false
		}
	}
}

// hurryUp has everything tried at once, or as soon as it has not been tried for
// hurriedPause, and again and again, until end is called or ctx ends.
func (b *Buffer) hurryUp(ctx context.Context) (end func()) {
	select {
	case <-b.stopped:
		return func() {} // nothing is tried any more
	default:
	}
	done, hurried := b.waiters.begin(), false
	defer func() {
		if !hurried { // the Sender has ended the goroutine
			done()
		}
	}()
	b.set.HurryDeferred(b.set.Key(b.waiters.turn()), true)
	slower := b.hurrySender(ctx)
	b.poke()
	hurried = true
	return func() {
		defer done()
		defer func() { _ = recover() }() // of the Sender, in a goroutine that logs
		slower()
	}
}

// hurrySender has the Sender hurry, if it is able to. It never panics.
func (b *Buffer) hurrySender(ctx context.Context) (done func()) {
	defer func() {
		if recover() != nil || done == nil {
			done = func() {}
		}
	}()
	if h, ok := b.sender.(Hurrier); ok {
		return h.Hurry(ctx)
	}
	return nil
}

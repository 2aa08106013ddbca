package batch_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// This file tests what a Buffer asks of a Sender by further interfaces, and Senders that
// do not do it.

// hurried is a Sender that notes who hurries it.
type hurried struct {
	*script
	hurry func(context.Context) func() // may be nil

	counts      sync.Mutex
	begun, done int
}

func (h *hurried) Hurry(ctx context.Context) func() {
	h.counts.Lock()
	h.begun++
	h.counts.Unlock()
	if h.hurry != nil {
		return h.hurry(ctx)
	}
	return func() {
		h.counts.Lock()
		defer h.counts.Unlock()
		h.done++
	}
}

func (h *hurried) got() (begun, done int) {
	h.counts.Lock()
	defer h.counts.Unlock()
	return h.begun, h.done
}

// TestWhoWaitsHurriesTheSender checks that Flush, Sync and Close do, while they wait.
func TestWhoWaitsHurriesTheSender(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hurried{script: newScript(func(context.Context, *batch.Batch) batch.Result { return batch.Result{Err: errDown} })}
		b := newBuffer(t, h, batch.WithSyncTimeout(time.Second))
		if err := b.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		if begun, done := h.got(); begun != 0 || done != 0 {
			t.Errorf("hurried %d times while nothing was pending", begun)
		}
		add(t, b, "a")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		go func() { _ = b.Flush(ctx) }()
		go func() { _ = b.Sync() }()
		synctest.Wait()
		if begun, done := h.got(); begun != 2 || done != 0 {
			t.Errorf("hurried %d times by two, %d done", begun, done)
		}
		time.Sleep(2 * time.Second)
		if begun, done := h.got(); begun != 2 || done != 2 {
			t.Errorf("hurried %d times by two, %d done", begun, done)
		}
		closed, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := b.Close(closed); err == nil {
			t.Error("delivered")
		}
		begun, done := h.got()
		if begun < 3 || done != begun {
			t.Errorf("hurried %d times in the end, %d done", begun, done)
		}
		_ = b.Flush(t.Context())
		_ = b.Close(t.Context())
		if again, _ := h.got(); again != begun {
			t.Errorf("hurried after Close")
		}
	})
}

// TestABadHurry checks Senders that panic, return nil or end the goroutine, and that
// nobody is taken to wait after that.
func TestABadHurry(t *testing.T) {
	for name, hurry := range map[string]func(context.Context) func(){
		"panics":      func(context.Context) func() { panic("oops") },
		"returns nil": func(context.Context) func() { return nil },
		"done panics": func(context.Context) func() { return func() { panic("oops") } },
		"exits":       func(context.Context) func() { runtime.Goexit(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &hurried{hurry: hurry, script: newScript(func(context.Context, *batch.Batch) batch.Result { return batch.Result{Err: errDown} })}
				b := newBuffer(t, h, batch.WithCloseTimeout(time.Second))
				add(t, b, "a")
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				ended := make(chan error, 1)
				go func() {
					defer close(ended)
					ended <- b.Flush(ctx)
				}()
				if err, ok := <-ended; ok && err == nil {
					t.Error("delivered")
				}
				time.Sleep(time.Minute)
				n := len(h.script.got())
				time.Sleep(time.Minute)
				if calls := len(h.script.got()) - n; calls > 7 {
					t.Errorf("%d calls in a minute in which nobody waits", calls)
				}
				h.hurry = nil
			})
		})
	}
}

// notifier is a Sender that says what the test has it say.
type notifier struct {
	*script
	notify func(func(error)) func()
}

func (n *notifier) Notify(f func(error)) func() { return n.notify(f) }

// TestABadNotifier checks reasons that panic, and a stop that does.
func TestABadNotifier(t *testing.T) {
	var typedNil *nilError
	for name, c := range map[string]struct {
		stop func()
		err  error
		want string
	}{
		"no stop":            {nil, errDown, "10: 1 for 10: 503"},
		"a stop that panics": {func() { panic("oops") }, errDown, "10: 1 for 10: 503"},
		"typed nil":          {nil, typedNil, "10: 1 for 10: batch: an error of the Sender panics: "},
		"Setup panics":       {nil, oddError{}, "10: 1 for 10: setup panics"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var f func(error)
				n := &notifier{newScript(func(ctx context.Context, _ *batch.Batch) batch.Result {
					<-ctx.Done()
					return batch.Result{Err: ctx.Err()}
				}), func(g func(error)) func() { f = g; return c.stop }}
				var got []string
				b := newBuffer(t, n, told(time.Now(), &got))
				f(c.err)
				f(c.err)
				add(t, b, "a")
				time.Sleep(30 * time.Second)
				synctest.Wait()
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				var u *batch.UndeliveredError
				if err := b.Close(ctx); !errors.As(err, &u) || u.Records != 1 {
					t.Errorf("Close: %v", err)
				}
				if len(got) != 2 || !strings.HasPrefix(got[0], c.want) {
					t.Errorf("told %q, want %q", got, c.want)
				}
				f(nil)
				if st := b.Stats(); st.Pending != 0 {
					t.Errorf("%v", st)
				}
			})
		})
	}
}

// oddError is a reason that cannot be asked.
type oddError struct{}

func (oddError) Error() string { return "setup panics" }
func (oddError) Setup() bool   { panic("oops") }

// chatty is a reason that tells another one when it is asked for its text, as one might
// whose Sender has a lock for both.
type chatty struct {
	left *atomic.Int32 // it does when it is asked the last of so many times
	talk func()
}

func (c chatty) Error() string {
	if c.left.Add(-1) == 0 {
		c.talk()
	}
	return "chatty"
}

// TestReasonsAreAskedWithoutALock checks that the text of a reason may depend on what
// happens in the Buffer meanwhile, however often it is asked.
func TestReasonsAreAskedWithoutALock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f func(error)
		reason := chatty{new(atomic.Int32), func() {
			f(errDown)
			f(nil)
		}}
		n := &notifier{newScript(func(context.Context, *batch.Batch) batch.Result {
			return batch.Result{Err: reason}
		}), func(g func(error)) func() { f = g; return nil }}
		b := newBuffer(t, n, batch.WithCloseTimeout(time.Second))
		add(t, b, "a")
		time.Sleep(20 * time.Second)
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		for asked := range int32(5) {
			f(reason)
			reason.left.Store(asked)
			if err := b.Flush(ended); err == nil {
				t.Error("delivered")
			}
			reason.left.Store(asked)
			time.Sleep(20 * time.Second) // Send returns it
			reason.left.Store(asked)
			f(reason)
		}
	})
}

package batch_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// This file tests how Close ends what waits to be sent again.

// TestCloseEndsRetries checks what Close counts, when it returns, and that nothing is sent
// after that, whatever waits.
func TestCloseEndsRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(func(ctx context.Context, b *batch.Batch) batch.Result {
			if ctx.Err() != nil {
				t.Error("Send is called with a context that has ended")
			}
			if b.Deferred > 0 || b.Seq == 1 {
				return batch.Result{Deferred: failures(errBad, 0)}
			}
			return batch.Result{Err: errDown}
		})
		var loss error
		b := newBuffer(t, s, batch.WithFlushLevel(batch.Trace), batch.WithErrorHandler(func(err error) { loss = err }))
		add(t, b, "bad")
		synctest.Wait()
		add(t, b, "a")
		time.Sleep(time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		start := time.Now()
		var u *batch.UndeliveredError
		if err := b.Close(ctx); !errors.As(err, &u) || u.Records != 2 || !errors.Is(err, errDown) {
			t.Errorf("Close: %v", err)
		}
		if took := time.Since(start); took != 100*time.Millisecond {
			t.Errorf("Close took %v", took)
		}
		if !errors.Is(loss, errDown) {
			t.Errorf("the handler got %v", loss)
		}
		st := b.Stats()
		sum(t, st)
		if st.DroppedFor(batch.ReasonAbandoned) != 2 || st.Pending != 0 {
			t.Errorf("%v", st)
		}
		n := len(s.got())
		if err := b.Flush(t.Context()); err != nil && !errors.Is(err, batch.ErrClosed) {
			t.Errorf("Flush after Close: %v", err)
		}
		time.Sleep(time.Hour)
		if again := len(s.got()); again != n {
			t.Errorf("%d calls after Close", again-n)
		}
	})
}

// TestCloseDoesNotSpin has deferred records become due while Close waits for the last
// words of a Send that hangs. If the collector looked for them without end, the time of the
// bubble would stand still.
func TestCloseDoesNotSpin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := newScript(func(_ context.Context, b *batch.Batch) batch.Result {
			if b.Deferred == 0 && b.Seq == 2 {
				<-release
			}
			return deferring(-1)(t.Context(), b)
		})
		b := newBuffer(t, s)
		const n = 500
		for i := range n {
			add(t, b, fmt.Sprint("bad", i))
		}
		time.Sleep(2 * time.Second)
		add(t, b, "stuck")
		time.Sleep(2 * time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		var u *batch.UndeliveredError
		if err := b.Close(ctx); !errors.As(err, &u) || u.Records != n+1 {
			t.Errorf("Close: %v", err)
		}
		if took := time.Since(start); took > time.Second+20*time.Millisecond {
			t.Errorf("Close took %v", took)
		}
		st := b.Stats()
		if sum(t, st); st.Pending != 1 || st.DroppedFor(batch.ReasonAbandoned) != n {
			t.Errorf("%v", st)
		}
		close(release)
	})
}

// TestCloseWaitsForWhatIsDeferredLate has a record come while Close waits, and be deferred:
// once, or until Close gives up.
func TestCloseWaitsForWhatIsDeferredLate(t *testing.T) {
	for _, once := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			s := newScript(func(ctx context.Context, b *batch.Batch) batch.Result {
				switch {
				case b.Deferred > 0 && once:
					nap(ctx, time.Second)
				case b.Seq == 1:
					nap(ctx, 2*time.Second)
				default:
					return batch.Result{Deferred: failures(errBad, 0)}
				}
				return batch.Result{}
			})
			b := newBuffer(t, s)
			add(t, b, "a")
			late, _ := b.Begin(batch.Info)
			go func() {
				time.Sleep(1900 * time.Millisecond)
				late.Commit(append(late.Buf(), named("late")...), time.Now())
			}()
			start := time.Now()
			err := b.Close(t.Context())
			took, st := time.Since(start), b.Stats()
			if once && (err != nil || st.Delivered != 2 || s.order() != "a late") {
				t.Errorf("Close: %v; %q: %v", err, s.order(), st)
			}
			if !once && (err == nil || took != 5*time.Second || st.DroppedFor(batch.ReasonAbandoned) != 1) {
				t.Errorf("Close: %v, after %v: %v", err, took, st)
			}
		})
	}
}

// TestAfterCloseNobodyIsHurried checks that neither Flush nor Close calls a Sender that the
// application may have closed too.
func TestAfterCloseNobodyIsHurried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		h := &hurried{script: newScript(func(context.Context, *batch.Batch) batch.Result {
			<-release
			return batch.Result{}
		})}
		b := newBuffer(t, h, batch.WithCloseTimeout(time.Second))
		add(t, b, "a")
		if err := b.Close(t.Context()); err == nil {
			t.Error("Close: all is delivered")
		}
		begun, _ := h.got()
		if err := b.Flush(t.Context()); !errors.Is(err, batch.ErrClosed) {
			t.Errorf("Flush: %v", err)
		}
		_ = b.Close(t.Context())
		if again, done := h.got(); again != begun || done != begun {
			t.Errorf("hurried %d times, and then %d; %d done", begun, again, done)
		}
		close(release)
	})
}

// TestCloseWithACancelledContext checks that the context which has told the program to end,
// or that of a test in its cleanup, does not keep Close from delivering.
func TestCloseWithACancelledContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := true
		s := newScript(func(context.Context, *batch.Batch) batch.Result {
			if down {
				down = false
				return batch.Result{Err: errDown}
			}
			return batch.Result{}
		})
		b := newBuffer(t, s)
		add(t, b, "a")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := b.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
		if st := b.Stats(); st.Delivered != 1 || st.Dropped != 0 {
			t.Errorf("%v", st)
		}
	})
	for deadline, want := range map[time.Duration]time.Duration{time.Hour: 3 * time.Second, time.Second: time.Second} {
		synctest.Test(t, func(t *testing.T) {
			b := newBuffer(t, newScript(func(context.Context, *batch.Batch) batch.Result { return batch.Result{Err: errDown} }), batch.WithCloseTimeout(3*time.Second))
			add(t, b, "a")
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			cancel()
			start := time.Now()
			var u *batch.UndeliveredError
			if err := b.Close(ctx); !errors.As(err, &u) || u.Records != 1 || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Close: %v", err)
			}
			if took := time.Since(start); took != want {
				t.Errorf("Close took %v", took)
			}
		})
	}
}

// TestCloseAfterItsDeadline checks that there is no time after it, and that the error says
// why.
func TestCloseAfterItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBuffer(t, newScript(func(ctx context.Context, _ *batch.Batch) batch.Result {
			<-ctx.Done()
			return batch.Result{Err: ctx.Err()}
		}))
		add(t, b, "a")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		time.Sleep(time.Minute)
		start := time.Now()
		err := b.Close(ctx)
		if want := "batch: 1 record not delivered: no answer yet: the context of Close had already ended: context deadline exceeded"; err == nil || err.Error() != want || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close: %v, want %s", err, want)
		}
		if took := time.Since(start); took > 200*time.Millisecond {
			t.Errorf("Close took %v", took)
		}
	})
}

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

// This file tests what becomes of records that are to be retried.

var errDown = errors.New("503")

// seconds returns the seconds between the calls.
func seconds(calls []call) (list []float64) {
	for i := range calls[1:] {
		list = append(list, (calls[i+1].at - calls[i].at).Seconds())
	}
	return list
}

// TestWhatIsRetriedKeepsItsPlace checks number, order and State of what is sent again, and
// that progress makes the pauses short.
func TestWhatIsRetriedKeepsItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := [][]int{{3, 1, 2}, {0, 1, 2}, {2, 1, 0}, {0, 1, 2}, {2, 0}, {0, 1}, {1}, {}}
		s := newScript(func(_ context.Context, b *batch.Batch) batch.Result {
			n, _ := b.State.(int)
			b.State = n + 1
			r := batch.Result{Retry: answers[n]}
			if len(r.Retry) > 0 {
				r.Err = errDown
			}
			return r
		})
		b := newBuffer(t, s)
		add(t, b, "a", "b", "c", "d")
		time.Sleep(time.Minute)
		var got []string
		for i, c := range s.got() {
			got = append(got, c.names)
			if n, _ := c.batch.State.(int); c.batch.Seq != 1 || n != i || c.batch.Ordered || c.batch.Deferred != 0 {
				t.Errorf("call %d: batch %d with State %v", i, c.batch.Seq, c.batch.State)
			}
		}
		if want := "[a b c d b c d b c d b c d b c d b d b d d]"; fmt.Sprint(got) != want {
			t.Errorf("got %v, want %v", got, want)
		}
		if want := "[0.25 0.5 1 2 0.25 0.5 0.25]"; fmt.Sprint(seconds(s.got())) != want {
			t.Errorf("pauses %v, want %v", seconds(s.got()), want)
		}
		if st := b.Stats(); st.Delivered != 4 || st.Pending != 0 {
			t.Errorf("%v", st)
		}
	})
}

// TestThePausesOfRetries checks how they grow, that the time that Send takes is part of
// them, and that a Flush cuts them short.
func TestThePausesOfRetries(t *testing.T) {
	for took, want := range map[time.Duration]string{
		0:               "[0.25 0.5 1 2 4 8 10 10]",
		3 * time.Second: "[3 3 3 3 4 8 10 10]",
		time.Minute:     "[60 60 60 60 60 60 60 60]",
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newScript(func(ctx context.Context, _ *batch.Batch) batch.Result {
				nap(ctx, took)
				return batch.Result{Err: errDown}
			})
			b := newBuffer(t, s, batch.WithFlushLevel(batch.Trace), batch.WithCloseTimeout(time.Second))
			add(t, b, "a")
			for len(s.got()) < 9 {
				time.Sleep(time.Millisecond)
			}
			if got := fmt.Sprint(seconds(s.got())); got != want {
				t.Errorf("Send takes %v: pauses %v, want %v", took, got, want)
			}
			if took > 0 {
				return
			}
			time.Sleep(3 * time.Second)
			n, begun := len(s.got()), time.Since(s.start)
			ctx, cancel := context.WithTimeout(t.Context(), 1800*time.Millisecond)
			defer cancel()
			var u *batch.UndeliveredError
			if err := b.Flush(ctx); !errors.As(err, &u) || u.Records != 1 || !errors.Is(err, errDown) {
				t.Errorf("Flush: %v", err)
			}
			calls := s.got()[n:]
			if got := fmt.Sprint(seconds(calls)); got != "[0.5 0.5 0.5]" || calls[0].at != begun {
				t.Errorf("while a Flush waits: first after %v, pauses %v", calls[0].at-begun, got)
			}
		})
	}
}

// TestFlushesHurryNoFaster checks that what fails is not tried more often the more often
// somebody waits.
func TestFlushesHurryNoFaster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(func(_ context.Context, b *batch.Batch) batch.Result {
			if b.Seq == 1 {
				return batch.Result{Deferred: failures(errBad, 0)}
			}
			return batch.Result{Err: errDown}
		})
		b := newBuffer(t, s, batch.WithFlushLevel(batch.Trace), batch.WithCloseTimeout(time.Second))
		add(t, b, "bad")
		synctest.Wait()
		add(t, b, "a")
		time.Sleep(time.Minute)
		n := len(s.got())
		for range 3000 { // a minute
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			_ = b.Flush(ctx)
			cancel()
		}
		// Two records, each of them twice a second, and then a little more often by chance.
		if calls := len(s.got()) - n; calls < 2*60*2-10 || calls > 2*60*3 {
			t.Errorf("%d calls in a minute of Flushes", calls)
		}
	})
}

// TestARetryHoldsItsPlace checks that others wait for a place, and are not sent out of
// order with one.
func TestARetryHoldsItsPlace(t *testing.T) {
	for places := 1; places <= 3; places++ {
		synctest.Test(t, func(t *testing.T) {
			down := true
			s := newScript(func(_ context.Context, b *batch.Batch) batch.Result {
				if b.Ordered != (places == 1) {
					t.Errorf("%d places, ordered: %v", places, b.Ordered)
				}
				if down {
					return batch.Result{Err: errDown}
				}
				return batch.Result{}
			})
			b := newBuffer(t, s, batch.WithMaxInFlight(places), batch.WithBatchRecords(2))
			for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
				add(t, b, name)
				time.Sleep(time.Millisecond)
			}
			time.Sleep(time.Minute)
			synctest.Wait()
			seqs := map[uint64]bool{}
			for _, c := range s.got() {
				seqs[c.batch.Seq] = true
			}
			if st := b.Stats(); len(seqs) != places || st.InFlight != uint64(2*places) || st.Pending != 8 {
				t.Errorf("%d batches in %d places: %v", len(seqs), places, b.Stats())
			}
			down = false
			if err := b.Flush(t.Context()); err != nil {
				t.Error(err)
			}
			if got := s.order(); places == 1 && got != "a b c d e f g h" {
				t.Errorf("order %q", got)
			}
		})
	}
}

// TestOrderWithOneSend checks that what is deferred alone leaves its place.
func TestOrderWithOneSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		s := newScript(func(_ context.Context, b *batch.Batch) batch.Result {
			switch n++; {
			case b.Deferred > 0:
				return batch.Result{}
			case n == 1: // a stored, b deferred, c and d again
				return batch.Result{Deferred: failures(errBad, 1), Retry: []int{2, 3}, Err: errDown}
			case n < 5:
				return batch.Result{Err: errDown}
			default:
				return batch.Result{}
			}
		})
		b := newBuffer(t, s, batch.WithMaxInFlight(1), batch.WithBatchRecords(4))
		add(t, b, "a", "b", "c", "d")
		synctest.Wait()
		add(t, b, "e", "f", "g", "h")
		time.Sleep(time.Minute)
		if got := s.order(); got != "a b c d e f g h" {
			t.Errorf("order %q: all but b should come in order", got)
		}
		for _, c := range s.got() {
			if !c.batch.Ordered {
				t.Error("not said to be ordered")
			}
		}
	})
}

// TestSyncWaitsForRetries checks that Sync has what fails tried until it is delivered.
func TestSyncWaitsForRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(func(_ context.Context, b *batch.Batch) batch.Result {
			if n, _ := b.State.(int); n < 8 {
				b.State = n + 1
				return batch.Result{Err: errDown}
			}
			return batch.Result{}
		})
		b := newBuffer(t, s)
		add(t, b, "a")
		start := time.Now()
		if err := b.Sync(); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took > 4*time.Second {
			t.Errorf("Sync took %v", took)
		}
	})
}

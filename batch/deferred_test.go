package batch_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// This file tests what becomes of records that a Sender defers.

var errBad = errors.New("bad record")

// deferring defers the records whose names begin with "bad", with the token that the
// number of their deferrals makes, until they were deferred n times.
func deferring(n int) func(context.Context, *batch.Batch) batch.Result {
	return func(_ context.Context, b *batch.Batch) (r batch.Result) {
		if b.Deferred == n {
			return r
		}
		for i := range b.Records {
			if name := names(b.Records[i : i+1]); len(name) >= 3 && name[:3] == "bad" {
				r.Deferred = append(r.Deferred, batch.Failure{Index: i, Err: errBad, Token: fmt.Append(nil, "t", b.Deferred+1)})
			}
		}
		return r
	}
}

func TestADeferredRecordIsSentAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(deferring(3))
		b := newBuffer(t, s)
		add(t, b, "a", "bad", "c")
		time.Sleep(time.Second)
		synctest.Wait()
		if st := b.Stats(); st.Deferred != 1 || st.Pending != 1 || st.Delivered != 2 || st.InFlight != 0 {
			t.Errorf("%v, %d deferred, %d in flight", st, st.Deferred, st.InFlight)
		}
		add(t, b, "d")
		if err := b.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range s.got() {
			got = append(got, fmt.Sprintf("%d: %s %d %q", c.batch.Seq, c.names, c.batch.Deferred, c.batch.Token))
			if alone := c.batch.Deferred > 0; alone != (c.batch.Crowding > 0) || c.batch.Crowding > 1 {
				t.Errorf("%s: crowding %v", c.names, c.batch.Crowding)
			}
		}
		want := []string{`1: a bad c 0 ""`, `2: d 0 ""`, `1: bad 1 "t1"`, `1: bad 2 "t2"`, `1: bad 3 "t3"`}
		if fmt.Sprint(got) != fmt.Sprint(want) && (len(got) != 5 || got[1] != want[2]) { // d and the first may come in any order
			t.Errorf("got %q, want %q", got, want)
		}
		if st := b.Stats(); st.Deferred != 0 || st.Pending != 0 || st.Delivered != 4 {
			t.Errorf("in the end %v, %d deferred", st, st.Deferred)
		}
		sum(t, b.Stats())
	})
}

// TestWhenADeferredRecordIsSent checks the pauses of a record that is never taken, and
// what Flush, Stats and Close say of it.
func TestWhenADeferredRecordIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(deferring(-1))
		b := newBuffer(t, s)
		add(t, b, "bad")
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		calls := s.got()
		for i := range calls[1:] {
			age, gap := calls[i].at-calls[0].at, calls[i+1].at-calls[i].at
			want := min(max(age/4, 500*time.Millisecond), 30*time.Second)
			if gap > want || gap < want*3/4 {
				t.Errorf("after %v it was sent again in %v, want %v", age, gap, want)
			}
		}
		if len(calls) > 60 {
			t.Errorf("%d calls in ten minutes", len(calls))
		}
		if st := b.Stats(); st.Deferred != 1 || st.Pending != 1 {
			t.Errorf("%v, %d deferred", st, st.Deferred)
		}

		start, n := time.Since(s.start), len(calls)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		var u *batch.UndeliveredError
		if err := b.Flush(ctx); !errors.As(err, &u) || u.Records != 1 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Flush: %v", err)
		}
		last := start
		for i, c := range s.got()[n:] {
			if gap := c.at - last; gap > 500*time.Millisecond || i == 0 && gap > 0 {
				t.Errorf("while a Flush waits it was sent again in %v", gap)
			}
			last = c.at
		}
		if end := time.Since(s.start); end-last > 500*time.Millisecond {
			t.Errorf("the last was sent %v before the end of the Flush", end-last)
		}

		ctx, cancel = context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		start = time.Since(s.start)
		if err := b.Close(ctx); !errors.As(err, &u) || u.Records != 1 {
			t.Errorf("Close: %v", err)
		}
		if took := time.Since(s.start) - start; took != 2*time.Second {
			t.Errorf("Close took %v", took)
		}
		n = len(s.got())
		st := b.Stats()
		if sum(t, st); st.Pending != 0 || st.DroppedFor(batch.ReasonAbandoned) != 1 {
			t.Errorf("after Close: %v", st)
		}
		time.Sleep(time.Hour)
		if again := len(s.got()); again != n {
			t.Errorf("%d calls after Close", again-n)
		}
	})
}

// TestHowLongASenderMayHaveARecordWait checks the bounds of Failure.Wait.
func TestHowLongASenderMayHaveARecordWait(t *testing.T) {
	for name, c := range map[string]struct{ wait, least, most time.Duration }{
		"negative":  {-time.Hour, 375 * time.Millisecond, 500 * time.Millisecond},
		"none":      {0, 375 * time.Millisecond, 500 * time.Millisecond},
		"a minute":  {time.Minute, time.Minute, time.Minute},
		"very long": {1<<63 - 1, time.Hour, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScript(func(_ context.Context, b *batch.Batch) (r batch.Result) {
					if b.Deferred == 0 {
						r.Deferred = []batch.Failure{{Err: errBad, Wait: c.wait}}
					}
					return r
				})
				b := newBuffer(t, s)
				add(t, b, "a")
				time.Sleep(2 * time.Hour)
				calls := s.got()
				if len(calls) != 2 {
					t.Fatalf("%d calls", len(calls))
				}
				if d := calls[1].at - calls[0].at; d < c.least || d > c.most {
					t.Errorf("sent again after %v, want %v to %v", d, c.least, c.most)
				}
			})
		})
	}
}

// TestSixteenDeferredRecordsAtOnce checks how many are with the Sender at once, that they
// take no place of others, and that a Flush waits for all.
func TestSixteenDeferredRecordsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := deferring(1)
		s := newScript(func(ctx context.Context, b *batch.Batch) batch.Result {
			if b.Deferred > 0 {
				time.Sleep(time.Minute)
			}
			return first(ctx, b)
		})
		b := newBuffer(t, s, batch.WithMaxInFlight(1))
		const n = 100
		for i := range n {
			add(t, b, fmt.Sprint("bad", i))
		}
		time.Sleep(30 * time.Second)
		if st := b.Stats(); s.peak() != 16 || st.Deferred != n || st.InFlight != 16 {
			t.Errorf("%d at once; %d deferred, %d in flight", s.peak(), st.Deferred, st.InFlight)
		}
		add(t, b, "good")
		time.Sleep(2 * time.Second)
		if got := s.order(); got != "good" {
			t.Errorf("delivered %q", got)
		}
		if err := b.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(s.start); s.peak() > 17 || took > 8*time.Minute {
			t.Errorf("%d at once, all in %v", s.peak(), took)
		}
		if st := b.Stats(); st.Delivered != n+1 {
			t.Errorf("%v", st)
		}
	})
}

// TestDeferredRecordsTakeTheirShareOnly checks that those beyond stay where they are and
// are sent again, in order and with State.
func TestDeferredRecordsTakeTheirShareOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, size, budget = 200, 1000, 1 << 20
		s := newScript(func(_ context.Context, b *batch.Batch) batch.Result {
			var r batch.Result
			for i := range b.Records {
				r.Deferred = append(r.Deferred, batch.Failure{Index: i, Err: errBad, Token: []byte("token")})
			}
			b.State = "mine"
			return r
		})
		b := newBuffer(t, s, batch.WithMaxBytes(budget), batch.WithBatchRecords(n), batch.WithBatchBytes(budget/2),
			batch.WithCloseTimeout(time.Second))
		pad := string(record(size))
		for i := range n {
			add(t, b, fmt.Sprintf("%03d%s", i, pad))
		}
		time.Sleep(time.Minute)
		st := b.Stats()
		sum(t, st)
		if most := uint64(budget / 16 / size); st.Pending != n || st.Deferred > most || st.Deferred < most*3/4 {
			t.Errorf("%v, of which %d are deferred, want %d", st, st.Deferred, most)
		}
		left, crowded := "", 0.0
		for _, c := range s.got()[1:] {
			if c.batch.Deferred > 0 {
				crowded = max(crowded, c.batch.Crowding)
				continue
			}
			if c.batch.Seq != 1 || c.batch.State != "mine" || len(c.batch.Records) != n-int(st.Deferred) || left != "" && c.names != left {
				t.Errorf("batch %d of %d records, with State %v", c.batch.Seq, len(c.batch.Records), c.batch.State)
			}
			left = c.names
		}
		if left == "" || crowded < 0.9 || crowded > 1 {
			t.Errorf("sent again: %.20q, crowding %v", left, crowded)
		}
		s.mu.Lock()
		s.answer = nil // all goes well
		s.mu.Unlock()
		if err := b.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		if st := b.Stats(); st.Delivered != n || st.BufferBytes > budget/8 {
			t.Errorf("%v in %d bytes", st, st.BufferBytes)
		}
	})
}

// TestADeferredRecordWaitsForNoOther checks that it is sent while those that were in its
// batch are retried, and nothing else wakes the collector.
func TestADeferredRecordWaitsForNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(func(_ context.Context, b *batch.Batch) batch.Result {
			switch {
			case b.Deferred > 0:
				return batch.Result{}
			case len(b.Records) == 2:
				return batch.Result{Deferred: failures(errBad, 0), Err: errors.New("503")}
			default:
				return batch.Result{Err: errors.New("503")}
			}
		})
		b := newBuffer(t, s, batch.WithCloseTimeout(time.Second))
		add(t, b, "a", "b")
		time.Sleep(1600 * time.Millisecond)
		if got := s.order(); got != "a" {
			t.Errorf("delivered %q", got)
		}
	})
}

// TestADeferredRecordInAnOutage checks that one which is retried is deferred with its
// token, and that the outage is told.
func TestADeferredRecordInAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(func(_ context.Context, b *batch.Batch) batch.Result {
			if b.Deferred == 0 {
				return batch.Result{Deferred: []batch.Failure{{Err: errBad, Token: []byte("t1")}}}
			}
			return batch.Result{Err: errors.New("503")}
		})
		var got []string
		b := newBuffer(t, s, told(time.Now(), &got), batch.WithCloseTimeout(time.Second))
		add(t, b, "a")
		time.Sleep(30 * time.Second)
		synctest.Wait()
		for _, c := range s.got()[1:] {
			if string(c.batch.Token) != "t1" || c.names != "a" || c.batch.Deferred == 0 {
				t.Errorf("%s with token %q", c.names, c.batch.Token)
			}
		}
		if st := b.Stats(); st.Deferred != 1 || len(got) != 1 {
			t.Errorf("%v; told %q", st, got)
		}
	})
}

// TestAFlushMeetsEveryDeferredRecord has a Flush begin in the moment in which a record is
// deferred for long.
func TestAFlushMeetsEveryDeferredRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ready := make(chan struct{})
		b := newBuffer(t, senderFunc(func(_ context.Context, b *batch.Batch) batch.Result {
			if b.Deferred > 0 {
				return batch.Result{}
			}
			ready <- struct{}{}
			return batch.Result{Deferred: []batch.Failure{{Err: errBad, Wait: time.Hour}}}
		}), batch.WithFlushLevel(batch.Trace))
		for range few(20_000) {
			add(t, b, "a")
			<-ready
			for range rand.N(300) { // until about when it is deferred
				b.Stats()
			}
			start := time.Now()
			if err := b.Flush(t.Context()); err != nil || time.Since(start) > time.Second {
				t.Fatalf("%v after %v", err, time.Since(start))
			}
		}
	})
}

// toldSender is a script that is a Notifier, too.
type toldSender struct {
	*script
	tell func(error)
}

func (s *toldSender) Notify(f func(error)) func() {
	s.tell = f
	return func() {}
}

// TestDeferredRecordsAreSentAtOnceAfterAnOutage has records deferred while nothing is
// delivered, for a while or for a moment.
func TestDeferredRecordsAreSentAtOnceAfterAnOutage(t *testing.T) {
	for _, c := range []struct {
		outage time.Duration
		atOnce bool
	}{{9 * time.Second, false}, {10 * time.Second, true}, {time.Hour, true}} {
		t.Run(c.outage.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var up atomic.Bool
				s := &toldSender{script: newScript(func(context.Context, *batch.Batch) (r batch.Result) {
					if !up.Load() {
						r.Deferred = []batch.Failure{{Err: errBad}}
					}
					return r
				})}
				b := newBuffer(t, s)
				s.tell(errBad)
				time.Sleep(c.outage - 5*time.Second)
				add(t, b, "bad")
				time.Sleep(5 * time.Second)
				up.Store(true)
				before := len(s.got())
				s.tell(nil)
				time.Sleep(time.Millisecond)
				synctest.Wait()
				if sent := len(s.got()) - before; (sent == 1) != c.atOnce || sent > 1 {
					t.Errorf("%d are sent at once", sent)
				}
				if err := b.Flush(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

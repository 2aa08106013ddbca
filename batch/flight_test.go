package batch_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
)

// TestFewRecordsOnManyProcessors checks that a few records from each of many
// processors take a few slabs and leave in one batch.
func TestFewRecordsOnManyProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(64))
	synctest.Test(t, func(t *testing.T) {
		var s capture.Sender
		b := newBuffer(t, &s)
		const seconds = 10
		for range seconds {
			for range 10 {
				var wg sync.WaitGroup
				wg.Go(func() { b.Append(batch.Info, time.Now(), record(200)) })
				wg.Wait()
			}
			if st := b.Stats(); st.BufferBytes > 4*64<<10 {
				t.Errorf("%d bytes in use for %d records", st.BufferBytes, st.Pending)
			}
			time.Sleep(2 * time.Second)
			synctest.Wait()
		}
		if st := b.Stats(); st.Batches != seconds || st.Delivered != 10*seconds {
			t.Errorf("%d batches: %v", st.Batches, st)
		}
	})
}

// counter is a sender that counts the sends that run, and hangs until it may go.
type counter struct {
	mu     sync.Mutex
	now    int
	most   int
	permit chan struct{}
}

func (c *counter) Send(ctx context.Context, _ *batch.Batch) batch.Result {
	c.mu.Lock()
	c.now++
	c.most = max(c.most, c.now)
	c.mu.Unlock()
	select {
	case <-c.permit:
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now--
	return batch.Result{Err: ctx.Err()}
}

func (c *counter) running() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// TestSendsGrowOnlyWhileFullBatchesWait checks the number of sends in flight.
func TestSendsGrowOnlyWhileFullBatchesWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counter{permit: make(chan struct{})}
		b := newBuffer(t, c, batch.WithBatchRecords(10), batch.WithFlushInterval(100*time.Millisecond))
		fill := func(n int) {
			for range n {
				b.Append(batch.Info, time.Now(), record(100))
			}
			time.Sleep(250 * time.Millisecond)
			synctest.Wait()
		}
		for _, step := range []struct{ records, want int }{{5, 1}, {5, 1}, {4, 1}, {1, 2}, {10, 3}, {30, 4}, {100, 4}} {
			fill(step.records)
			if n := c.running(); n != step.want {
				t.Errorf("%d sends run after %d records more, want %d", n, step.records, step.want)
			}
		}
		close(c.permit)
		synctest.Wait()
		c.mu.Lock()
		c.most, c.permit = 0, make(chan struct{})
		c.mu.Unlock()
		fill(5)
		fill(4)
		if n := c.running(); n != 1 || c.most != 1 {
			t.Errorf("%d sends run for a batch that is not full", n)
		}
		close(c.permit)
	})
}

// load is a Sender that measures what is with it, and fails while an outage lasts.
type load struct {
	capture.Sender
	over chan struct{} // closed when the outage is over
	hang bool          // Send waits for that, or else returns what is to be retried

	mu          sync.Mutex
	with        map[uint64]int // bytes of records by batch, without markers
	most, peak  int            // batches, and bytes, at most
	sends, busy int            // calls, and those at once at most
}

func (l *load) Send(ctx context.Context, b *batch.Batch) batch.Result {
	l.begin(b)
	over := false
	if l.hang {
		select {
		case <-l.over:
			over = true
			time.Sleep(100 * time.Millisecond)
		case <-ctx.Done():
		}
	} else {
		select {
		case <-l.over:
			over = true
		default:
			time.Sleep(100 * time.Millisecond)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy--
	if !over {
		return batch.Result{Err: errors.New("an outage")}
	}
	delete(l.with, b.Seq)
	return l.Sender.Send(ctx, b)
}

func (l *load) begin(b *batch.Batch) {
	n := 0
	for _, r := range b.Records {
		if !bytes.Contains(r, []byte(`"dropped"`)) {
			n += len(r)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.with == nil {
		l.with = map[uint64]int{}
	}
	l.with[b.Seq] = n
	l.sends++
	l.busy++
	n = 0
	for _, bytes := range l.with {
		n += bytes
	}
	l.most, l.peak = max(l.most, len(l.with)), max(l.peak, n)
}

// TestAnOutageKeepsTheBudgetForErrors checks how much is in flight in ten minutes
// of an outage, what is shed, and that all goes on after that.
func TestAnOutageKeepsTheBudgetForErrors(t *testing.T) {
	for _, places := range []int{1, 4} {
		for name, every := range map[string]time.Duration{"fast": 20 * time.Millisecond, "slow": 200 * time.Millisecond} {
			for _, hang := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, %d places, hangs %v", name, places, hang), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { outage(t, places, every, hang) })
				})
			}
		}
	}
}

func outage(t *testing.T, places int, every time.Duration, hang bool) {
	t.Helper()
	const budget, batchBytes = 1 << 20, 64 << 10
	s := &load{over: make(chan struct{}), hang: hang}
	b := newBuffer(t, s, batch.WithMaxBytes(budget), batch.WithBatchBytes(batchBytes), batch.WithMaxInFlight(places))
	levels := []batch.Level{batch.Debug, batch.Info, batch.Warn, batch.Error}
	last := map[batch.Level]time.Time{}
	for start := time.Now(); time.Since(start) < 10*time.Minute; time.Sleep(every) {
		for _, l := range levels {
			if b.Append(l, time.Now(), record(200)) {
				last[l] = time.Now()
			} else if l == batch.Error {
				if st := b.Stats(); st.BufferBytes+2*4096 <= st.MaxBytes {
					t.Fatalf("an error refused with %d bytes in use", st.BufferBytes)
				}
				every = time.Second // the budget is spent
			}
		}
	}
	for i, l := range levels[1:] {
		if !last[levels[i]].Before(last[l]) {
			t.Errorf("the last %v was taken at %v, the last %v at %v", levels[i], last[levels[i]], l, last[l])
		}
	}
	st := b.Stats()
	sum(t, st)
	s.mu.Lock()
	beside := 0 // batches that let others go beside them after a minute
	if places > 1 {
		beside = 2
	}
	if s.peak > (places+beside)*batchBytes || s.most > places+beside {
		t.Errorf("%d bytes in flight in %d batches", s.peak, s.most)
	}
	// Each is tried 7 times in the first 16 s, and then each 10 s.
	if most := (places + 2) * (7 + 60); s.sends > most {
		t.Errorf("%d sends in ten minutes, want %d at most", s.sends, most)
	}
	s.mu.Unlock()
	close(s.over)
	if err := b.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now := b.Stats(); now.Delivered != st.Pending || now.Pending != 0 || now.Dropped != st.Dropped {
		t.Errorf("%v, after the outage %v", st, now)
	}
}

// TestFewRecordsWaitInFewSlabs checks that records which come at rates that start
// and end the use of a slab of one's own take little more memory than their bytes.
func TestFewRecordsWaitInFewSlabs(t *testing.T) {
	for _, every := range []time.Duration{10 * time.Millisecond, 20 * time.Millisecond, 35 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			s := &load{over: make(chan struct{}), hang: true}
			b := newBuffer(t, s)
			const n, size = 10_000, 100
			for range n {
				b.Append(batch.Info, time.Now(), record(size))
				time.Sleep(every)
			}
			if st := b.Stats(); st.Pending != n || st.BufferBytes > 2*n*(size+12) {
				t.Errorf("every %v: %d bytes for %d records of %d", every, st.BufferBytes, st.Pending, size)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_ = b.Close(ctx)
		})
	}
}

// TestAMarkerPassesASendThatIsStuck checks that a loss is told though a send hangs and
// no record follows.
func TestAMarkerPassesASendThatIsStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(func(ctx context.Context, b *batch.Batch) batch.Result {
			if b.Seq == 1 {
				<-ctx.Done()
			}
			return batch.Result{Err: ctx.Err()}
		})
		b := newBuffer(t, s, batch.WithMaxRecordBytes(100))
		add(t, b, "stuck")
		time.Sleep(2 * time.Second)
		b.Append(batch.Info, time.Now(), record(101))
		time.Sleep(10 * time.Second)
		if got := s.order(); got != "+" {
			t.Errorf("delivered: %q", got)
		}
	})
}

// TestSendsAtOnceWithoutRoomToDefer checks that batches of which every record was to be
// deferred, but had no room, let no more than maxAside others go beside them.
func TestSendsAtOnceWithoutRoomToDefer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(func(ctx context.Context, b *batch.Batch) (r batch.Result) {
			select {
			case <-time.After(5 * time.Second):
			case <-ctx.Done():
			}
			for i := range b.Records {
				r.Deferred = append(r.Deferred, batch.Failure{Index: i, Err: errBad, Token: []byte("t")})
			}
			return r
		})
		b := newBuffer(t, s, batch.WithMaxBytes(4<<20), batch.WithMaxInFlight(1))
		for range 600 {
			b.Append(batch.Info, time.Now(), record(5000))
			time.Sleep(1100 * time.Millisecond)
		}
		if n := s.peak(); n > 1+32 {
			t.Errorf("%d at once", n)
		}
		_ = b.Close(t.Context())
		time.Sleep(time.Minute)
	})
}

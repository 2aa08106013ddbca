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

func (c *counter) Send(ctx context.Context, _ uint64, _ [][]byte) error {
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
	return ctx.Err()
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
		b := newBuffer(t, c, batch.WithBatchRecords(10))
		fill := func(n int) {
			for range n {
				b.Append(batch.Info, time.Now(), record(100))
			}
			time.Sleep(3 * time.Second)
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

// load is a sender that measures what is with it, and waits as long as hang says.
type load struct {
	capture.Sender
	hang func(ctx context.Context, records [][]byte, aside func([]int)) error

	mu          sync.Mutex
	sends, most int // that run now, and at most
	bytes, peak int // with them, without markers
	era         int // of the measurement
}

func (l *load) SendAside(ctx context.Context, seq uint64, records [][]byte, aside func([]int)) error {
	n := 0
	for _, r := range records {
		if !bytes.Contains(r, []byte(`"dropped"`)) {
			n += len(r)
		}
	}
	era := l.begin(n)
	defer l.end(era, n)
	if err := l.hang(ctx, records, aside); err != nil {
		return err
	}
	return l.Send(ctx, seq, records)
}

func (l *load) begin(n int) (era int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sends++
	l.bytes += n
	l.most, l.peak = max(l.most, l.sends), max(l.peak, l.bytes)
	return l.era
}

func (l *load) end(era, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if era == l.era {
		l.sends--
		l.bytes -= n
	}
}

// measured returns how many sends have run at once, and how many bytes were with them.
func (l *load) measured() (most, peak int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.most, l.peak
}

// restart measures anew, without the sends that run.
func (l *load) restart() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.era++
	l.sends, l.most, l.bytes, l.peak = 0, 0, 0, 0
}

// poison is a record with which Send hangs for as long as it may.
const poison = `{"a":"poison"}`

func hangsWithPoison(ctx context.Context, records [][]byte, aside func([]int)) error {
	for _, r := range records {
		if string(r) == poison {
			time.Sleep(3 * time.Second)
			aside(nil)
			aside(nil)
			<-ctx.Done()
			return ctx.Err()
		}
	}
	return nil
}

// TestRecordsThatAreStuckHoldUpNoOthers checks that all others are delivered, and
// that Flush, Close and Stats stay true.
func TestRecordsThatAreStuckHoldUpNoOthers(t *testing.T) {
	for _, places := range []int{1, 4} {
		for _, stuck := range []int{1, 4, 30} {
			t.Run(fmt.Sprintf("%d in %d places", stuck, places), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { stuckRecords(t, places, stuck) })
			})
		}
	}
}

func stuckRecords(t *testing.T, places, stuck int) {
	t.Helper()
	s := &load{hang: hangsWithPoison}
	b := newBuffer(t, s, batch.WithMaxInFlight(places), batch.WithBatchRecords(1))
	const each = 10
	for range stuck {
		b.Append(batch.Info, time.Now(), []byte(poison))
		for range each {
			b.Append(batch.Info, time.Now(), record(50))
			time.Sleep(100 * time.Millisecond)
			sum(t, b.Stats())
		}
	}
	for range (stuck + places - 1) / places {
		time.Sleep(3 * time.Second)
		sum(t, b.Stats())
	}
	synctest.Wait()
	if st := b.Stats(); st.Delivered != uint64(each*stuck) || st.Pending != uint64(stuck) || st.InFlight != st.Pending {
		t.Errorf("%v, %d in flight", st, st.InFlight)
	}
	var u *batch.UndeliveredError
	flushed, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	b.Append(batch.Info, time.Now(), record(50))
	if err := b.Flush(flushed); !errors.As(err, &u) || u.Records != uint64(stuck) {
		t.Errorf("Flush: %v", err)
	}
	start := time.Now()
	closed, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	b.Append(batch.Info, time.Now(), record(50))
	if err := b.Close(closed); !errors.As(err, &u) || u.Records != uint64(stuck) {
		t.Errorf("Close: %v", err)
	}
	if d := time.Since(start); d < 3*time.Second || d > 3*time.Second+20*time.Millisecond {
		t.Errorf("Close took %v", d)
	}
	st := b.Stats()
	sum(t, st)
	if st.DroppedFor(batch.ReasonAbandoned) != uint64(stuck) || st.Pending != 0 || st.Delivered != uint64(each*stuck+2) {
		t.Errorf("after Close: %v", st)
	}
}

// TestAnOutageKeepsTheBudgetForErrors checks how much is in flight in ten minutes
// without an answer, what is shed, and that all goes on after that.
func TestAnOutageKeepsTheBudgetForErrors(t *testing.T) {
	for _, places := range []int{1, 4} {
		for name, every := range map[string]time.Duration{"fast": 20 * time.Millisecond, "slow": 200 * time.Millisecond} {
			for _, leaves := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, %d places, leaves %v", name, places, leaves), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { outage(t, places, every, leaves) })
				})
			}
		}
	}
}

func outage(t *testing.T, places int, every time.Duration, leaves bool) {
	t.Helper()
	const budget, batchBytes = 1 << 20, 64 << 10
	over := make(chan struct{})
	s := &load{hang: func(ctx context.Context, _ [][]byte, aside func([]int)) error {
		if leaves {
			defer time.AfterFunc(10*time.Second, func() { aside(nil) }).Stop()
		}
		select {
		case <-over:
			time.Sleep(100 * time.Millisecond)
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
	b := newBuffer(t, s, batch.WithMaxBytes(budget), batch.WithBatchBytes(batchBytes), batch.WithMaxInFlight(places))
	levels := []batch.Level{batch.Debug, batch.Info, batch.Warn, batch.Error}
	last := map[batch.Level]time.Time{}
	for start := time.Now(); time.Since(start) < 10*time.Minute; time.Sleep(every) {
		for _, l := range levels {
			if b.Append(l, time.Now(), record(200)) {
				last[l] = time.Now()
			} else if l == batch.Error {
				if st := b.Stats(); st.BufferBytes+4096 <= st.MaxBytes {
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
	if most, peak := s.measured(); peak >= (places+1)*batchBytes || most > 64*places || (most > places) != leaves {
		t.Errorf("%d bytes in flight in %d sends", peak, most)
	}
	s.restart()
	close(over)
	if err := b.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if most, _ := s.measured(); most > places {
		t.Errorf("%d sends at once after the outage", most)
	}
	if now := b.Stats(); now.Delivered != st.Pending || now.Pending != 0 || now.Dropped != st.Dropped {
		t.Errorf("%v, after the outage %v", st, now)
	}
}

// TestTheSendsThatAreAsideAreBounded checks their number, and that they are forgotten
// when they end.
func TestTheSendsThatAreAsideAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		permit := make(chan struct{})
		leaves := true
		s := &load{hang: func(_ context.Context, _ [][]byte, aside func([]int)) error {
			if leaves {
				aside(nil)
			}
			<-permit
			aside(nil) // it is too late, or so by now
			return nil
		}}
		b := newBuffer(t, s, batch.WithMaxInFlight(2), batch.WithBatchRecords(1))
		for range 200 {
			b.Append(batch.Info, time.Now(), record(50))
		}
		synctest.Wait()
		if n, _ := s.measured(); n != 2*64 {
			t.Errorf("%d sends run", n)
		}
		for range 200 - 2*64 {
			permit <- struct{}{}
		}
		synctest.Wait()
		if n, _ := s.measured(); n != 2*64 {
			t.Errorf("%d sends run after some have ended", n)
		}
		for range 2 * 64 {
			permit <- struct{}{}
		}
		synctest.Wait()
		s.restart()
		leaves = false
		for range 10 {
			b.Append(batch.Info, time.Now(), record(50))
		}
		time.Sleep(time.Hour)
		if n, _ := s.measured(); n != 2 {
			t.Errorf("%d sends run at once after all have ended", n)
		}
		close(permit)
	})
}

// teller is a load that says whether it can deliver.
type teller struct {
	load
	tell func(error)
}

func (s *teller) Notify(f func(error)) func() {
	s.tell = f
	return nil
}

// TestFullBatchesThatAreAsideHoldUpNoOthers checks that others are sent however much
// is aside, as long as the sender does not say that nothing is delivered.
func TestFullBatchesThatAreAsideHoldUpNoOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &teller{load: load{hang: func(ctx context.Context, _ [][]byte, aside func([]int)) error {
			aside(nil)
			<-ctx.Done()
			return ctx.Err()
		}}}
		const batchBytes = 64 << 10
		b := newBuffer(t, s, batch.WithMaxBytes(4<<20), batch.WithBatchBytes(batchBytes), batch.WithMaxInFlight(2))
		log := func() (sends int) {
			for range 1000 {
				b.Append(batch.Info, time.Now(), record(1000))
			}
			synctest.Wait()
			sends, _ = s.measured()
			return sends
		}
		works := log()
		s.tell(errors.New("an outage"))
		down := log()
		s.tell(nil)
		synctest.Wait()
		if again, _ := s.measured(); works < 10 || down != works || again < 2*works {
			t.Errorf("%d sends, in an outage %d, and then %d", works, down, again)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := b.Close(ctx); err == nil {
			t.Error("Close: all is delivered")
		}
	})
}

// keeper is a sender that delivers all but the poison, says so, and holds on to that,
// until it may go or ctx ends.
type keeper struct {
	t    *testing.T
	left func(poison []int, n int) []int // what it says; the truth if nil
	free chan struct{}

	mu     sync.Mutex
	stored int
	aside  func([]int)
}

func (k *keeper) SendAside(ctx context.Context, _ uint64, records [][]byte, aside func([]int)) error {
	var bad []int
	for i, r := range records {
		if bytes.HasPrefix(r, []byte(poison[:len(poison)-1])) {
			bad = append(bad, i)
		}
	}
	k.mu.Lock()
	k.stored += len(records) - len(bad)
	k.aside = aside
	k.mu.Unlock()
	if len(bad) == 0 {
		return nil
	}
	var was []string
	for _, i := range bad {
		was = append(was, string(records[i]))
	}
	said := bad
	if k.left != nil {
		said = k.left(bad, len(records))
	}
	aside(said)
	select {
	case <-ctx.Done():
	case <-k.free:
	}
	for j, i := range bad {
		if string(records[i]) != was[j] {
			k.t.Errorf("record %d was %.40q and is %.40q", i, was[j], records[i])
		}
	}
	return &partly{bad}
}

// Send is not called.
func (k *keeper) Send(context.Context, uint64, [][]byte) error { panic("Send") }

// TestWhatIsDeliveredOfABatchIsLetGo checks that a few records that keep failing hold
// on to no more memory than their own, and that all counts are those of the records.
func TestWhatIsDeliveredOfABatchIsLetGo(t *testing.T) {
	for name, c := range map[string]struct {
		left func([]int, int) []int
		lets bool // go of memory
	}{
		"the truth":     {nil, true},
		"in disorder":   {func(bad []int, _ int) []int { return append([]int{bad[0]}, bad...) }, true},
		"not known":     {func([]int, int) []int { return nil }, false},
		"out of bounds": {func(bad []int, n int) []int { return append(bad, n) }, false},
		"negative":      {func(bad []int, _ int) []int { return append(bad, -1) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const batches, each, size = 20, 500, 500
				k := &keeper{t: t, left: c.left, free: make(chan struct{})}
				b := newBuffer(t, k, batch.WithMaxBytes(8<<20), batch.WithBatchRecords(each))
				stuck := 0
				for i := range batches * each {
					rec := record(size)
					if i%100 == 7 {
						rec = append([]byte(poison[:len(poison)-1]), fmt.Sprintf(`,"i":%d,"x":%q}`, i, make([]byte, 50))...)
						stuck++
					}
					b.Append(batch.Info, time.Now(), rec)
					if i%each == each-1 {
						synctest.Wait()
					}
				}
				time.Sleep(time.Minute)
				st := b.Stats()
				sum(t, st)
				want := uint64(batches * each)
				if c.lets {
					want = uint64(stuck)
				}
				if st.Pending != want || (st.BufferBytes < 2<<20) != c.lets {
					t.Errorf("%v in %d bytes", st, st.BufferBytes)
				}
				late := k.aside
				close(k.free)
				synctest.Wait()
				late([]int{0}) // of a batch that is done
				st = b.Stats()
				sum(t, st)
				if st.DroppedFor(batch.ReasonUndelivered) != uint64(stuck) || st.Delivered != uint64(batches*each-stuck) || st.BufferBytes > 1<<19 {
					t.Errorf("in the end %v in %d bytes", st, st.BufferBytes)
				}
			})
		})
	}
}

// TestWhatIsKeptStaysWithinTheBudget checks that copies take a sixteenth of the budget
// at most, and none of it in the end.
func TestWhatIsKeptStaysWithinTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &keeper{t: t, free: make(chan struct{})}
		const budget = 1 << 20
		b := newBuffer(t, k, batch.WithMaxBytes(budget), batch.WithBatchRecords(1))
		for i := range 2000 {
			b.Append(batch.Error, time.Now(), append([]byte(poison[:len(poison)-1]), fmt.Sprintf(`,"i":%d,"x":%q}`, i, make([]byte, 500))...))
			synctest.Wait()
			if st := b.Stats(); st.BufferBytes > budget {
				t.Fatalf("%v in %d bytes", st, st.BufferBytes)
			}
		}
		close(k.free)
		synctest.Wait()
		st := b.Stats()
		sum(t, st)
		if st.Pending != 0 || st.BufferBytes > budget/4 {
			t.Errorf("in the end %v in %d bytes", st, st.BufferBytes)
		}
	})
}

// TestFewRecordsWaitInFewSlabs checks that records which come at rates that start
// and end the use of a slab of one's own take little more memory than their bytes.
func TestFewRecordsWaitInFewSlabs(t *testing.T) {
	for _, every := range []time.Duration{10 * time.Millisecond, 20 * time.Millisecond, 35 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			s := &load{hang: func(ctx context.Context, _ [][]byte, _ func([]int)) error {
				<-ctx.Done()
				return ctx.Err()
			}}
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

// TestAMarkerPassesASendThatIsStuck checks that a loss is told though a record is
// stuck and no other follows.
func TestAMarkerPassesASendThatIsStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &load{hang: hangsWithPoison}
		b := newBuffer(t, s, batch.WithMaxRecordBytes(100))
		b.Append(batch.Info, time.Now(), []byte(poison))
		time.Sleep(2 * time.Second)
		b.Append(batch.Info, time.Now(), record(101))
		time.Sleep(10 * time.Second)
		if dropped, at := gaps(t, s.Records()); len(at) != 1 || dropped["too large info"] != 1 {
			t.Errorf("markers at %v tell of %v", at, dropped)
		}
	})
}

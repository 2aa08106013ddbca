package batch_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
)

// TestErrorsTakeWhatRoomOthersHaveLeft spends the budget but for a slab that is
// nearly empty and belongs to nobody.
func TestErrorsTakeWhatRoomOthersHaveLeft(t *testing.T) {
	if capture.Race || *mutex {
		t.Skip("pools forget under the race detector, and the twin has one slab")
	}
	synctest.Test(t, func(t *testing.T) {
		s := &stuck{release: make(chan struct{})}
		b := newBuffer(t, s, batch.WithMaxBytes(1<<20), batch.WithSlabBytes(64<<10), batch.WithFlushInterval(time.Hour))
		b.Append(batch.Error, time.Now(), record(10))
		for range 2 {
			b.Append(batch.Error, time.Now(), record(479<<10))
		}
		for i := range 400 {
			if !b.Append(batch.Error, time.Now(), record(100)) {
				t.Fatalf("error %d refused: %v", i, b.Stats())
			}
		}
		close(s.release)
	})
}

// TestOldTimesHoldNobodyUp floods the buffer with records that say that they are a
// day old.
func TestOldTimesHoldNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var arrived atomic.Int64
		slow := func(_ context.Context, b *batch.Batch) batch.Result {
			time.Sleep(5 * time.Millisecond)
			for _, r := range b.Records {
				if string(r) == "honest" {
					arrived.Store(int64(time.Since(start)))
				}
			}
			return batch.Result{}
		}
		b := newBuffer(t, senderFunc(slow), batch.WithBlocking(time.Minute), batch.WithMaxBytes(1<<20), batch.WithMaxInFlight(1),
			batch.WithBatchBytes(64<<10), batch.WithFlushInterval(50*time.Millisecond))
		honest, _ := b.Begin(batch.Info)
		var wg sync.WaitGroup
		wg.Go(func() {
			for time.Since(start) < 10*time.Second {
				b.Append(batch.Info, start.Add(-24*time.Hour), record(1000))
			}
		})
		time.Sleep(500 * time.Millisecond)
		honest.Commit(append(honest.Buf(), "honest"...), time.Now())
		wg.Wait()
		if d := time.Duration(arrived.Load()); d == 0 || d > 2*time.Second {
			t.Errorf("a record of %v arrived after %v", 500*time.Millisecond, d)
		}
	})
}

// TestALargeRecordKeepsItsPlace checks the order of equal times around a record that
// has a slab of its own.
func TestALargeRecordKeepsItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s capture.Sender
		b := newBuffer(t, &s)
		var want []string
		for i, size := range []int{10, 70 << 10, 10, 10, 80 << 10, 10} {
			r := string(named(fmt.Sprint(i, strings.Repeat("x", size))))
			want = append(want, r)
			b.Append(batch.Info, time.Now(), []byte(r))
		}
		if err := b.Flush(t.Context()); err != nil || !slices.Equal(s.Records(), want) {
			t.Errorf("%v, or another order", err)
		}
	})
}

// TestATimeAheadMovesNobody lets a record from the future into a slab that others
// share, and then one goroutine go from there to another slab.
func TestATimeAheadMovesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s capture.Sender
		b := newBuffer(t, &s, batch.WithMaxInFlight(1))
		time.Sleep(time.Millisecond)
		for range 2 { // two slabs that are shared
			e1, _ := b.Begin(batch.Info)
			e2, _ := b.Begin(batch.Info)
			e1.Commit(append(e1.Buf(), "1"...), time.Now())
			e2.Commit(append(e2.Buf(), "2"...), time.Now())
		}
		time.Sleep(10 * time.Millisecond)
		b.Append(batch.Info, time.Now().Add(90*time.Millisecond), named("ahead"))
		time.Sleep(10 * time.Millisecond)
		b.Append(batch.Info, time.Now(), named("p"))
		held, _ := b.Begin(batch.Info)
		time.Sleep(10 * time.Millisecond)
		b.Append(batch.Info, time.Now(), named("r"))
		held.Discard()
		time.Sleep(10 * time.Second)
		p, r := string(named("p")), string(named("r"))
		if got := s.Records(); len(got) != 7 || slices.Index(got, p) > slices.Index(got, r) {
			t.Errorf("%q", got)
		}
	})
}

// TestALostMarkerGoesWithTheNextRecords loses a marker that was sent by itself.
func TestALostMarkerGoesWithTheNextRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s capture.Sender
		var down atomic.Bool
		var sends atomic.Int32
		down.Store(true)
		b := newBuffer(t, senderFunc(func(ctx context.Context, b *batch.Batch) batch.Result {
			if sends.Add(1); down.Load() {
				return lost(b, errors.New("down"))
			}
			return s.Send(ctx, b)
		}))
		b.Append(batch.Info, time.Now(), record(10))
		time.Sleep(time.Hour)
		if n := sends.Load(); n != 2 {
			t.Errorf("%d sends for a record and its marker", n)
		}
		down.Store(false)
		b.Append(batch.Info, time.Now(), []byte(`{}`))
		time.Sleep(time.Hour)
		if got := s.Records(); len(got) != 2 || !strings.Contains(got[0], `"dropped":{"undelivered":{"info":1}}`) {
			t.Errorf("%q", got)
		}
	})
}

// TestCloseCountsWhatCameLate lets a record that was begun before Close be committed
// while Close waits, and not be delivered.
func TestCloseCountsWhatCameLate(t *testing.T) {
	for _, fails := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			b := newBuffer(t, senderFunc(func(ctx context.Context, b *batch.Batch) batch.Result {
				switch {
				case b.Seq == 1:
					time.Sleep(2 * time.Second)
					return batch.Result{}
				case fails:
					return lost(b, errors.New("no"))
				default:
					<-ctx.Done()
					return batch.Result{Err: ctx.Err()}
				}
			}))
			b.Append(batch.Fatal, time.Now(), []byte(`{}`))
			late, _ := b.Begin(batch.Info)
			go func() {
				time.Sleep(time.Second)
				late.Commit(append(late.Buf(), `{}`...), time.Now())
			}()
			err := b.Close(t.Context())
			var u *batch.UndeliveredError
			if !errors.As(err, &u) || u.Records != 1 || !fails != errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("fails %v: Close: %v; %v", fails, err, b.Stats())
			}
			sum(t, b.Stats())
		})
	}
}

// TestAnUrgentRecordPassesASendThatHangs checks that it waits for no send.
func TestAnUrgentRecordPassesASendThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s capture.Sender
		release := make(chan struct{})
		b := newBuffer(t, senderFunc(func(ctx context.Context, b *batch.Batch) batch.Result {
			if b.Seq == 1 {
				<-release
			}
			return s.Send(ctx, b)
		}))
		b.Append(batch.Info, time.Now(), named("slow"))
		time.Sleep(2 * time.Second)
		b.Append(batch.Fatal, time.Now(), named("fatal"))
		synctest.Wait()
		if got := s.Records(); !slices.Equal(got, []string{string(named("fatal"))}) {
			t.Errorf("%q", got)
		}
		close(release)
	})
}

// TestAllWhoWaitAreLetIn checks that each who gets room lets the next one try.
func TestAllWhoWaitAreLetIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stuck{release: make(chan struct{})}
		b := newBuffer(t, s, batch.WithMaxBytes(64<<10), batch.WithBlocking(time.Hour))
		full := false
		var wg sync.WaitGroup
		for !full {
			done := make(chan struct{})
			wg.Go(func() { b.Append(batch.Info, time.Now(), record(100)); close(done) })
			synctest.Wait()
			select {
			case <-done:
			default:
				full = true
			}
		}
		for i := range 100 {
			wg.Go(func() { b.Append(batch.Info, time.Now(), record(100+i%3*2000)) })
		}
		synctest.Wait()
		before := time.Now()
		close(s.release)
		wg.Wait()
		if waited := time.Since(before); waited > 10*time.Millisecond || b.Stats().Dropped > 0 {
			t.Errorf("the last was let in after %v: %v", waited, b.Stats())
		}
	})
}

// TestBlockingForEver waits as long as a duration can be.
func TestBlockingForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stuck{release: make(chan struct{})}
		b := newBuffer(t, s, batch.WithMaxBytes(64<<10), batch.WithBlocking(math.MaxInt64))
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 1000 {
				b.Append(batch.Info, time.Now(), record(100))
			}
		}()
		time.Sleep(10 * time.Hour)
		close(s.release)
		<-done
		if st := b.Stats(); st.Dropped > 0 {
			t.Errorf("%v", st)
		}
	})
}

package batch_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
)

// TestTimesFromTheFuture checks that a record whose time was set by hand to the
// future neither waits for it nor disturbs the order of others.
func TestTimesFromTheFuture(t *testing.T) {
	for _, future := range []time.Time{time.Now().Add(time.Hour), time.Now().Round(0).Add(time.Hour), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)} {
		var s capture.Sender
		b := newBuffer(t, &s, batch.WithMaxInFlight(1), batch.WithSyncTimeout(time.Second))
		first, _ := b.Begin(batch.Info)
		second, _ := b.Begin(batch.Info) // of another slab
		first.Commit(append(first.Buf(), `{"from":"the future"}`...), future)
		// The next record of this goroutine goes to the first slab, the one after
		// that to the second.
		p, _ := b.Begin(batch.Info)
		p.Commit(append(p.Buf(), `{"p":1}`...), time.Now())
		second.Commit(append(second.Buf(), `{"r":1}`...), time.Now())
		if err := b.Sync(); err != nil {
			t.Fatal(err)
		}
		all := strings.Join(s.Records(), " ")
		if strings.Index(all, `"p"`) > strings.Index(all, `"r"`) || len(s.Records()) != 3 {
			t.Errorf("%v: sent %s", future, all)
		}
	}
}

// TestAbandonedEntriesComeBack checks that room which nobody gives back does not
// stop the buffer, and is not lost for ever.
func TestAbandonedEntriesComeBack(t *testing.T) {
	if *mutex {
		t.Skip("the twin has no room to abandon")
	}
	const slabBytes = 4 << 10
	b := newBuffer(t, discard{}, batch.WithMaxBytes(16*slabBytes))
	for i := range 1000 {
		if _, ok := b.Begin(batch.Error); !ok {
			t.Fatalf("%d abandoned entries have spent the budget: %v", i, b.Stats())
		}
	}
	if held := b.Stats().BufferBytes; held < 4*slabBytes {
		t.Fatalf("%d bytes are held; the test tests nothing", held)
	}
	for range 1000 {
		runtime.GC() // twice at least, and the cleanups run on a goroutine
		if !b.Append(batch.Debug, time.Now(), record(100)) {
			t.Fatalf("refused: %v", b.Stats())
		}
		if b.Stats().BufferBytes <= 2*slabBytes {
			return
		}
		runtime.Gosched()
	}
	t.Errorf("still held: %v", b.Stats())
}

// TestNothingIsSentAfterCloseHasGivenUp checks that what Close has reported stays
// true.
func TestNothingIsSentAfterCloseHasGivenUp(t *testing.T) {
	for range few(50) {
		s := &stuck{release: make(chan struct{}), ignoresCtx: true}
		b := newBuffer(t, s, batch.WithBatchRecords(10), batch.WithMaxInFlight(1))
		for range 100 {
			b.Append(batch.Info, time.Now(), record(20))
		}
		late, _ := b.Begin(batch.Info)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		err := b.Close(ctx)
		cancel()
		before := b.Stats()
		close(s.release)
		late.Commit(append(late.Buf(), `{}`...), time.Now())
		var u *batch.UndeliveredError
		if !errors.As(err, &u) || u.Records == 0 {
			t.Fatalf("Close: %v", err)
		}
		for range 100 {
			st := b.Stats()
			sum(t, st)
			if st.Pending > before.Pending || st.Dropped < before.Dropped || st.Delivered > before.Pending {
				t.Fatalf("after Close: %v, then %v", before, st)
			}
			if st.Pending == 0 {
				break
			}
			runtime.Gosched()
		}
		if again := b.Close(t.Context()); again == nil {
			t.Errorf("Close again: %v", again)
		}
	}
}

// TestStatsWhileRecordsComeAfterClose checks the sum in the moment in which a
// record is committed to a closed buffer.
func TestStatsWhileRecordsComeAfterClose(t *testing.T) {
	for range few(100) {
		b := newBuffer(t, discard{})
		var entries []batch.Entry
		for range 4 {
			e, ok := b.Begin(batch.Info)
			if ok {
				entries = append(entries, e)
			}
		}
		if err := b.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			for _, e := range entries {
				e.Commit(append(e.Buf(), `{}`...), time.Now())
			}
		}()
		for open := true; open; {
			select {
			case <-done:
				open = false
			default:
			}
			if st := b.Stats(); st.Pending > 4 || st.Accepted != st.Delivered+st.Dropped+st.Pending {
				t.Fatalf("%v", st)
			}
		}
		if st := b.Stats(); st.DroppedFor(batch.ReasonClosed) != 4 || st.Pending != 0 {
			t.Errorf("%v", st)
		}
	}
}

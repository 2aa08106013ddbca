package batch_test

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
)

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestABurstGivesItsMemoryBack checks that an idle buffer shrinks.
func TestABurstGivesItsMemoryBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := heap()
		s := &stuck{release: make(chan struct{})}
		b := newBuffer(t, s, batch.WithCloseTimeout(time.Minute))
		for b.Append(batch.Error, time.Now(), record(200)) {
		}
		s.Forget()
		close(s.release)
		time.Sleep(time.Hour)
		if grown := int64(heap() - before); grown > 1<<20 {
			t.Errorf("%d bytes after an idle hour", grown)
		}
		runtime.KeepAlive(b)
	})
}

// TestSmallBatchesLeaveWhenTheyAreFull checks that a batch does not wait for the
// interval, however small the limit.
func TestSmallBatchesLeaveWhenTheyAreFull(t *testing.T) {
	for name, o := range map[string]batch.Option{"records": batch.WithBatchRecords(10), "bytes": batch.WithBatchBytes(10 * 100)} {
		synctest.Test(t, func(t *testing.T) {
			var s capture.Sender
			b := newBuffer(t, &s, o)
			for range 10 {
				b.Append(batch.Info, time.Now(), record(100))
			}
			synctest.Wait()
			if n := len(s.Records()); n != 10 {
				t.Errorf("%s: %d records have left", name, n)
			}
		})
	}
}

// TestErrorsHaveRoomOfTheirOwn checks that warnings leave a slab free, also where
// the budget is no whole number of slabs.
func TestErrorsHaveRoomOfTheirOwn(t *testing.T) {
	for _, bytes := range []int{64 << 10, 69_300, 100_000, 1<<20 + 1} {
		synctest.Test(t, func(t *testing.T) {
			s := &stuck{release: make(chan struct{})}
			b := newBuffer(t, s, batch.WithMaxBytes(bytes), batch.WithCloseTimeout(time.Minute))
			for b.Append(batch.Warn, time.Now(), record(200)) {
			}
			errors := 0
			for b.Append(batch.Error, time.Now(), record(200)) {
				errors++
			}
			if errors == 0 { // more, but for the race detector, under which pools forget
				t.Errorf("%d bytes: %d errors taken after a flood of warnings", bytes, errors)
			}
			close(s.release)
		})
	}
}

// TestRoomIsMadeAsSoonAsALevelIsRefused checks that a level is not refused longer
// than the sender needs.
func TestRoomIsMadeAsSoonAsALevelIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBuffer(t, discard{}, batch.WithBatchBytes(8<<20))
		now, small := time.Now(), record(30)
		// Small ones: the share of debug is full before a batch is.
		for i := 0; i < 300_000 && b.Append(batch.Debug, now, small); i++ {
		}
		synctest.Wait()
		if !b.Append(batch.Debug, time.Now(), record(200)) {
			t.Errorf("%v", b.Stats())
		}
	})
}

// TestAnEvictionIsNotInVain checks that nothing is dropped for a record that gets
// no room all the same.
func TestAnEvictionIsNotInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &stuck{release: make(chan struct{})}
		b := newBuffer(t, s, batch.WithMaxBytes(64<<10), batch.WithDropOldest(), batch.WithMaxInFlight(1),
			batch.WithBatchBytes(32<<10), batch.WithCloseTimeout(time.Minute))
		for range 50 {
			b.Append(batch.Info, time.Now(), record(1000))
		}
		time.Sleep(2 * time.Second) // half of the budget is in flight
		for range 16 {
			b.Append(batch.Info, time.Now(), record(1000))
		}
		e, ok := b.Begin(batch.Info) // has evicted what it needed for itself
		before := b.Stats()
		if ok && e.Commit(append(e.Buf(), record(32<<10)...), time.Now()) {
			t.Fatal("a record was taken for which there is no room")
		}
		if after := b.Stats(); after.DroppedFor(batch.ReasonEvicted) != before.DroppedFor(batch.ReasonEvicted) {
			t.Errorf("%v, then %v", before, after)
		}
		close(s.release)
	})
}

// TestWhatABurstHeldComesBack checks that the slabs that many writers at once have
// held go back to the few that a trickle needs, and to none in an idle buffer.
func TestWhatABurstHeldComesBack(t *testing.T) {
	if capture.Race || *mutex {
		t.Skip("pools forget under the race detector, and the twin has one slab")
	}
	const slabBytes = 64 << 10
	for _, after := range []string{"trickle", "idle"} {
		synctest.Test(t, func(t *testing.T) {
			var s capture.Sender
			b := newBuffer(t, &s, batch.WithMaxBytes(256*slabBytes))
			for range 100 {
				var open []batch.Entry
				for range 64 {
					if e, ok := b.Begin(batch.Info); ok {
						open = append(open, e)
					}
				}
				for _, e := range open {
					e.Commit(append(e.Buf(), record(200)...), time.Now())
				}
			}
			held := b.Stats().BufferBytes
			if held < 10*slabBytes {
				t.Fatalf("%d bytes in use after a burst; the test tests nothing", held)
			}
			// What another processor keeps for itself comes back with its next record
			// or with a garbage collection.
			most := (runtime.GOMAXPROCS(0) - 1) * slabBytes
			if after == "trickle" {
				most += 2 * slabBytes
				for range 600 {
					b.Append(batch.Info, time.Now(), record(200))
					time.Sleep(100 * time.Millisecond)
				}
			} else {
				time.Sleep(time.Minute)
			}
			if now := b.Stats().BufferBytes; now > most {
				t.Errorf("%s: %d bytes in use after a minute, %d after the burst", after, now, held)
			}
		})
	}
}

// TestClosedBuffersGoAway checks that a Buffer gives its slabs back when it is closed, and
// not only some collections later.
func TestClosedBuffersGoAway(t *testing.T) {
	var most uint64
	for i := range 4000 {
		b, err := batch.New(discard{})
		if err != nil {
			t.Fatal(err)
		}
		b.Append(batch.Info, time.Now(), []byte(`{"message":"m"}`))
		if err := b.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if i%100 == 0 {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
	}
	if most > 48<<20 {
		t.Errorf("the heap grew to %d MiB with one Buffer open at a time", most>>20)
	}
}

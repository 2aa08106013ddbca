package batch_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
)

// TestGarbageCollectionsDoNotWasteTheBudget has a server hang, and counts what the buffer
// takes until it first refuses an error, while the garbage collector takes Tokens away that
// have slabs.
func TestGarbageCollectionsDoNotWasteTheBudget(t *testing.T) {
	for _, c := range []struct {
		name       string
		budget     int
		goroutines int
		every      time.Duration // each logs so often, all at the same time
		collect    time.Duration
	}{
		{"one collection a second", 4 << 20, 1, time.Second / 40, time.Second},
		{"three collections a second", 4 << 20, 1, time.Second / 40, time.Second / 3},
		{"many goroutines", 16 << 20, 10_000, time.Second, time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.goroutines > 1 && capture.Race {
				c.goroutines /= 10 // each is slower
			}
			// Two slabs for each processor may be held, empty or not.
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(min(8, runtime.GOMAXPROCS(0))))
			synctest.Test(t, func(t *testing.T) {
				s := &stuck{release: make(chan struct{})}
				b := newBuffer(t, s, batch.WithMaxBytes(c.budget), batch.WithSlabBytes(64<<10), batch.WithCloseTimeout(time.Minute))
				const size = 375
				rec := record(size)
				var taken atomic.Int64
				var full atomic.Bool
				var wg sync.WaitGroup
				for range c.goroutines {
					wg.Go(func() {
						for !full.Load() {
							time.Sleep(c.every)
							if e, ok := b.Begin(batch.Error); !ok {
								full.Store(true)
							} else {
								runtime.Gosched() // as an encoder may that calls the application
								if e.Commit(append(e.Buf(), rec...), time.Now()) {
									taken.Add(size + 16)
								} else {
									full.Store(true)
								}
							}
						}
					})
				}
				for !full.Load() {
					time.Sleep(c.collect)
					runtime.GC()
				}
				wg.Wait()
				share := float64(taken.Load()) / float64(b.Stats().MaxBytes)
				if share < 0.8 {
					t.Errorf("an error is refused with %.0f%% of the budget in use: %v", 100*share, b.Stats())
				}
				close(s.release)
			})
		})
	}
}

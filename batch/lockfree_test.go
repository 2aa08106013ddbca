package batch

import (
	"testing"
	"testing/synctest"
)

// TestADeliveryTakesNoLock checks that a batch that is delivered does not wait for those
// who have to do with a stall, as long as there is none.
func TestADeliveryTakesNoLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b Buffer
		b.stall.watch(nil, &b.report, func() uint64 { return 0 }, func() {})
		b.stall.mu.Lock()
		defer b.stall.mu.Unlock()
		done := false
		go func() {
			b.stall.delivers()
			b.stall.fails(nil, errNoReturn)
			done = true
		}()
		synctest.Wait()
		if !done {
			t.Fatal("it waits")
		}
		if n := testing.AllocsPerRun(100, b.stall.delivers); n > 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

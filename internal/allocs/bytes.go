package allocs

import (
	"runtime"
	"testing"
)

// Pair is for values that hold themselves twice, level by level.
type Pair struct{ A, B any }

// Pairs returns a value of so many levels, of which each holds the next twice: two to the
// power of that many leaves, in hardly any memory.
func Pairs(levels int) any {
	var v any = 1
	for range levels {
		v = &Pair{v, v}
	}
	return v
}

// AtMost fails the test if f allocates more bytes than that.
func AtMost(t *testing.T, bytes uint64, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > bytes {
		t.Errorf("%d bytes allocated, more than %d", n, bytes)
	}
}

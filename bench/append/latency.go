package appendbench

import (
	"math/bits"
	"sync"
	"time"
)

// Histogram counts durations in buckets that are at most one part in 32 wide.
type Histogram struct{ n [60 * subBuckets]uint64 }

const subBuckets = 32

// Add counts d.
func (h *Histogram) Add(d time.Duration) {
	v := uint64(max(d, 0))
	if v < subBuckets {
		h.n[v]++
		return
	}
	shift := bits.Len64(v) - 6 // leaves six bits, the first of them set
	h.n[min(len(h.n)-1, shift*subBuckets+int(v>>shift))]++
}

// Merge counts what other has counted.
func (h *Histogram) Merge(other *Histogram) {
	for i, n := range other.n {
		h.n[i] += n
	}
}

// Count returns how many durations were counted.
func (h *Histogram) Count() (n uint64) {
	for _, k := range h.n {
		n += k
	}
	return n
}

// Percentile returns the duration that the share p of all does not exceed.
func (h *Histogram) Percentile(p float64) time.Duration {
	count := h.Count()
	rest := min(uint64(p*float64(count)), max(count, 1)-1)
	for i, n := range h.n {
		if n > rest {
			return upper(i)
		}
		rest -= n
	}
	return 0
}

// upper returns the largest duration of bucket i.
func upper(i int) time.Duration {
	if i < 2*subBuckets {
		return time.Duration(i)
	}
	shift := i/subBuckets - 1
	return time.Duration((i-shift*subBuckets+1)<<shift - 1)
}

// LatencyCase is a queue whose calls are measured one by one.
type LatencyCase struct {
	Name string
	Open func() Queue
}

// LatencyCases returns ours, with package batch around it and without, and its
// twin, each with records of 200 bytes.
func LatencyCases() []LatencyCase {
	return []LatencyCase{
		{Append, func() Queue { return openAppend(200) }},
		{Slab, func() Queue { return openSlabs(200, false) }},
		{Mutex, func() Queue { return openSlabs(200, true) }},
	}
}

// Latency measures each call of so many goroutines for about d, with a pause of
// about so many nanoseconds of other work between two. A measured call includes
// one look at the clock.
func Latency(q Queue, goroutines int, d, pause time.Duration) *Histogram {
	var end sync.WaitGroup
	parts := make([]Histogram, goroutines)
	for i := range goroutines {
		end.Go(func() {
			produce, start := q.Producer(), time.Now()
			produce(block)
			for {
				t := time.Since(start)
				produce(1)
				done := time.Since(start)
				parts[i].Add(done - t)
				if done > d {
					return
				}
				work(pause)
			}
		})
	}
	end.Wait()
	var h Histogram
	for i := range parts {
		h.Merge(&parts[i])
	}
	return &h
}

// work keeps the processor busy.
func work(d time.Duration) {
	if d == 0 {
		return
	}
	for start := time.Now(); time.Since(start) < d; {
	}
}

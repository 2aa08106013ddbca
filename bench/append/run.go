package appendbench

import (
	"runtime"
	"sync"
	"time"

	"github.com/logsto/logsto-go/bench/internal/usage"
)

// Share hands over n records from so many goroutines.
func Share(q Queue, goroutines, n int) {
	var wg sync.WaitGroup
	for i := range goroutines {
		part := n / goroutines
		if i < n%goroutines {
			part++
		}
		produce := q.Producer()
		wg.Go(func() { produce(part) })
	}
	wg.Wait()
}

// Result is what one run of a queue has cost.
type Result struct {
	Records int
	Warm    int           // records before, which cost nothing here
	Elapsed time.Duration // of the wall
	CPU     time.Duration // of the process, consumer included
	Allocs  uint64
}

const block = 256 // records between two looks at the clock

// warmUp returns how many records of the given size make sure that a queue has
// been full, so that all its memory is in use.
func warmUp(size int) int { return max(3*capacity, budget*5/4/size) }

// Call measures what a call costs the goroutine that makes it, alone: between
// two short bursts the consumer gets the time that it needs, and its time is not
// counted. That is so only while GOMAXPROCS is 1, where the consumer does not run
// by itself within a burst. Bursts fit in the caches, as the ring of the bare copy.
func Call(q Queue, size int, d time.Duration) Result {
	produce, burst := q.Producer(), min(capacity/2, ringBytes/2/size)
	one := func() time.Duration {
		start := time.Now()
		produce(burst)
		took := time.Since(start)
		q.Settle()
		return took
	}
	var r Result
	for r.Warm < capacity {
		one()
		r.Warm += burst
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for start := time.Now(); time.Since(start) < d; {
		r.Elapsed += one()
		r.Records += burst
	}
	runtime.ReadMemStats(&after)
	r.Allocs = after.Mallocs - before.Mallocs
	return r
}

// Run hands over records of the given size from so many goroutines for about d,
// after as many as the queue needs to be warm.
func Run(q Queue, size, goroutines int, d time.Duration) Result {
	var warm, end sync.WaitGroup
	warm.Add(goroutines)
	begin := make(chan time.Time)
	records := make([]int, goroutines)
	warmRecords := warmUp(size) / goroutines
	for i := range goroutines {
		end.Go(func() {
			produce := q.Producer()
			produce(warmRecords)
			warm.Done()
			start := <-begin
			for n := block; ; n += block {
				produce(block)
				if time.Since(start) >= d {
					records[i] = n
					return
				}
			}
		})
	}
	warm.Wait()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, start := usage.CPU(), time.Now()
	for range goroutines {
		begin <- start
	}
	end.Wait()
	r := Result{Elapsed: time.Since(start), CPU: usage.CPU() - cpu}
	runtime.ReadMemStats(&after)
	r.Allocs = after.Mallocs - before.Mallocs
	r.Warm = warmRecords * goroutines
	for _, n := range records {
		r.Records += n
	}
	return r
}

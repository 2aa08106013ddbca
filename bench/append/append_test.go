package appendbench

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{64, 256, 1024, 4096} {
		for _, c := range Cases() {
			for _, shape := range []string{"serial", "parallel"} {
				b.Run(fmt.Sprintf("%s/%d/%s", c.Name, size, shape), func(b *testing.B) {
					goroutines := 1
					if shape == "parallel" {
						goroutines = runtime.GOMAXPROCS(0)
					}
					q := c.Open(size)
					b.SetBytes(int64(size))
					b.ReportAllocs()
					b.ResetTimer()
					Share(q, goroutines, b.N)
					b.StopTimer()
					b.ReportMetric(1-float64(q.Close())/float64(b.N), "dropped/op")
				})
			}
		}
	}
}

// TestAllTaken holds the cases that wait for room to their promise, and thereby
// the comparison to its fairness.
func TestAllTaken(t *testing.T) {
	const n = 50_000
	for _, c := range Cases() {
		for _, goroutines := range []int{1, 4} {
			q := c.Open(200)
			Share(q, goroutines, n)
			taken := q.Close()
			mayDrop := c.Name == "go-diodes" || c.Name == "otel batch"
			if taken > n || taken < n && !mayDrop {
				t.Errorf("%s with %d goroutines: %d of %d records taken", c.Name, goroutines, taken, n)
			}
		}
	}
}

func TestAppendDoesNotAllocate(t *testing.T) {
	for _, c := range Cases() {
		if c.Kind == Peer {
			continue
		}
		q := c.Open(200)
		r := Run(q, 200, 2, 50*time.Millisecond)
		q.Close()
		if per := float64(r.Allocs) / float64(r.Records); per > 0.01 {
			t.Errorf("%s: %v allocations a record", c.Name, per)
		}
	}
}

func TestPercentile(t *testing.T) {
	var h Histogram
	for i := range 100_000 {
		h.Add(time.Duration(i))
	}
	for _, p := range []float64{0.5, 0.99, 0.9999} {
		want := p * 100_000
		if got := float64(h.Percentile(p)); got < want*0.95 || got > want*1.05 {
			t.Errorf("percentile %v is %v, want about %v", p, got, want)
		}
	}
	if h.Count() != 100_000 {
		t.Errorf("count %d", h.Count())
	}
}

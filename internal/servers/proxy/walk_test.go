package proxy

import (
	"flag"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/servers/ledger"
	"github.com/logsto/logsto-go/transport"
)

var (
	walkTime = flag.Duration("walk", 10*time.Second, "how long the random walk takes")
	walkSeed = flag.Uint64("seed", 1, "where the random walk starts")
)

// walkRate is how many records are logged per second meanwhile.
const walkRate = 20_000

// TestRandomWalk logs while the network changes from one fault to another, with
// calm in between.
func TestRandomWalk(t *testing.T) {
	r := newRig(t, 0, ledger.Setup{
		Transport: []transport.Option{transport.WithTimeout(time.Second)},
		// An outage of 40 seconds fits, far more than the longest here.
		Batch: []batch.Option{batch.WithMaxBytes(256 << 20)},
	})
	rng := rand.New(rand.NewPCG(*walkSeed, 0))
	logged := make(chan struct{})
	go func() {
		defer close(logged)
		r.Log(int(walkTime.Seconds()*walkRate), walkRate)
	}()
	steps := map[string]int{}
	most := uint64(0)
walk:
	for {
		what, undo := step(t, rng, r.wire)
		steps[what]++
		most = max(most, r.Buffer.Stats().Pending)
		select {
		case <-logged:
			undo()
			break walk
		case <-time.After(time.Duration(100+rng.IntN(500)) * time.Millisecond):
			undo()
		}
	}
	start := time.Now()
	rep := r.Finish(t, r.server, time.Minute)
	t.Logf("seed %d, steps %v; at most %d records pending; all delivered %v after the end", *walkSeed, steps, most, time.Since(start))
	if r.replaced > 0 {
		t.Logf("the proxy was replaced %d times", r.replaced)
	}
	if rep.Failed == 0 {
		t.Error("nothing was spoilt")
	}
}

// step goes to another state of the network, and returns its name and how to
// end it.
func step(t *testing.T, rng *rand.Rand, w *wire) (string, func()) {
	t.Helper()
	between := func(lo, hi int) int { return lo + rng.IntN(hi-lo+1) }
	up := rng.IntN(2) == 0
	var x toxic
	switch rng.IntN(12) {
	case 0:
		x = toxic{"latency", up, map[string]int{"latency": between(10, 200), "jitter": between(0, 10)}}
	case 1:
		x = toxic{"bandwidth", up, map[string]int{"rate": between(20, 2000)}}
	case 2:
		x = toxic{"slow_close", up, map[string]int{"delay": between(10, 500)}}
	case 3:
		x = toxic{"slicer", up, map[string]int{"average_size": between(64, 1000), "size_variation": 32, "delay": between(1, 100)}}
	case 4:
		x = toxic{"limit_data", true, map[string]int{"bytes": between(100, 100_000)}} // in mid-body
	case 5:
		x = toxic{"limit_data", false, map[string]int{"bytes": between(1, 500)}} // in an answer
	case 6:
		x = toxic{"reset_peer", up, map[string]int{"timeout": between(0, 100)}}
	case 7:
		x = toxic{"timeout", up, map[string]int{"timeout": 0}}
	case 8:
		w.down(t)
		return "down", func() { w.up(t) }
	default:
		return "calm", func() {}
	}
	w.add(t, x)
	return x.name(), func() { w.remove(t, x) }
}

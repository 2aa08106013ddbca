package check

import (
	"flag"
	"runtime"
	"testing"
	"time"
)

var lim = flag.Int("lim", 1000000, "")

// memory returns how many MiB this process has from the system.
func memoryInUse() uint64 {
	var ms runtime.MemStats
	runtime.ReadMemStats(&ms)
	return ms.Sys >> 20
}

func TestConfigs(t *testing.T) {
	for _, cfg := range configs() {
		t.Run(cfg.name, func(t *testing.T) {
			start := time.Now()
			r := explore(cfg, noBug, *lim)
			t.Logf("%-20s: %8d states, %8d steps, depth %d, %d rests, partial %v, %v, %d MiB", cfg.name, r.states, r.steps, r.depth, r.rests, r.partial, time.Since(start), memoryInUse())
			if r.wrong != "" {
				for _, l := range r.trace {
					t.Log(l)
				}
				t.Fatal(r.wrong)
			}
		})
	}
}

package check

import (
	"flag"
	"runtime"
	"slices"
	"testing"
	"time"
)

var (
	large = flag.Bool("large", false, "search the large configurations too; see huge")
	most  = flag.Int("most", 60_000_000, "give up on a configuration with more states")
)

// run searches one configuration and logs how large it was.
func run(t *testing.T, cfg config, b bug) result {
	t.Helper()
	start := time.Now()
	r := explore(cfg, b, *most)
	var ms runtime.MemStats
	runtime.ReadMemStats(&ms)
	t.Logf("%s: %d states, %d steps, depth %d, at rest %d, in %v; %d MiB",
		cfg.name, r.states, r.steps, r.depth, r.rests, time.Since(start).Round(time.Millisecond), ms.Sys>>20)
	if r.wrong != "" {
		t.Logf("%s, after", r.wrong)
		for i, line := range r.trace {
			t.Logf("%3d %s", i+1, line)
		}
	}
	return r
}

// TestProtocol finds nothing wrong in any state of any configuration.
func TestProtocol(t *testing.T) {
	list := slices.Clone(quick)
	switch {
	case raceEnabled:
		list = list[:3]
	case *large:
		list = slices.Concat(list, thorough, huge)
	case !testing.Short():
		list = append(list, thorough...)
	}
	for _, cfg := range list {
		t.Run(cfg.name, func(t *testing.T) {
			switch r := run(t, cfg, noBug); {
			case r.wrong != "":
				t.Error(r.wrong)
			case r.partial:
				t.Errorf("not finished after %d states", r.states)
			case r.rests == 0:
				t.Error("nothing has come to rest")
			}
		})
	}
}

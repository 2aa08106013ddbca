package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/logsto/logsto-go/bench/append"
)

type tables []*table

func (all tables) find(p parallelism, size int) *table {
	for _, t := range all {
		if t.parallelism == p && t.size == size {
			return t
		}
	}
	return nil
}

// verdicts prints goals and remembers whether all were reached.
type verdicts struct{ missed bool }

func (v *verdicts) say(ok bool, format string, args ...any) {
	word := "met   "
	if !ok {
		word, v.missed = "missed", true
	}
	fmt.Printf("%s  %s\n", word, fmt.Sprintf(format, args...))
}

// goals prints which goals are reached, and reports whether all are.
func (all tables) goals(scales []scale, p percentiles) bool {
	var v verdicts
	fmt.Printf("goals, with records of %d bytes\n", goalSize)
	t := all.find(callAlone, goalSize)
	at := func(name string) float64 { return quantile(t.row(name).ns, quiet) }
	bare, store := at(appendbench.Copy), at(appendbench.Store)
	pool := at(appendbench.PoolCopy) - bare
	fmt.Printf("        one store makes %.2f x copy, one store and a pool make %.2f x\n", store/bare, (store+pool)/bare)
	held := t.quietInHand() / bare
	v.say(held <= 1.6, "the call alone, quiet rounds: token in hand %.2f x copy, at most 1.6", held)
	pooled := at(appendbench.Append) / bare
	v.say(pooled <= 3, "the call alone, quiet rounds: with the pool %.2f x copy, at most 3", pooled)
	for _, other := range []string{appendbench.Scratch, appendbench.ScratchP} {
		place := at(appendbench.InPlace) / at(other)
		v.say(place <= 0.8, "the call alone, quiet rounds: in place %.2f x %s and copy, at most 0.8", place, other)
	}
	v.scaling(scales)
	v.peers(all)
	v.allocations(all)
	for _, pause := range pauses {
		ours, twin := p[key{appendbench.Append, pause}], p[key{appendbench.Mutex, pause}]
		v.say(ours.p9999 < twin.p9999, "8 goroutines, %v between calls: 99.99%% of calls within %v, with the mutex %v", pause, ours.p9999, twin.p9999)
	}
	return !v.missed
}

// peers says how often each peer is ahead of us, and how far at most.
func (v *verdicts) peers(all tables) {
	for _, c := range appendbench.Cases() {
		if c.Kind != appendbench.Peer {
			continue
		}
		ahead, compared, best, where := 0, 0, 0.0, ""
		for _, t := range all {
			if t.row(c.Name).drop > peerMayDrop {
				continue
			}
			compared++
			ratio := t.of(c.Name) / t.of(appendbench.Append)
			if ratio < 1 {
				ahead++
			}
			if best == 0 || ratio < best {
				best, where = ratio, fmt.Sprintf("%v, %d bytes", t.parallelism, t.size)
			}
		}
		v.say(ahead == 0, "%s: ahead of ours in %d of %d cells in which it drops nothing; at best %.2f x ours (%s)", c.Name, ahead, compared, best, where)
	}
}

func (v *verdicts) allocations(all tables) {
	worst, where := 0.0, ""
	for _, t := range all {
		for _, r := range t.rows {
			if t.parallelism == callAlone { // the waiting between the bursts allocates
				break
			}
			if r.Kind == appendbench.Ours && r.allocs >= worst {
				worst, where = r.allocs, fmt.Sprintf("%s, %v, %d bytes", r.Name, t.parallelism, t.size)
			}
		}
	}
	v.say(worst <= noAllocations, "allocations: %.5f per record at most (%s)", worst, where)
}

// percentiles are those of the time of a call.
type (
	percentiles map[key]*spread
	key         struct {
		name  string
		pause time.Duration
	}
	spread struct{ p50, p99, p999, p9999 time.Duration }
)

// pauses are what the goroutines do between two calls: nothing, or a little.
var pauses = []time.Duration{0, 500 * time.Nanosecond}

const latencyRounds = 7

// latencies measures calls of 8 goroutines with the processors that there are.
// The medians of the rounds count.
func latencies(each time.Duration) percentiles {
	found := percentiles{}
	fmt.Printf("\n8 goroutines, %d bytes, %d rounds of %v: how long a call takes, a look at the clock included\n", goalSize, latencyRounds, each)
	fmt.Printf("%-12s %-8s %12s %12s %12s %12s %14s\n", "", "between", "p50", "p99", "p99.9", "p99.99", "calls a second")
	for _, pause := range pauses {
		rounds := map[string][]*appendbench.Histogram{}
		for range latencyRounds {
			for _, c := range appendbench.LatencyCases() {
				q := c.Open()
				rounds[c.Name] = append(rounds[c.Name], appendbench.Latency(q, 8, each, pause))
				q.Close()
			}
		}
		for _, c := range appendbench.LatencyCases() {
			at := func(p float64) time.Duration {
				var ns []float64
				for _, h := range rounds[c.Name] {
					ns = append(ns, float64(h.Percentile(p)))
				}
				return time.Duration(quantile(ns, 0.5))
			}
			var calls float64
			for _, h := range rounds[c.Name] {
				calls += float64(h.Count())
			}
			s := &spread{at(0.5), at(0.99), at(0.999), at(0.9999)}
			found[key{c.Name, pause}] = s
			fmt.Printf("%-12s %-8v %12v %12v %12v %12v %14.0f\n", c.Name, pause, s.p50, s.p99, s.p999, s.p9999, calls/each.Seconds()/latencyRounds)
		}
	}
	return found
}

// quantile returns the value that the share p of the values does not exceed.
func quantile(values []float64, p float64) float64 {
	values = slices.Sorted(slices.Values(values))
	return values[min(len(values)-1, int(p*float64(len(values))))]
}

package main

import (
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/logsto/logsto-go/bench/append"
)

// scale is how many records a second one way takes with some processors.
type scale struct {
	name string
	parallelism
	ns []float64
}

// scaled are the ways of which the records a second are compared between numbers
// of processors. The bare copy tells how much of them there was to be had.
var scaled = []string{appendbench.Copy, appendbench.Append, appendbench.Mutex, "mutex+append", "zap buffered"}

// scaling measures them, one number of processors after the other in each round,
// so that all meet the same disturbance.
func scaling(rounds int, each time.Duration) (all []scale) {
	for range rounds {
		for _, p := range parallelisms[1:] {
			if p.procs != p.goroutines {
				continue
			}
			runtime.GOMAXPROCS(p.procs)
			for _, c := range appendbench.Cases() {
				if !slices.Contains(scaled, c.Name) {
					continue
				}
				q := c.Open(goalSize)
				r := appendbench.Run(q, goalSize, p.goroutines, each)
				q.Close()
				i := slices.IndexFunc(all, func(s scale) bool { return s.name == c.Name && s.parallelism == p })
				if i < 0 {
					i = len(all)
					all = append(all, scale{name: c.Name, parallelism: p})
				}
				all[i].ns = append(all[i].ns, float64(r.Elapsed)/float64(r.Records))
			}
		}
	}
	fmt.Printf("\nrecords a second as multiples of those of one processor, %d bytes, medians of %d rounds of %v (quiet rounds)\n", goalSize, rounds, each)
	fmt.Printf("%-16s", "")
	for _, p := range parallelisms[1:] {
		if p.procs == p.goroutines {
			fmt.Printf("%16d", p.procs)
		}
	}
	for _, name := range scaled {
		fmt.Printf("\n%-16s", name)
		one := find(all, name, serial)
		for _, p := range parallelisms[1:] {
			if s := find(all, name, p); s != nil {
				fmt.Printf("%8.2f (%4.2f) ", s.times(one, 0.5), s.times(one, quiet))
			}
		}
	}
	fmt.Println()
	return all
}

func find(all []scale, name string, p parallelism) *scale {
	for i := range all {
		if all[i].name == name && all[i].parallelism == p {
			return &all[i]
		}
	}
	return nil
}

// times returns how many times the records of the other s takes.
func (s *scale) times(other *scale, share float64) float64 {
	return quantile(other.ns, share) / quantile(s.ns, share)
}

func (v *verdicts) scaling(all []scale) {
	for _, p := range parallelisms[1:] {
		ours, copies := find(all, appendbench.Append, p), find(all, appendbench.Copy, p)
		if ours == nil || p == serial {
			continue
		}
		more := ours.times(find(all, appendbench.Append, serial), quiet)
		v.say(more >= 1.8, "%v, quiet rounds: %.2f x the records of one core, at least 1.8; copies %.2f x", p, more,
			copies.times(find(all, appendbench.Copy, serial), quiet))
	}
}

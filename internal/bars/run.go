package main

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// plan says what to run.
type plan struct {
	scenarios []scenario
	seeds     int
	form      form
	limit     time.Duration // of a trial, in real time
	each      func(s scenario, seed uint64, o outcome)
}

// outcome is what came of one run of a scenario.
type outcome struct {
	values  []float64
	note    string
	trouble string // why there are no values
	took    time.Duration
}

// result is a scenario with what came of all its runs.
type result struct {
	scenario
	outcomes []outcome
}

// execute runs the scenarios in their order, those in real time first and many at once,
// and then as many others at once as there are processors.
func (p plan) execute(t *testing.T) []result {
	t.Helper()
	results := make([]result, len(p.scenarios))
	var mu sync.Mutex
	work := func(realTime bool, workers int) {
		jobs := make(chan func())
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for job := range jobs {
					job()
				}
			})
		}
		for i, s := range p.scenarios {
			if s.realTime != realTime {
				continue
			}
			n := p.runsOf(s)
			results[i] = result{s, make([]outcome, n)}
			for k := range n {
				jobs <- func() {
					seed := uint64(k + 1)
					o := p.one(t, s, seed)
					results[i].outcomes[k] = o
					mu.Lock()
					defer mu.Unlock()
					p.each(s, seed, o)
				}
			}
		}
		close(jobs)
		wg.Wait()
	}
	work(true, 20)
	work(false, runtime.GOMAXPROCS(0))
	return results
}

// runsOf returns how often a scenario runs.
func (p plan) runsOf(s scenario) int {
	switch {
	case s.run == nil:
		return 0
	case s.runs == runs{}:
		return p.seeds
	case p.form == short:
		return s.runs.short
	default:
		return s.runs.usual
	}
}

// grace is how long a run may take after its limit, at which it stops logging.
const grace = time.Minute

// one runs a scenario once. It returns in any case: a run that does not end is left
// behind.
func (p plan) one(t *testing.T, s scenario, seed uint64) outcome {
	t.Helper()
	start := time.Now()
	e := env{seed: seed, form: p.form, late: &atomic.Bool{}}
	defer time.AfterFunc(p.limit, func() { e.late.Store(true) }).Stop()
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		defer func() {
			// Of the bubble, in which goroutines wait for ever.
			if v := recover(); v != nil && o.trouble == "" {
				o.trouble = fmt.Sprint(v)
			}
			if o.values == nil && o.trouble == "" {
				o.trouble = "it failed"
			}
			done <- o
		}()
		if s.realTime {
			o = measure(s, e)
			return
		}
		synctest.Test(t, func(*testing.T) { o = measure(s, e) })
	}()
	var o outcome
	select {
	case o = <-done:
	case <-time.After(p.limit + grace):
		o.trouble = "it does not end"
	}
	o.took = time.Since(start)
	return o
}

// measure runs a scenario, and makes a panic an outcome.
func measure(s scenario, e env) (o outcome) {
	defer func() {
		if v := recover(); v != nil {
			o.trouble = fmt.Sprint(v)
		}
	}()
	o.values, o.note = s.run(e)
	return o
}

// troubles returns why there are no values of some runs.
func (r result) troubles() (list []string) {
	for _, o := range r.outcomes {
		if o.trouble != "" && !slices.Contains(list, o.trouble) {
			list = append(list, o.trouble)
		}
	}
	return list
}

// values returns the value that counts for each bar.
func (r result) values() []float64 {
	var values []float64
	for i, b := range r.bars {
		var all []float64
		for _, o := range r.outcomes {
			if o.trouble == "" {
				all = append(all, o.values[i])
			}
		}
		values = append(values, b.fold(all))
	}
	return values
}

// passed reports whether each bar is met.
func (r result) passed() bool {
	if r.run == nil {
		return true
	}
	if len(r.outcomes) == 0 || len(r.troubles()) > 0 {
		return false
	}
	for i, v := range r.values() {
		if !r.bars[i].met(v) {
			return false
		}
	}
	return true
}

package main

import (
	"fmt"
	"time"

	"github.com/logsto/logsto-go/bench/internal/usage"
)

// memory is what the process has had of it.
type memory struct {
	samples []uint64 // bytes, at even distances
	done    chan struct{}
	stop    chan struct{}
}

const samples = 40

// watch takes samples while the process logs.
func watch(length time.Duration) *memory {
	m := &memory{samples: []uint64{usage.Resident()}, done: make(chan struct{}), stop: make(chan struct{})}
	go func() {
		defer close(m.done)
		tick := time.NewTicker(length / samples)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				m.samples = append(m.samples, usage.Resident())
			case <-m.stop:
				m.samples = append(m.samples, usage.Resident())
				return
			}
		}
	}()
	return m
}

// print ends the watch and prints what it saw.
func (m *memory) print() {
	close(m.stop)
	<-m.done
	at := func(share float64) float64 {
		return float64(m.samples[int(share*float64(len(m.samples)-1))]) / (1 << 20)
	}
	peak := uint64(0)
	for _, s := range m.samples {
		peak = max(peak, s)
	}
	fmt.Printf("memory     %.0f MiB before, %.0f at a quarter, %.0f in the middle, %.0f at three quarters, %.0f at the end, %.0f at most\n",
		at(0), at(0.25), at(0.5), at(0.75), at(1), float64(peak)/(1<<20))
}

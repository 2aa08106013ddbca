package ledger

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// producers is how many goroutines log. Record id comes from goroutine
// id % producers.
const producers = 4

// tick is how often a producer looks how many records are due.
const tick = 2 * time.Millisecond

// Feed logs n records with the numbers from first on, at a steady rate per
// second, and returns how long the slowest call took. It logs them all: a delay
// is made up for. stall is how late a goroutine was that did nothing but wait
// meanwhile: so much of slowest may be the machine's doing.
func Feed(h slog.Handler, first, n, rate int) (slowest, stall time.Duration) {
	log := slog.New(h)
	end := make(chan struct{})
	stalls := watch(end)
	slow := make([]time.Duration, producers)
	start := time.Now()
	var wg sync.WaitGroup
	for p := range producers {
		wg.Go(func() {
			t := time.NewTicker(tick)
			defer t.Stop()
			for i := p; i < n; i += producers {
				for i >= int(float64(rate)*time.Since(start).Seconds()) {
					<-t.C
				}
				slow[p] = max(slow[p], call(log, first+i))
			}
		})
	}
	wg.Wait()
	close(end)
	for _, d := range slow {
		slowest = max(slowest, d)
	}
	return slowest, <-stalls
}

// watch waits again and again until end is closed, and then tells how late it
// was at most.
func watch(end chan struct{}) chan time.Duration {
	out := make(chan time.Duration, 1)
	go func() {
		var late time.Duration
		for {
			start := time.Now()
			select {
			case <-end:
				out <- late
				return
			case <-time.After(tick):
				late = max(late, time.Since(start)-tick)
			}
		}
	}()
	return out
}

// call logs one record and returns how long that took.
func call(log *slog.Logger, id int) time.Duration {
	start := time.Now()
	log.LogAttrs(context.Background(), slog.LevelInfo, "request served",
		slog.Int("id", id),
		slog.String("path", "/v1/orders/4711"),
		slog.Int("status", 200),
		slog.Duration("took", time.Duration(id*7919%1000000)),
	)
	return time.Since(start)
}

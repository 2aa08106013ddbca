package main

import (
	"time"
)

// hungTimeout is that of requests, where connections hang.
const hungTimeout = time.Second

// hung are the scenarios of connections that hang, while new ones work.
func hung() (list []scenario) {
	small, large := load{rate: 50}, load{rate: 200, size: 5 << 10}
	for _, k := range []struct {
		name        string
		http2, deaf bool
		load        load
	}{
		{"HTTP/1.1", false, false, small},
		{"HTTP/1.1, zero window", false, true, large},
		{"HTTP/2 streams", true, false, small},
		{"HTTP/2, zero window", true, false, large},
	} {
		list = append(list, scenario{
			row:  "Hung connection (HTTP/2 streams, zero window, HTTP/1.1); new connections work",
			name: "Hung connection, " + k.name, realTime: true,
			bars: []bar{
				// The first record waits for its batch, too.
				{"flows after", seconds, atMost, (2*hungTimeout + time.Second).Seconds()},
				{"delivered", percent, atLeast, 1},
				shownBar("twice", count),
			},
			run: func(e env) ([]float64, string) {
				srv := &hanging{http2: k.http2, deaf: k.deaf}
				tr := srv.trial(e)
				defer tr.close()
				tr.log(k.load, 3*time.Second)
				at := tr.now()
				srv.hang()
				tr.log(k.load, 5*time.Second)
				for end := tr.now() + 10*time.Second; tr.now() < end && tr.ledger.delivered() < 1; {
					time.Sleep(100 * time.Millisecond)
				}
				return []float64{
					(tr.firstAfter(at) - at).Seconds(), tr.ledger.delivered(), float64(tr.ledger.again),
				}, tr.report()
			},
		})
	}
	return list
}

// firstAfter returns when the first record arrived of those that were logged after a
// time: now, if none has.
func (tr *trial) firstAfter(at time.Duration) time.Duration {
	tr.ledger.mu.Lock()
	defer tr.ledger.mu.Unlock()
	first := tr.now()
	for i, called := range tr.ledger.called {
		if acked := tr.ledger.acked[i]; called >= at && acked != never {
			first = min(first, acked)
		}
	}
	return first
}

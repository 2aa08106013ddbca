package main

import (
	"fmt"
	"net/http"
	"time"
)

// hour are the scenarios of a backlog that as much as fits of an hour has left.
func hour() (list []scenario) {
	for _, rate := range []int{10, 100, 2000} {
		list = append(list, scenario{
			row: "One-hour outage, then recovery", name: fmt.Sprintf("Outage 1 h, %d/s", rate),
			bars: []bar{
				{"full speed after", seconds, atMost, 2},
				mostBar("out of age", 3), noneBar("given up"),
				shownBar("first probe after", seconds), shownBar("backlog", count),
			},
			run: func(e env) ([]float64, string) {
				length := time.Hour
				if e.form == short {
					length = tenMinutes
				}
				tr := newTrial(e, setup{rule: outage(length, http.StatusServiceUnavailable)})
				defer tr.close()
				tr.log(load{rate: rate}, beforeOutage+length)
				tr.log(load{rate: min(rate, 100)}, 2*aMinute)
				backlog, first, last := tr.backlog(beforeOutage + length)
				note := tr.report()
				tr.settle()
				speed := max(0, last-first-burst(e, backlog)*5/4)
				return []float64{
					speed.Seconds(), float64(tr.ledger.outOfAge(slack)), float64(tr.givenUp()),
					(first - beforeOutage - length).Seconds(), float64(backlog),
				}, note
			},
		})
	}
	return list
}

// slack is how many records the batches have that may be in flight together: four of
// a mebibyte.
const slack = 4 << 20 / usualSize

// backlog returns how many records waited at a time, and when the first and the last
// of them arrived.
func (tr *trial) backlog(at time.Duration) (n int, first, last time.Duration) {
	tr.ledger.mu.Lock()
	defer tr.ledger.mu.Unlock()
	first = tr.now()
	for i, called := range tr.ledger.called {
		if !tr.ledger.taken[i] || called >= at {
			continue
		}
		switch acked := tr.ledger.acked[i]; {
		case acked == never:
			n++
			last = tr.now()
		case acked >= at:
			n++
			first, last = min(first, acked), max(last, acked)
		}
	}
	return n, first, last
}

// burst returns how long a client without an outage takes for so many records.
func burst(e env, n int) time.Duration {
	tr := newTrial(e, setup{})
	defer tr.close()
	tr.log(load{rate: 100}, beforeOutage)
	at := tr.now()
	tr.burst(n)
	time.Sleep(aMinute)
	_, first, last := tr.backlog(at + 1)
	return last - first
}

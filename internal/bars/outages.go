package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// beforeOutage is how long all is well at first.
const beforeOutage = 30 * time.Second

// endings are the ways in which a program waits for its last records.
var endings = []struct {
	name string
	end  func(tr *trial)
}{
	{"Close", func(tr *trial) { _ = tr.buf.Close(context.Background()) }},
	{"Sync", func(tr *trial) { _ = tr.buf.Sync() }},
	{"Fatal", func(tr *trial) {
		tr.last(batch.Fatal)
		_ = tr.buf.Sync()
	}},
}

// troubles are the outages, but for how long they last.
var troubles = []int{http.StatusServiceUnavailable, http.StatusUnauthorized}

var outageLengths = []time.Duration{10 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute}

// outages are the scenarios of a server that was down before the program ends.
func outages() (list []scenario) {
	backs := []time.Duration{0, time.Second, 5 * time.Second}
	for _, code := range troubles {
		for _, length := range outageLengths {
			for _, ending := range endings {
				var bars []bar
				for _, back := range backs {
					bars = append(bars, bar{fmt.Sprintf("back %v before", inWords(back)), percent, mean, 1})
				}
				list = append(list, scenario{
					row: fmt.Sprintf("Outage of %v by %d; server back 0, 1, 5 s before Close, Sync, Fatal (5 s); runs that deliver everything",
						inWords(length), code),
					name: fmt.Sprintf("Outage %v, %d, %s", inWords(length), code, ending.name),
					bars: bars, runs: runs{60, 6},
					run: func(e env) (values []float64, note string) {
						for _, back := range backs {
							tr := newTrial(e, setup{rule: outage(length, code)})
							tr.logUntil(beforeOutage + length + back)
							values = append(values, tr.ends(ending.end))
							note += tr.report() + "\n"
						}
						return values, note
					},
				})
			}
		}
	}
	return append(list, plainOutage())
}

// plainOutage is a minute without an answer.
func plainOutage() scenario {
	return scenario{
		row: "A plain one-minute outage", name: "Outage 1m, 503, cost",
		bars: []bar{mostBar("failed requests", 20), shownBar("down after", seconds)},
		run: func(e env) ([]float64, string) {
			tr := newTrial(e, setup{rule: outage(aMinute, http.StatusServiceUnavailable)})
			defer tr.close()
			tr.log(load{rate: 50}, beforeOutage+aMinute+aMinute)
			_, failures := tr.server.counts()
			after := tr.now()
			tr.ledger.mu.Lock()
			defer tr.ledger.mu.Unlock()
			for _, t := range tr.ledger.acked {
				if t >= beforeOutage+aMinute {
					after = min(after, t)
				}
			}
			return []float64{float64(failures), (after - beforeOutage - aMinute).Seconds()}, ""
		},
	}
}

// closing are the scenarios of a server that comes back while Close waits.
func closing() (list []scenario) {
	const back = 3 * time.Second
	for _, code := range troubles {
		for _, length := range outageLengths {
			list = append(list, scenario{
				row:  "Server back 3 s after Close began (5 s deadline)",
				name: fmt.Sprintf("Outage %v, %d, back within Close", inWords(length), code),
				bars: []bar{{"runs that deliver everything", percent, mean, 0.95}}, runs: runs{60, 6},
				run: func(e env) ([]float64, string) {
					tr := newTrial(e, setup{rule: outage(length, code)})
					tr.logUntil(beforeOutage + length - back)
					return []float64{tr.ends(endings[0].end)}, tr.report()
				},
			})
		}
	}
	return list
}

// outage answers so for a time.
func outage(length time.Duration, code int) func(*rand.Rand) rule {
	return func(*rand.Rand) rule { return down(beforeOutage, beforeOutage+length, answer{status: code}) }
}

// logUntil logs a little until a time since the start.
func (tr *trial) logUntil(until time.Duration) { tr.log(load{rate: 10}, until-tr.now()) }

// ends reports, as 1 or 0, whether all records that were logged are delivered when
// the program has ended so.
func (tr *trial) ends(end func(*trial)) float64 {
	defer tr.close()
	end(tr)
	if tr.ledger.count(func(i int) bool { return tr.ledger.acked[i] == never }) > 0 {
		return 0
	}
	return 1
}

// inWords writes a duration without zeros.
func inWords(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%d s", d/time.Second)
	}
	return fmt.Sprintf("%d min", d/time.Minute)
}

package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/transport"
)

// random are the scenarios of a server that fails by chance.
func random() (list []scenario) {
	for _, q := range []float64{0.1, 0.3, 0.6} {
		for _, bad := range []float64{0, 0.01} {
			name := fmt.Sprintf("%v %% of requests fail", q*100)
			if bad > 0 {
				name += fmt.Sprintf(", %v %% bad", bad*100)
			}
			list = append(list, scenario{
				row: "10, 30, 60 % of requests fail randomly with 503, alone and with 1 % bad records", name: name,
				bars: []bar{goodBar(0.999), noneBar("given up"), {"requests", ratio, atMost, 2.5}, shownBar("p99", seconds)},
				run: func(e env) ([]float64, string) {
					plain := newTrial(e, setup{rule: func(*rand.Rand) rule { return failBad(answer{status: 500}) }})
					_, _ = plain.random(bad)
					needed, _ := plain.server.counts()
					values, note := newTrial(e, setup{rule: chance(q)}).random(bad)
					values[2] /= float64(needed) / (1 - q)
					return values, note
				},
			})
		}
	}
	return append(list, scenario{
		row: "At 90 % random failures, within the budget", name: "90 % of requests fail",
		bars: []bar{goodBar(0.9), shownBar("given up", count), shownBar("requests", count), shownBar("p99", seconds)},
		run: func(e env) ([]float64, string) {
			return newTrial(e, setup{rule: chance(0.9)}).random(0)
		},
	})
}

// chance fails with 503 with a chance of q, and with 500 for bad records.
func chance(q float64) func(*rand.Rand) rule {
	return func(rng *rand.Rand) rule {
		return sometimes(rng, q, answer{status: http.StatusServiceUnavailable}, failBad(answer{status: 500}))
	}
}

// random logs, and returns the share of good records that were delivered, how many
// were given up, the number of requests, and the 99th percentile.
func (tr *trial) random(bad float64) (values []float64, note string) {
	defer tr.close()
	l := load{rate: 200, bad: bad}
	tr.log(l, tr.length(tenMinutes, l.rate))
	time.Sleep(aMinute)
	synctest.Wait()
	good, p99 := tr.ledger.delivered(), percentile(tr.ledger.delays(aMinute, tr.now()), 99)
	requests, _ := tr.server.counts()
	note = tr.report()
	tr.settle()
	return []float64{good, float64(tr.givenUp()), float64(requests), p99}, note
}

// retryAfter are the scenarios of a server that sometimes asks for patience.
func retryAfter() (list []scenario) {
	for _, q := range []float64{0.01, 0.05} {
		list = append(list, scenario{
			row:  "1 % and 5 % of answers are `503` with `Retry-After: 1`, single objects, 200/s",
			name: fmt.Sprintf("Retry-After in %v %% of answers", q*100),
			bars: []bar{goodBar(0.99), shownBar("given up", count), shownBar("p99", seconds)},
			run: func(e env) ([]float64, string) {
				tr := newTrial(e, setup{
					rule: func(rng *rand.Rand) rule {
						return sometimes(rng, q, answer{status: http.StatusServiceUnavailable, retryAfter: "1"}, func(*request) answer { return taken })
					},
					transport: []transport.Option{transport.WithFormat(transport.Single)},
				})
				values, note := tr.random(0)
				return []float64{values[0], values[1], values[3]}, note
			},
		})
	}
	return list
}

// The proxy that admits few requests.
const (
	admitted   = 2
	proxyDelay = 50 * time.Millisecond
)

// throttled is the scenario of a proxy that admits few requests at once.
func throttled() []scenario {
	const most = float64(admitted) * float64(time.Second) / float64(proxyDelay) // records a second
	return []scenario{{
		row:  "A proxy that admits two requests and answers 429 with Retry-After",
		name: "429 for more than two requests",
		bars: []bar{{"of the capacity", percent, atLeast, 0.8}, shownBar("given up", count)},
		run: func(e env) ([]float64, string) {
			tr := newTrial(e, setup{
				rule: func(*rand.Rand) rule {
					return func(r *request) answer {
						if r.excess {
							return answer{status: http.StatusTooManyRequests, retryAfter: "1"}
						}
						return taken
					}
				},
				delay: proxyDelay, admits: admitted,
				transport: []transport.Option{transport.WithFormat(transport.Single)},
			})
			defer tr.close()
			l := load{rate: 200}
			length := tr.length(5*time.Minute, l.rate)
			tr.log(l, length)
			arrived := tr.ledger.count(func(i int) bool { return tr.ledger.acked[i] >= aMinute })
			note := tr.report()
			tr.settle()
			return []float64{float64(arrived) / (most * (length - aMinute).Seconds()), float64(tr.givenUp())}, note
		},
	}}
}

// cpu is measured elsewhere.
func cpu() []scenario {
	return []scenario{{
		row: "Single objects, client CPU", name: "Single objects, client CPU", see: "bench/single",
		bars: []bar{{"of a bare net/http loop", ratio, atMost, 1.15}},
	}}
}

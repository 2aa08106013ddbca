package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing/synctest"
	"time"
)

// failure is how a server fails for a bad record.
type failure struct {
	name   string
	answer answer
}

// status is a failure with that answer.
func status(code int) failure { return failure{fmt.Sprint(code), answer{status: code}} }

var aCut = failure{"cut", cut}

// arrays are the scenarios of a server that takes arrays, but fails for those with a
// bad record in them.
func arrays() (list []scenario) {
	fails := []failure{status(500), status(403), status(503), aCut}
	refuses := []failure{status(400), status(413), status(422)}
	for _, rate := range []int{50, 500} {
		list = append(list, arraysOf("Arrays; 0.1, 1, 5, 20 % of records answered 500, 403, 503 or cut; 50/s and 500/s",
			rate, []float64{0.001, 0.01, 0.05, 0.2}, fails, 0.995, 15*time.Second)...)
	}
	list = append(list, arraysOf("The same at 5,000/s, up to 5 % bad",
		5000, []float64{0.001, 0.01, 0.05}, fails, 0.985, 5*time.Second)...)
	for _, rate := range []int{50, 500} {
		list = append(list, arraysOf("The same with 400, 413, 422",
			rate, []float64{0.001, 0.01, 0.05, 0.2}, refuses, 0.999, 5*time.Second)...)
	}
	return append(list, arraysOf("The same with 400, 413, 422",
		5000, []float64{0.001, 0.01, 0.05}, refuses, 0.999, 5*time.Second)...)
}

func arraysOf(row string, rate int, shares []float64, fails []failure, good float64, p99 time.Duration) (list []scenario) {
	for _, bad := range shares {
		for _, f := range fails {
			list = append(list, scenario{
				row: row, name: fmt.Sprintf("Arrays, %d/s, %v %% %s", rate, bad*100, f.name),
				bars: []bar{goodBar(good), p99Bar(p99), noneBar("given up"), noneBar("uncounted"), shownBar("twice", count), shownBar("requests per bad", count)},
				run: func(e env) ([]float64, string) {
					tr := newTrial(e, setup{rule: func(*rand.Rand) rule { return failBad(f.answer) }})
					return tr.arrays(load{rate: rate, bad: bad, large: f.answer.status == http.StatusRequestEntityTooLarge})
				},
			})
		}
	}
	return list
}

// arrays logs, and returns the values of the bars of arrays.
func (tr *trial) arrays(l load) (values []float64, note string) {
	defer tr.close()
	tr.log(l, tr.length(tenMinutes, l.rate))
	time.Sleep(aMinute)
	synctest.Wait()
	good, p99, uncounted := tr.ledger.delivered(), percentile(tr.ledger.delays(aMinute, tr.now()), 99), tr.uncounted()
	tries, _ := tr.ledger.tries()
	note = tr.report()
	tr.settle()
	return []float64{
		good, p99, float64(tr.givenUp()), float64(max(uncounted, tr.uncounted())), float64(tr.ledger.again), tries,
	}, note
}

// everySecond are the scenarios of which every second record is bad.
func everySecond() (list []scenario) {
	const rate = 500
	for _, f := range []failure{status(400), status(500)} {
		list = append(list, scenario{
			row: "Every second record bad (400, 500)", name: fmt.Sprintf("Arrays, %d/s, every second %s", rate, f.name),
			bars: []bar{goodBar(0.999), {"pace", percent, atLeast, 0.95}, noneBar("given up"), noneBar("uncounted"), shownBar("p99", seconds)},
			run: func(e env) ([]float64, string) {
				tr := newTrial(e, setup{rule: func(*rand.Rand) rule { return failBad(f.answer) }})
				length := tr.length(tenMinutes, rate)
				values, note := tr.arrays(load{rate: rate, bad: 0.5})
				return []float64{values[0], tr.ledger.pace(aMinute, length), values[2], values[3], values[1]}, note
			},
		})
	}
	return list
}

package main

import (
	"fmt"
	"math/rand/v2"
	"testing/synctest"
	"time"
)

// singles are the scenarios of a server that takes single objects only.
func singles() (list []scenario) {
	for _, rate := range []int{50, 500} {
		for _, bad := range []float64{0.001, 0.01} {
			for _, f := range []failure{status(500), aCut} {
				list = append(list, scenario{
					row:  "Single-object server, 0.1 % and 1 % cut or 500, 50/s and 500/s",
					name: fmt.Sprintf("Single objects, %d/s, %v %% %s", rate, bad*100, f.name),
					bars: []bar{
						p50Bar(1100 * time.Millisecond), p99Bar(3 * time.Second), mostBar("requests per bad", 40),
						shownBar("at most", count), shownBar("given up", count), shownBar("twice", count),
					},
					run: func(e env) ([]float64, string) {
						// What net/http does after a cut connection is a part of it.
						tr := newTrial(e, setup{rule: func(*rand.Rand) rule { return singleOnly(failBad(f.answer)) }, piped: f == aCut})
						return tr.singles(load{rate: rate, bad: bad})
					},
				})
			}
		}
	}
	return list
}

func (tr *trial) singles(l load) (values []float64, note string) {
	defer tr.close()
	tr.log(l, tr.length(tenMinutes, l.rate))
	time.Sleep(aMinute)
	synctest.Wait()
	delays := tr.ledger.delays(aMinute, tr.now())
	tries, most := tr.ledger.tries()
	note = tr.report()
	tr.settle()
	return []float64{
		percentile(delays, 50), percentile(delays, 99), tries, most, float64(tr.givenUp()), float64(tr.ledger.again),
	}, note
}

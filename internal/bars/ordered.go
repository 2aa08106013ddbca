package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"syscall"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// ordered are the scenarios of one send in flight, which keeps the order.
func ordered() (list []scenario) {
	refused := failure{"refused", answer{err: &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}}}
	for _, f := range []failure{status(503), status(401), status(500), refused, aCut} {
		list = append(list, scenario{
			row: "One send in flight, any outage", name: "One send in flight, outages by " + f.name,
			bars: []bar{mostBar("out of order in an outage", 3), noneBar("given up"), shownBar("twice", count)},
			run: func(e env) (values []float64, note string) {
				values = make([]float64, 3)
				for _, length := range []time.Duration{5 * time.Second, 20 * time.Second, 2 * time.Minute} {
					v, n := oneOutage(e, length, f.answer)
					for i := range v {
						values[i] = max(values[i], v[i])
					}
					note += fmt.Sprintf("%v: %s\n", length, n)
				}
				return values, note
			},
		})
	}
	return list
}

func oneOutage(e env, length time.Duration, a answer) (values []float64, note string) {
	tr := newTrial(e, setup{
		rule:  func(*rand.Rand) rule { return down(beforeOutage, beforeOutage+length, a) },
		batch: []batch.Option{batch.WithMaxInFlight(1)},
	})
	defer tr.close()
	tr.log(load{rate: 200}, beforeOutage+length+aMinute)
	tr.settle()
	return []float64{float64(tr.ledger.misplaced()), float64(tr.givenUp()), float64(tr.ledger.again)}, tr.report()
}

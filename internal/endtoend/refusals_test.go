package endtoend

import (
	"encoding/json"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// refusals are the cases in which the server dislikes how records are sent, or
// what is in some of them.
var refusals = []faultCase{
	{name: "arrays are refused with 400", faults: noArrays(400), requests: between(200, 210)},
	{name: "arrays are refused with 413", faults: noArrays(413), requests: between(200, 410)},
	{name: "arrays are refused with 415", faults: noArrays(415), requests: between(200, 210)},
	{name: "arrays are refused with 422", faults: noArrays(422), requests: between(200, 210)},
	{
		name:     "arrays are refused by a slow server, which gets many single records at once",
		faults:   append(noArrays(400), func(s *logstotest.Server) { s.SetDelay(100 * time.Millisecond) }),
		logs:     logs{n: 3200},
		requests: between(3200, 3210),
		took:     within(10*time.Second, 15*time.Second),
	},
	{
		// After ten minutes the client tries again what was refused.
		name:     "arrays are refused for five minutes",
		faults:   []fault{func(s *logstotest.Server) { s.RefuseArraysFor(5*time.Minute, 400) }},
		logs:     logs{n: 4000, over: 20 * time.Minute},
		requests: between(2450, 2570),
		took:     within(20*time.Minute, 20*time.Minute+5*time.Second),
	},
	{name: "arrays are refused twice", faults: []fault{func(s *logstotest.Server) { s.RefuseArraysTimes(2, 400) }}, requests: between(3, 210)}, // it cannot know that it was but for once
	{
		name:     "arrays are taken, and after a minute no more",
		faults:   []fault{at(time.Minute, func(s *logstotest.Server) { s.RefuseArrays(400) })},
		logs:     logs{n: 4000, over: 2 * time.Minute},
		requests: between(2060, 2150),
		took:     within(2*time.Minute, 2*time.Minute+10*time.Second),
	},

	{name: "compression is refused with 415", faults: noCompression(415), logs: tenBatches, requests: exactly(11)},
	{name: "compression is refused with 400", faults: noCompression(400), logs: tenBatches, requests: exactly(11)},
	{
		name:     "compression is taken, and after five seconds no more",
		faults:   []fault{at(5*time.Second, func(s *logstotest.Server) { s.RefuseCompression(415) })},
		logs:     tenBatches,
		requests: exactly(11),
	},

	{
		name:     "bodies over 16 KiB are refused",
		faults:   []fault{func(s *logstotest.Server) { s.SetMaxBody(16 << 10) }},
		logs:     logs{n: 2000, over: 10 * time.Second, size: always(500)},
		requests: between(60, 110),
	},
	{
		name:     "bodies over 16 KiB are refused, and one record is larger",
		faults:   []fault{func(s *logstotest.Server) { s.SetMaxBody(16 << 10) }},
		logs:     logs{n: 200, size: oneLarge(77, 64<<10)},
		requests: between(10, 35),
		lost:     losses{batch.ReasonUndelivered: exactly(1)},
		missing:  []int{77},
		told:     "loss",
	},
	{
		name: "arrays, compression and bodies over 4 KiB are refused",
		faults: []fault{
			func(s *logstotest.Server) { s.RefuseArrays(400); s.RefuseCompression(415); s.SetMaxBody(4 << 10) },
		},
		logs:     logs{n: 400, over: 10 * time.Second, size: always(1500)},
		requests: between(400, 430),
	},
	{
		// A dozen are refused alone, and then it is a fault of the set-up.
		name:     "everything is refused with 400",
		faults:   downFor(24*time.Hour, 400),
		requests: between(100, 6000), // Close waits for two hours, and has it tried twice a second
		lost:     losses{batch.ReasonAbandoned: between(188, 200), batch.ReasonUndelivered: between(0, 12)},
		told:     "loss, setup",
		took:     within(2*time.Hour, 2*time.Hour),
	},
	{
		name:     "everything is refused with 422 for ten minutes",
		faults:   downFor(10*time.Minute, 422),
		requests: between(30, 600),
		lost:     losses{batch.ReasonUndelivered: between(1, 12)},
		told:     "loss, setup",
		took:     within(10*time.Minute, 13*time.Minute),
	},
	{name: "410 once, which is final", known: true, faults: script(logstotest.Status(410)), requests: exactly(2), lost: losses{batch.ReasonUndelivered: exactly(200)}, told: "loss"},
	{
		name:     "402 for the batch of one second, and its neighbours are delivered",
		faults:   script(logstotest.OK(), logstotest.OK(), logstotest.Status(402)),
		logs:     tenBatches,
		requests: exactly(10),
		lost:     losses{batch.ReasonUndelivered: between(150, 250)},
		told:     "loss",
	},

	{
		name:     "one record of 5000 is refused with 422",
		faults:   poison(2345, logstotest.Status(422)),
		logs:     logs{n: 5000},
		requests: between(10, 40), // two for each halving, and some
		lost:     losses{batch.ReasonUndelivered: exactly(1)},
		missing:  []int{2345},
		told:     "loss",
	},
	{
		name:     "the first record is refused with 400",
		faults:   poison(0, logstotest.Status(400)),
		requests: between(3, 25),
		lost:     losses{batch.ReasonUndelivered: exactly(1)},
		missing:  []int{0},
		told:     "loss",
	},
	{
		name:     "every hundredth record is refused with 422",
		faults:   []fault{func(s *logstotest.Server) { s.Poison(`00,"pad"`) }},
		logs:     logs{n: 1000},
		requests: between(50, 200),
		lost:     losses{batch.ReasonUndelivered: exactly(9)}, // 100 to 900
		told:     "loss",
	},
	{
		name:     "one record is refused with 422 where arrays are refused too",
		faults:   append(noArrays(400), poison(50, logstotest.Status(422))...),
		requests: between(200, 215),
		lost:     losses{batch.ReasonUndelivered: exactly(1)},
		missing:  []int{50},
		told:     "loss",
	},
	// A record alone that fails holds up the others for ten seconds: a second send
	// starts only then, unless a whole batch waits. That may be told as a stall.
	{
		// Given up after sixteen failures and a minute, while others go on.
		name:     "the server fails with 500 over one record",
		faults:   poison(50, logstotest.Status(500)),
		logs:     logs{n: 3000, over: 3 * time.Minute},
		requests: between(150, 500),
		lost:     losses{batch.ReasonUndelivered: exactly(1)},
		missing:  []int{50},
		told:     "loss",
		mayTell:  "stall",
		took:     within(3*time.Minute, 4*time.Minute),
	},
	{
		name:     "a firewall answers one record with 403",
		faults:   poison(50, logstotest.Status(403)),
		logs:     logs{n: 6000, over: 6 * time.Minute},
		requests: between(340, 480),
		lost:     losses{batch.ReasonUndelivered: exactly(1)},
		missing:  []int{50},
		told:     "loss, setup",
		took:     within(6*time.Minute, 8*time.Minute),
	},
	{
		// 503 may pass: it waits for the server, and the others do not.
		name: "the server answers 503 over one record, until it is mended",
		faults: append(poison(50, logstotest.Status(503)),
			at(3*time.Minute, func(s *logstotest.Server) { s.Poison("") })),
		logs:     logs{n: 3000, over: 4 * time.Minute},
		requests: between(230, 330),
		mayTell:  "stall",
		took:     within(4*time.Minute, 5*time.Minute),
	},
	{
		name:     "the server crashes over one record for ever",
		faults:   poison(50, logstotest.Reset()),
		logs:     logs{n: 3000, over: 3 * time.Minute},
		closes:   10 * time.Second,
		requests: between(150, 500),
		lost:     losses{batch.ReasonAbandoned: exactly(1)},
		missing:  []int{50},
		told:     "loss",
		mayTell:  "stall",
		took:     within(3*time.Minute+10*time.Second, 3*time.Minute+11*time.Second),
	},
	{
		// The client must wait for the time-out each time.
		name:     "the server hangs over one record for ever",
		faults:   poison(50, logstotest.Hang()),
		client:   []transport.Option{transport.WithTimeout(5 * time.Second)},
		logs:     logs{n: 3000, over: 5 * time.Minute},
		closes:   10 * time.Second,
		requests: between(180, 500),
		lost:     losses{batch.ReasonAbandoned: between(1, 50)},
		told:     "loss",
		mayTell:  "stall",
		took:     within(5*time.Minute+10*time.Second, 5*time.Minute+11*time.Second),
	},

	{
		name:     "207 for a part",
		known:    true,
		faults:   script(logstotest.Partial(207, 3, 5, 8)),
		client:   []transport.Option{transport.WithPartialSuccess(readPartial)},
		requests: exactly(2), // the second tells the server of the loss
		lost:     losses{batch.ReasonUndelivered: exactly(3)},
		told:     "loss",
	},
	{
		name:     "200 for a part, without two poison records",
		faults:   []fault{func(s *logstotest.Server) { s.PoisonWith(`50,"pad"`, logstotest.Partial(200)) }},
		client:   []transport.Option{transport.WithPartialSuccess(readPartial)},
		requests: exactly(2),
		lost:     losses{batch.ReasonUndelivered: exactly(2)},
		missing:  []int{50, 150},
		told:     "loss",
	},
	{
		// The server has acknowledged the records, and would store them twice.
		name:     "a success that nobody can read",
		faults:   forTime(time.Hour, logstotest.OK().Body("thanks")),
		client:   []transport.Option{transport.WithPartialSuccess(readPartial)},
		logs:     tenBatches,
		requests: exactly(10),
		told:     "setup",
	},
}

var tenBatches = logs{n: 2000, over: 9500 * time.Millisecond}

func noArrays(status int) []fault {
	return []fault{func(s *logstotest.Server) { s.RefuseArrays(status) }}
}

func noCompression(status int) []fault {
	return []fault{func(s *logstotest.Server) { s.RefuseCompression(status) }}
}

// poison is what the server does over the record i.
func poison(i int, step logstotest.Step) []fault {
	text, _ := json.Marshal(i) // a number
	return []fault{func(s *logstotest.Server) { s.PoisonWith(`"i":`+string(text)+`,`, step) }}
}

// oneLarge returns 100 but for the record i.
func oneLarge(i, size int) func(int) int {
	return func(k int) int {
		if k == i {
			return size
		}
		return 100
	}
}

// readPartial reads the answers of the stand-in to a part.
func readPartial(body []byte, _ int) (failed []transport.Failure, err error) {
	var answer struct {
		Errors []struct {
			Index int
			Error string
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	for _, e := range answer.Errors {
		failed = append(failed, transport.Failure{Index: e.Index, Reason: e.Error})
	}
	return failed, nil
}

package endtoend

import (
	"slices"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// mixed are the cases in which much goes wrong together.
var mixed = []faultCase{
	{
		name: "one fault after the other",
		faults: script(
			logstotest.Status(503), logstotest.OK(), logstotest.Reset(), logstotest.OK(), logstotest.ResetAfter(),
			logstotest.OK(), logstotest.Raw("nonsense"), logstotest.OK(), logstotest.Status(429).RetryAfter("3"),
			logstotest.OK(), logstotest.Hang(), logstotest.OK(), logstotest.Status(403), logstotest.OK().Endless(),
			portal, logstotest.OK().Drip(time.Minute),
		),
		client:   []transport.Option{transport.WithTimeout(5 * time.Second)},
		logs:     logs{n: 6000, over: time.Minute},
		requests: between(20, 150),
		twice:    between(0, 400), // one batch, at most
		told:     "",
		mayTell:  "setup",
	},
	{
		name:     "everything fails twice in a row",
		faults:   script(times(60, logstotest.Status(503), logstotest.Reset(), logstotest.OK())...),
		logs:     logs{n: 2000, over: 30 * time.Second},
		requests: between(60, 95),
		took:     within(30*time.Second, 40*time.Second),
	},
	{
		name: "arrays and compression are refused in an outage, and a record is poison",
		faults: slices.Concat(noArrays(400), noCompression(415), poison(150, logstotest.Status(422)),
			downFor(20*time.Second, 503)),
		logs:     logs{n: 400, over: 30 * time.Second},
		requests: between(400, 450),
		lost:     losses{batch.ReasonUndelivered: exactly(1)},
		missing:  []int{150},
		told:     "loss, stall",
		took:     within(30*time.Second, time.Minute),
	},
	{
		name:     "a third of all requests fails at random",
		faults:   atRandom(0.33, logstotest.Status(503), logstotest.Status(500), logstotest.Reset(), logstotest.ResetAfter(), logstotest.Raw("?")),
		logs:     logs{n: 10_000, over: 2 * time.Minute},
		requests: between(120, 320),
		twice:    between(1, 3000),
		took:     within(2*time.Minute, 3*time.Minute),
	},
	{
		name:     "a third of all requests fails at random where arrays are refused",
		faults:   append(noArrays(400), atRandom(0.33, logstotest.Status(503), logstotest.Reset())...),
		logs:     logs{n: 2000, over: 2 * time.Minute},
		requests: between(2400, 4500),
		took:     within(2*time.Minute, 8*time.Minute),
	},
	{
		// Chance decides how much is split. Ten batches of 50 records take a hundred
		// requests; each record in a request of its own would take five thousand.
		name:     "nine of ten requests fail at random with 500",
		faults:   atRandom(0.9, logstotest.Status(500)),
		logs:     logs{n: 500, over: 10 * time.Second},
		requests: between(10, 5000),
		told:     "stall",
		took:     within(10*time.Second, 2*time.Hour),
	},
	{
		// The server has the records three times at most: nothing else tells it
		// that they are the same.
		name:     "a server that stores and answers 500",
		known:    true,
		faults:   script(logstotest.Partial(500), logstotest.Partial(500)),
		requests: exactly(3),
		twice:    exactly(200),
	},
	{
		name: "poison in an outage of which the proxy makes 502",
		faults: slices.Concat(poison(77, logstotest.Status(422)),
			downFor(15*time.Second, 502)),
		requests: between(10, 60),
		lost:     losses{batch.ReasonUndelivered: exactly(1)},
		missing:  []int{77},
		told:     "loss, stall",
		took:     within(15*time.Second, time.Minute),
	},
	{
		name: "a key is revoked in an outage",
		faults: append(downFor(20*time.Second, 503),
			func(s *logstotest.Server) { s.RevokeAPIKey(logstotest.APIKey) },
			at(time.Minute, func(s *logstotest.Server) { s.AddAPIKey(logstotest.APIKey) })),
		logs:     forAMinute,
		requests: between(8, 50),
		told:     "setup, stall",
		took:     soonAfterAMinute,
	},
	{
		name: "OAuth: tokens expire, the endpoint of tokens fails, and so does the server",
		auth: oauth, via: tokensFailFor(30*time.Second, 500),
		server:   []logstotest.Option{logstotest.WithTokenLifetime(20 * time.Second)},
		faults:   atRandom(0.2, logstotest.Status(503), logstotest.ResetAfter()),
		logs:     logs{n: 3000, over: 2 * time.Minute},
		requests: between(80, 500),
		twice:    between(1, 1500),
		told:     "stall",
		took:     within(2*time.Minute, 3*time.Minute),
	},
}

// atRandom has a share of all requests go by one of the steps.
func atRandom(share float64, steps ...logstotest.Step) []fault {
	return []fault{func(s *logstotest.Server) { s.FailAtRandom(7, share, steps...) }}
}

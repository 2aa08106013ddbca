package endtoend

import (
	"net/http"
	"slices"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// answers are the cases in which the server says that it cannot take records now.
var answers = []faultCase{
	{name: "a healthy server", requests: exactly(1)},
	{name: "a healthy server and many batches", logs: logs{n: 30_000, over: time.Minute}, requests: between(10, 70)},
	{
		name:     "a server that takes two seconds for each request",
		faults:   []fault{func(s *logstotest.Server) { s.SetDelay(2 * time.Second) }},
		logs:     logs{n: 2000, over: time.Minute},
		requests: between(15, 70),
	},

	{name: "408 once", faults: script(logstotest.Status(408)), requests: exactly(2)},
	{name: "421 once", faults: script(logstotest.Status(421)), requests: exactly(2)},
	{name: "425 once", faults: script(logstotest.Status(425)), requests: exactly(2)},
	{name: "429 once", faults: script(logstotest.Status(429)), requests: exactly(2)},
	{name: "500 once", faults: script(logstotest.Status(500)), requests: exactly(2)},
	{name: "502 once", faults: script(logstotest.Status(502)), requests: exactly(2)},
	{name: "503 once", faults: script(logstotest.Status(503)), requests: exactly(2)},
	{name: "504 once", faults: script(logstotest.Status(504)), requests: exactly(2)},
	{name: "507 once", faults: script(logstotest.Status(507)), requests: exactly(2)},
	{name: "a proxy's page with 502 once", faults: script(logstotest.Status(502).Header("Content-Type", "text/html").Body("<h1>Bad Gateway</h1>")), requests: exactly(2)},
	{
		// After three failures in a row a record goes alone, and then the others.
		name:     "500 five times",
		faults:   script(times(5, logstotest.Status(500))...),
		requests: between(6, 9),
		took:     within(0, 15*time.Second),
	},

	{
		name:     "503 for a minute",
		faults:   downFor(time.Minute, 503),
		logs:     logs{n: 6000, over: 70 * time.Second},
		requests: between(10, 60),
		told:     "stall",
		took:     within(60*time.Second, 100*time.Second),
	},
	{
		name:     "503 for an hour",
		faults:   downFor(time.Hour, 503),
		logs:     logs{n: 10_000, over: time.Hour},
		requests: between(60, 600),
		told:     "stall",
		took:     within(time.Hour, time.Hour+time.Minute),
	},
	{
		// One request at a time finds out, however many batches wait.
		name:     "503 for a minute in a burst",
		faults:   downFor(time.Minute, 503),
		logs:     logs{n: 40_000, over: 10 * time.Second},
		requests: between(10, 400),
		told:     "stall",
		took:     within(60*time.Second, 100*time.Second),
	},
	{
		name:     "up for three seconds and down for three, for two minutes",
		faults:   flapping(3*time.Second, 20),
		logs:     logs{n: 12_000, over: 2 * time.Minute},
		requests: between(60, 1000),
		mayTell:  "stall",
		took:     within(2*time.Minute, 2*time.Minute+30*time.Second),
	},

	{
		name:     "429 with Retry-After in seconds",
		faults:   script(logstotest.Status(429).RetryAfter("7")),
		requests: exactly(2),
		took:     within(7*time.Second, 7*time.Second),
	},
	{
		name: "503 with Retry-After as a date",
		faults: scripted(func() logstotest.Step {
			return logstotest.Status(503).RetryAfter(time.Now().Add(8 * time.Second).UTC().Format(http.TimeFormat))
		}),
		requests: exactly(2),
		took:     within(8*time.Second, 8*time.Second),
	},
	{
		name:     "503 with Retry-After in the past",
		faults:   script(logstotest.Status(503).RetryAfter("Fri, 31 Dec 1999 23:59:59 GMT")),
		requests: exactly(2),
	},
	{
		name:     "503 with Retry-After that is none",
		faults:   script(logstotest.Status(503).RetryAfter("soon")),
		requests: exactly(2),
	},
	{
		name:     "503 with Retry-After of a year, of which five minutes are believed",
		faults:   script(logstotest.Status(503).RetryAfter("31536000")),
		requests: exactly(2),
		told:     "stall",
		took:     within(5*time.Minute, 5*time.Minute),
	},
	{
		// It holds back all batches, and not only the one that got it. Four may
		// be on their way by then.
		name:     "429 with Retry-After for everybody",
		faults:   script(times(4, logstotest.Status(429).RetryAfter("30"))...),
		logs:     logs{n: 60_000},
		buffer:   []batch.Option{batch.WithMaxBytes(64 << 20)},
		requests: between(7, 200),
		told:     "stall",
		took:     within(30*time.Second, 125*time.Second),
	},
}

// flapping is a server that is up for d, then down for d, so many times.
func flapping(d time.Duration, n int) (all []fault) {
	for i := range n {
		all = slices.Concat(all, []fault{at(d*time.Duration(2*i+1), func(s *logstotest.Server) { s.FailFor(d, 503) })})
	}
	return all
}

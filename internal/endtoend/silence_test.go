package endtoend

import (
	"strings"
	"time"

	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// silence are the cases without an answer, or with one that is not whole.
var silence = []faultCase{
	{name: "cut before storing", faults: script(logstotest.Reset()), requests: exactly(2)},
	{name: "cut after storing", faults: script(logstotest.ResetAfter()), requests: exactly(2), twice: exactly(200)},
	{
		name:     "cut after storing, and the server knows the Idempotency-Key",
		server:   []logstotest.Option{logstotest.WithDeduplication()},
		faults:   script(logstotest.ResetAfter()),
		requests: exactly(2),
	},
	{
		name:     "cut after storing twice in a row",
		faults:   script(times(2, logstotest.ResetAfter())...),
		requests: exactly(3),
		twice:    exactly(200),
	},
	{
		// The client cannot tell them from records that make the server crash, so
		// it sends some alone; each is stored at most a few times more.
		name:     "cut after storing five times in a row",
		faults:   script(times(5, logstotest.ResetAfter())...),
		requests: between(6, 9),
		twice:    exactly(200),
		took:     within(0, 15*time.Second),
	},
	{
		name:     "cut before storing five times in a row",
		faults:   script(times(5, logstotest.Reset())...),
		requests: between(6, 9),
		took:     within(0, 15*time.Second),
	},
	{
		name:     "everything is stored and cut, and comes again",
		faults:   script(times(100, logstotest.ResetAfter(), logstotest.OK())...),
		logs:     logs{n: 1000, over: 20 * time.Second},
		requests: between(20, 45),
		twice:    exactly(1000),
	},
	{
		name:     "all connections are refused for twenty seconds",
		faults:   []fault{func(s *logstotest.Server) { s.CutFor(20 * time.Second) }},
		logs:     logs{n: 2000, over: 20 * time.Second},
		requests: between(1, 5),
		told:     "stall",
		took:     within(20*time.Second, 60*time.Second),
	},
	{
		name:     "all connections are cut every ten seconds",
		faults:   []fault{cutsEvery(10*time.Second, 6)},
		logs:     logs{n: 2000, over: time.Minute},
		requests: between(50, 70),
		twice:    between(0, 200), // if a request runs just then; net/http repeats it by itself
	},
	{
		// Stored, and cut while the answer is on its way.
		name: "cut while a request runs",
		faults: []fault{
			func(s *logstotest.Server) { s.Script(logstotest.OK().Body("{}").Pad(10).Drip(time.Second)) },
			at(200*time.Millisecond, func(s *logstotest.Server) { s.CutFor(0) }),
		},
		requests: exactly(1), // the status had come
	},
	{
		name: "cut while the server thinks",
		faults: []fault{
			func(s *logstotest.Server) { s.Script(logstotest.OK().Delay(time.Second)) },
			at(200*time.Millisecond, func(s *logstotest.Server) { s.CutFor(0) }),
		},
		requests: exactly(2),
	},

	{
		name:     "no answer once",
		faults:   script(logstotest.Hang()),
		requests: exactly(2),
		took:     within(30*time.Second, 31*time.Second),
	},
	{
		name:     "no answer three times, with a time-out of five seconds",
		faults:   script(times(3, logstotest.Hang())...),
		client:   []transport.Option{transport.WithTimeout(5 * time.Second)},
		logs:     logs{n: 1000, over: 30 * time.Second},
		requests: between(15, 40),
		told:     "stall",
	},
	{
		name:     "no answer for four batches at once",
		faults:   script(times(4, logstotest.Hang())...),
		logs:     logs{n: 40_000},
		requests: between(8, 20),
		took:     within(30*time.Second, 125*time.Second),
	},
	{
		name:     "an answer that takes longer than the time-out, and is stored",
		faults:   script(logstotest.OK().Delay(time.Minute)),
		requests: exactly(2),
		took:     within(30*time.Second, 31*time.Second),
	},

	{name: "garbage instead of HTTP", faults: script(logstotest.Raw("\x00\x16\x03\x01 no HTTP\r\n\r\n")), requests: exactly(2)},
	{name: "the greeting of another protocol", faults: script(logstotest.Raw("220 mail.example ESMTP\r\n")), requests: exactly(2)},
	{name: "half a status line", faults: script(logstotest.Raw("HTTP/1.1 20")), requests: exactly(2)},
	{name: "a connection that is closed without a word", faults: script(logstotest.Raw("")), requests: exactly(2)},
	{name: "half a header", faults: script(logstotest.Raw("HTTP/1.1 200 OK\r\nContent-Ty")), requests: exactly(2)},
	{name: "a header of eleven megabytes", faults: script(logstotest.Raw("HTTP/1.1 200 OK\r\nX-A: " + strings.Repeat("x", 11<<20))), requests: exactly(2)},
	{name: "a Content-Length that is no number", faults: script(logstotest.Raw("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n")), requests: exactly(2)},
	{name: "two lengths that disagree", faults: script(logstotest.Raw("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx")), requests: exactly(2)},
	{name: "a thousand early hints and no answer", faults: script(logstotest.Raw(strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 1000))), requests: exactly(2)},

	// A success is one once its status has come, whatever its body does.
	{name: "a success that breaks off", faults: script(logstotest.OK().Body("{").Header("Content-Length", "1000")), requests: exactly(1)},
	{name: "a success without an end", faults: script(logstotest.OK().Endless()), requests: exactly(1)},
	{name: "a success of a gigabyte", faults: script(logstotest.OK().Pad(1 << 30)), requests: exactly(1)},
	{name: "a success a byte a second", faults: script(logstotest.OK().Pad(1 << 20).Drip(time.Second)), requests: exactly(1)},
	{name: "204 without a body", faults: script(logstotest.Partial(204).Body("")), requests: exactly(1)},
	{name: "503 that breaks off", faults: script(logstotest.Status(503).Body("busy").Header("Content-Length", "1000")), requests: exactly(2)},
	{name: "503 without an end", faults: script(logstotest.Status(503).Endless()), requests: exactly(2)},
	{name: "500 a byte a minute", faults: script(logstotest.Status(500).Pad(1000).Drip(time.Minute)), requests: exactly(2)},

	{name: "an HTTP client that panics twice", via: panics(2), requests: exactly(1)},
}

// cutsEvery cuts the connections that are open, so many times.
func cutsEvery(d time.Duration, n int) fault {
	return func(s *logstotest.Server) {
		for i := range n {
			time.AfterFunc(d*time.Duration(i+1), func() { s.CutFor(0) })
		}
	}
}

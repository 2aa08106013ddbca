package endtoend

import (
	"slices"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// setups are the cases in which somebody must mend something, and does.
var setups = []faultCase{
	{
		name: "a key is revoked, and comes back after a minute",
		faults: []fault{
			func(s *logstotest.Server) { s.RevokeAPIKey(logstotest.APIKey) },
			at(time.Minute, func(s *logstotest.Server) { s.AddAPIKey(logstotest.APIKey) }),
		},
		logs:     logs{n: 2000, over: time.Minute},
		requests: between(4, 20),
		told:     "setup",
		took:     within(time.Minute, 3*time.Minute),
	},
	{
		// The old key ends in mid-stream, and a new one is there: one replay.
		name:   "a key is rotated",
		server: []logstotest.Option{logstotest.WithAPIKey(logstotest.APIKey), logstotest.WithAPIKey("next-key")},
		auth:   rotated(10 * time.Second),
		faults: []fault{
			at(10*time.Second, func(s *logstotest.Server) { s.RevokeAPIKey(logstotest.APIKey) }),
		},
		logs:     logs{n: 2000, over: 20 * time.Second},
		requests: between(20, 25),
	},
	{
		name: "a key is revoked, and the next one is added and used after a minute",
		auth: rotated(time.Minute),
		faults: []fault{
			at(10*time.Second, func(s *logstotest.Server) { s.RevokeAPIKey(logstotest.APIKey) }),
			at(time.Minute, func(s *logstotest.Server) { s.AddAPIKey("next-key") }),
		},
		logs:     logs{n: 2000, over: 90 * time.Second},
		requests: between(20, 100),
		told:     "setup",
		took:     within(90*time.Second, 3*time.Minute),
	},

	// After such an answer one record is sent alone, since another one of the batch
	// may be at fault; then the rest.
	{name: "401 once", faults: script(logstotest.Status(401)), requests: exactly(2), told: "setup"},
	{name: "403 for a minute", faults: downFor(time.Minute, 403), logs: forAMinute, requests: between(4, 30), told: "setup", took: soonAfterAMinute},
	{name: "404 for a minute", faults: downFor(time.Minute, 404), logs: forAMinute, requests: between(4, 30), told: "setup", took: soonAfterAMinute},
	{name: "405 for a minute", faults: downFor(time.Minute, 405), logs: forAMinute, requests: between(4, 30), told: "setup", took: soonAfterAMinute},
	{name: "407 for a minute", faults: downFor(time.Minute, 407), logs: forAMinute, requests: between(4, 30), told: "setup", took: soonAfterAMinute},
	{name: "a web page with 200 for a minute", faults: forTime(time.Minute, portal), logs: forAMinute, requests: between(4, 30), told: "setup", took: soonAfterAMinute},
	{name: "a web page with 200, and it is stored", faults: script(logstotest.OK().Header("Content-Type", "text/html").Body("<p>thanks</p>")), requests: exactly(3), twice: exactly(200), told: "setup"},
	{name: "a redirect to another host for a minute", faults: forTime(time.Minute, elsehost), logs: forAMinute, requests: between(4, 30), told: "setup", took: soonAfterAMinute},
	{name: "a redirect that would turn POST into GET", faults: script(logstotest.Status(302).Header("Location", "/v1/log")), requests: exactly(3), told: "setup"},
	{name: "a redirect without a target", faults: script(logstotest.Status(308)), requests: exactly(3), told: "setup"},
	{name: "a redirect to the same host, which is followed", faults: script(logstotest.Status(307).Header("Location", "/v1/log")), requests: exactly(2)},
	{
		// Six requests are one attempt.
		name:     "a redirect in a circle for a minute",
		faults:   forTime(time.Minute, logstotest.Status(308).Header("Location", "/v1/log")),
		logs:     forAMinute,
		requests: between(20, 180),
		told:     "setup",
		took:     soonAfterAMinute,
	},
	{name: "another protocol is offered", faults: script(logstotest.Raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")), requests: exactly(3), told: "setup"},
	{name: "a status that is none", faults: script(logstotest.Raw("HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n")), requests: exactly(3), told: "setup"},
	{
		name:     "the certificate has expired, and is replaced after a minute",
		via:      badCertificateFor(time.Minute),
		logs:     forAMinute,
		requests: between(1, 30),
		told:     "setup",
		took:     soonAfterAMinute,
	},
	{
		name:     "https to a server that does not speak it, until Close gives up",
		stranger: true,
		client:   []transport.Option{transport.WithEndpoint("https://127.0.0.1:1/v1/log")},
		closes:   20 * time.Second,
		requests: exactly(0),
		lost:     losses{batch.ReasonAbandoned: exactly(200)},
		told:     "loss, setup",
		took:     within(20*time.Second, 20100*time.Millisecond),
	},

	{name: "OAuth", auth: oauth, requests: exactly(1)},
	{
		name:     "OAuth: tokens expire every ten seconds",
		server:   []logstotest.Option{logstotest.WithTokenLifetime(10 * time.Second)},
		auth:     oauth,
		logs:     logs{n: 2000, over: time.Minute},
		requests: between(55, 70),
	},
	{
		name:     "OAuth: all tokens are revoked",
		auth:     oauth,
		faults:   []fault{at(10500*time.Millisecond, (*logstotest.Server).ExpireTokens)},
		logs:     logs{n: 2000, over: 20 * time.Second},
		requests: between(20, 25), // one of them again, with a new token
	},
	{
		name: "OAuth: the token endpoint answers 503 for a minute",
		auth: oauth, via: tokensFailFor(time.Minute, 503),
		logs:     forAMinute,
		requests: between(1, 30), // none without a token
		told:     "stall",
		took:     soonAfterAMinute,
	},
	{
		name: "OAuth: the token endpoint answers 429 for a minute",
		auth: oauth, via: tokensFailFor(time.Minute, 429),
		logs:     forAMinute,
		requests: between(1, 30),
		told:     "stall",
		took:     soonAfterAMinute,
	},
	{
		name: "OAuth: the client is revoked, and added again after a minute",
		auth: oauth,
		faults: []fault{
			func(s *logstotest.Server) { s.RevokeOAuthClient(logstotest.ClientID) },
			at(time.Minute, func(s *logstotest.Server) { s.AddOAuthClient(logstotest.ClientID, logstotest.ClientSecret) }),
		},
		logs:     forAMinute,
		requests: between(1, 30),
		told:     "setup",
		took:     soonAfterAMinute,
	},

	{
		name:     "403 without an end, until Close gives up",
		faults:   downFor(24*time.Hour, 403),
		closes:   3 * time.Second,
		requests: between(1, 4),
		lost:     losses{batch.ReasonAbandoned: exactly(200)},
		told:     "loss, setup",
		took:     within(3*time.Second, 3100*time.Millisecond),
	},
	{
		name:     "403 and WithoutSetupRetry",
		faults:   downFor(24*time.Hour, 403),
		client:   []transport.Option{transport.WithoutSetupRetry()},
		requests: exactly(2), // the second tells the server of the loss
		lost:     losses{batch.ReasonUndelivered: exactly(200)},
		told:     "loss",
		mayTell:  "setup",
	},
	{
		// In this order they happen when somebody sets up a new account.
		name:     "a portal, then no route, then no right, then a bad key, then it works",
		faults:   script(slices.Concat(times(2, portal), times(2, logstotest.Status(404)), times(2, logstotest.Status(403)), times(2, logstotest.Status(401)))...),
		requests: between(9, 12),
		told:     "setup",
		took:     within(10*time.Second, 4*time.Minute),
	},
}

var (
	forAMinute       = logs{n: 2000, over: time.Minute}
	soonAfterAMinute = within(time.Minute, 2*time.Minute+10*time.Second)
)

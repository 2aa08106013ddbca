// Command bars holds the delivery of records to its bars: how many arrive, how
// soon, in how many requests and in what order, while a server refuses some of
// them, fails, is down, or hangs.
//
//	go run ./internal/bars               all of them, five seeds each; some minutes
//	go run ./internal/bars -short        one seed and shorter runs; about a minute
//	go run ./internal/bars -long         ten minutes of records at 500/s and 5,000/s, too
//	go run ./internal/bars -run Outage   the scenarios whose names match
//	go run ./internal/bars -v            each seed by itself as well
//	go run ./internal/bars -markdown     a row for each bar, for docs/delivery.md
//
// It exits with 1 if a bar is missed.
//
// # How
//
// Each seed of a scenario is a trial: a load of records of some 200 bytes, a
// [batch.Buffer] with its default options, a [transport.Client], and a server
// that answers after five milliseconds. All of it runs in a bubble of
// [testing/synctest], where ten minutes take about a second. The server is a
// [http.RoundTripper]; where it matters what net/http does, a server of net/http
// behind [net.Pipe]; and for connections that hang, one on loopback in real time.
//
// Some records are bad: the server fails whenever a request has one in it. The
// others are good. The ledger of a trial knows when each was logged and when the
// server first took it, so delays, order and losses are exact.
//
// Once the load has ended and a minute has passed, the trial looks at what has
// arrived. Then the server takes everything, and what the buffer still has
// arrives as well: a good record that does not was given up.
package main

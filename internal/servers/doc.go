// Package servers holds tests of the whole library, from a log call to the
// server, against real programs on loopback: a fault proxy, a web server and a
// log store. It is a module of its own, so that users never see what it requires.
//
//   - proxy: toxiproxy between client and server
//   - nginx: nginx as the front of a server, if it is installed
//   - store: VictoriaLogs behind vmauth, built from the tools in go.mod
//
// All of them log records that carry numbers, and check the promises with a
// [github.com/logsto/logsto-go/internal/servers/ledger.Ledger].
package servers

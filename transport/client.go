// Package transport sends batches of records to Logs.to over HTTP, and asks for records.
//
// A [Client] is made with [New] or [FromEnv] and given to batch.New. One
// client serves a whole application: it keeps connections, the access token
// and what it has learnt about the server.
//
// # What goes over the wire
//
// Logs.to documents one form: POST /v1/log with one JSON object per request.
// Since one request per record is slow, a batch goes as a JSON array, and as
// the bare object if it holds one record; bodies of a kibibyte and more are
// compressed with gzip. The first array has two records only: a server that reads
// lines may skip a long one that it does not understand, and acknowledge it. A server
// that refuses a form or a size (400, 413, 415,
// 422) is offered humbler ones, down to the documented bare object, and the
// client remembers what the server turned out to take. See [Format] and
// [Compression] for those who know their server.
//
// # What is tried again
//
//	no answer (refused, reset, DNS, time-out, TLS handshake cut   tried again
//	or ended for an internal error)
//	408, 421, 425, 429, and all 5xx                               tried again
//	401                           once more with a new token; then set-up
//	403, 404, 405, 407, also of a proxy for CONNECT               set-up
//	a redirect that is not followed                               set-up
//	a certificate that fails; TLS on one side only                set-up
//	a token endpoint that refuses the client                      set-up
//	2xx of a web page (type and first letter); no such status     set-up
//	400, 413, 415, 422            in a humbler form, or in parts
//	other 4xx                     final: counted as lost, and reported
//
// A batch is tried until the context ends, unless [WithRetry] limits the time, and
// its records stay within the budget of the buffer meanwhile. When a request
// fails, all others wait: one at a time finds out whether the endpoint works again,
// of an older batch before a newer one, but a batch whose attempt has just failed
// goes behind the others. When one succeeds, all go on at full speed. The waits in
// between grow exponentially with full jitter; Retry-After, in seconds or as a date
// by the clock of the server and up to five minutes, wins over that.
//
// A fault of the set-up lasts until somebody mends it. It is told to the error
// handler of the buffer at once, and the endpoint is tried slowly: once more soon,
// then after 2.5 to 5 seconds, and after 30 to 60 in the end, so that a key that is
// replaced or a route that is repaired loses nothing. [WithoutSetupRetry] gives up
// instead.
//
// # A record that is at fault itself
//
// A record that the server refuses even alone is lost, and its neighbours are
// delivered, after a number of requests that grows with the logarithm of the
// batch. The error has the start of the record. When twelve records in a row have
// been refused alone, and none was delivered in between, the server refuses
// everything: that is a fault of the set-up, and no more are lost.
//
// So is a record lost for which the server answers otherwise, such as 500 or the 403
// of a firewall, or cuts the connection: a request that has failed three times in a
// row (once, with a fault of the set-up; twelve times over a minute at
// least, without an answer) is put to the test by sending one of its records alone; if
// that is taken at once, and the rest fails again, the rest is split. So in a long
// outage it is single records that find out whether the endpoint works again. A single
// record that is left is tried on behind all others, and given up after
//
//	16 failures in a row over a minute, if other requests are delivered before each;
//	16 failures over ten minutes, if some were delivered after the first;
//	6 failures over three seconds, likewise, if another record was given up for that
//	answer not long ago
//
// and three more with other keys, for a server may repeat its first answer to a key;
// and if the other requests have not failed more than a quarter as often as they were
// delivered. Without an answer, and for 408, 425, 429, 502, 503 and 504, the minutes
// are five times as many. For 401 and 407, and while there is no connection, it waits.
// Later batches do not wait for it: see [Client.SendAside].
//
// A batch to which the server says 408, 425 or 429 twelve times, over a minute at least,
// is halved, if it has not taken one as large.
//
// What this does not do: when more than a few records of each batch are at fault, as
// long as it is not known that the server fails over records, batches wait for minutes,
// and with many of them (one in a hundred at 500 a second, one in ten at 50) for as long
// as that lasts. A Retry-After that is answered to a record at fault, and 429 and 408,
// hold back all others. A server that works for a second in each minute only may have a
// record given up that it would have taken.
//
// Parts have keys of their own, and so has the rest of a batch of which a record was
// sent alone: a server that knows repetitions by their keys stores a record twice if it
// had stored it, answered otherwise or not at all, and the batch was then tested or
// split. Parts may also arrive in another order.
//
// # What is remembered
//
// What the server turned out to take (arrays, compression, how large a body), and how
// it failed over a record that was given up, is forgotten after ten minutes, and tried
// again. A server that takes single records only gets many at once; see
// [WithConcurrency].
//
// # What net/http shows
//
// A trace in the context of Send or Search (net/http/httptrace) is told *** in the place
// of the credential.
//
// A server that sends more than the answer over a connection that is kept makes net/http
// write the start of that to the standard logger of package log. If the server sends back
// what it got, that may be the credential.
//
// # Search
//
// [Client.Search] asks for records, GET /v1/search, and yields them while they arrive.
package transport

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/urls"
)

// DefaultEndpoint is where Logs.to takes records.
const DefaultEndpoint = "https://api.logs.to/v1/log"

// Client sends batches. It satisfies batch.Sender. Its methods may be called by
// any number of goroutines. It never prints the credential.
type Client struct {
	// Immutable once set.
	endpointURL *url.URL
	shownURL    string   // for errors
	searchBase  *url.URL // of searches, without their query
	credential  *auth.Credential
	http        *http.Client
	header      http.Header
	idempotency string // name of a header, or empty
	format      Format
	compression Compression
	timeout     time.Duration
	retry       Retry
	once        bool // nothing is tried twice
	setupFinal  bool
	read        func([]byte, int) ([]Failure, error) // nil for none
	zstd        *zstd.Encoder                        // EncodeAll serves any number of goroutines

	endpoint *endpoint
	learnt   learnt
	counters counters
	usage    usage
}

// New returns a Client for [DefaultEndpoint]; [WithAuth] is required. It
// returns an error that names the option if one has an invalid value.
func New(opts ...Option) (*Client, error) {
	cfg := defaults()
	for _, o := range opts {
		if o == nil {
			return nil, fmt.Errorf("transport: New: an option is nil")
		}
		o.apply(&cfg)
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("transport: zstd: %w", err)
	}
	c := &Client{
		endpointURL: cfg.url,
		shownURL:    urls.Shown(cfg.url.String()),
		searchBase:  searchBase(cfg.url, cfg.searchPath),
		credential:  cfg.credential,
		http:        safeClient(cfg.client),
		header:      cfg.header,
		idempotency: cfg.idempotency,
		format:      cfg.format,
		compression: cfg.compression,
		timeout:     cfg.timeout,
		retry:       cfg.retry,
		once:        cfg.once,
		setupFinal:  cfg.setupFinal,
		read:        cfg.read,
		zstd:        enc,
		usage:       usage{tell: cfg.refusal},
		endpoint:    newEndpoint(cfg.concurrency, cfg.retry, cfg.once),
	}
	return c, nil
}

// Notify calls f with the reason, an [*Error], when nothing can be delivered any
// more or the reason changes, and with nil when records are delivered again; also
// with what is wrong with an answer that [WithPartialSuccess] does not understand, and
// when a credential cannot be renewed that still works.
// f is called by one goroutine at a time, must return at once, and must not call
// Notify or stop. After stop has returned it is not called. Package batch calls
// Notify to tell its error handler before anything is lost.
func (c *Client) Notify(f func(error)) (stop func()) {
	deaf := c.endpoint.listen(f)
	blind := c.credential.Watch(func() { c.endpoint.puzzle(c.oddity(answer{})) })
	return func() {
		blind()
		deaf()
	}
}

// CloseIdleConnections closes connections that no request uses.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }

// String returns the endpoint, without the credential and without a query, in
// which there may be another one.
func (c *Client) String() string {
	if c == nil {
		return "transport.Client(nil)"
	}
	return fmt.Sprintf("transport.Client(%s)", c.shownURL)
}

// Format implements [fmt.Formatter]: every verb prints what String returns.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.String())) }

// MarshalText implements [encoding.TextMarshaler] with what String returns.
func (c *Client) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

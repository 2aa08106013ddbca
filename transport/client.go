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
// # What an answer means
//
//	answer                                        class          what happens
//	2xx                                           accepted       delivered
//	400, 413, 415, 422                            content        tried plain, then in parts; one alone is lost
//	429                                           busy           tried again whole; fewer requests at once
//	502, 503                                      gateway        tried again; a record may be at fault, but rather not
//	408, 421, 425, other 5xx                      failing        tried again; a record may be at fault
//	no answer, 504                                unanswered     likewise; what may be stored is not split for a minute
//	no connection, no token at present            unreachable    waited for
//	401                                           unauthorized   once more with another credential; then waited for
//	407, certificates, TLS on one side only,      misconfigured  waited for, and told at once
//	a token endpoint that refuses the client
//	403, 404, 405, redirects, web pages,          forbidden      likewise; a record may be at fault, as for a firewall
//	no such status
//	other 4xx                                     final          lost
//
// A circuit breaker opens when the endpoint takes nothing. Then one probe at a time, a
// single record where possible, finds out whether it works again, after waits that grow
// exponentially with jitter; Retry-After, up to five minutes, wins over that, and while
// somebody waits in Flush, Sync or Close it is tried twice a second. A fault of the
// configuration is probed slowly, once a minute in the end ([WithoutSetupRetry] gives up
// instead). A record that fails by itself while others are accepted is deferred: the
// buffer sets it aside, and has it sent alone until it is accepted or given up. When twelve
// records in a row are rejected alone, the server rejects everything: that is a fault of
// the configuration, and no more are lost.
//
// docs/delivery.md in the repository has all of it: the tables, an example of a storm of bad
// records, when a record may arrive twice, and what delivery does not do.
//
// # What is remembered
//
// What the server turned out to take (arrays, compression, how large a body), and for which
// answer a record was at fault, is forgotten after ten minutes, and tried again by one
// request.
//
// # What net/http shows
//
// A trace in the context of Send or Search (net/http/httptrace) is told *** in the place
// of the credential, of the headers of [WithHeader], and of a path with a query.
//
// A server that sends more than the answer over a connection that is kept makes net/http
// write the start of that to the standard logger of package log. If the server sends back
// what it got, that may be the credential. After two such connections in a row each
// request has one of its own, over which net/http reads no further, for ten minutes: where
// the lines of the standard logger are records, as after slog.SetDefault, each request would
// bring about the next. With [WithHTTPClient] this does not hold for its own connections.
//
// # Search
//
// [Client.Search] asks for records, GET /v1/search, and yields them while they arrive.
package transport

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
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
	hidden      []string // what errors must not show beside the credential
	masked      []string // headers that traces are not told
	credential  *auth.Credential
	http        *http.Client
	header      http.Header
	idempotency string // name of a header, or empty
	keyHeader   string // the same name, as it is sent
	format      Format
	compression Compression
	timeout     time.Duration
	retry       Retry
	once        bool // nothing is tried twice
	setupFinal  bool
	read        func([]byte, int) ([]Failure, error) // nil for none
	zstd        *zstd.Encoder                        // EncodeAll serves any number of goroutines

	template *http.Request // without what differs
	conns    *pool
	direct   atomic.Bool               // see roundTrip
	lastID   atomic.Pointer[[2]string] // a secret, and its ID

	engine   *engine
	packed   packing
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
		hidden:      cfg.hidden(),
		masked:      cfg.masked(),
		conns:       cfg.pool,
		http:        safeClient(cfg.client, cfg.pool),
		template:    &http.Request{Method: http.MethodPost, URL: cfg.url, Host: cfg.url.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1},
		header:      cfg.header,
		idempotency: cfg.idempotency,
		keyHeader:   sentName(cfg.idempotency),
		format:      cfg.format,
		compression: cfg.compression,
		timeout:     cfg.timeout,
		retry:       cfg.retry,
		once:        cfg.once,
		setupFinal:  cfg.setupFinal,
		read:        cfg.read,
		zstd:        enc,
		usage:       usage{tell: cfg.refusal},
	}
	c.engine = newEngine(c, cfg.concurrency)
	return c, nil
}

// sentName returns how the name of the header with the key is sent: Idempotency-Key in lower
// case. By the other name net/http repeats a request by itself whenever a connection that was
// used before dies under it, on one connection after the other, and so sends a record over
// which the server cuts the connection on each that there is. As it is, net/http repeats only
// what it has not begun to send. Names are the same in any case (RFC 9110 section 5.1).
func sentName(header string) string {
	if header == idempotencyKey || header == "X-"+idempotencyKey {
		return strings.ToLower(header)
	}
	return header
}

// Notify calls f with the reason, an [*Error], when nothing can be delivered any
// more or the reason changes, and with nil when records are delivered again; also
// with what is wrong with an answer that [WithPartialSuccess] does not understand, and
// when a credential cannot be renewed that still works.
// f is called by one goroutine at a time, must return at once, and must not call
// Notify or stop. After stop has returned it is not called. Package batch calls
// Notify to tell its error handler before anything is lost.
func (c *Client) Notify(f func(error)) (stop func()) {
	deaf := c.engine.notices.listen(f)
	blind := c.credential.Watch(func() { c.engine.oddity(c.oddity(reply{})) })
	return func() {
		blind()
		deaf()
	}
}

// Hurry implements [batch.Hurrier]: until done is called or ctx ends, what fails is tried
// again within half a second each time, also while the endpoint is down or has asked for
// more time, and beside a request that has no answer yet. Package batch calls Hurry while
// somebody waits in Flush, Sync or Close.
func (c *Client) Hurry(ctx context.Context) (done func()) {
	end := c.engine.hurry()
	stop := context.AfterFunc(ctx, end)
	return func() {
		stop()
		end()
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

// Package transport sends batches of records to Logs.to over HTTP.
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
// compressed with gzip. A server that refuses a form or a size (400, 413, 415,
// 422) is offered humbler ones, down to the documented bare object, and the
// client remembers what the server turned out to take. See [Format] and
// [Compression] for those who know their server.
//
// # What is tried again
//
//	no answer at all (refused, reset, time-out, DNS, TLS)    tried again
//	408, 425, 429, 500, 502, 503, 504 and other 5xx          tried again
//	401                          once more, if a new token can be had
//	400, 413, 415, 422           in a humbler form, or in parts
//	other 3xx and 4xx, and a web page with 2xx               final
//
// Waits grow exponentially with full jitter; Retry-After, in seconds or as a
// date, wins over that. A batch is tried until the context ends, unless
// [WithRetry] limits the time.
package transport

import (
	"fmt"
	"net/http"
	"net/url"
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
	endpoint    *url.URL
	credential  *auth.Credential
	http        *http.Client
	header      http.Header
	format      Format
	compression Compression
	timeout     time.Duration
	retry       Retry
	zstd        *zstd.Encoder // EncodeAll serves any number of goroutines

	holdUntil atomic.Int64 // Unix nanoseconds; no attempt before, because the server said so
	learnt    learnt
	counters  counters
}

// Stats counts what a Client has done since New.
type Stats struct {
	Requests uint64 // sent, whatever came of them
	Retries  uint64 // of these, sent again after a failure
	Bytes    uint64 // of the bodies of all requests, as they were sent
}

type counters struct{ requests, retries, bytes atomic.Uint64 }

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
		endpoint:    cfg.url,
		credential:  cfg.credential,
		http:        safeClient(cfg.client),
		header:      cfg.header,
		format:      cfg.format,
		compression: cfg.compression,
		timeout:     cfg.timeout,
		retry:       cfg.retry,
		zstd:        enc,
	}
	return c, nil
}

// Stats returns the counts of this moment.
func (c *Client) Stats() Stats {
	return Stats{
		Requests: c.counters.requests.Load(),
		Retries:  c.counters.retries.Load(),
		Bytes:    c.counters.bytes.Load(),
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
	return fmt.Sprintf("transport.Client(%s)", urls.Shown(c.endpoint.String()))
}

// Format implements [fmt.Formatter]: every verb prints what String returns.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.String())) }

// MarshalText implements [encoding.TextMarshaler] with what String returns.
func (c *Client) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/logsto/logsto-go/internal/masktrace"
	"github.com/logsto/logsto-go/internal/redact"
	"github.com/logsto/logsto-go/internal/retryafter"
)

// maxDrain bounds what is read of an answer so that its connection can be used
// again, in bytes.
const maxDrain = 64 << 10

// maxRead bounds how long that takes: what an answer means is known before its
// body, and a server that drips it must not hold up the next batch.
const maxRead = 500 * time.Millisecond

// errPanicked stands for what the HTTP client panicked with, which may hold the
// credential.
var errPanicked = errors.New("the HTTP client panicked")

// reply is what came of one attempt.
type reply struct {
	class    class
	status   int
	body     string        // its start
	wait     time.Duration // Retry-After, or zero
	sent     bool          // false if the credential could not be had
	secret   string        // that the request carried
	encoding string        // of the request
	err      error         // why there was no answer, or none that counts
	failed   []Failure     // what a success says of single records
	odd      error         // what was not understood of a success, an *Error
	conns    *connections  // that the request went over
	late     bool          // its time had passed when the answer began
}

// errNoOther says that the credential has no other secret than the one that was refused.
var errNoOther = errors.New("there is no other credential")

// exchange sends a part once, and once more with another credential if the first was
// refused and there is one.
func (p *part) exchange(limit *deadline) reply {
	c := p.c
	if p.key == "" {
		p.key = newUUID(p.past.last)
	}
	if !p.packed {
		p.packing, p.packed = c.packing(p.plain), true
	}
	req := request{key: p.key, format: p.form(), records: p.records[p.lo:p.hi]}
	req.body = c.newBody(req.records, req.format, p.packing)
	defer req.body.release()
	r := p.attempt(limit, &req, "")
	if r.class != unauthorized || !r.sent {
		return r
	}
	p.note(r) // in case that ctx ends meanwhile
	c.credential.Refused(r.secret)
	again := p.attempt(limit, &req, r.secret)
	if errors.Is(again.err, errNoOther) {
		p.past.e.Attempts--
		return r
	}
	return again
}

// attempt sends a request, and counts it. With the secret refused, which may be empty,
// it is not sent.
func (p *part) attempt(limit *deadline, req *request, refused string) reply {
	c := p.c
	p.past.e.Attempts++
	r := c.attempt(limit.start(p, c.timeout), limit.timer, req, refused)
	if limit.stop(); r.late {
		limit.end()
	}
	r.class = classify(r.status, r.err, r.sent)
	if r.status == http.StatusConflict && p.past.stored && c.idempotency != "" {
		r.class = unanswered // the server is still busy with the attempt before, which has the same key
	}
	r.encoding = req.body.encoding
	if r.sent {
		if p.past.sent {
			c.counters.retries.Add(1)
		}
		p.past.sent = true
		c.counters.count(r.class)
	}
	return r
}

// form returns how a part goes: a single record as the bare object.
func (p *part) form() Format {
	switch f := p.c.format; {
	case f != Auto:
		return f
	case p.len() == 1:
		return Single
	default:
		return Array
	}
}

// request is one request and its body.
type request struct {
	key     string
	format  Format
	records [][]byte
	body    *body
}

// attempt sends the request once. The timer ends ctx when the answer has not begun in time,
// and then when the rest of it takes too long. A panic of an HTTP client
// that is not ours is an answer too: it may be on a goroutine of ours, where it
// would end the process.
func (c *Client) attempt(ctx context.Context, timer *time.Timer, r *request, refused string) (a reply) {
	defer func() {
		if recover() != nil {
			a = reply{sent: true, secret: a.secret, err: errPanicked}
		}
	}()
	req, secret, err := c.newRequest(ctx, r)
	switch {
	case err != nil:
		return reply{err: err}
	case secret == refused:
		_ = req.Body.Close()
		return reply{err: errNoOther}
	}
	a.sent, a.secret, a.conns = true, secret, c.conns.current()
	c.counters.send(r.body)
	c.usage.send(c.idOf(secret), len(r.body.data))
	resp, err := c.roundTrip(req)
	if err != nil {
		if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
			err = context.DeadlineExceeded
		}
		a.err = bare(err, secret, c.hidden...)
		return a
	}
	a.late = !timer.Reset(maxRead)
	defer func() { _ = resp.Body.Close() }()
	a.status = resp.StatusCode
	success := classify(a.status, nil, true) == accepted
	switch {
	case success:
		c.credential.Taken(secret)
		a.failed, a.odd, a.err = c.success(resp, len(r.records), secret, timer)
	case isRedirect(resp):
		a.err = redirectError(resp, secret, c.hidden...)
	}
	if !success {
		a.wait = retryafter.Of(resp.Header, time.Now())
	}
	if resp.Body == http.NoBody {
		c.tellRefusal(a.status, secret, "")
		return a
	}
	if success {
		drain(resp.Body)
		return a
	}
	a.body = readStart(resp, secret, c.hidden...)
	c.tellRefusal(a.status, secret, a.body)
	return a
}

// roundTrip sends a request, and follows redirects as the client says. A client without
// cookies has nothing else to do: once the endpoint itself has taken records, the client is
// not asked, since that costs a twentieth of a small request, until a redirect comes.
func (c *Client) roundTrip(req *http.Request) (*http.Response, error) {
	if !c.direct.Load() {
		resp, err := c.http.Do(req)
		if err == nil && resp.Request.URL == req.URL && resp.StatusCode == http.StatusOK {
			c.direct.Store(c.http.Jar == nil && c.http.Timeout == 0)
		}
		return resp, err
	}
	resp, err := c.conns.RoundTrip(req)
	keeps := err == nil && (resp.StatusCode == http.StatusTemporaryRedirect || resp.StatusCode == http.StatusPermanentRedirect)
	if !keeps || !isRedirect(resp) { // another one would make it a GET, and is not followed
		return resp, err
	}
	_ = resp.Body.Close()
	c.direct.Store(false)
	again := req.Clone(req.Context())
	again.Body, _ = req.GetBody() // never fails
	return c.http.Do(again)
}

// scratch has slices to read into what is thrown away.
var scratch = sync.Pool{New: func() any { return new([1 << 10]byte) }}

// drain reads an answer so that its connection can be used again, if that is not far.
func drain(body io.Reader) {
	buf := scratch.Get().(*[1 << 10]byte)
	defer scratch.Put(buf)
	for n := 0; n < maxDrain; {
		k, err := body.Read(buf[:])
		if n += k; err != nil {
			return
		}
	}
}

// idOf returns the credential's ID of a secret, which is a hash.
func (c *Client) idOf(secret string) string {
	if known := c.lastID.Load(); known != nil && known[0] == secret {
		return known[1]
	}
	id := c.credential.ID(secret)
	c.lastID.Store(&[2]string{secret, id})
	return id
}

// newRequest makes the HTTP request with the credential on it.
func (c *Client) newRequest(ctx context.Context, r *request) (*http.Request, string, error) {
	req := c.template.WithContext(masktrace.Header(ctx, c.masked...))
	req.Header = make(http.Header, len(c.header)+4)
	for name, values := range c.header {
		req.Header[name] = values // nobody changes them
	}
	req.Header["Content-Type"] = typeJSON
	if r.format == NDJSON {
		req.Header["Content-Type"] = typeNDJSON
	}
	if r.body.encoding != "" {
		req.Header["Content-Encoding"] = []string{r.body.encoding}
	}
	if c.idempotency != "" {
		req.Header[c.keyHeader] = []string{r.key}
	}
	secret, err := c.credential.Apply(ctx, c.http, req.Header)
	if err != nil {
		return nil, "", err
	}
	req.ContentLength = int64(len(r.body.data))
	req.Body = r.body.reader() // last, since only the round trip closes it
	req.GetBody = func() (io.ReadCloser, error) {
		return r.body.again(func() {
			c.counters.repeat(r.body)
			c.usage.send(c.idOf(secret), len(r.body.data))
		}), nil
	}
	return req, secret, nil
}

var (
	typeJSON   = []string{"application/json"}
	typeNDJSON = []string{"application/x-ndjson"}
)

// bare takes the URL off an error of net/http: it may have a query. The text may
// quote what the server has sent, such as a redirect, and with it the secret or others.
func bare(err error, secret string, others ...string) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if isBadRedirect(err) {
		return badRedirect()
	}
	return redact.Error(err, maxErrorBody, append(others[:len(others):len(others)], secret)...)
}

// quotable reports whether an error may repeat the body of the answer. There is
// nothing to say of a success; a redirect repeats its target, with the query; and a
// proxy that wants a password may repeat the one that it got, which is not known here.
func quotable(resp *http.Response) bool {
	return classify(resp.StatusCode, nil, true) != accepted && !isRedirect(resp) &&
		resp.StatusCode != http.StatusProxyAuthRequired
}

// readStart returns the start of the answer in one line, if it is quotable, and
// reads on so that the connection can be used again, if that is not far. The body
// of a 101 is the connection itself, on which nothing that we asked for will come.
func readStart(resp *http.Response, secret string, others ...string) string {
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return ""
	}
	// One byte more than excerpt looks at, so that it knows of the rest.
	start, err := io.ReadAll(io.LimitReader(resp.Body, int64(maxErrorBody+8*len(secret)+1)))
	drain(resp.Body)
	if !quotable(resp) {
		return ""
	}
	return excerpt(start, maxErrorBody, secret, err != nil, others...)
}

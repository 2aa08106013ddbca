package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
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

// answer is what came of one attempt.
type answer struct {
	status int
	body   string        // its start
	wait   time.Duration // Retry-After, or zero
	sent   bool          // false if the credential could not be had
	secret string        // that the request carried
	err    error         // why there was no answer, or none that counts
	failed []Failure     // what a success says of single records
	odd    error         // what was not understood of a success, an *Error
}

// errNoOther says that the credential has no other secret than the one that was refused.
var errNoOther = errors.New("there is no other credential")

// attempt sends the request once, within the time-out. A panic of an HTTP client
// that is not ours is an answer too: it may be on a goroutine of ours, where it
// would end the process. With the secret refused, which may be empty, it is not sent.
func (c *Client) attempt(ctx context.Context, r *request, refused string) (a answer) {
	defer func() {
		if recover() != nil {
			a = answer{sent: true, secret: a.secret, err: errPanicked}
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, secret, err := c.newRequest(ctx, r)
	switch {
	case err != nil:
		return answer{err: err}
	case secret == refused:
		_ = req.Body.Close()
		return answer{err: errNoOther}
	}
	a.sent, a.secret = true, secret
	c.counters.send(r.body)
	c.usage.send(c.credential.ID(secret), len(r.body.data))
	resp, err := c.http.Do(req)
	if err != nil {
		a.err = bare(err, secret)
		return a
	}
	defer func() { _ = resp.Body.Close() }()
	a.status = resp.StatusCode
	a.wait = retryafter.Of(resp.Header, time.Now())
	switch {
	case classify(a.status, nil) == delivered:
		c.credential.Taken(secret)
		a.failed, a.odd, a.err = c.success(resp, len(r.records), secret, cancel)
	case isRedirect(resp):
		a.err = redirectError(resp, secret)
	}
	timer := time.AfterFunc(maxRead, cancel)
	defer timer.Stop()
	a.body = readStart(resp, secret)
	c.tellRefusal(a.status, secret, a.body)
	return a
}

// newRequest makes the HTTP request with the credential on it.
func (c *Client) newRequest(ctx context.Context, r *request) (*http.Request, string, error) {
	req, err := http.NewRequestWithContext(masktrace.Header(ctx, c.credential.Header()), http.MethodPost, c.endpointURL.String(), nil)
	if err != nil {
		return nil, "", err
	}
	req.Header = c.header.Clone()
	req.Header.Set("Content-Type", "application/json")
	if r.format == NDJSON {
		req.Header.Set("Content-Type", "application/x-ndjson")
	}
	if r.body.encoding != "" {
		req.Header.Set("Content-Encoding", r.body.encoding)
	}
	if c.idempotency != "" {
		req.Header.Set(c.idempotency, r.key)
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
			c.usage.send(c.credential.ID(secret), len(r.body.data))
		}), nil
	}
	return req, secret, nil
}

// bare takes the URL off an error of net/http: it may have a query. The text may
// quote what the server has sent, such as a redirect, and with it the secret.
func bare(err error, secret string) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if isBadRedirect(err) {
		return badRedirect()
	}
	if redact.InError(err, secret) {
		return errors.New("the reason is left out: it shows the credential")
	}
	return err
}

// quotable reports whether an error may repeat the body of the answer. There is
// nothing to say of a success; a redirect repeats its target, with the query; and a
// proxy that wants a password may repeat the one that it got, which is not known here.
func quotable(resp *http.Response) bool {
	return classify(resp.StatusCode, nil) != delivered && !isRedirect(resp) &&
		resp.StatusCode != http.StatusProxyAuthRequired
}

// readStart returns the start of the answer in one line, if it is quotable, and
// reads on so that the connection can be used again, if that is not far. The body
// of a 101 is the connection itself, on which nothing that we asked for will come.
func readStart(resp *http.Response, secret string) string {
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return ""
	}
	// One byte more than excerpt looks at, so that it knows of the rest.
	start, err := io.ReadAll(io.LimitReader(resp.Body, int64(maxErrorBody+8*len(secret)+1)))
	_, _ = io.CopyN(io.Discard, resp.Body, maxDrain)
	if !quotable(resp) {
		return ""
	}
	return excerpt(start, maxErrorBody, secret, err != nil)
}

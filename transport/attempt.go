package transport

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"time"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/redact"
)

// maxDrain bounds what is read of an answer so that its connection can be used
// again, in bytes.
const maxDrain = 64 << 10

// maxRead bounds how long that takes: what an answer means is known before its
// body, and a server that drips it must not hold up the next batch.
const maxRead = 500 * time.Millisecond

// errWebPage is why a success is none.
var errWebPage = errors.New("the answer is a web page, and not that of an API; is the endpoint right?")

// answer is what came of one attempt.
type answer struct {
	status int
	body   string        // its start
	wait   time.Duration // Retry-After, or zero
	sent   bool          // false if the credential could not be had
	secret string        // that the request carried
	err    error         // why there was no answer
}

// attempt sends the request once, within the time-out.
func (c *Client) attempt(ctx context.Context, b *body, f Format, key string) answer {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, secret, err := c.request(ctx, b, f, key)
	if err != nil {
		return answer{err: err}
	}
	c.counters.requests.Add(1)
	c.counters.bytes.Add(uint64(len(b.data)))
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{sent: true, secret: secret, err: bare(err, secret)}
	}
	defer func() { _ = resp.Body.Close() }()
	a := answer{
		sent:   true,
		status: resp.StatusCode,
		wait:   retryAfter(resp.Header.Get("Retry-After"), time.Now()),
		secret: secret,
	}
	timer := time.AfterFunc(maxRead, cancel)
	defer timer.Stop()
	a.body = readStart(resp, secret)
	if classify(a.status, nil) == delivered && isWebPage(resp.Header) {
		a.err = &permanentError{errWebPage}
	}
	return a
}

// request makes the HTTP request with the credential on it.
func (c *Client) request(ctx context.Context, b *body, f Format, key string) (*http.Request, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint.String(), nil)
	if err != nil {
		return nil, "", &permanentError{err}
	}
	req.Header = c.header.Clone()
	req.Header.Set("Content-Type", "application/json")
	if f == NDJSON {
		req.Header.Set("Content-Type", "application/x-ndjson")
	}
	if b.encoding != "" {
		req.Header.Set("Content-Encoding", b.encoding)
	}
	req.Header.Set(idempotencyKey, key)
	secret, err := c.credential.Apply(ctx, c.http, req.Header)
	if err != nil {
		return nil, "", tokenFailure(err)
	}
	req.ContentLength = int64(len(b.data))
	req.Body = b.reader() // last, since only the round trip closes it
	req.GetBody = func() (io.ReadCloser, error) { return b.reader(), nil }
	return req, secret, nil
}

// tokenFailure makes it final if the token endpoint refuses the client: asking
// again would not help.
func tokenFailure(err error) error {
	var t *auth.TokenError
	if errors.As(err, &t) && t.Status >= 400 && t.Status < 500 && classify(t.Status, nil) != again {
		return &permanentError{err}
	}
	return err
}

// bare takes the URL off an error of net/http: it may have a query. The text may
// quote what the server has sent, such as a redirect, and with it the secret.
func bare(err error, secret string) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if redact.Shows(err.Error(), secret) {
		return errors.New("the reason is left out: it shows the credential")
	}
	return err
}

// isWebPage reports whether an answer is meant for people, as a portal or a
// mistyped host gives it, with the status 200 for whatever is posted.
func isWebPage(h http.Header) bool {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && (kind == "text/html" || kind == "application/xhtml+xml")
}

// readStart returns the start of the answer in one line, and reads on so that
// the connection can be used again, if that is not far. The body of a 101 is the
// connection itself, on which nothing that we asked for will come.
func readStart(resp *http.Response, secret string) string {
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return ""
	}
	// No form of the secret is longer than margin: what is cut off at the end
	// may be the start of one.
	margin := 8 * len(secret)
	start, err := io.ReadAll(io.LimitReader(resp.Body, int64(maxErrorBody+margin)))
	_, _ = io.CopyN(io.Discard, resp.Body, maxDrain)
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		return ""
	}
	cut := err != nil || len(start) == maxErrorBody+margin
	text := redact.Text(string(start), len(start)*len("\uFFFD"), secret)
	if cut {
		text = text[:max(0, len(text)-margin)]
	}
	return redact.Text(text, maxErrorBody)
}

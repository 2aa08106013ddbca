package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/logsto/logsto-go/auth"
)

// maxDrain bounds what is read of an answer so that its connection can be used
// again, in bytes.
const maxDrain = 64 << 10

// answer is what came of one attempt.
type answer struct {
	status int
	body   string        // its start
	wait   time.Duration // Retry-After, or zero
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
		return answer{secret: secret, err: bare(err)}
	}
	a := answer{
		status: resp.StatusCode,
		wait:   retryAfter(resp.Header.Get("Retry-After"), time.Now()),
		secret: secret,
	}
	a.body = c.readStart(resp, secret)
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

// bare takes the URL off an error of net/http: it may have a query.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// readStart returns the start of the answer in one line, and reads on so that
// the connection can be used again, if that is not far.
func (c *Client) readStart(resp *http.Response, secret string) string {
	defer func() { _ = resp.Body.Close() }()
	start, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	_, _ = io.CopyN(io.Discard, resp.Body, maxDrain)
	if resp.StatusCode < 300 {
		return ""
	}
	if secret != "" { // a server may send back what it got
		start = bytes.ReplaceAll(start, []byte(secret), []byte("***"))
		start = bytes.ReplaceAll(start, []byte(url.QueryEscape(secret)), []byte("***"))
	}
	text := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(string(start), "\uFFFD"))
	return strings.TrimSpace(text)
}

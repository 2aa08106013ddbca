package transport

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxSuccess bounds what is read of a success for the function of
// WithPartialSuccess, in bytes.
const maxSuccess = 1 << 20

// maxSuccessTime bounds how long a success is read for what it means. It is longer
// than maxRead, since what is not read is not known, and a long list of records may
// take its time: a mebibyte needs five seconds at 200 KiB a second. A server that
// drips holds up no batch for longer.
const maxSuccessTime = 5 * time.Second

// Failure is one record of a request that the server has not taken, though it
// answered with a success.
type Failure struct {
	Index  int    // of the record in the request, from 0
	Reason string // why, as far as the server says; may be empty
}

// WithPartialSuccess sets the function that reads the body of a success (2xx), for
// servers that answer so even if they take only a part. It gets the whole body and
// the number of records in the request, and returns those that were not taken;
// they count as lost, with the reason. It may be called by several goroutines at
// once, and must not keep the body. It gets bodies of one mebibyte at most that end
// within five seconds.
//
// A body that is longer, slower or breaks off, and one for which read returns an error,
// panics, or names an index that is none, leaves the other records delivered: the
// server has acknowledged them, and would store them twice. The error handler of
// the buffer is told, as of a fault of the set-up. The default is not to read the
// body of a success. read must not be nil.
func WithPartialSuccess(read func(body []byte, records int) ([]Failure, error)) Option {
	return optionFunc(func(c *config) {
		if read == nil {
			c.fail("WithPartialSuccess(nil): a function is required")
		}
		c.read = read
	})
}

// errWebPage is why a success is none.
var errWebPage = errors.New("the answer is a web page, and not that of an API; is the endpoint right?")

// success returns what an answer with 2xx says of the n records of a request, what of
// that was not understood, an *Error, or why it is no success. Reading it ends with
// maxSuccessTime, by the timer, which must end the request.
func (c *Client) success(resp *http.Response, n int, secret string, timer *time.Timer) (failed []Failure, odd, err error) {
	html := isHTML(resp.Header)
	if !html && c.read == nil {
		return nil, nil, nil
	}
	timer.Reset(maxSuccessTime)
	defer timer.Reset(maxRead)
	if html {
		if err := checkPage(resp); err != nil {
			return nil, nil, bare(err, secret, c.hidden...)
		}
	}
	if c.read == nil {
		return nil, nil, nil
	}
	body, err := readWhole(resp.Body, timer)
	failed, odd = c.readSuccess(resp.StatusCode, body, err, n, secret)
	return failed, odd, nil
}

// readWhole returns the body of a success, and why that is not all of it. It stops
// the timer, which would end the request.
func readWhole(body io.Reader, timer *time.Timer) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(body, maxSuccess+1))
	inTime := timer.Stop()
	switch {
	case err != nil && !inTime:
		return b, fmt.Errorf("the answer has not ended within %v", maxSuccessTime)
	case err != nil:
		return b, fmt.Errorf("the answer breaks off: %w", err)
	case len(b) > maxSuccess:
		return b, fmt.Errorf("the answer has more than %d bytes", maxSuccess)
	default:
		return b, nil
	}
}

// isHTML reports whether an answer says that it is meant for people. Many servers
// say so of whatever they answer.
func isHTML(h http.Header) bool {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && (kind == "text/html" || kind == "application/xhtml+xml")
}

// checkPage returns an error if the body of the answer is a web page, as a portal
// or a mistyped host gives it for whatever is posted, or could be one, for all that
// is known. It leaves the whole body to be read.
func checkPage(resp *http.Response) error {
	var start bytes.Buffer
	first, err := firstByte(io.TeeReader(io.LimitReader(resp.Body, maxDrain), &start))
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(&start, resp.Body), resp.Body}
	switch {
	case err == nil && first == '<', start.Len() == maxDrain && err != nil:
		return errWebPage
	case err == nil, errors.Is(err, io.EOF): // an empty one is that of a success
		return nil
	default:
		return fmt.Errorf("the answer has the type of a web page, and it breaks off before its first letter: %w", err)
	}
}

// firstByte returns the first byte that is not blank. Those of a byte order mark
// (UTF-8) count as blank; nothing else begins with them that matters here.
func firstByte(in io.Reader) (byte, error) {
	r := bufio.NewReader(in)
	for {
		b, err := r.ReadByte()
		if err != nil || strings.IndexByte(" \t\r\n\f\v\uFEFF", b) < 0 {
			return b, err
		}
	}
}

// readSuccess returns what the body of a success says of the n records of a request;
// err is why that is not all of it. odd is what was not understood.
func (c *Client) readSuccess(status int, body []byte, err error, n int, secret string) (failed []Failure, odd error) {
	broken := err != nil
	if !broken {
		failed, err = callRead(c.read, body, n)
	}
	failed, bad := sane(failed, n)
	if err == nil && bad {
		err = errors.New("an index is not that of a record")
	}
	if err != nil {
		err = errors.New("WithPartialSuccess: " + excerpt([]byte(err.Error()), maxErrorBody, secret, false, c.hidden...))
		odd = &Error{URL: c.shownURL, Status: status, Attempts: 1, Body: excerpt(body, maxErrorBody, secret, broken, c.hidden...), Err: err, setup: true, works: true}
	}
	for i := range failed {
		failed[i].Reason = excerpt([]byte(failed[i].Reason), maxErrorBody, secret, false, c.hidden...)
	}
	return failed, odd
}

// oddity returns what people should know although the records were delivered: that the
// answer was not understood, or that the credential cannot be renewed.
func (c *Client) oddity(a reply) error {
	if a.odd != nil {
		return a.odd
	}
	// The status of the answer says nothing of that.
	if err := c.credential.Trouble(); err != nil {
		return &Error{Attempts: 1, Err: err, setup: true, works: true}
	}
	return nil
}

// callRead calls the user's function, which may panic.
func callRead(read func([]byte, int) ([]Failure, error), body []byte, n int) (failed []Failure, err error) {
	defer func() {
		if p := recover(); p != nil {
			failed, err = nil, fmt.Errorf("it panicked: %v", p)
		}
	}()
	return read(body, n)
}

// sane returns the failures of which each index is that of one of n records, each
// once and ascending, and whether there were others.
func sane(failed []Failure, n int) (good []Failure, bad bool) {
	for _, f := range failed {
		if f.Index < 0 || f.Index >= n {
			bad = true
			continue
		}
		good = append(good, f)
	}
	slices.SortStableFunc(good, func(a, b Failure) int { return a.Index - b.Index })
	return slices.CompactFunc(good, func(a, b Failure) bool { return a.Index == b.Index }), bad
}

package transport

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
)

// maxSuccess bounds what is read of a success for the function of
// WithPartialSuccess, in bytes.
const maxSuccess = 1 << 20

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
// once, and must not keep the body. It gets bodies of one mebibyte at most.
//
// A body that is longer or breaks off, and one for which read returns an error,
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

// readSuccess returns what a success says of the n records of a request.
func (c *Client) readSuccess(resp *http.Response, n int, secret string) []Failure {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxSuccess+1))
	var failed []Failure
	switch {
	case err != nil:
		err = fmt.Errorf("the answer breaks off: %w", err)
	case len(body) > maxSuccess:
		err = fmt.Errorf("the answer has more than %d bytes", maxSuccess)
	default:
		failed, err = callRead(c.read, body, n)
	}
	failed, bad := sane(failed, n)
	if err == nil && bad {
		err = errors.New("an index is not that of a record")
	}
	if err == nil {
		c.endpoint.puzzle(nil)
	} else {
		err = errors.New("WithPartialSuccess: " + excerpt([]byte(err.Error()), maxErrorBody, secret, false))
		c.endpoint.puzzle(&Error{Status: resp.StatusCode, Attempts: 1, Body: excerpt(body, maxErrorBody, secret, false), Err: err, setup: true, works: true})
	}
	for i := range failed {
		failed[i].Reason = excerpt([]byte(failed[i].Reason), maxErrorBody, secret, false)
	}
	return failed
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

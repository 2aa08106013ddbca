package transport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"time"

	"github.com/logsto/logsto-go/internal/jsonstream"
	"github.com/logsto/logsto-go/internal/masktrace"
	"github.com/logsto/logsto-go/internal/urls"
)

// Search asks Logs.to for records (GET /v1/search?query=) and returns those that it
// finds, each as the JSON object that the server has sent, while they arrive.
//
//	for record, err := range client.Search(ctx, "error") {
//		if err != nil {
//			return err
//		}
//		fmt.Printf("%s\n", record)
//	}
//
// What the query may say, Logs.to does not document; it goes to the server as it is.
// The request has the credential, and the headers of [WithHeader] and
// [WithUserAgent]. It goes to the host of the endpoint, and to the path of
// [WithSearchPath].
//
// Nothing is sent before the range begins, and each range sends a request of its own.
// A record belongs to the caller. Breaking out of the loop ends the request and frees
// its connection. The iterator may be used by several goroutines at once. It holds one
// record at a time, whatever the length of the answer; see [WithMaxRecordBytes].
//
// # Which array has the records
//
// Logs.to documents the request and not the answer. It may be a bare array, or an
// object with one array in it, whatever the keys, also within objects within it:
//
//	[{...},{...}]
//	{"took":3,"errors":[],"records":[{...},{...}]}
//	{"hits":{"total":2,"hits":[{...},{...}]}}
//
// An array that is empty is none, as long as there is another. Everything else is an
// error: no array at all, also with null in its place; an element that is no object; a
// second array, which is known when the records of the first have been yielded; lines
// of JSON; anything behind the end. So is an answer that breaks off: without an error
// the records are all that the server has sent. A byte order mark is skipped.
//
// # Errors
//
// The iteration ends with its first error, which comes with a nil record. It is an
// [*Error], but for an option with an invalid value. A token that is refused (401) is
// discarded, and the request repeated once with another, if the credential has one.
// Nothing else is tried again: somebody waits, and knows better. What searches meet
// with does not show in [Client.Stats], other than in Searches, Unauthorized, Forbidden
// and Keys, and neither do they wait while the endpoint is down.
//
// # Time
//
// The answer must begin within the time of [WithTimeout], 30 seconds by default, and
// then never be silent for as long; there is no limit to all of it. The error for either
// is a [context.DeadlineExceeded]. While the body of the loop runs, no time counts. When
// ctx ends, so does the search, with an error that wraps [context.Cause] of it. The Timeout
// of an [http.Client] that [WithHTTPClient] sets counts for the whole answer.
func (c *Client) Search(ctx context.Context, query string, opts ...SearchOption) iter.Seq2[json.RawMessage, error] {
	cfg := newSearchConfig(opts)
	s := &search{c: c, url: c.searchURL(query, cfg.params), shownURL: urls.Shown(c.searchBase.String()), maxRecord: cfg.maxRecord}
	return func(yield func(json.RawMessage, error) bool) {
		if cfg.err != nil {
			yield(nil, cfg.err)
			return
		}
		if e := s.run(ctx, yield); e != nil {
			yield(nil, e)
		}
	}
}

// search is what all requests of one search have in common. It is immutable.
type search struct {
	c         *Client
	url       string
	shownURL  string // for errors
	maxRecord int    // bytes
}

// run sends the request, and once more if another credential can be had for one that
// is refused. It returns nil if all records were yielded, or yield wants no more.
func (s *search) run(ctx context.Context, yield func(json.RawMessage, error) bool) *Error {
	if err := endOf(ctx); err != nil {
		return &Error{URL: s.shownURL, Err: err}
	}
	secret, e := s.try(ctx, yield, nil, "")
	if e != nil && e.Status == http.StatusUnauthorized {
		s.c.credential.Refused(secret)
		_, e = s.try(ctx, yield, e, secret)
	}
	return e
}

// try sends the request once, and yields the records of the answer. It returns the
// secret that the request carried. before is nil, or the error for the answer by which
// the secret refused was refused: it is returned if there is no other secret.
func (s *search) try(ctx context.Context, yield func(json.RawMessage, error) bool, before *Error, refused string) (string, *Error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(s.c.timeout, func() { cancel(silent(s.c.timeout)) })
	defer silence.Stop()

	e := &Error{URL: s.shownURL, Attempts: 1}
	req, secret, err := s.newRequest(ctx)
	switch {
	case before != nil && err != nil:
		before.Err = cause(ctx, err)
		return "", before
	case before != nil && secret == refused:
		return "", before
	case before != nil:
		e.Attempts += before.Attempts
	case err != nil:
		e.unsent = true
		return "", e.because(cause(ctx, err))
	}
	s.c.counters.searches.Add(1)
	s.c.usage.send(s.c.credential.ID(secret), 0)
	resp, err := s.c.do(req, secret)
	if err != nil {
		return secret, e.because(cause(ctx, err))
	}
	body := &jsonstream.Body{
		In: resp.Body, Silence: silence, Timeout: s.c.timeout,
		Keep: maxErrorBody + 8*len(secret) + 1, // what excerpt looks at, and a byte more
		Hide: func(err error) error { return bare(err, secret, s.c.hidden...) },
	}
	resp.Body = body
	defer func() { _ = resp.Body.Close() }()
	e.Status = resp.StatusCode
	if classify(e.Status, nil, true) != accepted {
		e = s.refusal(e, resp, secret, cancel)
		s.c.tellRefusal(e.Status, secret, e.Body)
		return secret, e
	}
	s.c.credential.Taken(secret)
	found := false
	for record, err := range jsonstream.Records(body, s.maxRecord) {
		switch {
		case endOf(ctx) != nil:
			return secret, e.because(endOf(ctx))
		case err != nil:
			return secret, s.failure(e, err, found, body, secret, cancel)
		case !yield(record, nil):
			return secret, nil
		}
		found = true
	}
	return secret, nil
}

// do sends a request. A panic of an HTTP client that is not ours is an error, and no
// error shows the secret or the URL.
func (c *Client) do(req *http.Request, secret string) (resp *http.Response, err error) {
	defer func() {
		if recover() != nil {
			resp, err = nil, errPanicked
		}
	}()
	if resp, err = c.http.Do(req); err != nil {
		return nil, bare(err, secret, c.hidden...) // which may panic too, for it calls the methods of the error
	}
	return resp, nil
}

// newRequest makes the HTTP request with the credential on it.
func (s *search) newRequest(ctx context.Context) (*http.Request, string, error) {
	req, err := http.NewRequestWithContext(masktrace.Header(ctx, s.c.masked...), http.MethodGet, s.url, nil)
	if err != nil {
		return nil, "", err
	}
	req.Header = s.c.header.Clone()
	if len(req.Header["Accept"]) == 0 {
		req.Header.Set("Accept", "application/json")
	}
	// It says nothing of a request without a body, but the documented one has it.
	req.Header.Set("Content-Type", "application/json")
	secret, err := s.c.credential.Apply(ctx, s.c.http, req.Header)
	return req, secret, err
}

// refusal completes the error for an answer that is no success.
func (s *search) refusal(e *Error, resp *http.Response, secret string, cancel context.CancelCauseFunc) *Error {
	timer := time.AfterFunc(maxRead, func() { cancel(nil) })
	defer timer.Stop()
	if isRedirect(resp) {
		e.Err = redirectError(resp, secret, s.c.hidden...)
	}
	e.Body = readStart(resp, secret, s.c.hidden...)
	e.setup = classify(e.Status, e.Err, true).config()
	return e
}

// failure completes the error for a success that cannot be read to its end. Its start is
// shown as long as there was no record, which is not what is wrong.
func (s *search) failure(e *Error, err error, found bool, body *jsonstream.Body, secret string, cancel context.CancelCauseFunc) *Error {
	var size *jsonstream.RecordSizeError
	switch {
	case errors.Is(err, jsonstream.ErrWebPage):
		return e.because(errWebPage)
	case errors.As(err, &size):
		err = fmt.Errorf("%w; see WithMaxRecordBytes", err)
	}
	if !found {
		timer := time.AfterFunc(maxRead, func() { cancel(nil) })
		defer timer.Stop()
		start, whole := body.Start()
		e.Body = excerpt(start, maxErrorBody, secret, !whole, s.c.hidden...)
	}
	return e.because(err)
}

// because completes the error with why there is no answer, or why it is none.
func (e *Error) because(err error) *Error {
	e.Err = err
	e.setup = classifyError(0, err, true).config()
	return e
}

// cause returns why ctx has ended, which is then why there is err, or err.
func cause(ctx context.Context, err error) error {
	if end := endOf(ctx); end != nil {
		return end
	}
	return err
}

// silent is the error for a server from which nothing has come for so long.
func silent(d time.Duration) error {
	return fmt.Errorf("nothing has come for %v: %w", d, context.DeadlineExceeded)
}

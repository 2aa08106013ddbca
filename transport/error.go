package transport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/logsto/logsto-go/internal/redact"
)

const (
	// maxErrorBody bounds what an [Error] repeats of an answer, in bytes.
	maxErrorBody = 1 << 10
	// maxErrorRecord bounds what it repeats of a record, in bytes.
	maxErrorRecord = 256
	// maxErrorText bounds the whole, in bytes: why there was no answer, an HTTP client says
	// that may be anybody's.
	maxErrorText = 8 << 10
)

// Error says why a request failed, for good or so far. It shows the start of a
// record that the server has refused, so treat it like the logs themselves. It
// never shows the credential.
type Error struct {
	URL      string // where it went, without its query; empty if that is not at fault
	Status   int    // of the last answer; 0 if there was none
	Attempts int    // how often it was tried; one whose token could not be had was not sent
	Body     string // the start of the last answer, at most 1 KiB, on one line
	Err      error  // why there was no answer, why it is none, or why the attempts ended; may be nil
	Hint     string // what to do about it, if the set-up is at fault; may be empty
	Record   string // the start of the record, at most 256 bytes, on one line, if the request had only that

	setup  bool
	works  bool
	unsent bool // the last attempt was not sent
}

// Setup reports whether the set-up was at fault and not the batch: the credential,
// the endpoint or a certificate. Such a fault lasts until somebody mends it.
func (e *Error) Setup() bool { return e != nil && e.setup }

// Works reports whether records are delivered all the same: only what the answer
// says of them could not be read.
func (e *Error) Works() bool { return e != nil && e.works }

// kind is the same for errors of which one report is enough.
func (e *Error) kind() any {
	return struct {
		status int
		setup  bool
	}{e.Status, e.setup}
}

// isBusy reports whether the server has said that it has too much to do.
func (e *Error) isBusy() bool { return e != nil && classify(e.Status, nil, true) == busy }

// Error returns all of it in one line.
func (e *Error) Error() string {
	var sb strings.Builder
	sb.WriteString("transport: ")
	if e.URL != "" {
		sb.WriteString(e.URL + ": ")
	}
	switch {
	case e.works && e.Status == 0:
		sb.WriteString("records are delivered, but")
	case e.Status != 0:
		fmt.Fprintf(&sb, "%d %s", e.Status, http.StatusText(e.Status))
	case e.Attempts == 0, e.unsent:
		sb.WriteString("not sent")
	default:
		sb.WriteString("no answer")
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&sb, " after %d attempts", e.Attempts)
	}
	if e.Body != "" {
		fmt.Fprintf(&sb, ": %s", e.Body)
	}
	if e.Err != nil {
		fmt.Fprintf(&sb, ": %v", e.Err)
	}
	if e.Hint != "" {
		fmt.Fprintf(&sb, "; %s", e.Hint)
	}
	if e.Record != "" {
		fmt.Fprintf(&sb, ": record %s", e.Record)
	}
	return redact.Text(sb.String(), maxErrorText)
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// MarshalText returns what Error does, so that the error is that in JSON.
func (e *Error) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// ended adds that the attempts ended because the context did.
func (e *Error) ended(cause error) *Error {
	if e.Err == nil {
		e.Err = cause
	} else if !errors.Is(e.Err, cause) {
		e.Err = fmt.Errorf("%w, then %w", e.Err, cause)
	}
	return e
}

// endOf returns why the context has ended, or nil if it has not.
func endOf(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return context.Cause(ctx)
}

// errElapsed ends the attempts of a request after Retry.MaxElapsed.
var errElapsed = errors.New("no more attempts: MaxElapsed has passed")

// excerpt returns the start of b for an error, without the secret and others. broken says that
// b went on: what stands at its end may then be the start of the secret.
func excerpt(b []byte, limit int, secret string, broken bool, others ...string) string {
	others = append(others[:len(others):len(others)], secret)
	if broken || len(b) > limit+8*len(secret) {
		return redact.Start(string(b), limit, others...)
	}
	return redact.Text(string(b), limit, others...)
}

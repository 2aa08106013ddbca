package transport

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

const (
	// maxErrorBody bounds what an [Error] repeats of an answer, in bytes.
	maxErrorBody = 1 << 10
	// maxErrorRecord bounds what it repeats of a record, in bytes.
	maxErrorRecord = 256
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
	if e.Record != "" {
		fmt.Fprintf(&sb, ": record %s", e.Record)
	}
	return sb.String()
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// ended adds that the attempts ended because the context did.
func (e *Error) ended(cause error) *Error {
	if e.Err == nil {
		e.Err = cause
	} else if !errors.Is(e.Err, cause) {
		e.Err = fmt.Errorf("%w, then %w", e.Err, cause)
	}
	return e
}

// BatchError says which records of a batch were not delivered. The others
// were.
type BatchError struct {
	Records int   // how many the batch has
	Indices []int // of those that were not delivered, ascending
	Err     error // an *Error for the last of them, or the end of the context
}

// Error returns the number of records and the reason.
func (e *BatchError) Error() string {
	text := fmt.Sprintf("transport: %d of %d records not delivered", len(e.Indices), e.Records)
	if e.Err != nil {
		text += ": " + strings.TrimPrefix(e.Err.Error(), "transport: ")
	}
	return text
}

// Unwrap returns Err.
func (e *BatchError) Unwrap() error { return e.Err }

// Undelivered returns Indices; package batch counts by it.
func (e *BatchError) Undelivered() []int { return e.Indices }

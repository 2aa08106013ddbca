package transport

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// maxErrorBody bounds what an [Error] repeats of an answer, in bytes.
const maxErrorBody = 1 << 10

// Error says why a request failed for good.
type Error struct {
	Status   int    // of the last answer; 0 if there was none
	Attempts int    // how often it was tried; one whose token could not be had was not sent
	Body     string // the start of the last answer, at most 1 KiB, on one line
	Err      error  // why there was no answer, or why the attempts ended; may be nil
}

// Error returns all of it in one line.
func (e *Error) Error() string {
	var sb strings.Builder
	sb.WriteString("transport: ")
	if e.Status != 0 {
		fmt.Fprintf(&sb, "%d %s", e.Status, http.StatusText(e.Status))
	} else {
		sb.WriteString("no answer")
	}
	if e.Attempts != 1 {
		fmt.Fprintf(&sb, " after %d attempts", e.Attempts)
	}
	if e.Body != "" {
		fmt.Fprintf(&sb, ": %s", e.Body)
	}
	if e.Err != nil {
		fmt.Fprintf(&sb, ": %v", e.Err)
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

package batch

import (
	"errors"
	"fmt"
	"strings"
)

// ErrClosed is the cause of an [*UndeliveredError] when another Close has
// given up.
var ErrClosed = errors.New("batch: closed")

// UndeliveredError says how many of the records that a Flush or Close waited
// for are not delivered.
type UndeliveredError struct {
	Records uint64
	Err     error // why: the end of the context, with the reason of the Sender if it has one, or the Sender's last error; may be nil
}

// Error returns the number and the cause.
func (e *UndeliveredError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("batch: %s not delivered", records(e.Records))
	}
	return fmt.Sprintf("batch: %s not delivered: %v", records(e.Records), e.Err)
}

// Unwrap returns the cause.
func (e *UndeliveredError) Unwrap() error { return e.Err }

// MarshalText returns what Error does, so that the error is that in JSON.
func (e *UndeliveredError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// LossError is what the error handler gets after a loss: the records that were
// dropped since it was told last.
type LossError struct {
	Records uint64 // all together
	Drops   []Drop // by reason and level, without zeros
	Example string // one of the records that the Buffer did not take, and why; may be empty
	Err     error  // the Sender's last error since then; may be nil
}

// Error returns the number of records, by reason, and the Sender's error.
func (e *LossError) Error() string {
	var sb strings.Builder
	fmt.Fprintf(&sb, "batch: %s dropped", records(e.Records))
	var by [numReasons]uint64
	for _, d := range e.Drops {
		by[d.Reason] += d.Records
	}
	sep := ": "
	for r, n := range by {
		if n > 0 {
			fmt.Fprintf(&sb, "%s%d %v", sep, n, Reason(r))
			sep = ", "
		}
	}
	if e.Example != "" {
		fmt.Fprintf(&sb, ", such as one %s", e.Example)
	}
	if e.Err != nil {
		fmt.Fprintf(&sb, ": %v", e.Err)
	}
	return sb.String()
}

// Unwrap returns the Sender's error.
func (e *LossError) Unwrap() error { return e.Err }

// MarshalText returns what Error does, so that the error is that in JSON.
func (e *LossError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

func records(n uint64) string {
	if n == 1 {
		return "1 record"
	}
	return fmt.Sprintf("%d records", n)
}

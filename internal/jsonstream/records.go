package jsonstream

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/logsto/logsto-go/internal/jsonscan"
)

// maxOutside bounds what stands in an answer before, between and behind records, in
// bytes: blanks, commas, and the other members of the objects around them.
const maxOutside = 1 << 20

// ErrWebPage is why an answer that begins with < has no records.
var ErrWebPage = errors.New("the answer is a web page")

// RecordSizeError is why a record is not read to its end.
type RecordSizeError struct {
	Max int // the bytes that it may have
}

// Error returns the bound.
func (e *RecordSizeError) Error() string {
	return fmt.Sprintf("a record has more than %d bytes", e.Max)
}

var (
	// errStop ends the reading of an answer because no more records are wanted.
	errStop = errors.New("no more records are wanted")

	errEmpty    = errors.New("the answer is empty")
	errNoArray  = errors.New("the answer has no array of records")
	errTwo      = errors.New("the answer has two arrays, and one of them only can be the records")
	errNoObject = errors.New("an element of the array is not a JSON object")
	errBehind   = errors.New("the answer goes on behind its end")
	errDeep     = fmt.Errorf("the objects around the records have more than %d levels", jsonscan.MaxDepth)
	errOutside  = fmt.Errorf("the answer has more than %d bytes in a row that are not of records", maxOutside)
)

// Records returns an iterator over the records of the answer that r brings, for one use. A
// record is yielded as soon as its last byte has come, belongs to the caller, and has
// maxRecord bytes at most. The iteration ends with its first error, which comes with a nil
// record: [ErrWebPage], a [*RecordSizeError], what r returns but for [io.EOF], or what else
// is wrong with the answer. Without an error the answer is whole.
//
// Each Read of r must return at least one byte, or an error that stays and none, as [Body]
// does.
func Records(r io.Reader, maxRecord int) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		a := &answer{in: scanner{r: r}, yield: yield, maxRecord: maxRecord}
		if err := a.read(); err != nil && !errors.Is(err, errStop) {
			yield(nil, err)
		}
	}
}

// answer yields the records of one answer: the elements of the one array that it
// is, or that is in it, within nothing but objects, and is not empty.
type answer struct {
	in        scanner
	yield     func(json.RawMessage, error) bool
	maxRecord int // bytes

	array bool // there was an array
	found bool // there was a record, in the first array that is not empty
}

// read reads all of the answer. It returns errStop if yield wants no more, what the
// scanner returns, or what is wrong with the answer.
func (a *answer) read() error {
	var first byte
	err := a.in.skipMark()
	if err == nil {
		first, err = a.in.next()
	}
	switch {
	case errors.Is(err, errShort):
		return errEmpty
	case err != nil:
		return err
	case first == '<':
		return ErrWebPage
	}
	if err := a.value(jsonscan.MaxDepth); err != nil {
		return err
	}
	if err := a.in.end(); err != nil {
		return err
	}
	if !a.array {
		return errNoArray
	}
	return nil
}

// value reads what is not a record: an object of so many levels at most, or anything
// else.
func (a *answer) value(levels int) error {
	switch b, err := a.in.next(); {
	case err != nil:
		return err
	case b == '{':
		return a.object(levels)
	case b == '[':
		return a.records()
	case !beginsValue(b):
		return unexpected(b, "a value")
	default:
		return a.in.skipPart()
	}
}

// object reads an object around the records.
func (a *answer) object(levels int) error {
	if levels == 0 {
		return errDeep
	}
	return a.list('}', func() error {
		b, err := a.in.next()
		if err != nil {
			return err
		}
		if b != '"' {
			return unexpected(b, "a key")
		}
		if err := a.in.skipPart(); err != nil {
			return err
		}
		if b, err = a.in.next(); err != nil {
			return err
		}
		if b != ':' {
			return unexpected(b, "a colon")
		}
		a.in.skip()
		return a.value(levels - 1)
	})
}

// records reads an array, and yields its elements.
func (a *answer) records() error {
	a.array = true
	second := a.found
	return a.list(']', func() error {
		if second {
			return errTwo
		}
		return a.record()
	})
}

// record reads an element of the array, and yields it.
func (a *answer) record() error {
	switch b, err := a.in.next(); {
	case err != nil:
		return err
	case !beginsValue(b):
		return unexpected(b, "a record")
	case b != '{':
		return errNoObject
	}
	p, err := a.in.part(a.maxRecord)
	switch {
	case errors.Is(err, errLong):
		return &RecordSizeError{a.maxRecord}
	case err != nil:
		return err
	}
	a.found = true
	if !a.yield(bytes.Clone(p), nil) {
		return errStop
	}
	a.in.outside = 0
	return nil
}

// list reads an object or an array, which ends with the given bracket: what item reads,
// with commas in between.
func (a *answer) list(end byte, item func() error) error {
	a.in.skip()
	if b, err := a.in.next(); err != nil {
		return err
	} else if b == end {
		a.in.skip()
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		b, err := a.in.next()
		if err != nil {
			return err
		}
		switch b {
		case end:
			a.in.skip()
			return nil
		case ',':
			a.in.skip()
		default:
			return unexpected(b, fmt.Sprintf("a comma or %q", end))
		}
	}
}

// beginsValue reports whether a value of JSON may begin with b.
func beginsValue(b byte) bool { return strings.IndexByte(`{["-0123456789tfn`, b) >= 0 }

// unexpected is the error for a byte in the place of something else.
func unexpected(b byte, want string) error {
	return fmt.Errorf("the answer is not JSON: %q in the place of %s", b, want)
}

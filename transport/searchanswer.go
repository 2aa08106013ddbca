package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/logsto/logsto-go/internal/jsonscan"
)

// maxOutside bounds what stands in an answer before, between and behind records, in
// bytes: blanks, commas, and the other members of the objects around them.
const maxOutside = 1 << 20

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

// searchAnswer yields the records of one answer: the elements of the one array that it
// is, or that is in it, within nothing but objects, and is not empty.
type searchAnswer struct {
	in        searchScanner
	ctx       context.Context // nothing is yielded when it has ended
	yield     func(json.RawMessage, error) bool
	maxRecord int // bytes

	array bool // there was an array
	found bool // there was a record, in the first array that is not empty
}

// read reads all of the answer. It returns errStop if yield wants no more, what the
// scanner returns, or what is wrong with the answer.
func (a *searchAnswer) read() error {
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
		return errWebPage
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
func (a *searchAnswer) value(levels int) error {
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
func (a *searchAnswer) object(levels int) error {
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
func (a *searchAnswer) records() error {
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
func (a *searchAnswer) record() error {
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
		return fmt.Errorf("a record has more than %d bytes; see WithMaxRecordBytes", a.maxRecord)
	case err != nil:
		return err
	case endOf(a.ctx) != nil:
		return endOf(a.ctx)
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
func (a *searchAnswer) list(end byte, item func() error) error {
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

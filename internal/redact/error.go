package redact

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// leastHeld is how many bytes a secret must have to be looked for in the names of types
// and fields.
const leastHeld = 4

// Error returns err, or, if it shows one of the secrets, an error with its text in which they
// are hidden, in one line of at most limit bytes. errors.Is goes on finding what err wraps;
// but nothing else of err can be had, since it may show itself in other ways.
func Error(err error, limit int, secrets ...string) error {
	if !InError(err, secrets...) {
		return err
	}
	return &hiddenError{
		text: Text(err.Error(), limit, secrets...),
		is:   func(target error) bool { return errors.Is(err, target) },
	}
}

// hiddenError has the error within a function, where nothing that prints values gets.
type hiddenError struct {
	text string
	is   func(error) bool
}

func (e *hiddenError) Error() string        { return e.text }
func (e *hiddenError) Is(target error) bool { return e.is(target) }

// InError reports whether an error, or one that it wraps, has one of the secrets in it,
// in its text or in its fields: an HTTP client may keep the request in its errors, and
// who prints those by %#v or as JSON prints that. Secrets of less than four bytes are
// looked for in the text only.
func InError(err error, secrets ...string) bool {
	for err != nil {
		if Shows(err.Error(), secrets...) || inFields(err, secrets) {
			return true
		}
		if several, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // it is the very chain that is walked
			return slices.ContainsFunc(several.Unwrap(), func(err error) bool { return InError(err, secrets...) })
		}
		err = errors.Unwrap(err)
	}
	return false
}

// inFields looks at an error as those print it who do not ask for its text.
func inFields(err error, secrets []string) bool {
	text := fmt.Sprintf("%+v %#v", err, err)
	if b, failure := json.Marshal(err); failure == nil { // what cannot be JSON shows nothing that way
		text += " " + string(b)
	}
	text += " " + heldTexts(err)
	return slices.ContainsFunc(secrets, func(s string) bool { return len(s) >= leastHeld && Shows(text, s) })
}

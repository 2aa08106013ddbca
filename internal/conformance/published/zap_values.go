package published

import (
	"errors"
	"fmt"
	"io"
	"net/url"

	"go.uber.org/multierr"
	"go.uber.org/zap/zapcore"
)

// What the tests of zap log.
type (
	users          int
	loggable       bool
	turducken      struct{}
	turduckens     int
	maybeNamespace bool
	noJSON         struct{}
	bar            struct {
		Key string  `json:"key"`
		Val float64 `json:"val"`
	}
	foo struct {
		A string  `json:"aee"`
		B int     `json:"bee"`
		C float64 `json:"cee"`
		D []bar   `json:"dee"`
	}
)

func (u users) String() string { return fmt.Sprint(int(u), " users") }

func (u users) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	if u < 0 {
		return errors.New("too few users")
	}
	enc.AddInt("users", int(u))
	return nil
}

func (u users) MarshalLogArray(enc zapcore.ArrayEncoder) error {
	if u < 0 {
		return errors.New("too few users")
	}
	for range int(u) {
		enc.AppendString("user")
	}
	return nil
}

var errCannot = errors.New("can't marshal")

func (l loggable) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	if !l {
		return errCannot
	}
	enc.AddString("loggable", "yes")
	return nil
}

func (l loggable) MarshalLogArray(enc zapcore.ArrayEncoder) error {
	if !l {
		return errCannot
	}
	enc.AppendBool(true)
	return nil
}

func (turducken) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	chicken := zapcore.ObjectMarshalerFunc(func(inner zapcore.ObjectEncoder) error {
		inner.AddString("in", "chicken")
		return nil
	})
	return enc.AddArray("ducks", zapcore.ArrayMarshalerFunc(func(a zapcore.ArrayEncoder) error {
		return errors.Join(a.AppendObject(chicken), a.AppendObject(chicken))
	}))
}

func (t turduckens) MarshalLogArray(enc zapcore.ArrayEncoder) (err error) {
	for range int(t) {
		err = errors.Join(err, enc.AppendObject(turducken{}))
	}
	return err
}

func (m maybeNamespace) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	enc.AddString("obj-out", "obj-outside-namespace")
	if m {
		enc.OpenNamespace("obj-namespace")
		enc.AddString("obj-in", "obj-inside-namespace")
	}
	return nil
}

func (noJSON) MarshalJSON() ([]byte, error) { return nil, errors.New("no") }

// stringer is a Stringer that panics in several ways.
type stringer struct{ kind int }

func (o *stringer) String() string {
	if o == nil {
		return "nil obj"
	}
	switch o.kind {
	case 1:
		panic("panic with string")
	case 2:
		panic(errors.New("panic with error"))
	case 3:
		panic((*url.URL)(nil)) // which panics when it is printed
	}
	return "obj"
}

// message is an error that may panic.
type message struct{ panics bool }

func (m *message) Error() string {
	if m.panics {
		panic("panic in Error() method")
	}
	return ""
}

// tooManyError and tooFewError format themselves; only tooFewError has more to say than its
// message.
type (
	tooManyError int
	tooFewError  int
)

func (e tooManyError) Error() string { return fmt.Sprint(int(e), " too many users") }
func (e tooFewError) Error() string  { return fmt.Sprint(int(e), " too few users") }

func (e tooManyError) Format(s fmt.State, verb rune) {
	if verb == 'v' && s.Flag('+') {
		_, _ = io.WriteString(s, e.Error())
	}
}

func (e tooFewError) Format(s fmt.State, verb rune) {
	if verb == 'v' && s.Flag('+') {
		_, _ = io.WriteString(s, "verbose: "+e.Error())
	}
}

// sadness holds several errors.
type sadness struct{}

func (sadness) Error() string { return "great sadness" }

func (sadness) Errors() []error {
	return []error{errors.New("foo"), nil, multierr.Append(errors.New("bar"), errors.New("baz"))}
}

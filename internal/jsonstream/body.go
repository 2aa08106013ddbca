package jsonstream

import (
	"errors"
	"io"
	"time"
)

// maxEmptyReads is how often in a row a body may be read without a byte or an error.
const maxEmptyReads = 100

// errPanicked stands for what the HTTP client panicked with, which may hold the credential.
var errPanicked = errors.New("the HTTP client panicked")

// bodyError is why an answer breaks off.
type bodyError struct{ err error }

func (e *bodyError) Error() string { return "the answer breaks off: " + e.err.Error() }

func (e *bodyError) Unwrap() error { return e.err }

// Body is the body of an answer. It ends the request if the server is silent, makes errors
// of the panics of an HTTP client that is not ours, and keeps its own start. It is used by
// one goroutine at a time.
type Body struct {
	In io.ReadCloser
	// Silence is a timer that ends the request. It runs for Timeout each time that
	// something is read, and not in between. It may be nil.
	Silence *time.Timer
	Timeout time.Duration
	// Keep is how much of the start is kept, in bytes.
	Keep int
	// Hide makes an error of In one that may be shown. It may be nil, and may panic.
	Hide func(error) error

	start []byte
	err   error // the first one, which stays: io.EOF or a *bodyError
}

// Read returns at least one byte, or an error that stays and none: [io.EOF], or one that
// says that the answer breaks off.
func (b *Body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if b.Silence != nil {
		b.Silence.Reset(b.Timeout)
	}
	n := b.read(p)
	if b.Silence != nil {
		b.Silence.Stop()
	}
	b.start = append(b.start, p[:min(n, b.Keep-len(b.start))]...)
	if n > 0 {
		return n, nil
	}
	return 0, b.err
}

// read returns at least one byte, or sets b.err, or both.
func (b *Body) read(p []byte) (n int) {
	defer func() {
		if recover() != nil {
			n, b.err = 0, &bodyError{errPanicked}
		}
	}()
	for range maxEmptyReads {
		n, err := b.In.Read(p)
		switch {
		case err == io.EOF: //nolint:errorlint // as io.Reader has it
			b.err = io.EOF
		case err != nil && b.Hide != nil:
			b.err = &bodyError{b.Hide(err)}
		case err != nil:
			b.err = &bodyError{err}
		case n == 0:
			continue
		}
		return n
	}
	b.err = &bodyError{io.ErrNoProgress}
	return 0
}

// Start reads on as far as the start is kept, and returns that and whether it is all of
// the body.
func (b *Body) Start() (start []byte, whole bool) {
	p := make([]byte, b.Keep)
	for len(b.start) < b.Keep && b.err == nil {
		_, _ = b.Read(p) // b.err keeps the error
	}
	return b.start, b.err == io.EOF //nolint:errorlint // as io.Reader has it
}

// Close frees the connection.
func (b *Body) Close() (err error) {
	defer func() {
		if recover() != nil {
			err = errPanicked
		}
	}()
	return b.In.Close()
}

package transport

import (
	"io"
	"net/http"
	"time"
)

// maxEmptyReads is how often in a row a body may be read without a byte or an error.
const maxEmptyReads = 100

// bodyError is why an answer breaks off. It does not show the secret.
type bodyError struct{ err error }

func (e *bodyError) Error() string { return "the answer breaks off: " + e.err.Error() }

func (e *bodyError) Unwrap() error { return e.err }

// do sends a request. A panic of an HTTP client that is not ours is an error, and no
// error shows the secret or the URL.
func (c *Client) do(req *http.Request, secret string) (resp *http.Response, err error) {
	defer func() {
		if recover() != nil {
			resp, err = nil, errPanicked
		}
	}()
	if resp, err = c.http.Do(req); err != nil {
		return nil, bare(err, secret) // which may panic too, for it calls the methods of the error
	}
	return resp, nil
}

// searchBody is the body of an answer to a search. It ends the request if the server
// is silent, and makes errors of the panics of an HTTP client that is not ours. It is
// used by one goroutine at a time.
type searchBody struct {
	in      io.ReadCloser
	silence *time.Timer // ends the request; it runs only while something is read
	timeout time.Duration
	secret  string
	start   []byte // of all that was read, up to its capacity
	err     error  // the first one, which stays: io.EOF or a *bodyError
}

// newSearchBody returns a body that keeps as much of its start as excerpt looks at, and
// a byte more. silence is a timer that ends the request.
func newSearchBody(in io.ReadCloser, silence *time.Timer, timeout time.Duration, secret string) *searchBody {
	return &searchBody{
		in: in, silence: silence, timeout: timeout, secret: secret,
		start: make([]byte, 0, maxErrorBody+8*len(secret)+1),
	}
}

// Read returns at least one byte, or an error and none.
func (b *searchBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	b.silence.Reset(b.timeout)
	n := b.read(p)
	b.silence.Stop()
	b.start = append(b.start, p[:min(n, cap(b.start)-len(b.start))]...)
	if n > 0 {
		return n, nil
	}
	return 0, b.err
}

// read returns at least one byte, or sets b.err, or both.
func (b *searchBody) read(p []byte) (n int) {
	defer func() {
		if recover() != nil {
			n, b.err = 0, &bodyError{errPanicked}
		}
	}()
	for range maxEmptyReads {
		n, err := b.in.Read(p)
		switch {
		case err == io.EOF: //nolint:errorlint // as io.Reader has it
			b.err = io.EOF
		case err != nil:
			b.err = &bodyError{bare(err, b.secret)}
		case n == 0:
			continue
		}
		return n
	}
	b.err = &bodyError{io.ErrNoProgress}
	return 0
}

// beginning reads on as far as the start is kept, and returns that and whether it is
// all of the body.
func (b *searchBody) beginning() (start []byte, whole bool) {
	p := make([]byte, cap(b.start))
	for len(b.start) < cap(b.start) && b.err == nil {
		_, _ = b.Read(p) // b.err keeps the error
	}
	return b.start, b.err == io.EOF //nolint:errorlint // as io.Reader has it
}

// Close frees the connection.
func (b *searchBody) Close() (err error) {
	defer func() {
		if recover() != nil {
			err = errPanicked
		}
	}()
	return b.in.Close()
}

package main

import (
	"context"
	"errors"
	"io"
)

// errStopped is the error of an input whose context has ended.
var errStopped = errors.New("stopped")

// input is a reader that ends with a context, also while the reader below it
// waits for data, as a terminal or a pipe does.
type input struct {
	ctx    context.Context
	chunks chan []byte   // from the goroutine that reads; closed at the end
	closed chan struct{} // tells it that nobody listens any more
	err    error         // valid once chunks is closed; nil at the end of the input
	rest   []byte        // of the chunk that was received last
}

// newInput reads what open opens, which may take long too: a pipe is open when somebody
// writes to it.
func newInput(ctx context.Context, open func() (io.ReadCloser, error)) *input {
	in := &input{ctx: ctx, chunks: make(chan []byte), closed: make(chan struct{})}
	go in.pump(open)
	return in
}

// pump reads until the end. It reads into one chunk while the other is being
// consumed.
func (in *input) pump(open func() (io.ReadCloser, error)) {
	defer close(in.chunks)
	r, err := open()
	if err != nil {
		in.err = err
		return
	}
	defer func() { _ = r.Close() }() // it was only read
	var chunks [2][readAhead]byte
	for i := 0; in.ctx.Err() == nil; i = 1 - i {
		n, err := r.Read(chunks[i][:])
		if n > 0 {
			select {
			case in.chunks <- chunks[i][:n]:
			case <-in.closed:
				return
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				in.err = err
			}
			return
		}
	}
	in.err = errStopped
}

// Read implements io.Reader. What has been read is returned also after the
// end of the context.
func (in *input) Read(p []byte) (int, error) {
	if len(in.rest) == 0 {
		var ok bool
		select {
		case in.rest, ok = <-in.chunks:
		default:
			select {
			case in.rest, ok = <-in.chunks:
			case <-in.ctx.Done():
				return 0, errStopped
			}
		}
		if !ok && in.err != nil {
			return 0, in.err
		}
		if !ok {
			return 0, io.EOF
		}
	}
	n := copy(p, in.rest)
	in.rest = in.rest[n:]
	return n, nil
}

// close lets go of the goroutine that reads, once it is open and its Read has returned.
func (in *input) close() { close(in.closed) }

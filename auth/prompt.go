package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// maxLine bounds what a person enters, in bytes.
const maxLine = 16 << 10

// prompt shows the address and returns the line that a person enters. Reader and writer
// may be of anybody's making: they may hang, panic or end their goroutine.
func prompt(ctx context.Context, in io.Reader, out io.Writer, address string) (string, error) {
	if ctx.Err() != nil { // then nobody is asked
		return "", context.Cause(ctx)
	}
	type result struct {
		line string
		err  error
	}
	done := make(chan result, 1)
	go func() {
		r := result{err: errors.New("the reader or the writer of the prompt panicked")}
		defer func() {
			_ = recover() // what it says may have the address in it
			done <- r
		}()
		line, err := ask(in, out, address)
		r = result{line, err}
	}()
	select {
	case r := <-done:
		return r.line, r.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// ask does the work of prompt, however long it takes.
func ask(in io.Reader, out io.Writer, address string) (string, error) {
	_, err := fmt.Fprintf(out, "Open this address in your browser:\n\n%s\n\n"+
		"Then enter the code that you get, or the whole address that the browser ends at: ", address)
	if err != nil {
		return "", err
	}
	line, err := readLine(in)
	if err != nil {
		return "", fmt.Errorf("what was entered cannot be read: %w", err)
	}
	return line, nil
}

// readLine reads up to a line feed or the end, and nothing beyond, which is for others to
// read.
func readLine(in io.Reader) (string, error) {
	var line []byte
	b := make([]byte, 1)
	for empty := 0; ; {
		n, err := in.Read(b)
		switch {
		case n == 1 && b[0] == '\n':
			return string(line), nil
		case n == 1 && len(line) == maxLine:
			return "", errors.New("the line is too long")
		case n == 1:
			line, empty = append(line, b[0]), 0
		}
		switch {
		case errors.Is(err, io.EOF):
			return string(line), nil
		case err != nil:
			return "", err
		case n == 0:
			if empty++; empty == 100 {
				return "", io.ErrNoProgress
			}
		}
	}
}

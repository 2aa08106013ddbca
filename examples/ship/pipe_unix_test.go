//go:build unix

package main

import (
	"bytes"
	"context"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestAnInterruptBeforeAPipeIsOpen has a pipe that nobody writes to: to open it waits.
func TestAnInterruptBeforeAPipeIsOpen(t *testing.T) {
	srv := newServer(t)
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	ended := make(chan result, 1)
	go func() { ended <- ship(ctx, t, srv, new(bytes.Reader), pipe) }()
	select {
	case r := <-ended:
		r.check(t, exitUndelivered, `stopped before the end of .*pipe`)
	case <-time.After(30 * time.Second): // it takes no time
		t.Fatal("it still waits for somebody who writes to the pipe")
	}
}

package main

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"sync"

	"github.com/logsto/logsto-go/transport"
)

// pipe serves h over connections in memory. It returns a client that reaches it, and a
// function that ends both.
func pipe(h http.Handler) (client *http.Client, stop func()) {
	l := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	srv := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = srv.Serve(l) }()
	t := &http.Transport{DialContext: l.dial, MaxIdleConnsPerHost: transport.DefaultConcurrency}
	return &http.Client{Transport: t}, func() {
		t.CloseIdleConnections()
		_ = srv.Close()
	}
}

// pipes is a [net.Listener].
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "dial", Net: "pipe", Err: net.ErrClosed}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements [net.Listener].
func (l *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener].
func (l *pipes) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr implements [net.Listener].
func (l *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

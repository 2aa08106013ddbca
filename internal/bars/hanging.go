package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"

	"github.com/logsto/logsto-go/transport"
)

// hanging is a server on loopback whose connections hang when it is told so. Those
// that come later work.
type hanging struct {
	http2 bool
	deaf  bool // it does not even read what comes over them

	handler http.Handler
	hangs   atomic.Int64  // how often it was told so
	ended   chan struct{} // closed at the end
}

// hang has the connections of this moment hang.
func (h *hanging) hang() { h.hangs.Add(1) }

// trial starts the server, and a trial with the HTTP client that is the default.
func (h *hanging) trial(e env) *trial {
	h.ended = make(chan struct{})
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		if t, ok := c.(*tls.Conn); ok {
			c = t.NetConn()
		}
		return context.WithValue(ctx, connKey{}, c)
	}
	// With windows as small as that, a batch does not fit into one.
	srv.Config.HTTP2 = &http.HTTP2Config{MaxReceiveBufferPerConnection: 64 << 10, MaxReceiveBufferPerStream: 64 << 10}
	srv.EnableHTTP2 = h.http2
	srv.Listener = hangingListener{srv.Listener, h}
	options := []transport.Option{transport.WithTimeout(hungTimeout)}
	if h.http2 {
		srv.StartTLS()
		pool := x509.NewCertPool()
		pool.AddCert(srv.Certificate())
		options = append(options, transport.WithTLSConfig(&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}))
	} else {
		srv.Start()
	}
	tr := newTrial(e, setup{endpoint: srv.URL + "/v1/log", transport: options})
	h.handler = tr.server
	tr.stop = func() {
		close(h.ended)
		srv.CloseClientConnections()
		srv.Close()
	}
	return tr
}

// ServeHTTP implements [http.Handler]. It does not return over a connection that hangs.
func (h *hanging) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if c, ok := req.Context().Value(connKey{}).(*hangingConn); ok && c.hangs() {
		select {
		case <-req.Context().Done():
		case <-h.ended:
		}
		panic(http.ErrAbortHandler)
	}
	h.handler.ServeHTTP(w, req)
}

// connKey is the key of the connection in the context of a request.
type connKey struct{}

type hangingListener struct {
	net.Listener
	of *hanging
}

// Accept implements [net.Listener].
func (l hangingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if t, ok := c.(*net.TCPConn); ok && l.of.deaf {
		_ = t.SetReadBuffer(64 << 10) // so that the window closes before a batch is through
	}
	return &hangingConn{Conn: c, of: l.of, since: l.of.hangs.Load(), closed: make(chan struct{})}, nil
}

// hangingConn is a connection that hangs when its server is told so later.
type hangingConn struct {
	net.Conn
	of     *hanging
	since  int64
	ending atomic.Bool
	closed chan struct{}
}

func (c *hangingConn) hangs() bool { return c.of.hangs.Load() > c.since }

// Read implements [net.Conn].
func (c *hangingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err == nil && c.of.deaf && c.hangs() {
		select {
		case <-c.closed:
		case <-c.of.ended:
		}
		return 0, net.ErrClosed
	}
	return n, err
}

// Close implements [net.Conn].
func (c *hangingConn) Close() error {
	if c.ending.CompareAndSwap(false, true) {
		close(c.closed)
	}
	return c.Conn.Close()
}

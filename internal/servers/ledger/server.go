package ledger

import (
	"io"
	"log"
	"net"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// Server is a Ledger that listens.
type Server struct {
	*Ledger
	Addr string // host and port

	http        *httptest.Server
	connections atomic.Int64
	reads       atomic.Int64
}

// Start serves l on loopback until the test ends. idle is how long a connection
// without a request stays open; zero means for ever.
func (l *Ledger) Start(tb testing.TB, addr string, idle time.Duration) *Server {
	tb.Helper()
	ln, err := new(net.ListenConfig).Listen(tb.Context(), "tcp", addr)
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{Ledger: l, Addr: ln.Addr().String()}
	s.http = httptest.NewUnstartedServer(l)
	_ = s.http.Listener.Close()
	s.http.Listener = countingListener{ln, s}
	s.http.Config.IdleTimeout = idle
	s.http.Config.ErrorLog = quiet()
	s.http.Start()
	tb.Cleanup(s.Close)
	return s
}

// Close ends all connections, also those in the middle of a request.
func (s *Server) Close() {
	s.http.CloseClientConnections()
	s.http.Close()
}

// Connections returns how many connections were made, and how many reads brought
// something.
func (s *Server) Connections() (connections, reads int) {
	return int(s.connections.Load()), int(s.reads.Load())
}

type countingListener struct {
	net.Listener
	s *Server
}

func (l countingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.s.connections.Add(1)
	return countingConn{c, l.s}, nil
}

type countingConn struct {
	net.Conn
	s *Server
}

func (c countingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.s.reads.Add(1)
	}
	return n, err
}

// quiet keeps the server's own complaints about cut connections out of the
// output.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

package auth

import (
	"net"
	"sync"
)

// limitListener accepts a connection when another one has been closed, if there are many.
// Those that wait, wait in the system.
type limitListener struct {
	net.Listener
	slots  chan struct{} // one for each connection
	closed chan struct{}
	close  func() error
}

func newLimitListener(l net.Listener, most int) *limitListener {
	limited := &limitListener{Listener: l, slots: make(chan struct{}, most), closed: make(chan struct{})}
	limited.close = sync.OnceValue(func() error {
		close(limited.closed)
		return l.Close()
	})
	return limited
}

func (l *limitListener) Accept() (net.Conn, error) {
	select {
	case l.slots <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
		return nil, err
	}
	return &limitConn{Conn: conn, leave: sync.OnceFunc(func() { <-l.slots })}, nil
}

func (l *limitListener) Close() error { return l.close() }

type limitConn struct {
	net.Conn
	leave func()
}

func (c *limitConn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}

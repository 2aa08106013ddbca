package transport

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// spoiltWithin is how soon after its answer a connection ends that was spoilt by it. A
	// server closes what is idle later than that.
	spoiltWithin = 500 * time.Millisecond
	// manySpoilt is how many connections in a row end so until requests get one each.
	manySpoilt = 2
	// noReuse is how long no connection is tried twice.
	noReuse = 10 * time.Minute
	// announcedFor is how long it takes a connection to close of which that was to be
	// expected.
	announcedFor = time.Second
)

// reuse learns whether a connection can be used for a second request.
//
// When a server sends more than the answer, net/http closes the connection and writes the
// surplus to the standard logger. If that logger's lines are records of ours (slog.SetDefault),
// the next request brings the next line, and so on for ever. So once connections turn out to
// be good for one request, each request says "Connection: close", after which net/http reads
// no further.
type reuse struct {
	mu        sync.Mutex
	spoilt    int       // connections in a row
	announced time.Time // an answer has said that its connection closes, or we close some
	until     time.Time // requests do not share connections until then
}

// only reports whether a request is to be the only one of its connection.
func (r *reuse) only() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.until.IsZero():
		return false
	case time.Now().Before(r.until):
		return true
	default: // look again
		r.until, r.spoilt = time.Time{}, 0
		return false
	}
}

// announce says that it is known why connections close now.
func (r *reuse) announce() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.announced = time.Now()
}

// closed notes that a connection was closed so long after its last answer began.
func (r *reuse) closed(after time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	switch {
	case !r.until.IsZero() || now.Sub(r.announced) < announcedFor:
		return
	case after > spoiltWithin:
		r.spoilt = 0
		return
	}
	if r.spoilt++; r.spoilt >= manySpoilt {
		r.until = now.Add(noReuse)
	}
}

// watchedConn is a connection that tells when it was closed.
type watchedConn struct {
	net.Conn
	reuse    *reuse
	start    time.Time
	asked    atomic.Bool  // something was written since the last answer began
	answered atomic.Int64 // when that was, in nanoseconds since start
	closed   atomic.Bool
}

func (c *watchedConn) Write(p []byte) (int, error) {
	c.asked.Store(true)
	return c.Conn.Write(p)
}

func (c *watchedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && c.asked.Load() {
		c.asked.Store(false)
		c.answered.Store(int64(time.Since(c.start)))
	}
	return n, err
}

func (c *watchedConn) Close() error {
	if answered := c.answered.Load(); answered > 0 && !c.asked.Load() && !c.closed.Swap(true) {
		c.reuse.closed(time.Since(c.start) - time.Duration(answered))
	}
	return c.Conn.Close()
}

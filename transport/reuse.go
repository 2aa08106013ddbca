package transport

import (
	"sync"
	"time"
)

// reuse learns whether a connection can be used for a second request.
//
// Some servers send more than the answer, or close a connection that they said they would
// keep. net/http then drops the connection, and writes the surplus to the standard logger.
// If that logger's lines are records of ours (slog.SetDefault), the next request brings the
// next line, and so on for ever. So once connections turn out to be good for one request,
// each request says "Connection: close", after which net/http reads no further.
type reuse struct {
	mu sync.Mutex

	running int // requests without an answer yet

	// Since a connection was last seen to be used twice.
	answered int // requests
	dialled  int // connections

	last  time.Time // when the last answer began
	until time.Time // requests do not share connections until then
}

const (
	// A server that closes idle connections later than this is left alone: it spoils
	// nothing, and to connect anew for each request would be dear under load.
	maxSpoilt = 5 * time.Second
	// noReuse is how long no connection is tried twice.
	noReuse = 10 * time.Minute
)

// start notes a request, and reports whether it is to be the only one of its connection.
func (r *reuse) start() (only bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running++
	switch {
	case r.until.IsZero():
		return false
	case time.Now().Before(r.until):
		return true
	default: // look again
		r.until = time.Time{}
		r.answered, r.dialled = 0, 0
		return false
	}
}

// end notes what came of a request.
func (r *reuse) end(answered bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running--
	r.answered++
	if r.last = time.Now(); !answered || r.answered > r.dialled { // more than there are connections
		r.answered, r.dialled = 0, 0
	}
}

// dial notes a new connection. If two before it were each used once, and no other request
// uses one now, they are spoilt.
func (r *reuse) dial() {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if r.until.IsZero() && r.answered >= 2 && r.answered == r.dialled && r.running == 1 && now.Sub(r.last) < maxSpoilt {
		r.until = now.Add(noReuse)
	}
	r.dialled++
}

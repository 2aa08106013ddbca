package logstotest

import (
	"net"
	"net/http"
	"time"
)

// track is told of each change of a connection.
func (s *Server) track(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch state {
	case http.StateNew:
		s.counts.Connections++
		s.conns[c] = true
		if time.Now().Before(s.faults.cutUntil) {
			_ = c.Close()
		}
	case http.StateClosed, http.StateHijacked:
		delete(s.conns, c)
	case http.StateActive, http.StateIdle:
	}
}

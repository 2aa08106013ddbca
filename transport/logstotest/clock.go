package logstotest

import "time"

// WithClock makes the server's clock show what now returns: access tokens,
// authorization codes and client assertions expire by it, and the header Date
// tells it. The default is the clock of the machine. now is called by many
// goroutines and must not call the server.
func WithClock(now func() time.Time) Option {
	return optionFunc(func(s *Server) { s.SetClock(now) })
}

// SetClock does what [WithClock] does, from now on; nil ends that.
func (s *Server) SetClock(now func() time.Time) {
	if now == nil {
		s.clock.Store(nil)
		return
	}
	s.clock.Store(&now)
}

func (s *Server) now() time.Time {
	if now := s.clock.Load(); now != nil {
		return (*now)()
	}
	return time.Now()
}

package logstotest

import (
	"encoding/json"
	"maps"
	"time"
)

// Record is one stored record.
type Record struct {
	JSON     json.RawMessage // as it was sent
	Batch    int             // number of the request that brought it, from 1, among those that stored any
	Key      string          // Idempotency-Key of the request
	Received time.Time
}

// Request tells of one request to /v1/log. It holds no credential.
type Request struct {
	Status   int // of the answer; 0 if there was none, as the connection was cut, was left hanging or got raw bytes
	Format   string
	Encoding string // Content-Encoding
	Key      string // Idempotency-Key
	Bytes    int    // of the body as it was sent
	Records  int    // in the body, if it could be read
	Received time.Time
}

// Counts are the numbers that a server keeps, also without storage.
type Counts struct {
	Requests    map[int]int // to /v1/log, by the status of the answer; 0 stands for none, as in Request
	Records     int         // stored
	AtOnce      int         // requests to /v1/log at once, at most
	Connections int         // opened, to whatever path
}

// Records returns what has been stored, in order of arrival.
func (s *Server) Records() []Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Record(nil), s.records...)
}

// Requests returns the requests to /v1/log in order of their ends.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Counts returns the numbers since the start or the last Reset.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.counts
	c.Requests = maps.Clone(c.Requests)
	return c
}

// Copies returns how often each record has been stored, by its JSON text as it
// was sent. Without storage it knows of none.
func (s *Server) Copies() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	copies := make(map[string]int, len(s.records))
	for _, r := range s.records {
		copies[string(r.JSON)]++
	}
	return copies
}

// Reset forgets records, requests, those to the token endpoint too, and counts.
// Faults, credentials, tokens, their number and connections stay.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records, s.requests, s.batches = nil, nil, 0
	s.oauth.requests = nil
	s.counts = newCounts()
	s.counts.AtOnce = s.running
	if s.seen != nil {
		s.seen = map[string]bool{}
	}
}

func newCounts() Counts { return Counts{Requests: map[int]int{}} }

// begin and end are called around each request to /v1/log.
func (s *Server) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running++
	s.counts.AtOnce = max(s.counts.AtOnce, s.running)
}

func (s *Server) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
}

func (s *Server) note(req Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts.Requests[req.Status]++
	if s.keep {
		s.requests = append(s.requests, req)
	}
}

// store keeps the records, and shows them to the observer.
func (s *Server) store(records []Record, req Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen != nil && req.Key != "" {
		if s.seen[req.Key] {
			return
		}
		s.seen[req.Key] = true
	}
	if len(records) == 0 {
		return
	}
	s.batches++
	s.counts.Records += len(records)
	if s.observe == nil && !s.keep {
		return
	}
	for i := range records {
		r := &records[i]
		r.Batch, r.Key, r.Received = s.batches, req.Key, req.Received
	}
	if s.observe != nil {
		s.observe(records)
	}
	if s.keep {
		s.records = append(s.records, records...)
	}
}

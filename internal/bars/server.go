package main

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// latency is how long the server takes.
const latency = 5 * time.Millisecond

// request is one that the server answers.
type request struct {
	at      time.Duration // since the start of the trial
	numbers []int32       // of its records
	array   bool
	bad     bool // a record in it is
	excess  bool // as many run as the server admits
}

// answer is what the server says to a request.
type answer struct {
	status     int
	retryAfter string
	err        error // in the place of an answer
}

// Some answers.
var (
	taken = answer{status: http.StatusOK}
	cut   = answer{err: io.ErrUnexpectedEOF}
)

// rule decides on a request.
type rule func(*request) answer

// server takes records, or fails. Nothing of it but handle may be used while it
// serves, unless ledger.mu is held.
type server struct {
	ledger *ledger
	start  time.Time
	rule   rule
	delay  time.Duration // of an answer, but latency for one in excess
	admits int           // requests at once; zero stands for any number

	running  int // without those in excess
	requests int
	failures int
	spare    [][]int32 // to put the numbers of records in
}

// cure has the server take everything from now on.
func (s *server) cure() {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	s.rule = func(*request) answer { return taken }
}

// counts returns the numbers of requests, and of those that have failed.
func (s *server) counts() (requests, failures int) {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	return s.requests, s.failures
}

// handle answers a request with that body. It waits as long as the server takes, and
// returns the error of ctx if that ends first.
func (s *server) handle(ctx context.Context, body []byte) answer {
	r := s.arrive(body)
	wait := s.delay
	if r.excess {
		wait = latency
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return s.leave(r, true)
	case <-ctx.Done():
		s.leave(r, false)
		return answer{err: ctx.Err()}
	}
}

func (s *server) arrive(body []byte) *request {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	r := &request{array: bytes.HasPrefix(body, []byte("[")), excess: s.admits > 0 && s.running >= s.admits}
	if n := len(s.spare); n > 0 {
		r.numbers, s.spare = s.spare[n-1], s.spare[:n-1]
	}
	r.numbers = appendNumbers(r.numbers[:0], body)
	for _, i := range r.numbers {
		if s.ledger.bad[i] {
			r.bad = true
			s.ledger.sent[i]++
		}
	}
	if !r.excess {
		s.running++
	}
	s.requests++
	return r
}

// leave ends a request, and answers it if somebody waits for that.
func (s *server) leave(r *request, awaited bool) (a answer) {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	if !r.excess {
		s.running--
	}
	r.at = time.Since(s.start)
	if awaited {
		a = s.rule(r)
	}
	if a == taken {
		s.ledger.ack(r.at, r.numbers)
	} else {
		s.failures++
	}
	s.spare = append(s.spare, r.numbers)
	return a
}

// The number of a record stands behind mark.
const (
	mark   = `"i":"`
	digits = 8
)

// appendNumbers appends the numbers of the records in a body. Most records are as long
// as the one before.
func appendNumbers(to []int32, body []byte) []int32 {
	next := 0 // where the next mark should be
	for {
		i := next
		if len(body) < i+len(mark) || string(body[i:i+len(mark)]) != mark {
			i = bytes.Index(body, []byte(mark))
		}
		if i < 0 || len(body) < i+len(mark)+digits {
			return to
		}
		next, body = i, body[i+len(mark):]
		n := int32(0)
		for _, c := range body[:digits] {
			n = n*10 + int32(c-'0')
		}
		to = append(to, n)
	}
}

// bodies has buffers for the bodies of requests.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// RoundTrip implements [http.RoundTripper], without a connection.
func (s *server) RoundTrip(req *http.Request) (*http.Response, error) {
	body := bodies.Get().(*bytes.Buffer)
	defer bodies.Put(body)
	body.Reset()
	_, err := body.ReadFrom(req.Body)
	if closeErr := req.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, err
	}
	a := s.handle(req.Context(), body.Bytes())
	if a.err != nil {
		return nil, a.err
	}
	resp := &http.Response{
		StatusCode: a.status, Status: http.StatusText(a.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: http.NoBody, Request: req,
	}
	if a.retryAfter != "" {
		resp.Header.Set("Retry-After", a.retryAfter)
	}
	return resp, nil
}

// ServeHTTP implements [http.Handler], for where connections matter. It cuts the
// connection for an answer with an error.
func (s *server) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	a := s.handle(req.Context(), body)
	if a.err != nil {
		panic(http.ErrAbortHandler)
	}
	if a.retryAfter != "" {
		w.Header().Set("Retry-After", a.retryAfter)
	}
	w.WriteHeader(a.status)
}

// failBad fails for the requests with a bad record.
func failBad(a answer) rule {
	return func(r *request) answer {
		if r.bad {
			return a
		}
		return taken
	}
}

// singleOnly takes no arrays, and otherwise does what next does.
func singleOnly(next rule) rule {
	return func(r *request) answer {
		if r.array {
			return answer{status: http.StatusBadRequest}
		}
		return next(r)
	}
}

// sometimes answers so with a chance of q, and otherwise does what next does.
func sometimes(rng *rand.Rand, q float64, a answer, next rule) rule {
	return func(r *request) answer {
		if rng.Float64() < q {
			return a
		}
		return next(r)
	}
}

// down answers so within a time, and takes everything otherwise.
func down(from, to time.Duration, a answer) rule {
	return func(r *request) answer {
		if from <= r.at && r.at < to {
			return a
		}
		return taken
	}
}

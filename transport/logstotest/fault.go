package logstotest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// faults is what goes wrong at present; guarded by Server.mu.
type faults struct {
	script        []Step
	delay         time.Duration
	down          int // status of an outage
	downUntil     time.Time
	noArrays      int
	noCompression int
	maxBody       int
	poison        func(json.RawMessage) bool
}

// Step is what a Server does with one request to /v1/log.
type Step struct {
	status     int
	retryAfter string
	delay      time.Duration
	hang       bool
	cutBefore  bool
	cutAfter   bool
}

// OK handles the request as usual.
func OK() Step { return Step{} }

// Status answers with the status, and stores nothing.
func Status(status int) Step { return Step{status: status} }

// Hang gives no answer until the client goes away or the server is closed, and
// stores nothing.
func Hang() Step { return Step{hang: true} }

// Reset cuts the connection and stores nothing.
func Reset() Step { return Step{cutBefore: true} }

// ResetAfter stores the records and cuts the connection instead of answering.
func ResetAfter() Step { return Step{cutAfter: true} }

// RetryAfter returns the step with this value of the header Retry-After.
func (s Step) RetryAfter(value string) Step {
	s.retryAfter = value
	return s
}

// Delay returns the step with a wait before it.
func (s Step) Delay(d time.Duration) Step {
	s.delay = d
	return s
}

func (s Step) answer(w http.ResponseWriter) {
	if s.retryAfter != "" {
		w.Header().Set("Retry-After", s.retryAfter)
	}
	answerJSON(w, s.status, map[string]string{"error": http.StatusText(s.status)})
}

// Script makes the next requests to /v1/log go by these steps, one each, after
// those of an earlier Script. Requests beyond them are handled as usual.
func (s *Server) Script(steps ...Step) {
	s.change(func(f *faults) { f.script = append(f.script, steps...) })
}

// SetDelay makes every request to /v1/log wait before it is handled.
func (s *Server) SetDelay(d time.Duration) { s.change(func(f *faults) { f.delay = d }) }

// FailFor answers every request to /v1/log with the status, from now on for d.
func (s *Server) FailFor(d time.Duration, status int) {
	s.change(func(f *faults) { f.down, f.downUntil = status, time.Now().Add(d) })
}

// RefuseArrays answers JSON arrays with the status; 0 ends that.
func (s *Server) RefuseArrays(status int) { s.change(func(f *faults) { f.noArrays = status }) }

// RefuseCompression answers compressed bodies with the status; 0 ends that.
func (s *Server) RefuseCompression(status int) {
	s.change(func(f *faults) { f.noCompression = status })
}

// SetMaxBody answers bodies of more bytes, as they are sent, with 413; 0 ends
// that.
func (s *Server) SetMaxBody(bytes int) { s.change(func(f *faults) { f.maxBody = bytes }) }

// Poison answers every body that has a record with these bytes in it with 422;
// an empty text ends that.
func (s *Server) Poison(text string) {
	s.change(func(f *faults) {
		if f.poison = nil; text != "" {
			f.poison = func(rec json.RawMessage) bool { return bytes.Contains(rec, []byte(text)) }
		}
	})
}

func (s *Server) change(set func(*faults)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	set(&s.faults)
}

func (s *Server) currentFaults() faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}

// nextStep returns what to do with the next request.
func (s *Server) nextStep() Step {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &s.faults
	var step Step
	switch {
	case len(f.script) > 0:
		step, f.script = f.script[0], f.script[1:]
	case time.Now().Before(f.downUntil):
		step = Status(f.down)
	}
	step.delay += f.delay
	return step
}

// wait does the part of a step that takes time, and reports false if the
// connection is to be cut.
func (s *Server) wait(ctx context.Context, step Step) bool {
	if step.delay > 0 {
		t := time.NewTimer(step.delay)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
			return false
		case <-s.closed:
			return false
		}
	}
	if step.hang {
		select {
		case <-ctx.Done():
		case <-s.closed:
		}
		return false
	}
	return !step.cutBefore
}

func (s *Server) poisoned(records []json.RawMessage) error {
	poison := s.currentFaults().poison
	if poison == nil {
		return nil
	}
	for i, rec := range records {
		if poison(rec) {
			return refuse(http.StatusUnprocessableEntity, "record %d is not acceptable", i)
		}
	}
	return nil
}

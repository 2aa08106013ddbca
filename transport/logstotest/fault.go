package logstotest

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"time"
)

// faults is what goes wrong at present; guarded by Server.mu.
type faults struct {
	script        []Step
	tokenScript   []Step
	searchScript  []Step
	envelope      string          // of a search; empty for the usual one
	lies          bool            // about expires_in
	expiresIn     json.RawMessage // the lie; empty for none at all
	delay         time.Duration
	down          int // status of an outage
	downUntil     time.Time
	cutUntil      time.Time
	random        random
	noArrays      dislike
	noCompression int
	maxBody       int
	poison        []byte // none if empty
	poisonStep    Step
}

// random is a share of requests that fails.
type random struct {
	source *rand.Rand
	share  float64
	steps  []Step
}

// dislike is a status that is answered, for a time or a number of times.
type dislike struct {
	status int       // 0 for none
	until  time.Time // zero for no end
	times  int       // left; below 0 for no end
}

// Script makes the next requests to /v1/log go by these steps, one each, after
// those of an earlier Script. Requests beyond them are handled as usual.
func (s *Server) Script(steps ...Step) {
	s.change(func(f *faults) { f.script = append(f.script, steps...) })
}

// ScriptToken does what Script does for requests to the token endpoint. Its
// steps take and give no token if those of Script would store nothing: after
// [ResetAfter] a refresh token has been used, and the answer is lost.
func (s *Server) ScriptToken(steps ...Step) {
	s.change(func(f *faults) { f.tokenScript = append(f.tokenScript, steps...) })
}

// ScriptSearch does what Script does for requests to /v1/search.
func (s *Server) ScriptSearch(steps ...Step) {
	s.change(func(f *faults) { f.searchScript = append(f.searchScript, steps...) })
}

// SetDelay makes every request to /v1/log wait before it is handled.
func (s *Server) SetDelay(d time.Duration) { s.change(func(f *faults) { f.delay = d }) }

// FailFor answers every request to /v1/log with the status, from now on for d.
func (s *Server) FailFor(d time.Duration, status int) {
	s.change(func(f *faults) { f.down, f.downUntil = status, time.Now().Add(d) })
}

// CutFor cuts all connections, and each new one, from now on for d. With 0 it
// cuts those that are open, and ends an earlier one.
func (s *Server) CutFor(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults.cutUntil = time.Now().Add(d)
	for c := range s.conns {
		_ = c.Close()
	}
}

// FailAtRandom makes about this share of the requests to /v1/log, from 0 to 1,
// go by one of the steps, each as likely as the others. The same seed picks the
// same requests, by their order, and the same steps for them. Requests that
// Script or FailFor are for do not count. A share of 0 ends it.
func (s *Server) FailAtRandom(seed uint64, share float64, steps ...Step) {
	s.change(func(f *faults) {
		f.random = random{rand.New(rand.NewPCG(seed, 0)), share, append([]Step(nil), steps...)}
	})
}

// RefuseArrays answers JSON arrays with the status; 0 ends that.
func (s *Server) RefuseArrays(status int) {
	s.change(func(f *faults) { f.noArrays = dislike{status: status, times: -1} })
}

// RefuseArraysFor answers JSON arrays with the status, from now on for d.
func (s *Server) RefuseArraysFor(d time.Duration, status int) {
	s.change(func(f *faults) { f.noArrays = dislike{status: status, until: time.Now().Add(d), times: -1} })
}

// RefuseArraysTimes answers the next n JSON arrays with the status.
func (s *Server) RefuseArraysTimes(n, status int) {
	s.change(func(f *faults) { f.noArrays = dislike{status: status, times: max(n, 0)} })
}

// RefuseCompression answers compressed bodies with the status; 0 ends that.
func (s *Server) RefuseCompression(status int) {
	s.change(func(f *faults) { f.noCompression = status })
}

// SetMaxBody answers bodies of more bytes, as they are sent, with 413; 0 ends
// that.
func (s *Server) SetMaxBody(bytes int) { s.change(func(f *faults) { f.maxBody = bytes }) }

// Poison answers every body that has a record with these bytes in it with 422;
// an empty text ends that.
func (s *Server) Poison(text string) { s.PoisonWith(text, Status(http.StatusUnprocessableEntity)) }

// PoisonWith does with every body that has a record with these bytes in it what
// the step says; an empty text ends that. There is one poison at a time.
func (s *Server) PoisonWith(text string, step Step) {
	s.change(func(f *faults) { f.poison, f.poisonStep = []byte(text), step })
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

// next takes the first step from a script, if it has one. The caller holds
// Server.mu.
func next(script *[]Step) (step Step, ok bool) {
	if len(*script) == 0 {
		return OK(), false
	}
	step, *script = (*script)[0], (*script)[1:]
	return step, true
}

// nextStep returns what to do with the next request to /v1/log.
func (s *Server) nextStep() Step {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &s.faults
	step, scripted := next(&f.script)
	switch {
	case scripted:
	case time.Now().Before(f.downUntil):
		step = Status(f.down)
	case len(f.random.steps) > 0 && f.random.source.Float64() < f.random.share:
		step = f.random.steps[f.random.source.IntN(len(f.random.steps))]
	}
	step.delay += f.delay
	return step
}

// refuseArray returns the status for one array, or 0 if it is taken.
func (s *Server) refuseArray() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := &s.faults.noArrays
	if d.times == 0 || !d.until.IsZero() && !time.Now().Before(d.until) {
		*d = dislike{}
	}
	if d.times > 0 {
		d.times--
	}
	return d.status
}

// wait does the part of a step that takes time, and returns what is left to do.
func (s *Server) wait(ctx context.Context, step Step) Step {
	if !s.sleep(ctx, step.delay) {
		return Reset()
	}
	if step.kind == hang {
		select {
		case <-ctx.Done():
		case <-s.closed:
		}
	}
	return step
}

// sleep reports false if the client goes away meanwhile or the server is closed.
func (s *Server) sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
	case <-s.closed:
	}
	return false
}

// poisoned returns the indices of the records with poison, and the step for
// them.
func (s *Server) poisoned(records []Record) ([]int, Step) {
	f := s.currentFaults()
	if len(f.poison) == 0 {
		return nil, Step{}
	}
	var found []int
	for i, rec := range records {
		if bytes.Contains(rec.JSON, f.poison) {
			found = append(found, i)
		}
	}
	return found, f.poisonStep
}

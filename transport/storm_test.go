package transport

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// storm is a server that fails in every way, and the batches that are sent to it.
type storm struct {
	*testing.T
	*Client
	start   time.Time
	takes   time.Duration // a request, at most
	status  func(names []string) int
	mu      sync.Mutex
	rnd     *rand.Rand
	running int // requests
	most    int // of them at once
	busy    map[string]int
	stored  map[string]int
}

func newStorm(t *testing.T, seed uint64, takes time.Duration, opts ...Option) *storm {
	t.Helper()
	s := &storm{T: t, start: time.Now(), takes: takes, rnd: rand.New(rand.NewPCG(seed, 1)), busy: map[string]int{}, stored: map[string]int{}}
	s.status = s.weather
	s.Client = newTestClient(t, append(opts, WithHTTPClient(&http.Client{Transport: s}), WithConcurrency(stormLimit))...)
	return s
}

const stormLimit = 3

// draw returns a number below n.
func (s *storm) draw(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rnd.IntN(n)
}

func (s *storm) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	_ = req.Body.Close()
	if err != nil {
		return nil, err
	}
	names := strings.Split(strings.Trim(string(body), "[]"), ",")
	of, _, _ := strings.Cut(names[0], "-")
	s.count(of, 1)
	defer s.count(of, -1)
	wait := time.NewTimer(time.Duration(s.draw(int(s.takes))))
	defer wait.Stop()
	select {
	case <-req.Context().Done():
		return nil, req.Context().Err()
	case <-wait.C:
	}
	status := s.status(names)
	resp := &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody, Request: req}
	switch {
	case status == 0:
		return nil, io.ErrUnexpectedEOF
	case status == 1:
		return nil, errRefused
	case status == 2:
		runtime.Goexit()
	case status == 3:
		panic("by the HTTP client")
	case status == 200:
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, name := range names {
			s.stored[name]++
		}
	case s.draw(3) == 0:
		resp.Header.Set("Retry-After", "1")
	}
	return resp, nil
}

// weather returns the answer to a request with these records: a status, or below 100 what
// happens to it. In every third second the server is down. It rejects records that end
// with 7, and fails over those that end with 9.
func (s *storm) weather(names []string) int {
	if time.Since(s.start)/time.Second%3 == 1 {
		return []int{503, 1, 401, 429, 0}[s.draw(5)]
	}
	if s.draw(5) == 0 {
		return []int{500, 502, 429, 504, 0, 2, 3}[s.draw(7)]
	}
	for _, name := range names {
		switch name[len(name)-1] {
		case '7':
			return 400
		case '9':
			return 500
		}
	}
	return 200
}

func (s *storm) count(of string, by int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running += by
	s.most = max(s.most, s.running)
	if s.busy[of] += by; s.busy[of] > 1 && strings.HasPrefix(of, "ordered") {
		s.Errorf("%d requests of %s at once", s.busy[of], of)
	}
}

// send sends a batch as a buffer does, until all is settled, and returns what is lost.
func (s *storm) send(b *batch.Batch, patience time.Duration) (lost []string) {
	for try := 0; len(b.Records) > 0; try++ {
		if try == 1000 {
			s.Errorf("%q is left", b.Records)
			return lost
		}
		ctx, cancel := s.Context(), func() {}
		if s.draw(2) == 0 {
			ctx, cancel = context.WithTimeout(ctx, time.Duration(s.draw(int(patience))))
		}
		r := s.Send(ctx, b)
		cancel()
		s.checks(r, len(b.Records))
		var rest [][]byte
		for _, f := range r.Lost {
			lost = append(lost, string(b.Records[f.Index]))
		}
		for _, f := range r.Deferred {
			if b.Deferred > 0 {
				b.Token = f.Token
				rest = b.Records
				continue
			}
			time.Sleep(time.Duration(s.draw(int(patience))))
			lost = append(lost, s.send(&batch.Batch{Records: [][]byte{b.Records[f.Index]}, Deferred: 1, Token: f.Token, Crowding: 1}, patience)...)
		}
		for _, i := range r.Retry {
			rest = append(rest, b.Records[i])
		}
		if b.Deferred > 0 {
			b.Deferred++
			time.Sleep(time.Duration(s.draw(int(patience))))
		}
		b.Records = rest
	}
	return lost
}

// checks what must hold for any result of a batch of n records.
func (s *storm) checks(r batch.Result, n int) {
	if (r.Err != nil) != (len(r.Retry) > 0) || !slices.IsSorted(r.Retry) {
		s.Errorf("%v for %v", r.Err, r.Retry)
	}
	all := slices.Clone(r.Retry)
	for _, f := range slices.Concat(r.Lost, r.Deferred) {
		if all = append(all, f.Index); f.Err == nil {
			s.Errorf("%d has failed for no reason", f.Index)
		}
	}
	slices.Sort(all)
	if len(slices.Compact(slices.Clone(all))) != len(all) || len(all) > 0 && (all[0] < 0 || all[len(all)-1] >= n) {
		s.Errorf("of %d records: %+v", n, r)
	}
}

// run sends many batches at once, and checks that each record is stored or lost, and that
// nothing is left.
func (s *storm) run(batches int, patience time.Duration, hurry bool) {
	var all sync.WaitGroup
	for i := range batches {
		all.Go(func() {
			time.Sleep(time.Duration(s.draw(int(patience))))
			if hurry && s.draw(5) == 0 {
				defer s.Hurry(s.Context())()
			}
			b := &batch.Batch{Ordered: i%4 == 0}
			var names []string
			for j := range 1 + s.draw(12) {
				names = append(names, fmt.Sprintf("%s%d-%d", map[bool]string{true: "ordered", false: "batch"}[b.Ordered], i, j))
				b.Records = append(b.Records, []byte(names[j]))
			}
			lost := s.send(b, patience)
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, name := range names {
				bad := strings.ContainsAny(name[len(name)-1:], "79")
				if isLost := slices.Contains(lost, name); isLost != bad || (s.stored[name] == 0) != bad {
					s.Errorf("%s: lost %v, stored %d times", name, isLost, s.stored[name])
				}
			}
		})
	}
	done := make(chan struct{})
	var chatter sync.WaitGroup
	chatter.Go(func() { // a record is at fault only where others are accepted
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			case <-time.After(patience / 40):
				s.send(&batch.Batch{Records: [][]byte{fmt.Appendf(nil, "chatter%d-0", i)}}, patience)
			}
		}
	})
	all.Wait()
	close(done)
	chatter.Wait()
	isIdle(s.T, s.engine)
}

// TestEngineInAStorm sends many batches at once through outages, failures, hangs and
// contexts that end, to a server with records at fault. Each good record must be stored,
// each bad one given up, and nothing be left; and no more requests run at once than may,
// but for a probe.
func TestEngineInAStorm(t *testing.T) {
	for seed := range uint64(10) {
		for _, hurry := range []bool{false, true} {
			t.Run(fmt.Sprintf("seed %d, hurry %v", seed, hurry), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newStorm(t, seed, 30*time.Millisecond, WithFormat([]Format{Auto, Array, Single}[seed%3]), WithRetry(Retry{Min: 10 * time.Millisecond, Max: time.Second}))
					s.run(60, 4*time.Second, hurry)
					if s.most > stormLimit+1 && !hurry || s.most < stormLimit {
						t.Errorf("%d requests at once", s.most)
					}
				})
			})
		}
	}
}

// TestEngineAtFullSpeed does the like without a bubble, for the race detector: requests end
// at once, and contexts while they do.
func TestEngineAtFullSpeed(t *testing.T) {
	s := newStorm(t, 1, time.Microsecond, WithRetry(Retry{Min: time.Millisecond, Max: time.Millisecond}))
	s.status = func([]string) int { return []int{200, 200, 200, 200, 400, 429, 503, 0, 1, 2}[s.draw(10)] }
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for range 100 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(s.draw(300))*time.Microsecond)
				b := &batch.Batch{Ordered: i%4 == 0}
				for range 1 + s.draw(4) {
					b.Records = append(b.Records, []byte("{}"))
				}
				s.checks(s.Send(ctx, b), len(b.Records))
				cancel()
			}
		})
	}
	all.Wait()
	isIdle(t, s.engine)
}

// Package capture is a batch.Sender for tests: it keeps what it is given, and
// fails when it is told to.
package capture

import (
	"context"
	"sync"

	"github.com/logsto/logsto-go/batch"
)

// Sender records every batch. The zero value is ready to use. It may be used
// by any number of goroutines.
type Sender struct {
	mu      sync.Mutex
	records [][]byte
	batches int
	err     error
	hung    chan struct{} // closed by Release; nil if Send does not hang
	forget  bool
}

// Send keeps a copy of the records, or loses them for the error that Fail set.
func (s *Sender) Send(ctx context.Context, b *batch.Batch) batch.Result {
	s.mu.Lock()
	hung := s.hung
	s.mu.Unlock()
	if hung != nil {
		select {
		case <-hung:
		case <-ctx.Done():
			return batch.Result{Err: ctx.Err()}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return lost(b, s.err)
	}
	s.batches++
	if s.forget {
		return batch.Result{}
	}
	for _, r := range b.Records {
		s.records = append(s.records, append([]byte(nil), r...))
	}
	return batch.Result{}
}

// lost returns the Result of a batch that is given up.
func lost(b *batch.Batch, err error) (r batch.Result) {
	for i := range b.Records {
		r.Lost = append(r.Lost, batch.Failure{Index: i, Err: err})
	}
	return r
}

// Fail makes every later Send lose its records for err; nil ends that.
func (s *Sender) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// Forget makes every later Send keep nothing.
func (s *Sender) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget = true
}

// Hang makes every later Send wait for Release, or for the end of its context.
func (s *Sender) Hang() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hung = make(chan struct{})
}

// Release ends what Hang has begun.
func (s *Sender) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.hung)
	s.hung = nil
}

// Records returns what has been sent, in order of arrival.
func (s *Sender) Records() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]string, len(s.records))
	for i, r := range s.records {
		out[i] = string(r)
	}
	return out
}

// Batches returns how many batches have been sent.
func (s *Sender) Batches() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.batches
}

package batch_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// nonsense is a Sender that does at random what it may and what it must not, and counts
// what has come of the records by its contract.
type nonsense struct {
	mu        sync.Mutex
	rnd       *rand.Rand
	well      bool // from now on it delivers
	delivered uint64
	hung      uint64 // records with which Send never returns
	never     bool   // it may not return at all
	patience  time.Duration
	f         func(error)
}

func (s *nonsense) Notify(f func(error)) func() {
	s.f = f
	return nil
}

func (s *nonsense) Hurry(context.Context) func() {
	switch s.roll(4) {
	case 0:
		panic("nonsense")
	case 1:
		return nil
	default:
		return func() {
			if s.roll(2) == 0 {
				panic("nonsense")
			}
		}
	}
}

func (s *nonsense) roll(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rnd.IntN(n)
}

// error returns one of all sorts.
func (s *nonsense) error() error {
	var typedNil *nilError
	return []error{errDown, errBad, nil, typedNil, oddError{}, puzzle{errDown}, setup{errDown}}[s.roll(7)]
}

// index returns one of n, or seldom another one.
func (s *nonsense) index(n int) int {
	if s.roll(60) == 0 {
		return []int{-1, n, 1 << 30, -1 << 30}[s.roll(4)]
	}
	return s.roll(n)
}

func (s *nonsense) failures(n int) (list []batch.Failure) {
	for range s.roll(4) {
		list = append(list, batch.Failure{
			Index: s.index(n), Err: s.error(), Token: make([]byte, s.roll(300)),
			Wait: []time.Duration{0, -time.Second, time.Second, 1<<63 - 1}[s.roll(4)],
		})
	}
	return list
}

func (s *nonsense) Send(ctx context.Context, b *batch.Batch) (r batch.Result) {
	n := len(b.Records)
	records := n
	marker := make([]bool, n)
	for i, r := range b.Records {
		if marker[i] = bytes.Contains(r, []byte(`"dropped"`)); marker[i] {
			records--
		}
	}
	fate := s.roll(14)
	s.mu.Lock()
	if s.well {
		fate = 0
	}
	s.mu.Unlock()
	switch fate {
	case 0, 1, 2:
	case 3:
		panic(s.error())
	case 4:
		runtime.Goexit()
	case 5:
		nap(ctx, time.Duration(s.roll(15000))*time.Millisecond)
		r.Err = s.error()
	case 6:
		nap(ctx, s.patience)
	case 7:
		s.f(s.error())
		r.Err = errDown
	case 8:
		if s.never {
			s.mu.Lock()
			s.hung += uint64(records)
			s.mu.Unlock()
			select {}
		}
	default:
		r.Lost, r.Deferred = s.failures(n), s.failures(n)
		for range s.roll(4) {
			r.Retry = append(r.Retry, s.index(n))
		}
		r.Err = s.error()
	}
	if s.roll(4) == 0 {
		b.Token, b.Seq, b.Deferred, b.Records, b.Ordered = make([]byte, 400), 5, 7, nil, true
		b.State = s
	}
	s.count(r, marker)
	return r
}

// count counts what is delivered.
func (s *nonsense) count(r batch.Result, marker []bool) {
	n := len(marker)
	out := make([]bool, n)
	indices := r.Retry
	for _, f := range append(r.Lost, r.Deferred...) {
		indices = append(indices, f.Index)
	}
	for _, i := range indices {
		if i < 0 || i >= n {
			return // all is lost
		}
		out[i] = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range out {
		if !out[i] && !marker[i] && (r.Err == nil || len(r.Retry) > 0) {
			s.delivered++
		}
	}
}

// TestNonsense checks that the counts are exact, whatever a Sender does, and that nothing
// is left when it has come to its senses, or after Close.
func TestNonsense(t *testing.T) {
	for seed := range few(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(uint64(seed), 2))
			s := &nonsense{rnd: rand.New(rand.NewPCG(uint64(seed), 3)), never: rnd.IntN(4) == 0, patience: time.Hour}
			well := !s.never && rnd.IntN(2) == 0
			if well {
				s.patience = time.Minute
			}
			opts := []batch.Option{
				batch.WithMaxInFlight(1 + rnd.IntN(4)), batch.WithBatchRecords(1 + rnd.IntN(50)), batch.WithMaxBytes(64<<10 + rnd.IntN(1<<20)),
				batch.WithErrorHandler(func(err error) { _ = err.Error() }), batch.WithMaxRecordBytes(2000),
			}
			if rnd.IntN(2) == 0 {
				opts = append(opts, batch.WithDropOldest())
			}
			if s.never { // the goroutines that hang would be a deadlock of a bubble
				run(t, s, opts, uint64(seed), well, time.Millisecond)
				return
			}
			synctest.Test(t, func(t *testing.T) { run(t, s, opts, uint64(seed), well, time.Second) })
		})
	}
}

func run(t *testing.T, s *nonsense, opts []batch.Option, seed uint64, well bool, unit time.Duration) {
	t.Helper()
	b := newBuffer(t, s, opts...)
	const goroutines, each = 8, 300
	var wg sync.WaitGroup
	for g := range goroutines {
		rnd := rand.New(rand.NewPCG(seed, uint64(g)+10))
		wg.Go(func() {
			for range each {
				b.Append(batch.Level(rnd.IntN(7)), time.Now(), record(8+rnd.IntN(500)+rnd.IntN(50)/49*2000))
				switch rnd.IntN(100) {
				case 0:
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rnd.IntN(3))*unit)
					_ = b.Flush(ctx)
					cancel()
				case 1, 2:
					time.Sleep(time.Duration(rnd.IntN(10)) * unit)
				case 3:
					sum(t, b.Stats())
				}
			}
		})
	}
	wg.Wait()
	if well {
		s.mu.Lock()
		s.well = true
		s.mu.Unlock()
		_ = b.Flush(t.Context())
		st := b.Stats()
		sum(t, st)
		if st.Deferred != 0 || st.Pending != 0 || st.Delivered != s.delivered {
			t.Errorf("%d delivered: %v, %d deferred, %d in flight", s.delivered, st, st.Deferred, st.InFlight)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(seed%3)*5*unit)
	defer cancel()
	start := time.Now()
	err := b.Close(ctx)
	if took := time.Since(start); unit == time.Second && took > time.Duration(seed%3)*5*unit+150*time.Millisecond {
		t.Errorf("Close took %v", took)
	}
	var u *batch.UndeliveredError
	if err != nil && !errors.As(err, &u) {
		t.Errorf("Close: %v", err)
	}
	var st batch.Stats
	for range 1000 { // what has returned too late is counted soon
		st = b.Stats()
		sum(t, st)
		s.mu.Lock()
		done := st.Pending == s.hung
		s.mu.Unlock()
		if done {
			break
		}
		time.Sleep(time.Millisecond)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if st.Accepted != goroutines*each || st.Delivered != s.delivered || st.Pending != s.hung {
		t.Errorf("%d delivered, %d hang: %v", s.delivered, s.hung, st)
	}
}

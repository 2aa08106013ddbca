package batch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/logsto/logsto-go/internal/slab"
)

// This file reads what a Sender returns, whatever that is.

// maxWait is the longest wait that a Sender may ask for a deferred record.
const maxWait = time.Hour

var (
	errNoReturn = errors.New("batch: Send did not return")
	errNoReason = errors.New("batch: the Sender gives no reason")
)

// settlement is a Result in which each index is valid and stands once.
type settlement struct {
	lost, deferred []Failure
	retry          []int
	err            error // why something is retried
	broken         error // why nothing is known: all is lost
}

// check reads the Result for a batch of n records.
func (r Result) check(n int) (s settlement) {
	if len(r.Lost) == 0 && len(r.Deferred) == 0 && len(r.Retry) == 0 && r.Err == nil {
		return s // the usual case
	}
	seen := make([]bool, n)
	first := func(i int) bool {
		switch {
		case s.broken != nil:
			return false
		case i < 0 || i >= n:
			s.broken = fmt.Errorf("batch: Send names record %d of a batch of %d", i, n)
			return false
		}
		was := seen[i]
		seen[i] = true
		return !was
	}
	s.lost = failures(r.Lost, first)
	s.deferred = failures(r.Deferred, first)
	for _, i := range r.Retry {
		if first(i) {
			s.retry = append(s.retry, i)
		}
	}
	if r.Err != nil && len(r.Retry) == 0 {
		for i := range seen {
			if first(i) {
				s.retry = append(s.retry, i)
			}
		}
	}
	if s.broken != nil {
		return settlement{broken: s.broken}
	}
	if len(s.retry) > 0 {
		s.err = sound(r.Err)
	}
	return s
}

// failures returns those that are the first of their records, with what may be missing.
func failures(list []Failure, first func(int) bool) (out []Failure) {
	for _, f := range list {
		if !first(f.Index) {
			continue
		}
		f.Err = sound(f.Err)
		if len(f.Token) > slab.MaxToken {
			f.Token = nil
		}
		f.Wait = min(max(f.Wait, 0), maxWait)
		out = append(out, f)
	}
	return out
}

// sound returns an error whose text can be had. That of a nil pointer may panic.
func sound(err error) (out error) {
	if err == nil {
		return errNoReason
	}
	defer func() {
		if p := recover(); p != nil {
			out = fmt.Errorf("batch: an error of the Sender panics: %v", p)
		}
	}()
	_ = err.Error()
	return err
}

// trySend calls the Sender, unless ctx has ended, and reads its Result. A panic of either
// loses the batch.
func trySend(ctx context.Context, s Sender, b *Batch) (out settlement) {
	n := len(b.Records) // which the Sender might change
	if err := ctx.Err(); err != nil {
		return Result{Err: err}.check(n)
	}
	out.broken = errNoReturn // also of a panic with nil, which recover may not see
	defer func() {
		if p := recover(); p != nil {
			out = settlement{broken: fmt.Errorf("batch: Send panicked: %v", p)}
		}
	}()
	return s.Send(ctx, b).check(n)
}

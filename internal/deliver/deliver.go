// Package deliver hands records to a Sender as a Buffer does, without a Buffer. It is for
// tests of a Sender by itself.
package deliver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// Error says which records were not delivered.
type Error struct {
	Records int   // how many there were
	Indices []int // of those that were not delivered, ascending
	Err     error // why, of the last of them
}

// Error returns the number of records and the reason.
func (e *Error) Error() string {
	return fmt.Sprintf("%d of %d records not delivered: %v", len(e.Indices), e.Records, e.Err)
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// The waits of a deferred record, in a Buffer: a quarter of its age, within these.
const (
	leastWait = 500 * time.Millisecond
	mostWait  = 30 * time.Second
	// A batch of which nothing was settled is sent again so long after.
	pause = 250 * time.Millisecond
)

// Records hands the records to s in one batch, and again what is to be retried and, one by
// one, what is deferred, until all are delivered or lost, or ctx ends. It returns nil if all
// are delivered, and otherwise an [*Error].
func Records(ctx context.Context, s batch.Sender, records [][]byte) error {
	d := &delivery{s: s, left: map[int]error{}}
	b := &batch.Batch{Seq: 1, Records: slices.Clone(records)}
	at := make([]int, len(records)) // where in records each of the batch's is
	for i := range at {
		at[i] = i
	}
	for len(at) > 0 {
		began := time.Now()
		r := s.Send(ctx, b)
		at = d.settle(ctx, b, r, at)
		if len(at) > 0 && !d.wait(ctx, time.Until(began.Add(pause))) {
			d.lose(at, ended(ctx, r.Err))
			break
		}
	}
	d.deferred.Wait()
	if len(d.left) == 0 {
		return nil
	}
	e := &Error{Records: len(records), Err: d.last}
	for i := range d.left {
		e.Indices = append(e.Indices, i)
	}
	slices.Sort(e.Indices)
	return e
}

type delivery struct {
	s        batch.Sender
	deferred sync.WaitGroup

	mu   sync.Mutex
	left map[int]error // that were not delivered
	last error
}

// settle takes what came of a batch whose records are at these places, and makes it one of
// those that are to be retried. It returns their places.
func (d *delivery) settle(ctx context.Context, b *batch.Batch, r batch.Result, at []int) []int {
	for _, f := range r.Lost {
		d.lose(at[f.Index:f.Index+1], f.Err)
	}
	for _, f := range r.Deferred {
		record, i := b.Records[f.Index], at[f.Index]
		d.deferred.Go(func() { d.again(ctx, record, i, f) })
	}
	if r.Err != nil && r.Retry == nil {
		return at
	}
	var list [][]byte
	var places []int
	for _, i := range r.Retry {
		list, places = append(list, b.Records[i]), append(places, at[i])
	}
	b.Records = list
	return places
}

// again sends a deferred record until it is delivered or lost, or ctx ends.
func (d *delivery) again(ctx context.Context, record []byte, i int, f batch.Failure) {
	began := time.Now()
	for n := 1; ; n++ {
		wait := min(max(time.Since(began)/4, leastWait), mostWait)
		if !d.wait(ctx, max(wait, f.Wait)) {
			d.lose([]int{i}, ended(ctx, f.Err))
			return
		}
		r := d.s.Send(ctx, &batch.Batch{Seq: 1, Records: [][]byte{record}, Token: f.Token, Deferred: n})
		switch {
		case len(r.Lost) > 0:
			d.lose([]int{i}, r.Lost[0].Err)
			return
		case len(r.Deferred) > 0:
			f = r.Deferred[0]
		case r.Err == nil:
			return
		}
	}
}

func (d *delivery) lose(at []int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, i := range at {
		d.left[i] = err
	}
	d.last = err
}

// wait waits, and reports whether ctx has not ended.
func (d *delivery) wait(ctx context.Context, t time.Duration) bool {
	timer := time.NewTimer(t)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// ended adds that ctx has ended to err.
func ended(ctx context.Context, err error) error {
	if errors.Is(err, context.Cause(ctx)) {
		return err
	}
	return fmt.Errorf("%w: %w", err, context.Cause(ctx))
}

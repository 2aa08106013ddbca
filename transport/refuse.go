package transport

import (
	"context"
	"net/http"
)

// This file is what happens to a batch that the server refuses for its form,
// its size or its content.

// whole sends a span in one request, and in parts if that is refused.
func (d *delivery) whole(ctx context.Context, s span) {
	if limit := d.c.learnt.maxBytes.Load(); limit > 0 && s.len() > 1 && int64(d.size(s)) >= limit {
		d.halves(ctx, s)
		return
	}
	v, err := d.try(ctx, s, d.form(s))
	switch {
	case v != refused:
	case s.len() == 1:
		d.lose(s, err, false)
	case err.Status == http.StatusRequestEntityTooLarge:
		before := d.taken()
		d.halves(ctx, s)
		if d.taken() > before { // it was the size indeed
			d.tooLarge(s)
		}
	case d.c.format != Auto || d.c.learnt.arrays.Load() > 0:
		d.halves(ctx, s)
	default:
		d.findOut(ctx, s)
	}
}

func (d *delivery) size(s span) (n int) {
	for _, r := range d.records[s.lo:s.hi] {
		n += len(r) + 1
	}
	return n + 1
}

// tooLarge remembers that a body of this size is not taken.
func (d *delivery) tooLarge(s span) {
	size := int64(d.size(s))
	for {
		old := d.c.learnt.maxBytes.Load()
		if old > 0 && old <= size || d.c.learnt.maxBytes.CompareAndSwap(old, size) {
			return
		}
	}
}

// halves finds what cannot be delivered in a number of requests that grows with
// the logarithm of the span.
func (d *delivery) halves(ctx context.Context, s span) {
	mid := s.lo + s.len()/2
	d.whole(ctx, span{s.lo, mid})
	d.whole(ctx, span{mid, s.hi})
}

// findOut is for a server that has refused an array, and none of whose answers
// says yet whether it takes any.
func (d *delivery) findOut(ctx context.Context, s span) {
	for _, rest := range d.sample(ctx, s) {
		d.probe(ctx, rest)
	}
}

// samples is how many records alone must be refused before the server is taken
// for one that refuses everything.
const samples = 12

// sample sends records from all over the span alone, until the server takes one,
// and returns what is left of the span. A server that has taken no record of the
// batch and refuses these too refuses everything: then nothing is left.
func (d *delivery) sample(ctx context.Context, s span) (rest []span) {
	at, n := s.lo, min(samples, s.len())
	for k := range n {
		i := s.lo + k*(s.len()-1)/max(1, n-1) // the first, the last, and evenly between
		if i > at {
			rest = append(rest, span{at, i})
		}
		at = i + 1
		if d.one(ctx, i) || d.taken() > 0 {
			return append(rest, span{at, s.hi})
		}
	}
	for _, r := range rest {
		d.lose(r, nil, true)
	}
	return nil
}

// probe delivers a span, in pairs until it is clear whether the server takes
// arrays. A pair that it refuses, and both of whose records it takes one by
// one, proves that it does not.
func (d *delivery) probe(ctx context.Context, s span) {
	for s.len() > 0 && d.c.learnt.arrays.Load() == 0 {
		pair := span{s.lo, min(s.lo+2, s.hi)}
		s.lo = pair.hi
		if pair.len() == 1 {
			d.one(ctx, pair.lo)
			continue
		}
		if v, _ := d.try(ctx, pair, Array); v != refused {
			continue
		}
		first, second := d.one(ctx, pair.lo), d.one(ctx, pair.lo+1)
		if first && second {
			d.c.learnt.arrays.CompareAndSwap(0, -1)
		}
	}
	switch {
	case s.len() == 0:
	case d.c.learnt.arrays.Load() < 0:
		d.single(ctx, s)
	default:
		d.whole(ctx, s)
	}
}

package transport

import (
	"context"
	"net/http"
	"time"
)

// This file is what happens to a batch that the server refuses for its form, its
// size or its content, or that keeps failing while others do not.

// doubt is what is known of the content of a span whose requests keep failing.
type doubt struct {
	// tested says that a record of it was taken at once, alone, after the whole
	// had failed: a single failure has it split.
	tested bool
	// part says that it is a part of one that was split: a single failure has it
	// tested.
	part bool
	// sample says that it is the one that is sent alone to test another span:
	// after patience failures the next one may have more luck.
	sample bool
	// tests is how many tests of it have told nothing: each doubles the patience,
	// and the next one takes another record.
	tests   int
	started time.Time // of the attempts; zero before the first
	last    *Error    // what came of them
}

// patience returns how many failures in a row make a span suspect, or 0.
func (by doubt) patience(s span) int {
	switch {
	case s.len() == 1 && !by.sample:
		return 0
	case by.tested, by.part: // also a sample of a part
		return 1
	default:
		return patience << min(by.tests, maxDoublings)
	}
}

// whole sends a span in one request, and in parts if that is refused or keeps
// failing. It returns how many records the server has taken.
func (d *delivery) whole(ctx context.Context, s span, by doubt) int {
	if s.len() > 1 {
		if d.onlySingle() {
			return d.single(ctx, s)
		}
		if limit := d.c.learnt.maxBytes.get(); limit > 0 && d.size(s) >= limit {
			return d.halves(ctx, s, by)
		}
	}
	o := d.try(ctx, s, d.form(s), by)
	switch {
	case o.verdict == suspect && by.tested:
		d.c.counters.splits.Add(1)
		return d.halves(ctx, s, doubt{part: true, started: o.started, last: o.err})
	case o.verdict == suspect:
		if s.len() == 2 { // a test would be the same
			return d.halves(ctx, s, doubt{part: true, started: o.started, last: o.err})
		}
		return d.test(ctx, s, o, by)
	case o.verdict != refused:
		return o.taken
	case s.len() == 1:
		d.lose(o.err)
		return 0
	}
	d.c.counters.splits.Add(1)
	switch {
	case o.err.Status == http.StatusRequestEntityTooLarge:
		got := d.halves(ctx, s, doubt{})
		if got == s.len() { // it was the size indeed, and not a record in it
			d.tooLarge(s)
		}
		return got
	case d.c.format != Auto || d.c.learnt.arrays.get() == yes:
		got := d.halves(ctx, s, doubt{})
		if got == 2 && s.len() == 2 && d.c.format == Auto {
			d.c.learnt.arrays.set(no) // it takes them no more, since it takes both alone
		}
		return got
	default:
		return d.findOut(ctx, s)
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
	size := d.size(s)
	d.c.learnt.maxBytes.change(func(old int) int {
		if old > 0 {
			return min(old, size)
		}
		return size
	})
}

// halves finds what cannot be delivered in a number of requests that grows with
// the logarithm of the span.
func (d *delivery) halves(ctx context.Context, s span, by doubt) int {
	mid := s.lo + s.len()/2
	return d.both(ctx, span{s.lo, mid}, span{mid, s.hi}, by)
}

// both sends two spans, of which one or both may be empty.
func (d *delivery) both(ctx context.Context, s, t span, by doubt) int {
	switch {
	case s.len() == 0 && t.len() == 0:
		return 0
	case s.len() == 0:
		return d.whole(ctx, t, by)
	case t.len() == 0:
		return d.whole(ctx, s, by)
	}
	var a, b int
	d.parallel(func() { b = d.whole(ctx, t, by) }, func() { a = d.whole(ctx, s, by) })
	return a + b
}

// test is for a span that keeps failing, in a way that may be the fault of the
// endpoint or of one of its records. It sends single ones until the server takes
// one, and then the rest. If the first attempt was taken, and the rest fails again
// all the same, it is the rest's own fault, and it is split; otherwise the endpoint
// was to blame, and more failures are needed for the next test. A server that fails
// at random rarely does just that, so it does not have everything split.
func (d *delivery) test(ctx context.Context, s span, o outcome, was doubt) int {
	before, _ := d.c.endpoint.counts()
	between := 0 // failures before which others were delivered
	for k := 0; between < manyTests; k++ {
		i := s.lo + spread(k+was.tests, s.len())
		one := span{i, i + 1}
		alone := d.try(ctx, one, d.form(one), doubt{sample: true, part: was.part, started: o.started, last: o.err})
		switch alone.verdict {
		case suspect:
			// The next one, since it may be this one's fault.
			o.err = alone.err
			if now, _ := d.c.endpoint.counts(); now > before {
				before = now
				between++
			}
			continue
		case refused:
			d.lose(alone.err)
		}
		by := doubt{tested: alone.verdict == delivered && alone.first && k == 0, started: o.started, last: o.err}
		if !by.tested && !was.part {
			by.tests = was.tests + 1
		}
		return alone.taken + d.both(ctx, span{s.lo, i}, span{i + 1, s.hi}, by)
	}
	// The endpoint works, and many of these records do not.
	d.c.counters.splits.Add(1)
	return d.halves(ctx, s, doubt{part: true, started: o.started, last: o.err})
}

// manyTests is how many records of a span fail alone, while others are delivered in
// between, until it is split without a test that says so.
const manyTests = 8

// maxDoublings bounds how much more patience there is after tests that told
// nothing.
const maxDoublings = 6

// spread returns the k-th of n places: the first, then others far from those before,
// and each place once in n.
func spread(k, n int) int {
	const golden = 0.618033988749895
	step := max(1, int(golden*float64(n)))
	for gcd(step, n) != 1 {
		step++
	}
	return k % n * step % n
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// introduce begins with an array of two records, as long as it is not known that
// the server takes arrays. A server that reads lines may refuse a short line that it
// does not understand, but skip a long one, and acknowledge it.
func (d *delivery) introduce(ctx context.Context, s span) {
	pair, rest := span{s.lo, s.lo + 2}, span{s.lo + 2, s.hi}
	switch o := d.try(ctx, pair, Array, doubt{}); o.verdict {
	case refused:
		d.findOut(ctx, s)
	case suspect: // which says nothing of arrays
		d.whole(ctx, s, doubt{started: o.started, last: o.err})
	default:
		d.whole(ctx, rest, doubt{})
	}
}

// findOut is for a server that has refused an array, and none of whose answers
// says yet whether it takes any.
func (d *delivery) findOut(ctx context.Context, s span) int {
	if s.len() == 2 { // no sample, since both alone tell all
		return d.apart(ctx, s)
	}
	rest, got := d.sample(ctx, s)
	for _, r := range rest {
		got += d.probe(ctx, r)
	}
	return got
}

// samples is how many records alone must be refused before the server is taken
// for one that refuses everything.
const samples = 12

// sample sends records from all over the span alone, until the server takes one,
// and returns what is left of the span, and how many it has taken. A server that
// has taken no record of the batch and refuses these too refuses everything: then
// nothing is left.
func (d *delivery) sample(ctx context.Context, s span) (rest []span, got int) {
	at, n := s.lo, min(samples, s.len())
	for k := range n {
		i := s.lo + k*(s.len()-1)/max(1, n-1) // the first, the last, and evenly between
		if i > at {
			rest = append(rest, span{at, i})
		}
		at = i + 1
		if got = d.one(ctx, i); got > 0 || d.taken() > 0 {
			return append(rest, span{at, s.hi}), got
		}
	}
	d.end()
	return nil, 0
}

// probe delivers a span, in pairs until it is clear whether the server takes
// arrays, and returns how many records the server has taken. A pair that it
// refuses, and both of whose records it takes one by one, proves that it does not.
func (d *delivery) probe(ctx context.Context, s span) (got int) {
	for s.len() > 0 && d.c.learnt.arrays.get() == unknown {
		pair := span{s.lo, min(s.lo+2, s.hi)}
		s.lo = pair.hi
		if pair.len() == 1 {
			got += d.one(ctx, pair.lo)
			continue
		}
		o := d.try(ctx, pair, Array, doubt{})
		switch o.verdict {
		case suspect:
			got += d.test(ctx, pair, o, doubt{})
		case refused:
			got += d.apart(ctx, pair)
		default:
			got += o.taken
		}
	}
	if s.len() == 0 {
		return got
	}
	return got + d.whole(ctx, s, doubt{})
}

// apart sends the two records of a pair alone, which was refused. If the server
// takes both, it takes no arrays.
func (d *delivery) apart(ctx context.Context, pair span) int {
	both := d.one(ctx, pair.lo) + d.one(ctx, pair.lo+1)
	if both == 2 {
		d.c.learnt.arrays.change(func(t taken) taken {
			if t == unknown {
				return no
			}
			return t
		})
	}
	return both
}

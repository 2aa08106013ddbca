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
	tests int
	// late says that it was put aside once, since the server seemed to refuse
	// everything.
	late bool
	// first says that it is the first sample for its test: it goes before all others,
	// once. Spans that keep failing wait for their turns to try the endpoint, and after
	// a while all that wait have such records in them. One of them alone is most likely
	// taken, and then all go on.
	first bool
	// started is when the first attempt of what a sample is for was made: until then
	// no record of it has been taken.
	started time.Time
	last    *Error // what came of the attempts so far
}

// patience returns how many failures in a row make a span suspect.
func (by doubt) patience() int {
	if by.tested || by.part { // also a sample of a part
		return 1
	}
	return patience << min(by.tests, maxDoublings)
}

// whole sends a span in one request, and in parts if that is refused or keeps
// failing. It returns how many records the server has taken.
func (d *delivery) whole(ctx context.Context, s span, by doubt) int {
	switch {
	case s.len() == 0 || d.stopped():
		return 0
	case s.len() > 1 && d.onlySingle():
		return d.single(ctx, s)
	case s.len() > 1 && d.isTooLarge(s):
		return d.inTurn(ctx, s, by)
	case s.len() > 2 && d.c.format == Auto && d.c.learnt.arrays.get() == unknown:
		return d.introduce(ctx, s, by)
	}
	o := d.try(ctx, s, d.form(s), by)
	return o.taken + d.mend(ctx, s, o, by)
}

// introduce sends a span in arrays of two records until it is known whether the
// server takes arrays. One that reads lines may refuse a short line that it does not
// understand, but skip a long one, and acknowledge it.
func (d *delivery) introduce(ctx context.Context, s span, by doubt) (got int) {
	for s.len() > 2 && d.c.learnt.arrays.get() == unknown && !d.stopped() {
		pair := span{s.lo, s.lo + 2}
		o := d.try(ctx, pair, Array, by)
		if o.verdict == suspect && !by.tested && !isBusy(o.err.Status) {
			return got + d.test(ctx, s, o, by)
		}
		got += o.taken + d.mend(ctx, pair, o, by)
		s.lo = pair.hi
	}
	return got + d.whole(ctx, s, by)
}

// mend sends in parts what was refused, or is suspect, and returns how many records
// the server has taken of it.
func (d *delivery) mend(ctx context.Context, s span, o outcome, by doubt) (got int) {
	if s.len() == 1 || o.verdict != refused && o.verdict != suspect {
		return 0
	}
	parts := doubt{} // the server has said what it is about
	if o.verdict == suspect {
		parts.last = o.err
		switch {
		case isBusy(o.err.Status):
		case isRefusal(o.err.Status) && !by.late && s.len() < len(d.records):
			// Others of the batch may tell whether the server refuses everything.
			d.putAside(func() { d.whole(ctx, s, doubt{late: true}) })
			return 0
		default:
			if !by.tested && s.len() > 2 { // of two, a test would be the same
				return d.test(ctx, s, o, by)
			}
			parts.part = true
			if by.tested && o.err.Status == 0 {
				d.c.learnt.mute.set(yes)
			}
		}
	}
	d.c.counters.splits.Add(1)
	if isOfSize(o.err.Status) {
		got = d.inTurn(ctx, s, parts)
	} else {
		got = d.halves(ctx, s, parts)
	}
	switch {
	case got < s.len(): // it was one of the records, as far as is known
	case isOfSize(o.err.Status):
		d.tooLarge(s, o.err.Status)
	case s.len() == 2 && o.verdict == refused && d.c.format == Auto:
		d.c.learnt.arrays.set(no) // since it takes both alone
	}
	return got
}

// minLearnt bounds what a server is believed to be unable to take, in bytes, if it
// has not said so: there may have been another reason.
const minLearnt = 16 << 10

// isTooLarge reports whether the server does not take a body of this size.
func (d *delivery) isTooLarge(s span) bool {
	limit := d.c.learnt.maxBytes.get()
	return limit > 0 && bodySize(d.records[s.lo:s.hi]) >= limit
}

// tooLarge remembers that a body of this size is not taken.
func (d *delivery) tooLarge(s span, status int) {
	size := bodySize(d.records[s.lo:s.hi])
	if status != http.StatusRequestEntityTooLarge && size < minLearnt {
		return
	}
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

// inTurn sends one half after the other: what takes too long does not get faster by
// going at the same time.
func (d *delivery) inTurn(ctx context.Context, s span, by doubt) int {
	mid := s.lo + s.len()/2
	return d.whole(ctx, span{s.lo, mid}, by) + d.whole(ctx, span{mid, s.hi}, by)
}

// both sends two spans, of which one or both may be empty. As long as the server has
// taken nothing of the batch, it may refuse everything, and need not be told
// everything at once.
func (d *delivery) both(ctx context.Context, s, t span, by doubt) int {
	if s.len() == 0 || t.len() == 0 || d.taken() == 0 {
		return d.whole(ctx, s, by) + d.whole(ctx, t, by)
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
		if k == manyTests {
			d.tellAside(nil) // for all that is known, it is these records
		}
		i := s.lo + spread(k+was.tests, s.len())
		one := span{i, i + 1}
		alone := d.try(ctx, one, d.form(one), doubt{sample: true, first: k == 0, part: was.part, started: o.started, last: o.err})
		if alone.verdict == suspect {
			// The next one, since it may be this one's fault.
			o.err = alone.err
			if now, _ := d.c.endpoint.counts(); now > before {
				before = now
				between++
			}
			continue
		}
		by := doubt{tested: alone.verdict == delivered && alone.first && (k == 0 || o.known), last: o.err}
		if !by.tested && !was.part && !isRefusal(o.err.Status) && !o.known {
			by.tests = was.tests + 1
		}
		return alone.taken + d.both(ctx, span{s.lo, i}, span{i + 1, s.hi}, by)
	}
	// The endpoint works, and many of these records do not.
	d.c.counters.splits.Add(1)
	return d.halves(ctx, s, doubt{part: true, last: o.err})
}

// manyTests is how many records of a span fail alone until others need not wait for
// it, and how many do while others are delivered in between until it is split without
// a test that says so.
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

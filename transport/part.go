package transport

import (
	"time"
)

// part is a run of records of a batch that go in one request: from lo up to and without
// hi. It belongs to one goroutine at a time: the one that sends it, or else to whoever
// holds delivery.mu.
type part struct {
	lo, hi  int
	key     string    // of idempotency; empty before the first attempt
	plain   bool      // it was rejected compressed
	due     time.Time // it is not sent before
	cut     cut
	past    past
	family  *family // of one that was split, and its parts
	half    bool    // it is such a part
	token   bool    // its record was deferred before
	crowded float64 // how much of the room for those is taken
	first   *byte   // of its records, while the batch is with the buffer
}

// cut is what the window has to do with a part.
type cut struct {
	window bool // it was cut by the window, and is no part of one that was split
	trial  bool // to see whether the server takes more than it did
	stuck  bool // it waits for an answer while others have theirs
}

// past is what came of the attempts so far.
type past struct {
	e        Error
	class    class     // of the last one
	sent     bool      // there was a request
	answer   int       // the status of the last one, or noAnswer
	failures int       // in a row, without an outage in between
	renewed  int       // of these, those with a new key
	started  time.Time // the first attempt
	began    time.Time // the first failure
	since    evidence  // when the first of them began, or the last one of the part it is of
	seen     uint64    // requests that were accepted when the last attempt began
}

func (p *part) len() int { return p.hi - p.lo }

// isNew reports whether the part was never sent, so that it may be cut anywhere.
func (p *part) isNew() bool { return p.key == "" && !p.half }

// family is a part that was split, with all that has become of it: if the server takes
// all of that, the part was too much for it, or of a form that it does not take.
type family struct {
	parts    int  // that are not settled
	spoiled  bool // a record of it was not accepted
	least    size // the smallest that had to be split
	answer   int  // to that
	class    class
	failures int // of the first
}

// splitInto makes the part one of a family, and returns its halves.
func (p *part) splitInto(bytes int) (a, b *part) {
	f := p.family
	if f == nil {
		f = &family{parts: 1, failures: p.past.failures}
	}
	f.parts++
	if f.least.records == 0 || p.len() <= f.least.records {
		f.least, f.answer, f.class = size{p.len(), bytes}, p.past.answer, p.past.class
	}
	mid := p.lo + p.len()/2
	return &part{lo: p.lo, hi: mid, half: true, family: f}, &part{lo: mid, hi: p.hi, half: true, family: f}
}

// take takes one record off the part, the last or the first, as a part of its own.
func (p *part) take(last bool) *part {
	one := &part{lo: p.lo, hi: p.lo + 1, half: p.half, family: p.family, past: past{e: p.past.e, started: p.past.started, since: p.past.since}}
	if last {
		one.lo, one.hi = p.hi-1, p.hi
		p.hi--
	} else {
		p.lo++
	}
	if p.family != nil {
		p.family.parts++
	}
	if p.key != "" {
		p.key = newUUID(time.Now()) // it is another one now
	}
	return one
}

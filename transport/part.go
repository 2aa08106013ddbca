package transport

import "time"

// part is a run of records of a batch that go in one request: from lo up to and without
// hi. While it is sent it belongs to the worker that sends it; otherwise engine.mu
// guards it.
type part struct {
	*delivery
	lo, hi     int
	head, tail *byte // where its first and last record are, while the batch is with the buffer
	encoding
	due time.Time // it is not sent before
	marks
	past past
	tree tree
}

// encoding is what all requests for a part have in common: a body with the same key is the
// same.
type encoding struct {
	key     string // of idempotency; empty before the first attempt
	plain   bool   // it was rejected compressed
	packed  bool   // packing is that of the key
	packing Compression
}

// marks are what is special about the request that a part waits for, or is in.
type marks struct {
	probe   bool // it is sent by an open breaker
	careful bool // it is sent while everything is rejected
	trial   bool // it holds more than the server took before
	stuck   bool // it has no answer while others have theirs
}

// past is what came of the attempts so far.
type past struct {
	e        Error
	class    class // of the last one
	answer   int   // the status of the last one, or noAnswer
	sent     bool  // there was a request
	stored   bool  // perhaps: one had no answer
	held     bool  // it was to be deferred, but perhaps there was no room
	failures int   // in a row, without an outage in between
	renewed  int   // of these, those with a new key
	times
}

// times are when attempts began.
type times struct {
	started time.Time // the first one
	began   time.Time // the first one that failed
	since   time.Time // the first of the failures in a row
	last    time.Time // the last one
}

// tree is what the parts of one that was split know of it. If all of its records are
// accepted in smaller parts, it was too much for the server, of a form that it does not
// take, or has failed by chance.
type tree struct {
	parent  *part
	left    int  // parts of it that are not settled
	spoiled bool // a record of it was not accepted
	was     size
}

func (p *part) len() int { return p.hi - p.lo }

func (p *part) size() size { return size{p.len(), bodySize(p.records[p.lo:p.hi])} }

// isHalf reports whether the part is one of a part that was split.
func (p *part) isHalf() bool { return p.tree.parent != nil }

// fillsWindow reports whether the part is as large as the window allowed, so that what
// becomes of it adapts the window.
func (p *part) fillsWindow() bool { return !p.isHalf() && !p.deferred && p.c.format != Single }

// isNew reports whether the part was never sent, so that it may be cut anywhere.
func (p *part) isNew() bool { return p.key == "" && !p.isHalf() }

// halves splits the part.
func (p *part) halves() (a, b *part) {
	p.tree.was, p.tree.left = p.size(), 2
	mid := p.lo + p.len()/2
	half := func(lo, hi int) *part {
		q := &part{delivery: p.delivery, lo: lo, hi: hi, encoding: encoding{plain: p.plain}, tree: tree{parent: p}}
		q.past = past{e: p.past.e, times: times{since: p.past.last}}
		q.past.e.Attempts = 0
		return q
	}
	return half(p.lo, mid), half(mid, p.hi)
}

// take takes one record off the part, the last or the first, as a part of its own.
func (p *part) take(last bool) *part {
	one := &part{delivery: p.delivery, lo: p.lo, hi: p.lo + 1, tree: tree{parent: p.tree.parent}}
	one.past = past{e: p.past.e, times: times{started: p.past.started, since: p.past.since}}
	if last {
		one.lo, one.hi = p.hi-1, p.hi
		p.hi--
	} else {
		p.lo++
	}
	if p.isHalf() {
		p.tree.parent.tree.left++
	}
	if p.key != "" {
		p.key = newUUID(time.Now()) // the body is another one
	}
	return one
}

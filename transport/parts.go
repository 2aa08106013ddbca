package transport

import (
	"math/rand/v2"
	"slices"
	"time"
)

// This file chooses the next part of a delivery. The callers hold engine.mu.

// take takes the next part off those that wait. If none may be sent now, it returns when
// one may, or the zero time if that is not known.
func (d *delivery) take(now time.Time) (p *part, at time.Time) {
	if d.ended != nil || len(d.todo) == 0 || d.ordered && d.running > 0 {
		return nil, time.Time{}
	}
	first, end := 0, len(d.todo)
	if d.ordered {
		first = d.inOrder()
		end = first + 1
	}
	for i := first; i < end; i++ {
		if due := d.todo[i].due; due.After(now) {
			at = soonest(at, due)
		} else if p := d.takeAt(i, now); p != nil {
			return p, now
		}
	}
	return nil, at
}

// takeAt takes the part at i, or what of it is to be sent. With order, that is one record
// of a part before which another one waits; and without, of one that has failed more often
// than by chance while nothing else was accepted: another attempt would not tell why.
func (d *delivery) takeAt(i int, now time.Time) *part {
	p, e := d.todo[i], d.c.engine
	mute := p.past.failures >= max(sampleAfter, tooMany(e.evidence.chanceShare(), splitChance)) &&
		!e.evidence.accepted.After(p.past.last)
	switch {
	case d.staysWhole(p, now) || !mute && (!d.ordered || i == 0):
		return d.cut(i, now)
	case mute:
		p.due = now.Add(e.pause(p, 0))
	}
	return d.one(p)
}

// candidate returns the part that is to be a probe, or nil: the one that has failed least,
// or with order, the one whose turn it is.
func (d *delivery) candidate() *part {
	switch {
	case d.ended != nil || len(d.todo) == 0 || d.ordered && d.running > 0:
		return nil
	case d.ordered:
		return d.todo[d.inOrder()]
	default:
		return slices.MinFunc(d.todo, func(p, q *part) int { return p.tries() - q.tries() })
	}
}

// inOrder returns the index of the next part of a batch whose records are to arrive one
// after the other: the first. When that is a single record which keeps failing, the record
// after it gets every second turn: only if another one is accepted is it known whose fault
// that is, and nothing else is sent meanwhile. In an outage, few records should come before
// their turn.
func (d *delivery) inOrder() int {
	if !d.todo[0].failsAlone() || d.beside {
		return 0
	}
	i := max(0, slices.IndexFunc(d.todo, func(p *part) bool { return !p.failsAlone() }))
	if d.todo[0].past.e.Attempts < holdAfter*i*i {
		return 0
	}
	return i
}

// hurry has all parts tried half a second after their last attempts at the latest.
func (d *delivery) hurry() {
	for _, p := range d.todo {
		p.due = earlier(p.due, p.past.last.Add(hurriedWait)) // the zero time if it is new
	}
}

// failsAlone reports whether the part is a single record, or of a part that was split, and
// has failed so often that it may be at fault.
func (p *part) failsAlone() bool {
	return (p.len() == 1 || p.isHalf()) && p.past.e.Attempts >= holdAfter && !p.past.class.sure()
}

// cut takes the part at i off those that wait, or as much of it as the window allows if it
// was never sent. It returns nil if that has to wait for what is being sent.
func (d *delivery) cut(i int, now time.Time) *part {
	p, w := d.todo[i], &d.c.engine.window
	if !p.isNew() || d.deferred {
		d.todo = slices.Delete(d.todo, i, i+1)
		return p
	}
	most, trial := w.next(now)
	if p.len() > 1 && w.arrays < manyArrays && d.running > 0 {
		return nil
	}
	n, bytes := 1, len(d.records[p.lo])
	for ; n < min(p.len(), most.records); n++ {
		if bytes += len(d.records[p.lo+n]) + 1; bytes > most.bytes {
			break
		}
	}
	trial = trial && w.exceeds(size{n, bytes})
	w.trial = w.trial || trial
	if n == p.len() {
		d.todo = slices.Delete(d.todo, i, i+1)
		p.trial = trial
		return p
	}
	head := &part{delivery: d, lo: p.lo, hi: p.lo + n, marks: marks{trial: trial}}
	p.lo += n
	return head
}

// staysWhole reports whether no record of the part may be sent alone: it has one only; or it
// may have been stored, and records are not known to go without an answer; or the server has
// too many requests.
func (d *delivery) staysWhole(p *part, now time.Time) bool {
	silent, _ := d.c.engine.evidence.knows(noAnswer, now)
	return p.len() == 1 || p.past.stored && !silent || p.past.class == busy
}

// one takes a single record of a part: the result tells the endpoint's fault from that of
// the content.
func (d *delivery) one(p *part) *part {
	d.c.engine.release(p)
	return p.take(d.fromEnd())
}

// takeProbe takes a part, or a record of it, to be the probe.
func (d *delivery) takeProbe(p *part, now time.Time) *part {
	d.probes++
	if d.staysWhole(p, now) || d.c.engine.breaker.fault.isBusy() {
		if whole := d.cut(slices.Index(d.todo, p), now); whole != nil {
			return whole
		}
	}
	return d.one(p)
}

// back puts parts among those that wait.
func (d *delivery) back(parts ...*part) {
	for _, p := range parts {
		i := len(d.todo)
		for i > 0 && d.todo[i-1].lo > p.lo {
			i--
		}
		d.todo = slices.Insert(d.todo, i, p)
	}
}

// fromEnd says at random which end of a part a single record is taken from: the last, or
// the first, as order wants it.
func (d *delivery) fromEnd() bool { return !d.ordered && rand.N(2) == 1 }

// isAlone reports whether all that is left of the batch are single records that fail.
func (p *part) isAlone() bool {
	for _, q := range p.todo {
		if q.len() > 1 || q.past.e.Attempts < holdAfter {
			return false
		}
	}
	return p.len() == 1 && p.past.e.Attempts >= holdAfter
}

// tries returns how often the part was tried. One whose compression may be why it was
// rejected comes before all others: it tells most.
func (p *part) tries() int {
	if p.plain && p.key == "" {
		return -1
	}
	return p.past.e.Attempts
}

// soonest returns the earlier of two times, of which one may be zero: not known.
func soonest(t, u time.Time) time.Time {
	if t.IsZero() || !u.IsZero() && u.Before(t) {
		return u
	}
	return t
}

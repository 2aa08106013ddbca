package transport

import (
	"slices"
	"time"
)

// This file is how the parts of a batch follow each other that are to arrive in order.

// inOrder returns the first part, if it is due. When that is a single record which keeps
// failing, or a part of one that did, the record after it has every second turn: only if another one is accepted is
// it known whose fault that is, and nothing else is sent meanwhile. The caller holds d.mu.
func (d *delivery) inOrder(now time.Time) *part {
	i := 0
	if d.beside = !d.beside && d.failsAlone(d.todo[0]); d.beside {
		i = max(0, slices.IndexFunc(d.todo, func(p *part) bool { return !d.failsAlone(p) }))
		if d.todo[0].past.e.Attempts < holdAfter*i*i {
			i = 0 // in an outage, few records should come before their turn
		}
	}
	p := d.todo[i]
	if i > 0 && p.due.After(now) {
		i, p = 0, d.todo[0]
	}
	switch {
	case p.due.After(now):
		return nil
	case i > 0 && p.len() > 1 && p.past.class != unanswered:
		return p.take(false)
	case p.isNew():
		return d.cut(i, now)
	default:
		d.todo = slices.Delete(d.todo, i, i+1)
		return p
	}
}

// failsAlone reports whether the part is a single record, or of one that was split, and has
// failed so often that it may be at fault.
func (d *delivery) failsAlone(p *part) bool {
	return (p.len() == 1 || p.half) && p.past.e.Attempts >= holdAfter && !p.past.class.sure()
}

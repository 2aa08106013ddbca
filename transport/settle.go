package transport

import (
	"fmt"
	"net/http"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// This file is the ends that a part may come to.

// accept accounts for a part that was accepted, but for the records that the answer
// excludes.
func (w *worker) accept(p *part, r reply) {
	d, c := w.delivery, w.c
	failures := p.past.failures
	if p.past.renewed > 0 || p.token { // it was the key, perhaps
		failures = 0
	}
	w.pass, w.has = c.gate.accepted(c.oddity(r), failures, d.turn, d.hasMore())
	c.learnPacking(p, r)
	if c.format != Single {
		c.window.took(d.sizeOf(p), p.cut)
		p.cut.trial = false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.out.some, d.losses = true, 0
	for _, f := range r.failed {
		d.out.result.Lost = append(d.out.result.Lost, batch.Failure{Index: p.lo + f.Index, Err: d.notTaken(p, f, r.secret)})
	}
	d.leave(p, len(r.failed) > 0)
}

// leave ends a part; spoiled says that not all of its records were accepted. The caller
// holds d.mu.
func (d *delivery) leave(p *part, spoiled bool) {
	d.running--
	d.progress = time.Now()
	d.unstick(p)
	if f := p.family; f != nil {
		f.parts--
		if f.spoiled = f.spoiled || spoiled; f.parts == 0 && !f.spoiled {
			d.learn(f)
		}
	}
	d.nudge()
}

// unstick ends what the window has to do with a part.
func (d *delivery) unstick(p *part) {
	if p.cut.stuck {
		d.c.window.unstick()
	}
	if p.cut.trial {
		d.c.window.untry()
	}
	p.cut.stuck, p.cut.trial = false, false
}

// learn draws the lesson from a part that was split, of which everything was accepted.
func (d *delivery) learn(f *family) {
	switch arrays := f.least.records == 2 && d.c.format == Auto; {
	case arrays && (f.class == content || d.c.window.pair()): // since the server takes both alone
		d.c.window.tooMuch(size{2, unbounded}, time.Now())
	case f.answer == http.StatusRequestEntityTooLarge,
		f.least.bytes >= minLearnt && (f.class == content || f.class == unanswered || f.class == busy):
		d.c.window.tooMuch(f.least, time.Now())
	case f.class != content:
		d.c.gate.chance(f.failures)
	}
}

// lose gives a part up. If that is not for what the server said of its records, it holds
// for the others too, unless some have been accepted.
func (d *delivery) lose(p *part, e *Error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.giveUp(p, e)
	d.leave(p, true)
	if p.past.class == content || p.token {
		return
	}
	d.losses++
	if p.past.class != final && !d.out.some || d.losses >= manyLosses {
		for _, q := range d.todo {
			d.giveUp(q, e)
			d.unstick(q)
		}
		d.todo = nil
	}
}

// giveUp counts the records of a part as lost. The caller holds d.mu.
func (d *delivery) giveUp(p *part, e *Error) {
	for i := p.lo; i < p.hi; i++ {
		d.out.result.Lost = append(d.out.result.Lost, batch.Failure{Index: i, Err: e})
	}
}

// split puts the halves of a part among those that wait.
func (d *delivery) split(p *part) {
	s := d.sizeOf(p)
	if p.cut.window && !p.cut.stuck {
		d.c.window.split(s, p.cut.trial, time.Now())
		p.cut.trial = false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	a, b := p.splitInto(s.bytes)
	for _, q := range []*part{a, b} {
		q.plain = p.plain
		q.past.e = p.past.e
		q.past.e.Attempts = 0
		q.past.since = evidence{p.past.seen, p.past.since.outages}
	}
	d.running--
	d.unstick(p)
	d.back(a, b)
	d.nudge()
}

// hold defers a record.
func (d *delivery) hold(p *part, act action, wait time.Duration) {
	now := time.Now()
	if act == renew {
		p.key = newUUID(now)
		p.past.renewed++
	}
	if !p.token {
		if d.suspects(p) {
			d.c.window.blame(p.past.answer, false, now)
		}
		p.past.failures = 0
	}
	e := p.past.e
	f := batch.Failure{Index: p.lo, Err: &e, Token: p.appendToken(nil), Wait: jitter(wait)}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.out.result.Deferred = append(d.out.result.Deferred, f)
	d.out.held = append(d.out.held, p)
	d.leave(p, true)
}

// notTaken is the error for a record that a success excludes.
func (d *delivery) notTaken(p *part, f Failure, secret string) *Error {
	e := p.past.e
	e.Err = fmt.Errorf("the server has not taken record %d of %d", f.Index+1, p.len())
	if f.Reason != "" {
		e.Err = fmt.Errorf("%w: %s", e.Err, f.Reason)
	}
	e.Record = excerpt(d.records[p.lo+f.Index], maxErrorRecord, secret, false)
	return &e
}

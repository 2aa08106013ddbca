package batch

import (
	"math"
	"time"

	"github.com/logsto/logsto-go/internal/slab"
)

// Entry is room for one record, between Begin and Commit or Discard. It
// belongs to the goroutine that called Begin.
type Entry struct {
	b     *Buffer
	t     *slab.Token // nil if the Buffer is closed, and the record is only to be told
	until int64       // if Begin has waited for room, the key of the time up to which Commit may
	draft *draft      // where the record is written, if it must not be in the slab as it is
}

// Begin asks for room for one record of level l (a level beyond Panic counts
// as Panic). If ok is false the record is refused and has been counted as
// dropped; there is nothing to do then. Otherwise exactly one of Commit and
// Discard must follow soon: what the goroutine does in between delays nobody
// else, but it keeps its room, a slab; where many goroutines are in between at once,
// the others write to memory outside the budget. If neither ever follows, because the
// goroutine ends in between, the room comes back with a garbage collection, and
// the record is not counted. The goroutine may Begin and Commit others meanwhile,
// as when a value that is being encoded logs.
//
// Begin does not block, unless [WithBlocking] is chosen.
func (b *Buffer) Begin(l Level) (e Entry, ok bool) {
	l = min(l, Panic)
	t, why := b.set.Begin(uint8(l))
	if t != nil {
		return Entry{b: b, t: t, draft: b.newDraft()}, true
	}
	return b.beginSlow(l, why)
}

// beginSlow waits for room if that is allowed, and counts a refusal.
func (b *Buffer) beginSlow(l Level, why slab.Refusal) (Entry, bool) {
	var t *slab.Token
	if why == slab.Closed {
		if e, ok := b.beginLate(l); ok {
			return e, true
		}
	}
	reason := b.reasonFor(why, l)
	if why == slab.Full && b.cfg.block > 0 {
		until := b.deadline()
		reason = b.wait(l, until, false, func() slab.Refusal {
			t, why = b.set.Begin(uint8(l))
			return why
		})
		if t != nil {
			return Entry{b, t, until, b.newDraft()}, true
		}
	}
	b.refuse(reason, l)
	return Entry{}, false
}

// Buf returns the empty slice to append the record to: one JSON object on one
// line, without the line's end, at which nobody looks again. A record that outgrows it is
// moved by append, and Commit copies it back.
func (e Entry) Buf() []byte {
	if e.draft != nil {
		return e.draft.room[:0]
	}
	return e.t.Buf()
}

// Commit hands the record over, which was appended to Buf, and reports whether
// it was taken; if not, it has been counted as dropped. An empty record is
// taken for Discard.
//
// t is the time that the logger took for the record, by which records are put
// in order; it should keep its monotonic reading. With the zero Time, Commit
// reads the clock.
func (e Entry) Commit(record []byte, t time.Time) bool {
	if e.draft != nil {
		return e.commitDraft(record, t)
	}
	return e.commit(record, t)
}

// commit is Commit for what need not be redacted.
func (e Entry) commit(record []byte, t time.Time) bool {
	l := Level(e.t.Level())
	if why := e.t.Commit(record, t); why != slab.None {
		return e.commitSlow(l, record, t, why)
	}
	e.b.hurry(l)
	return true
}

// hurry wakes the collector for a record that must not wait.
func (b *Buffer) hurry(l Level) {
	if l >= b.cfg.flushLevel {
		b.urgent.Store(true)
		b.poke()
	}
}

// commitSlow waits for room if that is allowed, and counts a refusal.
func (e Entry) commitSlow(l Level, record []byte, t time.Time, why slab.Refusal) bool {
	if why == slab.TooLarge {
		e.b.refuseLarge(l, len(record), record)
		return false
	}
	reason := e.b.reasonFor(why, l)
	if why == slab.Full {
		if e.b.cfg.block > 0 {
			if e.until == 0 {
				e.until = e.b.deadline()
			}
			reason = e.b.wait(l, e.until, true, func() slab.Refusal {
				why = e.t.Commit(record, t)
				return why
			})
		}
		if why == slab.None {
			e.b.hurry(l)
			return true
		}
		e.t.Discard()
	}
	e.b.refuse(reason, l)
	return false
}

// Discard gives the room back without a record; nothing is counted.
func (e Entry) Discard() {
	if e.t == nil {
		e.discardLate()
		return
	}
	e.t.Discard()
	if e.draft != nil {
		e.draft.free(cap(e.draft.room)) // nobody knows how much of it is in use
	}
}

// reasonFor returns the reason for a record of level l.
func (b *Buffer) reasonFor(why slab.Refusal, l Level) Reason {
	switch {
	case why == slab.Closed:
		return ReasonClosed
	case why == slab.TooLarge:
		return ReasonTooLarge
	case why == slab.Shed, b.cfg.limit(l) < b.cfg.limit(Panic):
		return ReasonShed
	default:
		return ReasonFull
	}
}

// tryAgain is how often a call that waits for room tries without being told of
// any: what was held by a goroutine that has ended comes back without a word.
const tryAgain = time.Second

// deadline returns the key of the time up to which a call that comes now may wait.
func (b *Buffer) deadline() int64 {
	now := b.set.Key(time.Now())
	return now + min(int64(b.cfg.block), math.MaxInt64-now)
}

// wait calls try until it returns something other than Full, as room becomes
// free, at most until the time of the given key. It returns the reason
// that holds if the last try failed. Those that wait try in turn. One that is sized,
// because it has its record, may need more room than there is for others.
func (b *Buffer) wait(l Level, until int64, sized bool, try func() slab.Refusal) Reason {
	timer, again := time.NewTimer(time.Duration(until-b.set.Key(time.Now()))), time.NewTicker(tryAgain)
	defer timer.Stop()
	defer again.Stop()
	for tried := uint64(0); ; {
		b.poke()
		select {
		case <-b.set.Room():
			freed := b.set.Freed()
			why := try()
			if why != slab.Full || sized && freed != tried {
				b.set.Pass()
			}
			if why != slab.Full {
				return b.reasonFor(why, l)
			}
			tried = freed
		case <-again.C:
			if why := try(); why != slab.Full {
				return b.reasonFor(why, l)
			}
		case <-b.stopped:
			return ReasonClosed
		case <-timer.C:
			return ReasonTimeout
		}
	}
}

// refuse counts a record that never got into a slab.
func (b *Buffer) refuse(r Reason, l Level) {
	b.drops.add(r, l, 1)
	b.noteGap(r)
	b.report.lost(nil)
}

// lose counts records that were in a slab, by level. It may be called under
// the slabs' lock.
func (b *Buffer) lose(r Reason, lost [numLevels]uint64, err error) {
	some := false
	for l, n := range lost {
		if n > 0 {
			b.drops.add(r, Level(l), n)
			some = true
		}
	}
	if some {
		b.noteGap(r)
	}
	if some || err != nil {
		b.report.lost(err)
	}
}

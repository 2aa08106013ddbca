package slab

import (
	"runtime"
	"time"
)

// Token is the right to append to one slab. A producer has it from Begin to
// Commit or Discard; in between nobody else can reach it.
type Token struct {
	set  *Set
	slab *slab // nil while the Token has none
	body []byte
	n    uint32 // records committed in slab
	end  uint32 // where the last of them ends
	stop int    // where the next one must end: behind that stands its index entry
	last int64  // the key of the last
	hint int    // a record of this size is likely

	trusted int64  // keys up to this one may be taken without a look at the clock
	wakeN   uint32 // with this number of records, or this end, a batch may be full
	wakeEnd uint32

	own     *ownership // what the cleanup must know
	level   uint8      // of the record that is being written
	epoch   uint32     // the epoch that the following counts belong to
	mark    uint32     // n when the Token got slab, or when the epoch began
	used    int        // records appended to owned slabs before that
	cold    int        // how often it has looked for a slab to borrow
	crowded bool       // it got no slab when it asked last, since too many are held
	_       [cacheLines]byte

	private []byte // see mutexTwin
}

// ownership outlives its Token, so that the slab of a Token that the pool has
// let go comes back.
type ownership struct {
	set  *Set
	slab *slab
	lent bool // slab came from a slot, or goes to one after the record
}

const (
	// hotRecords is how many records a Token must append in an epoch to own a
	// slab instead of borrowing one.
	hotRecords = 32
	// A record larger than maxHint is not waited for with room.
	maxHint = 4 << 10
	minHint = 256
	// Hardly a record is shorter than leastRoom: a slab with less room is full.
	leastRoom = 64
)

// Refusal says why a record was not taken.
type Refusal uint8

// The refusals.
const (
	None     Refusal = iota
	Closed           // the Set is closed
	Shed             // the level is not admitted at present
	Full             // no slab is left within the budget
	TooLarge         // the record is larger than Config.MaxRecord
)

func (s *Set) newToken() *Token {
	t := &Token{set: s, own: &ownership{set: s}, last: minKey, hint: minHint}
	t.setWake()
	s.made.Add(1)
	runtime.AddCleanup(t, (*ownership).orphan, t.own)
	return t
}

// orphan hands the slab of a Token that is gone to the collector. It runs on a
// goroutine of the runtime, and never while somebody could be using the Token.
// It touches no channel, since those of a testing/synctest bubble must not be
// touched from outside.
func (o *ownership) orphan() {
	if o.slab == nil {
		return
	}
	if !o.lent {
		o.set.owned.Add(-1)
	}
	o.set.orphan(o.slab)
}

// Begin returns a Token with room for a record of the given level, or the
// reason why there is none.
func (s *Set) Begin(level uint8) (*Token, Refusal) {
	if g := s.gate.Load(); uint32(level) < g {
		if why := s.refusal(level); why != None {
			return nil, why
		}
	}
	t := s.pool.Get().(*Token)
	t.level = level
	if (t.room() < t.hint || t.epoch != s.epoch.Load()) && !t.prepare() {
		s.pool.Put(t)
		return nil, Full
	}
	return t, None
}

// refusal returns why the gate refuses the level, unless there were slabs of
// Tokens that are gone, without which it does not.
func (s *Set) refusal(level uint8) Refusal {
	s.reapOrphans()
	switch g := s.gate.Load(); {
	case uint32(level) >= g:
		return None
	case g == closedGate:
		return Closed
	default:
		return Shed
	}
}

// Buf returns the empty slice to append the record to. A record that does not
// fit in it is moved elsewhere by append, which Commit sees.
func (t *Token) Buf() []byte {
	if t.slab == nil { // of the mutex twin, or beyond maxOpen
		return t.scratch()
	}
	return t.body[t.end:t.end:min(t.stop, int(t.end)+t.set.cfg.MaxRecord)]
}

// Commit publishes the record, which was appended to Buf, and ends the use of
// the Token; unless the refusal is Full: then the record is not published, and
// the caller commits it again later or discards it. An empty record is
// discarded. The zero time stands for now.
func (t *Token) Commit(rec []byte, at time.Time) Refusal {
	s := t.set
	key := s.Key(at) // of the zero time it is minKey
	if key == minKey || key > t.trusted || !t.inPlace(rec) {
		var placed bool
		var why Refusal
		if key, placed, why = t.place(rec, at); !placed {
			return why
		}
	}
	key = max(key, t.last)
	if len(rec) > t.hint {
		t.hint = min(len(rec), maxHint)
	}
	end := t.end + uint32(len(rec))
	putEntry(t.body[t.stop:], key, end, t.level)
	t.n, t.end, t.stop, t.last = t.n+1, end, t.stop-entryBytes, key
	t.slab.committed.Store(pack(t.n, end)) // the only locked instruction of an append
	if t.n >= t.wakeN || end >= t.wakeEnd || !s.armed.Load() {
		t.wake()
	}
	t.Discard()
	return None
}

// place does what an ordinary record does not need: it looks at the clock, and
// moves the record to where it must be. If it is not placed, all is done.
func (t *Token) place(rec []byte, at time.Time) (key int64, placed bool, why Refusal) {
	if len(rec) == 0 {
		t.Discard()
		return 0, false, None
	}
	key, placed = max(t.key(at), t.last), true
	if !t.inPlace(rec) {
		placed, why = t.move(rec, key)
	}
	return key, placed, why
}

// ahead is how far a key may be ahead of the clock: who counts up from a clock that
// stands still, to keep his order, keeps it. A look at the clock is good for as long.
const ahead = int64(time.Millisecond)

// key returns the key of a record of the given time, but never one far in the
// future, where it would hold up the records behind it. The clock is read once in
// a while only.
func (t *Token) key(at time.Time) int64 {
	s := t.set
	if at.IsZero() {
		return s.Key(time.Now())
	}
	key := max(s.Key(at), minKey+1)
	if key > t.trusted {
		now := s.Key(time.Now())
		t.trusted = now + ahead
		if key > t.trusted {
			key = now
		}
	}
	return key
}

// room returns how many bytes the next record may have. It may be negative.
func (t *Token) room() int { return t.stop - int(t.end) }

// inPlace reports whether rec is where the next record of the slab must be,
// with room for its index entry.
func (t *Token) inPlace(rec []byte) bool {
	return len(rec) > 0 && len(rec) <= t.room() && &rec[0] == &t.body[t.end]
}

// wake wakes the collector if a batch may be full, or if it is idle.
func (t *Token) wake() {
	s := t.set
	full := t.n >= t.wakeN || t.end >= t.wakeEnd
	if full {
		t.setWake()
	}
	if s.rouse() || full {
		s.cfg.Wake()
	}
}

// rouse reports whether the collector is idle and to be woken by the caller.
func (s *Set) rouse() bool { return !s.armed.Load() && s.armed.CompareAndSwap(false, true) }

// Discard ends the use of the Token without a record.
func (t *Token) Discard() {
	if t.own.lent {
		t.giveBack()
	}
	t.set.pool.Put(t)
}

// Level returns the level of the record that is being written.
func (t *Token) Level() uint8 { return t.level }

package check

import "math/bits"

// The functions of this file stand for those of internal/slab/settle.go. But for sees,
// all are called under Set.mu.

// settle is Set.Settle, but for the look at the flushes at its end. It reports whether
// something is left of the batch.
func (m *model) settle(s *state, x *sender) (left bool) {
	n, keep := uint8(0), x.out.retry
	for i := range x.batch.n {
		rec, is := x.batch.at[i].rec, func(set uint8) bool { return set>>i&1 == 1 }
		switch {
		case is(x.out.lost):
			m.become(s, rec, x.fate(), dropped)
			n++
		case is(x.out.deferred):
			if !m.deferRecord(s, x, i) || m.bug == copyKeepsBatch {
				keep |= 1 << i
			}
		case !is(x.out.retry):
			m.become(s, rec, x.fate(), delivered)
			s.delivered++
		case m.bug == retryDelivers:
			s.delivered++
		}
	}
	s.lost += n
	if !x.again || m.bug != deferLostUncharged {
		s.flushLost(x.seq, n)
	}
	m.keep(x, keep)
	if x.batch.n > 0 {
		if m.bug == retryUnpins {
			m.unpinAll(s, x)
		}
		return true
	}
	m.unpinAll(s, x)
	return false
}

// fate is what the records of the batch are.
func (x *sender) fate() uint8 {
	if x.again {
		return again
	}
	return flying
}

// keep is Batch.keep.
func (m *model) keep(x *sender, places uint8) {
	if m.bug == retryShifted {
		places = 1<<bits.OnesCount8(places) - 1
	}
	was := x.batch
	x.batch = batch{}
	for i, at := range was.at[:was.n] {
		if places>>i&1 == 1 {
			x.batch.at[x.batch.n] = at
			x.batch.n++
		}
	}
}

// unpinAll is Set.unpin.
func (m *model) unpinAll(s *state, x *sender) {
	for sl := ref(1); sl <= maxSlabs; sl++ {
		if in(x.slabs, sl) {
			m.unpin(s, sl)
			m.recycleIfDone(s, sl)
		}
	}
	x.slabs = 0
	if x.alone.slab != 0 {
		m.settled(s, x.alone)
		x.alone = deferral{}
	}
	m.mayEvict(s)
}

// sees reads a record of a batch, or copies it.
func (m *model) sees(s *state, at place) {
	m.mayRead(s, at.slab, at.i)
	if s.at(at.slab).body[at.i] != at.rec {
		m.fail("record %d has changed while it was sent", at.rec)
	}
}

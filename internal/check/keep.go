package check

import "math/bits"

// The functions of this file stand for those of internal/slab/keep.go, and for what
// a batch is after it. But for batches and sees, which look, and has and size, all
// are called under Set.mu.

// keep is Set.Keep: left is the set of the places of the batch that are left. It
// reports whether there was room for their copies.
func (m *model) keep(s *state, x *sender, left uint8) bool {
	size := count(left)
	if int(s.kept+size) > m.cfg.keeps || m.liveSize(s)+int(size) > m.budget() {
		return false
	}
	for i := range x.batch.at[:x.batch.n] {
		at := &x.batch.at[i]
		if left>>i&1 == 0 {
			m.become(s, at.rec, flying, delivered)
			*at = place{rec: at.rec}
			continue
		}
		m.sees(s, *at)
		if m.bug != keepUncopied {
			*at = place{rec: at.rec}
		}
	}
	if m.bug != keepUntrimmed {
		m.trimFree(s, int(size))
	}
	x.left = left
	if m.bug != keepUncounted {
		s.kept += size
	}
	s.delivered += x.batch.n - size
	m.unpinAll(s, x)
	if m.bug != keepGateOpen {
		m.raiseGate(s)
	}
	return true
}

// unpinAll is Set.unpin.
func (m *model) unpinAll(s *state, x *sender) {
	for sl := ref(1); sl <= maxSlabs; sl++ {
		if in(x.slabs, sl) {
			m.unpin(s, sl)
			m.recycleIfDone(s, sl)
		}
	}
	if m.bug != unpinnedTwice {
		x.slabs = 0
	}
}

// unkeep is Set.unkeep.
func (m *model) unkeep(s *state, x *sender) {
	if x.left == 0 || m.bug == keptForever {
		return
	}
	s.kept -= count(x.left)
	room := s.room
	if m.bug != unkeptShut {
		m.openGate(s)
	}
	if m.bug == unkeptNotTold {
		s.room = room
	}
}

// has reports whether the record in place i of the batch is still to be accounted
// for.
func (x *sender) has(i int) bool { return x.left == 0 || x.left>>i&1 == 1 }

// size is Batch.n.
func (x *sender) size() uint8 {
	if x.left != 0 {
		return count(x.left)
	}
	return x.batch.n
}

func count(set uint8) uint8 { return uint8(bits.OnesCount8(set)) }

// sees reads a record of a batch, or the copy of one, which is nobody else's.
func (m *model) sees(s *state, at place) {
	if at.slab == 0 {
		return
	}
	m.mayRead(s, at.slab, at.i)
	if s.at(at.slab).body[at.i] != at.rec {
		m.fail("record %d has changed while it was sent", at.rec)
	}
}

// batches checks that each record that is in a batch is in one, and points into a
// slab that this holds, or to a copy; and that the copies are what they are counted
// as.
func (m *model) batches(s *state) {
	var seen uint16
	kept := uint8(0)
	for i := range s.senders {
		x := &s.senders[i]
		if !x.flies() {
			continue
		}
		kept += count(x.left)
		for j, at := range x.batch.at[:x.batch.n] {
			switch {
			case !x.has(j):
				continue
			case seen&bit(at.rec) != 0 || s.records[at.rec] != flying:
				m.fail("record %d, %s, is in a batch", at.rec, fates[s.records[at.rec]])
			case at.slab != 0 && !in(x.slabs, at.slab):
				m.fail("record %d is in slab %d, which its batch does not hold", at.rec, at.slab)
			case (at.slab == 0) != (x.left != 0):
				m.fail("record %d of a batch is nowhere", at.rec)
			}
			seen |= bit(at.rec)
		}
	}
	if kept != s.kept {
		m.fail("%d records are copied, counted as %d", kept, s.kept)
	}
	if int(s.kept) > m.cfg.keeps {
		m.fail("%d records are copied, beyond their share", s.kept)
	}
}

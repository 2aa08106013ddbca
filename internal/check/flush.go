package check

// The functions of this file stand for those of internal/slab/flush.go. All
// are called under Set.mu.

// makeFlush is Set.Flush.
func (m *model) makeFlush(s *state, i int) {
	f := &s.flushes[i]
	*f = flush{active: true}
	m.reap(s)
	for _, sl := range s.live[:s.nlive] {
		if d := s.at(sl); d.committed > d.taken {
			f.target[sl-1] = d.committed
		}
	}
	for rec, fate := range s.records {
		if pending(fate) {
			f.must |= bit(uint8(rec))
		}
	}
	m.checkFlushes(s)
}

// undelivered is Set.Undelivered. What it returns must cover the records that
// the Flush was made for and that are not delivered.
func (m *model) undelivered(s *state, i int) {
	f := &s.flushes[i]
	n := int(f.lost)
	if !f.done {
		f.active = false
		for sl := ref(1); sl <= maxSlabs; sl++ {
			n += int(s.left(f, sl))
		}
		for j := range s.senders {
			if x := &s.senders[j]; x.flies() && f.covers(x.seq) {
				n += int(x.batch.n)
			}
		}
		if m.bug != waitingUnreported {
			n += s.deferred.covered(f)
		}
	}
	short := 0
	for rec, fate := range s.records {
		if f.must&bit(uint8(rec)) == 0 || fate == delivered {
			continue
		}
		short++
		if f.done && fate != dropped {
			m.fail("a Flush has returned, but record %d is %s", rec, fates[fate])
		}
	}
	if n < short {
		m.fail("a Flush reports %d records, but %d are not delivered", n, short)
	}
	*f = flush{}
}

// left is target.left.
func (s *state) left(f *flush, sl ref) uint8 {
	n := f.target[sl-1]
	if n == 0 || n == stale || s.at(sl).taken >= n {
		return 0
	}
	return n - s.at(sl).taken
}

func (f *flush) hasTargets() bool { return f.target != [maxSlabs]uint8{} }

// covers is Flush.covers.
func (f *flush) covers(seq uint8) bool { return f.hasTargets() || seq <= f.seq }

// checkFlushes is Set.checkFlushes.
func (m *model) checkFlushes(s *state) {
	for i := range s.flushes {
		f := &s.flushes[i]
		if !f.active {
			continue
		}
		if f.hasTargets() || f.seq == 0 {
			for sl := ref(1); sl <= maxSlabs; sl++ {
				if s.left(f, sl) == 0 {
					f.target[sl-1] = 0
				}
			}
			if f.hasTargets() {
				continue
			}
			f.seq = s.lastSeq
		}
		if first := s.firstFlight(); first > 0 && first <= f.seq {
			continue
		}
		if m.bug != deferForgetsFlush && s.deferred.since(f.seq) {
			continue
		}
		f.active, f.done = false, true
	}
}

// pending reports whether a record of this fate is still to be delivered.
func pending(fate uint8) bool { return fate >= queued && fate <= again }

// firstFlight returns the number of the oldest batch in Set.flights.
func (s *state) firstFlight() (seq uint8) {
	for i := range s.senders {
		if x := &s.senders[i]; x.flies() && (seq == 0 || x.seq < seq) {
			seq = x.seq
		}
	}
	return seq
}

// flushLost is Set.flushLost.
func (s *state) flushLost(seq, n uint8) {
	for i := range s.flushes {
		if f := &s.flushes[i]; f.active && f.covers(seq) {
			f.lost += n
		}
	}
}

// flushEvicted is Set.flushEvicted.
func (m *model) flushEvicted(s *state, sl ref, level uint8) {
	for i := range s.flushes {
		f := &s.flushes[i]
		if !f.active || s.left(f, sl) == 0 {
			continue
		}
		d := s.at(sl)
		for j := d.taken; j < f.target[sl-1]; j++ {
			if m.levelOf(d.index[j].rec) < level {
				f.lost++
			} else {
				f.moved = true
			}
		}
	}
}

// flushMoved is Set.flushMoved.
func (s *state) flushMoved(to ref) {
	for i := range s.flushes {
		if f := &s.flushes[i]; f.moved {
			f.target[to-1], f.moved = s.at(to).committed, false
		}
	}
}

// flushing is Set.Flushing.
func (s *state) flushing() bool {
	for i := range s.flushes {
		if f := &s.flushes[i]; f.active && f.hasTargets() {
			return true
		}
	}
	return false
}

package check

// The functions of this file stand for those of internal/slab/evict.go. All
// are called under Set.mu.

func (m *model) evictable(s *state, sl ref) bool {
	d := s.at(sl)
	return (d.sealed || m.bug == evictUnsealed) && (d.pins == 0 || m.bug == evictPinned)
}

// evictables is Set.evictable.
func (m *model) evictables(s *state) (n int) {
	for _, sl := range s.live[:s.nlive] {
		if m.evictable(s, sl) {
			n++
		}
	}
	return n
}

// evictOldest is Set.evictOldest.
func (m *model) evictOldest(s *state) {
	for _, sl := range s.live[:s.nlive] {
		if m.evictable(s, sl) {
			m.evict(s, sl)
			return
		}
	}
}

// evict is Set.evict. The records that it drops must be in no batch, which the
// code cannot see.
func (m *model) evict(s *state, sl ref) {
	d := s.at(sl)
	for i := d.taken; i < d.committed; i++ {
		m.become(s, d.index[i].rec, queued, dropped)
		s.lost++
	}
	if d.sealed {
		s.backlog -= d.committed - d.taken
	}
	if m.bug != evictForgetsFlush {
		m.flushEvicted(s, sl)
	}
	d.taken = d.committed
	if m.bug == evictPinned || m.bug == evictUnsealed {
		m.recycle(s, sl)
	} else {
		m.recycleIfDone(s, sl)
	}
	m.checkFlushes(s)
}

// become moves a record on, and fails if it is not where the step takes it from.
func (m *model) become(s *state, rec, from, to uint8) {
	switch {
	case rec == 0:
		m.fail("memory that holds no record is taken for one")
	case s.records[rec] != from:
		m.fail("record %d becomes %s, but is %s", rec, fates[to], fates[s.records[rec]])
	default:
		s.records[rec] = to
	}
}

var fates = [...]string{"unborn", "queued", "in a batch", "deferred", "in a batch again", "delivered", "dropped", "refused", "forgotten"}

package check

// The functions of this file stand for those of the same name in
// internal/slab/set.go. All are called under Set.mu.

// liveSize is Set.liveSize. A slab takes as much as the records that it has room
// for.
func (m *model) liveSize(s *state) int {
	n := s.nlive + s.reserved
	if m.bug != deferUncounted {
		n += s.deferred.nslabs
	}
	return int(n) * m.cfg.perSlab
}

// budget is Config.MaxBytes, and limit one of Config.Limits.
func (m *model) budget() int           { return m.cfg.slabs * m.cfg.perSlab }
func (m *model) limit(level uint8) int { return m.cfg.limits[level] * m.cfg.perSlab }

// fitsIn reports whether one more slab stays within the limit.
func (m *model) fitsIn(s *state, limit int) bool { return m.liveSize(s)+m.cfg.perSlab <= limit }

func (s *state) at(r ref) *memory { return &s.slabs[r-1] }

// acquire is Set.acquire.
func (m *model) acquire(s *state, level uint8) ref {
	if !m.makeRoom(s, level, false) {
		return 0
	}
	sl := s.spare(true)
	if sl == 0 {
		sl = s.spare(false)
	}
	if sl == 0 {
		m.fail("a slab is made beyond the budget")
		return 0
	}
	s.at(sl).free = false
	m.enlist(s, sl)
	return sl
}

// spare returns a slab from Set.free, or one that is to be made. Which of
// several is all the same, since none of them holds anything.
func (s *state) spare(free bool) ref {
	for r := ref(1); r <= maxSlabs; r++ {
		if !s.isLive(r) && !s.deferred.has(r) && s.at(r).free == free {
			return r
		}
	}
	return 0
}

func (s *state) isLive(r ref) bool {
	for _, l := range s.live[:s.nlive] {
		if l == r {
			return true
		}
	}
	return false
}

func (s *state) frees() (n int) {
	for i := range s.slabs {
		if s.slabs[i].free {
			n++
		}
	}
	return n
}

// reserve is Set.reserve. A large record takes as much as a slab here.
func (m *model) reserve(s *state, level uint8) bool {
	if !m.makeRoom(s, level, true) {
		return false
	}
	m.trimFree(s, m.cfg.perSlab)
	if m.bug != reserveNotCounted {
		s.reserved++
	}
	return true
}

// trimFree is Set.trimFree.
func (m *model) trimFree(s *state, size int) {
	for s.frees() > 0 && m.liveSize(s)+s.frees()*m.cfg.perSlab+size > m.budget() {
		s.at(s.spare(true)).free = false
	}
}

// makeRoom is Set.makeRoom; odd is for a slab of another size.
func (m *model) makeRoom(s *state, level uint8, odd bool) bool {
	limit := m.limit(level)
	if !m.fitsIn(s, limit) {
		m.reap(s)
	}
	if m.fitsIn(s, limit) {
		return true
	}
	if m.cfg.evict && m.fitsIn(s, limit+m.evictables(s)*m.cfg.perSlab) {
		for !m.fitsIn(s, limit) {
			m.evictOldest(s)
		}
		return true
	}
	if !odd {
		m.closeGate(s, level)
	}
	return false
}

// closeGate is Set.closeGate.
func (m *model) closeGate(s *state, level uint8) {
	switch {
	case m.cfg.limits[level] == m.cfg.slabs:
		s.full = true
		poke(s)
	case s.gate <= level:
		s.gate = level + 1
		poke(s)
	}
}

// enlist is Set.enlist.
func (m *model) enlist(s *state, sl ref) {
	s.live[s.nlive] = sl
	s.nlive++
	m.raiseGate(s)
}

// raiseGate is Set.raiseGate.
func (m *model) raiseGate(s *state) {
	level := uint8(0)
	for level < maxLevels-1 && m.liveSize(s) > m.limit(level) {
		level++
	}
	if s.gate < level {
		s.gate = level
		poke(s)
	}
}

// seal is Set.seal, and sealLocked.
func (m *model) seal(s *state, sl ref) {
	d := s.at(sl)
	d.sealed = true
	s.backlog += d.committed - d.taken
	if !m.recycleIfDone(s, sl) && int(s.backlog) >= m.cfg.fullSeq {
		poke(s)
	}
}

// reap is Set.reap.
func (m *model) reap(s *state) {
	s.orphaned = false
	for r := ref(1); r <= maxSlabs; r++ {
		if in(s.orphans, r) {
			if m.bug != reapTwice {
				s.orphans &^= 1 << (r - 1)
			}
			m.seal(s, r)
		}
	}
}

// recycleIfDone is Set.recycleIfDone.
func (m *model) recycleIfDone(s *state, sl ref) bool {
	d := s.at(sl)
	n := d.committed
	if m.bug == recycleEarly && n > 0 {
		n--
	}
	if !d.sealed || d.pins > 0 && m.bug != recyclePinned || d.taken < n {
		return false
	}
	m.recycle(s, sl)
	return true
}

func (m *model) recycle(s *state, sl ref) {
	d := s.at(sl)
	s.recycled += d.committed
	for i := range s.flushes { // slab.gen is moved
		if f := &s.flushes[i]; f.target[sl-1] > 0 {
			f.target[sl-1] = stale
		}
	}
	for i, l := range s.live[:s.nlive] {
		if l == sl {
			copy(s.live[i:], s.live[i+1:])
			s.nlive--
			s.live[s.nlive] = 0
			break
		}
	}
	n := d.committed
	*d = memory{free: !d.odd, pins: d.pins} // the bytes stay, but are nobody's
	if m.bug == committedNotReset {
		d.committed = n
	}
	m.openGate(s)
}

// openGate is Set.openGate.
func (m *model) openGate(s *state) {
	s.full = false
	if (s.gate < closedGate || m.bug == gateReopened) && m.bug != gateStaysShut {
		level := uint8(0)
		for level < maxLevels-1 && !m.fitsIn(s, m.limit(level)) && m.cfg.limits[level] < m.cfg.slabs {
			level++
		}
		s.gate = level
	}
	if m.bug != roomNotTold {
		s.room = true
	}
}

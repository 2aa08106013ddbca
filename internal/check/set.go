package check

// The functions of this file stand for those of the same name in
// internal/slab/set.go. All are called under Set.mu.

// liveSize is Set.liveSize. A slab takes as much as the records that it has room
// for.
func (m *model) liveSize(s *state) int {
	n := s.reserved
	if m.bug != deferUncounted {
		n += s.deferred.nslabs
	}
	size := int(n) * m.cfg.perSlab
	for _, sl := range s.live[:s.nlive] {
		size += m.size(s.at(sl))
	}
	return size
}

// size is the size of a slab.
func (m *model) size(d *memory) int {
	if d.cut > 0 {
		return int(d.cut)
	}
	return m.cfg.perSlab
}

// budget is Config.MaxBytes, limit one of Config.Limits, and top Set.top.
func (m *model) budget() int           { return m.cfg.slabs*m.cfg.perSlab + m.cfg.extra }
func (m *model) limit(level uint8) int { return m.cfg.limits[level]*m.cfg.perSlab + m.cfg.extra }
func (m *model) top() int              { return m.limit(maxLevels - 1) }

// fitsIn reports whether one more slab stays within the limit.
func (m *model) fitsIn(s *state, limit int) bool { return m.liveSize(s)+m.cfg.perSlab <= limit }

func (s *state) at(r ref) *memory { return &s.slabs[r-1] }

// acquire is Set.acquire, but for the look at how many slabs are held, and acquireLocked.
func (m *model) acquire(s *state, level uint8) ref {
	if sl := m.reopen(s); sl != 0 {
		return sl
	}
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
	if m.fitsIn(s, m.limit(level)) || m.evict(s, level) {
		return true
	}
	if !odd && m.roomies(s) == 0 {
		m.closeGate(s, level)
	}
	return false
}

// closeGate is Set.closeGate.
func (m *model) closeGate(s *state, level uint8) {
	switch {
	case m.limit(level) == m.top():
		if s.full <= level {
			s.full = level + 1
			if m.bug == fullForAll {
				s.full = maxLevels
			}
			poke(s)
		}
	case s.gate <= level:
		s.gate = level + 1
		poke(s)
	}
}

// enlist is Set.enlist.
func (m *model) enlist(s *state, sl ref) {
	s.live[s.nlive] = sl
	s.nlive++
	m.moveGate(s)
}

// moveGate is Set.moveGate.
func (m *model) moveGate(s *state) {
	passed, short := uint8(0), uint8(0)
	finds := func(level uint8) bool { return m.cfg.lesser && m.finds(s, level) }
	for passed < maxLevels-1 && m.liveSize(s) > m.limit(passed) && !finds(passed) {
		passed++
	}
	for short < maxLevels-1 && !m.fitsIn(s, m.limit(short)) && m.limit(short) < m.top() && !finds(short) {
		short++
	}
	switch {
	case s.gate == closedGate && m.bug != gateReopened:
	case s.gate < passed:
		s.gate = passed
		poke(s)
	case s.gate > short && m.bug != gateStaysShut:
		s.gate = short
	}
}

// seal is Set.seal, and sealLocked.
func (m *model) seal(s *state, sl ref) {
	d := s.at(sl)
	d.sealed = true
	s.backlog += d.committed - d.taken
	if m.recycleIfDone(s, sl) {
		return
	}
	if int(s.backlog) >= m.cfg.fullSeq {
		poke(s)
	}
	if m.isRoomy(d) {
		if m.bug != roomyNotTold {
			m.openGate(s)
		}
		return
	}
	m.mayEvict(s)
}

// isRoomy reports whether the slab is in Set.roomy.
func (m *model) isRoomy(d *memory) bool {
	return d.sealed && !d.odd && d.cut == 0 && int(d.committed) < m.cfg.perSlab
}

func (m *model) roomies(s *state) (n int) {
	for _, sl := range s.live[:s.nlive] {
		if m.isRoomy(s.at(sl)) {
			n++
		}
	}
	return n
}

// reopen is Set.reopen, which may take any of those with room here.
func (m *model) reopen(s *state) ref {
	n := m.roomies(s)
	if n == 0 {
		return 0
	}
	i := m.choose(n)
	for _, sl := range s.live[:s.nlive] {
		d := s.at(sl)
		if !m.isRoomy(d) {
			continue
		}
		if i--; i >= 0 {
			continue
		}
		if m.bug != reopenedStaysSealed {
			d.sealed = false
		}
		if m.bug != reopenKeepsBacklog {
			s.backlog -= d.committed - d.taken
		}
		return sl
	}
	return 0
}

// open is Set.open.
func (s *state) open() (n int) {
	for _, sl := range s.live[:s.nlive] {
		if !s.at(sl).sealed {
			n++
		}
	}
	return n
}

// crowded is Set.crowded, but for the reaping in it.
func (m *model) crowded(s *state) bool { return s.open() > m.cfg.maxOpen }

// stow is Set.stow.
func (m *model) stow(s *state, who int) bool {
	m.reap(s)
	sl := m.acquire(s, m.level(who))
	if sl == 0 {
		return false
	}
	p, d := &s.producers[who], s.at(sl)
	i := d.committed
	if i > 0 && m.bug != stowKeyNotRaised {
		p.key = max(p.key, d.index[i-1].key)
	}
	d.body[i], d.index[i] = m.rec(s, who), entry{rec: m.rec(s, who), key: p.key}
	d.committed++
	m.commits(s, who)
	if int(d.committed)%m.cfg.batch == 0 {
		poke(s)
	}
	if m.bug == stowUnsealed {
		return true
	}
	m.seal(s, sl)
	return true
}

// orphan is Set.orphan: a swap that fails is made again.
func (s *state) orphan(sl ref) { s.orphans |= 1 << (sl - 1) }

// reap is Set.reap.
func (m *model) reap(s *state) {
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
	m.openGate(s)
	return true
}

// recycle is Set.recycle.
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
	*d = memory{free: !d.odd && d.cut == 0, pins: d.pins} // the bytes stay, but are nobody's
	if m.bug == committedNotReset {
		d.committed = n
	}
}

// openGate is Set.openGate.
func (m *model) openGate(s *state) {
	s.full = 0
	m.moveGate(s)
	if m.bug != roomNotTold {
		s.room = true
	}
}

package check

// The functions of this file stand for those of internal/slab/evict.go. All
// are called under Set.mu.

// evict is Set.evict, for a slab.
func (m *model) evict(s *state, level uint8) bool {
	if !m.cfg.evict && !m.cfg.lesser {
		return false
	}
	if !m.finds(s, level) && m.bug != evictInVain {
		return false
	}
	for goal := m.limit(level) - m.cfg.perSlab; m.liveSize(s) > goal; {
		switch {
		case m.wrong != "":
			return false
		case m.gain(s, level) == 0:
			m.fail("records are evicted for one that finds no room all the same")
		case m.cfg.evict:
			m.gather(s, m.oldest(s), maxLevels, maxLevels)
		default:
			m.evictLesser(s, m.liveSize(s)-goal, level)
		}
	}
	m.openGate(s)
	m.checkFlushes(s)
	return true
}

// evictable reports whether evictables visits the slab.
func (m *model) evictable(s *state, sl ref) bool {
	d := s.at(sl)
	return (d.sealed || m.bug == evictUnsealed) && (d.pins == 0 || m.bug == evictPinned)
}

// evictables returns those that evictables visits.
func (m *model) evictables(s *state) (list []ref) {
	for _, sl := range s.live[:s.nlive] {
		if m.evictable(s, sl) {
			list = append(list, sl)
		}
	}
	return list
}

func (m *model) levelOf(rec uint8) uint8 {
	p, _ := m.producerOf(rec)
	return m.cfg.levels[p]
}

// keeps is slab.size: how many records stay of a slab.
func (m *model) keeps(d *memory, level uint8) (n int) {
	for i := d.taken; i < d.committed; i++ {
		if m.levelOf(d.index[i].rec) >= level {
			n++
		}
	}
	return n
}

// has reports whether slab.levels has the level, or, if less, one that is less important.
func (m *model) has(d *memory, level uint8, less bool) bool {
	for i := d.taken; i < d.committed; i++ {
		if l := m.levelOf(d.index[i].rec); l == level && !less || l < level && less {
			return true
		}
	}
	return false
}

// finds is Set.finds, for a slab.
func (m *model) finds(s *state, level uint8) bool {
	return m.gain(s, level) >= m.liveSize(s)+m.cfg.perSlab-m.limit(level)
}

// gain is Set.gain, without the end where it is enough.
func (m *model) gain(s *state, level uint8) (n int) {
	for _, sl := range m.evictables(s) {
		switch d := s.at(sl); {
		case m.cfg.evict:
			n += m.size(d)
		case m.has(d, level, true):
			n += m.size(d) - m.keeps(d, level)
		}
	}
	return n
}

// leastEvictable is Set.leastEvictable.
func (m *model) leastEvictable(s *state) (level uint8) {
	for list := m.evictables(s); level < maxLevels; level++ {
		for _, sl := range list {
			if m.has(s.at(sl), level, false) {
				return level
			}
		}
	}
	return level
}

// mayEvict is Set.mayEvict.
func (m *model) mayEvict(s *state) {
	if m.cfg.lesser && (s.full > 0 || s.gate > 0) && m.bug != mayEvictForgotten {
		m.openGate(s)
	}
}

// oldest is what evictOldest gathers.
func (m *model) oldest(s *state) []ref { return m.evictables(s)[:1] }

// evictLesser is Set.evictLesser. A record of the given level is to find room.
func (m *model) evictLesser(s *state, want int, level uint8) {
	above := m.leastEvictable(s) + 1
	if m.bug == evictMore {
		above = level + 1
	}
	var run []ref
	before := ref(0)
	gain, size := 0, 0
	for _, sl := range m.evictables(s) {
		d := s.at(sl)
		victim, small := m.has(d, above, true), d.cut > 0
		keeps := m.keeps(d, above)
		if run == nil && !victim {
			if before = 0; small {
				before = sl
			}
			continue
		}
		if run != nil && (gain >= want || !victim && !small || size+keeps > m.cfg.perSlab) {
			break
		}
		if run == nil && before != 0 && m.keeps(s.at(before), above)+keeps <= m.cfg.perSlab {
			run, size = append(run, before), m.keeps(s.at(before), above)
		}
		run = append(run, sl)
		size += keeps
		gain += m.size(d) - keeps
	}
	m.gather(s, run, above, level)
}

// gather is Set.gather. The records that it drops must be in no batch, which the
// code cannot see, and less important than the one that is to find room.
func (m *model) gather(s *state, run []ref, level, most uint8) {
	var list []entry
	for _, sl := range run {
		d := s.at(sl)
		for i := d.taken; i < d.committed; i++ {
			if m.levelOf(d.index[i].rec) < level {
				if m.levelOf(d.index[i].rec) >= most {
					m.fail("record %d is evicted for one that is no more important", d.index[i].rec)
				}
				m.become(s, d.index[i].rec, queued, dropped)
				s.lost++
			} else {
				m.mayRead(s, sl, i)
				list = append(list, d.index[i])
			}
		}
		if m.bug != evictForgetsFlush {
			m.flushEvicted(s, sl, level)
		}
	}
	if m.bug == copyLate && len(list) > 0 {
		m.letGo(s, run)
		m.midway(s)
		return
	}
	if len(list) > 0 && m.bug != keptLost {
		m.copied(s, list, run[0])
	}
	m.within(s)
	m.midway(s)
	m.letGo(s, run)
}

// letGo makes the slabs free from which an eviction has taken what it keeps.
func (m *model) letGo(s *state, run []ref) {
	for _, sl := range run {
		d := s.at(sl)
		if d.sealed {
			s.backlog -= d.committed - d.taken
		}
		d.taken = d.committed
		m.recycle(s, sl)
	}
}

// copied makes a slab of these records, with their keys in order, in the place of another.
func (m *model) copied(s *state, list []entry, first ref) {
	for i := 1; i < len(list); i++ {
		for j := i; j > 0 && list[j].key < list[j-1].key; j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
	m.trimFree(s, len(list))
	to := s.spare(false)
	if to == 0 {
		m.fail("a slab is made beyond what the model has room for")
		return
	}
	d := s.at(to)
	*d = memory{sealed: true, cut: uint8(len(list)), committed: uint8(len(list))}
	for i, e := range list {
		d.body[i], d.index[i] = e.rec, e
	}
	if m.bug == copyUncommitted {
		d.committed = 0
	}
	at := uint8(0)
	for s.live[at] != first {
		at++
	}
	copy(s.live[at+1:], s.live[at:])
	s.live[at] = to
	s.nlive++
	s.backlog += d.committed
	if m.bug != copyCountedTwice {
		s.recycled -= d.committed
	}
	if m.bug != movedForgetsFlush {
		s.flushMoved(to)
	}
}

// midway is what a kill in the middle of an eviction would leave: each record that is
// pending whole, and once at least.
func (m *model) midway(s *state) {
	var found uint16
	for r := ref(1); r <= maxSlabs; r++ {
		d := s.at(r)
		for i := range min(d.committed, maxPerSlab) {
			if rec := d.body[i]; rec == d.index[i].rec {
				found |= bit(rec)
			}
		}
	}
	for rec, fate := range s.records {
		if pending(fate) && found&bit(uint8(rec)) == 0 {
			m.fail("killed in an eviction: record %d, %s, is not found", rec, fates[fate])
		}
	}
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

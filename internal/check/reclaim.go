package check

// The steps of Set.Reclaim.

const (
	rTake uint8 = iota
	rCount
	rSeal
)

var reclaimSteps = []step{
	rTake:  {"Reclaim: pool.Get, or swap a slot", (*model).rTake},
	rCount: {"Reclaim: owned.Add(-1)", (*model).rCount},
	rSeal:  {"Reclaim: seal under mu", (*model).rSeal},
}

// rTake takes the slab of any Token in the pool, all of which own theirs, or what
// is in a slot. The Token without a slab need not be put back.
func (m *model) rTake(s *state, _ int) bool {
	r := &s.reclaimer
	if int(s.reclaims) == m.cfg.reclaim {
		return false
	}
	s.reclaims++
	if i := m.choose(maxPool + m.cfg.slots); i < maxPool {
		if s.pool[i].slab == 0 {
			return false
		}
		r.hand, r.pc = s.pool[i].slab, rCount
		if m.bug != reclaimTaken {
			copy(s.pool[i:], s.pool[i+1:])
			s.pool[maxPool-1] = token{}
		}
	} else {
		slot := &s.slots[i-maxPool]
		if *slot == 0 {
			return false
		}
		r.hand, r.pc = *slot, rSeal
		*slot = 0
	}
	return true
}

func (m *model) rCount(s *state, _ int) bool {
	s.owned--
	s.reclaimer.pc = rSeal
	return true
}

func (m *model) rSeal(s *state, _ int) bool {
	sl := s.reclaimer.hand
	if m.bug == reclaimPending {
		d := s.at(sl)
		d.taken = d.committed
	}
	m.seal(s, sl)
	s.reclaimer = reclaimer{}
	return true
}

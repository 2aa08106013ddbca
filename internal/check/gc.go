package check

// The steps of the garbage collector, which takes Tokens out of the pool, and
// of the runtime's goroutines, which run ownership.orphan for them.

var gcSteps = []step{
	{"the pool lets a Token go", (*model).gcDrop},
}

func (m *model) gcDrop(s *state, _ int) bool {
	n := 0
	for n < maxPool && s.pool[n].slab != 0 {
		n++
	}
	if n == 0 || int(s.drops) == m.cfg.drops {
		return false
	}
	s.drops++
	i := m.choose(n)
	s.bury(s.pool[i])
	if m.bug == orphanAlive {
		return true
	}
	copy(s.pool[i:], s.pool[i+1:])
	s.pool[maxPool-1] = token{}
	return true
}

const (
	gNone uint8 = iota
	gCount
	gOrphan
)

// bury lets the cleanup of the Token run, at any later time.
func (s *state) bury(t token) {
	for i := range s.dying {
		if d := &s.dying[i]; d.pc == gNone {
			*d = dying{gCount, t}
			if t.lent {
				d.pc = gOrphan
			}
			return
		}
	}
}

var cleanupSteps = []step{
	gNone:   {"none", func(*model, *state, int) bool { return false }},
	gCount:  {"orphan: owned.Add(-1)", (*model).gCount},
	gOrphan: {"orphan: CAS orphans", (*model).gOrphan},
}

func (m *model) gCount(s *state, who int) bool {
	if m.bug != orphanKeepsCount {
		s.owned--
	}
	s.dying[who].pc = gOrphan
	return true
}

func (m *model) gOrphan(s *state, who int) bool {
	s.orphan(s.dying[who].tok.slab)
	s.dying[who] = dying{}
	return true
}

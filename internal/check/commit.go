package check

// The steps of a producer that has room: Token.Commit, Token.Discard and what
// Buffer does around them.

// Where giveBack, and lend in startEpoch, go on.
const (
	afterCommit uint8 = iota
	afterEpoch
	afterPart
)

// large reports whether the record at hand is larger than a slab.
func (m *model) large(s *state, who int) bool {
	return m.cfg.large&bit(uint8(who)) != 0 && s.producers[who].next == 0
}

// pBytes is the encoding of the record in place, or the copy in move.
func (m *model) pBytes(s *state, who int) bool {
	p := &s.producers[who]
	if p.got && !p.moved { // Begin has returned
		m.pass(s, p)
	}
	switch {
	case m.large(s, who):
		p.pc, p.moved = pReserve, true
		return true
	case !p.moved && m.maybe(m.cfg.move, "the record outgrows its room"):
		m.raise(s, p)
		p.moved = true
		p.pc = pFull
		return true
	case (m.bug == commitBeforeBytes || m.bug == putBeforeCommit) && !p.ok:
		p.at, p.pc = p.tok.n, pCommit
		if m.bug == putBeforeCommit && !p.tok.lent {
			s.putToken(p.tok)
		}
		if m.bug == commitBeforeBytes {
			return true
		}
	}
	if !p.ok {
		p.at = p.tok.n
		m.raise(s, p)
	}
	m.mayWrite(s, who)
	s.at(p.tok.slab).body[p.at] = m.rec(s, who)
	p.pc = pEntry
	if m.bug == commitBeforeEntry {
		p.pc = pCommit
	}
	return true
}

// raise is the end of Token.key: no key is before the last in the slab.
func (m *model) raise(s *state, p *producer) {
	if p.tok.slab != 0 && p.tok.n > 0 && m.bug != keyNotRaised {
		p.key = max(p.key, s.at(p.tok.slab).index[p.tok.n-1].key)
	}
}

// mayWrite fails if the producer must not write where it is about to.
func (m *model) mayWrite(s *state, who int) {
	p := &s.producers[who]
	d := s.at(p.tok.slab)
	switch {
	case d.free || d.sealed:
		m.fail("producer %d writes to a slab that it does not own", who)
	case p.at < d.committed && !p.ok:
		m.fail("producer %d writes to a committed record", who)
	case int(p.at) >= m.cfg.perSlab:
		m.fail("producer %d writes beyond the end of a slab", who)
	}
}

func (m *model) pEntry(s *state, who int) bool {
	p := &s.producers[who]
	if !p.ok && int(s.drops) < m.cfg.drops && m.maybe(m.cfg.abandon, "the goroutine ends instead") {
		s.drops++
		s.bury(p.tok)
		s.records[m.rec(s, who)] = forgotten
		p.tok = token{}
		m.end(p)
		return true
	}
	m.mayWrite(s, who)
	s.at(p.tok.slab).index[p.at] = entry{rec: m.rec(s, who), key: p.key}
	switch {
	case p.ok:
		p.pc = pArmedLoad
	case m.bug == armedBeforeCommit:
		p.pc = pArmedEarly
	default:
		p.pc = pCommit
	}
	return true
}

func (m *model) pArmedEarly(s *state, who int) bool {
	s.producers[who].armed = s.armed
	s.producers[who].pc = pCommit
	return true
}

func (m *model) pCommit(s *state, who int) bool {
	p := &s.producers[who]
	d := s.at(p.tok.slab)
	m.mayWrite(s, who)
	if d.committed != p.at {
		m.fail("producer %d stores committed, which is %d and not %d", who, d.committed, p.at)
	}
	p.tok.n++
	d.committed = p.tok.n
	m.commits(s, who)
	switch m.bug {
	case commitBeforeBytes:
		p.pc = pBytes
	case commitBeforeEntry:
		p.pc = pEntry
	default:
		p.pc = pArmedLoad
	}
	return true
}

// commits says that the record counts from now on.
func (m *model) commits(s *state, who int) {
	rec := m.rec(s, who)
	s.producers[who].ok = true
	m.become(s, rec, unborn, queued)
	if c := &s.collector; s.drained || c.pc == cDrained || c.pc == cDrainNext && c.pending == 0 {
		s.late |= bit(rec)
	}
}

// pArmedLoad asks whether the collector is to be woken, because it is idle or a
// batch may be full.
func (m *model) pArmedLoad(s *state, who int) bool {
	p := &s.producers[who]
	armed := s.armed
	if m.bug == armedBeforeCommit {
		armed = p.armed
	}
	if !armed || m.fullBatch(s, who) {
		p.pc = pArmedCAS
		return true
	}
	m.discard(p)
	return true
}

// fullBatch reports whether the slab holds a whole number of batches.
func (m *model) fullBatch(s *state, who int) bool {
	return !m.large(s, who) && int(s.producers[who].tok.n)%m.cfg.batch == 0
}

func (m *model) pArmedCAS(s *state, who int) bool {
	p := &s.producers[who]
	if s.armed && !m.fullBatch(s, who) {
		m.discard(p)
		return true
	}
	s.armed = true
	p.pc = pArmedWake
	return true
}

func (m *model) pArmedWake(s *state, who int) bool {
	poke(s)
	m.discard(&s.producers[who])
	return true
}

// discard is Token.Discard.
func (m *model) discard(p *producer) {
	p.ret = afterCommit
	if !p.tok.lent {
		p.pc = pPut
		return
	}
	p.hand = p.tok.slab
	if m.bug != lendAndKeep {
		p.tok = token{}
	}
	p.pc = pLend
}

func (m *model) pLend(s *state, who int) bool {
	p := &s.producers[who]
	if s.slots[p.slot] == 0 {
		s.slots[p.slot] = p.hand
		m.parted(s, who)
		return true
	}
	if p.slot++; int(p.slot) < m.cfg.slots {
		return true
	}
	p.pc = pKeepAdd
	if p.ret != afterCommit {
		p.pc = pSealBack
	}
	return true
}

// parted goes on after the slab in hand has found its place.
func (m *model) parted(s *state, who int) {
	p := &s.producers[who]
	p.hand, p.slot = 0, 0
	switch p.ret {
	case afterEpoch:
		m.prepare(s, who, true)
	case afterPart:
		m.makeDo(s, who)
	default:
		p.pc = pPut
	}
}

func (m *model) pKeepAdd(s *state, who int) bool {
	p := &s.producers[who]
	s.owned++
	if int(s.owned) <= m.cfg.maxOwned {
		p.tok = token{p.hand, s.at(p.hand).committed, false}
		m.parted(s, who)
		return true
	}
	p.pc = pKeepSub
	return true
}

func (m *model) pKeepSub(s *state, who int) bool {
	if m.bug != mayOwnLeaks {
		s.owned--
	}
	s.producers[who].pc = pSealBack
	return true
}

func (m *model) pSealBack(s *state, who int) bool {
	s.orphan(s.producers[who].hand)
	m.parted(s, who)
	return true
}

// putToken is pool.Put. A Token without a slab need not be kept.
func (s *state) putToken(t token) {
	if t.slab == 0 {
		return
	}
	for i := range s.pool {
		if s.pool[i].slab == 0 {
			s.pool[i] = t
			return
		}
	}
}

func (m *model) pPut(s *state, who int) bool {
	p := &s.producers[who]
	if m.bug != putBeforeCommit || p.tok.lent {
		s.putToken(p.tok)
	}
	p.tok = token{}
	if !p.ok {
		m.refuse(s, who)
		return true
	}
	m.ended(p)
	return true
}

// ended passes the signal of room on before the end, if the producer has it.
func (m *model) ended(p *producer) {
	if p.got {
		p.pc = pPass
		return
	}
	m.end(p)
}

func (m *model) pPass(s *state, who int) bool {
	m.pass(s, &s.producers[who])
	m.end(&s.producers[who])
	return true
}

// pass is Set.Pass.
func (m *model) pass(s *state, p *producer) {
	p.got, s.room = false, true
}

// end is the return of the append.
func (m *model) end(p *producer) { *p = producer{next: p.next + 1} }

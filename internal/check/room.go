package check

// The steps of a producer that gets no room: the ends of Token.prepare and
// Token.move, Buffer.beginSlow, Buffer.commitSlow and Buffer.wait; and those of
// a record that is larger than a slab.

// noRoom is what follows if rotate fails, or reserve: makeDo, and then Full.
func (m *model) noRoom(s *state, who int) {
	p := &s.producers[who]
	p.hot = false
	switch {
	case m.bug == blockedKeepsSlab && p.tok.lent, m.large(s, who) && !p.tok.lent:
		m.full(p)
	case p.tok.slab == 0:
		m.makeDo(s, who)
	default:
		lent := p.tok.lent
		p.hand, p.tok, p.ret = p.tok.slab, token{}, afterPart
		if p.pc = pPartOwned; lent {
			m.leave(s, p)
		}
	}
}

// makeDo is Token.makeDo after part. A record that has a slab of its own needs
// none of others.
func (m *model) makeDo(s *state, who int) {
	p := &s.producers[who]
	if p.pc = pAgainLoad; m.large(s, who) {
		m.full(p)
	}
}

// full returns Full from Begin or from Commit.
func (m *model) full(p *producer) {
	p.slot = 0
	switch {
	case p.moved:
		m.isFull(p)
	case p.crowd:
		m.alone(p)
	case m.cfg.crowd:
		p.tried, p.pc = true, pCrowded
	default:
		p.pc = pPutRefused
	}
}

func (m *model) pAgainLoad(s *state, who int) bool {
	p := &s.producers[who]
	if s.slots[p.slot] != 0 {
		p.pc = pAgainSwap
		return true
	}
	m.nextAgain(p)
	return true
}

func (m *model) nextAgain(p *producer) {
	p.pc = pAgainLoad
	if p.slot++; int(p.slot) == m.cfg.slots {
		m.full(p)
	}
}

// pAgainSwap takes what is in the slot, and keeps it if there is room in it. What
// has none is sealed. Records have one size here, so that nothing is put back.
func (m *model) pAgainSwap(s *state, who int) bool {
	p := &s.producers[who]
	sl := s.slots[p.slot]
	s.slots[p.slot] = 0
	switch {
	case sl == 0:
		m.nextAgain(p)
	case int(s.at(sl).committed) == m.cfg.perSlab:
		p.hand, p.pc = sl, pAgainSeal
	default:
		p.slot = 0
		p.tok = token{sl, s.at(sl).committed, true}
		p.pc = pBytes
	}
	return true
}

func (m *model) pAgainSeal(s *state, who int) bool {
	p := &s.producers[who]
	s.orphan(p.hand)
	p.hand = 0
	m.nextAgain(p)
	return true
}

func (m *model) pPutRefused(s *state, who int) bool {
	p := &s.producers[who]
	if m.bug == blockedKeepsSlab && p.tok.lent {
		m.isFull(p)
		return true
	}
	s.putToken(p.tok)
	p.tok = token{}
	m.isFull(p)
	if p.pc == pPut {
		m.refuse(s, who)
	}
	return true
}

// isFull goes on after Begin or Commit has returned Full: it waits, if that is the
// policy.
func (m *model) isFull(p *producer) {
	p.got = false
	if !m.cfg.block {
		p.pc = pPut
		return
	}
	p.pc = pPoke
}

// retry is where the try of Buffer.wait begins: Begin or Commit.
func (m *model) retry(s *state, who int) uint8 {
	switch p := &s.producers[who]; {
	case p.moved && m.large(s, who):
		return pReserve
	case p.moved && p.tok.slab == 0:
		return pStow
	case p.moved:
		return pFull
	default:
		return pGate
	}
}

func (m *model) pPoke(s *state, who int) bool {
	poke(s)
	s.producers[who].pc = pWait
	return true
}

// pWait is the select of Buffer.wait. Its timer never runs here, so that a
// wake-up that is lost is not made good; its ticker does only where there is no
// wake-up.
func (m *model) pWait(s *state, who int) bool {
	p := &s.producers[who]
	switch {
	case s.room:
		s.room, p.got = false, true
		p.pc = m.retry(s, who)
	case s.orphans != 0:
		p.pc = m.retry(s, who)
	case s.stopped:
		p.pc = pPut
		if !p.moved {
			m.refuse(s, who)
		}
	default:
		return false
	}
	return true
}

// refuse ends an append without a record.
func (m *model) refuse(s *state, who int) {
	m.become(s, m.rec(s, who), unborn, refused)
	m.ended(&s.producers[who])
}

func (m *model) pReserve(s *state, who int) bool {
	p := &s.producers[who]
	m.raise(s, p)
	p.pc = pReserveWake
	if m.reserve(s, m.level(who)) {
		p.pc = pEnlist
	}
	return true
}

func (m *model) pReserveWake(s *state, who int) bool {
	poke(s)
	m.noRoom(s, who)
	return true
}

// pEnlist is the end of acquireFor. The slab was filled without the lock, but
// by one who alone could reach it, so that this is one step.
func (m *model) pEnlist(s *state, who int) bool {
	p := &s.producers[who]
	sl := s.spare(false)
	if sl == 0 {
		m.fail("a slab is made beyond the budget")
		return true
	}
	d := s.at(sl)
	*d = memory{committed: 1, odd: true}
	d.body[0] = m.rec(s, who)
	d.index[0] = entry{rec: m.rec(s, who), key: p.key}
	if m.bug != reserveNotCounted {
		s.reserved--
	}
	m.commits(s, who)
	m.enlist(s, sl)
	m.seal(s, sl)
	p.pc = pArmedLoad
	return true
}

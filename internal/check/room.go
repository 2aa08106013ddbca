package check

// The steps of a producer that gets no room: the ends of Token.prepare and
// Token.move, Buffer.beginSlow, Buffer.commitSlow and Buffer.wait; and those of
// a record that is larger than a slab.

// noRoom is what follows if rotate fails: giveBack, and then Full.
func (m *model) noRoom(s *state, who int) {
	p := &s.producers[who]
	p.hot = false
	if p.moved {
		m.discard(p, afterMove)
		return
	}
	m.discard(p, afterPrepare)
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

// isFull goes on after Begin or Commit has returned Full: the first time it
// starts to wait, later it goes on waiting, and without waiting it gives up.
func (m *model) isFull(p *producer) {
	switch {
	case !m.cfg.block:
		p.pc = pPut
	case !p.waiting:
		p.waiting = true
		p.pc = pRoom
		if m.bug == roomAfterTry {
			p.pc = retry(p)
		}
	case m.bug == roomAfterTry:
		p.pc = pRoom
	default:
		p.pc = pPoke
	}
}

// retry is where the try of Buffer.wait begins: Begin or Commit.
func retry(p *producer) uint8 {
	if p.moved {
		return pOrphaned
	}
	return pGate
}

func (m *model) pRoom(s *state, who int) bool {
	p := &s.producers[who]
	p.room = roomOpen
	p.pc = retry(p)
	if p.moved && m.large(s, who) {
		p.pc = pReserve
	}
	if m.bug == roomAfterTry {
		p.pc = pPoke
	}
	return true
}

func (m *model) pPoke(s *state, who int) bool {
	poke(s)
	s.producers[who].pc = pWait
	return true
}

// pWait is the select of Buffer.wait. Its timer never runs here, so that a
// wake-up that is lost is not made good.
func (m *model) pWait(s *state, who int) bool {
	p := &s.producers[who]
	switch {
	case p.room == roomClosed:
		p.room = roomNone
		p.pc = pRoom
		if m.bug == roomAfterTry {
			p.pc = retry(p)
		}
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
	m.end(&s.producers[who])
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
	d.index[0] = entry{m.rec(s, who), p.key}
	if m.bug != reserveNotCounted {
		s.reserved--
	}
	m.commits(s, who)
	m.enlist(s, sl)
	m.seal(s, sl)
	p.pc = pArmedLoad
	return true
}

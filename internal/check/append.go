package check

// The steps of a producer up to the point where it has room: Buffer.Begin,
// Set.Begin and internal/slab/hold.go.

// Where a producer is. The names of the steps say what each stands for.
const (
	pTime uint8 = iota
	pGate
	pGateOrphaned
	pGateReap
	pGateAgain
	pGet
	pSlotLoad
	pSlotSwap
	pTakeAdd
	pTakeSub
	pCrowded
	pCrowdedReap
	pCrowdedAgain
	pFull
	pOrphaned
	pStow
	pAcquire
	pSealOld
	pOwnAdd
	pOwnSub
	pBytes
	pEntry
	pCommit
	pLend
	pKeepAdd
	pKeepSub
	pSealBack
	pPutRefused
	pPut
	pArmedLoad
	pArmedCAS
	pArmedWake
	pPartOwned
	pAgainLoad
	pAgainSwap
	pAgainSeal
	pPass
	pPoke
	pWait
	pReserve
	pReserveWake
	pEnlist
	pArmedEarly
)

var producerSteps = []step{
	pTime:         {"the logger reads the clock", (*model).pTime},
	pGate:         {"Begin: load gate", (*model).pGate},
	pGateOrphaned: {"refusal, reapOrphans: load orphans", (*model).pGateOrphaned},
	pGateReap:     {"refusal, reap under mu", (*model).pGateReap},
	pGateAgain:    {"refusal: load gate", (*model).pGateAgain},
	pGet:          {"Begin: pool.Get", (*model).pGet},
	pSlotLoad:     {"borrow: load a slot", (*model).pSlotLoad},
	pSlotSwap:     {"borrow: swap a slot", (*model).pSlotSwap},
	pTakeAdd:      {"prepare, mayOwn: owned.Add(1)", (*model).pTakeAdd},
	pTakeSub:      {"prepare, mayOwn: owned.Add(-1)", (*model).pTakeSub},
	pCrowded:      {"crowded: load open", (*model).pCrowded},
	pCrowdedReap:  {"crowded, reap under mu", (*model).pCrowdedReap},
	pCrowdedAgain: {"crowded: load open again", (*model).pCrowdedAgain},
	pFull:         {"rotate: load full", (*model).pFull},
	pOrphaned:     {"rotate: load orphans", (*model).pOrphaned},
	pStow:         {"stow under mu", (*model).pStow},
	pAcquire:      {"rotate: acquire under mu", (*model).pAcquire},
	pSealOld:      {"rotate: seal under mu", (*model).pSealOld},
	pOwnAdd:       {"rotate, mayOwn: owned.Add(1)", (*model).pOwnAdd},
	pOwnSub:       {"rotate, mayOwn: owned.Add(-1)", (*model).pOwnSub},
	pBytes:        {"write the bytes", (*model).pBytes},
	pEntry:        {"Commit: write the index entry", (*model).pEntry},
	pCommit:       {"Commit: store committed", (*model).pCommit},
	pLend:         {"lend: CAS a slot", (*model).pLend},
	pKeepAdd:      {"giveBack, mayOwn: owned.Add(1)", (*model).pKeepAdd},
	pKeepSub:      {"giveBack, mayOwn: owned.Add(-1)", (*model).pKeepSub},
	pSealBack:     {"giveBack or leave, orphan: CAS orphans", (*model).pSealBack},
	pPutRefused:   {"Begin: pool.Put, Full", (*model).pPutRefused},
	pPut:          {"Discard: pool.Put", (*model).pPut},
	pArmedLoad:    {"Commit: load armed", (*model).pArmedLoad},
	pArmedCAS:     {"rouse: CAS armed", (*model).pArmedCAS},
	pArmedWake:    {"wake: Wake", (*model).pArmedWake},
	pPartOwned:    {"part: owned.Add(-1)", (*model).pPartOwned},
	pAgainLoad:    {"borrowRoom: load a slot", (*model).pAgainLoad},
	pAgainSwap:    {"borrowRoom: swap a slot", (*model).pAgainSwap},
	pAgainSeal:    {"borrowRoom, leave, orphan: CAS orphans", (*model).pAgainSeal},
	pPass:         {"wait: Pass", (*model).pPass},
	pPoke:         {"wait: poke", (*model).pPoke},
	pWait:         {"wait: blocked", (*model).pWait},
	pReserve:      {"acquireFor: reserve under mu", (*model).pReserve},
	pReserveWake:  {"move: Wake for want of room", (*model).pReserveWake},
	pEnlist:       {"acquireFor: enlist and seal under mu", (*model).pEnlist},
	pArmedEarly:   {"seeded: load armed before the commit", (*model).pArmedEarly},
}

// pTime begins an append.
func (m *model) pTime(s *state, who int) bool {
	p := &s.producers[who]
	if int(p.next) == m.cfg.each[who] {
		return false
	}
	p.key = m.now(s)
	p.pc = pGate
	return true
}

func (m *model) pGate(s *state, who int) bool {
	p := &s.producers[who]
	p.pc = pGet
	if m.level(who) < s.gate {
		p.pc = pGateOrphaned
	}
	return true
}

func (m *model) level(who int) uint8 { return m.cfg.levels[who] }

func (m *model) pGateOrphaned(s *state, who int) bool {
	p := &s.producers[who]
	p.pc = pGateAgain
	if s.orphans != 0 {
		p.pc = pGateReap
	}
	return true
}

func (m *model) pGateReap(s *state, who int) bool {
	m.reap(s)
	s.producers[who].pc = pGateAgain
	return true
}

func (m *model) pGateAgain(s *state, who int) bool {
	p := &s.producers[who]
	if m.level(who) >= s.gate {
		p.pc = pGet
		return true
	}
	m.refuse(s, who) // Shed or Closed: nobody waits for those
	return true
}

// pGet takes any Token that is in the pool, or a new one.
func (m *model) pGet(s *state, who int) bool {
	p := &s.producers[who]
	n := 0
	for n < maxPool && s.pool[n].slab != 0 {
		n++
	}
	if i := m.choose(n + 1); i < n {
		p.tok = s.pool[i]
		copy(s.pool[i:], s.pool[i+1:])
		s.pool[maxPool-1] = token{}
	}
	if p.tok.slab != 0 && m.maybe(m.cfg.epochs, "an epoch has passed") {
		p.hand, p.tok = p.tok.slab, token{}
		p.pc, p.ret = pPartOwned, afterEpoch
		return true
	}
	m.prepare(s, who, false)
	return true
}

// pPartOwned is the start of Token.part for a slab that is owned.
func (m *model) pPartOwned(s *state, who int) bool {
	s.owned--
	m.leave(s, &s.producers[who])
	return true
}

// leave is the start of Set.leave for the slab in hand.
func (m *model) leave(s *state, p *producer) {
	p.pc = pLend
	if int(s.at(p.hand).committed) == m.cfg.perSlab {
		p.pc = pSealBack
	}
}

// prepare is Token.prepare after startEpoch. The Token is cold at the start of
// an epoch; else how often it has looked for a slab is left open.
func (m *model) prepare(s *state, who int, cold bool) {
	p := &s.producers[who]
	if p.tok.slab != 0 {
		m.fits(p)
		return
	}
	p.hot = !cold && m.maybe(m.cfg.hot, "hot")
	p.pc = pSlotLoad
	if m.cfg.crowd {
		p.pc = pCrowded
	}
}

// pCrowded is the start of crowded. A Token without a slab gets none then, and one that has
// got none in any other way is refused.
func (m *model) pCrowded(s *state, who int) bool {
	p := &s.producers[who]
	switch {
	case !m.crowded(s):
		m.notCrowded(p)
	case s.orphans != 0:
		p.pc = pCrowdedReap
	default:
		m.alone(p)
	}
	return true
}

func (m *model) pCrowdedReap(s *state, who int) bool {
	m.reap(s)
	s.producers[who].pc = pCrowdedAgain
	return true
}

func (m *model) pCrowdedAgain(s *state, who int) bool {
	p := &s.producers[who]
	if m.crowded(s) {
		m.alone(p)
	} else {
		m.notCrowded(p)
	}
	return true
}

// alone writes the record to memory that is in no slab, which nobody else can see.
func (m *model) alone(p *producer) {
	p.at, p.tried, p.crowd = 0, false, false
	p.moved, p.pc = true, pStow
}

// notCrowded looks for a slab, or returns Full if that was done.
func (m *model) notCrowded(p *producer) {
	p.pc = pSlotLoad
	if p.tried {
		p.tried = false
		p.pc = pPutRefused
	}
}

// fits goes on to write if the slab has room, and to rotate if not.
func (m *model) fits(p *producer) {
	p.pc = pFull
	if int(p.tok.n) < m.cfg.perSlab {
		p.pc = pBytes
	}
}

func (m *model) pSlotLoad(s *state, who int) bool {
	p := &s.producers[who]
	if s.slots[p.slot] != 0 {
		p.pc = pSlotSwap
		return true
	}
	m.nextSlot(p)
	return true
}

func (m *model) nextSlot(p *producer) {
	p.pc = pSlotLoad
	if p.slot++; int(p.slot) == m.cfg.slots {
		p.slot = 0
		p.pc = pFull
	}
}

// pSlotSwap takes what is in the slot. Then it holds it, which loads committed:
// nobody else stores that while the slab has an owner, as is checked, so this is
// one step.
func (m *model) pSlotSwap(s *state, who int) bool {
	p := &s.producers[who]
	sl := s.slots[p.slot]
	if m.bug != swapWithoutClear {
		s.slots[p.slot] = 0
	}
	if sl == 0 {
		m.nextSlot(p)
		return true
	}
	p.slot = 0
	p.tok = token{sl, s.at(sl).committed, true}
	if p.hot {
		p.pc = pTakeAdd
		return true
	}
	m.fits(p)
	return true
}

func (m *model) pTakeAdd(s *state, who int) bool {
	p := &s.producers[who]
	s.owned++
	if int(s.owned) > m.cfg.maxOwned {
		p.pc = pTakeSub
		return true
	}
	p.tok.lent = false
	m.fits(p)
	return true
}

func (m *model) pTakeSub(s *state, who int) bool {
	p := &s.producers[who]
	if m.bug != mayOwnLeaks {
		s.owned--
	}
	m.fits(p)
	return true
}

func (m *model) pFull(s *state, who int) bool {
	p := &s.producers[who]
	if p.pc = pOrphaned; m.cfg.evict || m.level(who) >= s.full {
		p.pc = pAcquire
	}
	return true
}

func (m *model) pOrphaned(s *state, who int) bool {
	if s.orphans == 0 {
		m.noRoom(s, who)
		return true
	}
	s.producers[who].pc = pAcquire
	return true
}

// pStow is the way of a record that is in no slab. Where that fails, it is like one that has
// outgrown its room.
func (m *model) pStow(s *state, who int) bool {
	p := &s.producers[who]
	if p.got { // Begin has returned
		m.pass(s, p)
	}
	p.pc = pFull
	if m.stow(s, who) {
		p.pc = pArmedLoad
	}
	return true
}

func (m *model) pAcquire(s *state, who int) bool {
	p := &s.producers[who]
	m.reap(s)
	fresh := ref(0)
	if p.crowd = m.cfg.crowd && !p.moved && m.crowded(s); !p.crowd {
		fresh = m.acquire(s, m.level(who))
	}
	if fresh == 0 {
		m.noRoom(s, who)
		return true
	}
	p.hand = fresh
	if p.tok.slab != 0 {
		p.pc = pSealOld
		return true
	}
	p.tok.lent = true
	m.rotated(s, p)
	return true
}

func (m *model) pSealOld(s *state, who int) bool {
	p := &s.producers[who]
	m.seal(s, p.tok.slab)
	if m.bug == sealAndKeep {
		p.pc = pBytes
		p.tok.n--
		return true
	}
	p.tok.slab, p.tok.n = 0, 0
	m.rotated(s, p)
	return true
}

// rotated is the rest of rotate.
func (m *model) rotated(s *state, p *producer) {
	if p.tok.lent && p.hot {
		p.pc = pOwnAdd
		return
	}
	p.hold(s, p.tok.lent)
}

// hold makes the slab in hand that of the Token.
func (p *producer) hold(s *state, lent bool) {
	p.tok = token{p.hand, s.at(p.hand).committed, lent}
	p.hand = 0
	p.pc = pBytes
}

func (m *model) pOwnAdd(s *state, who int) bool {
	s.owned++
	if int(s.owned) <= m.cfg.maxOwned {
		s.producers[who].hold(s, false)
		return true
	}
	s.producers[who].pc = pOwnSub
	return true
}

func (m *model) pOwnSub(s *state, who int) bool {
	if m.bug != mayOwnLeaks {
		s.owned--
	}
	s.producers[who].hold(s, true)
	return true
}

package check

// inspect looks for what must not be in any state.
func (m *model) inspect(s *state) {
	m.owners(s)
	m.marks(s)
	m.pinned(s)
	m.batches(s)
	m.recover(s)
	m.deferrals(s)
	m.counts(s)
	m.admission(s)
}

// owners checks that each slab is in one of its states: free, owned, shared,
// sealed, orphaned or deferred, and reachable from one place only.
func (m *model) owners(s *state) {
	var holders, frees [maxSlabs + 1]int
	for r := ref(1); r <= maxSlabs; r++ {
		d := s.at(r)
		if d.free {
			frees[r]++
		}
		if d.sealed {
			holders[r]++
		}
		if in(s.orphans, r) {
			holders[r]++
		}
	}
	for _, sl := range s.slots {
		holders[sl]++
	}
	for _, sl := range s.deferred.slabs {
		holders[sl]++
	}
	for i := range s.pool {
		holders[s.pool[i].slab]++
		holders[s.dying[i].tok.slab]++
	}
	for i := range s.producers {
		holders[s.producers[i].tok.slab]++
		holders[s.producers[i].hand]++
	}
	holders[s.reclaimer.hand]++
	for r := ref(1); r <= maxSlabs; r++ {
		switch live := s.isLive(r) || s.deferred.has(r); {
		case live && frees[r] > 0:
			m.fail("slab %d is free and live", r)
		case live && holders[r] == 0:
			m.fail("slab %d is leaked", r)
		case live && holders[r] > 1:
			m.fail("slab %d has %d owners", r, holders[r])
		case !live && holders[r] > 0:
			m.fail("slab %d is recycled, but has an owner", r)
		}
	}
	m.within(s)
}

// within checks that all slabs, free ones included, are within the budget.
func (m *model) within(s *state) {
	n := (int(s.reserved+s.deferred.nslabs) + s.frees()) * m.cfg.perSlab
	for _, sl := range s.live[:s.nlive] {
		n += m.size(s.at(sl))
	}
	if n > m.budget() {
		m.fail("slabs have room for %d records, beyond the budget", n)
	}
}

// marks checks done <= taken <= committed, and that done, which the code does
// not keep, is what the fates of the records say.
func (m *model) marks(s *state) {
	backlog := uint8(0)
	for r := ref(1); r <= maxSlabs; r++ {
		d := s.at(r)
		if d.taken > d.committed || int(d.committed) > m.size(d) {
			m.fail("slab %d: taken %d, committed %d", r, d.taken, d.committed)
			return
		}
		if s.deferred.has(r) {
			continue
		}
		if !s.isLive(r) && *d != (memory{free: d.free}) {
			m.fail("slab %d is not live and not empty", r)
			return
		}
		if d.sealed {
			backlog += d.committed - d.taken
		}
		for i := range d.committed {
			rec := d.index[i].rec
			fate := s.records[rec]
			if i < d.taken != (fate >= flying && fate <= dropped) {
				m.fail("slab %d: taken is %d, record %d at %d is %s", r, d.taken, rec, i, fates[fate])
			}
			if i > 0 && d.index[i-1].key > d.index[i].key && i > d.taken {
				m.fail("slab %d is not sorted at %d", r, i)
			}
		}
	}
	if backlog != s.backlog {
		m.fail("%d records are in sealed slabs, counted as %d", backlog, s.backlog)
	}
}

// pinned checks that pins are the batches and the look that hold the slab, or the
// deferred records in it that are not settled.
func (m *model) pinned(s *state) {
	var pins [maxSlabs + 1]uint8
	c := &s.collector
	if c.pc >= cAfter && c.pc <= cTook && m.bug != lookUnpinned {
		for i := range c.cursors[:c.ncursors] {
			pins[c.cursors[i].slab]++
		}
	}
	for i := range s.senders {
		x := &s.senders[i]
		if !x.flies() {
			continue
		}
		for r := ref(1); r <= maxSlabs; r++ {
			if in(x.slabs, r) {
				pins[r]++
			}
		}
		pins[x.alone.slab]++
	}
	for _, d := range s.deferred.waiting[:s.deferred.nwaiting] {
		pins[d.slab]++
	}
	for r := ref(1); r <= maxSlabs; r++ {
		if s.at(r).pins != pins[r] {
			m.fail("slab %d is pinned %d times, %d hold it", r, s.at(r).pins, pins[r])
		}
	}
}

// batches checks that each record that is in a batch is in one, and lies in a slab that
// this one holds.
func (m *model) batches(s *state) {
	var seen uint16
	for i := range s.senders {
		x := &s.senders[i]
		if !x.flies() {
			continue
		}
		for _, at := range x.batch.at[:x.batch.n] {
			switch {
			case seen&bit(at.rec) != 0 || s.records[at.rec] != x.fate():
				m.fail("record %d, %s, is in a batch", at.rec, fates[s.records[at.rec]])
			case at.slab == 0 || !in(x.slabs, at.slab) && at.slab != x.alone.slab:
				m.fail("record %d is in slab %d, which its batch does not hold", at.rec, at.slab)
			}
			seen |= bit(at.rec)
		}
	}
}

// deferrals checks the slabs of deferred records: each holds some that are not settled,
// they stay within their share, and there is room for those that are to move.
func (m *model) deferrals(s *state) {
	df := &s.deferred
	most, least := m.share()+m.cfg.perSlab, m.cfg.perSlab
	if n := int(df.nslabs) * m.cfg.perSlab; n > most {
		m.fail("slabs of deferred records have room for %d, beyond their share", n)
	}
	for i, sl := range df.slabs[:df.nslabs] {
		d := s.at(sl)
		if d.pins == 0 {
			m.fail("slab %d holds no deferred record, and is not free", sl)
		}
		if !df.open || i < int(df.nslabs)-1 {
			least = min(least, int(d.pins))
		}
	}
	if df.open && int(df.nslabs)*m.cfg.perSlab > m.share() {
		if room := m.cfg.perSlab - int(s.at(df.slabs[df.nslabs-1]).committed); room < least {
			m.fail("there is room for %d deferred records to move, of %d", room, least)
		}
	}
}

// counts checks that what Stats returns adds up, and is true.
func (m *model) counts(s *state) {
	var n [len(fates)]uint8
	for _, fate := range s.records[1:] {
		n[fate]++
	}
	committed := s.recycled
	for _, sl := range s.live[:s.nlive] {
		committed += s.at(sl).committed
	}
	inFlight := uint8(0)
	for i := range s.senders {
		if s.senders[i].flies() {
			inFlight += s.senders[i].batch.n
		}
	}
	waits := s.deferred.nwaiting
	if m.bug == waitingUncounted {
		waits = 0
	}
	pending := committed - s.delivered - s.lost - inFlight - waits
	all := uint8(0)
	for fate := queued; fate <= dropped; fate++ {
		all += n[fate]
	}
	if committed != all || s.delivered != n[delivered] || s.lost != n[dropped] || inFlight != n[flying]+n[again] || waits != n[waiting] || pending != n[queued] {
		m.fail("the counts are %d committed, %d delivered, %d lost, %d in flight, %d waiting; true are %d queued, %d in flight, %d again, %d waiting, %d delivered, %d dropped",
			committed, s.delivered, s.lost, inFlight, waits, n[queued], n[flying], n[again], n[waiting], n[delivered], n[dropped])
	}
}

// admission checks that no level is refused that could get a slab, and that none
// is admitted whose limit is passed.
func (m *model) admission(s *state) {
	if s.full > 0 && (m.fitsIn(s, m.top()) || m.roomies(s) > 0 || m.cfg.lesser && m.finds(s, s.full-1)) {
		m.fail("full is %d, with %d of %d in use, %d to be reopened, or something to be evicted", s.full, m.liveSize(s), m.budget(), m.roomies(s))
	}
	closed := m.cfg.close && s.closer.pc > kGate
	if closed != (s.gate == closedGate) {
		m.fail("the gate is %d, Close has been called: %v", s.gate, closed)
	}
	for level := range uint8(maxLevels) {
		limit := m.limit(level)
		if s.gate < closedGate && level < s.gate && (m.fitsIn(s, limit) || m.cfg.lesser && m.finds(s, level)) {
			m.fail("level %d is refused with %d in use, its limit is %d", level, m.liveSize(s), limit)
		}
		// What is reserved is looked at when it is enlisted.
		if used := m.liveSize(s) - int(s.reserved)*m.cfg.perSlab; level < maxLevels-1 && level >= s.gate && used > limit && (!m.cfg.lesser || !m.finds(s, level)) {
			m.fail("level %d is admitted with %d in use, its limit is %d", level, used, limit)
		}
	}
	if int(s.owned) > m.cfg.maxOwned+m.cfg.producers {
		m.fail("%d Tokens are counted as owners", s.owned)
	}
}

// rest checks a state in which nothing is going to happen any more, or only
// what need not: all who can have been waiting must have returned.
func (m *model) rest(s *state) {
	for i := range s.producers[:m.cfg.producers] {
		p := &s.producers[i]
		if p.pc == pWait && m.cfg.close && s.closer.pc == kGate && m.cfg.slabs <= m.cfg.slots+m.cfg.maxOwned {
			continue // until Close; so small a budget is for the sake of that
		}
		if p.pc != pTime {
			m.fail("producer %d waits for ever", i)
		}
	}
	c := &s.collector
	switch {
	case m.cfg.flush && s.flusher.pc != fStart && s.flusher.pc != fReturned:
		m.fail("a Flush waits for ever")
	case m.cfg.close && s.closer.pc != kGate && s.closer.pc != kReturned:
		m.fail("a Close waits for ever")
	case c.pc != cSleep && c.pc != cEnded:
		m.fail("the collector waits for ever")
	case s.stopped != (c.pc == cEnded):
		m.fail("the collector has ended: %v, the Buffer is closed: %v", c.pc == cEnded, s.stopped)
	}
	owned := uint8(0)
	for i := range s.pool {
		if s.pool[i].slab != 0 {
			owned++
		}
		if s.dying[i].pc != gNone {
			m.fail("a cleanup waits for ever")
		}
	}
	if owned != s.owned {
		m.fail("%d Tokens own a slab, counted as %d", owned, s.owned)
	}
	m.leftover(s)
}

// leftover checks that no record and no slab is left for nobody.
func (m *model) leftover(s *state) {
	for rec := range uint8(len(s.records)) {
		allowed := s.late&bit(rec) != 0 || s.closer.late
		if f := s.records[rec]; f == flying || f == again || (f == queued || f == waiting) && (!s.stopped || !allowed) {
			m.fail("record %d is %s, and nothing will wake the collector", rec, fates[f])
		}
	}
	for _, sl := range s.live[:s.nlive] {
		if d := s.at(sl); d.pins > 0 || d.sealed && d.taken == d.committed {
			m.fail("slab %d is done with and not recycled", sl)
		}
	}
}

package check

// inspect looks for what must not be in any state.
func (m *model) inspect(s *state) {
	m.owners(s)
	m.marks(s)
	m.pinned(s)
	m.batches(s)
	m.recover(s)
	m.counts(s)
	m.admission(s)
}

// owners checks that each slab is in one of its states: free, owned, shared,
// sealed or orphaned, and reachable from one place only.
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
		switch live := s.isLive(r); {
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
	if n := m.liveSize(s) + s.frees()*m.cfg.perSlab; n > m.budget() {
		m.fail("live and free slabs and copies have room for %d records, beyond the budget", n)
	}
}

// marks checks done <= taken <= committed, and that done, which the code does
// not keep, is what the fates of the records say.
func (m *model) marks(s *state) {
	backlog := uint8(0)
	for r := ref(1); r <= maxSlabs; r++ {
		d := s.at(r)
		if d.taken > d.committed || int(d.committed) > m.cfg.perSlab {
			m.fail("slab %d: taken %d, committed %d", r, d.taken, d.committed)
			return
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
			if i < d.taken != (fate == flying || fate == delivered || fate == dropped) {
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

// pinned checks that pins are the batches and the look that hold the slab.
func (m *model) pinned(s *state) {
	var pins [maxSlabs + 1]uint8
	c := &s.collector
	if c.pc >= cAfter && c.pc <= cTook && m.bug != lookUnpinned {
		for i := range c.cursors[:c.ncursors] {
			pins[c.cursors[i].slab]++
		}
	}
	for i := range s.senders {
		for r := ref(1); r <= maxSlabs; r++ {
			if x := &s.senders[i]; x.flies() && in(x.slabs, r) {
				pins[r]++
			}
		}
	}
	for r := ref(1); r <= maxSlabs; r++ {
		if s.at(r).pins != pins[r] {
			m.fail("slab %d is pinned %d times, %d hold it", r, s.at(r).pins, pins[r])
		}
	}
}

// recover is what a new process would do if this one were killed now and its
// slabs had been in a file: it reads the committed records of each slab, and
// must find every record that is committed and neither delivered nor dropped,
// whole, and once, unless Keep has copied it. That covers every record whose append
// has returned.
func (m *model) recover(s *state) {
	var found uint16
	for r := ref(1); r <= maxSlabs; r++ {
		d := s.at(r)
		for i := range min(d.committed, maxPerSlab) {
			rec := d.body[i]
			switch {
			case rec == 0 || rec != d.index[i].rec:
				m.fail("killed now: the record in slab %d at %d is torn", r, i)
				return
			case found&bit(rec) != 0:
				m.fail("killed now: record %d is found twice", rec)
			case s.records[rec] == unborn || s.records[rec] >= refused:
				m.fail("killed now: record %d is found, but is %s", rec, fates[s.records[rec]])
			}
			found |= bit(rec)
		}
	}
	for i := range s.senders {
		for j, at := range s.senders[i].batch.at {
			if s.senders[i].left>>j&1 == 1 {
				found |= bit(at.rec)
			}
		}
	}
	for rec := range uint8(len(s.records)) {
		if f := s.records[rec]; (f == queued || f == flying) && found&bit(rec) == 0 {
			m.fail("killed now: record %d, %s, is not found", rec, fates[f])
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
			inFlight += s.senders[i].size()
		}
	}
	pending := committed - s.delivered - s.lost - inFlight
	if committed != n[queued]+n[flying]+n[delivered]+n[dropped] || s.delivered != n[delivered] || s.lost != n[dropped] || inFlight != n[flying] || pending != n[queued] {
		m.fail("the counts are %d committed, %d delivered, %d lost, %d in flight; true are %d queued, %d in flight, %d delivered, %d dropped",
			committed, s.delivered, s.lost, inFlight, n[queued], n[flying], n[delivered], n[dropped])
	}
}

// admission checks that no level is refused that could get a slab, and that none
// is admitted whose limit is passed.
func (m *model) admission(s *state) {
	if s.full && m.fitsIn(s, m.budget()) {
		m.fail("full is set, with %d of %d in use", m.liveSize(s), m.budget())
	}
	closed := m.cfg.close && s.closer.pc > kGate
	if closed != (s.gate == closedGate) {
		m.fail("the gate is %d, Close has been called: %v", s.gate, closed)
	}
	for level := range uint8(maxLevels) {
		limit := m.limit(level)
		if s.gate < closedGate && level < s.gate && m.fitsIn(s, limit) {
			m.fail("level %d is refused with %d in use, its limit is %d", level, m.liveSize(s), limit)
		}
		// What is reserved is looked at when it is enlisted.
		if used := m.liveSize(s) - int(s.reserved)*m.cfg.perSlab; level < maxLevels-1 && level >= s.gate && used > limit {
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
		if f := s.records[rec]; f == flying || f == queued && (!s.stopped || !allowed) {
			m.fail("record %d is %s, and nothing will wake the collector", rec, fates[f])
		}
	}
	for _, sl := range s.live[:s.nlive] {
		if d := s.at(sl); d.pins > 0 || d.sealed && d.taken == d.committed {
			m.fail("slab %d is done with and not recycled", sl)
		}
	}
}

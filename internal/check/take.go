package check

// The functions of this file stand for those of the same name in
// internal/slab/take.go.

func (m *model) cBefore(s *state, _ int) bool {
	if m.bug != clockAfterLook {
		s.collector.before = m.now(s)
	}
	s.collector.pc = cLook
	return true
}

const maxKey = 255

// cLook is the start of Set.look. It holds the lock until cPin, which takes
// several steps, since committed is stored by those who do not have the lock.
func (m *model) cLook(s *state, _ int) bool {
	m.reap(s)
	s.collector.scan = 0
	s.collector.ncursors = 0
	s.collector.pc = cLoad
	if s.nlive == 0 {
		s.collector.pc = cPin
	}
	return true
}

// locked reports whether the collector holds Set.mu.
func (s *state) locked() bool { return s.collector.pc == cLoad || s.collector.pc == cPin }

// cLoad loads committed of one live slab.
func (m *model) cLoad(s *state, _ int) bool {
	c := &s.collector
	sl := s.live[c.scan]
	d := s.at(sl)
	i := d.taken
	if m.bug == lookIgnoresMark {
		i = 0
	}
	if d.committed > i {
		m.mayRead(s, sl, i)
		c.cursors[c.ncursors] = cursor{sl, c.scan, d.committed, i, d.index[i].key}
		c.ncursors++
	}
	if c.scan++; c.scan == s.nlive {
		c.scan = 0
		c.pc = cPin
	}
	return true
}

// cPin is the rest of Set.look.
func (m *model) cPin(s *state, _ int) bool {
	c := &s.collector
	c.sort()
	c.horizon = maxKey
	records := uint8(0)
	for i := range c.cursors[:c.ncursors] {
		x := c.cursors[i]
		if int(records/2) > m.cfg.batch {
			c.horizon, c.ncursors = x.key, uint8(i)
			break
		}
		records += x.n - x.i
		if m.bug != lookUnpinned {
			s.at(x.slab).pins++
		}
	}
	for i := c.ncursors; i < maxSlabs; i++ {
		c.cursors[i] = cursor{}
	}
	c.pc = cAfter
	return true
}

// sort puts the cursors in order of their keys.
func (c *collector) sort() {
	for i := 1; i < int(c.ncursors); i++ {
		for j := i; j > 0 && c.cursors[j].key < c.cursors[j-1].key; j-- {
			c.cursors[j], c.cursors[j-1] = c.cursors[j-1], c.cursors[j]
		}
	}
}

// mayRead fails if what is in place i is not a committed record, whole.
func (m *model) mayRead(s *state, sl ref, i uint8) {
	d := s.at(sl)
	switch {
	case d.free || i >= d.committed:
		m.fail("what is read in slab %d at %d is not committed", sl, i)
	case d.body[i] == 0 || d.body[i] != d.index[i].rec:
		m.fail("what is read in slab %d at %d is torn", sl, i)
	}
}

func (m *model) cAfter(s *state, _ int) bool {
	c := &s.collector
	c.after = m.now(s)
	if m.bug == clockAfterLook {
		c.before = c.after
	}
	c.pc = cRead
	return true
}

// cRead is one turn of the loop in Take. Its first read of each slab was made
// by look, the others are made by advance; that is left to the turn that needs
// it, since the record is pinned and committed.
func (m *model) cRead(s *state, _ int) bool {
	c := &s.collector
	c.pc = cTook
	x := m.least(c)
	if x == nil {
		return true
	}
	early := x.key <= c.before || x.key > c.after
	if !early || x.key > c.horizon || int(c.batch.n) >= m.cfg.batch {
		return true
	}
	m.mayRead(s, x.slab, x.i)
	c.batch.at[c.batch.n] = place{x.slab, x.i, s.at(x.slab).body[x.i]}
	c.batch.n++
	if x.i++; x.i < x.n {
		m.mayRead(s, x.slab, x.i)
		x.key = s.at(x.slab).index[x.i].key
	}
	c.pc = cRead
	return true
}

// least is the top of the heap: see cursor.before.
func (m *model) least(c *collector) (least *cursor) {
	for i := range c.cursors[:c.ncursors] {
		x := &c.cursors[i]
		if x.i < x.n && (least == nil || x.key < least.key || x.key == least.key && (x.rank < least.rank) != (m.bug == rankIgnored)) {
			least = x
		}
	}
	return least
}

// cTook is Set.took, and launch.
func (m *model) cTook(s *state, _ int) bool {
	c := &s.collector
	b := c.batch
	finished := s.finished && m.bug != finishIgnored
	if finished {
		b = batch{}
	}
	var slabs uint8
	for _, x := range c.cursors[:c.ncursors] {
		d := s.at(x.slab)
		if finished || x.i == d.taken {
			m.unpin(s, x.slab)
			continue
		}
		end := x.i
		if m.bug == tookPastRead {
			end = x.n
		}
		if d.sealed {
			s.backlog -= end - d.taken
		}
		d.taken = end
		slabs |= 1 << (x.slab - 1)
	}
	for _, at := range b.at[:b.n] {
		m.take(s, at.rec)
	}
	m.mayEvict(s)
	pending, due, drain := c.pending, c.due, c.drain
	timer := c.timer
	*c = collector{pc: cInFlight, due: due, drain: drain, timer: timer, defers: c.defers}
	if b.n == 0 {
		return true
	}
	c.due = due && b.n < pending
	c.pc = cLaunch
	m.launch(s, b, slabs)
	return true
}

func (m *model) unpin(s *state, sl ref) {
	d := s.at(sl)
	if d.pins == 0 {
		m.fail("slab %d is unpinned more often than pinned", sl)
		return
	}
	d.pins--
}

// take says that the record is in a batch now, and checks the order of those of
// one producer, over all batches.
func (m *model) take(s *state, rec uint8) {
	m.become(s, rec, queued, flying)
	if s.told&bit(rec) != 0 {
		m.fail("record %d is taken after Close has counted it as dropped", rec)
	}
	if rec == 0 {
		return
	}
	p, i := m.producerOf(rec)
	if i+1 <= s.last[p] {
		m.fail("record %d is taken after record %d of the same producer", rec, m.cfg.records*int(p)+int(s.last[p]))
	}
	s.last[p] = i + 1
}

// launch is Set.launch.
func (m *model) launch(s *state, b batch, slabs uint8) {
	s.lastSeq++
	for i := range s.senders {
		if s.senders[i].pc == sNone {
			s.senders[i] = sender{pc: sMade, seq: s.lastSeq, slabs: slabs, batch: b}
			m.checkFlushes(s)
			return
		}
	}
	m.fail("more sends than the model has room for")
}

package check

// The functions of this file stand for those of internal/slab/deferred.go. All are
// called under Set.mu.

// has reports whether the slab is one of deferred records.
func (df *deferred) has(r ref) bool {
	for _, l := range df.slabs[:df.nslabs] {
		if l == r {
			return true
		}
	}
	return false
}

// since is deferred.since.
func (df *deferred) since(seq uint8) bool {
	for i := range df.waiting[:df.nwaiting] {
		if df.waiting[i].seq <= seq {
			return true
		}
	}
	return false
}

// covered returns how many records wait that are of the Flush.
func (df *deferred) covered(f *flush) (n int) {
	for i := range df.waiting[:df.nwaiting] {
		if f.covers(df.waiting[i].seq) {
			n++
		}
	}
	return n
}

func (df *deferred) push(m *model, d deferral) {
	if df.nwaiting == maxWaiting {
		m.fail("more deferred records than the model has room for")
		return
	}
	df.waiting[df.nwaiting] = d
	df.nwaiting++
}

func (df *deferred) pop(i uint8) (d deferral) {
	d = df.waiting[i]
	copy(df.waiting[i:], df.waiting[i+1:])
	df.nwaiting--
	df.waiting[df.nwaiting] = deferral{}
	return d
}

// share is Set.deferLimit: one slab, as of all small budgets.
func (m *model) share() int { return m.cfg.perSlab }

func (m *model) isLarge(rec uint8) bool {
	p, i := m.producerOf(rec)
	return i == 0 && m.cfg.large&bit(p) != 0
}

// deferRecord is Set.deferRecord.
func (m *model) deferRecord(s *state, x *sender, i uint8) bool {
	at, d := x.batch.at[i], x.alone
	sl := ref(0)
	if !x.again || m.isSparse(s, d.slab) {
		sl = m.deferRoom(s, m.isLarge(at.rec), d.slab)
	}
	switch {
	case sl == 0 && !x.again:
		return false
	case sl == 0: // it stays where it is
		if m.bug != tokenOld {
			d.token = d.times + 1
		}
		if m.bug != stayedSettled {
			x.alone = deferral{}
		}
	default:
		m.sees(s, at)
		next := deferral{slab: sl, rec: at.rec, seq: x.seq, times: d.times}
		if m.bug == deferRenumbered {
			next.seq = s.lastSeq
		}
		if m.bug == letGoEarly {
			next.slab = 0
		} else {
			next.i = m.put(s, sl, at.rec, d.times+1)
		}
		switch {
		case m.bug == settledTwice && x.again:
			m.settled(s, d)
		case m.bug == movedUnsettled:
			x.alone = deferral{}
		}
		d = next
	}
	d.times++
	m.become(s, at.rec, x.fate(), waiting)
	s.deferred.push(m, d)
	return true
}

// isSparse is Set.sparse, and may also say that a slab is sparse which is not: slabs here have
// room for few records.
func (m *model) isSparse(s *state, sl ref) bool {
	df := &s.deferred
	sparse := 2*s.at(sl).pins <= s.at(sl).committed && (!df.open || sl != df.slabs[df.nslabs-1])
	return sparse || m.maybe(true, "moves")
}

// deferRoom is Set.deferRoom.
func (m *model) deferRoom(s *state, large bool, from ref) ref {
	df := &s.deferred
	size := int(df.nslabs) * m.cfg.perSlab
	if df.open && !large {
		others := df.nslabs - 1
		sl := df.slabs[others]
		if room := m.cfg.perSlab - int(s.at(sl).committed); room > 0 {
			if size > m.share() && !m.mayFill(s, room-1, from, others) {
				return 0
			}
			return sl
		}
	}
	if !m.fitsIn(s, m.top()) && (m.bug != deferTakesReserve || !m.fitsIn(s, m.budget())) {
		return 0
	}
	if beyond := size + m.cfg.perSlab - m.share(); beyond > 0 && df.nslabs > 0 && m.bug != shareIgnored &&
		(from == 0 || beyond > m.cfg.perSlab || !m.mayFill(s, m.cfg.perSlab-1, from, df.nslabs)) {
		return 0
	}
	return m.deferSlab(s, large)
}

// mayFill is mayFill, of the first slabs.
func (m *model) mayFill(s *state, room int, from ref, others uint8) bool {
	least := s.deferred.slabs[0]
	for _, sl := range s.deferred.slabs[:others] {
		if s.at(sl).pins < s.at(least).pins {
			least = sl
		}
	}
	return from == least || room >= int(s.at(least).pins) || m.bug == moveUnreserved
}

// deferSlab is Set.deferSlab. A large record takes as much as a slab here.
func (m *model) deferSlab(s *state, large bool) (sl ref) {
	if !large {
		sl = s.spare(true)
	}
	if sl == 0 {
		if m.bug != deferUntrimmed {
			m.trimFree(s, m.cfg.perSlab)
		}
		sl = s.spare(false)
	}
	if sl == 0 {
		m.fail("a slab is made beyond the budget")
		return 0
	}
	*s.at(sl) = memory{odd: large}
	df := &s.deferred
	if large {
		copy(df.slabs[1:], df.slabs[:])
		df.slabs[0] = sl
	} else {
		df.slabs[df.nslabs] = sl
		df.open = true
	}
	df.nslabs++
	m.within(s) // already now, before the original is let go
	if m.bug != deferGateOpen {
		m.moveGate(s)
	}
	return sl
}

// put is slab.put. Nobody reads the key.
func (m *model) put(s *state, sl ref, rec, token uint8) (i uint8) {
	if sl == 0 {
		return 0
	}
	d := s.at(sl)
	i = d.committed
	d.body[i], d.index[i] = rec, entry{rec: rec, token: token}
	d.pins++
	d.committed++
	return i
}

// settled is Set.settled.
func (m *model) settled(s *state, d deferral) {
	if m.bug != settledUnmarked {
		s.at(d.slab).settled |= 1 << d.i
	}
	m.unpin(s, d.slab)
	m.freeIfSettled(s, d.slab)
}

// freeIfSettled is Set.freeIfSettled.
func (m *model) freeIfSettled(s *state, sl ref) {
	if s.at(sl).pins > 0 {
		return
	}
	df := &s.deferred
	for i, l := range df.slabs[:df.nslabs] {
		if l == sl {
			df.open = df.open && i != int(df.nslabs)-1
			copy(df.slabs[i:], df.slabs[i+1:])
			df.nslabs--
			df.slabs[df.nslabs] = 0
			break
		}
	}
	*s.at(sl) = memory{free: !s.at(sl).odd}
	gate, full, room := s.gate, s.full, s.room
	m.openGate(s)
	if m.bug == deferShut {
		s.gate, s.full = gate, full
	}
	if m.bug == deferNotTold {
		s.room = room
	}
}

// takeDeferred is Set.TakeDeferred. Any record that waits may be the first that is due,
// or none is.
func (m *model) takeDeferred(s *state) bool {
	df := &s.deferred
	if s.finished && m.bug != againFinished || df.nwaiting == 0 {
		return false
	}
	i := m.choose(int(df.nwaiting) + 1)
	if i == 0 {
		return false
	}
	d := df.waiting[i-1]
	if m.bug != againTwice {
		df.pop(uint8(i - 1))
	}
	token := d.token
	if token == 0 && d.slab != 0 {
		token = s.at(d.slab).index[d.i].token
	}
	if token != d.times {
		m.fail("record %d comes back with the token %d, but was given %d", d.rec, token, d.times)
	}
	if s.told&bit(d.rec) != 0 {
		m.fail("record %d is taken after Close has counted it as dropped", d.rec)
	}
	m.become(s, d.rec, waiting, again)
	x := sender{pc: sSend, seq: d.seq, again: true, alone: d}
	x.batch.n, x.batch.at[0] = 1, place{d.slab, d.i, d.rec}
	for i := range s.senders {
		if s.senders[i].pc == sNone {
			s.senders[i] = x
			return true
		}
	}
	m.fail("more sends than the model has room for")
	return true
}

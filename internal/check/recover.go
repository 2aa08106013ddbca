package check

// recover is what a new process would do if this one were killed now and its slabs
// had been in a file. It reads the committed records of each slab, and must find every
// record that is committed and neither delivered nor dropped, whole, and once. That
// covers every record whose append has returned. Of a live slab it would have to know
// which records are done, as the model does; of one of deferred records the index says
// which are settled. With those it must find their last tokens, or, with one that has
// stayed in its place, an earlier one.
func (m *model) recover(s *state) {
	var found uint16
	for r := ref(1); r <= maxSlabs; r++ {
		d := s.at(r)
		deferred := s.deferred.has(r)
		for i := range min(d.committed, maxPerSlab) {
			rec := d.body[i]
			if rec == 0 || rec != d.index[i].rec {
				m.fail("killed now: the record in slab %d at %d is torn", r, i)
				return
			}
			fate := s.records[rec]
			switch {
			case fate == unborn || fate >= refused:
				m.fail("killed now: record %d is found, but is %s", rec, fates[fate])
			case !deferred && fate != queued && fate != flying, deferred && d.settled>>i&1 == 1:
				continue
			case deferred && fate != waiting && fate != again:
				m.fail("killed now: record %d is found deferred, but is %s", rec, fates[fate])
			case found&bit(rec) != 0:
				m.fail("killed now: record %d is found twice", rec)
			}
			found |= bit(rec)
		}
	}
	for rec := range uint8(len(s.records)) {
		if f := s.records[rec]; pending(f) && found&bit(rec) == 0 {
			m.fail("killed now: record %d, %s, is not found", rec, fates[f])
		}
	}
	for _, d := range s.deferred.waiting[:s.deferred.nwaiting] {
		m.recoverToken(s, &d)
	}
	for i := range s.senders {
		if x := &s.senders[i]; x.flies() && x.again {
			m.recoverToken(s, &x.alone)
		}
	}
}

// recoverToken checks the token that would be found with a deferred record.
func (m *model) recoverToken(s *state, d *deferral) {
	if d.slab == 0 || m.bug == tokenOld {
		return
	}
	if t := s.at(d.slab).index[d.i].token; t > d.times || t == 0 || d.token == 0 && t != d.times {
		m.fail("killed now: record %d is found with the token %d, but was given %d", d.rec, t, d.times)
	}
}

package slab

// This file is the slow path of an append: how a Token comes by a slab, and
// how it parts with it.

// prepare makes the Token hold a slab with room for a likely record, and
// reports whether it does.
func (t *Token) prepare() bool {
	if t.set.twin != nil {
		return t.set.twin.prepare(t.level)
	}
	t.startEpoch()
	if t.slab == nil {
		if t.set.crowded() {
			return true
		}
		// One that is used much goes on with what others have left, as its own.
		if sl := t.set.borrow(); sl != nil {
			t.hold(sl, t.cold < hotRecords || !t.set.mayOwn())
		}
		t.cold++
	}
	if t.slab != nil && t.room() >= t.hint {
		return true
	}
	// Without a budget for a slab of its own, what is left in this one or in others
	// is better than nothing.
	return t.rotate(t.hint, leastRoom) || t.room() >= leastRoom ||
		t.makeDo(leastRoom) || t.crowded || t.set.crowded()
}

// crowded reports whether more slabs are held than processors need, full or not: so many
// goroutines are between Begin and Commit. Then a Token gets none before it has a record.
// Until then Buf gives it memory of its own.
func (s *Set) crowded() bool {
	if s.open.Load() <= s.maxOpen {
		return false
	}
	s.reapOrphans()
	return s.open.Load() > s.maxOpen
}

// makeDo exchanges the slab, if there is one, for one that others have left with
// room for size bytes, and reports whether there was one.
func (t *Token) makeDo(size int) bool {
	if t.slab != nil {
		t.part()
	}
	sl := t.set.borrowRoom(size)
	if sl == nil {
		return false
	}
	t.hold(sl, true)
	return true
}

// part gives the slab up, to others if there is room in it.
func (t *Token) part() {
	if !t.own.lent {
		t.set.owned.Add(-1)
	}
	t.set.leave(t.drop())
}

// startEpoch parts with a slab that was used too little in the last epoch, so
// that many processors with few records each come to share one.
func (t *Token) startEpoch() {
	e := t.set.epoch.Load()
	if t.epoch == e {
		return
	}
	if t.slab != nil && t.used+int(t.n-t.mark) < hotRecords {
		t.part()
	}
	t.epoch, t.mark, t.used, t.cold = e, t.n, 0, 0
}

// rotate exchanges the slab, if there is one, for one with room for want bytes, or for
// least if there is none better, and reports whether it could. Without room in the budget
// everything stays as it is.
func (t *Token) rotate(want, least int) bool {
	s := t.set
	var fresh *slab
	t.crowded = false
	if s.cfg.Evict == Oldest || uint32(t.level) >= s.full.Load() || s.orphans.Load() != nil {
		fresh, t.crowded = s.acquire(t.level, want, least)
	}
	if fresh == nil {
		return false
	}
	lent := t.own.lent || t.slab == nil
	if t.slab != nil {
		t.used += int(t.n - t.mark)
		s.seal(t.drop())
	}
	if lent && t.cold >= hotRecords && s.mayOwn() {
		lent = false
	}
	t.hold(fresh, lent)
	t.hint = max(minHint, t.hint/2)
	return true
}

// mayOwn counts one more Token that owns a slab, if the number permits it.
func (s *Set) mayOwn() bool {
	if s.owned.Add(1) <= s.maxOwned {
		return true
	}
	s.owned.Add(-1)
	return false
}

// hold makes sl the slab of the Token.
func (t *Token) hold(sl *slab, lent bool) {
	t.slab, t.body = sl, sl.body
	t.own.slab, t.own.lent = sl, lent
	t.n, t.end = sl.state()
	t.stop = entryAt(len(t.body), t.n)
	t.mark, t.last = t.n, sl.floor
	if t.n > 0 {
		t.last = max(t.last, sl.key(t.n-1))
	}
	t.setWake()
}

// setWake says when the collector should look again, as far as one slab tells:
// at the next whole number of batches in it, whoever has written them.
func (t *Token) setWake() {
	t.wakeN = next(t.n, t.set.cfg.FullRecords)
	t.wakeEnd = next(t.end, t.set.cfg.FullBytes)
}

// next returns the least multiple of unit that is greater than n.
func next(n uint32, unit int) uint32 {
	u := uint32(min(unit, 1<<30))
	return n - n%u + u
}

// drop makes the Token one without a slab, and returns the one it had.
func (t *Token) drop() *slab {
	sl := t.slab
	t.slab, t.body = nil, nil
	t.own.slab, t.own.lent = nil, false
	t.n, t.end, t.stop, t.last, t.mark = 0, 0, 0, minKey, 0
	return sl
}

// after makes what follows in the slab come after the key of a record that has a
// slab of its own.
func (t *Token) after(key int64) {
	if t.slab != nil {
		t.last = key + 1
		t.slab.floor = t.last
	}
}

// giveBack puts a borrowed slab into a slot. If all are taken, because several
// producers were writing at once, the Token keeps it as its own if it may.
func (t *Token) giveBack() {
	sl := t.drop()
	if t.set.lend(sl) {
		return
	}
	if t.set.mayOwn() {
		t.hold(sl, false)
		return
	}
	t.set.orphan(sl)
}

// move brings a record that is not in place, because it outgrew its room, to
// the end of a slab, and reports whether the Token holds it now, still to be
// published. A record larger than a slab is published in one of its own size.
func (t *Token) move(rec []byte, key int64) (placed bool, why Refusal) {
	s := t.set
	switch {
	case s.twin != nil:
		if why = s.twin.commit(rec, key, t.level); why == None && s.rouse() {
			s.cfg.Wake()
		}
		if why != Full {
			t.Discard()
		}
		return false, why
	case len(rec) > s.cfg.MaxRecord:
		t.Discard()
		return false, TooLarge
	case len(rec) > s.cfg.SlabBytes-entryBytes:
		if !s.acquireFor(rec, key, t.level) {
			s.cfg.Wake()
			if t.own.lent {
				t.part() // others may use it while the caller waits
			}
			return false, Full
		}
		t.after(key)
		if s.rouse() {
			s.cfg.Wake()
		}
		t.Discard()
		return false, None
	case t.slab == nil && s.stow(rec, key, t.level):
		if s.rouse() {
			s.cfg.Wake()
		}
		t.Discard()
		return false, None
	case len(rec) > t.room() && !t.rotate(len(rec), len(rec)) && !t.makeDo(len(rec)):
		return false, Full
	}
	copy(t.body[t.end:], rec)
	return true, None
}

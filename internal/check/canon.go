package check

import "slices"

// States that differ only in what no step can tell are made the same here, so
// that there are fewer of them: which of two like slabs, Tokens, senders or producers is
// meant; how far apart two keys are; how many batches there were before those
// in flight.

func (m *model) canon(s *state) {
	s.renameSlabs()
	sortTokens(&s.pool)
	s.sortSenders()
	slices.SortFunc(s.dying[:], func(a, b dying) int { return (int(b.pc)<<4 + int(b.tok.slab)) - (int(a.pc)<<4 + int(a.tok.slab)) })
	s.forgetKeys()
	s.renameKeys()
	m.sortProducers(s)
	s.deferred.sort()
	s.renameBatches()
}

// renameSlabs numbers the slabs in the order of Set.live, those of deferred records
// next, then those that are free, and those that are not made last.
func (s *state) renameSlabs() {
	var name [maxSlabs + 1]ref // by the old name
	next := ref(0)
	for _, sl := range s.live[:s.nlive] {
		next++
		name[sl] = next
	}
	for _, sl := range s.deferred.slabs[:s.deferred.nslabs] {
		next++
		name[sl] = next
	}
	for _, free := range [2]bool{true, false} {
		for r := ref(1); r <= maxSlabs; r++ {
			if name[r] == 0 && s.at(r).free == free {
				next++
				name[r] = next
			}
		}
	}
	if name == [...]ref{0, 1, 2, 3, 4, 5} {
		return
	}
	s.rename(name)
}

func (s *state) rename(name [maxSlabs + 1]ref) {
	old := s.slabs
	for r := ref(1); r <= maxSlabs; r++ {
		s.slabs[name[r]-1] = old[r-1]
	}
	for i := range s.live {
		s.live[i] = name[s.live[i]]
	}
	for i := range s.slots {
		s.slots[i] = name[s.slots[i]]
	}
	for i := range s.pool {
		s.pool[i].slab = name[s.pool[i].slab]
		s.dying[i].tok.slab = name[s.dying[i].tok.slab]
	}
	for i := range s.producers {
		p := &s.producers[i]
		p.tok.slab, p.hand = name[p.tok.slab], name[p.hand]
	}
	s.reclaimer.hand = name[s.reclaimer.hand]
	for i := range s.collector.cursors {
		x := &s.collector.cursors[i]
		x.slab = name[x.slab]
	}
	s.collector.batch.rename(name)
	s.orphans = renameSet(s.orphans, name)
	for i := range s.senders {
		s.senders[i].slabs = renameSet(s.senders[i].slabs, name)
		s.senders[i].alone.slab = name[s.senders[i].alone.slab]
		s.senders[i].batch.rename(name)
	}
	s.deferred.rename(name)
	for i := range s.flushes {
		f := &s.flushes[i]
		old := f.target
		for r := ref(1); r <= maxSlabs; r++ {
			f.target[name[r]-1] = old[r-1]
		}
	}
}

func (b *batch) rename(name [maxSlabs + 1]ref) {
	for i := range b.at {
		b.at[i].slab = name[b.at[i].slab]
	}
}

func (df *deferred) rename(name [maxSlabs + 1]ref) {
	for i := range df.slabs {
		df.slabs[i] = name[df.slabs[i]]
	}
	for i := range df.waiting {
		df.waiting[i].slab = name[df.waiting[i].slab]
	}
}

// sort puts the deferred records that wait in the order of the records.
func (df *deferred) sort() {
	slices.SortFunc(df.waiting[:df.nwaiting], func(a, b deferral) int { return int(a.rec) - int(b.rec) })
}

func renameSet(set uint8, name [maxSlabs + 1]ref) (to uint8) {
	for r := ref(1); r <= maxSlabs; r++ {
		if in(set, r) {
			to |= 1 << (name[r] - 1)
		}
	}
	return to
}

// sortTokens puts the Tokens that have a slab first, in order of the slabs.
func sortTokens(pool *[maxPool]token) {
	for i := 1; i < maxPool; i++ {
		for j := i; j > 0 && pool[j].slab != 0 && (pool[j-1].slab == 0 || pool[j].slab < pool[j-1].slab); j-- {
			pool[j], pool[j-1] = pool[j-1], pool[j]
		}
	}
}

func (s *state) sortSenders() {
	rank := func(x *sender) (r int) {
		if x.again {
			r = 1 + int(x.alone.slab)<<4 + int(x.alone.i)<<1
		}
		return int(x.seq)<<16 | int(x.pc)<<8 | r
	}
	for i := 1; i < maxSenders; i++ {
		for j := i; j > 0 && rank(&s.senders[j]) > rank(&s.senders[j-1]); j-- {
			s.senders[j], s.senders[j-1] = s.senders[j-1], s.senders[j]
		}
	}
}

// forgetKeys clears the keys that nobody reads again: those of records that are
// taken, except for the last of a slab, which the next one must not be before.
func (s *state) forgetKeys() {
	for i := range s.slabs {
		d := &s.slabs[i]
		for j := uint8(0); j+1 < d.committed && j < d.taken; j++ {
			d.index[j].key = 0
		}
	}
}

// renameKeys makes the keys 1, 2, 3 and so on.
func (s *state) renameKeys() {
	var used [256]bool
	s.eachKey(func(k *uint8) { used[*k] = true })
	var name [256]uint8
	next := uint8(0)
	for k := 1; k <= int(s.clock); k++ {
		if used[k] {
			next++
			name[k] = next
		}
	}
	name[maxKey] = maxKey
	s.eachKey(func(k *uint8) { *k = name[*k] })
	s.clock = max(next, min(s.clock, 1))
}

// eachKey calls f for each reading of the clock that somebody remembers.
func (s *state) eachKey(f func(*uint8)) {
	for i := range s.slabs {
		for j := range s.slabs[i].index {
			f(&s.slabs[i].index[j].key)
		}
	}
	for i := range s.producers {
		f(&s.producers[i].key)
	}
	c := &s.collector
	f(&c.before)
	f(&c.after)
	f(&c.horizon)
	for i := range c.cursors[:c.ncursors] {
		f(&c.cursors[i].key)
	}
}

// renameBatches moves the numbers of batches down as far as it goes.
func (s *state) renameBatches() {
	if s.lastSeq == 0 {
		return
	}
	least := s.lastSeq
	s.eachSeq(func(seq *uint8) { least = min(least, *seq) })
	least--
	s.lastSeq -= least
	s.eachSeq(func(seq *uint8) { *seq -= least })
}

// eachSeq calls f for each number of a batch that somebody remembers.
func (s *state) eachSeq(f func(*uint8)) {
	seen := func(seq *uint8) {
		if *seq > 0 {
			f(seq)
		}
	}
	for i := range s.senders {
		seen(&s.senders[i].seq)
		seen(&s.senders[i].alone.seq)
	}
	for i := range s.deferred.waiting[:s.deferred.nwaiting] {
		seen(&s.deferred.waiting[i].seq)
	}
	for i := range s.flushes {
		seen(&s.flushes[i].seq)
	}
}

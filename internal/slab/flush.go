package slab

import "slices"

// Flush waits for the records that were committed when it was made.
type Flush struct {
	done    chan struct{}
	targets []target // slabs with such records that are in no batch yet
	seq     uint64   // the last batch that has some of them, once targets is empty
	lost    uint64
	moved   bool // see flushEvicted; Set.mu guards it
}

// target is what must be taken from a slab: its first n records in its present
// use.
type target struct {
	slab *slab
	gen  uint64
	n    uint32
}

// Flush returns a Flush of all records that are committed now and neither
// delivered nor lost yet.
func (s *Set) Flush() *Flush {
	f := &Flush{done: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reap()
	for _, sl := range s.live {
		if n, _ := sl.state(); n > sl.taken {
			f.targets = append(f.targets, target{sl, sl.gen, n})
		}
	}
	s.flushes = append(s.flushes, f)
	s.checkFlushes()
	return f
}

// Done is closed when each record of the Flush has been delivered or lost.
func (f *Flush) Done() <-chan struct{} { return f.done }

// Undelivered returns how many records of the Flush have been lost so far or
// are still on their way, and forgets the Flush. Records that share a batch
// with those of the Flush are counted with them.
func (s *Set) Undelivered(f *Flush) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := f.lost
	select {
	case <-f.done:
		return n
	default:
	}
	s.flushes = slices.DeleteFunc(s.flushes, func(g *Flush) bool { return g == f })
	for _, t := range f.targets {
		n += uint64(t.left())
	}
	for _, b := range s.flights {
		if f.covers(b.Seq) {
			n += uint64(b.n)
		}
	}
	for _, d := range s.deferred.waiting {
		if f.covers(d.seq) {
			n++
		}
	}
	return n
}

// left returns how many records of the target are in no batch yet.
func (t target) left() uint32 {
	if t.slab.gen != t.gen || t.slab.taken >= t.n {
		return 0
	}
	return t.n - t.slab.taken
}

// covers reports whether the batch may hold records of the Flush.
func (f *Flush) covers(seq uint64) bool { return len(f.targets) > 0 || seq <= f.seq }

// checkFlushes closes the flushes that are complete. The caller holds Set.mu.
func (s *Set) checkFlushes() {
	s.flushes = slices.DeleteFunc(s.flushes, func(f *Flush) bool {
		if len(f.targets) > 0 || f.seq == 0 {
			f.targets = slices.DeleteFunc(f.targets, func(t target) bool { return t.left() == 0 })
			if len(f.targets) > 0 {
				return false
			}
			f.seq = s.lastSeq
		}
		if len(s.flights) > 0 && s.flights[0].Seq <= f.seq || s.deferred.since(f.seq) {
			return false
		}
		close(f.done)
		return true
	})
}

// flushLost charges n records of a batch that were not delivered.
func (s *Set) flushLost(seq, n uint64) {
	for _, f := range s.flushes {
		if f.covers(seq) {
			f.lost += n
		}
	}
}

// flushEvicted charges the eviction of what in a slab is less important than level.
func (s *Set) flushEvicted(sl *slab, level uint8) {
	for _, f := range s.flushes {
		for _, t := range f.targets {
			if t.slab != sl || t.left() == 0 {
				continue
			}
			for i := sl.taken; i < t.n; i++ {
				if _, l := sl.end(i); l < level {
					f.lost++
				} else {
					f.moved = true
				}
			}
		}
	}
}

// flushMoved makes each Flush of which an eviction has copied records to this slab wait
// for all that is in it.
func (s *Set) flushMoved(to *slab) {
	n, _ := to.state()
	for _, f := range s.flushes {
		if f.moved {
			f.targets, f.moved = append(f.targets, target{to, to.gen, n}), false
		}
	}
}

// Flushing reports whether a Flush waits for records that are in no batch yet.
func (s *Set) Flushing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.flushes, func(f *Flush) bool { return len(f.targets) > 0 })
}

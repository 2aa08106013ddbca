package slab

import (
	"cmp"
	"slices"
)

// This file is how records make way for others. Only those can that are queued in a
// sealed slab of which no batch holds a part.

// Eviction says what makes way when a record finds no room.
type Eviction uint8

const (
	// Never means that nothing does.
	Never Eviction = iota
	// Oldest is for the oldest slab, whatever it holds.
	Oldest
	// Lesser is for the oldest records of the least important level, as long as that is
	// less important than the one that finds no room. What is more important in their slabs
	// is copied to a new one, for which Config.Limits must leave a slab of MaxBytes free.
	Lesser
)

// Evicted says what an eviction cost: records by level.
type Evicted [Levels]uint64

// evict makes room for size bytes at the given level, if that is the policy and
// evictions can, and reports whether they could. If not, nothing is evicted. As there must
// be room within the limit of the level, no level gets any that a more important one would
// not get. The caller holds s.mu.
func (s *Set) evict(size int, level uint8) bool {
	if s.cfg.Evict == Never {
		return false
	}
	if !s.finds(size, level) {
		return false
	}
	for goal := s.cfg.Limits[level] - size; s.liveSize > goal; {
		if s.cfg.Evict == Oldest {
			s.evictOldest()
		} else {
			s.evictLesser(s.liveSize - goal)
		}
	}
	s.openGate()
	s.checkFlushes()
	return true
}

// evictables calls f with those of the live slabs that may be evicted, the oldest first,
// until it returns false.
func (s *Set) evictables(f func(*slab) bool) {
	for _, sl := range s.live {
		if sl.sealed && sl.pins == 0 && !f(sl) {
			return
		}
	}
}

// finds reports whether evictions could make room for size bytes at the given level.
func (s *Set) finds(size int, level uint8) bool {
	want := s.liveSize + size - s.cfg.Limits[level]
	return s.gain(level, want) >= want
}

// gain returns how many bytes evictions for a record of the given level could make free,
// or some of them once that is enough.
func (s *Set) gain(level uint8, enough int) (bytes int) {
	s.evictables(func(sl *slab) bool {
		switch {
		case s.cfg.Evict == Oldest:
			bytes += len(sl.body)
		case sl.levels()&(1<<level-1) > 0:
			bytes += len(sl.body) - sl.size(level)
		}
		return bytes < enough
	})
	return bytes
}

// levels returns a bit for each level of a record in a sealed slab that is in no batch.
func (s *slab) levels() uint8 {
	if s.mask != 0 {
		return s.mask
	}
	s.sizes = [Levels]uint32{}
	n, _ := s.state()
	start := s.takenEnd
	for i := s.taken; i < n; i++ {
		end, level := s.end(i)
		s.mask |= 1 << level
		s.sizes[level] += end - start + entryBytes
		start = end
	}
	return s.mask
}

// size returns the size of a slab for those of the records in a sealed slab that are in no
// batch and at least as important as level.
func (s *slab) size(level uint8) (bytes int) {
	s.levels()
	for _, n := range s.sizes[level:] {
		bytes += int(n)
	}
	return bytes
}

// leastEvictable returns the least important level that could be evicted, or Levels if
// nothing could.
func (s *Set) leastEvictable() (level uint32) {
	mask := uint32(1 << Levels)
	s.evictables(func(sl *slab) bool {
		mask |= uint32(sl.levels())
		return mask&1 == 0
	})
	for mask>>level&1 == 0 {
		level++
	}
	return level
}

// mayEvict is called when there may be more to evict than before, so that nobody is
// refused for want of that. The caller holds s.mu.
func (s *Set) mayEvict() {
	if s.cfg.Evict == Lesser && s.Pressed() {
		s.openGate()
	}
}

// evictOldest evicts the oldest slab.
func (s *Set) evictOldest() {
	s.evictables(func(sl *slab) bool {
		s.gather([]*slab{sl}, Levels)
		return false
	})
}

// evictLesser evicts the least important level from the oldest slabs that hold some of it,
// until so many bytes are free, or what is kept fills a slab. Slabs beside them that hold
// little, because of earlier evictions, are gathered with them, so that there are never
// many of these.
func (s *Set) evictLesser(want int) {
	above := uint8(s.leastEvictable()) + 1
	var run []*slab
	var before *slab // the last slab before the run, if it is small
	gain, size := 0, 0
	s.evictables(func(sl *slab) bool {
		victim, small := sl.levels()&(1<<(above-1)) > 0, len(sl.body) < s.cfg.SlabBytes
		keeps := 0
		switch {
		case victim || small:
			keeps = sl.size(above)
		case run == nil:
			before = nil
			return true
		}
		switch {
		case run != nil:
			if gain >= want || !victim && !small || size+keeps > s.cfg.SlabBytes {
				return false
			}
		case !victim:
			before = sl
			return true
		case before != nil && before.size(above)+keeps <= s.cfg.SlabBytes:
			run, size = append(run, before), before.size(above)
		}
		run = append(run, sl)
		size += keeps
		gain += len(sl.body) - keeps
		return true
	})
	s.gather(run, above)
}

// kept is a record that an eviction leaves.
type kept struct {
	slab       *slab
	key        int64
	start, end uint32
	level      uint8
}

// gather evicts the records of these slabs that are less important than level, and puts
// what is left into a new slab, if anything is. That one is whole before the old ones are
// let go. Who calls it opens the gate, and looks at the flushes.
func (s *Set) gather(run []*slab, level uint8) {
	list := s.kept[:0]
	var lost Evicted
	for _, sl := range run {
		n, _ := sl.state()
		start := sl.takenEnd
		for i := sl.taken; i < n; i++ {
			key, end, l := entry(sl.body, i)
			if l < level {
				lost[l]++
			} else {
				list = append(list, kept{sl, key, start, end, l})
			}
			start = end
		}
		s.flushEvicted(sl, level)
	}
	if s.kept = list; len(list) > 0 {
		// Equal keys stay in the order of their slabs.
		slices.SortStableFunc(list, func(a, b kept) int { return cmp.Compare(a.key, b.key) })
		sl := s.copied(list)
		s.flushMoved(sl)
		s.live = slices.Insert(s.live, slices.Index(s.live, run[0]), sl)
		s.liveSize += len(sl.body)
		n, end := sl.state()
		s.sealed += int(end)
		s.totals.recycled -= uint64(n) // they are committed once
		clear(list)
	}
	s.totals.lost += sum(lost)
	for _, sl := range run {
		n, end := sl.state()
		s.sealed -= int(end - sl.takenEnd)
		sl.taken, sl.takenEnd = n, end
		s.recycle(sl)
	}
	if sum(lost) > 0 {
		s.cfg.Evicted(lost)
	}
}

// copied returns a sealed slab of just the size of these records.
func (s *Set) copied(list []kept) *slab {
	size := entryBytes * len(list)
	for _, k := range list {
		size += int(k.end - k.start)
	}
	s.trimFree(size)
	sl := newSlab(size)
	end := uint32(0)
	for i, k := range list {
		end += uint32(copy(sl.body[end:], k.slab.body[k.start:k.end]))
		putEntry(sl.body[entryAt(size, uint32(i)):], k.key, end, k.level)
	}
	sl.sealed = true
	sl.committed.Store(pack(uint32(len(list)), end))
	return sl
}

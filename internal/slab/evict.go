package slab

// Evicted says what an eviction cost: records by level.
type Evicted [Levels]uint64

// evictable returns how many bytes evictions could make free.
func (s *Set) evictable() (bytes int) {
	for _, sl := range s.live {
		if sl.sealed && sl.pins == 0 {
			bytes += len(sl.body)
		}
	}
	return bytes
}

// evictOldest makes the oldest sealed slab that is in no flight free, whatever
// it holds, and reports whether there was one. The caller holds Set.mu.
func (s *Set) evictOldest() bool {
	for _, sl := range s.live {
		if sl.sealed && sl.pins == 0 {
			s.evict(sl)
			return true
		}
	}
	return false
}

func (s *Set) evict(sl *slab) {
	n, end := sl.state()
	var lost Evicted
	for i := sl.taken; i < n; i++ {
		_, level := sl.end(i)
		lost[level]++
	}
	s.totals.lost += sum(lost)
	s.sealed -= int(end - sl.takenEnd)
	s.flushEvicted(sl)
	sl.taken, sl.takenEnd = n, end
	s.recycleIfDone(sl)
	s.cfg.Evicted(lost)
	s.checkFlushes()
}

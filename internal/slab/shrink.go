package slab

import "slices"

// This file is how a Set gets smaller after a burst.

// Tick starts a new epoch, by which Tokens judge whether they are used enough
// to own a slab.
func (s *Set) Tick() { s.epoch.Add(1) }

// Reclaim seals slabs that wait for more records although few come, so that they
// are recycled once what is in them is delivered: those of unused Tokens, which
// the Tokens own because of a burst, and all but one of those that are lent. If
// all, the last of them too. It is for the collector.
func (s *Set) Reclaim(all bool) {
	// A Token that a processor keeps for itself cannot be had. It parts with its
	// slab when it is used next, or when the garbage collector takes it.
	var tokens []*Token
	for made := s.made.Load(); s.owned.Load() > 0; {
		t := s.pool.Get().(*Token)
		tokens = append(tokens, t)
		if s.made.Load() != made {
			break // it is a new one: there are no more
		}
		switch {
		case t.slab == nil:
		case all:
			s.owned.Add(-1)
			s.seal(t.drop())
		default:
			t.startEpoch()
		}
	}
	for _, t := range tokens {
		s.pool.Put(t)
	}
	for i := range s.shared {
		if i > 0 || all {
			if sl := s.shared[i].slab.Swap(nil); sl != nil {
				s.seal(sl)
			}
		}
	}
}

// Spare reports whether Shrink would find anything to give back.
func (s *Set) Spare() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.free)+len(s.batches) > 0 || s.orphans.Load() != nil
}

// Shrink gives free slabs back to the garbage collector: those beyond what was
// in use at the peak since the last call, or all.
func (s *Set) Shrink(all bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reap()
	keep := 0
	if !all {
		keep = max(0, s.peak-s.liveSize) / s.cfg.SlabBytes
	}
	if len(s.free) > keep {
		s.free = slices.Delete(s.free, 0, len(s.free)-keep)
	}
	s.peak = s.liveSize
	s.batches, s.kept = nil, nil // they remember as many records as the largest had
}

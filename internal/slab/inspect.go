package slab

import "fmt"

// This file is for the model in internal/model, which is a module of its own.

// Audit counts again what the Set counts as it goes, and returns the bytes of
// all slabs and copies, free slabs included, or an error if the counts differ.
func (s *Set) Audit() (bytes int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	live, sealed := s.kept, 0
	for _, sl := range s.live {
		live += len(sl.body)
		if sl.sealed {
			_, n := sl.pending()
			sealed += n
		}
	}
	if live != s.liveSize || sealed != s.sealed {
		return 0, fmt.Errorf("slab: %d bytes live, counted as %d; %d sealed, counted as %d", live, s.liveSize, sealed, s.sealed)
	}
	return live + len(s.free)*s.cfg.SlabBytes, nil
}

// Orphan does to one unused Token what a garbage collection may do.
func (s *Set) Orphan() {
	own := s.pool.Get().(*Token).own
	own.orphan()
	own.slab = nil // the collector will find the Token too
}

package slab

import (
	"fmt"
	"slices"
)

// This file is for the model in internal/model, which is a module of its own.

// Audit counts again what the Set counts as it goes, and returns the bytes of
// all slabs, free ones included, or an error if the counts differ.
func (s *Set) Audit() (bytes int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	live, sealed := 0, 0
	for _, sl := range s.deferred.slabs {
		live += len(sl.body)
		if err := sl.auditDeferred(); err != nil {
			return 0, err
		}
	}
	if live != s.deferred.size {
		return 0, fmt.Errorf("slab: %d bytes for deferred records, counted as %d", live, s.deferred.size)
	}
	open, roomy := int32(0), 0
	for _, sl := range s.live {
		live += len(sl.body)
		if sl.sealed {
			_, n := sl.pending()
			sealed += n
		} else {
			open++
		}
		if sl.roomy {
			roomy++
		}
		if sl.roomy && (!sl.sealed || !slices.Contains(s.roomy, sl)) {
			return 0, fmt.Errorf("slab: a slab that can be reopened is sealed: %v", sl.sealed)
		}
	}
	if live != s.liveSize || sealed != s.sealed || open != s.open.Load() || roomy != len(s.roomy) {
		return 0, fmt.Errorf("slab: %d bytes live, counted as %d; %d sealed, counted as %d; %d slabs open, counted as %d; %d roomy, counted as %d",
			live, s.liveSize, sealed, s.sealed, open, s.open.Load(), roomy, len(s.roomy))
	}
	if err := s.auditGate(); err != nil {
		return 0, err
	}
	return live + len(s.free)*s.cfg.SlabBytes, nil
}

// auditGate finds levels that are refused although there is room, or something that may
// be evicted for them. Where the oldest makes way, full refuses nobody.
func (s *Set) auditGate() error {
	gate, full := s.gate.Load(), s.full.Load()
	for level := range uint8(Levels) {
		top := s.cfg.Limits[level] == s.top()
		if top && uint32(level) >= full || !top && uint32(level) >= gate || gate == closedGate || s.cfg.Evict == Oldest {
			continue
		}
		if s.fits(s.cfg.SlabBytes, level) || s.cfg.Evict == Lesser && s.finds(s.cfg.SlabBytes, level) || len(s.roomy) > 0 && top {
			return fmt.Errorf("slab: level %d is refused with %d bytes live, %d reopenable slabs and %d to evict", level, s.liveSize, len(s.roomy), s.gain(level, s.cfg.MaxBytes))
		}
	}
	return nil
}

// DeferredBytes returns the bytes of the slabs of deferred records.
func (s *Set) DeferredBytes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deferred.size
}

// auditDeferred counts again what is left in a slab of deferred records.
func (s *slab) auditDeferred() error {
	records, bytes, start := 0, 0, uint32(0)
	n, _ := s.state()
	for i := range n {
		end, _ := s.end(i)
		if s.body[entryAt(len(s.body), i)+settledAt] == 0 {
			records++
			bytes += int(end-start) + entryBytes
		}
		start = end
	}
	if records == 0 || records != int(s.pins) || bytes != s.left {
		return fmt.Errorf("slab: %d deferred records in a slab, of %d bytes, counted as %d and %d", records, bytes, s.pins, s.left)
	}
	return nil
}

// Orphan does to one unused Token what a garbage collection may do.
func (s *Set) Orphan() {
	own := s.pool.Get().(*Token).own
	own.orphan()
	own.slab = nil // the collector will find the Token too
}

package slab

import "sync/atomic"

// slot holds a slab without an owner. A Token that logs seldom takes the slab
// out, appends, and puts it back, so that few records from many processors
// fill one slab instead of starting one each.
type slot struct {
	slab atomic.Pointer[slab]
	_    [cacheLines - 8]byte
}

// borrow takes a slab out of the slots, or returns nil if all are empty.
func (s *Set) borrow() *slab {
	for i := range s.shared {
		// The load keeps the line shared between processors while it is empty.
		if s.shared[i].slab.Load() != nil {
			if sl := s.shared[i].slab.Swap(nil); sl != nil {
				return sl
			}
		}
	}
	return nil
}

// lend puts a slab into an empty slot and reports whether there was one. The
// caller must not touch the slab after that.
func (s *Set) lend(sl *slab) bool {
	for i := range s.shared {
		if s.shared[i].slab.CompareAndSwap(nil, sl) {
			return true
		}
	}
	return false
}

// borrowRoom takes a slab with room for size bytes out of the slots, or returns
// nil if there is none.
func (s *Set) borrowRoom(size int) *slab {
	for i := range s.shared {
		if s.shared[i].slab.Load() == nil {
			continue
		}
		sl := s.shared[i].slab.Swap(nil)
		switch {
		case sl == nil:
		case sl.room() >= size:
			return sl
		default:
			s.leave(sl)
		}
	}
	return nil
}

// leave lends a slab without an owner to others, if there is room in it and for it.
func (s *Set) leave(sl *slab) {
	if sl.room() < leastRoom || !s.lend(sl) {
		s.orphan(sl)
	}
}

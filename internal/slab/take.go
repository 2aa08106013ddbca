package slab

import (
	"cmp"
	"slices"
	"time"
)

// Take assembles the next batch from what is committed, oldest first, or
// returns nil if there is nothing whose time has come yet: a record that was
// committed just now, or one whose key is a little ahead of the clock. Only one
// goroutine may be in Take at a time.
// It finds the place of the key gap, if that is in the batch or after all that
// was committed.
func (s *Set) Take(limit Limit, gap int64) *Batch {
	before := s.Key(time.Now())
	b, heap, horizon := s.look(limit)
	all := heap
	b.Gap = -1
	// See the package comment on order. A key behind the horizon may have to stand
	// after records of a slab that is not looked at.
	for latest := min(before, horizon); len(heap) > 0; {
		c := &heap[0]
		if b.Gap < 0 && c.key > gap {
			b.Gap = len(b.Records)
		}
		upTo := min(latest, lead(heap))
		if b.Gap < 0 {
			upTo = min(upTo, gap)
		}
		if c.key > upTo || !b.addRun(c, upTo, limit) {
			break
		}
		if c.i == c.n {
			last := len(heap) - 1
			heap[0], heap[last] = heap[last], heap[0]
			heap = heap[:last]
		}
		siftDown(heap)
	}
	if b.Gap < 0 && len(heap) == 0 && horizon == MaxKey {
		b.Gap = len(b.Records)
	}
	return s.took(b, all)
}

// lead returns the last key for which the first cursor of the heap stays before
// all others.
func lead(heap []cursor) int64 {
	if len(heap) == 1 {
		return MaxKey
	}
	next := &heap[1]
	if len(heap) > 2 && heap[2].before(next) {
		next = &heap[2]
	}
	if heap[0].rank < next.rank {
		return next.key
	}
	return next.key - 1
}

// look pins the slabs that hold the oldest records, enough of them for a
// batch, and returns an empty batch and the slabs as a heap by key. Records with a key behind horizon
// must wait: slabs that were left out may hold earlier ones.
func (s *Set) look(limit Limit) (b *Batch, heap []cursor, horizon int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reap()
	heap = s.cursors[:0]
	for rank, sl := range s.live {
		if n, _ := sl.state(); n > sl.taken {
			heap = append(heap, cursor{slab: sl, rank: rank, n: n, i: sl.taken, off: sl.takenEnd, key: sl.key(sl.taken)})
		}
	}
	s.cursors = heap
	// A sorted slice is a heap.
	slices.SortStableFunc(heap, func(a, b cursor) int { return cmp.Compare(a.key, b.key) })
	horizon = MaxKey
	bytes, records := 0, 0
	for i, c := range heap {
		// Twice the limit, since the horizon cuts a part off.
		if bytes/2 > limit.Bytes || records/2 > limit.Records {
			heap, horizon = heap[:i], c.key
			break
		}
		end, _ := c.slab.end(c.n - 1)
		bytes += int(end - c.off)
		records += int(c.n - c.i)
		c.slab.pins++
	}
	return s.newBatch(), heap, horizon
}

// MaxKey is later than the key of any record, and minKey earlier.
const (
	MaxKey = 1<<63 - 1
	minKey = -1 << 63
)

// took moves the marks of the slabs over what is in the batch, and lets go of
// slabs of which nothing is.
func (s *Set) took(b *Batch, cursors []cursor) *Batch {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.finished {
		b.Records, b.Levels, b.n, b.bytes = b.Records[:0], b.Levels[:0], 0, 0
	}
	for _, c := range cursors {
		sl := c.slab
		if s.finished || c.i == sl.taken {
			sl.pins--
			continue
		}
		if sl.sealed {
			s.sealed -= int(c.off - sl.takenEnd)
		}
		sl.taken, sl.takenEnd, sl.mask = c.i, c.off, 0
		b.slabs = append(b.slabs, sl)
	}
	clear(s.cursors) // hold on to no slab
	s.mayEvict()
	if len(b.Records) == 0 {
		s.reuse(b)
		return nil
	}
	s.launch(b)
	return b
}

// launch gives a batch its number.
func (s *Set) launch(b *Batch) {
	s.lastSeq++
	b.Seq = s.lastSeq
	s.flights = append(s.flights, b) // behind all others
	s.checkFlushes()
}

// TakeNone returns a batch without records, for a marker alone, or nil after
// Finish.
func (s *Set) TakeNone() *Batch {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.finished {
		return nil
	}
	b := s.newBatch()
	s.launch(b)
	return b
}

// siftDown restores the heap after its first cursor has moved on.
func siftDown(heap []cursor) {
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(heap); child++ {
			if heap[child].before(&heap[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		heap[i], heap[least] = heap[least], heap[i]
		i = least
	}
}

package slab

// This file is how a batch lets go of its slabs before it is done.

// keepShare is the part of the budget that what is kept may take: one in so many
// bytes.
const keepShare = 16

// Keep accounts for all records of a batch as delivered but those at left, which
// holds valid indices, ascending, each once. It replaces these in Records by copies,
// and reports true; then the slabs are others', and so are the other records. It does
// nothing if the copies have no place in the budget, or if there are some already.
// Nobody may read Records meanwhile.
func (s *Set) Keep(b *Batch, left []int) bool {
	size, n := 0, 0
	for _, i := range left {
		size += len(b.Records[i])
		if b.Levels[i] != Marker {
			n++
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.left != nil || s.kept+size > s.cfg.MaxBytes/keepShare || s.liveSize+size > s.cfg.MaxBytes {
		return false
	}
	copies := make([]byte, 0, size)
	for _, i := range left {
		start := len(copies)
		copies = append(copies, b.Records[i]...)
		b.Records[i] = copies[start:len(copies):len(copies)]
	}
	s.trimFree(size)
	b.left, b.kept = append([]int{}, left...), size
	s.kept += size
	s.liveSize += size
	s.totals.delivered += uint64(b.n - n)
	b.n = n
	s.unpin(b)
	s.raiseGate()
	return true
}

// unpin lets go of the slabs of a batch. The caller holds s.mu.
func (s *Set) unpin(b *Batch) {
	for _, sl := range b.slabs {
		sl.pins--
		s.recycleIfDone(sl)
	}
	clear(b.slabs)
	b.slabs = b.slabs[:0]
}

// unkeep gives back what the copies of a batch took. The caller holds s.mu.
func (s *Set) unkeep(b *Batch) {
	if b.kept > 0 {
		s.kept -= b.kept
		s.liveSize -= b.kept
		b.kept = 0
		s.openGate()
	}
}

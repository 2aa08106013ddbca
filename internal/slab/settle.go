package slab

import "slices"

// Settlement says what came of the records of a batch, by their indices. Each index
// is valid and stands in one list at most. A record that stands in none is delivered.
type Settlement struct {
	Lost     []int
	Deferred []Deferral // set aside, and taken again with TakeDeferred
	Retry    []int      // stay in the batch
}

// Deferral is a record that is to be set aside.
type Deferral struct {
	Index int
	Token []byte // kept with the record, at most MaxToken bytes
	Due   int64  // the key of the time from which on TakeDeferred returns the record
	Asked bool   // somebody has asked for that wait; see HurryDeferred
}

// Settle accounts for what came of a batch, and reports whether something is left of
// it: the records to retry, and those for whose deferral there is no room. They are
// all that b.Records holds then, in their order. Otherwise the batch is over and must
// not be used any more, which is always so for one of TakeDeferred: what is to be
// retried of that is deferred.
//
// count is told how many records of each level are lost, under the Set's lock and
// before a Flush can see it; it must not block. A marker is never deferred but lost:
// another one will tell the same.
func (s *Set) Settle(b *Batch, o Settlement, count func(lost [Levels]uint64)) (left bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := b.n
	lost, keep := b.lost(o.Lost), slices.Clone(o.Retry)
	for _, d := range o.Deferred {
		switch {
		case b.Levels[d.Index] == Marker:
			lost[Marker]++
		case !s.deferRecord(b, d):
			keep = append(keep, d.Index)
		default:
			before--
		}
	}
	b.keep(keep)
	count(lost)
	n := sum(lost) - lost[Marker]
	s.totals.lost += n
	s.totals.delivered += uint64(before-b.n) - n
	s.flushLost(b.Seq, n)
	if len(b.Records) > 0 {
		return true
	}
	s.unpin(b)
	s.flights = slices.DeleteFunc(s.flights, func(f *Batch) bool { return f == b })
	s.reuse(b)
	s.checkFlushes()
	return false
}

// lost returns how many records of each level these are.
func (b *Batch) lost(indices []int) (lost [Levels]uint64) {
	for _, i := range indices {
		lost[b.Levels[i]]++
	}
	return lost
}

// keep makes the batch one of these records only.
func (b *Batch) keep(indices []int) {
	indices = slices.Sorted(slices.Values(indices))
	b.n, b.bytes = 0, 0
	for to, from := range indices {
		b.Records[to], b.Levels[to] = b.Records[from], b.Levels[from]
		if b.Levels[to] != Marker {
			b.n++
			b.bytes += len(b.Records[to])
		}
	}
	clear(b.Records[len(indices):])
	b.Records, b.Levels = b.Records[:len(indices)], b.Levels[:len(indices)]
}

// unpin lets go of the slabs of a batch. The caller holds s.mu.
func (s *Set) unpin(b *Batch) {
	for _, sl := range b.slabs {
		sl.pins--
		s.recycleIfDone(sl)
	}
	clear(b.slabs)
	b.slabs = b.slabs[:0]
	if b.alone != nil {
		s.settled(b.alone)
		b.alone = nil
	}
	s.mayEvict()
}

func sum(counts [Levels]uint64) (n uint64) {
	for _, c := range counts {
		n += c
	}
	return n
}

package slab

import (
	"container/heap"
	"slices"
	"time"
)

// This file is where records stand that were set aside: in slabs of their own, each
// behind the token that the sender gave with it. Such a slab is written and settled
// under Set.mu alone. Its records are settled one by one, in any order, which the
// index says of each. A record that is deferred again stays where it is, with its new token
// beside it; but from a slab in which most are settled it moves to the one that is being
// filled, so that slabs become free although a few records last.

const (
	// MaxToken is how long a token may be, in bytes.
	MaxToken = 255
	// deferShare is the part of the budget that deferred records may take: one in so
	// many bytes, but one slab at least.
	deferShare = 16
)

// deferral is one record that was set aside.
type deferral struct {
	slab  *slab
	i     uint32 // its place in the slab
	seq   uint64 // of the batch that it was in first
	since int64  // the key of the time when it was deferred first
	times int    // how often it was deferred
	due   int64  // it is not taken before
	asked bool   // as somebody has asked
	token []byte // the last one, if it is not the one in the slab; nil otherwise, and only then
}

// deferred is all of them. Set.mu guards it.
type deferred struct {
	waiting byDue // those that are in no batch
	slabs   []*slab
	open    bool // the last of slabs is being filled
	size    int  // bytes of slabs
}

// byDue is a heap of deferrals, the earliest first.
type byDue []*deferral

func (h byDue) Len() int { return len(h) }
func (h byDue) Less(i, j int) bool {
	return h[i].due < h[j].due || h[i].due == h[j].due && h[i].since < h[j].since // the oldest first
}
func (h byDue) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *byDue) Push(d any)   { *h = append(*h, d.(*deferral)) }
func (h *byDue) Pop() any {
	last := len(*h) - 1
	d := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return d
}

// since reports whether a record waits that was in a batch up to seq.
func (df *deferred) since(seq uint64) bool {
	return slices.ContainsFunc(df.waiting, func(d *deferral) bool { return d.seq <= seq })
}

// TakeDeferred returns a batch with the deferred record that is due first, up to the
// given key, and its token; or nil if none is, or after Finish. Since is the age of
// the deferral, and times how often the record was deferred.
func (s *Set) TakeDeferred(upTo int64) (b *Batch, token []byte, since int64, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.finished || len(s.deferred.waiting) == 0 || s.deferred.waiting[0].due > upTo {
		return nil, nil, 0, 0
	}
	d := heap.Pop(&s.deferred.waiting).(*deferral)
	b = s.newBatch()
	b.Seq, b.Gap, b.alone, b.n = d.seq, -1, d, 1
	token, record, level := d.read()
	b.Records, b.Levels, b.bytes = append(b.Records, record), append(b.Levels, level), len(record)
	i, _ := slices.BinarySearchFunc(s.flights, b.Seq, func(f *Batch, seq uint64) int {
		if f.Seq <= seq {
			return -1
		}
		return 1
	})
	s.flights = slices.Insert(s.flights, i, b)
	return b, token, d.since, d.times
}

// NextDeferred returns the key from which on TakeDeferred returns a record, or MaxKey
// if it returns none.
func (s *Set) NextDeferred() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.finished || len(s.deferred.waiting) == 0 {
		return MaxKey
	}
	return s.deferred.waiting[0].due
}

// HurryDeferred makes the deferred records due by the given key; those whose wait somebody
// has asked for only if asked says so.
func (s *Set) HurryDeferred(by int64, asked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.deferred.waiting {
		if asked || !d.asked {
			d.due = min(d.due, by)
		}
	}
	heap.Init(&s.deferred.waiting)
}

// Crowding returns how much of the room for deferred records is taken, from 0 to 1.
func (s *Set) Crowding() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.deferred.size
	if s.deferred.open {
		taken -= max(0, s.deferred.slabs[len(s.deferred.slabs)-1].room())
	}
	return min(1, float64(taken)/float64(s.deferLimit()))
}

func (s *Set) deferLimit() int { return max(s.cfg.MaxBytes/deferShare, s.cfg.SlabBytes) }

// deferRecord sets a record of the batch aside, and reports whether it could. The
// caller holds s.mu.
func (s *Set) deferRecord(b *Batch, what Deferral) bool {
	d, record := b.alone, b.Records[what.Index]
	key, level := s.Key(time.Now()), b.Levels[what.Index]
	var from, sl *slab
	if d != nil {
		from = d.slab
	}
	if d == nil || s.sparse(from) {
		sl = s.deferRoom(len(what.Token)+len(record), from)
	}
	switch {
	case sl == nil && d == nil:
		return false
	case sl == nil: // it stays where it is
		d.token = append([]byte{}, what.Token...) // not nil, even if it is empty
		b.alone = nil
	default:
		i := sl.put(what.Token, record, key, level)
		next := &deferral{slab: sl, i: i, seq: b.Seq, since: key}
		if d != nil {
			next.since, next.times = d.since, d.times
		}
		d = next // unpin settles the one before, if there is one
	}
	d.times++
	d.due, d.asked = what.Due, what.Asked
	heap.Push(&s.deferred.waiting, d)
	return true
}

// sparse reports whether most records of a slab are settled, so that the others should
// move for the slab to become free.
func (s *Set) sparse(sl *slab) bool {
	n, _ := sl.state()
	last := s.deferred.slabs[len(s.deferred.slabs)-1]
	return 2*int(sl.pins) <= int(n) && (!s.deferred.open || sl != last)
}

// deferRoom returns a slab with room for so many bytes and an index entry, or nil if
// the share of deferred records, or the budget, has none. from is the slab that the
// record is in already, or nil. For records that move there is one slab more. The
// caller holds s.mu.
func (s *Set) deferRoom(bytes int, from *slab) *slab {
	df := &s.deferred
	if last := len(df.slabs) - 1; df.open && df.slabs[last].room() >= bytes {
		sl := df.slabs[last]
		if df.size > s.deferLimit() && !mayFill(sl.room()-bytes, from, df.slabs[:last]) {
			return nil
		}
		return sl
	}
	size := max(s.cfg.SlabBytes, bytes+entryBytes)
	if s.liveSize+size > s.top() {
		return nil
	}
	if beyond := df.size + size - s.deferLimit(); beyond > 0 && len(df.slabs) > 0 &&
		(from == nil || beyond > s.cfg.SlabBytes || !mayFill(size-entryBytes-bytes, from, df.slabs)) {
		return nil
	}
	return s.deferSlab(size)
}

// mayFill reports whether a record may go to the slab that is beyond the share, if it
// leaves so much room there. What is left in the slab with the least must find room,
// so that one becomes free. Otherwise a few records in each could hold all slabs, and
// no record could move any more.
func mayFill(room int, from *slab, others []*slab) bool {
	least := slices.MinFunc(others, func(a, b *slab) int { return a.left - b.left })
	return from == least || room >= least.left
}

// deferSlab returns one more slab for deferred records. The caller holds s.mu.
func (s *Set) deferSlab(size int) (sl *slab) {
	if n := len(s.free); size == s.cfg.SlabBytes && n > 0 {
		sl, s.free = s.free[n-1], s.free[:n-1]
	} else {
		s.trimFree(size)
		sl = newSlab(size)
	}
	df := &s.deferred
	if size > s.cfg.SlabBytes { // for one record, so that the one that is being filled stays so
		df.slabs = slices.Insert(df.slabs, 0, sl)
	} else {
		df.slabs, df.open = append(df.slabs, sl), true
	}
	df.size += size
	s.grow(size)
	return sl
}

// put adds a record behind its token, and returns its place.
func (sl *slab) put(token, record []byte, key int64, level uint8) (i uint32) {
	n, end := sl.state()
	at := int(end) + copy(sl.body[end:], token)
	end = uint32(at + copy(sl.body[at:], record))
	entry := sl.body[entryAt(len(sl.body), n):]
	putEntry(entry, key, end, level)
	entry[tokenAt] = uint8(len(token))
	sl.pins++
	sl.left += len(token) + len(record) + entryBytes
	sl.committed.Store(pack(n+1, end))
	return n
}

// Where the length of a token, and whether the record is settled, stand in an entry.
const (
	tokenAt   = 13
	settledAt = 14
)

// span returns where the token of a deferral starts, and its record ends.
func (d *deferral) span() (start, end uint32) {
	if d.i > 0 {
		start, _ = d.slab.end(d.i - 1)
	}
	end, _ = d.slab.end(d.i)
	return start, end
}

// read returns the token and the record of a deferral, and its level.
func (d *deferral) read() (token, record []byte, level uint8) {
	start, end := d.span()
	_, level = d.slab.end(d.i)
	n := uint32(d.slab.body[entryAt(len(d.slab.body), d.i)+tokenAt])
	if token = d.token; token == nil {
		token = d.slab.body[start : start+n : start+n]
	}
	return token, d.slab.body[start+n : end : end], level
}

// settled makes the place of a deferral free. The caller holds s.mu.
func (s *Set) settled(d *deferral) {
	start, end := d.span()
	d.slab.body[entryAt(len(d.slab.body), d.i)+settledAt] = 1
	d.slab.pins--
	d.slab.left -= int(end-start) + entryBytes
	s.freeIfSettled(d.slab)
}

// freeIfSettled makes a slab free if all its records are settled. The caller holds
// s.mu.
func (s *Set) freeIfSettled(sl *slab) {
	if sl.pins > 0 {
		return
	}
	df := &s.deferred
	i := slices.Index(df.slabs, sl)
	if i == len(df.slabs)-1 {
		df.open = false
	}
	df.slabs = slices.Delete(df.slabs, i, i+1)
	df.size -= len(sl.body)
	s.release(sl)
	s.openGate()
}

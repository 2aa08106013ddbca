package slab

// Stats is a consistent picture of a Set.
type Stats struct {
	Committed uint64 // records, ever
	Delivered uint64
	Lost      uint64 // evicted or not delivered
	InFlight  uint64 // records in batches that are not done
	Waiting   uint64 // deferred records in no batch
	Queued    uint64 // records in no batch yet: Committed less all of the above
	Deferred  uint64 // deferred records, waiting or in a batch
	Bytes     int    // of live slabs
	Batches   uint64 // taken, ever
	Flights   int    // batches that are not done

	UnsentByLevel [Levels]uint64 // of Queued and Waiting; only if asked for
}

// Stats returns the counts of this moment. Committed equals Delivered + Lost +
// InFlight + Waiting + Queued always. Counting by level costs a look at each record.
func (s *Set) Stats(byLevel bool) Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Stats{
		Committed: s.totals.recycled,
		Delivered: s.totals.delivered,
		Lost:      s.totals.lost,
		Bytes:     s.liveSize,
		Batches:   s.lastSeq,
		Flights:   len(s.flights),
	}
	for _, sl := range s.live {
		n, _ := sl.state()
		st.Committed += uint64(n)
		if byLevel {
			for i := sl.taken; i < n; i++ {
				_, level := sl.end(i)
				st.UnsentByLevel[level]++
			}
		}
	}
	st.Waiting = uint64(len(s.deferred.waiting))
	st.Deferred = st.Waiting
	for _, b := range s.flights {
		st.InFlight += uint64(b.n)
		if b.alone != nil {
			st.Deferred++
		}
	}
	if byLevel {
		for _, d := range s.deferred.waiting {
			_, level := d.slab.end(d.i)
			st.UnsentByLevel[level]++
		}
	}
	st.Queued = st.Committed - st.Delivered - st.Lost - st.InFlight - st.Waiting
	return st
}

// Pending returns what is committed and in no batch yet.
func (s *Set) Pending() Limit {
	s.mu.Lock()
	defer s.mu.Unlock()
	var p Limit
	for _, sl := range s.live {
		n, bytes := sl.pending()
		p.Records += n
		p.Bytes += bytes
	}
	return p
}

// Pressed reports whether records are being refused, or would be, for want of
// room.
func (s *Set) Pressed() bool { return s.full.Load() > 0 || s.gate.Load() > 0 }

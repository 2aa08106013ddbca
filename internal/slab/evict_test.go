package slab

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// lesser returns a Set of so many slabs in which the less important makes way.
func lesser(slabs int) (s *Set, evicted *Evicted) {
	evicted = new(Evicted)
	s = newSet(slabs, func(c *Config) {
		c.Evict = Lesser
		for l := range c.Limits {
			c.Limits[l] = c.MaxBytes - c.SlabBytes
		}
		c.Evicted = func(lost Evicted) {
			for l, n := range lost {
				evicted[l] += n
			}
		}
	})
	return s, evicted
}

// fill puts records into a slab that is sealed, with these levels and keys.
func (s *Set) fill(t *testing.T, records ...kept) *slab {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	sl := newSlab(s.cfg.SlabBytes)
	s.enlist(sl)
	for i, r := range records {
		text := fmt.Sprintf("%d:%d %s", r.level, r.key, strings.Repeat("x", 100))
		_, end := sl.state()
		end += uint32(copy(sl.body[end:], text))
		putEntry(sl.body[entryAt(len(sl.body), uint32(i)):], r.key, end, r.level)
		sl.committed.Store(pack(uint32(i+1), end))
	}
	s.sealLocked(sl)
	return sl
}

// heads returns the starts of the records of a slab.
func heads(sl *slab) (list []string) {
	n, _ := sl.state()
	start := uint32(0)
	for i := range n {
		end, _ := sl.end(i)
		list = append(list, strings.Fields(string(sl.body[start:end]))[0])
		start = end
	}
	return list
}

func at(level uint8, key int64) kept { return kept{level: level, key: key} }

// TestLesserMakesWay evicts from slabs in which important and other records stand side by side.
func TestLesserMakesWay(t *testing.T) {
	s, evicted := lesser(4) // three may be in use
	s.fill(t, at(4, 1), at(1, 3), at(1, 5), at(4, 7))
	s.fill(t, at(1, 2), at(4, 4), at(2, 6), at(1, 8))
	s.fill(t, at(4, 9), at(4, 10), at(4, 11), at(4, 12))
	if s.acquireFor(make([]byte, 100), 0, 1) || sum(*evicted) > 0 {
		t.Fatalf("%v make way for a record that is no more important", *evicted)
	}
	f := s.Flush()
	if !s.acquireFor(make([]byte, 400), 13, 4) {
		t.Fatal("an error is refused")
	}
	audit(t, s)
	if *evicted != (Evicted{1: 4}) {
		t.Errorf("%v make way", *evicted)
	}
	// What is kept stands in order, in one slab of its size, before what is younger.
	if want := []string{"4:1", "4:4", "2:6", "4:7"}; !slices.Equal(heads(s.live[0]), want) || s.live[0].room() >= entryBytes {
		t.Errorf("kept are %v, with room for %d more bytes, not %v", heads(s.live[0]), s.live[0].room(), want)
	}
	if st := s.Stats(true); st.Committed != 13 || st.Lost != 4 || st.Queued != 9 {
		t.Errorf("%+v", st)
	}
	// The Flush waits for what was kept, and counts what was not.
	for done := false; !done; {
		select {
		case <-f.Done():
			done = true
		default:
			if b := s.Take(Limit{Bytes: 300, Records: 2}, MaxKey); b != nil {
				settle(s, b, Settlement{})
			}
		}
	}
	if n := s.Undelivered(f); n != 4 {
		t.Errorf("the Flush has lost %d records", n)
	}
	if st := s.Stats(false); st.Delivered < 8 {
		t.Errorf("the Flush is over with %+v", st)
	}
	audit(t, s)
}

// TestLesserInOrder lets more and more important records come, and looks at what is left.
func TestLesserInOrder(t *testing.T) {
	s, evicted := lesser(12)
	for i := range int64(11) {
		s.fill(t, at(1, 4*i), at(2, 4*i+1), at(3, 4*i+2), at(4, 4*i+3))
	}
	for i := range 33 {
		if !s.acquireFor(make([]byte, 60), 100, 5) {
			t.Fatalf("record %d is refused with %v evicted", i, *evicted)
		}
		audit(t, s)
		for l := range 4 {
			if left := s.Stats(true).UnsentByLevel; evicted[l+1] > 0 && left[l] > 0 {
				t.Fatalf("level %d makes way before %d of level %d", l+1, left[l], l)
			}
		}
		if small := slices.Collect(func(yield func(*slab) bool) {
			for _, sl := range s.live {
				if len(sl.body) < 512 && sl.levels()&(1<<5) == 0 && !yield(sl) {
					return
				}
			}
		}); len(small) > 11 {
			t.Fatalf("%d copies", len(small))
		}
	}
	if s.Stats(true).UnsentByLevel[5] != 33 || evicted[4] > 0 {
		t.Errorf("%+v, evicted are %v", s.Stats(true), *evicted)
	}
}

// TestWhatIsHeldMakesNoWay refuses an error when a batch holds a part of each slab, and
// takes it as soon as the batch has let go of them, though none becomes free by that.
func TestWhatIsHeldMakesNoWay(t *testing.T) {
	s, evicted := lesser(4)
	for i := range int64(3) {
		s.fill(t, at(1, i-100), at(1, i-97), at(1, i-94), at(1, i-91))
	}
	b := s.Take(Limit{Bytes: 10000, Records: 6}, MaxKey) // two of each
	if _, why := s.Begin(4); why != Full || s.full.Load() != 5 {
		t.Fatalf("refusal %d, full is %d", why, s.full.Load())
	}
	audit(t, s)
	settle(s, b, Settlement{})
	audit(t, s)
	tok, why := s.Begin(4)
	if why != None || *evicted != (Evicted{1: 2}) {
		t.Fatalf("refusal %d, with %v evicted", why, *evicted)
	}
	tok.Discard()
	audit(t, s)
}

// TestReopen gives a slab that was left before it was full to the next who needs one, if
// there is room enough, and keeps the order of the keys in it.
func TestReopen(t *testing.T) {
	s := newSet(4)
	sl := s.fill(t, at(1, s.Key(time.Now())))
	audit(t, s)
	if got, _ := s.acquire(1, 400, 400); got == sl {
		t.Fatal("a slab without room is reopened")
	}
	got, _ := s.acquire(1, 100, 100)
	if got != sl || sl.sealed || len(s.roomy) != 0 {
		t.Fatalf("sealed: %v, %d more can be reopened", sl.sealed, len(s.roomy))
	}
	audit(t, s)
	s.orphan(got)
	audit(t, s)
	commit(t, s, strings.Repeat("y", 100))
	if n, _ := sl.state(); n != 2 {
		t.Errorf("%d records in the slab that was left", n)
	}
	audit(t, s)
}

// TestCrowd begins more records than there are slabs, and commits them all.
func TestCrowd(t *testing.T) {
	s := newSet(16)
	var open []*Token
	for i := range 80 {
		tok, why := s.Begin(1)
		if why != None {
			t.Fatalf("record %d is refused: %d", i, why)
		}
		open = append(open, tok)
	}
	if n := s.Stats(false).Bytes / 512; n > int(s.maxOpen)+1 {
		t.Errorf("%d slabs are held", n)
	}
	taken := 0
	now := time.Now()
	for i, tok := range open { // each with an earlier time
		switch why := tok.Commit(append(tok.Buf(), strings.Repeat("z", 50)...), now.Add(-time.Duration(i))); why {
		case None:
			taken++
		default:
			t.Errorf("record %d is refused: %d", taken, why)
			tok.Discard()
		}
	}
	audit(t, s)
	for _, sl := range s.live {
		n, _ := sl.state()
		for i := uint32(1); i < n; i++ {
			if sl.key(i) < sl.key(i-1) {
				t.Errorf("record %d of a slab has the key %d, after %d", i, sl.key(i), sl.key(i-1))
			}
		}
	}
	for left := taken; left > 0; {
		if b := s.Take(Limit{Bytes: 1 << 20, Records: 1000}, MaxKey); b != nil {
			left -= b.Len()
			settle(s, b, Settlement{})
		}
	}
	audit(t, s)
}

// TestAFlushWaitsForCopies evicts from all slabs that a Flush waits for.
func TestAFlushWaitsForCopies(t *testing.T) {
	s, _ := lesser(4)
	s.fill(t, at(1, -8), at(4, -7), at(1, -6), at(4, -5))
	f, empty := s.Flush(), s.Flush()
	s.fill(t, at(1, -4), at(1, -3), at(1, -2), at(1, -1))
	if !s.acquireFor(make([]byte, 700), 0, 4) {
		t.Fatal("an error is refused")
	}
	select {
	case <-f.Done():
		t.Fatal("the Flush is over, with records in a copy")
	default:
	}
	if n := s.Undelivered(empty); n != 4 {
		t.Errorf("%d records are not delivered", n)
	}
	b := s.Take(Limit{Bytes: 1000, Records: 2}, MaxKey)
	settle(s, b, Settlement{})
	select {
	case <-f.Done():
	default:
		t.Error("the Flush waits for nothing")
	}
	if n := s.Undelivered(f); n != 2 {
		t.Errorf("the Flush has lost %d records", n)
	}
}

// TestWhatIsTakenIsNotEvictable looks at the levels in a slab before and after a part of it
// is taken.
func TestWhatIsTakenIsNotEvictable(t *testing.T) {
	s, _ := lesser(4)
	sl := s.fill(t, at(1, -8), at(4, -7))
	if sl.levels() != 1<<1|1<<4 || s.leastEvictable() != 1 {
		t.Errorf("levels %b", sl.levels())
	}
	b := s.Take(Limit{Bytes: 1000, Records: 1}, MaxKey)
	settle(s, b, Settlement{})
	if sl.levels() != 1<<4 || s.leastEvictable() != 4 {
		t.Errorf("levels %b after the first record was taken", sl.levels())
	}
}

package slab

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// newSet returns a Set of so many slabs of 512 bytes.
func newSet(slabs int, changes ...func(*Config)) *Set {
	cfg := Config{
		SlabBytes: 512, MaxBytes: slabs * 512, MaxRecord: 2000, FullBytes: 1 << 20, FullRecords: 1000,
		Wake: func() {}, Evicted: func(Evicted) {},
	}
	for l := range cfg.Limits {
		cfg.Limits[l] = cfg.MaxBytes
	}
	for _, change := range changes {
		change(&cfg)
	}
	return New(cfg)
}

// commit appends the records.
func commit(t *testing.T, s *Set, records ...string) {
	t.Helper()
	for _, r := range records {
		tok, why := s.Begin(1)
		if why == None {
			why = tok.Commit(append(tok.Buf(), r...), time.Time{})
		}
		if why != None {
			t.Fatalf("%.20q is refused: %d", r, why)
		}
	}
}

// batchOf commits the records, and takes them.
func batchOf(t *testing.T, s *Set, records ...string) *Batch {
	t.Helper()
	commit(t, s, records...)
	for {
		switch b := s.Take(Limit{Bytes: 1 << 20, Records: len(records)}, MaxKey); {
		case b == nil: // the clock has not moved on yet
		case b.Len() != len(records):
			t.Fatalf("%d records are taken of %d", b.Len(), len(records))
		default:
			return b
		}
	}
}

// settle settles the batch, and returns how many records count as lost.
func settle(s *Set, b *Batch, o Settlement) (left bool, lost [Levels]uint64) {
	left = s.Settle(b, o, func(l [Levels]uint64) { lost = l })
	return left, lost
}

// deferAll defers all records of a batch, with tokens of so many bytes.
func deferAll(t *testing.T, s *Set, b *Batch, tokenBytes int) {
	t.Helper()
	var o Settlement
	for i := range b.Records {
		o.Deferred = append(o.Deferred, Deferral{Index: i, Token: make([]byte, tokenBytes)})
	}
	if left, _ := settle(s, b, o); left {
		t.Fatalf("no room for the deferral of %d records", len(b.Records))
	}
}

// audit fails if the counts of the Set are wrong, or the budget is passed.
func audit(t *testing.T, s *Set) {
	t.Helper()
	if bytes, err := s.Audit(); err != nil || bytes > s.cfg.MaxBytes {
		t.Fatalf("%d bytes of %d: %v", bytes, s.cfg.MaxBytes, err)
	}
}

func strs(records [][]byte) (list []string) {
	for _, r := range records {
		list = append(list, string(r))
	}
	return list
}

func TestSettle(t *testing.T) {
	due := func(i int) Deferral { return Deferral{Index: i} }
	for _, c := range []struct {
		name string
		out  Settlement
		left string
		want Stats // of four records
	}{
		{"all delivered", Settlement{}, "", Stats{Delivered: 4}},
		{"all lost", Settlement{Lost: []int{0, 1, 2, 3}}, "", Stats{Lost: 4}},
		{"one lost", Settlement{Lost: []int{2}}, "", Stats{Lost: 1, Delivered: 3}},
		{"all to retry", Settlement{Retry: []int{0, 1, 2, 3}}, "a b c d", Stats{InFlight: 4, Flights: 1}},
		{"some to retry, in any order", Settlement{Retry: []int{3, 1}}, "b d", Stats{Delivered: 2, InFlight: 2, Flights: 1}},
		{"one deferred", Settlement{Deferred: []Deferral{due(1)}}, "", Stats{Delivered: 3, Waiting: 1, Deferred: 1}},
		{"all deferred", Settlement{Deferred: []Deferral{due(0), due(1), due(2), due(3)}}, "", Stats{Waiting: 4, Deferred: 4}},
		{
			"one of each",
			Settlement{Lost: []int{0}, Deferred: []Deferral{due(1)}, Retry: []int{2}},
			"c",
			Stats{Lost: 1, Delivered: 1, Waiting: 1, Deferred: 1, InFlight: 1, Flights: 1},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSet(8)
			b := batchOf(t, s, "a", "b", "c", "d")
			left, lost := settle(s, b, c.out)
			if left != (c.left != "") || left && strings.Join(strs(b.Records), " ") != c.left {
				t.Errorf("%v, %q are left, not %q", left, b.Records, c.left)
			}
			st := s.Stats(true)
			c.want.Committed, c.want.Batches, c.want.Bytes = 4, 1, st.Bytes
			c.want.UnsentByLevel[1] = c.want.Waiting
			if st != c.want || sum(lost) != c.want.Lost {
				t.Errorf("%+v, %d lost; not %+v", st, sum(lost), c.want)
			}
			audit(t, s)
		})
	}
}

// What finds no room is retried, and the list that the caller gave stays what it was.
func TestSettleWithoutRoom(t *testing.T) {
	s := newSet(4)
	big := strings.Repeat("x", 400)
	deferAll(t, s, batchOf(t, s, big), 50)
	b := batchOf(t, s, "a", big, "c")
	list := []int{0, 7, 7}
	left, _ := settle(s, b, Settlement{Deferred: []Deferral{{Index: 1}}, Retry: list[:1]})
	if !left || !slices.Equal(strs(b.Records), []string{"a", big}) || b.Len() != 2 || b.Bytes() != 401 {
		t.Errorf("%v, %.20q are left", left, b.Records)
	}
	if !slices.Equal(list, []int{0, 7, 7}) {
		t.Errorf("the caller's list is %v now", list)
	}
	if st := s.Stats(false); st.Delivered != 1 || st.Waiting != 1 || st.InFlight != 2 {
		t.Errorf("%+v", st)
	}
	settle(s, b, Settlement{})
	audit(t, s)
}

// A marker is in no count, and never deferred.
func TestSettleMarker(t *testing.T) {
	for _, c := range []struct {
		name string
		out  Settlement
		lost uint64
		left int
	}{
		{"delivered", Settlement{}, 0, 0},
		{"lost", Settlement{Lost: []int{0}}, 1, 0},
		{"deferred", Settlement{Deferred: []Deferral{{Index: 0}}}, 1, 0},
		{"to retry", Settlement{Retry: []int{0}}, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSet(8)
			b := batchOf(t, s, "a")
			b.Gap = 0
			b.Mark([]byte("gap"))
			left, lost := settle(s, b, c.out)
			if left != (c.left > 0) || lost != [Levels]uint64{Marker: c.lost} {
				t.Errorf("%v, %v lost", left, lost)
			}
			if left && (len(b.Records) != c.left || b.Len() != 0) {
				t.Errorf("%q are left, %d of them counted", b.Records, b.Len())
			}
			if st := s.Stats(false); st.Delivered != 1 || st.Lost+st.Waiting+st.InFlight > 0 {
				t.Errorf("%+v", st)
			}
		})
	}
}

// A batch that is over is used again, and nothing of it is left in it.
func TestSettleReuse(t *testing.T) {
	s := newSet(8)
	deferAll(t, s, batchOf(t, s, "a", "b"), 3)
	for range 2 {
		b, _, _, _ := s.TakeDeferred(MaxKey - 1)
		deferAll(t, s, b, 4)
	}
	b := batchOf(t, s, "c")
	if b.alone != nil || len(b.Records) != 1 || len(b.slabs) != 1 || b.Bytes() != 1 {
		t.Errorf("%+v", b)
	}
	settle(s, b, Settlement{Retry: []int{0}})
	settle(s, b, Settlement{})
	if st := s.Stats(false); st.Waiting != 2 || st.Delivered != 1 || st.Flights != 0 {
		t.Errorf("%+v", st)
	}
	audit(t, s)
}

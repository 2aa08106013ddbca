package slab

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// again takes the deferred record that is due first.
func again(t *testing.T, s *Set) (b *Batch, token string, times int) {
	t.Helper()
	b, tok, _, times := s.TakeDeferred(MaxKey - 1)
	if b == nil {
		t.Fatal("no deferred record is due")
	}
	return b, string(tok), times
}

// once takes the deferred record that is due first, and defers it again.
func once(t *testing.T, s *Set, token string, due int64) {
	t.Helper()
	b, _, _ := again(t, s)
	if left, _ := settle(s, b, Settlement{Deferred: []Deferral{{Token: []byte(token), Due: due}}}); left {
		t.Fatal("a deferred record is left")
	}
	audit(t, s)
}

// A record comes back with the token that was given last, whether it has moved or
// stayed where it was.
func TestToken(t *testing.T) {
	longest := strings.Repeat("t", MaxToken)
	for _, c := range []struct {
		name   string
		tokens []string
		size   int // of the record
		stays  bool
	}{
		{"moves", []string{"one", "two", "three"}, 50, false},
		{"empty ones", []string{"", "x", "", ""}, 50, false},
		{"longest", []string{longest, "", longest}, 50, false},
		{"stays", []string{"one", "two", "three"}, 400, true},
		{"stays, empty ones", []string{"one", "", "", "x", ""}, 400, true},
		{"stays, longest", []string{"one", longest, "x"}, 400, true},
		{"of its own", []string{"one", "", longest}, 1000, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSet(8)
			record := strings.Repeat("r", c.size)
			b := batchOf(t, s, record)
			for i, want := range c.tokens {
				token := []byte(want)
				if left, _ := settle(s, b, Settlement{Deferred: []Deferral{{Token: token}}}); left {
					t.Fatal("no room")
				}
				if c.stays { // the budget is all in use
					s.cfg.MaxBytes = s.liveSize
				}
				clear(token) // it is the caller's
				var times int
				var have string
				if b, have, times = again(t, s); have != want || times != i+1 {
					t.Fatalf("deferral %d came with %q, as number %d; not with %q", i+1, have, times, want)
				}
				if string(b.Records[0]) != record || b.Levels[0] != 1 || b.Seq != 1 {
					t.Fatalf("%.20q of level %d, batch %d", b.Records[0], b.Levels[0], b.Seq)
				}
			}
			settle(s, b, Settlement{})
			if st := s.Stats(false); st.Delivered != 1 || st.Deferred != 0 || s.deferred.size != 0 {
				t.Errorf("%+v, %d bytes of deferred records", st, s.deferred.size)
			}
		})
	}
}

// The token that a record comes with may be given again with it.
func TestTokenAlias(t *testing.T) {
	s := newSet(4)
	b := batchOf(t, s, strings.Repeat("r", 300))
	settle(s, b, Settlement{Deferred: []Deferral{{Token: []byte("token")}}})
	for i := range 10 {
		if i == 5 {
			s.cfg.MaxBytes = s.liveSize // it stays from here on
		}
		b, token, _, _ := s.TakeDeferred(0)
		if string(token) != "token"[min(i, 5):] {
			t.Fatalf("%q", token)
		}
		if i < 5 {
			token = token[1:]
		}
		settle(s, b, Settlement{Deferred: []Deferral{{Token: token}}})
	}
}

// The earliest comes first, and none before it is due.
func TestDue(t *testing.T) {
	s := newSet(8)
	b := batchOf(t, s, "a", "b", "c")
	settle(s, b, Settlement{Deferred: []Deferral{{Index: 0, Due: 30}, {Index: 1, Due: 10}, {Index: 2, Due: 20}}})
	if b, _, _, _ := s.TakeDeferred(9); b != nil || s.NextDeferred() != 10 {
		t.Errorf("%q is due; the next is at %d", b.Records, s.NextDeferred())
	}
	first, _, _, _ := s.TakeDeferred(15)
	if none, _, _, _ := s.TakeDeferred(15); string(first.Records[0]) != "b" || none != nil {
		t.Errorf("%q comes first, and then %v", first.Records, none)
	}
	s.HurryDeferred(12, true)
	if s.NextDeferred() != 12 {
		t.Errorf("the next is at %d", s.NextDeferred())
	}
	for range 2 {
		b, _, _, _ := s.TakeDeferred(12)
		settle(s, b, Settlement{})
	}
	if s.NextDeferred() != MaxKey || s.Stats(false).Delivered != 2 {
		t.Errorf("the next is at %d, %+v", s.NextDeferred(), s.Stats(false))
	}
}

// After Finish nothing is due any more.
func TestDeferredFinish(t *testing.T) {
	s := newSet(8)
	deferAll(t, s, batchOf(t, s, "a"), 0)
	s.Finish()
	if b, _, _, _ := s.TakeDeferred(MaxKey - 1); b != nil || s.NextDeferred() != MaxKey {
		t.Errorf("%v is taken, the next is at %d", b, s.NextDeferred())
	}
	if st := s.Stats(false); st.Waiting != 1 {
		t.Errorf("%+v", st)
	}
}

// Deferred records take their share, and what is beyond stays in its batch.
func TestDeferShare(t *testing.T) {
	for _, c := range []struct{ slabs, share int }{{4, 1}, {16, 1}, {32, 2}, {48, 3}} {
		t.Run(fmt.Sprint(c.slabs), func(t *testing.T) {
			s := newSet(c.slabs)
			for i := range c.share {
				if have, want := s.Crowding(), float64(i)/float64(c.share); have != want {
					t.Errorf("crowding is %v, not %v", have, want)
				}
				deferAll(t, s, batchOf(t, s, strings.Repeat("x", 400)), 96)
			}
			if s.Crowding() != 1 {
				t.Errorf("crowding is %v", s.Crowding())
			}
			b := batchOf(t, s, "a")
			if left, _ := settle(s, b, Settlement{Deferred: []Deferral{{Index: 0}}}); !left {
				t.Error("there is room beyond the share")
			}
			if s.deferred.size != c.share*512 {
				t.Errorf("%d bytes", s.deferred.size)
			}
			audit(t, s)
		})
	}
}

// What deferred records take is charged to the limits of the levels, and given back.
func TestDeferGate(t *testing.T) {
	s := newSet(4, func(c *Config) { c.Limits[0] = 2 * c.SlabBytes })
	first := batchOf(t, s, strings.Repeat("a", 400), strings.Repeat("b", 400))
	if _, why := s.Begin(0); why == Shed {
		t.Fatal("refused at the limit")
	}
	settle(s, first, Settlement{Deferred: []Deferral{{Index: 0}}, Retry: []int{1}})
	if _, why := s.Begin(0); why != Shed {
		t.Errorf("%d, with the limit passed", why)
	}
	select {
	case <-s.Room():
	default:
	}
	b, _, _ := again(t, s)
	settle(s, b, Settlement{})
	select {
	case <-s.Room():
	default:
		t.Error("no signal of room")
	}
	settle(s, first, Settlement{})
	if _, why := s.Begin(0); why == Shed {
		t.Error("refused with room")
	}
	audit(t, s)
}

// Free slabs make way for one of another size.
func TestDeferTrims(t *testing.T) {
	s := newSet(8)
	large := batchOf(t, s, strings.Repeat("x", 1500))
	rest := batchOf(t, s, slices.Repeat([]string{strings.Repeat("y", 400)}, 5)...)
	settle(s, rest, Settlement{})
	s.Reclaim(true)
	audit(t, s)
	if len(s.free) < 3 {
		t.Fatalf("%d slabs are free", len(s.free))
	}
	deferAll(t, s, large, 0)
	audit(t, s)
}

// A record that is larger than a slab gets one of its own size, beside the one that
// is being filled.
func TestDeferLarge(t *testing.T) {
	s := newSet(160)
	deferAll(t, s, batchOf(t, s, "a"), 0)
	deferAll(t, s, batchOf(t, s, strings.Repeat("x", 1500)), 9)
	deferAll(t, s, batchOf(t, s, "b"), 0)
	if len(s.deferred.slabs) != 2 || s.deferred.size != 512+1500+9+entryBytes {
		t.Errorf("%d slabs of %d bytes", len(s.deferred.slabs), s.deferred.size)
	}
	audit(t, s)
	for range 3 {
		b, _, _ := again(t, s)
		settle(s, b, Settlement{})
		audit(t, s)
	}
	if len(s.deferred.slabs) != 0 || s.deferred.open {
		t.Errorf("%d slabs", len(s.deferred.slabs))
	}
}

// A few records that fail again and again do not hold all of the share: they leave a
// slab in which most are settled, in whatever order they are taken.
func TestDeferredMove(t *testing.T) {
	for _, c := range []struct{ slabs, left int }{{4, 1}, {4, 2}, {32, 1}, {160, 1}, {160, 2}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			s := newSet(c.slabs)
			share := s.deferLimit() / s.cfg.SlabBytes
			record := strings.Repeat("x", 100) // with its entry and token a quarter of a slab
			for range share {
				deferAll(t, s, batchOf(t, s, record, record, record, record), 12)
			}
			// Of each slab, some are delivered; the others fail.
			for _, sl := range slices.Clone(s.deferred.slabs) {
				for range 4 - c.left {
					i := slices.IndexFunc(s.deferred.waiting, func(d *deferral) bool { return d.slab == sl })
					s.deferred.waiting[i].due = -1
					s.HurryDeferred(0, true)
					b, _, _, _ := s.TakeDeferred(-1)
					settle(s, b, Settlement{})
				}
			}
			// New ones come between.
			for i := range 4 * c.left * share {
				once(t, s, strings.Repeat("t", 12), int64(i)*1000)
				b := batchOf(t, s, record)
				settle(s, b, Settlement{Deferred: []Deferral{{Token: make([]byte, 12), Due: int64(i)*1000 + 1}}})
				if b.Len() > 0 {
					settle(s, b, Settlement{})
				} else if b, _, _, _ := s.TakeDeferred(int64(i)*1000 + 1); b != nil {
					settle(s, b, Settlement{})
				}
				audit(t, s)
			}
			most := (share*c.left+1)/2 + 1 // they leave a slab when most others have
			if n := len(s.deferred.slabs); n > most {
				t.Errorf("%d records are in %d slabs, not %d", share*c.left, n, most)
			}
		})
	}
}

// A Flush waits for the deferred records of its batches, and counts them.
func TestFlushDeferred(t *testing.T) {
	done := func(f *Flush) bool {
		select {
		case <-f.Done():
			return true
		default:
			return false
		}
	}
	s := newSet(8)
	b := batchOf(t, s, "a", "b", "c")
	during := s.Flush()
	settle(s, b, Settlement{Deferred: []Deferral{{Index: 0}, {Index: 1, Due: 1}}})
	after, given := s.Flush(), s.Flush()
	if done(during) || done(after) {
		t.Error("a Flush is over, with records that wait")
	}
	if n := s.Undelivered(given); n != 2 {
		t.Errorf("%d are not delivered", n)
	}
	next := batchOf(t, s, "d")
	b, _, _ = again(t, s)
	if s.flights[0] != b || s.flights[1] != next {
		t.Error("the batches in flight are not in order")
	}
	once(t, s, "", 2)
	settle(s, b, Settlement{Lost: []int{0}})
	if done(during) || done(after) {
		t.Error("a Flush is over, with a record that waits")
	}
	b, _, _ = again(t, s)
	settle(s, b, Settlement{})
	if !done(during) || !done(after) || done(s.Flush()) {
		t.Error("the Flushes are not over, or a later one is")
	}
	if n, m := s.Undelivered(during), s.Undelivered(after); n != 1 || m != 1 {
		t.Errorf("%d and %d are lost", n, m)
	}
	settle(s, next, Settlement{})
}

// The times of a deferral are those of the first, wherever it has moved.
func TestSince(t *testing.T) {
	s := newSet(8)
	deferAll(t, s, batchOf(t, s, "a"), 0)
	b, _, since, _ := s.TakeDeferred(0)
	deferAll(t, s, b, 0)
	b, _, again, times := s.TakeDeferred(0)
	if again != since || times != 2 {
		t.Errorf("deferred first at %d, then at %d; %d times", since, again, times)
	}
	settle(s, b, Settlement{})
}

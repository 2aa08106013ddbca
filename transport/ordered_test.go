package transport

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
)

// orderedDelivery returns one of ten records, of which no part was sent yet.
func orderedDelivery(t *testing.T) *delivery {
	t.Helper()
	c, err := New(WithAuth(auth.APIKey("key")), WithFormat(Array))
	if err != nil {
		t.Fatal(err)
	}
	b := &batch.Batch{Ordered: true}
	for range 10 {
		b.Records = append(b.Records, []byte("{}"))
	}
	return c.newDelivery(b)
}

// piece returns a part that has had so many attempts, all answered like this.
func piece(lo, hi, attempts int, c class) *part {
	p := &part{lo: lo, hi: hi, key: newUUID(time.Now())}
	p.past.e.Attempts, p.past.failures, p.past.class = attempts, attempts, c
	return p
}

// TestOrderOneAtATime checks that nothing is sent beside a part that is on its way, and
// nothing before the first.
func TestOrderOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := orderedDelivery(t)
		d.todo = []*part{piece(0, 4, 2, failing), piece(4, 10, 0, accepted)}
		d.todo[0].due = time.Now().Add(time.Second)
		if p := d.due(time.Now()); p != nil {
			t.Errorf("%d to %d goes before the first", p.lo, p.hi)
		}
		time.Sleep(time.Second)
		if p := d.due(time.Now()); p == nil || p.lo != 0 || p.hi != 4 {
			t.Errorf("%+v, want the first part, whole", p)
		}
		d.running = 1
		if p := d.due(time.Now()); p != nil {
			t.Errorf("%d to %d goes beside the first", p.lo, p.hi)
		}
	})
}

// TestOrderTakesTurns checks that a record which has failed alone three times shares its
// turns with the one after it, which is cut off what follows.
func TestOrderTakesTurns(t *testing.T) {
	for name, c := range map[string]struct {
		attempts int
		class    class
		beside   bool
	}{
		"two failures":               {2, failing, false},
		"three failures":             {3, failing, true},
		"three without an answer":    {3, unanswered, true},
		"three without a connection": {3, unreachable, false},
		"three with 401":             {3, unauthorized, false},
		"three with 403":             {3, forbidden, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := orderedDelivery(t)
			first := piece(0, 1, c.attempts, c.class)
			d.todo = []*part{first, piece(1, 10, 1, c.class)}
			for turn := range 6 {
				p := d.due(time.Now())
				if p == nil {
					t.Fatalf("turn %d: none", turn)
				}
				if beside := p != first; beside != (c.beside && turn%2 == 0) {
					t.Fatalf("turn %d: %d to %d", turn, p.lo, p.hi)
				}
				if p != first && c.class != unanswered && p.len() != 1 {
					t.Fatalf("turn %d: %d to %d, want a single record", turn, p.lo, p.hi)
				}
				if p == first || c.class == unanswered {
					d.back(p)
				} // else it was accepted
			}
		})
	}
}

// TestOrderInAnOutage checks that the records after one that fails come before their turn
// the more rarely, the further away they are.
func TestOrderInAnOutage(t *testing.T) {
	d := orderedDelivery(t)
	for i := range 10 {
		d.todo = append(d.todo, piece(i, i+1, 0, failing))
	}
	d.todo = d.todo[1:]
	sent := make([]int, 10)
	for range 100 {
		p := d.due(time.Now())
		sent[p.lo]++
		p.past.e.Attempts++
		d.back(p)
	}
	for i := 1; i < 10; i++ {
		if sent[i] > sent[i-1] {
			t.Errorf("%d has had more attempts than the one before: %v", i, sent)
		}
	}
	if sent[0] < 50 || sent[1] < 3 || sent[6] > 0 {
		t.Errorf("attempts: %v", sent)
	}
}

// TestOrderSingleRecordsOnly checks that a part of several that fails lets nothing go
// before it.
func TestOrderSingleRecordsOnly(t *testing.T) {
	d := orderedDelivery(t)
	d.todo = []*part{piece(0, 2, 99, failing), piece(2, 10, 0, accepted)}
	for range 4 {
		p := d.due(time.Now())
		if p == nil || p.lo != 0 {
			t.Fatalf("%+v", p)
		}
		d.back(p)
	}
}

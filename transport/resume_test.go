package transport

import (
	"slices"
	"testing"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// TestResume checks that what is left of a batch goes on with the parts, keys and turn that
// it had, and that another batch does not.
func TestResume(t *testing.T) {
	c := newTestClient(t)
	var records [][]byte
	for i := range 10 {
		records = append(records, []byte{'{', byte('0' + i), '}'})
	}
	for _, s := range []struct {
		name    string
		again   []int                // the records that are sent again
		change  func(b *batch.Batch) // nil for none
		want    string               // the parts
		keys    []int                // the part of before whose key each has; -1 for none
		another bool                 // it is a delivery of its own
	}{
		{"all", []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, nil, "0-4 4-5 5-6 6-10", []int{0, 1, 2, 3}, false},
		{"without the first part", []int{4, 5, 6, 7, 8, 9}, nil, "0-1 1-2 2-6", []int{1, 2, 3}, false},
		{"without one that was held", []int{0, 1, 2, 3, 4, 6, 7, 8, 9}, nil, "0-4 4-5 5-9", []int{0, 1, 3}, false},
		{"one only", []int{5}, nil, "0-1", []int{2}, false},
		{"the end of a part is missing", []int{6, 7}, nil, "0-1 1-2", []int{-1, -1}, false},
		{"the start of a part is missing", []int{1, 2, 3, 4}, nil, "0-1 1-2 2-3 3-4", []int{-1, -1, -1, 1}, false},
		{"without its state", []int{0, 1, 2, 3}, func(b *batch.Batch) { b.State = nil }, "0-4", []int{-1}, true},
		{"with the state of another sender", []int{0, 1, 2, 3}, func(b *batch.Batch) { b.State = "another" }, "0-4", []int{-1}, true},
		{"with the state of another client", []int{0, 1, 2, 3}, func(b *batch.Batch) {
			b.State = newTestClient(t).newDelivery(b)
		}, "0-4", []int{-1}, true},
	} {
		t.Run(s.name, func(t *testing.T) {
			b := &batch.Batch{Records: records}
			d := c.newDelivery(b)
			d.turn, d.probes, d.ended = 7, 3, errWaited
			parts := []*part{piece(0, 4, 1, failing), piece(4, 5, 3, failing), piece(5, 6, 3, failing), piece(6, 10, 2, failing)}
			for _, p := range parts {
				p.delivery = d
			}
			d.todo, d.held = []*part{parts[0], parts[1], parts[3]}, []*part{parts[2]}
			d.out = batch.Result{Deferred: []batch.Failure{{Index: 5}}}
			r := d.result(b)
			if !slices.Equal(r.Retry, []int{0, 1, 2, 3, 4, 6, 7, 8, 9}) || len(r.Deferred) != 1 || b.State != d {
				t.Fatalf("%+v", r)
			}
			var keys []string
			for _, p := range parts {
				keys = append(keys, p.key)
			}
			b = &batch.Batch{State: b.State}
			for _, i := range s.again {
				b.Records = append(b.Records, records[i])
			}
			if s.change != nil {
				s.change(b)
			}
			e := c.resume(b)
			if got := spans(e.todo...); got != s.want || (e != d) != s.another {
				t.Fatalf("%s, want %s; another delivery: %v", got, s.want, e != d)
			}
			for i, p := range e.todo {
				if want := s.keys[i]; want < 0 && p.key != "" || want >= 0 && p.key != keys[want] {
					t.Errorf("part %d has the key %q, of %q", i, p.key, keys)
				}
				if p.delivery != e {
					t.Errorf("part %d is of another delivery", i)
				}
			}
			if e.ended != nil || len(e.held)+len(e.out.Deferred) != 0 || !s.another && (e.turn != 7 || e.probes != 3) {
				t.Errorf("ended: %v, %d are held, %d are deferred, turn %d", e.ended, len(e.held), len(e.out.Deferred), e.turn)
			}
		})
	}
}

// TestDeferredComesBack checks that a record which was deferred goes on as its token says,
// after all others.
func TestDeferredComesBack(t *testing.T) {
	p := deferredPart()
	d := newTestClient(t).newDelivery(&batch.Batch{Records: [][]byte{[]byte("{}")}, Deferred: 2, Token: p.appendToken(nil), Crowding: 0.5})
	got := d.todo[0]
	if len(d.todo) != 1 || !d.deferred || d.turn != lastTurn || d.crowding != 0.5 {
		t.Fatalf("%+v", d)
	}
	if got.key != p.key || got.past.failures != p.past.failures || !got.past.since.Equal(p.past.since) || got.past.started.After(time.Now()) {
		t.Errorf("%+v", got)
	}
}

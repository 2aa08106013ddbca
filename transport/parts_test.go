package transport

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// queue is a delivery of ten records whose parts the test sets. Nothing is sent.
type queue struct {
	*testing.T
	*delivery
	e *engine
}

func newQueue(t *testing.T, b batch.Batch) *queue {
	t.Helper()
	for range 10 {
		b.Records = append(b.Records, []byte("{}"))
	}
	c := newTestClient(t)
	return &queue{t, c.newDelivery(&b), c.engine}
}

// has makes the parts those that wait.
func (q *queue) has(parts ...*part) {
	for _, p := range parts {
		p.delivery = q.delivery
	}
	q.todo = parts
}

// takes takes a part, and begins to send it.
func (q *queue) takes() *part {
	q.Helper()
	p, _ := q.take(time.Now())
	if p == nil {
		q.Fatalf("no part of %v", spans(q.todo...))
	}
	return q.e.start(p, time.Now())
}

// gives ends a request: the part waits again.
func (q *queue) gives(p *part) {
	q.e.running--
	q.running--
	q.back(p)
}

// wants checks which records the parts that wait have.
func (q *queue) wants(want string) {
	q.Helper()
	if got := spans(q.todo...); got != want {
		q.Fatalf("%q wait, want %q", got, want)
	}
}

// spans shows the records of parts, as 0-4 5-10.
func spans(parts ...*part) string {
	var list []string
	for _, p := range parts {
		if p == nil {
			list = append(list, "none")
			continue
		}
		list = append(list, fmt.Sprintf("%d-%d", p.lo, p.hi))
	}
	return strings.Join(list, " ")
}

// piece returns a part that has had so many attempts, all answered like this. With none
// it was never sent.
func piece(lo, hi, attempts int, c class) *part {
	p := &part{lo: lo, hi: hi}
	if attempts > 0 {
		p.key = newUUID(time.Now())
		p.past.e.Attempts, p.past.failures, p.past.class = attempts, attempts, c
		p.past.stored = c == unanswered
	}
	return p
}

func isHalf(p *part) *part {
	p.tree.parent = &part{}
	return p
}

// TestOrderOneAtATime checks that nothing is sent beside a part that is on its way, and
// nothing before the first.
func TestOrderOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t, batch.Batch{Ordered: true})
		q.has(piece(0, 4, 1, failing), piece(4, 10, 0, accepted))
		due := time.Now().Add(time.Second)
		q.todo[0].due = due
		if p, at := q.take(time.Now()); p != nil || !at.Equal(due) {
			t.Errorf("%s goes before the first, or at %v", spans(p), at)
		}
		time.Sleep(time.Second)
		p := q.takes()
		if spans(p) != "0-4" {
			t.Errorf("%s, want the first part, whole", spans(p))
		}
		if p, at := q.take(time.Now()); p != nil || !at.IsZero() || q.candidate() != nil {
			t.Errorf("%s goes beside the first, or at %v", spans(p), at)
		}
		q.gives(p)
		q.wants("0-4 4-10")
	})
}

// TestOrderTakesTurns checks that a record which has failed alone three times shares its
// turns with the one after it, which is cut off what follows.
func TestOrderTakesTurns(t *testing.T) {
	for name, c := range map[string]struct {
		first  *part
		beside string // goes in every second turn; empty for none
	}{
		"two failures":               {piece(0, 1, 2, failing), ""},
		"three failures":             {piece(0, 1, 3, failing), "1-2"},
		"three without an answer":    {piece(0, 1, 3, unanswered), "1-10"}, // it may have been stored
		"three without a connection": {piece(0, 1, 3, unreachable), ""},
		"three with 401":             {piece(0, 1, 3, unauthorized), ""},
		"three with 407":             {piece(0, 1, 3, misconfigured), ""},
		"three with 403":             {piece(0, 1, 3, forbidden), "1-2"},
		"three of several":           {piece(0, 2, 3, failing), ""},
		"three of a half":            {isHalf(piece(0, 2, 3, failing)), "2-3"},
		"two of a half":              {isHalf(piece(0, 2, 2, failing)), ""},
	} {
		t.Run(name, func(t *testing.T) {
			q := newQueue(t, batch.Batch{Ordered: true})
			q.has(c.first, piece(c.first.hi, 10, 1, c.first.past.class))
			q.e.evidence.accepted = time.Now().Add(time.Hour) // otherwise one record of several would tell why
			for turn := range 6 {
				p := q.takes()
				want := spans(c.first)
				if c.beside != "" && turn%2 == 0 {
					want = c.beside
				}
				if turn < 2 && spans(p) != want || (p != c.first) != (c.beside != "" && turn%2 == 0) {
					t.Fatalf("turn %d: %s, want %s", turn, spans(p), want)
				}
				if p == c.first || c.first.past.class == unanswered {
					q.gives(p)
				} else { // it was accepted
					q.e.running--
					q.running--
				}
			}
		})
	}
}

// TestOrderInAnOutage checks that the records after one that fails come before their turn
// the more rarely, the further away they are.
func TestOrderInAnOutage(t *testing.T) {
	q := newQueue(t, batch.Batch{Ordered: true})
	var parts []*part
	for i := range 10 {
		parts = append(parts, piece(i, i+1, 0, failing))
	}
	q.has(parts...)
	sent := make([]int, 10)
	for range 100 {
		p := q.takes()
		sent[p.lo]++
		p.past.e.Attempts++
		q.gives(p)
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

// TestCandidate has the table of which part of a batch may be a probe.
func TestCandidate(t *testing.T) {
	for _, c := range []struct {
		name    string
		ordered bool
		parts   []*part
		beside  bool // the last one was not the first
		want    string
	}{
		{"none", false, nil, false, "none"},
		{"the one that has failed least", false, []*part{piece(0, 4, 3, failing), piece(4, 5, 1, failing), piece(5, 10, 2, failing)}, false, "4-5"},
		{"the first of those", false, []*part{piece(0, 4, 3, failing), piece(4, 5, 1, failing), piece(5, 10, 1, failing)}, false, "4-5"},
		{"in order, none", true, nil, false, "none"},
		{"in order, the first", true, []*part{piece(0, 1, 2, failing), piece(1, 10, 0, failing)}, false, "0-1"},
		{"in order, the one after", true, []*part{piece(0, 1, 3, failing), piece(1, 10, 0, failing)}, false, "1-10"},
		{"in order, the first again", true, []*part{piece(0, 1, 3, failing), piece(1, 10, 0, failing)}, true, "0-1"},
		{"in order, the first that does not fail", true, []*part{piece(0, 1, 12, failing), piece(1, 2, 3, failing), piece(2, 10, 0, failing)}, false, "2-10"},
		{"in order, not yet", true, []*part{piece(0, 1, 11, failing), piece(1, 2, 3, failing), piece(2, 10, 0, failing)}, false, "0-1"},
		{"in order, all fail", true, []*part{piece(0, 1, 12, failing), piece(1, 2, 3, failing)}, false, "0-1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := newQueue(t, batch.Batch{Ordered: c.ordered})
			q.has(c.parts...)
			for _, p := range q.todo {
				p.due = time.Now().Add(time.Hour) // a probe does not wait for that
			}
			q.beside = c.beside
			if got := spans(q.candidate()); got != c.want {
				t.Fatalf("%s, want %s", got, c.want)
			}
			if q.ended = errWaited; q.candidate() != nil {
				t.Error("nothing more of it is to be sent")
			}
		})
	}
}

// TestTake has the table of the next part of a batch without order.
func TestTake(t *testing.T) {
	const sec = time.Second
	for _, c := range []struct {
		name    string
		parts   []*part
		due     []time.Duration // of the parts, from now
		change  func(q *queue)  // nil for none
		want    string          // the part
		left    string          // those that wait then
		atLeast time.Duration   // until the next, if there is no part; zero if that is not known
	}{
		{"none", nil, nil, nil, "none", "", 0},
		{"the first", []*part{piece(0, 4, 1, failing), piece(4, 10, 0, accepted)}, nil, nil, "0-4", "4-10", 0},
		{"the first that is due", []*part{piece(0, 4, 1, failing), piece(4, 10, 0, accepted)}, []time.Duration{sec, 0}, nil, "4-10", "0-4", 0},
		{"none is due", []*part{piece(0, 4, 1, failing), piece(4, 10, 1, failing)}, []time.Duration{2 * sec, sec}, nil, "none", "0-4 4-10", sec},
		{"it has ended", []*part{piece(0, 10, 0, accepted)}, nil, func(q *queue) { q.ended = errWaited }, "none", "0-10", 0},
		{"beside others", []*part{piece(0, 10, 0, accepted)}, nil, func(q *queue) { q.running = 5 }, "0-10", "", 0},

		{"a record after two failures", []*part{piece(0, 10, 2, failing)}, nil, nil, "one", "nine", 0},
		{"a record of a half", []*part{isHalf(piece(0, 10, 2, failing))}, nil, nil, "one", "nine", 0},
		{"whole after one failure", []*part{piece(0, 10, 1, failing)}, nil, nil, "0-10", "", 0},
		{"whole if others are accepted", []*part{piece(0, 10, 2, failing)}, nil, func(q *queue) {
			q.e.evidence.accepted = q.todo[0].past.last.Add(1)
		}, "0-10", "", 0},
		{"a record if others were accepted before", []*part{piece(0, 10, 2, failing)}, nil, func(q *queue) {
			q.e.evidence.accepted = q.todo[0].past.last
		}, "one", "nine", 0},
		{"whole while it may be chance", []*part{piece(0, 10, 5, failing)}, nil, func(q *queue) {
			q.e.evidence.random = share{100, 99}
		}, "0-10", "", 0},
		{"a record when it is no chance", []*part{piece(0, 10, 6, failing)}, nil, func(q *queue) {
			q.e.evidence.random = share{100, 99}
		}, "one", "nine", 0},
		{"whole without an answer", []*part{piece(0, 10, 5, unanswered)}, nil, nil, "0-10", "", 0},
		{"a record without an answer, if that is known", []*part{piece(0, 10, 5, unanswered)}, nil, func(q *queue) {
			q.e.evidence.blame(noAnswer, false, time.Now())
		}, "one", "nine", 0},
		{"whole where the server is busy", []*part{piece(0, 10, 5, busy)}, nil, nil, "0-10", "", 0},
		{"a single record", []*part{piece(0, 1, 5, failing)}, nil, nil, "0-1", "", 0},

		{"as much as the window allows", []*part{piece(0, 10, 0, accepted)}, nil, func(q *queue) { q.e.window.now.records = 3 }, "0-3", "3-10", 0},
		{"as many bytes as it allows", []*part{piece(0, 10, 0, accepted)}, nil, func(q *queue) { q.e.window.now.bytes = 13 }, "0-4", "4-10", 0},
		{"a record that is larger", []*part{piece(0, 10, 0, accepted)}, nil, func(q *queue) { q.e.window.now.bytes = 1 }, "0-1", "1-10", 0},
		{"whole if it was sent before", []*part{piece(0, 10, 1, failing)}, nil, func(q *queue) { q.e.window.now.records = 3 }, "0-10", "", 0},
		{"whole if it is a half", []*part{isHalf(piece(0, 5, 0, accepted))}, nil, func(q *queue) { q.e.window.now.records = 3 }, "0-5", "", 0},
		{"nothing beside the first array", []*part{piece(2, 10, 0, accepted)}, nil, func(q *queue) {
			q.e.window, q.running = newWindow(Auto), 1
		}, "none", "2-10", 0},
		{"a record beside the first array", []*part{piece(2, 6, 0, accepted), piece(6, 7, 0, accepted)}, nil, func(q *queue) {
			q.e.window, q.running = newWindow(Auto), 1
		}, "6-7", "2-6", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := newQueue(t, batch.Batch{})
				q.has(c.parts...)
				now := time.Now()
				for i, d := range c.due {
					q.todo[i].due = now.Add(d)
				}
				for _, p := range q.todo {
					p.past.last = now.Add(-time.Second)
				}
				if c.change != nil {
					c.change(q)
				}
				p, at := q.take(now)
				if c.want == "one" {
					if p == nil || p.len() != 1 || p.lo != 0 && p.hi != 10 || len(q.todo) != 1 || q.todo[0].len() != 9 || !q.todo[0].due.After(now) {
						t.Fatalf("%s, and %s waits", spans(p), spans(q.todo...))
					}
					return
				}
				if got := spans(p); got != c.want {
					t.Fatalf("%s, want %s", got, c.want)
				}
				if q.wants(c.left); p == nil && !at.Equal(now.Add(c.atLeast)) && (c.atLeast > 0 || !at.IsZero()) {
					t.Errorf("the next one in %v", at.Sub(now))
				}
			})
		})
	}
}

// TestTakeBesideATrial checks that one part at a time may hold more than the server took,
// and that others may not beside it.
func TestTakeBesideATrial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(t, batch.Batch{})
		q.e.window.tooMuch(size{4, unbounded}, time.Now())
		first := q.takes()
		time.Sleep(learntFor)
		trial, beside := q.takes(), q.takes()
		if got := spans(first, trial, beside); got != "0-2 2-6 6-8" || first.trial || !trial.trial || beside.trial {
			t.Errorf("%s; trials: %v, %v, %v", got, first.trial, trial.trial, beside.trial)
		}
		q.e.release(trial)
		if last := q.takes(); spans(last) != "8-10" || last.trial || q.e.window.trial {
			t.Errorf("%s is no more than the server took, but a trial: %v", spans(last), last.trial)
		}
	})
}

// TestProbeOfAPart has the table of what a probe is.
func TestProbeOfAPart(t *testing.T) {
	for _, c := range []struct {
		name  string
		p     *part
		fault *Error
		auto  bool // nothing is known of the server, and a request runs
		whole bool
	}{
		{"never sent", piece(0, 10, 0, accepted), &Error{Status: 503}, false, false},
		{"failed", piece(0, 10, 1, failing), &Error{Status: 500}, false, false},
		{"401", piece(0, 10, 1, unauthorized), &Error{Status: 401}, false, false},
		{"no answer", piece(0, 10, 1, unanswered), &Error{}, false, true},
		{"busy", piece(0, 10, 1, busy), &Error{Status: 503}, false, true},
		{"never sent, others were too many", piece(0, 10, 0, accepted), &Error{Status: 429}, false, true},
		{"likewise, but an array goes alone", piece(0, 10, 0, accepted), &Error{Status: 429}, true, false},
		{"a single record", piece(0, 1, 1, failing), &Error{Status: 500}, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := newQueue(t, batch.Batch{})
			q.has(c.p)
			q.e.breaker.fault = c.fault
			if c.auto {
				q.e.window, q.running = newWindow(Auto), 1
			}
			n, before := c.p.len(), c.p.key
			p := q.takeProbe(c.p, time.Now())
			if (p.len() == n) != c.whole || !c.whole && p.len() != 1 || q.probes != 1 {
				t.Fatalf("%s of %d records; %d probes", spans(p), n, q.probes)
			}
			if c.whole {
				if len(q.todo) != 0 || p.key != before {
					t.Errorf("%s waits too; the key has changed: %v", spans(q.todo...), p.key != before)
				}
				return
			}
			if len(q.todo) != 1 || q.todo[0] != c.p || c.p.len() != n-1 || p.key != "" || before != "" && (c.p.key == before || c.p.key == "") {
				t.Errorf("%s is left, with the same key: %v", spans(q.todo...), c.p.key == before)
			}
		})
	}
}

// TestOneRecordOfAPart checks that the record which is taken off a part comes from either
// end, with order from the first, belongs to the same part that was split, and that what
// the window has to do with the rest ends: it is another part.
func TestOneRecordOfAPart(t *testing.T) {
	for _, ordered := range []bool{false, true} {
		t.Run(fmt.Sprint("ordered ", ordered), func(t *testing.T) {
			ends := map[int]int{}
			for range 100 {
				q := newQueue(t, batch.Batch{Ordered: ordered})
				p := isHalf(piece(0, 10, 1, failing))
				p.tree.parent.tree.left, p.stuck, p.trial = 2, true, true
				q.e.window.stuck, q.e.window.trial = 1, true
				q.has(p)
				one := q.one(p)
				ends[one.lo]++
				if one.tree.parent != p.tree.parent || p.tree.parent.tree.left != 3 {
					t.Fatalf("%d parts are left of the one that was split", p.tree.parent.tree.left)
				}
				if p.stuck || p.trial || q.e.window.stuck != 0 || q.e.window.trial {
					t.Fatalf("%+v", q.e.window)
				}
				if one.past.failures != 0 || one.past.e.Attempts != 1 {
					t.Fatalf("%+v", one.past)
				}
			}
			if len(ends) != map[bool]int{true: 1, false: 2}[ordered] || ends[0] == 0 || ends[0]+ends[9] != 100 {
				t.Errorf("%v", ends)
			}
		})
	}
}

// TestBackKeepsOrder checks that parts wait in the order of their records.
func TestBackKeepsOrder(t *testing.T) {
	q := newQueue(t, batch.Batch{})
	q.has()
	all := []*part{piece(0, 1, 0, accepted), piece(1, 4, 0, accepted), piece(4, 5, 0, accepted), piece(5, 10, 0, accepted)}
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 0, 3, 1}} {
		q.todo = nil
		for _, i := range order {
			q.back(all[i])
		}
		q.wants("0-1 1-4 4-5 5-10")
	}
}

// TestIsAlone checks when all that is left of a batch are single records that fail.
func TestIsAlone(t *testing.T) {
	for _, c := range []struct {
		name  string
		p     *part
		other []*part
		want  bool
	}{
		{"nothing else is left", piece(0, 1, 3, failing), nil, true},
		{"it has failed twice", piece(0, 1, 2, failing), nil, false},
		{"it has two records", piece(0, 2, 3, failing), nil, false},
		{"another like it", piece(0, 1, 3, failing), []*part{piece(1, 2, 3, failing)}, true},
		{"another that has failed twice", piece(0, 1, 3, failing), []*part{piece(1, 2, 3, failing), piece(2, 3, 2, failing)}, false},
		{"others that are several", piece(0, 1, 3, failing), []*part{piece(1, 3, 3, failing)}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := newQueue(t, batch.Batch{})
			q.has(append(slices.Clone(c.other), c.p)...)
			q.todo = c.other
			if c.p.isAlone() != c.want {
				t.Errorf("%v", !c.want)
			}
		})
	}
}

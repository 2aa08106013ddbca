package transport

import (
	"math/rand/v2"
	"testing"
	"time"
)

// pane is a window with a clock that is moved by hand.
type pane struct {
	*testing.T
	*window
	at time.Time
}

func newPane(t *testing.T, f Format) *pane {
	t.Helper()
	return &pane{t, newWindow(f), time.Unix(1_000_000, 0)}
}

func (p *pane) wants(records int, trial, alone bool) {
	p.Helper()
	if most, tr, al := p.cut(p.at); most.records != records || tr != trial || al != alone {
		p.Fatalf("%d records, trial %v, alone %v; want %d, %v, %v", most.records, tr, al, records, trial, alone)
	}
}

// TestWindowStartsSlowly checks that the first part has two records, that the window is
// 256 once that was accepted, and doubles from then on.
func TestWindowStartsSlowly(t *testing.T) {
	p := newPane(t, Auto)
	p.wants(firstWindow, false, true)
	p.accepted(size{firstWindow, 200}, false)
	for n := secondWindow; n <= 1024; n *= 2 {
		p.wants(n, false, false)
		p.accepted(size{n, 100 * n}, false)
	}
	p.accepted(size{1, 100}, false) // a small one does not make it smaller
	p.wants(2048, false, false)
}

// TestWindowOfAFormat checks that a server whose format is given gets full parts at once.
func TestWindowOfAFormat(t *testing.T) {
	for _, f := range []Format{Array, NDJSON} {
		newPane(t, f).wants(unbounded, false, false)
	}
}

// TestWindowHalves checks that the window becomes half of what had to be split, and
// doubles again, without a limit that it would remember.
func TestWindowHalves(t *testing.T) {
	p := newPane(t, Array)
	p.split(size{500, 50_000}, false, p.at)
	p.wants(250, false, false)
	p.split(size{500, 50_000}, false, p.at) // another one of the same round
	p.wants(250, false, false)
	for _, n := range []int{250, 125, 62, 31, 15, 7, 3, 1, 1} {
		p.split(size{n, 100 * n}, false, p.at)
		p.wants(max(1, n/2), false, false)
	}
	for n := 1; n < 1000; n *= 2 {
		p.accepted(size{n, 100 * n}, false)
		p.wants(2*n, false, false)
	}
	p.wants(1024, false, false)
	if most, _, _ := p.cut(p.at); most.bytes < 100*512 {
		t.Errorf("%d bytes", most.bytes)
	}
}

// TestWindowIgnoresTheFirstPair checks that a pair which is rejected before anything is
// known leaves the window as it is: what comes of its records alone says whether it was
// the array.
func TestWindowIgnoresTheFirstPair(t *testing.T) {
	p := newPane(t, Auto)
	p.split(size{2, 200}, false, p.at)
	p.wants(2, false, true)
	p.accepted(size{2, 200}, false)
	p.split(size{4, 400}, false, p.at)
	p.wants(2, false, false)
}

// TestWindowCeiling checks what is remembered of a server that takes single records only,
// or no more than so much: it holds for ten minutes, then one part at a time may be twice
// as large.
func TestWindowCeiling(t *testing.T) {
	p := newPane(t, Array)
	p.tooMuch(size{8, 8000}, p.at)
	p.wants(4, false, false)
	p.tooMuch(size{100, 4000}, p.at) // the lower one counts, of each
	if most, _, _ := p.cut(p.at); most != (size{4, 2000}) {
		t.Fatalf("%+v", most)
	}
	p.accepted(size{4, 400}, false)
	p.wants(4, false, false)

	p.at = p.at.Add(learntFor - 1)
	p.wants(4, false, false)
	p.at = p.at.Add(1)
	p.wants(8, true, false)
	for range 10 {
		p.wants(4, false, false) // beside it
	}
	p.split(size{8, 800}, true, p.at) // still too much
	for range 2 {
		p.wants(4, false, false)
		p.at = p.at.Add(learntFor - 1)
		p.wants(4, false, false)
		p.at = p.at.Add(1)
		p.wants(8, true, false)
		p.untry() // it came to no end
		p.wants(8, true, false)
		p.split(size{8, 800}, true, p.at)
	}
	p.at = p.at.Add(learntFor)
	p.wants(8, true, false)
	p.accepted(size{8, 800}, true)
	p.wants(unbounded, false, false)
}

// TestWindowCeilingOfOne checks the server of single objects.
func TestWindowCeilingOfOne(t *testing.T) {
	p := newPane(t, Auto)
	p.split(size{2, 200}, false, p.at)
	p.tooMuch(size{2, unbounded}, p.at)
	for range 100 {
		p.wants(1, false, false)
		p.accepted(size{1, 100}, false)
	}
	p.at = p.at.Add(learntFor)
	p.wants(2, true, false)
}

// TestWindowWhileAPartIsStuck checks that records go one by one after a part without an
// answer, and then together again, but never as many as there are in that.
func TestWindowWhileAPartIsStuck(t *testing.T) {
	p := newPane(t, Array)
	p.stick(size{10, 1000})
	for range leastAlone {
		p.wants(1, false, false)
		p.accepted(size{1, 100}, false)
	}
	for _, n := range []int{2, 4, 5, 5} {
		p.wants(n, false, false)
		p.accepted(size{n, 100 * n}, false)
	}
	p.stick(size{6, 600}) // a smaller one
	for range leastAlone {
		p.wants(1, false, false)
		p.accepted(size{1, 100}, false)
	}
	for _, n := range []int{2, 3, 3} {
		p.wants(n, false, false)
		p.accepted(size{n, 100 * n}, false)
	}
	p.unstick()
	p.wants(3, false, false)
	p.unstick()
	p.accepted(size{3, 300}, false)
	p.wants(6, false, false)
	p.accepted(size{6, 600}, false)
	p.wants(12, false, false)
}

// TestWindowBlames checks that an answer which was the fault of a record is remembered
// for ten minutes, by itself.
func TestWindowBlames(t *testing.T) {
	p := newPane(t, Array)
	p.blame(500, false, p.at)
	for _, c := range []struct {
		answer int
		after  time.Duration
		want   bool
	}{{500, 0, true}, {503, 0, false}, {noAnswer, 0, false}, {500, learntFor - 1, true}, {500, learntFor, false}} {
		if got, lost := p.blames(c.answer, p.at.Add(c.after)); got != c.want || lost {
			t.Errorf("%d after %v: %v", c.answer, c.after, got)
		}
	}
}

func TestWindowKnowsTheLargest(t *testing.T) {
	p := newPane(t, Auto)
	for _, bytes := range []int{10, 500, 20} {
		p.took(size{1, bytes}, cut{})
	}
	if p.largest() != 500 {
		t.Errorf("%d", p.largest())
	}
}

// TestWindowNeverCloses checks that, whatever happens, a part may hold a record, and
// never more than the ceiling but for one trial at a time.
func TestWindowNeverCloses(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		p := newPane(t, Format(rnd.IntN(2)))
		trials, stuck := 0, 0
		for range 500 {
			p.at = p.at.Add(time.Duration(rnd.IntN(60)) * time.Second)
			most, trial, _ := p.cut(p.at)
			if most.records < 1 || most.bytes < 1 {
				t.Fatalf("%+v", most)
			}
			if trial {
				trials++
			}
			if trials > 1 || !trial && p.ceiling.records > 0 && (most.records > p.ceiling.records || most.bytes > p.ceiling.bytes) {
				t.Fatalf("%d trials; %+v above %+v", trials, most, p.ceiling)
			}
			n := 1 + rnd.IntN(min(most.records, 1000))
			s := size{n, n * (1 + rnd.IntN(100))}
			switch rnd.IntN(12) {
			case 0:
				p.split(s, trial, p.at)
			case 1:
				p.tooMuch(s, p.at)
			case 2:
				p.stick(s)
				stuck++
			case 3:
				if stuck > 0 {
					p.unstick()
					stuck--
				}
			case 4: // it is on its way for long
				continue
			default:
				p.accepted(s, trial)
			}
			if trial {
				p.untry()
				trials = 0
			}
		}
	}
}

// TestWindowPairs checks that four pairs in a row that fail, with records that are accepted
// singly, mean that arrays are not taken, and that an accepted array ends the row.
func TestWindowPairs(t *testing.T) {
	p := newPane(t, Auto)
	for n := 1; n < manyPairs; n++ {
		if p.pair() {
			t.Fatalf("after %d pairs", n)
		}
	}
	p.took(size{1, 100}, cut{})
	p.took(size{2, 200}, cut{})
	for n := 1; n <= manyPairs; n++ {
		if got := p.pair(); got != (n == manyPairs) {
			t.Fatalf("%v after %d pairs", got, n)
		}
	}
}

// TestWindowAfterATrial checks that a trial that is accepted lifts the window at once.
func TestWindowAfterATrial(t *testing.T) {
	p := newPane(t, Auto)
	p.tooMuch(size{2, unbounded}, p.at)
	p.at = p.at.Add(learntFor)
	if p.exceeds(size{1, 100}) || !p.exceeds(size{2, 200}) {
		t.Error("only two records are more than one")
	}
	p.wants(2, true, false)
	p.accepted(size{2, 200}, true)
	p.wants(secondWindow, false, false)
}

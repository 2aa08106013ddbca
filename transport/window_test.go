package transport

import (
	"math/rand/v2"
	"testing"
	"time"
)

// pane is a window with a clock that is moved by hand.
type pane struct {
	*testing.T
	window
	at time.Time
}

func newPane(t *testing.T, f Format) *pane {
	t.Helper()
	return &pane{t, newWindow(f), time.Unix(1_000_000, 0)}
}

func (p *pane) wants(records int, trial bool) {
	p.Helper()
	if most, tr := p.next(p.at); most.records != records || tr != trial {
		p.Fatalf("%d records, trial %v; want %d, %v", most.records, tr, records, trial)
	}
}

// takes has a part accepted that fills the window.
func (p *pane) takes(records int) { p.accept(size{records, 100 * records}, false, true) }

// tries takes the trial, as a part that holds more than the ceiling does.
func (p *pane) tries(records int) {
	p.Helper()
	p.wants(records, true)
	p.trial = true
}

// TestWindowStartsSlowly checks that the first part has two records, that the window is
// 256 once that was accepted, and doubles from then on.
func TestWindowStartsSlowly(t *testing.T) {
	p := newPane(t, Auto)
	p.wants(firstWindow, false)
	p.takes(1) // it tells nothing of arrays
	if p.arrays > 0 {
		t.Error("a single record has shown that arrays are taken")
	}
	p.wants(firstWindow, false)
	p.takes(firstWindow)
	if p.arrays != 1 {
		t.Error("an array was accepted")
	}
	for n := secondWindow; n <= 1024; n *= 2 {
		p.wants(n, false)
		p.takes(n)
	}
	p.takes(1) // a small one does not make it smaller
	p.wants(2048, false)
}

// TestWindowOfAFormat checks that a server whose format is given gets as much at once as
// that holds.
func TestWindowOfAFormat(t *testing.T) {
	for f, want := range map[Format]int{Array: unbounded, NDJSON: unbounded, Single: 1} {
		p := newPane(t, f)
		p.wants(want, false)
		if most, _ := p.next(p.at); most.bytes != unbounded || p.arrays < manyArrays {
			t.Errorf("%v: %+v", f, p.window)
		}
	}
}

// TestWindowGrowsByWhatFillsIt checks that the part of one that was split, or a deferred
// record, leaves the window as it is.
func TestWindowGrowsByWhatFillsIt(t *testing.T) {
	p := newPane(t, Array)
	p.split(size{8, 800}, false, p.at)
	before := p.now
	p.accept(size{4, 400}, false, false)
	if p.now != before {
		t.Errorf("%+v after %+v", p.now, before)
	}
	p.accept(size{4, 400}, false, true)
	if want := (size{8, 800}); p.now != want {
		t.Errorf("%+v, want %+v", p.now, want)
	}
}

// TestWindowHalves checks that the window becomes half of what had to be split, and
// doubles again, without a limit that it would remember.
func TestWindowHalves(t *testing.T) {
	p := newPane(t, Array)
	for range 2 { // the second one is of the same round
		p.split(size{500, 50_000}, false, p.at)
		p.wants(250, false)
		if p.now.bytes != 25_000 {
			t.Fatalf("%d bytes", p.now.bytes)
		}
	}
	for _, n := range []int{250, 125, 62, 31, 15, 7, 3, 1, 1} {
		p.split(size{n, 100 * n}, false, p.at)
		p.wants(max(1, n/2), false)
	}
	p.split(size{500, 50_000}, false, p.at) // one that was sent long before
	p.wants(1, false)
	for n := 1; n < 1000; n *= 2 {
		p.takes(n)
		p.wants(2*n, false)
	}
	if most, _ := p.next(p.at); most != (size{1024, 102_400}) {
		t.Errorf("%+v", most)
	}
}

// TestWindowIgnoresTheFirstPair checks that a pair which is rejected before anything is
// known leaves the window as it is: what comes of its records alone says whether it was
// the array. A longer array has been too long.
func TestWindowIgnoresTheFirstPair(t *testing.T) {
	p := newPane(t, Auto)
	p.split(size{2, 200}, false, p.at)
	p.wants(2, false)
	if p.arrays > 0 {
		t.Error("it is known that arrays are taken")
	}
	p.takes(2)
	p.split(size{4, 400}, false, p.at)
	p.wants(2, false)

	p = newPane(t, Auto)
	p.split(size{4, 400}, false, p.at)
	p.wants(2, false)
}

// TestWindowCeiling checks what is remembered of a server that takes no more than so much:
// it holds for ten minutes, then one part at a time may be twice as large.
func TestWindowCeiling(t *testing.T) {
	p := newPane(t, Array)
	p.tooMuch(size{8, 8000}, p.at)
	p.wants(4, false)
	p.tooMuch(size{100, 4000}, p.at) // the lower one counts, of each
	if most, _ := p.next(p.at); most != (size{4, 2000}) {
		t.Fatalf("%+v", most)
	}
	for _, c := range []struct {
		s    size
		want bool
	}{{size{4, 2000}, false}, {size{5, 2000}, true}, {size{4, 2001}, true}, {size{1, 1}, false}} {
		if p.exceeds(c.s) != c.want {
			t.Errorf("%+v exceeds %+v: %v", c.s, p.ceiling, !c.want)
		}
	}
	p.takes(4)
	p.wants(4, false)

	p.at = p.at.Add(learntFor - 1)
	p.wants(4, false)
	p.at = p.at.Add(1)
	if most, _ := p.next(p.at); most != (size{8, 4000}) {
		t.Fatalf("%+v", most)
	}
	p.wants(8, true) // what holds less is no trial
	for range 3 {
		p.tries(8)
		p.wants(4, false) // beside it
		p.split(size{8, 800}, true, p.at)
		p.wants(4, false)
		p.at = p.at.Add(learntFor - 1)
		p.wants(4, false)
		p.at = p.at.Add(1)
	}
	p.tries(8)
	p.takes(4) // beside it
	p.wants(4, false)
	p.accept(size{8, 800}, true, true)
	p.wants(unbounded, false)
}

// TestWindowCeilingOfOne checks the server of single objects: one array of two is tried
// in ten minutes, and lifts the window at once if it is accepted.
func TestWindowCeilingOfOne(t *testing.T) {
	p := newPane(t, Auto)
	p.split(size{2, 200}, false, p.at)
	p.tooMuch(size{2, unbounded}, p.at)
	if p.arrays < manyArrays {
		t.Error("it is known that arrays are not taken")
	}
	for range 100 {
		p.wants(1, false)
		p.takes(1)
	}
	if p.exceeds(size{1, 1 << 30}) || !p.exceeds(size{2, 200}) {
		t.Error("two records are too many, however small, and one is not")
	}
	p.at = p.at.Add(learntFor)
	p.tries(2)
	p.accept(size{2, 200}, true, true)
	p.wants(secondWindow, false)
}

// TestWindowWhileAPartIsStuck checks that records go one by one until no part is without
// an answer, and together again then.
func TestWindowWhileAPartIsStuck(t *testing.T) {
	for _, f := range []Format{Auto, Array} {
		p := newPane(t, f)
		p.stick()
		p.stick()
		for range 100 {
			p.wants(1, false)
			p.takes(1)
		}
		p.unstick()
		p.wants(1, false)
		p.takes(1)
		p.unstick()
		for n := 1; n < 100; n *= 2 {
			p.wants(n, false)
			p.takes(n)
		}
	}
}

// TestWindowKeepsItsCeilingWhileAPartIsStuck checks that a part without an answer makes
// no trial, and lets none grow out of it.
func TestWindowKeepsItsCeilingWhileAPartIsStuck(t *testing.T) {
	p := newPane(t, Array)
	p.tooMuch(size{8, 800}, p.at)
	p.at = p.at.Add(learntFor)
	p.stick()
	p.wants(1, false)
	p.unstick()
	p.wants(8, true)
}

func TestWindowKnowsTheLargest(t *testing.T) {
	p := newPane(t, Auto)
	for _, bytes := range []int{10, 500, 20} {
		p.accept(size{1, bytes}, false, bytes < 500)
	}
	if p.largest != 500 {
		t.Errorf("%d", p.largest)
	}
}

// TestWindowPairs checks that four pairs in a row that fail, with records that are accepted
// singly, mean that arrays are not taken, and that an accepted array ends the row.
func TestWindowPairs(t *testing.T) {
	p := newPane(t, Auto)
	for n := 1; n < manyPairs; n++ {
		if p.takes(1); p.pair(1, 0) {
			t.Fatalf("after %d pairs", n)
		}
	}
	p.takes(2)
	for n := 1; n <= manyPairs; n++ {
		p.takes(1)
		if got := p.pair(1, 0); got != (n == manyPairs) {
			t.Fatalf("%v after %d pairs", got, n)
		}
	}
	p.takes(2)
	for n := 1; n <= 12; n++ { // where more than half fail at random: 0.6 to the 23rd is 8e-6
		p.takes(1)
		if got := p.pair(2, 0.6); got != (n == 12) {
			t.Fatalf("%v after %d failures of many", got, 2*n)
		}
	}
}

// TestWindowNeverCloses checks that, whatever happens, a part may hold a record, and
// never more than the ceiling but for one trial at a time.
func TestWindowNeverCloses(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		p := newPane(t, Format(rnd.IntN(3)))
		for range 500 {
			p.at = p.at.Add(time.Duration(rnd.IntN(60)) * time.Second)
			most, trial := p.next(p.at)
			if most.records < 1 || most.bytes < 1 {
				t.Fatalf("%+v", most)
			}
			if trial && p.trial || !trial && p.stuck == 0 && (p.ceiling != size{}) && p.exceeds(most) {
				t.Fatalf("trial %v; %+v above %+v", trial, most, p.ceiling)
			}
			n := 1 + rnd.IntN(min(most.records, 1000))
			s := size{n, n * (1 + rnd.IntN(100))}
			trial = trial && p.exceeds(s)
			p.trial = p.trial || trial
			switch rnd.IntN(12) {
			case 0:
				p.split(s, trial, p.at)
			case 1:
				p.tooMuch(s, p.at)
			case 2:
				p.stick()
			case 3:
				if p.stuck > 0 {
					p.unstick()
				}
			case 4: // it is on its way for long
				continue
			default:
				p.accept(s, trial, rnd.IntN(2) == 0)
			}
			if trial {
				p.trial = false // the engine sees to that
			}
		}
	}
}

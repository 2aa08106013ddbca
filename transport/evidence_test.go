package transport

import (
	"math"
	"testing"
	"time"
)

func newEvidence() *evidence { return &evidence{known: map[int]known{}} }

// TestEvidenceRejectsAll checks that twelve single records that are rejected in a row are
// the fault of the configuration, until something is accepted.
func TestEvidenceRejectsAll(t *testing.T) {
	e := newEvidence()
	for i := range manyRejected {
		if !e.reject(false) {
			t.Fatalf("a part of several counts as one that was alone, after %d", i)
		}
		if !e.reject(true) {
			t.Fatalf("after %d", i)
		}
	}
	before := *e
	for _, single := range []bool{true, false, true} {
		if e.reject(single) {
			t.Fatal("the server rejects everything")
		}
	}
	if e.failed != before.failed || e.rejected != before.rejected || e.alone != before.alone {
		t.Error("a rejection that was none is counted")
	}
	if e.rejected != 2*manyRejected {
		t.Errorf("%d rejections in a row", e.rejected)
	}
	e.accept(0, time.Now())
	if e.rejected != 0 || !e.reject(true) {
		t.Error("something was accepted")
	}
}

// TestEvidenceWhereHalfIsBad checks that many bad records are not taken for a fault of
// the configuration: where a half is bad, twelve in a row are chance.
func TestEvidenceWhereHalfIsBad(t *testing.T) {
	e := newEvidence()
	for i := range 500 {
		if !e.reject(true) {
			t.Fatalf("after %d", i)
		}
		e.accept(0, time.Now())
	}
	for i := range 17 { // 2^-17 is less than 1e-5
		if !e.reject(true) {
			t.Fatalf("after %d", i)
		}
	}
	if e.reject(true) {
		t.Error("eighteen in a row are no chance")
	}
}

// TestEvidenceShares checks that failures of any kind count until a request is accepted,
// and that the failures that were random are told from all others.
func TestEvidenceShares(t *testing.T) {
	e := newEvidence()
	for range 10 * memory { // one of four attempts is accepted, one of three if it was chance
		e.failed += 2
		e.reject(false)
		e.accept(2, time.Now())
	}
	for _, c := range []struct {
		name      string
		got, want float64
	}{{"all", e.failing.value(), 3.0 / 4}, {"random", e.random.value(), 2.0 / 3}} {
		if math.Abs(c.got-c.want) > 0.01 {
			t.Errorf("%s: %v, want about %v", c.name, c.got, c.want)
		}
	}
	before := e.random
	if e.chance(3); e.random.failed != before.failed+3 || e.random.passed != before.passed {
		t.Errorf("three more failures by chance: %+v after %+v", e.random, before)
	}
	if e.failed != 0 {
		t.Errorf("%d failures since the last request was accepted", e.failed)
	}
}

// TestEvidenceTakesFailuresForChance checks that until enough requests were accepted to tell
// chance from content, all failures are taken for chance, but for no more than a third.
func TestEvidenceTakesFailuresForChance(t *testing.T) {
	for _, c := range []struct {
		name             string
		failures, random int // before each request that is accepted
		requests         int // that are
		least, most      float64
	}{
		{"nothing is known", 0, 0, 0, 0, 0},
		{"nothing fails", 0, 0, 5, 0, 0},
		{"a few fail", 1, 0, 1, 0.3, 0.34},
		{"most fail", 9, 0, 5, 0.33, 0.34},
		{"most fail by chance", 9, 9, 5, 0.8, 0.9},
		{"most fail, but not by chance", 9, 0, 40, 0, 0},
		{"half fails by chance, and more over the content", 9, 1, 40, 0.45, 0.5},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEvidence()
			for range c.requests {
				e.failed = c.failures
				e.accept(c.random, time.Now())
			}
			if got := e.chanceShare(); got < c.least || got > c.most {
				t.Errorf("%v, want %v to %v", got, c.least, c.most)
			}
		})
	}
}

// TestEvidenceSince checks of which failure it is known that others were accepted since:
// an outage after it says that nothing was.
func TestEvidenceSince(t *testing.T) {
	failed := time.Now()
	before, after := failed.Add(-time.Second), failed.Add(time.Second)
	for _, c := range []struct {
		name             string
		accepted, outage time.Time
		want             bool
	}{
		{"nothing is known", time.Time{}, time.Time{}, false},
		{"accepted before", before, time.Time{}, false},
		{"accepted at that moment", failed, time.Time{}, false},
		{"accepted after", after, time.Time{}, true},
		{"accepted after, outage before", after, before, true},
		{"accepted after, outage at that moment", after, failed, true},
		{"accepted after, and an outage too", after, after.Add(time.Second), false},
		{"an outage before it was accepted", after.Add(time.Second), after, false},
		{"an outage only", time.Time{}, after, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEvidence()
			e.outage = c.outage
			if e.accepted = time.Unix(0, 0); !c.accepted.IsZero() {
				e.accept(0, c.accepted)
			}
			if got := e.since(failed); got != c.want {
				t.Errorf("%v", got)
			}
		})
	}
}

// TestEvidenceKnows checks that an answer for which a record was deferred, or lost, is
// remembered for ten minutes, by itself.
func TestEvidenceKnows(t *testing.T) {
	start := time.Now()
	for _, c := range []struct {
		name           string
		blame          func(e *evidence)
		answer         int
		after          time.Duration
		deferred, lost bool
	}{
		{"none", func(*evidence) {}, 500, 0, false, false},
		{"deferred", func(e *evidence) { e.blame(500, false, start) }, 500, 0, true, false},
		{"deferred, another answer", func(e *evidence) { e.blame(500, false, start) }, 503, 0, false, false},
		{"deferred without an answer", func(e *evidence) { e.blame(noAnswer, false, start) }, noAnswer, 0, true, false},
		{"deferred, no answer now", func(e *evidence) { e.blame(500, false, start) }, noAnswer, 0, false, false},
		{"deferred, just known", func(e *evidence) { e.blame(500, false, start) }, 500, learntFor - 1, true, false},
		{"deferred, forgotten", func(e *evidence) { e.blame(500, false, start) }, 500, learntFor, false, false},
		{"lost", func(e *evidence) { e.blame(500, true, start) }, 500, learntFor - 1, true, true},
		{"lost, forgotten", func(e *evidence) { e.blame(500, true, start) }, 500, learntFor, false, false},
		{"lost, then deferred", func(e *evidence) {
			e.blame(500, true, start)
			e.blame(500, false, start.Add(time.Minute))
		}, 500, learntFor - 1, true, true},
		{"lost, then deferred, later", func(e *evidence) {
			e.blame(500, true, start)
			e.blame(500, false, start.Add(time.Minute))
		}, 500, learntFor, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEvidence()
			c.blame(e)
			if deferred, lost := e.knows(c.answer, start.Add(c.after)); deferred != c.deferred || lost != c.lost {
				t.Errorf("deferred %v, lost %v", deferred, lost)
			}
		})
	}
}

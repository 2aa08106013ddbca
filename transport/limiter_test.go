package transport

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestLimiterHalvesOncePerRound checks that requests which ran already when the limit
// became less do not make it less again, and that those which began since do.
func TestLimiterHalvesOncePerRound(t *testing.T) {
	start := time.Now()
	at := func(s float64) time.Time { return start.Add(time.Duration(s * float64(time.Second))) }
	l := newLimiter(32)
	for _, step := range []struct {
		began, now float64
		want       int
	}{
		{0, 1, 16},
		{0.5, 1.1, 16}, // it began before the cut at 1
		{0.9, 1.2, 16},
		{1.1, 1.5, 8},
		{1.4, 1.6, 8}, // it began before the cut at 1.5
		{2, 3, 4},
		{4, 5, 2},
		{6, 7, 1},
		{8, 9, 1}, // never below one
		{10, 11, 1},
	} {
		l.overloaded(at(step.began), at(step.now))
		if l.now != step.want {
			t.Fatalf("after a request from %v to %v: %d, want %d", step.began, step.now, l.now, step.want)
		}
	}
}

// TestLimiterRoundsUp checks an odd limit: half of three is two.
func TestLimiterRoundsUp(t *testing.T) {
	for most, want := range map[int]int{1: 1, 2: 1, 3: 2, 5: 3, 1000: 500} {
		l := newLimiter(most)
		if l.overloaded(time.Now(), time.Now()); l.now != want {
			t.Errorf("half of %d: %d, want %d", most, l.now, want)
		}
	}
}

// TestLimiterGrows checks that the limit grows by one when the server has taken as many
// requests as there may be, and no further than WithConcurrency.
func TestLimiterGrows(t *testing.T) {
	l := newLimiter(8)
	l.accepted()
	if l.now != 8 || l.taken != 0 {
		t.Errorf("at the top: %+v", l)
	}
	l.overloaded(time.Now(), time.Now()) // 4
	for want := 5; want <= 8; want++ {
		for range want - 2 {
			if l.accepted(); l.now != want-1 {
				t.Fatalf("%d too early", l.now)
			}
		}
		if l.accepted(); l.now != want {
			t.Fatalf("%d, want %d", l.now, want)
		}
	}
	for range 100 {
		l.accepted()
	}
	if l.now != 8 {
		t.Errorf("beyond the top: %d", l.now)
	}
}

// TestLimiterStartsAnew checks that what was accepted before a cut does not count after.
func TestLimiterStartsAnew(t *testing.T) {
	start := time.Now()
	l := newLimiter(8)
	l.overloaded(start, start) // 4
	for range 3 {
		l.accepted()
	}
	l.overloaded(start.Add(1), start.Add(2)) // 2
	if l.accepted(); l.now != 2 {
		t.Errorf("%d after one request of two", l.now)
	}
	if l.accepted(); l.now != 3 {
		t.Errorf("%d after two requests of two", l.now)
	}
}

func TestLimiterStaysWithinItsBounds(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		most := 1 + rnd.IntN(40)
		l, now := newLimiter(most), time.Now()
		for range 1000 {
			now = now.Add(time.Duration(rnd.IntN(1000)) * time.Millisecond)
			before := l.now
			if rnd.IntN(4) == 0 {
				l.overloaded(now.Add(-time.Duration(rnd.IntN(2000))*time.Millisecond), now)
			} else {
				l.accepted()
			}
			if l.now < 1 || l.now > most || l.now > before+1 || 2*l.now < before {
				t.Fatalf("from %d to %d of %d", before, l.now, most)
			}
		}
	}
}

package transport

import (
	"math"
	"testing"
)

// TestTooMany checks the number against its definition: of so many attempts all fail
// with the given probability at most, and of one fewer they do so more often.
func TestTooMany(t *testing.T) {
	allFail := func(n int, share float64) float64 { return math.Pow(share, float64(n)) }
	for _, share := range []float64{0.001, 0.01, 0.05, 0.11, 0.3, 0.5, 0.61, 0.9} {
		for _, p := range []float64{splitChance, halfChance, holdChance, loseChance, streakChance} {
			n := tooMany(share, p)
			if got := allFail(n, share); got > p*(1+1e-9) {
				t.Errorf("share %v: %d failures in a row come by chance with %v, more than %v", share, n, got, p)
			}
			if got := allFail(n-1, share); n > 1 && got <= p*(1-1e-9) {
				t.Errorf("share %v: %d failures would be enough for %v, not %d", share, n-1, p, n)
			}
		}
	}
	for _, c := range []struct {
		share, p float64
		want     int
	}{
		{0, loseChance, 1},
		{-1, loseChance, 1}, // nothing fails by chance
		{0.01, splitChance, 1},
		{0.5, splitChance, 6},
		{0.5, loseChance, 30},
		{0.9, streakChance, 110},
		{0.99, splitChance, 38},
		{1, splitChance, 38},
		{2, splitChance, 38}, // it stays finite
	} {
		if got := tooMany(c.share, c.p); got != c.want {
			t.Errorf("tooMany(%v, %v) = %d, want %d", c.share, c.p, got, c.want)
		}
	}
}

// TestTooManyGrows checks that more failures by chance never make the client less
// patient, nor does a smaller probability.
func TestTooManyGrows(t *testing.T) {
	for p := 1e-9; p < 1; p *= 3 {
		last := 0
		for share := 0.0; share <= 1; share += 0.001 {
			n := tooMany(share, p)
			if n < last {
				t.Fatalf("share %v, %v: %d, after %d for less", share, p, n, last)
			}
			if n < tooMany(share, 2*p) {
				t.Fatalf("share %v: %v needs more than %v", share, 2*p, p)
			}
			last = n
		}
	}
}

func TestShareConverges(t *testing.T) {
	for _, failures := range []int{0, 1, 3, 9} { // before each success
		var s share
		if s.value() != 0 {
			t.Fatalf("%v before anything is known", s.value())
		}
		for range 10 * memory {
			s.add(failures)
			if v := s.value(); v < 0 || v >= 1 {
				t.Fatalf("%d failures to a success: a share of %v", failures, v)
			}
		}
		want := float64(failures) / float64(failures+1)
		if got := s.value(); math.Abs(got-want) > 0.02 {
			t.Errorf("%d failures to a success: %v, want about %v", failures, got, want)
		}
	}
}

// TestShareForgets checks that a share becomes 1/e after as many successes as it
// remembers, and that one failure at the start does not stand for half.
func TestShareForgets(t *testing.T) {
	var s share
	for range 10 * memory {
		s.add(1)
	}
	before := s.failed
	for range memory {
		s.add(0)
	}
	if got := s.failed / before; got < 0.3 || got > 1/math.E {
		t.Errorf("%v of the failures are left, want a little less than 1/e", got)
	}
	for range 20 * memory {
		s.add(0)
	}
	if v := s.value(); v > 1e-6 {
		t.Errorf("%v is left long after the last failure", v)
	}
	var first share
	if first.add(1); first.value() >= 0.5 {
		t.Errorf("one failure and one success: %v", first.value())
	}
}

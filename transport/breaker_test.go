package transport

import (
	"testing"
	"time"
)

// lab is a breaker with a clock that is moved by hand.
type lab struct {
	*testing.T
	breaker
	now time.Time
}

func newLab(t *testing.T) *lab {
	t.Helper()
	now := time.Unix(1_000_000, 0)
	return &lab{t, newBreaker(Retry{Min: 250 * time.Millisecond, Max: 30 * time.Second}, now), now}
}

// fails has a request fail that was sent now.
func (l *lab) fails(f failure) (news bool) {
	l.Helper()
	if f.fault == nil {
		f.fault = &Error{Status: 503}
	}
	f.began = l.accepted
	return l.fail(f, l.now)
}

// goes has the time pass until a probe is sent, and returns how long that takes.
func (l *lab) goes(hurried, fresh bool) time.Duration {
	l.Helper()
	yes, probe, at := l.admits(l.now, hurried, fresh)
	if yes {
		if !probe {
			l.Fatal("admitted as an ordinary request")
		}
		return 0
	}
	if at.IsZero() {
		l.Fatal("nobody knows when to look again")
	}
	wait := at.Sub(l.now)
	l.now = at
	if yes, probe, _ = l.admits(l.now, hurried, fresh); !yes || !probe {
		l.Fatalf("not admitted at the time that was said, %v later", wait)
	}
	return wait
}

func (l *lab) is(want state) {
	l.Helper()
	if l.state != want {
		l.Fatalf("%v, want %v", l.state, want)
	}
}

// TestBreakerOpens has the table of what opens a closed breaker.
func TestBreakerOpens(t *testing.T) {
	for _, c := range []struct {
		name string
		f    failure
		want int // failures until it opens; 0 for never
	}{
		{"no connection", failure{sure: true}, 1},
		{"401", failure{sure: true, config: true, counts: true}, 1},
		{"403", failure{config: true, counts: true}, 1},
		{"403 to what is suspected", failure{config: true}, 0},
		{"503", failure{counts: true}, 3},
		{"503 to what is suspected", failure{}, 0},
		{"503 with Retry-After", failure{counts: true, wait: time.Second}, 1},
		{"503 with Retry-After to what is suspected", failure{wait: time.Second}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t)
			for i := 1; i <= 50; i++ {
				opened := l.fails(c.f)
				if opened != (l.state == open) {
					t.Fatalf("news %v, but %v", opened, l.state)
				}
				if !opened {
					continue
				}
				if i != c.want || !l.since.Equal(l.now) {
					t.Fatalf("open after %d, since %v; want %d", i, l.since, c.want)
				}
				return
			}
			if c.want != 0 {
				t.Fatal("it never opens")
			}
		})
	}
}

// TestBreakerCountsARow checks what ends a row of failures, and what is no part of it.
func TestBreakerCountsARow(t *testing.T) {
	f := failure{counts: true}
	t.Run("accepted", func(t *testing.T) {
		l := newLab(t)
		for range 20 {
			l.fails(f)
			l.fails(f)
			if l.accept(l.now) {
				t.Fatal("it was closed")
			}
			if l.failing = (share{}); l.state != closed { // else it needs more each time
				t.Fatal("two failures between successes open it")
			}
		}
	})
	t.Run("rejected", func(t *testing.T) {
		l := newLab(t)
		for range 20 {
			for range 2 {
				if l.fails(f) {
					t.Fatal("a server that rejects a part works")
				}
			}
			if all, news := l.reject(false, l.now); all || news {
				t.Fatal("it was closed, and one part is not everything")
			}
		}
	})
	t.Run("accepted meanwhile", func(t *testing.T) {
		l := newLab(t)
		l.accept(l.now)
		for range 20 {
			if l.fail(failure{fault: &Error{}, counts: true, sure: true}, l.now) {
				t.Fatal("others were accepted after it began")
			}
		}
	})
	t.Run("where half fails anyway", func(t *testing.T) {
		l := newLab(t)
		l.failing = share{100, 99} // a half
		for i := 1; !l.fails(f); i++ {
			if i == 17 {
				t.Fatal("2^-17 is less than 1e-5")
			}
		}
		if l.row != 17 {
			t.Errorf("open after %d", l.row)
		}
	})
}

// TestBreakerStates walks through all transitions.
func TestBreakerStates(t *testing.T) {
	l := newLab(t)
	l.is(closed)
	if yes, probe, _ := l.admits(l.now, false, false); !yes || probe {
		t.Error("closed: requests are sent as they come")
	}
	l.fails(failure{sure: true})
	l.is(open)
	if wait := l.goes(false, false); wait < 125*time.Millisecond || wait > 250*time.Millisecond {
		t.Errorf("the first probe after %v", wait)
	}
	l.is(halfOpen)
	if yes, _, at := l.admits(l.now.Add(time.Hour), false, true); yes || !at.IsZero() {
		t.Error("half-open: a second probe")
	}
	if l.fails(failure{probe: true}) {
		t.Error("the same fault is no news")
	}
	l.is(open)
	if l.outages != 1 {
		t.Errorf("%d outages", l.outages)
	}
	l.goes(false, false)
	l.abandon()
	l.is(open)
	if wait := l.goes(false, false); wait != 0 {
		t.Errorf("after a probe that says nothing the next one waits %v", wait)
	}
	l.now = l.now.Add(time.Second)
	if !l.accept(l.now) || l.accept(l.now) {
		t.Error("that it closes is news, once")
	}
	l.is(closed)
	if !l.since.Equal(l.now) || l.row != 0 {
		t.Errorf("closed since %v with a row of %d", l.since, l.row)
	}
	l.abandon() // of a request that is no probe
	l.is(closed)

	l.fails(failure{sure: true})
	l.goes(false, false)
	if all, news := l.reject(true, l.now); all || !news {
		t.Error("a probe that is rejected shows that the server works")
	}
	l.is(closed)
}

// TestBreakerForgetsItsWaits checks that the waits are short again after an outage.
func TestBreakerForgetsItsWaits(t *testing.T) {
	l := newLab(t)
	l.fails(failure{sure: true, config: true})
	for range 20 {
		l.goes(false, false)
		l.fails(failure{probe: true, sure: true, config: true})
	}
	l.goes(false, false)
	l.accept(l.now)
	for _, config := range []bool{true, false} {
		l.fails(failure{sure: true, config: config})
		for _, most := range []time.Duration{250 * time.Millisecond, map[bool]time.Duration{true: setupMin, false: 375 * time.Millisecond}[config]} {
			if wait := l.goes(false, false); wait > most {
				t.Errorf("configuration %v: %v after a new outage, want %v at most", config, wait, most)
			}
			l.fails(failure{probe: true, sure: true, config: config})
		}
		l.goes(false, false)
		l.accept(l.now)
	}
}

// TestBreakerWaits checks how the waits between probes grow: by half each time, up to
// half a minute, and to a minute while the configuration is at fault.
func TestBreakerWaits(t *testing.T) {
	for name, c := range map[string]struct {
		config   bool
		min, max []float64 // seconds: the first, the second, the last
	}{
		"outage":        {false, []float64{0.125, 0.1875, 15}, []float64{0.25, 0.375, 30}},
		"configuration": {true, []float64{0.125, 2.5, 30}, []float64{0.25, 5, 60}},
	} {
		t.Run(name, func(t *testing.T) {
			for range 50 { // they are drawn
				l := newLab(t)
				f := failure{sure: true, config: c.config}
				l.fails(f)
				var waits []float64
				for range 25 {
					waits = append(waits, l.goes(false, false).Seconds())
					f.probe = true
					l.fails(f)
				}
				for i, at := range []int{0, 1, 24} {
					if waits[at] < c.min[i]*0.999 || waits[at] > c.max[i]*1.001 {
						t.Fatalf("wait %d is %v, want %v to %v", at, waits[at], c.min[i], c.max[i])
					}
				}
			}
		})
	}
}

// TestBreakerHonoursRetryAfter checks that no probe comes before the time for which the
// server has asked, nor much later, unless somebody waits.
func TestBreakerHonoursRetryAfter(t *testing.T) {
	const asked = 20 * time.Second
	for range 50 {
		for _, fresh := range []bool{false, true} {
			l := newLab(t)
			l.fails(failure{counts: true, wait: asked})
			if wait := l.goes(false, fresh); wait < asked || wait > asked*5/4+1 {
				t.Fatalf("fresh %v: %v", fresh, wait)
			}
			l.fails(failure{probe: true, wait: asked})
			if wait := l.goes(true, fresh); wait != hurriedWait {
				t.Fatalf("hurried: %v", wait)
			}
		}
	}
}

// TestBreakerHurries checks that a probe goes at once when somebody begins to wait, half
// a second after the last one then, and also beside one that has no answer.
func TestBreakerHurries(t *testing.T) {
	l := newLab(t)
	l.fails(failure{sure: true})
	l.waits = newBackOff(time.Hour, time.Hour)
	l.goes(false, false)
	l.fails(failure{probe: true, sure: true})
	l.now = l.now.Add(time.Minute)
	if wait := l.goes(true, false); wait != 0 {
		t.Errorf("the first one after %v", wait)
	}
	for range 5 { // without an answer
		l.is(halfOpen)
		if wait := l.goes(true, false); wait != hurriedWait {
			t.Errorf("beside a probe: %v", wait)
		}
	}
	l.fails(failure{probe: true, sure: true})
	if wait := l.goes(true, false); wait != hurriedWait {
		t.Errorf("after a failure: %v", wait)
	}
}

// TestBreakerTriesWhatIsFresh checks that a batch of which nothing was sent need not sit
// out a long wait, which the fault of others may have caused.
func TestBreakerTriesWhatIsFresh(t *testing.T) {
	l := newLab(t)
	l.fails(failure{sure: true})
	l.goes(false, false)
	l.waits = newBackOff(time.Hour, time.Hour)
	l.fails(failure{probe: true, sure: true})
	if wait := l.goes(false, true); wait != freshWait {
		t.Errorf("%v, want %v", wait, freshWait)
	}
	l.fails(failure{probe: true, sure: true})
	if wait := l.goes(false, false); wait < 30*time.Minute {
		t.Errorf("what is not fresh goes after %v", wait)
	}
}

// TestBreakerRejectsAll checks that twelve single records that are rejected in a row are
// the fault of the configuration, until something is accepted.
func TestBreakerRejectsAll(t *testing.T) {
	l := newLab(t)
	for i := range leastWrong {
		if all, _ := l.reject(true, l.now); all {
			t.Fatalf("after %d", i)
		}
		if all, _ := l.reject(false, l.now); all && i < leastWrong-1 {
			t.Fatalf("a part of several counts, after %d", i)
		}
	}
	for range 3 {
		if all, _ := l.reject(true, l.now); !all {
			t.Fatal("the server rejects everything")
		}
	}
	l.accept(l.now)
	if all, _ := l.reject(true, l.now); all {
		t.Error("something was accepted")
	}
}

// TestBreakerRejectsAllWhereHalfIsBad checks that many bad records are not taken for a
// fault of the configuration: of which a half is bad, twelve in a row are chance.
func TestBreakerRejectsAllWhereHalfIsBad(t *testing.T) {
	l := newLab(t)
	for range 500 {
		l.reject(true, l.now)
		l.accept(l.now)
	}
	for i := range 16 {
		if all, _ := l.reject(true, l.now); all {
			t.Fatalf("after %d", i)
		}
	}
	for range 2 {
		l.reject(true, l.now)
	}
	if all, _ := l.reject(true, l.now); !all {
		t.Error("eighteen in a row are no chance")
	}
}

// TestBreakerTellsAnotherFault checks that a probe which fails for another reason is
// news, and that a request which was sent before the breaker opened is not.
func TestBreakerTellsAnotherFault(t *testing.T) {
	l := newLab(t)
	l.fails(failure{sure: true})
	next := l.next
	if l.fails(failure{sure: true, wait: time.Minute}) || !l.next.Equal(next) {
		t.Error("a request that was sent before has moved the next probe")
	}
	l.goes(false, false)
	if !l.fails(failure{probe: true, sure: true, config: true, fault: &Error{Status: 401, setup: true}}) {
		t.Error("401 after 503 is news")
	}
	if l.fault.Status != 401 {
		t.Errorf("%v", l.fault)
	}
}

func TestJitter(t *testing.T) {
	if jitter(0) != 0 || jitter(-1) != 0 {
		t.Error("no wait is none")
	}
	least, most := time.Hour, time.Duration(0)
	for range 2000 {
		d := jitter(time.Second)
		least, most = min(least, d), max(most, d)
	}
	if least < time.Second || least > 1010*time.Millisecond || most > 1250*time.Millisecond || most < 1240*time.Millisecond {
		t.Errorf("from %v to %v", least, most)
	}
}

package transport

import (
	"fmt"
	"testing"
	"time"
)

// lab is a breaker with a clock that is moved by hand.
type lab struct {
	*testing.T
	breaker
	now     time.Time
	failing float64 // share of attempts
}

func newLab(t *testing.T) *lab {
	t.Helper()
	now := time.Unix(1_000_000, 0)
	return &lab{T: t, breaker: newBreaker(Retry{Min: 250 * time.Millisecond, Max: 30 * time.Second}, now), now: now}
}

// fails counts a failure, and reports whether the breaker is open for it.
func (l *lab) fails(f failure) bool {
	l.Helper()
	if f.fault == nil {
		f.fault = &Error{Status: 503}
	}
	yes := l.fail(f, l.failing, l.now)
	if yes && (l.state != open || l.fault != f.fault) {
		l.Fatalf("open for %v, but it is %v for %v", f.fault, l.state, l.fault)
	}
	return yes
}

// goes lets the time pass until a probe may go, and returns how long that takes.
func (l *lab) goes(hurried bool) time.Duration {
	l.Helper()
	yes, at := l.admits(l.now, hurried)
	if yes {
		return 0
	}
	if at.IsZero() {
		l.Fatal("nobody knows when a probe may go")
	}
	wait := at.Sub(l.now)
	if yes, again := l.admits(at.Add(-1), hurried); yes || !again.Equal(at) {
		l.Fatalf("a moment before: admitted %v, or else %v later", yes, again.Sub(at))
	}
	l.now = at
	if yes, _ = l.admits(l.now, hurried); !yes {
		l.Fatalf("no probe after the %v that were said", wait)
	}
	return wait
}

func (l *lab) is(want state) {
	l.Helper()
	if l.state != want {
		l.Fatalf("%v, want %v", l.state, want)
	}
}

// TestBreakerOpens has a closed breaker meet one failure after the other.
func TestBreakerOpens(t *testing.T) {
	for _, c := range []struct {
		name    string
		f       failure
		failing float64
		want    int // failures until it opens; 0 for never
	}{
		{"at once", failure{atOnce: true}, 0, 1},
		{"at once, and a person must act", failure{atOnce: true, config: true, counts: true}, 0, 1},
		{"at once, however many fail anyway", failure{atOnce: true, counts: true}, 0.9, 1},
		{"one that counts", failure{counts: true}, 0, 3},
		{"the configuration by itself", failure{counts: true, config: true}, 0, 3},
		{"Retry-After by itself", failure{counts: true, wait: time.Second}, 0, 3},
		{"where a twelfth fails anyway", failure{counts: true}, 1.0 / 12, 5},
		{"where half fails anyway", failure{counts: true}, 0.5, 17},
		{"where nearly all fails anyway", failure{counts: true}, 0.99, 110},
		{"suspected", failure{}, 0, 0},
		{"suspected, with Retry-After", failure{wait: time.Second}, 0, 0},
		{"suspected, and a person must act", failure{config: true}, 0, 0},
		{"others were accepted", failure{others: true, counts: true, atOnce: true}, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t)
			l.failing = c.failing
			at := 0
			for i := 1; i <= 200 && at == 0; i++ {
				l.now = l.now.Add(time.Second)
				if l.fails(c.f) {
					at = i
				}
			}
			if at != c.want {
				t.Fatalf("it opens after %d, want %d", at, c.want)
			}
			if at == 0 {
				l.is(closed)
			} else if !l.since.Equal(l.now) {
				t.Errorf("open for %v", l.now.Sub(l.since))
			}
			if l.fault == nil {
				t.Error("the last failure is not known")
			}
		})
	}
}

// TestBreakerCountsAStreak checks what ends a streak of failures, and what is no part of
// one.
func TestBreakerCountsAStreak(t *testing.T) {
	for name, c := range map[string]struct {
		between func(l *lab) // after one failure
		want    int          // further failures until it opens
	}{
		"nothing":                   {func(*lab) {}, 2},
		"accepted, or rejected":     {func(l *lab) { l.close(l.now) }, 3},
		"a suspected one fails":     {func(l *lab) { l.fails(failure{}) }, 2},
		"others accepted meanwhile": {func(l *lab) { l.fails(failure{counts: true, others: true}) }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			f := failure{counts: true}
			l.fails(f)
			c.between(l)
			l.is(closed)
			for range c.want - 1 {
				if l.fails(f) {
					t.Fatal("it opens too early")
				}
			}
			if !l.fails(f) {
				t.Fatal("it does not open")
			}
		})
	}
}

// TestBreakerStates walks through all transitions.
func TestBreakerStates(t *testing.T) {
	l := newLab(t)
	l.is(closed)
	l.abandon() // of a request that is no probe
	l.is(closed)
	opened := l.now
	l.fails(failure{atOnce: true})
	l.is(open)
	l.abandon()
	l.is(open)
	if wait := l.goes(false); wait < 125*time.Millisecond || wait > 250*time.Millisecond {
		t.Errorf("the first probe after %v", wait)
	}
	l.is(halfOpen)
	if yes, at := l.admits(l.now.Add(time.Hour), false); yes || !at.IsZero() {
		t.Errorf("half-open: a second probe %v, or at %v", yes, at)
	}
	if !l.fails(failure{probe: true}) {
		t.Error("a probe that fails does not open it")
	}
	l.is(open)
	if l.goes(false) == 0 {
		t.Error("no wait after a probe that has failed")
	}
	l.abandon()
	l.is(open)
	if wait := l.goes(false); wait != 0 {
		t.Errorf("after a probe that says nothing the next one waits %v", wait)
	}
	if !l.since.Equal(opened) {
		t.Errorf("down for %v only", l.now.Sub(l.since))
	}
	l.now = l.now.Add(time.Second)
	l.close(l.now)
	l.is(closed)
	up := l.now
	l.now = l.now.Add(time.Second)
	l.close(l.now) // each request that is accepted does
	if !l.since.Equal(up) {
		t.Errorf("up for %v only", l.now.Sub(l.since))
	}
	for i := 1; i <= 3; i++ {
		if l.fails(failure{counts: true}) != (i == 3) {
			t.Errorf("after an outage it is %v with failure %d", l.state, i)
		}
	}
}

// TestBreakerIgnoresWhatWasSentBefore checks that a request which was sent before the
// breaker opened neither moves the next probe nor changes the reason.
func TestBreakerIgnoresWhatWasSentBefore(t *testing.T) {
	late := failure{atOnce: true, counts: true, config: true, wait: time.Minute, fault: &Error{Status: 401}}
	l := newLab(t)
	l.fails(failure{atOnce: true})
	next := l.next
	for _, s := range []state{open, halfOpen} {
		if l.state = s; l.fails(late) || l.state != s {
			t.Errorf("%v: it is %v now", s, l.state)
		}
	}
	if !l.next.Equal(next) || l.fault.Status != 503 {
		t.Errorf("the next probe goes %v later; the reason is %v", l.next.Sub(next), l.fault)
	}
	l.fails(failure{probe: true, fault: late.fault})
	if l.fault != late.fault {
		t.Errorf("a probe has failed for %v, but the reason is %v", late.fault, l.fault)
	}
}

// TestBreakerForgetsItsWaits checks that after an outage the waits are short again, and
// that a fault of the configuration waits long only after two others.
func TestBreakerForgetsItsWaits(t *testing.T) {
	const first, second = 250 * time.Millisecond, 375 * time.Millisecond
	for _, config := range []bool{true, false} {
		t.Run(fmt.Sprint("configuration ", config), func(t *testing.T) {
			l := newLab(t)
			l.fails(failure{atOnce: true, config: true, wait: time.Minute})
			for range 20 {
				l.goes(false)
				l.fails(failure{probe: true, config: true, wait: time.Minute})
			}
			l.close(l.now)
			l.fails(failure{atOnce: true, config: config})
			if wait := l.goes(false); wait > first {
				t.Errorf("the first probe of a new outage after %v", wait)
			}
			l.fails(failure{probe: true, config: config})
			if wait := l.goes(false); wait > second {
				t.Errorf("the second one after %v", wait)
			}
			l.fails(failure{probe: true, config: config})
			if wait := l.goes(false); config != (wait >= minSetupWait/2) {
				t.Errorf("the third one after %v", wait)
			}
		})
	}
	t.Run("another fault in between", func(t *testing.T) {
		l := newLab(t)
		l.fails(failure{atOnce: true, config: true})
		l.goes(false)
		l.fails(failure{probe: true})
		l.goes(false)
		l.fails(failure{probe: true, config: true})
		if wait := l.goes(false); wait >= minSetupWait/2 {
			t.Errorf("the first fault of the configuration in a row waits %v", wait)
		}
	})
}

// TestBreakerWaits checks how the waits between probes grow: by half each time, up to
// Max, and three times that, with 2.5 to 5 s at least, from the third fault of the configuration
// on.
func TestBreakerWaits(t *testing.T) {
	for name, c := range map[string]struct {
		config   bool
		min, max []float64 // seconds: the first, the second, the third, the last
	}{
		"outage":        {false, []float64{0.125, 0.1875, 0.28125, 15}, []float64{0.25, 0.375, 0.5625, 30}},
		"configuration": {true, []float64{0.125, 0.1875, 2.5, 45}, []float64{0.25, 0.375, 5, 90}},
	} {
		t.Run(name, func(t *testing.T) {
			lowest, highest := 1.0, 0.0 // of the second wait, within its bounds
			for range 100 {             // they are drawn
				l := newLab(t)
				f := failure{atOnce: true, config: c.config}
				l.fails(f)
				var waits []float64
				for range 25 {
					waits = append(waits, l.goes(false).Seconds())
					f.probe = true
					l.fails(f)
				}
				for i, at := range []int{0, 1, 2, 24} {
					if waits[at] < c.min[i]*0.999 || waits[at] > c.max[i]*1.001 {
						t.Fatalf("wait %d is %v, want %v to %v", at, waits[at], c.min[i], c.max[i])
					}
				}
				where := (waits[1] - c.min[1]) / (c.max[1] - c.min[1])
				lowest, highest = min(lowest, where), max(highest, where)
			}
			if lowest > 0.2 || highest < 0.8 {
				t.Errorf("the waits are not drawn from the whole of their range, but from %v to %v of it", lowest, highest)
			}
		})
	}
}

// TestBreakerHonoursRetryAfter checks that no probe goes before the time for which the
// server has asked, nor much later, unless somebody waits; and that a shorter wait does
// not take back a longer one.
func TestBreakerHonoursRetryAfter(t *testing.T) {
	const asked = 20 * time.Second
	for range 50 {
		l := newLab(t)
		l.fails(failure{atOnce: true, wait: asked})
		if wait := l.goes(false); wait < asked || wait > asked*5/4+1 {
			t.Fatalf("%v", wait)
		}
		l.fails(failure{probe: true, wait: asked})
		began := l.now
		if wait := l.goes(true); wait != hurriedWait {
			t.Fatalf("hurried: %v", wait)
		}
		l.fails(failure{probe: true})
		l.goes(false)
		if wait := l.now.Sub(began); wait < asked || wait > asked*5/4+1 {
			t.Fatalf("after a probe that was hurried: %v", wait)
		}
	}
}

// TestBreakerHurries checks that a probe goes at once when somebody begins to wait, but half
// a second after the last request that failed, and also beside one that has no answer.
func TestBreakerHurries(t *testing.T) {
	l := newLab(t)
	l.waits = Retry{Min: time.Hour, Max: time.Hour}.backOff()
	l.fails(failure{atOnce: true})
	if wait := l.goes(true); wait != hurriedWait { // what failed was as good as a probe
		t.Errorf("the first probe of all after %v", wait)
	}
	l.fails(failure{probe: true})
	l.now = l.now.Add(time.Minute)
	if wait := l.goes(true); wait != 0 {
		t.Errorf("the first one after %v", wait)
	}
	for range 5 { // without an answer
		l.is(halfOpen)
		if wait := l.goes(true); wait != hurriedWait {
			t.Errorf("beside a probe: %v", wait)
		}
	}
	l.fails(failure{probe: true})
	if wait := l.goes(true); wait != hurriedWait {
		t.Errorf("after a failure: %v", wait)
	}
	l.fails(failure{probe: true})
	if wait := l.goes(false); wait < 30*time.Minute {
		t.Errorf("%v when nobody waits any more", wait)
	}
}

// TestBreakerHurriesNobody checks that a probe which would go sooner anyway does.
func TestBreakerHurriesNobody(t *testing.T) {
	l := newLab(t)
	l.waits = Retry{Min: time.Millisecond, Max: time.Millisecond}.backOff()
	l.fails(failure{atOnce: true})
	l.goes(true)
	l.fails(failure{probe: true})
	if wait := l.goes(true); wait > time.Millisecond {
		t.Errorf("%v", wait)
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

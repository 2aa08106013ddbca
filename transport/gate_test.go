package transport

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// crowd is a gate with those that wait at it. It needs a bubble of synctest.
type crowd struct {
	*testing.T
	*gate
	mu   sync.Mutex
	came []string // the names of those that were let in, in this order
	gave map[string]pass
	errs map[string]error
}

func newCrowd(t *testing.T, concurrency int) *crowd {
	t.Helper()
	g := newGate(concurrency, Retry{Min: 250 * time.Millisecond, Max: 30 * time.Second}, false)
	return &crowd{T: t, gate: g, gave: map[string]pass{}, errs: map[string]error{}}
}

// asks has somebody wait.
func (c *crowd) asks(ctx context.Context, name string, turn uint64, r rank) {
	go func() {
		p, err := c.enter(ctx, turn, r, time.Now().Add(time.Hour))
		c.mu.Lock()
		defer c.mu.Unlock()
		if err != nil {
			c.errs[name] = err
			return
		}
		c.came = append(c.came, name)
		c.gave[name] = p
	}()
	synctest.Wait()
}

// in has those that were let in since the last call, by their names.
func (c *crowd) in() []string {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	names := c.came
	c.came = nil
	slices.Sort(names) // those of the same moment come in any order
	return names
}

func (c *crowd) wants(names ...string) {
	c.Helper()
	if got := c.in(); !slices.Equal(got, names) {
		c.Fatalf("let in: %q, want %q", got, names)
	}
}

func (c *crowd) fails(name string) {
	c.failed(failure{fault: &Error{Status: 503}, counts: true, sure: true}, c.gave[name], false)
}

// TestGateHasALimit checks that so many requests run at once, and that older batches go
// first, whoever came first.
func TestGateHasALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 2)
		c.asks(t.Context(), "a", 5, rank{})
		c.asks(t.Context(), "b", 6, rank{})
		c.wants("a", "b")
		for _, turn := range []uint64{lastTurn, 9, 7, 8, 7} {
			c.asks(t.Context(), fmt.Sprint(turn, len(c.waiting)), turn, rank{suspect: int(turn % 2)})
		}
		c.wants()
		for _, want := range []string{"7 2", "7 4", "8 3", "9 1", fmt.Sprint(uint64(lastTurn), " 0")} {
			c.accepted(nil, 0, 0, false)
			c.wants(want)
		}
		c.abandoned(pass{})
		c.abandoned(pass{})
		if c.running != 0 || len(c.waiting) != 0 {
			t.Errorf("%d run, %d wait", c.running, len(c.waiting))
		}
	})
}

// TestGateFollowsTheLimit checks that no more requests go when the server has said that
// there are too many, and more again as it accepts them.
func TestGateFollowsTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 4)
		for i := range 12 {
			c.asks(t.Context(), fmt.Sprint(i), uint64(i), rank{})
		}
		c.wants("0", "1", "2", "3")
		c.accepted(nil, 0, 0, false)
		c.wants("4")
		time.Sleep(time.Second)
		c.failed(failure{fault: &Error{Status: 429}}, c.gave["1"], true) // 2
		c.wants()
		c.accepted(nil, 0, 0, false)
		c.wants()
		c.accepted(nil, 0, 0, false) // 3, and one runs
		c.wants("5", "6")
		if c.limiter.now != 3 {
			t.Errorf("a limit of %d", c.limiter.now)
		}
	})
}

// TestGateChoosesTheProbe checks the order of probes: what has not failed first, then the
// batch with the fewest probes, then the oldest.
func TestGateChoosesTheProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 8)
		c.asks(t.Context(), "first", 1, rank{})
		c.wants("first")
		c.asks(t.Context(), "other", 2, rank{})
		c.wants("other")
		c.fails("first")
		c.breaker.probed = time.Now() // else what is fresh would go at once
		for _, w := range []struct {
			name string
			turn uint64
			rank rank
		}{
			{"deferred", 1, rank{suspect: 2}},
			{"failed", 2, rank{suspect: 1}},
			{"probed twice", 3, rank{probes: 2}},
			{"probed", 4, rank{probes: 1}},
			{"younger", 6, rank{}},
			{"older", 5, rank{}},
			{"failed, probed", 1, rank{suspect: 1, probes: 1}},
		} {
			c.asks(t.Context(), w.name, w.turn, w.rank)
		}
		c.wants() // the wait is not over
		for _, want := range []string{"older", "younger", "probed", "probed twice", "failed", "failed, probed", "deferred"} {
			time.Sleep(time.Minute)
			c.wants(want)
			if !c.gave[want].probe {
				t.Fatalf("%s is no probe", want)
			}
			time.Sleep(time.Hour / 100)
			c.wants() // one at a time
			c.fails(want)
		}
		c.abandoned(c.gave["other"])
	})
}

// TestGateOpensForAll checks that all go on when a probe is accepted, as many as may.
func TestGateOpensForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 3)
		c.asks(t.Context(), "first", 1, rank{})
		c.wants("first")
		c.fails("first")
		for i := range 5 {
			c.asks(t.Context(), fmt.Sprint(i), uint64(i), rank{})
		}
		time.Sleep(time.Second)
		c.wants("0")
		c.accepted(nil, 0, 0, false)
		c.wants("1", "2", "3")
		if c.gave["1"].probe {
			t.Error("closed: it is no probe")
		}
		c.accepted(nil, 0, 0, false)
		c.wants("4")
		for range 3 {
			c.accepted(nil, 0, 0, false)
		}
	})
}

// TestGateHurries checks that a probe goes at once when somebody waits, and each half
// second beside one that hangs.
func TestGateHurries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 3)
		c.asks(t.Context(), "first", 1, rank{})
		c.failed(failure{fault: &Error{Status: 503}, counts: true, wait: time.Minute}, pass{}, false)
		c.in()
		for i := range 4 {
			c.asks(t.Context(), fmt.Sprint(i), uint64(i), rank{})
		}
		time.Sleep(10 * time.Second)
		c.wants() // Retry-After
		_, hurry := c.hurried()
		end := c.begin()
		if yes, _ := c.hurried(); !yes {
			t.Error("nobody hurries")
		}
		select {
		case <-hurry:
		default:
			t.Error("nobody was told")
		}
		c.wants("0")
		time.Sleep(hurriedWait - 1)
		c.wants()
		time.Sleep(time.Nanosecond)
		c.wants("1")
		time.Sleep(hurriedWait)
		c.wants("2")
		end()
		end() // once more is harmless
		time.Sleep(time.Minute)
		c.wants() // what comes of the probes is waited for
		if yes, _ := c.hurried(); yes || c.hurries != 0 {
			t.Errorf("%d still hurry", c.hurries)
		}
		c.accepted(nil, 0, 0, false)
		c.wants("3")
		for range 3 {
			c.accepted(nil, 0, 0, false)
		}
	})
}

// TestGateEndsAWait checks that a wait ends with the context, with its cause, or at its
// time, and that nobody is let in after that.
func TestGateEndsAWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 1)
		why := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		c.asks(ctx, "first", 1, rank{})
		c.wants("first")
		c.asks(ctx, "second", 2, rank{})
		cancel(why)
		synctest.Wait()
		if !errors.Is(c.errs["second"], why) || len(c.waiting) != 0 {
			t.Errorf("%v; %d wait", c.errs["second"], len(c.waiting))
		}
		if _, err := c.enter(ctx, 0, rank{}, time.Now().Add(time.Hour)); !errors.Is(err, why) {
			t.Errorf("it had ended before: %v", err)
		}
		start := time.Now()
		if _, err := c.enter(t.Context(), 0, rank{}, start.Add(time.Second)); !errors.Is(err, errWaited) || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		c.accepted(nil, 0, 0, false)
		if c.running != 0 {
			t.Errorf("%d run", c.running)
		}
	})
}

// TestGateWithoutRetry checks that nothing waits for what comes of a probe if nothing is
// tried twice.
func TestGateWithoutRetry(t *testing.T) {
	g := newGate(2, defaults().retry, true)
	for range 50 {
		p, err := g.enter(t.Context(), 1, rank{}, time.Now().Add(time.Minute))
		if err != nil || p.probe {
			t.Fatal(err, p)
		}
		g.failed(failure{fault: &Error{Status: 503}, counts: true, sure: true}, p, false)
	}
	if down, _, _, last := g.standing(); down || last == nil {
		t.Errorf("down %v, %v", down, last)
	}
}

// TestGateForgetsNobody has many requests come, fail, hurry and give up at random, and
// checks that each ends, that the limit holds, and that nothing is left.
func TestGateForgetsNobody(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) { storm(t, seed) })
	}
}

func storm(t *testing.T, seed uint64) {
	t.Helper()
	const most = 3
	g := newGate(most, Retry{Min: 10 * time.Millisecond, Max: time.Second}, false)
	start := time.Now()
	up := func() bool { return time.Since(start)/time.Second%3 != 1 } // down in each third second
	var mu sync.Mutex
	ordinary := 0
	one := func(i int) {
		rnd := rand.New(rand.NewPCG(seed, uint64(i)))
		ms := func(n int) time.Duration { return time.Duration(rnd.IntN(n)+1) * time.Millisecond }
		time.Sleep(ms(5000))
		if rnd.IntN(20) == 0 {
			end := g.begin()
			time.Sleep(ms(700))
			defer end()
		}
		ctx, cancel := context.WithTimeout(t.Context(), ms(4000))
		defer cancel()
		p, err := g.enter(ctx, uint64(rnd.IntN(9)), rank{rnd.IntN(3), rnd.IntN(3)}, time.Now().Add(ms(6000)))
		if err != nil {
			return
		}
		count := func(by int) {
			mu.Lock()
			defer mu.Unlock()
			if p.probe {
				return
			}
			if ordinary += by; ordinary > most {
				t.Errorf("%d requests at once", ordinary)
			}
		}
		count(1)
		time.Sleep(ms(30))
		count(-1)
		switch works := up(); {
		case rnd.IntN(10) == 0:
			g.abandoned(p)
		case works && rnd.IntN(4) == 0:
			if g.rejected(rnd.IntN(2) == 0) {
				g.failed(failure{fault: &Error{Status: 400}, sure: true}, p, false)
			}
		case works:
			g.accepted(nil, rnd.IntN(2), 0, false)
		default:
			g.failed(failure{fault: &Error{Status: 503}, counts: rnd.IntN(2) == 0, wait: ms(20)}, p, rnd.IntN(3) == 0)
		}
	}
	var all sync.WaitGroup
	for i := range 300 {
		all.Go(func() { one(i) })
	}
	all.Wait() // synctest fails if somebody waits for ever
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.running != 0 || len(g.waiting) != 0 || g.hurries != 0 {
		t.Errorf("seed %d: %d run, %d wait, %d hurry", seed, g.running, len(g.waiting), g.hurries)
	}
}

// TestGateLetsInAtTheSameTime does the same without a bubble, for the race detector:
// contexts end while passes are given. It checks that no goroutine is left.
func TestGateLetsInAtTheSameTime(t *testing.T) {
	before := runtime.NumGoroutine()
	g := newGate(2, Retry{Min: time.Millisecond, Max: time.Millisecond}, false)
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			rnd := rand.New(rand.NewPCG(1, uint64(i)))
			for range 100 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rnd.IntN(300))*time.Microsecond)
				p, err := g.enter(ctx, uint64(i), rank{}, time.Now().Add(time.Minute))
				what := rnd.IntN(5)
				switch {
				case err != nil:
				case what == 0:
					g.failed(failure{fault: &Error{}, sure: true}, p, rnd.IntN(9) == 0)
				case what == 1:
					g.abandoned(p)
				default:
					g.accepted(nil, 0, 0, false)
				}
				cancel()
			}
		})
	}
	all.Wait()
	if g.running != 0 || len(g.waiting) != 0 {
		t.Errorf("%d run, %d wait", g.running, len(g.waiting))
	}
	for i := 0; runtime.NumGoroutine() > before; i++ {
		if i == 200 {
			t.Fatalf("%d goroutines are left", runtime.NumGoroutine()-before)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// TestGateTells checks what the listeners are told of an outage, and that it is told once.
func TestGateTells(t *testing.T) {
	g := newGate(4, Retry{Min: time.Millisecond, Max: time.Millisecond}, false)
	var told []error
	stop := g.notices.listen(func(err error) { told = append(told, err) })
	enter := func() pass {
		p, err := g.enter(t.Context(), 1, rank{}, time.Now().Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, status := range []int{503, 503, 401, 401} {
		g.failed(failure{fault: &Error{Status: status, setup: status == 401}, sure: true}, enter(), false)
	}
	if fault := g.fault(); fault == nil || fault.Status != 401 {
		t.Errorf("%v", fault)
	}
	for range 3 {
		enter()
		g.accepted(nil, 0, 0, false)
	}
	if len(told) != 3 || told[2] != nil {
		t.Fatalf("told %v", told)
	}
	for i, want := range []int{503, 401} {
		var e *Error
		if !errors.As(told[i], &e) || e.Status != want {
			t.Errorf("told %v, want %d", told[i], want)
		}
	}
	if g.fault() != nil {
		t.Errorf("%v", g.fault())
	}
	stop()
	g.failed(failure{fault: &Error{Status: 503}, sure: true}, enter(), false)
	if len(told) != 3 {
		t.Errorf("told %v after stop", told[3:])
	}
}

// TestGateGoesOnAfterAnAbandonedProbe checks that a probe which comes to no end of its own
// is followed by another one.
func TestGateGoesOnAfterAnAbandonedProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 3)
		c.asks(t.Context(), "first", 1, rank{})
		c.wants("first")
		c.fails("first")
		for i := range 3 {
			c.asks(t.Context(), fmt.Sprint(i), uint64(i), rank{suspect: 1})
		}
		time.Sleep(time.Second)
		c.wants("0")
		c.abandoned(c.gave["0"])
		c.wants("1")
		c.abandoned(pass{}) // of one that is no probe
		c.wants()
		c.abandoned(c.gave["1"])
		c.wants("2")
		c.accepted(nil, 0, 0, false)
	})
}

// TestGateLosesNoPass checks the moment in which a wait ends while the pass is given:
// either it counts as used, or it is not given.
func TestGateLosesNoPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, Retry{Min: time.Second, Max: time.Second}, false)
		both := map[bool]int{}
		for i := range 200 {
			if _, err := g.enter(t.Context(), 1, rank{}, time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			var all sync.WaitGroup
			all.Go(func() {
				_, err := g.enter(ctx, 2, rank{}, time.Now().Add(time.Hour))
				if both[err == nil]++; err == nil {
					g.accepted(nil, 0, 0, false)
				}
			})
			synctest.Wait() // it waits
			if i%2 == 0 {
				cancel()
			}
			g.accepted(nil, 0, 0, false)
			cancel()
			all.Wait()
			if g.running != 0 || len(g.waiting) != 0 {
				t.Fatalf("%d run, %d wait", g.running, len(g.waiting))
			}
		}
		if both[true] == 0 {
			t.Errorf("no pass was given at that moment: %v", both)
		}
	})
}

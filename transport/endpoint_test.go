package transport

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func testEndpoint(limit int) *endpoint {
	return newEndpoint(limit, Retry{Min: 250 * time.Millisecond, Max: 30 * time.Second}, false)
}

var (
	busy   = finding{fault: &Error{Status: 503}}
	key    = finding{fault: &Error{Status: 401, setup: true}}
	works  = finding{works: true}
	always = time.Time{}
)

// attempt enters and leaves with what was found, and returns when it was admitted.
func attempt(t *testing.T, e *endpoint, tk *ticket, f finding) time.Time {
	t.Helper()
	if err := e.enter(t.Context(), tk, always); err != nil {
		t.Fatal(err)
	}
	at := time.Now()
	e.leave(tk, f)
	return at
}

func TestOneProbeAtATimeAndTheOldestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := testEndpoint(8)
		attempt(t, e, &ticket{turn: e.turn()}, busy)
		var mu sync.Mutex
		var order []int
		running, most := 0, 0
		up := false
		look := func(f func() bool) bool { mu.Lock(); defer mu.Unlock(); return f() }
		until := func(f func() bool) {
			for !look(f) {
				time.Sleep(100 * time.Millisecond)
				synctest.Wait()
			}
		}
		for _, i := range []int{3, 1, 2, 0} { // the order in which they come does not matter
			tk := &ticket{turn: uint64(10 + i)}
			go func() {
				for {
					if e.enter(t.Context(), tk, always) != nil {
						return
					}
					look(func() bool {
						running++
						most = max(most, running)
						if !up {
							order = append(order, i)
						}
						return true
					})
					time.Sleep(time.Second)
					if look(func() bool { running--; return up }) {
						e.leave(tk, works)
						return
					}
					e.leave(tk, busy)
				}
			}()
			synctest.Wait()
		}
		e.mu.Lock()
		e.turns = 100 // who fails goes behind these
		e.mu.Unlock()
		until(func() bool { return len(order) == 8 })
		look(func() bool {
			if want := []int{0, 1, 2, 3, 0, 1, 2, 3}; !slices.Equal(order, want) || most != 1 {
				t.Errorf("probes %v, want %v; %d at a time", order, want, most)
			}
			up = true
			return true
		})
		until(func() bool { return most == 3 }) // the probe's own success, and then the three others at once
		time.Sleep(time.Minute)
		look(func() bool {
			if running != 0 || most != 3 {
				t.Errorf("%d run, at most %d did", running, most)
			}
			return true
		})
	})
}

func TestASuccessOfARunningRequestEndsAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := testEndpoint(8)
		running := &ticket{turn: e.turn()}
		if err := e.enter(t.Context(), running, always); err != nil {
			t.Fatal(err)
		}
		for range 20 { // until waits are long
			attempt(t, e, &ticket{}, busy)
		}
		start := time.Now()
		at := make(chan time.Time, 1)
		go func() { at <- attempt(t, e, &ticket{}, works) }()
		synctest.Wait()
		e.leave(running, works)
		if got := <-at; got != start {
			t.Errorf("the other was admitted after %v", got.Sub(start))
		}
		// The waits begin anew.
		attempt(t, e, &ticket{}, busy)
		start = time.Now()
		if d := attempt(t, e, &ticket{}, works).Sub(start); d > 250*time.Millisecond {
			t.Errorf("a probe after %v", d)
		}
	})
}

func TestRetryAfterHoldsAllBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := testEndpoint(8)
		running := &ticket{}
		if err := e.enter(t.Context(), running, always); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		f := busy
		f.wait = 90 * time.Second
		attempt(t, e, &ticket{}, f)
		time.Sleep(time.Second)
		e.leave(running, works) // the server wants to be left alone all the same
		admitted := make(chan time.Duration, 3)
		for range 3 {
			go func() {
				tk := &ticket{}
				if e.enter(t.Context(), tk, always) != nil {
					return
				}
				admitted <- time.Since(start)
				time.Sleep(time.Second)
				e.leave(tk, works)
			}()
		}
		at := []time.Duration{<-admitted, <-admitted, <-admitted}
		time.Sleep(time.Minute)
		if want := []time.Duration{90 * time.Second, 91 * time.Second, 91 * time.Second}; !slices.Equal(at, want) {
			t.Errorf("admitted after %v, want %v", at, want)
		}
	})
}

func TestOwnWaitsHoldWhileTheEndpointWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := testEndpoint(8)
		start := time.Now()
		own := start.Add(20 * time.Second)
		if at := attempt(t, e, &ticket{own: own}, works); at != own {
			t.Errorf("admitted after %v", at.Sub(start))
		}
		// While it is down, a probe is not held up by it.
		attempt(t, e, &ticket{}, busy)
		start = time.Now()
		probe := &ticket{own: start.Add(time.Hour)}
		if d := attempt(t, e, probe, busy).Sub(start); d > time.Second {
			t.Errorf("a probe after %v", d)
		}
		// One that waits while the endpoint recovers still has its own wait.
		at := make(chan time.Time, 1)
		go func() { at <- attempt(t, e, probe, works) }()
		synctest.Wait()
		e.mu.Lock()
		e.works(works, time.Now())
		e.admit(time.Now())
		e.mu.Unlock()
		if got := <-at; got != probe.own {
			t.Errorf("admitted after %v", got.Sub(start))
		}
	})
}

func TestFaultsOfTheSetupAreProbedSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 50 {
			e := testEndpoint(1)
			last := attempt(t, e, &ticket{}, key)
			limit := 5 * time.Second
			for i := range 12 {
				at := attempt(t, e, &ticket{}, key)
				d := at.Sub(last)
				last = at
				if i == 0 {
					if d > 250*time.Millisecond {
						t.Errorf("the first probe after %v", d)
					}
					continue
				}
				if d < limit/2 || d > limit+1 {
					t.Errorf("probe %d after %v, want %v to %v", i, d, limit/2, limit)
				}
				limit = min(limit*3/2, time.Minute)
			}
		}
	})
}

func TestExcusedFailuresDoNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := testEndpoint(8)
		f := busy
		f.excused = true
		attempt(t, e, &ticket{}, f)
		if down, _, last := e.state(); down || last == nil {
			t.Errorf("down %v, last error %v", down, last)
		}
	})
}

func TestWhoCannotBeInTimeIsToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := testEndpoint(1)
		f := busy
		f.wait = time.Minute
		attempt(t, e, &ticket{}, f)
		start := time.Now()
		if err := e.enter(t.Context(), &ticket{}, start.Add(59*time.Second)); !errors.Is(err, errElapsed) || time.Since(start) != 0 {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		// The one before it stays.
		probe := &ticket{}
		if err := e.enter(t.Context(), probe, start.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if err := e.enter(t.Context(), &ticket{}, start.Add(90*time.Second)); !errors.Is(err, errElapsed) || time.Since(start) != 90*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		e.leave(probe, works)
		if len(e.waiting) != 0 {
			t.Errorf("%d wait", len(e.waiting))
		}
	})
}

// TestNobodyIsForgotten lets many requests come, fail, end and be cancelled at
// random, and checks after each step that whoever may go goes. In the bubble a
// wake-up that is lost is a deadlock, and a goroutine that is left one too.
func TestNobodyIsForgotten(t *testing.T) {
	seeds := 300
	if testing.Short() {
		seeds = 30
	}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(seed), 1))
			limit := 1 + r.IntN(4)
			e := testEndpoint(limit)
			var mu sync.Mutex
			var problems []string
			running, probing, done := 0, 0, 0
			float := func() float64 { mu.Lock(); defer mu.Unlock(); return r.Float64() }
			n := 2 + r.IntN(12)
			outage := time.Now().Add(time.Duration(r.Int64N(int64(2 * time.Minute))))
			var wg sync.WaitGroup
			for range n {
				wg.Go(func() {
					time.Sleep(time.Duration(float() * float64(time.Minute)))
					tk := &ticket{turn: e.turn()}
					for {
						ctx, cancel := context.WithTimeout(context.Background(), time.Duration(float()*float64(time.Minute)))
						until := always
						if float() < 0.3 {
							until = time.Now().Add(time.Duration(float() * float64(time.Minute)))
						}
						err := e.enter(ctx, tk, until)
						cancel()
						if err != nil {
							continue // it comes again, as another one would
						}
						mu.Lock()
						e.mu.Lock()
						probe := e.probe == tk
						e.mu.Unlock()
						if running++; running > limit {
							problems = append(problems, fmt.Sprintf("%d run at once", running))
						}
						if probe {
							if probing++; probing > 1 {
								problems = append(problems, "two probes")
							}
						}
						mu.Unlock()
						time.Sleep(time.Duration(float() * float64(2*time.Second)))
						mu.Lock()
						running--
						if probe {
							probing--
						}
						mu.Unlock()
						switch now := time.Now(); {
						case float() < 0.1:
							e.leave(tk, finding{}) // nothing is known
						case now.After(outage) || float() < 0.1:
							e.leave(tk, finding{works: true, delivered: true})
							mu.Lock()
							done++
							mu.Unlock()
							return
						case float() < 0.5:
							f := busy
							f.excused = float() < 0.3
							if float() < 0.3 {
								f.wait = time.Duration(float() * float64(10*time.Second))
							}
							tk.own = now.Add(time.Duration(float() * float64(10*time.Second)))
							e.leave(tk, f)
						default:
							tk.own = now.Add(time.Duration(float() * float64(time.Second)))
							e.leave(tk, key)
						}
					}
				})
			}
			wg.Wait()
			if done != n || len(e.waiting) != 0 || e.running != 0 || e.probe != nil || len(problems) > 0 {
				t.Errorf("seed %d: %d of %d done, %d wait, %d run: %q", seed, done, n, len(e.waiting), e.running, problems)
			}
		})
	}
}

// TestWhoIsAdmittedTooLateGoesAllTheSame checks that a request which gives up while
// it is admitted is not missing as a probe for ever. In a bubble the two do not meet.
func TestWhoIsAdmittedTooLateGoesAllTheSame(t *testing.T) {
	e := newEndpoint(4, Retry{Min: 1, Max: 200 * time.Microsecond}, false)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	end := time.Now().Add(300 * time.Millisecond)
	if testing.Short() {
		end = time.Now().Add(30 * time.Millisecond)
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			tk := &ticket{turn: e.turn()}
			for i := 0; time.Now().Before(end); i++ {
				until := always
				if g%2 == 0 {
					until = time.Now().Add(time.Duration(i%40) * time.Microsecond)
				}
				if e.enter(ctx, tk, until) != nil {
					continue
				}
				if i%3 == 0 {
					e.leave(tk, works)
				} else {
					e.leave(tk, busy)
				}
			}
		})
	}
	wg.Wait()
	if e.running != 0 || e.probe != nil || len(e.waiting) != 0 {
		t.Errorf("%d run, probe %v, %d wait", e.running, e.probe, len(e.waiting))
	}
}

func TestListenersKnowTheLastState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := testEndpoint(1)
		var a, b []error
		stopA := e.listen(func(err error) { a = append(a, err) })
		attempt(t, e, &ticket{}, busy)
		attempt(t, e, &ticket{}, busy) // the same reason
		stopB := e.listen(func(err error) { b = append(b, err) })
		attempt(t, e, &ticket{}, key)
		attempt(t, e, &ticket{}, works)
		attempt(t, e, &ticket{}, works)
		stopA()
		e.puzzle(busy.fault)
		e.puzzle(busy.fault)
		e.puzzle(nil)
		stopB()
		attempt(t, e, &ticket{}, busy)
		if want := []error{busy.fault, key.fault, nil}; !slices.Equal(a, want) {
			t.Errorf("%v, want %v", a, want)
		}
		if want := []error{busy.fault, key.fault, nil, busy.fault, nil}; !slices.Equal(b, want) {
			t.Errorf("%v, want %v", b, want)
		}
	})
}

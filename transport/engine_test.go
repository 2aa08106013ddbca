package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// TestEngineHasALimit checks that so many requests run at once, and that older batches go
// first, whichever came first.
func TestEngineHasALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 2)
		c.sends(t.Context(), "a", 5)
		c.sends(t.Context(), "b", 6)
		c.wants("a", "b")
		for i, turn := range []uint64{lastTurn, 9, 7, 8, 7} {
			c.sends(t.Context(), fmt.Sprint("waits", i), turn)
		}
		c.wants()
		for _, step := range [][2]string{{"b", "waits2"}, {"waits2", "waits4"}, {"a", "waits3"}, {"waits3", "waits1"}, {"waits1", "waits0"}} {
			c.answers(step[0], 200)
			c.wants(step[1])
		}
		c.answers("waits0", 200)
		c.answers("waits4", 200)
		c.delivered()
	})
}

// TestEngineSendsAllThatMay checks that the parts of one batch take all the requests that
// may run, and that a batch takes its turn from when it first came.
func TestEngineSendsAllThatMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 3)
		c.window.now = size{2, unbounded}
		c.sends(t.Context(), "a b c d e f g h i", 0)
		c.wants("a b", "c d", "e f")
		c.sends(t.Context(), "later", 0)
		c.answers("c d", 200)
		c.wants("g h i") // twice as much
		c.answers("a b", 200)
		c.wants("later")
		for _, name := range []string{"e f", "g h i", "later"} {
			c.answers(name, 200)
		}
		c.delivered()
	})
}

// TestEngineFollowsTheLimit checks that fewer requests go when the server has said that
// there are too many, and more again as it accepts them.
func TestEngineFollowsTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 4)
		for i := range 8 {
			c.sends(t.Context(), fmt.Sprint(i), uint64(i+1))
		}
		c.wants("0", "1", "2", "3")
		c.answers("0", 200)
		c.wants("4")
		time.Sleep(time.Second)
		c.answers("1", 429) // two may run, and three do
		c.wants()
		c.answers("2", 200)
		c.wants()
		c.answers("3", 200) // three may run, and one does
		c.wants("5", "6")
		if c.limiter.now != 3 {
			t.Errorf("a limit of %d", c.limiter.now)
		}
		time.Sleep(time.Second) // what has failed is due
		c.wants()
		c.answers("4", 200)
		c.wants("1") // the oldest
		for _, name := range []string{"1", "5", "6", "7"} {
			c.answers(name, 200)
		}
		c.delivered()
	})
}

// TestEngineInDoubt checks that requests go one at a time after four rejections in a row,
// so that few records are lost to a server that rejects everything, and many at once again
// when one is accepted.
func TestEngineInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 6)
		for i := range 20 {
			c.sends(t.Context(), fmt.Sprint(i), uint64(i+1))
		}
		c.wants("0", "1", "2", "3", "4", "5")
		for i, want := range []string{"6", "7", "8"} {
			c.answers(fmt.Sprint(i), 400)
			c.wants(want)
		}
		c.answers("3", 400) // the fourth
		c.wants("9")        // one, beside those that were sent before
		for i := 4; i < 8; i++ {
			c.answers(fmt.Sprint(i), 400)
			c.wants()
		}
		c.answers("8", 422)
		c.wants()
		c.answers("9", 400)
		c.wants("10")
		c.answers("10", 200)
		c.wants("11", "12", "13", "14", "15", "16")
		for i := 11; i < 20; i++ {
			c.answers(fmt.Sprint(i), 200)
		}
		c.idle()
		for i := range 20 {
			if r := c.results[fmt.Sprint(i)]; (len(r.Lost) == 1) != (i < 10) {
				t.Errorf("%d: %+v", i, r)
			}
		}
	})
}

// TestEngineBelievesInTwelve checks that the thirteenth single record that is rejected in a
// row is not lost, and that nothing else is sent until it is time for a probe.
func TestEngineBelievesInTwelve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 1)
		for i := range 20 {
			c.sends(t.Context(), fmt.Sprint(i), uint64(i+1))
		}
		for i := range manyRejected + 1 {
			c.wants(fmt.Sprint(i))
			c.answers(fmt.Sprint(i), 400)
		}
		c.wants()
		if fault := c.fault(); fault == nil || fault.Status != 400 || !fault.Setup() {
			t.Errorf("down for %v", fault)
		}
		time.Sleep(time.Second)
		for i := 12; i < 20; i++ {
			c.wants(fmt.Sprint(i))
			c.answers(fmt.Sprint(i), 200)
		}
		lost := 0
		for _, r := range c.results {
			lost += len(r.Lost)
		}
		if c.idle(); lost != manyRejected {
			t.Errorf("%d records are lost", lost)
		}
	})
}

// waiting is a delivery that waits, for the table of who is the probe.
type waiting struct {
	turn     uint64
	probes   int
	attempts []int // of each of its parts
	ordered  bool
	running  int
	ended    bool
}

// TestEngineChoosesTheProbe has the table of which part is the probe.
func TestEngineChoosesTheProbe(t *testing.T) {
	none := [2]int{-1, -1}
	for _, c := range []struct {
		name string
		in   []waiting
		want [2]int // the delivery, and the part of it
	}{
		{"nothing waits", nil, none},
		{"nothing is left of it", []waiting{{turn: 1}}, none},
		{"nothing more of it is sent", []waiting{{turn: 1, attempts: []int{0}, ended: true}}, none},
		{"the oldest", []waiting{{turn: 1, attempts: []int{5}}, {turn: 2, attempts: []int{0}}}, [2]int{0, 0}},
		{"the fewest probes", []waiting{{turn: 1, probes: 1, attempts: []int{0}}, {turn: 2, attempts: []int{7}}}, [2]int{1, 0}},
		{"the oldest of those with the fewest", []waiting{
			{turn: 1, probes: 3, attempts: []int{0}}, {turn: 2, probes: 2, attempts: []int{1}}, {turn: 3, probes: 2, attempts: []int{0}},
		}, [2]int{1, 0}},
		{"the part that has failed least", []waiting{{turn: 1, attempts: []int{3, 1, 0, 0, 2}}}, [2]int{0, 2}},
		{"in order, the first", []waiting{{turn: 1, attempts: []int{2, 0}, ordered: true}}, [2]int{0, 0}},
		{"in order, nothing beside another", []waiting{{turn: 1, attempts: []int{0}, ordered: true, running: 1}}, none},
		{"out of order, beside another", []waiting{{turn: 1, attempts: []int{0}, running: 1}}, [2]int{0, 0}},
		{"one that may be sent", []waiting{
			{turn: 1, attempts: []int{0}, ended: true}, {turn: 2}, {turn: 3, attempts: []int{9}, probes: 9}, {turn: lastTurn, attempts: []int{0}},
		}, [2]int{2, 0}},
		{"a deferred one, if there is nothing else", []waiting{{turn: 1}, {turn: lastTurn, attempts: []int{3}}}, [2]int{1, 0}},
		{"of deferred ones, the first", []waiting{{turn: lastTurn, attempts: []int{3}, probes: 1}, {turn: lastTurn, attempts: []int{0}}}, [2]int{0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newTestClient(t).engine
				now := time.Now()
				e.breaker.fail(failure{fault: &Error{}, atOnce: true}, 0, now)
				e.breaker.next = now
				got := map[*part][2]int{}
				for i, w := range c.in {
					d := waits(e, w)
					for j, p := range d.todo {
						p.due = now.Add(time.Hour) // a probe does not wait for that
						got[p] = [2]int{i, j}
					}
				}
				p := e.nextProbe(now)
				if p == nil {
					if c.want != none || e.breaker.state != open {
						t.Fatalf("none; the breaker is %v", e.breaker.state)
					}
					return
				}
				if got[p] != c.want || c.want == none {
					t.Fatalf("part %d of delivery %d, want %v", got[p][1], got[p][0], c.want)
				}
				w := c.in[c.want[0]]
				if !p.probe || e.breaker.state != halfOpen || p.probes != w.probes+1 || p.running != w.running+1 || e.running != 1 {
					t.Errorf("a probe %v, the breaker %v, %d probes, %d of it and %d in all run", p.probe, e.breaker.state, p.probes, p.running, e.running)
				}
				if e.nextProbe(now) != nil || e.nextProbe(now.Add(time.Hour)) != nil {
					t.Error("another one beside it")
				}
			})
		})
	}
}

// waits adds a delivery to the engine that has parts of one record each.
func waits(e *engine, w waiting) *delivery {
	b := &batch.Batch{Ordered: w.ordered}
	for range w.attempts {
		b.Records = append(b.Records, []byte("{}"))
	}
	if w.turn == lastTurn {
		b.Deferred = 1
	}
	d := e.c.newDelivery(b)
	d.turn, d.probes, d.running, d.done = w.turn, w.probes, w.running, make(chan struct{})
	if w.ended {
		d.ended = errWaited
	}
	d.todo = nil
	for i, n := range w.attempts {
		p := &part{delivery: d, lo: i, hi: i + 1, encoding: encoding{key: newUUID(time.Now())}}
		p.past.e.Attempts, p.past.class = n, failing
		d.todo = append(d.todo, p)
	}
	e.deliveries = append(e.deliveries, d)
	return d
}

// TestEngineProbesInTurn checks that each batch is tried during an outage, one probe at a
// time, a batch that comes meanwhile too, and that all go on when a probe is rejected for
// its content.
func TestEngineProbesInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 8, WithRetry(Retry{Min: time.Second, Max: time.Second}))
		for i, name := range []string{"a", "b", "c"} {
			c.sends(t.Context(), name, uint64(i+1))
		}
		c.wants("a", "b", "c")
		for _, name := range []string{"c", "b", "a"} {
			c.ends(name, refuse)
		}
		for _, want := range []string{"a", "b", "c"} {
			c.wants() // the wait is not over
			time.Sleep(time.Second)
			c.wants(want)
			time.Sleep(time.Second)
			c.wants() // one at a time
			c.ends(want, refuse)
		}
		c.sends(t.Context(), "new", 4)
		time.Sleep(time.Second)
		c.wants("new")
		c.ends("new", refuse)
		time.Sleep(time.Second)
		c.wants("a")
		c.answers("a", 400)
		c.wants("b", "c", "new")
		for _, name := range []string{"b", "c", "new"} {
			c.answers(name, 200)
		}
		c.idle()
	})
}

// TestEngineOpensForAll checks that as many as may go on when a probe is accepted.
func TestEngineOpensForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 3)
		c.sends(t.Context(), "first", 0)
		c.wants("first")
		c.ends("first", refuse)
		for i := range 5 {
			c.sends(t.Context(), fmt.Sprint(i), 0)
		}
		time.Sleep(time.Second)
		c.wants("first")
		c.answers("first", 200)
		c.wants("0", "1", "2")
		for _, p := range c.deliveries {
			if p.probes != 0 {
				t.Error("closed: there are no probes")
			}
		}
		c.answers("0", 200)
		c.wants("3")
		for _, name := range []string{"1", "2", "3", "4"} {
			c.answers(name, 200)
		}
		c.delivered()
	})
}

// TestEngineProbesWithOneRecord checks that a probe is a single record of a part that
// may be at fault, and the whole part where that tells more.
func TestEngineProbesWithOneRecord(t *testing.T) {
	for name, c := range map[string]struct {
		end  ending
		want []string
	}{
		"no connection": {refuse, []string{"a", "b"}},
		"503":           {answer(503, "1"), []string{"a", "b"}},
		"401":           {answer(401, ""), []string{"a", "b"}},
		"429":           {answer(429, "1"), []string{"a b"}}, // it is not the content
		"no answer":     {answer(504, "1"), []string{"a b"}}, // it may have been stored
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				crowd := newCrowd(t, 3)
				crowd.sends(t.Context(), "a b", 0)
				crowd.wants("a b")
				crowd.ends("a b", c.end)
				crowd.wants()
				time.Sleep(2 * time.Second)
				probe := "a b"
				if len(c.want) == 2 {
					crowd.mu.Lock()
					probe = crowd.came[0] // either end
					crowd.mu.Unlock()
				}
				crowd.wants(probe)
				crowd.answers(probe, 200)
				if len(c.want) == 2 {
					crowd.wants(c.want[1-slices.Index(c.want, probe)])
					crowd.answers(c.want[1-slices.Index(c.want, probe)], 200)
				}
				crowd.delivered()
			})
		})
	}
}

// TestEngineHurries checks that a probe goes at once when somebody waits, and each half
// second beside one that hangs, also while the server has asked for more time.
func TestEngineHurries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 8, WithTimeout(time.Hour))
		for i := range 4 {
			c.sends(t.Context(), fmt.Sprint(i), 0)
		}
		c.wants("0", "1", "2", "3")
		c.ends("0", answer(503, "60"))
		for _, name := range []string{"1", "2", "3"} {
			c.answers(name, 503)
		}
		time.Sleep(2 * time.Second)
		c.wants() // Retry-After
		end := c.hurry()
		c.wants("0")
		time.Sleep(hurriedWait - 1)
		c.wants()
		time.Sleep(time.Nanosecond)
		c.wants("1")
		time.Sleep(hurriedWait)
		c.wants("2")
		end()
		end() // once more is harmless
		if c.hurries != 0 {
			t.Errorf("%d still hurry", c.hurries)
		}
		time.Sleep(5 * time.Second)
		c.wants() // what comes of the probes is waited for
		c.answers("1", 200)
		c.wants("3")
		for _, name := range []string{"0", "2", "3"} {
			c.answers(name, 200)
		}
		c.delivered()
	})
}

// TestEngineHurriesWhatWaits checks that a part which has failed while others are accepted
// waits as long as the server asks, is sent at once when somebody waits, and again within
// half a second until then.
func TestEngineHurriesWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 3, WithRetry(Retry{Min: 4 * time.Second, Max: 4 * time.Second}))
		fails := func() {
			t.Helper()
			c.wants("a b")
			time.Sleep(time.Nanosecond)
			c.sends(t.Context(), "other", 0)
			c.wants("other")
			c.answers("other", 200)
			c.ends("a b", answer(500, "4"))
		}
		c.sends(t.Context(), "a b", 0)
		fails()
		time.Sleep(4*time.Second - 1)
		c.wants()
		end := c.hurry()
		fails()
		time.Sleep(hurriedWait)
		c.wants("a b")
		end()
		c.answers("a b", 200)
		c.delivered()
	})
}

// TestEngineWakes checks that each part which waits is sent when it is due, whichever batch
// it is of.
func TestEngineWakes(t *testing.T) {
	for _, first := range []string{"a", "b"} {
		t.Run(first, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCrowd(t, 3)
				c.sends(t.Context(), "a", 0)
				c.sends(t.Context(), "b", 0)
				time.Sleep(time.Nanosecond)
				c.sends(t.Context(), "other", 0)
				c.wants("a", "b", "other")
				c.answers("other", 200)
				second := map[string]string{"a": "b", "b": "a"}[first]
				c.ends(second, answer(500, "4"))
				c.ends(first, answer(500, "1"))
				time.Sleep(time.Second - 1)
				c.wants()
				time.Sleep(time.Second)
				c.wants(first)
				c.answers(first, 200)
				time.Sleep(2*time.Second - 1)
				c.wants()
				time.Sleep(time.Second)
				c.wants(second)
				c.answers(second, 200)
				c.delivered()
			})
		})
	}
}

// TestEngineEndsASend checks when a Send that waits returns, and with which reason.
func TestEngineEndsASend(t *testing.T) {
	why := errors.New("enough")
	for name, c := range map[string]struct {
		end   ending        // of the request; nil if it hangs
		after time.Duration // the context ends; zero if it does not
		want  time.Duration // Send returns
		err   error
	}{
		"the context ends while it waits":             {refuse, 3 * time.Second, 3 * time.Second, why},
		"the context ends while it sends":             {nil, 3 * time.Second, 3 * time.Second, why},
		"nothing is accepted for ten seconds":         {refuse, 0, 10 * time.Second, errRefused},
		"likewise, and the context ends later":        {refuse, time.Minute, 10 * time.Second, errRefused},
		"a request goes on for more than that":        {nil, 0, 25 * time.Second, context.DeadlineExceeded},
		"the context ends while a request still goes": {nil, 15 * time.Second, 15 * time.Second, why},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				crowd := newCrowd(t, 3, WithTimeout(25*time.Second), WithRetry(Retry{Min: time.Hour, Max: time.Hour}))
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				if c.after > 0 {
					time.AfterFunc(c.after, func() { cancel(why) })
				}
				crowd.sends(ctx, "a b", 0)
				if c.end != nil {
					crowd.ends("a b", c.end)
				}
				time.Sleep(c.want - 1)
				if r, ok := crowd.result("a b"); ok {
					t.Fatalf("too early: %+v", r)
				}
				time.Sleep(time.Nanosecond)
				r, ok := crowd.result("a b")
				if !ok || !slices.Equal(r.Retry, []int{0, 1}) || len(r.Lost)+len(r.Deferred) > 0 || !errors.Is(r.Err, c.err) {
					t.Fatalf("Send has returned: %v, with %+v, want %v", ok, r, c.err)
				}
				crowd.idle()
			})
		})
	}
}

// TestEngineWithoutRetry checks that nothing waits for the result of a probe if nothing is
// tried twice.
func TestEngineWithoutRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 2, WithoutRetry())
		for i := range 50 {
			name := fmt.Sprint(i)
			c.sends(t.Context(), name, 0)
			c.wants(name)
			c.answers(name, 503)
			if r, _ := c.result(name); len(r.Lost) != 1 {
				t.Fatalf("%+v", r)
			}
		}
		if down, _, _, last := c.standing(); down || last == nil {
			t.Errorf("down %v, %v", down, last)
		}
		c.idle()
	})
}

// TestEngineGoesOnAfterAnAbandonedProbe checks that a probe which comes to no end of its own
// is followed by another one at once.
func TestEngineGoesOnAfterAnAbandonedProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 3)
		ctx, cancel := context.WithCancel(t.Context())
		c.sends(ctx, "a", 1)
		c.wants("a")
		c.ends("a", refuse)
		c.sends(t.Context(), "b", 2)
		time.Sleep(time.Second)
		c.wants("a")
		cancel()
		c.wants("b")
		if down, since, _, _ := c.standing(); !down || time.Since(since) != time.Second {
			t.Errorf("down %v for %v", down, time.Since(since))
		}
		c.answers("b", 200)
		c.idle()
		if r, _ := c.result("a"); len(r.Retry) != 1 || !errors.Is(r.Err, errRefused) {
			t.Errorf("%+v", r) // the attempt before says more
		}
	})
}

// TestEngineOutlivesItsWorkers checks that a worker which the HTTP client ends counts no
// more, that its records are sent again with their batch, and that others go on.
func TestEngineOutlivesItsWorkers(t *testing.T) {
	die := func() (*http.Response, error) { runtime.Goexit(); return nil, nil }
	for _, probe := range []bool{false, true} {
		t.Run(fmt.Sprint("probe ", probe), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCrowd(t, 1)
				c.sends(t.Context(), "a b", 0)
				c.sends(t.Context(), "c", 0)
				c.wants("a b")
				dies := "a b"
				if probe {
					c.ends("a b", refuse)
					c.wants()
					time.Sleep(time.Second)
					c.mu.Lock()
					dies = c.came[0]
					c.mu.Unlock()
					c.wants(dies)
				}
				c.ends(dies, die)
				r, ok := c.result("a b")
				if !ok || len(r.Lost)+len(r.Deferred) > 0 || !slices.Equal(r.Retry, []int{0, 1}) || !errors.Is(r.Err, errPanicked) {
					t.Errorf("Send has returned: %v, with %+v", ok, r)
				}
				c.wants("c")
				if c.breaker.state == closed == probe {
					t.Errorf("%v", c.breaker.state)
				}
				c.answers("c", 200)
				c.sends(t.Context(), "a b", 0)
				c.wants("a b")
				c.answers("a b", 200)
				c.delivered()
			})
		})
	}
}

// TestEngineOpensAtOnce has the table of the failures after which nothing else is sent
// until a probe is accepted.
func TestEngineOpensAtOnce(t *testing.T) {
	suspect := func(e *engine, p *part) { // others were accepted since it has failed
		p.past.failures, p.past.since = 1, p.past.last.Add(-2)
		e.evidence.accepted = p.past.last.Add(-1)
	}
	failed := func(_ *engine, p *part) { p.past.failures, p.past.since = 1, p.past.last.Add(-2) }
	half := func(_ *engine, p *part) { p.tree.parent = &part{} }
	known := func(e *engine, p *part) { e.evidence.blame(403, false, p.past.last) }
	deferred := func(_ *engine, p *part) { p.deferred = true }
	beside := func(e *engine, p *part) { e.evidence.accepted = p.past.last.Add(1) }
	for _, c := range []struct {
		name    string
		r       reply
		prepare func(e *engine, p *part) // nil for none
		want    state
		streak  int // failures that count
	}{
		{"500", reply{status: 500}, nil, closed, 1},
		{"503", reply{status: 503}, nil, closed, 1},
		{"no answer", reply{err: io.ErrUnexpectedEOF}, nil, closed, 1},
		{"no connection", reply{err: errRefused}, nil, open, 1},
		{"401", reply{status: 401}, nil, open, 1},
		{"407", reply{status: 407}, nil, open, 1},
		{"403", reply{status: 403}, nil, open, 1},
		{"503, Retry-After", reply{status: 503, wait: time.Second}, nil, open, 1},
		{"429, Retry-After", reply{status: 429, wait: time.Second}, nil, open, 1},

		{"no connection, suspected", reply{err: errRefused}, suspect, open, 0},
		{"401, suspected", reply{status: 401}, suspect, open, 0},
		{"403, suspected", reply{status: 403}, suspect, closed, 0},
		{"503, Retry-After, suspected", reply{status: 503, wait: time.Second}, suspect, closed, 0},
		{"403, has failed", reply{status: 403}, failed, closed, 1},
		{"503, Retry-After, has failed", reply{status: 503, wait: time.Second}, failed, closed, 1},
		{"401, a half", reply{status: 401}, half, open, 1},
		{"403, a half", reply{status: 403}, half, closed, 1},
		{"403, deferred", reply{status: 403}, deferred, closed, 0},
		{"503, Retry-After, deferred", reply{status: 503, wait: time.Second}, deferred, closed, 0},
		{"no connection, deferred", reply{err: errRefused}, deferred, open, 0},
		{"403, the fault of a record not long ago", reply{status: 403}, known, closed, 1},
		{"404, 403 is the fault of a record", reply{status: 404}, known, open, 1},
		{"no connection, others accepted meanwhile", reply{err: errRefused}, beside, closed, 0},
		{"401, others accepted meanwhile", reply{status: 401}, beside, closed, 0},
		{"503, Retry-After, others accepted meanwhile", reply{status: 503, wait: time.Second}, beside, closed, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newTestClient(t).engine
				d := waits(e, waiting{turn: 1, attempts: []int{0}})
				p, _ := d.take(time.Now())
				e.start(p, time.Now())
				p.past.e.Attempts++
				if c.prepare != nil {
					c.prepare(e, p)
				}
				c.r.sent, c.r.class = true, classify(c.r.status, c.r.err, true)
				if e.judge(p, c.r, nil, time.Now()); e.breaker.state != c.want || e.breaker.streak != c.streak {
					t.Fatalf("%v after %d that count, want %v after %d", e.breaker.state, e.breaker.streak, c.want, c.streak)
				}
				if e.evidence.failed != 1 {
					t.Errorf("%d failures", e.evidence.failed)
				}
			})
		})
	}
}

// TestEngineIsTooMuch has the table of the answers by which the server says that it has too
// many requests.
func TestEngineIsTooMuch(t *testing.T) {
	for _, c := range []struct {
		name string
		r    reply
		want int // requests at once, of 8
	}{
		{"200", reply{status: 200}, 8},
		{"429", reply{status: 429}, 4},
		{"429, Retry-After", reply{status: 429, wait: time.Second}, 4},
		{"425, Retry-After", reply{status: 425, wait: time.Second}, 8},
		{"502, Retry-After", reply{status: 502, wait: time.Second}, 4},
		{"503, Retry-After", reply{status: 503, wait: time.Second}, 4},
		{"503", reply{status: 503}, 8},
		{"500, Retry-After", reply{status: 500, wait: time.Second}, 8},
		{"401, Retry-After", reply{status: 401, wait: time.Second}, 8},
		{"no answer", reply{err: io.ErrUnexpectedEOF}, 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newTestClient(t, WithConcurrency(8)).engine
				p, _ := waits(e, waiting{turn: 1, attempts: []int{0}}).take(time.Now())
				e.start(p, time.Now())
				c.r.sent, c.r.class = true, classify(c.r.status, c.r.err, true)
				if e.judge(p, c.r, nil, time.Now()); e.limiter.now != c.want {
					t.Errorf("%d, want %d", e.limiter.now, c.want)
				}
			})
		})
	}
}

// TestEngineJudgesAgain checks what becomes of a part that has failed often enough to be at
// fault, but while nothing else was accepted: it is deferred, or split, when its turn comes
// and others were.
func TestEngineJudgesAgain(t *testing.T) {
	for _, c := range []struct {
		name     string
		records  int
		failures int
		accepted time.Duration // since the last attempt; zero for never
		want     string        // the next part; "none" if it was deferred
	}{
		{"one record, others were accepted", 1, 3, 1, "none"},
		{"one record, nothing was", 1, 3, 0, "0-1"},
		{"one record that has failed twice", 1, 2, 1, "0-1"},
		{"several, others were accepted", 4, 3, 1, "0-2"},
		{"several that have failed twice", 4, 2, 1, "0-4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newTestClient(t).engine
				now := time.Now()
				d := waits(e, waiting{turn: 1, attempts: make([]int, c.records)})
				p := piece(0, c.records, c.failures, failing)
				p.delivery, d.todo = d, []*part{p}
				p.past.began, p.past.since, p.past.last = now.Add(-time.Second), now.Add(-time.Second), now.Add(-time.Second)
				if c.accepted > 0 {
					e.evidence.accepted = p.past.last.Add(c.accepted)
				}
				e.mu.Lock()
				got := e.next(now)
				e.unlock()
				if spans(got) != c.want {
					t.Fatalf("%s, want %s", spans(got), c.want)
				}
				if got != nil {
					return
				}
				if len(d.out.Deferred) != 1 {
					t.Fatalf("%+v", d.out)
				}
				select {
				case <-d.done:
				default:
					t.Error("nothing is left, but Send does not return")
				}
			})
		})
	}
}

// TestEngineForgetsWhatEnds checks that a part which is left when a Send returns holds up
// no others: neither one without an answer, nor one that was larger than what the server
// took.
func TestEngineForgetsWhatEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newTestClient(t).engine
		d := waits(e, waiting{turn: 1, attempts: []int{1, 1}, running: 1})
		d.todo[0].stuck, d.todo[1].trial = true, true
		e.window.stuck, e.window.trial = 1, true
		leave := func() {
			e.mu.Lock()
			defer e.unlock()
			e.leave(d)
		}
		if leave(); len(e.deliveries) != 1 {
			t.Fatal("it goes on")
		}
		d.ended = errWaited
		if leave(); len(e.deliveries) != 1 || e.window.stuck != 1 || !e.window.trial {
			t.Fatal("a request of it is on its way")
		}
		d.running = 0
		leave()
		<-d.done
		leave() // once more is harmless
		if len(e.deliveries) != 0 || e.window.stuck != 0 || e.window.trial || d.todo[0].stuck || d.todo[1].trial {
			t.Errorf("%d deliveries, %d stuck, a trial %v", len(e.deliveries), e.window.stuck, e.window.trial)
		}
	})
}

// TestEngineTells checks what the listeners are told of an outage, that each change is
// told once, and that a record which merely waits is not shown.
func TestEngineTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 4, WithTimeout(time.Hour))
		defer c.hurry()()
		var told, late []error
		stop := c.notices.listen(func(err error) { told = append(told, err) })
		c.sends(t.Context(), "a", 0)
		for i, step := range []struct {
			end  ending
			want int // is told; 0 for nothing
		}{
			{answer(503, "1"), 503},
			{answer(503, "1"), 0},
			{answer(503, ""), 0},
			{answer(401, ""), 401},
			{answer(401, ""), 0},
			{answer(503, ""), 503},
			{refuse, -1},
			{refuse, 0},
		} {
			c.wants("a")
			c.ends("a", step.end)
			switch {
			case len(told) != min(1, max(step.want, -step.want)):
				t.Fatalf("step %d: told %v", i, told)
			case step.want != 0:
				var e *Error
				if !errors.As(told[0], &e) || e.Status != max(0, step.want) || e.Setup() != (step.want == 401) || e.Record != "" {
					t.Errorf("step %d: told %v", i, told[0])
				}
				if c.fault() != e {
					t.Errorf("step %d: the fault is %v", i, c.fault())
				}
			}
			told = nil
			time.Sleep(hurriedWait)
		}
		c.notices.listen(func(err error) { late = append(late, err) })
		if len(late) != 1 || !errors.Is(late[0], errRefused) {
			t.Errorf("who listens late is told %v", late)
		}
		odd := &Error{Status: 200, works: true}
		if c.oddity(odd); len(told)+len(late) != 1 {
			t.Errorf("told %v, %v while nothing is delivered", told, late)
		}
		c.wants("a")
		c.answers("a", 200)
		c.sends(t.Context(), "b", 0)
		c.answers("b", 200)
		if len(told) != 1 || told[0] != nil || len(late) != 2 || c.fault() != nil {
			t.Fatalf("told %v and %v of the end", told, late)
		}
		c.oddity(odd)
		c.oddity(odd)
		var got *Error
		if len(told) != 2 || !errors.As(told[1], &got) || got != odd {
			t.Errorf("told %v", told)
		}
		stop()
		c.oddity(nil)
		if len(told) != 2 || len(late) != 4 {
			t.Errorf("told %v after stop, and %v", told, late)
		}
	})
}

// TestEngineExpires has the table of the parts that are given up after Retry.MaxElapsed,
// and of when to look again.
func TestEngineExpires(t *testing.T) {
	const never = -1
	for _, c := range []struct {
		name    string
		most    time.Duration   // MaxElapsed
		started []time.Duration // ago, of each part that waits; never for not yet
		settled time.Duration   // ago, the last part
		running bool
		lost    []int
		again   time.Duration
		ended   bool
	}{
		{"without a limit", 0, []time.Duration{time.Hour, never}, 0, false, nil, sendTime, false},
		{"none is due", 8 * time.Second, []time.Duration{5 * time.Second, never, 7 * time.Second}, 0, false, nil, time.Second, false},
		{"one is due", 8 * time.Second, []time.Duration{3 * time.Second, 8 * time.Second, never}, 0, false, []int{1}, 5 * time.Second, false},
		{"one was due", 8 * time.Second, []time.Duration{time.Minute, never}, 0, false, []int{0}, sendTime, false},
		{"a moment before", 8 * time.Second, []time.Duration{8*time.Second - 1}, 0, false, nil, 1, false},
		{"all are due", 8 * time.Second, []time.Duration{9 * time.Second, 9 * time.Second}, 0, false, []int{0, 1}, sendTime, false},
		{"more than are given up one by one", 8 * time.Second, slices.Repeat([]time.Duration{time.Minute}, 15), 0, false, upToIndex(15), sendTime, false},
		{"nothing for ten seconds", 0, []time.Duration{never}, sendTime, false, nil, sendTime, true},
		{"nothing for almost ten seconds", 0, []time.Duration{never}, sendTime - 1, false, nil, 1, false},
		{"nothing for ten seconds but what goes on", 0, []time.Duration{never}, sendTime, true, nil, sendTime, true},
		{"nothing for long but what goes on", 0, []time.Duration{never}, time.Minute, true, nil, sendTime, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newTestClient(t, WithRetry(Retry{MaxElapsed: c.most})).engine
				now := time.Now()
				d := waits(e, waiting{turn: 1, attempts: make([]int, len(c.started))})
				for i, p := range d.todo {
					p.past.started = now.Add(-c.started[i])
					if c.started[i] == never {
						p.past.started = time.Time{}
					}
				}
				d.settled = now.Add(-c.settled)
				if c.running {
					d.running = 1
				}
				again := e.expire(d)
				var lost []int
				for _, f := range d.out.Lost {
					if !errors.Is(f.Err, errElapsed) {
						t.Errorf("%d is lost for %v", f.Index, f.Err)
					}
					lost = append(lost, f.Index)
				}
				slices.Sort(lost)
				if !slices.Equal(lost, c.lost) {
					t.Errorf("%v are lost, want %v", lost, c.lost)
				}
				if len(d.todo)+len(lost) != len(c.started) {
					t.Errorf("%d of %d are left", len(d.todo), len(c.started))
				}
				if again != c.again || (d.ended != nil) != c.ended {
					t.Errorf("again after %v, ended %v", again, d.ended)
				}
				gone := !c.running && (c.ended || len(d.todo) == 0)
				select {
				case <-d.done:
					if !gone {
						t.Error("Send returns")
					}
				default:
					if gone {
						t.Error("Send does not return")
					}
				}
				if c.running && e.expire(d) <= 0 { // and until that ends
					t.Error("it looks again at once, and always")
				}
			})
		})
	}
}

func upToIndex(n int) (list []int) {
	for i := range n {
		list = append(list, i)
	}
	return list
}

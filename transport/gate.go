package transport

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// errWaited ends the wait for an endpoint that takes nothing.
var errWaited = errors.New("the endpoint takes nothing at present")

// doubtful is how many rejections in a row make the client send one request at a time.
const doubtful = 4

// lastTurn comes after that of any batch.
const lastTurn = 1 << 63

// gate is where all requests of a client pass: it has the circuit breaker and the
// limit of requests at once, and lets older batches go first. Each enter that returns
// no error must be followed by one call of accepted, rejected, failed or abandoned.
type gate struct {
	breakerless bool // nothing is tried twice, so the breaker never opens

	mu      sync.Mutex
	breaker breaker
	limiter limiter
	random  share     // of attempts that fail by chance, so that repetitions are accepted
	turns   uint64    // of batches
	waiting []*ticket // by turn
	running int
	hurries int           // that have begun and not ended
	hurry   chan struct{} // closed when one begins
	timer   *time.Timer   // for the time of the next probe

	notices notices
}

// ticket is the place of one request among those that wait.
type ticket struct {
	turn   uint64 // lower ones go first
	rank   rank
	pass   pass
	called chan struct{} // closed when pass is set
}

// rank says who is the next probe: the lowest.
type rank struct {
	suspect int // 0 for a part that has not failed, 1 for one that has, 2 for a deferred record
	probes  int // of the batch so far
}

func (r rank) before(s rank) bool {
	return r.suspect < s.suspect || r.suspect == s.suspect && r.probes < s.probes
}

// pass is the right to send one request.
type pass struct {
	probe    bool
	accepted uint64 // breaker.accepted when it was given
	given    time.Time
}

func newGate(concurrency int, r Retry, once bool) *gate {
	return &gate{
		breakerless: once,
		breaker:     newBreaker(r, time.Now()),
		limiter:     newLimiter(concurrency),
		hurry:       make(chan struct{}),
		notices:     notices{listeners: map[int]func(error){}},
	}
}

// turn returns the turn of a new batch.
func (g *gate) turn() uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.turns++
	return g.turns
}

// try returns a pass if a request may be sent at once, which is the usual case.
func (g *gate) try(ctx context.Context) (p pass, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if ctx.Err() != nil || g.breaker.state != closed || len(g.waiting) > 0 || g.running >= g.limiter.now {
		return pass{}, false
	}
	g.running++
	return pass{accepted: g.breaker.accepted, given: time.Now()}, true
}

// enter waits until a request may be sent, at most until the given time.
func (g *gate) enter(ctx context.Context, turn uint64, r rank, until time.Time) (pass, error) {
	if err := endOf(ctx); err != nil {
		return pass{}, err
	}
	t := g.ask(turn, r)
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	var err error
	select {
	case <-t.called:
	case <-ctx.Done():
		err = endOf(ctx)
	case <-timer.C:
		err = errWaited
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.waiting, t); i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
		return pass{}, err
	}
	return t.pass, nil // called, perhaps meanwhile
}

// ask returns the ticket of one that waits, and lets it go if it may.
func (g *gate) ask(turn uint64, r rank) *ticket {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := &ticket{turn: turn, rank: r, called: make(chan struct{})}
	i := len(g.waiting)
	for i > 0 && g.waiting[i-1].turn > turn {
		i--
	}
	g.waiting = slices.Insert(g.waiting, i, t)
	g.admit(time.Now())
	return t
}

// admit lets those go who may. The caller holds g.mu.
func (g *gate) admit(now time.Time) {
	for len(g.waiting) > 0 && (g.running < g.limiter.now || g.breaker.state != closed) {
		i := 0
		if g.breaker.state != closed {
			for j, t := range g.waiting {
				if t.rank.before(g.waiting[i].rank) {
					i = j
				}
			}
		}
		yes, probe, at := g.breaker.admits(now, g.hurries > 0, g.waiting[i].rank == rank{})
		if !yes {
			g.lookAgain(at, now)
			return
		}
		t := g.waiting[i]
		g.waiting = slices.Delete(g.waiting, i, i+1)
		g.running++
		t.pass = pass{probe, g.breaker.accepted, now}
		close(t.called)
	}
}

// lookAgain calls admit at that time; with the zero time somebody else will. The
// caller holds g.mu.
func (g *gate) lookAgain(at, now time.Time) {
	if g.timer != nil {
		g.timer.Stop()
	}
	if at.IsZero() {
		return
	}
	g.timer = time.AfterFunc(at.Sub(now), func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.admit(time.Now())
	})
}

// leave ends what enter began. tell is told of it, and returns whether that is news,
// and which.
func (g *gate) leave(tell func(b *breaker, now time.Time) (news bool, trouble error)) {
	g.mu.Lock()
	now := time.Now()
	g.running--
	news, trouble := tell(&g.breaker, now)
	if news {
		g.notices.set(trouble)
	}
	if len(g.waiting) > 0 {
		g.admit(now)
	}
	g.mu.Unlock()
	if news {
		g.notices.publish()
	}
}

// accepted is told that a request was accepted, what is odd all the same, or nil, and how
// often it had failed by chance. If there are more for the batch with this turn, and none of
// an older one waits, it returns the pass for the next.
func (g *gate) accepted(odd error, failures int, turn uint64, more bool) (p pass, ok bool) {
	g.mu.Lock()
	now := time.Now()
	g.random.add(failures)
	g.limiter.accepted()
	news := g.breaker.accept(now) || g.notices.isNews(odd)
	if news {
		g.notices.set(odd)
	}
	if ok = more && g.running <= g.limiter.now && (len(g.waiting) == 0 || g.waiting[0].turn > turn); ok {
		p = pass{accepted: g.breaker.accepted, given: now}
	} else {
		g.running--
	}
	if len(g.waiting) > 0 {
		g.admit(now)
	}
	g.mu.Unlock()
	if news {
		g.notices.publish()
	}
	return p, ok
}

// oddity tells the listeners what is odd although records are accepted.
func (g *gate) oddity(odd error) {
	g.mu.Lock()
	if g.breaker.state == closed && g.notices.isNews(odd) {
		g.notices.set(odd)
	}
	g.mu.Unlock()
	g.notices.publish()
}

// rejected is told that a request was rejected, of a single record if alone. It reports
// whether the server seems to reject everything: then the request has not left yet, and is
// to be taken for one that failed.
func (g *gate) rejected(alone bool) (all bool) {
	g.mu.Lock()
	now := time.Now()
	all, news := g.breaker.reject(alone, now)
	if all {
		g.mu.Unlock()
		return true
	}
	g.running--
	if news {
		g.notices.set(nil)
	}
	g.admit(now)
	g.mu.Unlock()
	g.notices.publish()
	return false
}

// failed is told that a request failed; that the server had too many, if overloaded.
func (g *gate) failed(f failure, p pass, overloaded bool) {
	f.began, f.probe = p.accepted, p.probe
	g.leave(func(b *breaker, now time.Time) (bool, error) {
		if overloaded {
			g.limiter.overloaded(p.given, now)
		}
		if g.breakerless {
			b.fault = f.fault
			return false, nil
		}
		return b.fail(f, now), f.fault
	})
}

// abandoned is told that a request came to no end of its own.
func (g *gate) abandoned(p pass) {
	g.leave(func(b *breaker, now time.Time) (bool, error) {
		if p.probe {
			b.abandon()
		}
		return false, nil
	})
}

// doubts reports whether nothing but rejections has come of late, so that few requests
// should find out whether the server rejects everything.
func (g *gate) doubts() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.breaker.rejected >= doubtful
}

// evidence is what is known of a failure by what became of other requests since.
type evidence struct {
	accepted uint64 // requests, ever
	outages  uint64 // probes that failed, ever
}

// evidence returns that of now.
func (g *gate) evidence() evidence {
	g.mu.Lock()
	defer g.mu.Unlock()
	return evidence{g.breaker.accepted, g.breaker.outages}
}

// chance counts failures that were chance, as came out later.
func (g *gate) chance(failures int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.random.failed += float64(failures)
}

// failing returns the share of attempts that fail by chance.
func (g *gate) failing() float64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.random.value()
}

// hasRoom reports whether one more worker for the batch with this turn, which has so many,
// would have something to do: otherwise it would only wait. Older batches go first.
func (g *gate) hasRoom(turn uint64, workers int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if workers >= g.limiter.now {
		return false
	}
	if len(g.waiting) > 0 {
		return g.breaker.state == closed && g.waiting[0].turn > turn
	}
	return g.running+1 < g.limiter.now
}

// hurried reports whether somebody waits for what is pending. The channel is closed
// when somebody begins to.
func (g *gate) hurried() (bool, <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.hurries > 0, g.hurry
}

// begin has everything tried at once, and often, until end is called.
func (g *gate) begin() (end func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.hurries++
	close(g.hurry)
	g.hurry = make(chan struct{})
	g.admit(time.Now())
	return sync.OnceFunc(func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.hurries--
	})
}

// fault returns why nothing is accepted now, or nil.
func (g *gate) fault() *Error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.breaker.state == closed {
		return nil
	}
	return g.breaker.fault
}

// standing returns the part of Stats that is the gate's.
func (g *gate) standing() (down bool, since time.Time, limit int, last error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.breaker.fault != nil {
		last = g.breaker.fault
	}
	return g.breaker.state != closed, g.breaker.since, g.limiter.now, last
}

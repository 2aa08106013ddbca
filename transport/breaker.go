package transport

import (
	"math/rand/v2"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// state is that of a circuit breaker.
type state uint8

const (
	// closed: requests are sent as they come.
	closed state = iota
	// open: none is sent, until it is time for a probe.
	open
	// halfOpen: a probe is on its way, and all others wait for what comes of it.
	halfOpen
)

func (s state) String() string { return [...]string{"closed", "open", "half-open"}[s] }

const (
	// leastRow is how many attempts fail in a row, without one that is accepted in
	// between, until the breaker opens. Where requests fail anyway it takes more,
	// so many that it is not chance.
	leastRow   = 3
	rowChance  = 1e-5
	leastWrong = 12 // likewise, of single records that are rejected
	// hurriedWait is how long a probe is waited with at most while somebody waits for
	// what is pending, and for its answer, until there is a second one.
	hurriedWait = 500 * time.Millisecond
	// freshWait is how long after a probe there may be one of a batch of which nothing was
	// sent yet.
	freshWait = time.Second
)

// The waits between probes while the configuration is at fault are drawn from half of
// a value to the whole of it, which starts at setupMin and grows by half each time, up
// to setupMax.
const (
	setupMin = 5 * time.Second
	setupMax = 60 * time.Second
)

// breaker is the circuit breaker of the endpoint. It knows no clock and no requests,
// and is not safe for concurrent use: gate has it.
type breaker struct {
	tally
	schedule
	state    state
	since    time.Time // closed, or not
	accepted uint64    // parts, ever
	outages  uint64    // probes that failed, ever
	failing  share     // of all attempts
	fault    *Error    // the last one
}

// tally counts attempts since one was accepted.
type tally struct {
	row      int // that failed, and count
	failed   int // that failed, whatever was said of them
	rejected int // parts that were rejected
	wrong    int // of these, single records
}

// schedule is when probes are sent.
type schedule struct {
	next     time.Time // no probe before, but of what is fresh
	held     time.Time // not even that, as the server has asked
	probed   time.Time // when the last one was sent
	wrongRow int       // faults of the configuration in a row

	waits, slow backoff.BackOff
}

func newBreaker(r Retry, now time.Time) breaker {
	return breaker{since: now, schedule: schedule{waits: r.backOff(), slow: newBackOff(setupMin, setupMax)}}
}

// backOff returns the waits between probes: exponential, with jitter.
func (r Retry) backOff() backoff.BackOff { return newBackOff(r.Min, r.Max) }

// newBackOff returns waits that are drawn from half of a value to the whole of it.
func newBackOff(first, most time.Duration) backoff.BackOff {
	const forever = 1 << 60 // longer ones overflow
	first, most = min(first, forever), min(most, forever)
	b := &backoff.ExponentialBackOff{
		InitialInterval:     first * 3 / 4,
		RandomizationFactor: 1.0 / 3,
		Multiplier:          backoff.DefaultMultiplier,
		MaxInterval:         most * 3 / 4,
		Stop:                backoff.Stop,
		Clock:               backoff.SystemClock,
	}
	b.Reset()
	return b
}

// accept is told of a part that was accepted. It reports whether that is news.
func (b *breaker) accept(now time.Time) (news bool) {
	b.accepted++
	b.failing.add(b.failed)
	b.tally = tally{}
	return b.close(now)
}

// reject is told of a part that was rejected, of a single record, if alone. It reports
// whether that is the fault of the configuration, and not that of the record: so many in
// a row were rejected alone. Otherwise it shows that the endpoint works, and news says
// whether the breaker has closed.
func (b *breaker) reject(alone bool, now time.Time) (all, news bool) {
	if b.wrong >= max(leastWrong, tooMany(b.failing.value(), rowChance)) {
		return true, false
	}
	b.row = 0
	b.failed++
	b.rejected++
	if alone {
		b.wrong++
	}
	return false, b.close(now)
}

func (b *breaker) close(now time.Time) (news bool) {
	if b.state == closed {
		return false
	}
	b.state, b.since, b.wrongRow, b.held = closed, now, 0, time.Time{}
	b.waits.Reset()
	b.slow.Reset()
	return true
}

// failure is an attempt that was not the fault of what was sent, for all that is known.
type failure struct {
	fault  *Error
	began  uint64        // breaker.accepted when it was sent
	counts bool          // its content is not suspected
	sure   bool          // it says nothing of the content, such as without a connection
	config bool          // somebody must mend the configuration
	wait   time.Duration // Retry-After, or zero
	probe  bool
}

// fail is told of a failure. It reports whether the breaker has opened, or stays open
// for another reason.
func (b *breaker) fail(f failure, now time.Time) (news bool) {
	b.failed++
	switch {
	case b.state != closed && !f.probe: // it was sent before, and says nothing new
		return false
	case b.state == closed && b.accepted > f.began: // others were accepted meanwhile
		b.fault = f.fault
		return false
	case b.state == closed && !b.counts(f):
		b.fault = f.fault
		return false
	}
	if f.probe {
		b.outages++
	}
	news = b.state == closed || b.fault == nil || b.fault.kind() != f.fault.kind()
	if b.state == closed {
		b.since = now
	}
	b.state, b.fault = open, f.fault
	b.held = later(b.held, now.Add(jitter(f.wait)))
	b.next = later(now.Add(b.wait(f.config)), b.held)
	return news
}

// counts counts a failure, and reports whether the breaker opens: at once for what must be
// mended, which is to be told, or when the server asks for a wait.
func (b *breaker) counts(f failure) bool {
	if f.counts {
		b.row++
	}
	at := f.sure || f.counts && (f.config || f.wait > 0)
	return at || b.row >= max(leastRow, tooMany(b.failing.value(), rowChance))
}

// wait returns how long to wait for the next probe. One answer that blames the
// configuration may be about the request alone, as that of a firewall.
func (b *breaker) wait(config bool) time.Duration {
	if !config {
		b.wrongRow = 0
		return b.waits.NextBackOff()
	}
	if b.wrongRow++; b.wrongRow == 1 {
		return b.waits.NextBackOff()
	}
	return b.slow.NextBackOff()
}

// admits reports whether a request may go now, and whether it is a probe; and if not,
// when one may at the earliest. hurried says that somebody waits; fresh, that nothing of
// its batch has been a probe, nor failed: others may have been at fault, so it need not wait
// for long.
func (b *breaker) admits(now time.Time, hurried, fresh bool) (yes, probe bool, at time.Time) {
	switch b.state {
	case closed:
		return true, false, now
	case open:
		at = b.next
		if fresh {
			at = later(earlier(at, b.probed.Add(freshWait)), b.held)
		}
		if hurried {
			at = earlier(at, b.probed.Add(hurriedWait))
		}
	case halfOpen:
		if !hurried {
			return false, false, time.Time{} // its end is waited for
		}
		at = b.probed.Add(hurriedWait)
	}
	if at.After(now) {
		return false, false, at
	}
	b.state, b.probed = halfOpen, now
	return true, true, now
}

// abandon is told of a probe that says nothing.
func (b *breaker) abandon() {
	if b.state == halfOpen {
		b.state = open
	}
}

func later(t, u time.Time) time.Time {
	if t.After(u) {
		return t
	}
	return u
}

func earlier(t, u time.Time) time.Time {
	if t.Before(u) {
		return t
	}
	return u
}

// jitter returns a wait that is up to a quarter longer, so that those who were told the
// same do not come together.
func jitter(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return d + rand.N(d/4+1)
}

package transport

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// state is that of a circuit breaker.
type state uint8

const (
	// closed: requests are sent as they come.
	closed state = iota
	// open: none is sent until it is time for a probe.
	open
	// halfOpen: a probe is on its way, and everything else waits for its result.
	halfOpen
)

func (s state) String() string { return [...]string{"closed", "open", "half-open"}[s] }

const (
	// minStreak is how many attempts in a row fail until the breaker opens. Where
	// requests fail at random it takes more: as many as chance explains with
	// streakChance.
	minStreak    = 3
	streakChance = 1e-5
	// hurriedWait is the longest wait for a probe, and for its answer until there is a
	// second one, while somebody waits for what is pending.
	hurriedWait = 500 * time.Millisecond
	// minSetupWait is the shortest wait between probes while the configuration is at
	// fault, since a person has to act; the first half of it is random. Waits are setupTimes
	// as long then. The first two are ordinary ones: an answer or two may be about one
	// request only, as those of a firewall.
	minSetupWait = 5 * time.Second
	setupTimes   = 3
)

// breaker is the circuit breaker of the endpoint. It knows no clock and no requests,
// and is not safe for concurrent use: the engine has it.
type breaker struct {
	state  state
	since  time.Time // it has been closed, or not
	streak int       // failures in a row that count
	fault  *Error    // the last failure
	next   time.Time // when the next probe may go
	held   time.Time // the same, as the server has asked
	probed time.Time // when the last probe was sent
	wrong  int       // faults of the configuration in a row
	waits  backoff.BackOff
}

func newBreaker(r Retry, now time.Time) breaker {
	return breaker{since: now, waits: r.backOff()}
}

// backOff returns the waits between probes: exponential, each drawn from half of a value
// to the whole of it.
func (r Retry) backOff() backoff.BackOff {
	const forever = 1 << 60 // longer ones overflow
	first, most := min(r.Min, forever), min(r.Max, forever)
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

// close is called when a request shows that the endpoint works.
func (b *breaker) close(now time.Time) {
	b.streak = 0
	if b.state == closed {
		return
	}
	b.state, b.since, b.wrong, b.held = closed, now, 0, time.Time{}
	b.waits.Reset()
}

// failure is an attempt that failed for a reason other than its content, as far as is
// known.
type failure struct {
	fault  *Error
	probe  bool
	others bool          // other requests were accepted since it was sent
	counts bool          // its content is not suspected
	atOnce bool          // one is enough: a person must act, or the server asks for a wait
	config bool          // somebody must mend the configuration
	wait   time.Duration // Retry-After, or zero
}

// fail counts a failure; failing is the share of attempts that fail. It reports whether
// the breaker is open for it.
func (b *breaker) fail(f failure, failing float64, now time.Time) bool {
	switch {
	case b.state != closed && !f.probe: // it was sent earlier, and says nothing new
		return false
	case b.state == closed && (f.others || !b.opens(f, failing)):
		b.fault = f.fault
		return false
	case b.state == closed:
		b.since, b.probed = now, now // this request was as good as a probe
	}
	b.state, b.fault = open, f.fault
	b.held = later(b.held, now.Add(jitter(f.wait)))
	b.next = later(now.Add(b.wait(f.config)), b.held)
	return true
}

// opens counts a failure of a closed breaker, and reports whether it opens.
func (b *breaker) opens(f failure, failing float64) bool {
	if f.counts {
		b.streak++
	}
	return f.atOnce || b.streak >= max(minStreak, tooMany(failing, streakChance))
}

// wait returns how long to wait for the next probe.
func (b *breaker) wait(config bool) time.Duration {
	wait := b.waits.NextBackOff()
	if !config {
		b.wrong = 0
		return wait
	}
	if b.wrong++; b.wrong <= 2 {
		return wait
	}
	return max(min(wait, math.MaxInt64/setupTimes)*setupTimes, minSetupWait/2+rand.N(minSetupWait/2))
}

// admits reports whether a probe may go now, and if not, when one may at the earliest;
// the zero time means that the result of another probe is waited for. hurried says that
// somebody waits for what is pending.
func (b *breaker) admits(now time.Time, hurried bool) (yes bool, at time.Time) {
	if at = b.next; hurried {
		at = earlier(at, b.probed.Add(hurriedWait))
	}
	if b.state == halfOpen {
		if !hurried {
			return false, time.Time{}
		}
		at = b.probed.Add(hurriedWait)
	}
	if at.After(now) {
		return false, at
	}
	b.state, b.probed = halfOpen, now
	return true, now
}

// abandon is called when a probe has ended. If it has come to no result, another one may go.
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

// jitter returns a wait that is up to a quarter longer, so that clients which were told
// the same do not come back together.
func jitter(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return d + rand.N(d/4+1)
}

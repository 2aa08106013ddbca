package auth

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"
)

const (
	// fetchTimeout bounds one fetch, however many wait for it. It is less than the time
	// of one attempt of transport, so that an attempt learns why there is no token.
	fetchTimeout = 15 * time.Second
	// abandonAfter is when a fetch that does not heed the end of its time is taken for
	// lost, and another one may begin beside it.
	abandonAfter = 5 * time.Minute
	// maxMargin is how long before its end a secret is given out no more, since a
	// request takes its time; one that lives shortly loses a tenth of its life.
	maxMargin = 10 * time.Second
)

// The waits between fetches of which the last has failed, or brought what the server
// refused: from half of a value to one and a half of it. It starts at waitMin and grows
// by half each time, up to waitMax.
const (
	waitMin = time.Second
	waitMax = 30 * time.Second
)

func newWaits() *backoff.ExponentialBackOff {
	return backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(waitMin),
		backoff.WithMaxInterval(waitMax),
		backoff.WithMaxElapsedTime(0),
	)
}

// grant is what a fetch has brought. Its durations count from the moment at which the
// fetch began.
type grant struct {
	secret string
	life   time.Duration // until the secret ends; zero if that is not known
	age    time.Duration // at which to look for another one; zero for never
}

// fetch is what a cache fetches with. old is the secret that is to be replaced, since
// the server has refused it or it is about to end; it is empty at first. The secret of a
// grant is empty with an error only.
type fetch func(ctx context.Context, f fetching, old string) (grant, error)

// cache is a source that keeps what it has fetched.
//
//   - However many requests wait for a secret, it is fetched once, and each waits
//     within its own context. The fetch goes on to its own end, so that one that takes
//     too long is known to, and is not begun again by everybody who comes next. If it
//     does not heed the end of its time, nobody waits for it any more.
//   - Before the secret ends, another one is fetched while it goes on being used, by a
//     timer, so that an application that logs now and then does not wait either; but
//     only if it was used at all, so that an idle one is left alone.
//   - While fetches fail, there are waits between them, and what asks meanwhile gets the
//     last error at once.
//   - A secret that is refused is dropped once, however many were refused with it.
type cache struct {
	what  string // is fetched, and from where
	fetch fetch
	// clock is the time as the system has it, which may jump.
	clock func() time.Time

	mu      sync.Mutex
	has     grant // empty if there is none
	got     instant
	refresh time.Duration // the age at which to fetch the next one; zero for never
	used    bool          // since it was fetched
	taken   bool          // the server has taken it
	old     string        // the one that was given out last
	call    *fetchCall    // the fetch that runs, or nil
	client  *http.Client  // of the last request
	timer   *time.Timer   // for the next fetch in the background

	waits  *backoff.ExponentialBackOff // after failures
	failed error                       // of the last fetch, or nil
	next   time.Time                   // no fetch before; zero unless the last has failed
	rests  *backoff.ExponentialBackOff // after refusals
	rest   time.Time                   // nothing is dropped before
	rested time.Duration               // how long that was from the last refusal

	fetches, failures uint64

	watchers map[*func()]bool // are called when trouble begins or ends
}

// fetchCall is one fetch. err and secret are set before done is closed.
type fetchCall struct {
	began  instant
	wanted bool // by a request
	old    string
	done   chan struct{}
	secret string
	err    error
}

// instant is a moment on both clocks: the one that only grows, and that of the system,
// which jumps, but goes on while a machine sleeps.
type instant struct{ steady, system time.Time }

func newCache(what string, f fetch) *cache {
	return &cache{
		what:  what,
		fetch: f,
		clock: func() time.Time { return time.Now().Round(0) },
		waits: newWaits(),
		rests: newWaits(),
	}
}

// source returns the cache as a source.
func (c *cache) source() source {
	return source{secret: c.secret, refused: c.refused, taken: c.take, trouble: c.trouble, watch: c.watch, counts: c.counts}
}

func (c *cache) now() instant { return instant{time.Now(), c.clock()} }

// since returns how much time has passed, at least. If one of the clocks stood or
// jumped back, the other one tells; if one jumped ahead, a secret is replaced early.
func (t instant) since(begin instant) time.Duration {
	return max(t.steady.Sub(begin.steady), t.system.Sub(begin.system))
}

// secret returns the secret that is kept, or waits for one.
func (c *cache) secret(ctx context.Context, f fetching) (string, error) {
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	c.mu.Lock()
	c.client = f.client
	now := c.now()
	if c.valid(now) {
		defer c.mu.Unlock()
		c.used = true
		c.abandon(now)
		c.renew(now)
		return c.has.secret, nil
	}
	c.abandon(now)
	call := c.call
	if call == nil {
		// A person may log in any moment, and that costs no request.
		if now.steady.Before(c.next) && !errors.Is(c.failed, ErrLoginRequired) {
			defer c.mu.Unlock()
			return "", c.failed
		}
		call = c.start(now)
		call.wanted = true
	}
	c.mu.Unlock()

	overdue := time.NewTimer(fetchTimeout - now.steady.Sub(call.began.steady) + time.Second)
	defer overdue.Stop()
	select {
	case <-call.done:
		return call.secret, call.err
	case <-ctx.Done():
		return "", c.waited(context.Cause(ctx))
	case <-overdue.C:
		return "", c.waited(context.DeadlineExceeded)
	}
}

// abandon gives a fetch up that has not returned for long: otherwise none would begin
// again. The caller holds c.mu.
func (c *cache) abandon(now instant) {
	if c.call == nil || now.steady.Sub(c.call.began.steady) < abandonAfter {
		return
	}
	c.call = nil
	c.fetches++
	c.failures++
	c.fail(c.waited(context.DeadlineExceeded), now)
}

// fail notes why a fetch was in vain. The caller holds c.mu.
func (c *cache) fail(err error, now instant) {
	c.failed = err
	c.next = now.steady.Add(max(c.waits.NextBackOff(), retryAfter(err)))
	if c.has.life == 0 {
		c.used = false // there is no hurry, and perhaps nobody needs it any more
	}
}

// waited returns the error for a request that has waited in vain.
func (c *cache) waited(cause error) error {
	return fmt.Errorf("auth: waiting for %s: %w", c.what, cause)
}

// valid reports whether the secret that is kept may be used. The caller holds c.mu.
func (c *cache) valid(now instant) bool {
	life := c.has.life
	return c.has.secret != "" && (life == 0 || now.since(c.got) < life-min(maxMargin, life/10))
}

// renew fetches another secret in the background if it is time for that, and otherwise
// sees to it that this is done later. The caller holds c.mu.
func (c *cache) renew(now instant) {
	if c.call != nil || c.refresh == 0 || !c.used || !c.valid(now) {
		return
	}
	wait := max(c.refresh-now.since(c.got), c.next.Sub(now.steady))
	if wait <= 0 {
		c.start(now)
		return
	}
	if c.timer == nil {
		c.timer = time.AfterFunc(wait, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.timer = nil
			c.renew(c.now())
		})
	}
}

// start begins a fetch. It has nothing of the context of who waits first, such as a trace,
// which would see the secret of the client. The caller holds c.mu.
func (c *cache) start(now instant) *fetchCall {
	ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
	call := &fetchCall{began: now, old: c.old, done: make(chan struct{})}
	c.call = call
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	f := fetching{c.client}
	go func() {
		defer cancel()
		c.run(ctx, f, call)
	}()
	return call
}

// run fetches a secret. Whatever a function of the user's does, even panic or end its
// goroutine, those who wait get an answer.
func (c *cache) run(ctx context.Context, f fetching, call *fetchCall) {
	var g grant
	err := errors.New("auth: the source of the secret did not return")
	defer func() {
		if recover() != nil {
			// What it panicked with may hold a secret.
			err = errors.New("auth: the source of the secret panicked")
		}
		c.finish(call, g, err)
	}()
	g, err = c.fetch(ctx, f, call.old)
	err = tame(err)
}

// finish stores what the fetch has brought and lets the waiters go.
func (c *cache) finish(call *fetchCall, g grant, err error) {
	for _, f := range c.settle(call, g, err) {
		tell(f)
	}
}

// tell calls a function of the user's, whose panic would end the program here.
func tell(f func()) {
	defer func() { _ = recover() }()
	f()
}

// settle does what finish says, and returns whom to tell.
func (c *cache) settle(call *fetchCall, g grant, err error) (watchers []func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	call.secret, call.err = g.secret, err
	close(call.done)
	if c.call != call {
		return nil // it was given up
	}
	if IsSetup(err) != IsSetup(c.failed) {
		for f := range c.watchers {
			watchers = append(watchers, *f)
		}
	}
	c.call = nil
	c.fetches++
	now := c.now()
	if err != nil {
		c.failures++
		c.fail(err, now)
	} else {
		c.failed, c.next = nil, time.Time{}
		c.waits.Reset()
		c.keep(g, call.began)
		c.used = call.wanted // one that nobody uses is not replaced
	}
	c.renew(now)
	return watchers
}

// watch has f called when trouble begins or ends, until stop is called.
func (c *cache) watch(f func()) (stop func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.watchers == nil {
		c.watchers = map[*func()]bool{}
	}
	c.watchers[&f] = true
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.watchers, &f)
	}
}

// keep makes the secret the one that is given out. The caller holds c.mu.
func (c *cache) keep(g grant, began instant) {
	// A source with a cache of its own brings the same one as long as it lives.
	c.taken = c.taken && g.secret == c.has.secret
	c.has, c.got, c.old = g, began, g.secret
	c.refresh = refreshAge(g)
}

// refreshAge returns the age at which another secret is fetched: between 70 and 85 % of
// its life, so that many processes which have started at once do not ask at once, and
// some tries are left if it fails. It is zero if there is neither a life nor an age.
func refreshAge(g grant) time.Duration {
	if g.age > 0 {
		return g.age/10*9 + rand.N(g.age/10+1)
	}
	return g.life/20*14 + rand.N(g.life/20*3+1)
}

// refused drops the secret, if it is the one that is kept. One that the server has taken,
// for some time, has come to its end, perhaps earlier than the endpoint for tokens says.
// Otherwise the next one stays for a while, longer each time: the server refuses whatever
// is fetched, or now and then, and the endpoint is not to suffer for that.
func (c *cache) refused(secret string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	ended := c.taken && now.since(c.got) > 2*c.rested
	if c.has.secret != secret || secret == "" || now.steady.Before(c.rest) {
		return
	}
	c.has, c.taken = grant{}, false
	wait := waitMin
	if ended {
		c.rests.Reset()
	} else {
		wait = c.rests.NextBackOff()
	}
	c.rested, c.rest = wait, now.steady.Add(wait)
}

// take notes that the server has taken the secret, if it is the one that is kept.
func (c *cache) take(secret string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.has.secret == secret {
		c.taken = true
	}
}

// trouble returns why the last fetch failed for good although there is a secret, which
// will end.
func (c *cache) trouble() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.has.secret == "" || !IsSetup(c.failed) {
		return nil
	}
	return c.failed
}

// counts returns how many fetches have ended, and how many of them in vain.
func (c *cache) counts() (fetches, failures uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fetches, c.failures
}

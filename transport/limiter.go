package transport

import "time"

// limiter is how many requests may run at once, adapted like the congestion window of
// TCP: half as many when the server says that it is too many, and one more when it
// has taken as many as there may be. It is not safe for concurrent use.
type limiter struct {
	most  int // WithConcurrency
	now   int
	taken int       // requests that were accepted since now has changed
	cut   time.Time // when it became less
}

func newLimiter(most int) limiter { return limiter{most: most, now: most} }

// accepted is told of each request that was accepted.
func (l *limiter) accepted() {
	if l.now == l.most {
		return
	}
	if l.taken++; l.taken >= l.now {
		l.now, l.taken = l.now+1, 0
	}
}

// overloaded is told that the server took a request for one too many. Those that ran
// already when the limit became less say nothing new.
func (l *limiter) overloaded(began, now time.Time) {
	if began.Before(l.cut) {
		return
	}
	l.now, l.taken, l.cut = (l.now+1)/2, 0, now
}

package transport

import (
	"math"
	"time"
)

// This file is when a request that keeps failing is suspected of having a record in it
// that is the cause, and when a single record is given up for that.

const (
	// patience is how often in a row a request fails until one of its records is sent
	// alone, to find out whether its content is why.
	patience = 3
	// A request without an answer may have been stored, and a part of it would not be
	// known as a repetition: that takes mutePatience times as many failures, and
	// condemnTime.
	mutePatience = 4
	// condemnAfter and condemnTime are how often in a row, and for how long, a
	// single record fails, while others are delivered in between each time, until it
	// is given up. Others than the record are more likely why there
	// is no answer, or one of a gateway or a limiter: that takes longer.
	condemnAfter    = 16
	condemnTime     = time.Minute
	slowCondemnTime = 5 * time.Minute
	// loneFactor is how many times as long it takes if others were delivered in
	// between at least once, but not each time: there may be none.
	loneFactor = 10
	// knownAfter and knownTime are enough for a way that has condemned a record
	// not long ago.
	knownAfter = 6
	knownTime  = 3 * time.Second
	// condemnWait is the longest wait of a record that is soon given up.
	condemnWait = 2 * condemnTime / condemnAfter
	// renewals is how many more keys a record is tried with before it is given up: a
	// server may repeat its first answer to a key, or have keys shared out to parts of
	// it of which one is down.
	renewals = 3
	// condemnShare is how many requests are delivered meanwhile for each failure
	// that these have had: a server that fails at random condemns nothing.
	condemnShare = 4
)

// streak is a number of failures in a row of which the content may be the cause.
type streak struct {
	way       int // in which, see wayOf; of several, one that is most likely of others
	failures  int
	between   int // of these, those before which others were delivered; the first counts
	began     time.Time
	delivered uint64 // by all requests, when the last one was counted
	atStart   struct{ delivered, failed uint64 }
}

// add counts a failure, and reports whether others were delivered since the last
// one.
func (s *streak) add(way int, now time.Time, delivered, failed uint64) (between bool) {
	if way == 0 || s.way == 0 {
		*s = streak{way: way, failures: 1, between: 1, began: now, delivered: delivered}
		s.atStart.delivered, s.atStart.failed = delivered, failed
		return false
	}
	if isOfOthers(way) {
		s.way = way // it takes longer to believe
	}
	s.failures++
	if between = delivered > s.delivered; between {
		s.between++
		s.delivered = delivered
	}
	return between
}

// condemns reports whether a single record is given up. The counts are those of
// requests that were delivered, and of their failures before; known says that one that
// failed in this way was given up not long ago.
func (s *streak) condemns(now time.Time, delivered, failed uint64, known bool) bool {
	if s.way == 0 || s.between < 2 || delivered-s.atStart.delivered < condemnShare*(failed-s.atStart.failed) {
		return false
	}
	least, took := condemnTime, now.Sub(s.began)
	if isOfOthers(s.way) {
		least = slowCondemnTime
	}
	switch {
	case s.between >= condemnAfter && took >= least:
		return true
	case known:
		return s.failures >= knownAfter && took >= knownTime
	default:
		return s.failures >= condemnAfter && took >= loneFactor*least
	}
}

// stepBack makes the request wait behind all others, until it is delivered or given
// up. If others were delivered since it has failed, it waits for itself only.
func (r *request) stepBack() {
	delivered, _ := r.c.endpoint.counts()
	r.patience = 0
	r.ticket.turn |= lastTurns
	r.ticket.free = r.streak.way != 0 && (r.streak.between > 1 || delivered > r.streak.delivered)
}

// isSuspect reports whether the request has failed as often as its patience allows. If
// all others do likewise, their failures count, too.
func (r *request) isSuspect(way int, v verdict, now time.Time) bool {
	failures, least := r.limit(way, v)
	all := r.c.endpoint.failures() // without this one
	return r.streak.failures >= failures && now.Sub(r.streak.began) >= least ||
		r.patience <= patience && all.n+1 >= failures && now.Sub(all.began) >= least && !isBusy(way)
}

// limit returns how many failures in a row, of which this is the last, over how much
// time at least, make the request suspect.
func (r *request) limit(way int, v verdict) (failures int, least time.Duration) {
	switch {
	case isBusy(way) && bodySize(r.records) <= r.c.learnt.largest.get()*5/4:
		return math.MaxInt, 0 // the server has taken about as much in one request
	case isBusy(way):
		return patience * mutePatience, condemnTime
	case way == noAnswer && r.patience >= patience && r.c.learnt.mute.get() != yes:
		// What is known to be doubtful is tested as soon without an answer as with
		// one.
		return r.patience * mutePatience, condemnTime
	case v == setup, way != noAnswer && r.c.learnt.condemns.is(way): // the waits for the next probe are long
		return (r.patience + patience - 1) / patience, 0
	default:
		return r.patience, 0
	}
}

package transport

import "time"

const (
	// manyRejected is how many single records the server rejects in a row until that is
	// taken for a fault of the configuration.
	manyRejected = 12
	// doubtful is how many rejections in a row make the client send one request at a
	// time, so that few records are lost until manyRejected is reached.
	doubtful = 4
	// While fewer than fewAccepted requests were accepted, a failure may be random as well as
	// not: their share is taken for that of random ones, up to mostUnknown.
	fewAccepted = 16
	mostUnknown = 1.0 / 3
	// learntFor is how long the client goes by what it has learnt of the server, until it
	// tries again.
	learntFor = 10 * time.Minute
)

// evidence is what has become of requests of late. It tells a fault of the endpoint from
// one of the content: a part that fails while others are accepted is suspected. It is
// not safe for concurrent use.
type evidence struct {
	accepted time.Time // when the last request was
	outage   time.Time // when the last probe failed
	failing  share     // of all attempts
	random   share     // of attempts that fail by chance: the same part is accepted later

	// Since the last request was accepted.
	failed   int // attempts, for whatever reason
	rejected int // parts that were
	alone    int // of these, single records

	known map[int]known // by answer
}

// known is until when an answer is taken for the fault of a single record: one was
// deferred for it, or lost.
type known struct{ deferred, lost time.Time }

// accept counts a request that was accepted, after so many random failures.
func (e *evidence) accept(failures int, now time.Time) {
	e.accepted = now
	e.failing.add(e.failed)
	e.random.add(failures)
	e.failed, e.rejected, e.alone = 0, 0, 0
}

// chanceShare returns the share of attempts that fail by chance, as far as is known.
func (e *evidence) chanceShare() float64 {
	known := e.random.value()
	if e.random.passed < fewAccepted {
		return max(known, min(e.failing.value(), mostUnknown))
	}
	return known
}

// chance counts failures that turned out to be random.
func (e *evidence) chance(failures int) { e.random.failed += float64(failures) }

// reject counts a request that was rejected; single says that it had one record. It
// returns false, and does not count it, if the server seems to reject everything: then
// the configuration is at fault and not the record.
func (e *evidence) reject(single bool) bool {
	if e.alone >= max(manyRejected, tooMany(e.failing.value(), streakChance)) {
		return false
	}
	e.failed++
	e.rejected++
	if single {
		e.alone++
	}
	return true
}

// since reports whether something was accepted after t, without an outage after t.
func (e *evidence) since(t time.Time) bool {
	return e.accepted.After(t) && !e.outage.After(t)
}

// blame remembers an answer for which a single record was deferred, or lost.
func (e *evidence) blame(answer int, lost bool, now time.Time) {
	k := e.known[answer]
	if k.deferred = now.Add(learntFor); lost {
		k.lost = k.deferred
	}
	e.known[answer] = k
}

// knows reports whether a record was deferred for this answer, or lost, not long ago.
func (e *evidence) knows(answer int, now time.Time) (deferred, lost bool) {
	k := e.known[answer]
	return now.Before(k.deferred), now.Before(k.lost)
}

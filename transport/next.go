package transport

import "time"

// action is what becomes of a part after an attempt.
type action uint8

const (
	// done: the server has it.
	done action = iota
	// retry: it is sent again, as it is, after a wait.
	retry
	// retryPlain: it is sent again at once, not compressed.
	retryPlain
	// split: each half is sent by itself.
	split
	// hold: the record is deferred. The buffer has it sent again by itself.
	hold
	// renew: likewise, and next time with another key.
	renew
	// lose: the record is given up.
	lose
)

func (a action) String() string {
	return [...]string{"done", "retry", "retry plain", "split", "defer", "defer, new key", "lose"}[a]
}

const (
	// A part is split when so many failures in a row come by chance with this
	// probability at most, but after three; a half of one that was split, with the
	// second one.
	splitChance = 0.02
	splitAfter  = 3
	halfChance  = 0.2
	// A part that has failed so often while nothing else was accepted is tried by a record
	// of it alone.
	sampleAfter = 2
	// A single record is deferred when that holds for this one, after three failures.
	holdChance = 1e-3
	holdAfter  = 3
	// A deferred record is given up after six failures before each of which others were
	// accepted, if they come by chance with this probability at most, and after this
	// time: sooner if it is crowded with deferred records, and after leastPatience if
	// the same answer was the fault of a record not long ago. What is more likely the
	// fault of others has slowPatience.
	loseChance    = 1e-9
	loseAfter     = 6
	renewals      = 3 // of these failures, with new keys
	patience      = time.Minute
	slowPatience  = 5 * time.Minute
	leastPatience = 3 * time.Second
	// A part to which there is no answer may have been stored, and its halves would not
	// be known as repetitions; so may one for which the server is too busy. Both are
	// split after so many failures in so much time.
	silentAfter = 12
	silentTime  = time.Minute
	// The records of a batch that all fail alone are deferred after this time although
	// nothing else is accepted, since nothing else is sent.
	lonely = 5 * time.Second
)

// trial is all that next goes by.
type trial struct {
	class    class
	single   bool          // the part has one record
	alone    bool          // and nothing is left of the batch but such as fail
	deferred bool          // it was deferred before
	half     bool          // the part is one of one that was split
	packed   bool          // it was compressed, and that may be why it is rejected
	tooMuch  bool          // it is larger than what the server has accepted
	works    bool          // other parts were accepted since this attempt began
	known    bool          // the answer was the fault of a single record not long ago, which was deferred
	lost     bool          // likewise, and given up
	attempts int           // that have failed
	failures int           // of these, in a row without an outage in between; of a deferred one, those before which others were accepted
	renewed  int           // of these, those with a new key
	age      time.Duration // since the first of them
	failing  float64       // share of attempts that fail by chance
	crowding float64       // of the room for deferred records
}

// next is what docs/delivery.md shows as a table. It knows no clock and no network.
func next(t trial) action {
	switch t.class {
	case accepted:
		return done
	case content:
		switch {
		case t.packed:
			return retryPlain
		case t.single:
			return lose
		default:
			return split
		}
	case final:
		return lose
	case unauthorized, unreachable, misconfigured:
		return retry // what is sent is not why
	}
	switch {
	case t.single && t.deferred:
		return t.nextDeferred()
	case t.single:
		return t.nextSingle()
	case t.class == busy || t.class == unanswered && !t.known && (!t.half || !t.works):
		if t.attempts >= silentAfter && t.age >= silentTime && (t.class == unanswered || t.tooMuch) {
			return split
		}
		return retry
	case !t.works:
		return retry
	default:
		return t.nextMany()
	}
}

// nextMany is for a part of several records that fails while others are accepted.
func (t trial) nextMany() action {
	enough := max(splitAfter, tooMany(t.failing, splitChance))
	switch {
	case t.half:
		enough = tooMany(t.failing, halfChance)
	case t.known:
		enough = tooMany(t.failing, splitChance)
	}
	if t.failures >= enough {
		return split
	}
	return retry
}

// nextSingle is for a record that fails alone.
func (t trial) nextSingle() action {
	enough := max(holdAfter, tooMany(t.failing, holdChance))
	if t.known {
		enough = max(2, tooMany(t.failing, holdChance))
	}
	if t.works && t.failures >= enough || t.alone && t.age >= lonely {
		return hold
	}
	return retry
}

// nextDeferred is for a record that was deferred and has failed again.
func (t trial) nextDeferred() action {
	least := patience
	if t.class == busy || t.class == gateway || t.class == unanswered {
		least = slowPatience
	}
	if t.lost {
		least = leastPatience
	}
	roomy := 1 - t.crowding
	least = max(leastPatience, time.Duration(float64(least)*roomy*roomy))
	switch {
	case t.failures < max(loseAfter, tooMany(t.failing, loseChance)) || t.age < least:
		if t.failures >= loseAfter-renewals && t.renewed < renewals && t.class != unanswered {
			return renew
		}
		return hold
	case t.renewed < renewals && t.class != unanswered:
		return renew
	default:
		return lose
	}
}

package transport

import (
	"math"
	"time"
)

const (
	// firstWindow is how many records the first part has. A server that reads lines
	// refuses a short array that it does not understand, but may skip a long one and
	// acknowledge it.
	firstWindow = 2
	// secondWindow is how many records a part has once such an array was accepted.
	secondWindow = 256
	// manyArrays is how many arrays are accepted until parts go beside others: the first
	// one shows that arrays are taken, the second one that large ones are.
	manyArrays = 2
	// manyPairs is how often in a row arrays of two records fail, and are accepted record
	// by record, until the server is taken for one that fails over arrays; or more often,
	// where requests fail at random.
	manyPairs = 4
	// minLearnt is the size in bytes from which a part may have been too large although
	// the server has not said so.
	minLearnt = 16 << 10
	// unbounded is more than any part has.
	unbounded = math.MaxInt / 4
)

// size is how much a part holds.
type size struct{ records, bytes int }

func (s size) half() size { return size{max(1, s.records/2), max(1, s.bytes/2)} }

func (s size) min(t size) size { return size{min(s.records, t.records), min(s.bytes, t.bytes)} }

// window is how much a part may hold, adapted like the congestion window of TCP
// (RFC 5681): it doubles when a part is accepted, and becomes half of what had to be
// split. So it finds by itself whether the server takes arrays, how large a body, and how
// many records may go together where some of them fail. It is not safe for concurrent
// use: the engine has it.
type window struct {
	now     size
	arrays  int       // that were accepted, up to manyArrays: until then parts go one by one
	ceiling size      // half of what was too much; zero if nothing was
	until   time.Time // the ceiling holds; then one part at a time may go beyond
	trial   bool      // there is such a part
	stuck   int       // parts without an answer while others have theirs; see stick
	largest int       // bytes of the largest part that was accepted
	pairs   int       // failures in a row of arrays of two that were accepted singly
}

// newWindow returns the window for a format. Unless that is Auto, the server is known to
// take it, and the first part is as large as any.
func newWindow(f Format) window {
	switch f {
	case Auto:
		return window{now: size{firstWindow, unbounded}}
	case Single:
		return window{now: size{1, unbounded}, arrays: manyArrays}
	default:
		return window{now: size{unbounded, unbounded}, arrays: manyArrays}
	}
}

// next returns how much the next part may hold, and whether that is a trial of more than
// the server took before.
func (w *window) next(now time.Time) (most size, trial bool) {
	switch {
	case w.stuck > 0:
		return size{1, unbounded}, false
	case w.ceiling == size{}:
		return w.now, false
	case now.Before(w.until) || w.trial:
		return w.now.min(w.ceiling), false
	default:
		return size{w.ceiling.records * 2, w.ceiling.bytes * 2}, true
	}
}

// exceeds reports whether a part holds more than the ceiling.
func (w *window) exceeds(s size) bool {
	return s.records > w.ceiling.records || s.bytes > w.ceiling.bytes
}

// accept is told of each part that was accepted. Only one that fills the window lets it
// grow.
func (w *window) accept(s size, trial, fills bool) {
	w.largest = max(w.largest, s.bytes)
	if s.records > 1 {
		w.pairs = 0
	}
	if trial {
		w.trial, w.ceiling = false, size{}
		w.now.records = max(w.now.records, secondWindow)
	}
	if w.arrays < manyArrays && s.records >= firstWindow {
		if w.arrays++; w.arrays == 1 {
			w.now.records = max(w.now.records, secondWindow)
		}
	}
	if fills && w.stuck == 0 {
		w.now.records = max(w.now.records, 2*s.records)
		w.now.bytes = max(w.now.bytes, 2*s.bytes)
	}
}

// split is told of a part that had to be split, or should have been smaller.
func (w *window) split(s size, trial bool, now time.Time) {
	switch {
	case trial:
		w.trial, w.until = false, now.Add(learntFor)
	case w.arrays > 0 || s.records > firstWindow: // otherwise it is to be seen if arrays are taken
		w.now = w.now.min(s.half())
	}
}

// tooMuch is told of a part that the server does not take, although it takes all of it in
// smaller parts.
func (w *window) tooMuch(s size, now time.Time) {
	half := s.half()
	if (w.ceiling != size{}) {
		half = half.min(w.ceiling)
	}
	w.ceiling, w.until, w.arrays = half, now.Add(learntFor), manyArrays
}

// pair is told of an array of two records that failed so often, and of which both were
// accepted by themselves. It reports whether the server seems to fail over arrays: such ones
// have failed more often in a row than by chance, where a share of all attempts fails.
func (w *window) pair(failures int, failing float64) bool {
	w.pairs += failures
	return w.pairs >= max(manyPairs, tooMany(failing, streakChance))
}

// stick is told of a part that has no answer while others have theirs. It may have been
// stored, so it is not split for a while. Until unstick, records go one by one: one
// over which the server says nothing shows alone.
func (w *window) stick() {
	w.stuck++
	w.arrays = max(w.arrays, 1)
	w.now.records = 1
}

// unstick is told that such a part is settled, or split.
func (w *window) unstick() { w.stuck-- }

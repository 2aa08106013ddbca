package transport

import (
	"sync"
	"time"
)

const (
	// firstWindow is how many records the first part has. A server that reads lines may
	// refuse a short array that it does not understand, but skip a long one, and
	// acknowledge it.
	firstWindow = 2
	// secondWindow is how many the next ones have, once such an array was accepted.
	secondWindow = 256
	// learntFor is how long the client goes by what the server turned out to take,
	// until it tries again.
	learntFor = 10 * time.Minute
	// manyPairs is how many arrays of two records have to be split, in a row, for the server to
	// be one that fails over arrays: one of them may have failed by chance.
	manyPairs = 4
	// minLearnt is the size in bytes from which a part may have been too large although
	// the server has not said so.
	minLearnt = 16 << 10
	// leastAlone is how many records go one by one, while a part waits for an answer and others
	// have theirs: one in a thousand that is at fault shows among them.
	leastAlone = 4000
	// unbounded is more than any part has.
	unbounded = 1 << 62
)

// size is how much a part holds.
type size struct{ records, bytes int }

func (s size) half() size { return size{max(1, s.records/2), max(1, s.bytes/2)} }

func (s size) min(t size) size { return size{min(s.records, t.records), min(s.bytes, t.bytes)} }

// window is how much a part may hold, adapted like the congestion window of TCP
// (RFC 5681): from the second part on it doubles when a part is accepted, and becomes half of what had to be
// split. So it finds by itself whether the server takes arrays, how large a body, and
// how many records may go together where some of them fail.
type window struct {
	mu      sync.Mutex
	now     size
	ceiling size      // half of what was too much; zero if nothing was
	until   time.Time // the ceiling holds; then one part at a time may go beyond
	trial   bool      // there is such a part
	started bool      // an array was accepted, or rejected; the first part goes alone
	stuck   stuck
	most    int           // bytes of the largest part that was accepted
	pairs   int           // of records that had to be split, and were accepted then, since an array was accepted
	blamed  map[int]blame // by answer
}

// stuck are the parts that fail without an answer while others are accepted. They may have
// been stored, and are not split for a while. Meanwhile records go one by one, so that one
// over which the server says nothing shows alone; and then together again, but never as
// many as there are in one that is stuck, which may be too large.
type stuck struct {
	parts int
	alone int  // records that are still to go one by one
	most  size // half of the smallest part
}

// newWindow returns the window for a format: unless it is Auto, the server is known to take
// it, and the first part is as large as any.
func newWindow(f Format) *window {
	w := &window{now: size{unbounded, unbounded}, started: true, blamed: map[int]blame{}}
	if f == Auto {
		w.now.records, w.started = firstWindow, false
	}
	return w
}

// cut returns how much the next part may hold, and whether it is a trial of more than
// the server took before. alone says that no part should go beside it, since it is not known
// yet whether the server takes arrays.
func (w *window) cut(now time.Time) (most size, trial, alone bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.ceiling == size{}:
		return w.now, false, !w.started
	case now.Before(w.until) || w.trial || w.stuck.parts > 0:
		return w.now.min(w.ceiling), false, false
	default:
		w.trial = true
		return size{w.ceiling.records * 2, w.ceiling.bytes * 2}, true, false
	}
}

// accepted is told of a part that was cut by this window and accepted. The caller holds w.mu.
func (w *window) accepted(s size, trial bool) {
	if trial {
		w.trial, w.ceiling = false, size{}
		w.now.records = max(w.now.records, secondWindow)
	}
	if w.stuck.alone -= s.records; w.stuck.parts > 0 && w.stuck.alone > 0 {
		return
	}
	if !w.started && s.records >= firstWindow {
		w.started, w.now.records = true, secondWindow
	}
	w.now.records = max(w.now.records, 2*s.records)
	w.now.bytes = max(w.now.bytes, 2*s.bytes)
	if w.stuck.parts > 0 {
		w.now = w.now.min(w.stuck.most)
	}
}

// split is told of such a part that had to be split, or should be.
func (w *window) split(s size, trial bool, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case trial:
		w.trial, w.until = false, now.Add(learntFor)
		return
	case !w.started && s.records <= firstWindow: // whether arrays are taken is to be seen yet
		return
	}
	w.started = true
	w.now = w.now.min(s.half())
}

// tooMuch is told of what the server does not take, although it takes all of it in
// parts.
func (w *window) tooMuch(s size, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	half := s.half()
	if (w.ceiling != size{}) {
		half = half.min(w.ceiling)
	}
	w.ceiling, w.until = half, now.Add(learntFor)
}

// exceeds reports whether a part has more than the server took before.
func (w *window) exceeds(s size) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return s.records > w.ceiling.records || s.bytes > w.ceiling.bytes
}

// untry ends a trial without a result.
func (w *window) untry() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trial = false
}

// took is told of each part that was accepted.
func (w *window) took(s size, c cut) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.most = max(w.most, s.bytes)
	if s.records > 1 {
		w.pairs = 0
	}
	if c.window {
		w.accepted(s, c.trial)
	}
}

// pair is told of an array of two records that failed, and of which both were accepted by
// themselves. It reports whether the server seems to fail over arrays.
func (w *window) pair() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pairs++
	return w.pairs >= manyPairs
}

// largest returns the bytes of the largest part that was accepted.
func (w *window) largest() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.most
}

// stick is told of a part that is stuck.
func (w *window) stick(s size) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.started = true
	if w.stuck.parts++; w.stuck.parts == 1 {
		w.stuck.most = s.half()
	}
	w.stuck.most = w.stuck.most.min(s.half())
	w.stuck.alone = max(2*s.records, leastAlone)
	w.now.records = 1
}

// unstick is told that one is settled, or split.
func (w *window) unstick() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stuck.parts--
}

// blame is until when an answer is taken for the fault of a single record, at once: since one
// was deferred for it, or given up.
type blame struct{ deferred, lost time.Time }

// blame remembers an answer that was the fault of a single record, which is deferred for it,
// or given up, if lost.
func (w *window) blame(answer int, lost bool, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.blamed[answer]
	if b.deferred = now.Add(learntFor); lost {
		b.lost = b.deferred
	}
	w.blamed[answer] = b
}

// blames reports whether a record was deferred for this answer, or lost to it, not long ago.
func (w *window) blames(answer int, now time.Time) (deferred, lost bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.blamed[answer]
	return now.Before(b.deferred), now.Before(b.lost)
}

package batch

import (
	"sync"
	"time"
)

const (
	// slowAfter is how long a send may take until what is due no longer waits for its
	// end.
	slowAfter = 10 * time.Second
	// asideFactor is how many times as many sends as there are places may run, with
	// those that have left theirs.
	asideFactor = 64
)

// flights counts the sends that run.
type flights struct {
	mu    sync.Mutex
	sends int
	slow  int // of these, those that have run for slowAfter, or are aside
	aside int // of these, those that have left their places
	bytes int // of the records that they have
}

// flight is a send that runs. flights.mu guards it.
type flight struct {
	all   *flights
	bytes int
	slow  bool
	aside bool
	over  bool // it has returned
	timer *time.Timer
}

// start counts a send of so many bytes. poke is called when it has become slow.
func (fs *flights) start(bytes int, poke func()) *flight {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.sends++
	fs.bytes += bytes
	f := &flight{all: fs, bytes: bytes}
	f.timer = time.AfterFunc(slowAfter, func() {
		fs.mu.Lock()
		defer fs.mu.Unlock()
		if !f.over {
			f.slowDown()
			poke()
		}
	})
	return f
}

// slowDown counts the send as slow. The caller holds flights.mu.
func (f *flight) slowDown() {
	if !f.slow {
		f.slow = true
		f.all.slow++
	}
}

// leave makes the send leave its place, unless it is over. keep is called then, and
// returns how many bytes the send still has.
func (f *flight) leave(keep func() int) {
	f.all.mu.Lock()
	defer f.all.mu.Unlock()
	if f.over {
		return
	}
	f.slowDown()
	if !f.aside {
		f.aside = true
		f.all.aside++
	}
	bytes := keep()
	f.all.bytes += bytes - f.bytes
	f.bytes = bytes
}

// land says that the send has returned.
func (f *flight) land() {
	f.timer.Stop()
	f.all.mu.Lock()
	defer f.all.mu.Unlock()
	f.over = true
}

// end counts the send no longer. It must have landed, and its batch be done.
func (f *flight) end() {
	fs := f.all
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.sends--
	fs.bytes -= f.bytes
	if f.slow {
		fs.slow--
	}
	if f.aside {
		fs.aside--
	}
}

// none reports whether no send runs.
func (fs *flights) none() bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.sends == 0
}

// allSlow reports whether no send runs that is not slow.
func (fs *flights) allSlow() bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.sends == fs.slow
}

// room reports whether one more send may start. Those that are aside leave their
// places, but not without bounds while nothing is delivered: what is in flight makes no
// room for what is more important.
func (fs *flights) room(places, batchBytes int, works bool) bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	switch {
	case fs.sends < places:
		return true
	case fs.sends-fs.aside >= places || fs.sends >= asideFactor*places:
		return false
	default:
		return works || fs.bytes/places < batchBytes // a product could overflow
	}
}

package batch

import (
	"sync"
	"time"
)

const (
	// slowAfter is how long a send may take until it leaves its place to another:
	// it may be stuck on a record of its own, while the rest would be delivered.
	slowAfter = 10 * time.Second
	// slowFactor is how many times as many sends as there are places may run, with
	// those that have left theirs.
	slowFactor = 64
)

// flights counts the sends that run.
type flights struct {
	mu    sync.Mutex
	sends int
	slow  int // of these, those that have run for slowAfter
	bytes int // of the records that they have
}

// flight is a send that runs. flights.mu guards it.
type flight struct {
	bytes int
	slow  bool
	ended bool
	timer *time.Timer
}

// start counts a send of so many bytes. late is called when it has become slow.
func (fs *flights) start(bytes int, late func()) *flight {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.sends++
	fs.bytes += bytes
	f := &flight{bytes: bytes}
	f.timer = time.AfterFunc(slowAfter, func() {
		if fs.slowDown(f) {
			late()
		}
	})
	return f
}

// slowDown counts a send as slow, unless it has ended just now.
func (fs *flights) slowDown(f *flight) bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f.ended {
		return false
	}
	f.slow = true
	fs.slow++
	return true
}

// end counts a send no longer. Its batch must be done.
func (fs *flights) end(f *flight) {
	f.timer.Stop()
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f.ended = true
	fs.sends--
	fs.bytes -= f.bytes
	if f.slow {
		fs.slow--
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

// room reports whether one more send may start. Slow ones leave their places, but
// not without bounds: what is in flight makes no room for what is more important.
// So in an outage hardly more is in flight than full batches in all places, while a
// few records that are stuck hold up no others.
func (fs *flights) room(places, batchBytes int) bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	switch {
	case fs.sends < places:
		return true
	case fs.sends-fs.slow >= places || fs.sends >= slowFactor*places:
		return false
	default:
		return fs.bytes/places < batchBytes // a product could overflow
	}
}

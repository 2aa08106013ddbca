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
	poke  func()
	slow  bool
	aside bool
	ended bool
	timer *time.Timer
}

// start counts a send of so many bytes. poke is called when others may go for it.
func (fs *flights) start(bytes int, poke func()) *flight {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.sends++
	fs.bytes += bytes
	f := &flight{all: fs, bytes: bytes, poke: poke}
	f.timer = time.AfterFunc(slowAfter, func() { f.mark(false) })
	return f
}

// leave makes the send leave its place. It may be called at any time.
func (f *flight) leave() { f.mark(true) }

// mark counts a send that runs as slow, and as aside if it is.
func (f *flight) mark(aside bool) {
	f.all.mu.Lock()
	defer f.all.mu.Unlock()
	if f.ended {
		return
	}
	if !f.slow {
		f.slow = true
		f.all.slow++
	}
	if aside && !f.aside {
		f.aside = true
		f.all.aside++
	}
	f.poke()
}

// end counts a send no longer. Its batch must be done.
func (f *flight) end() {
	f.timer.Stop()
	fs := f.all
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f.ended = true
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

package batch

import (
	"sync"
	"time"
)

// slowAfter is how long a batch may be with the Sender until what is due no longer
// waits for its end.
const slowAfter = 2 * time.Second

// flights counts the batches that are with the Sender, or wait to be sent again.
type flights struct {
	mu    sync.Mutex
	sends int
	slow  int // of these, those that have taken slowAfter
	aside int // of these, those that have only records left for whose deferral there was no room
}

// flight is one of them. flights.mu guards it.
type flight struct {
	all   *flights
	slow  bool
	aside bool
	over  bool
	timer *time.Timer
	late  func() time.Duration // called when it has become slow; returns when to call it again
}

// start counts a batch. late is called when it has become slow, and again after the
// time that it returns, until the batch is over.
func (fs *flights) start(late func() time.Duration) *flight {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.sends++
	f := &flight{all: fs, late: late}
	f.timer = time.AfterFunc(slowAfter, f.look)
	return f
}

// look is what the timer calls.
func (f *flight) look() {
	if !f.slowDown() {
		return
	}
	again := f.late()
	f.all.mu.Lock()
	defer f.all.mu.Unlock()
	if !f.over {
		f.timer.Reset(again)
	}
}

// slowDown counts the batch as slow, unless it is over.
func (f *flight) slowDown() bool {
	f.all.mu.Lock()
	defer f.all.mu.Unlock()
	if !f.over && !f.slow {
		f.slow = true
		f.all.slow++
	}
	return !f.over
}

// maxAside is how many batches with nothing but failing records are in flight at most, beyond
// WithMaxInFlight.
const maxAside = 16

// stepAside lets another batch go beside this one, of which only records are left that fail by
// themselves, for all that is known, unless so many have stepped aside.
func (f *flight) stepAside(most int) {
	f.all.mu.Lock()
	defer f.all.mu.Unlock()
	if !f.aside && f.all.aside < most {
		f.aside = true
		f.all.aside++
	}
}

// end counts the batch no longer. It must be settled.
func (f *flight) end() {
	f.all.mu.Lock()
	defer f.all.mu.Unlock()
	f.over = true
	f.timer.Stop()
	f.all.sends--
	if f.slow {
		f.all.slow--
	}
	if f.aside {
		f.all.aside--
	}
}

// state returns how many batches there are, and how many of them are slow.
func (fs *flights) state() (sends, slow int) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.sends, fs.slow
}

// none reports whether there are none.
func (fs *flights) none() bool {
	sends, _ := fs.state()
	return sends == 0
}

// allSlow reports whether all are slow.
func (fs *flights) allSlow() bool {
	sends, slow := fs.state()
	return sends == slow
}

// below reports whether there are fewer than n, but for those that have stepped aside.
func (fs *flights) below(n int) bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.sends-fs.aside < n
}

package auth

import (
	"sync"
	"time"
)

// warnFor is how long Trouble has a warning: for so long that the error handler of a buffer
// is told, and for less than the time after which it is told again.
const warnFor = 30 * time.Second

// warning is what somebody should know, once. It may be used by any number of goroutines.
type warning struct {
	mu       sync.Mutex
	err      error  // nil if it is none any more
	last     string // that was raised
	watchers map[*func()]bool
}

// raise makes err what trouble returns for a while, unless it was the last that was raised.
func (w *warning) raise(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.last == err.Error() {
		return
	}
	w.err, w.last = err, err.Error()
	time.AfterFunc(warnFor, func() {
		for _, f := range w.end(err) {
			tell(f)
		}
	})
}

// end has trouble return nothing any more, and returns whom to tell.
func (w *warning) end(err error) (watchers []func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != err { //nolint:errorlint // it is the very one
		return nil
	}
	w.err = nil
	for f := range w.watchers {
		watchers = append(watchers, *f)
	}
	return watchers
}

func (w *warning) trouble() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// watch has f called when a warning ends, until stop is called.
func (w *warning) watch(f func()) (stop func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.watchers == nil {
		w.watchers = map[*func()]bool{}
	}
	w.watchers[&f] = true
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.watchers, &f)
	}
}

// alsoWarn adds what a warning has to the trouble of a source.
func (s *source) alsoWarn(w *warning) {
	s.alsoWorry(w.trouble)
	first := *s
	s.watch = func(f func()) (stop func()) {
		one, other := first.watchBy(f), w.watch(f)
		return func() {
			one()
			other()
		}
	}
}

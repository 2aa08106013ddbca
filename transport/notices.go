package transport

import (
	"errors"
	"sync"
	"sync/atomic"
)

// notices tells listeners why nothing is delivered, or what else they should know; see
// Client.Notify. The last one wins: who is slow misses what has passed meanwhile.
type notices struct {
	mu      sync.Mutex
	trouble error
	kind    any // of trouble
	version int // of trouble
	news    atomic.Bool

	publishing sync.Mutex // held while listeners are called
	published  int        // the version that they know
	listeners  map[int]func(error)
	nextName   int // of a listener
}

// set makes trouble what the listeners are to know, nil if all is well, unless it is of the
// same kind as before; publish must follow.
func (n *notices) set(trouble error) {
	kind := kindOf(trouble)
	n.mu.Lock()
	defer n.mu.Unlock()
	if kind == n.kind {
		return
	}
	n.trouble, n.kind = trouble, kind
	n.version++
	n.news.Store(true)
}

// kindOf tells apart errors of which one notice is enough.
func kindOf(err error) any {
	var e *Error
	if !errors.As(err, &e) {
		return nil
	}
	return e.kind()
}

// publish calls the listeners with the trouble of now, if that is news.
func (n *notices) publish() {
	if !n.news.CompareAndSwap(true, false) {
		return
	}
	n.publishing.Lock()
	defer n.publishing.Unlock()
	n.mu.Lock()
	trouble, news := n.trouble, n.version != n.published
	n.published = n.version
	n.mu.Unlock()
	if !news {
		return
	}
	for _, f := range n.listeners {
		f(trouble)
	}
}

// listen calls f with the trouble of now, if there is any, and whenever it changes,
// until stop is called.
func (n *notices) listen(f func(error)) (stop func()) {
	n.publishing.Lock()
	defer n.publishing.Unlock()
	n.mu.Lock()
	trouble := n.trouble
	n.mu.Unlock()
	n.nextName++
	name := n.nextName
	n.listeners[name] = f
	if trouble != nil {
		f(trouble)
	}
	return func() {
		n.publishing.Lock()
		defer n.publishing.Unlock()
		delete(n.listeners, name)
	}
}

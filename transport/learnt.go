package transport

import (
	"sync"
	"time"
)

// learntFor is how long the client goes by what the server turned out to take,
// until it tries again.
const learntFor = 10 * time.Minute

// learnt is what the server turned out to take, and how it fails.
type learnt struct {
	arrays   fact[taken]
	packed   fact[taken] // compressed bodies
	maxBytes fact[int]   // bodies this large are not taken, in bytes before compression
	largest  fact[int]   // the largest that was taken
	mute     fact[taken] // whether a request had no answer for what was in it
	condemns fact[int]   // the way in which a record failed that was given up
}

// taken is whether the server takes something.
type taken uint8

const (
	unknown taken = iota
	yes
	no
)

// fact is a value that is forgotten after learntFor: then it is zero, as before.
type fact[T comparable] struct {
	mu    sync.Mutex
	value T
	until time.Time
}

func (f *fact[T]) get() T {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now()
}

// now returns the value that holds. The caller holds f.mu.
func (f *fact[T]) now() T {
	if f.until.Before(time.Now()) {
		var zero T
		f.value = zero
	}
	return f.value
}

// is reports whether the value holds and is v, which must not be zero.
func (f *fact[T]) is(v T) bool {
	var zero T
	return v != zero && f.get() == v
}

func (f *fact[T]) set(v T) { f.change(func(T) T { return v }) }

// change sets what next returns for the value that holds. The time starts anew.
func (f *fact[T]) change(next func(T) T) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.value = next(f.now())
	f.until = time.Now().Add(learntFor)
}

package appendbench

import (
	"sync"

	"go.uber.org/zap/zapcore"
)

// locked is a sync.Mutex and a slice, which the consumer exchanges for an empty
// one when there is enough in it.
type locked struct {
	size int
	wake chan struct{}
	done chan struct{}

	mu     sync.Mutex
	room   sync.Cond
	buf    []byte
	closed bool

	taken uint64 // owned by the consumer
}

const lockedBatch = 256 << 10

func openLocked(size int) Queue {
	q := &locked{size: size, wake: make(chan struct{}, 1), done: make(chan struct{}), buf: make([]byte, 0, budget/2)}
	q.room.L = &q.mu
	go q.consume()
	return q
}

func (q *locked) Producer() func(int) {
	rec := record(q.size)
	return func(n int) {
		for range n {
			q.append(rec)
		}
	}
}

func (q *locked) append(rec []byte) {
	q.mu.Lock()
	for len(q.buf)+len(rec) > budget/2 { // the other half is with the consumer
		q.room.Wait()
	}
	before := len(q.buf)
	q.buf = append(q.buf, rec...)
	full := before < lockedBatch && len(q.buf) >= lockedBatch
	q.mu.Unlock()
	if full {
		select {
		case q.wake <- struct{}{}:
		default: // it has been told
		}
	}
}

func (q *locked) consume() {
	defer close(q.done)
	spare := make([]byte, 0, budget/2)
	for range q.wake {
		q.mu.Lock()
		buf, closed := q.buf, q.closed
		q.buf = spare[:0]
		q.mu.Unlock()
		q.room.Broadcast()
		q.taken += uint64(len(buf) / q.size)
		spare = buf
		if closed {
			return
		}
	}
}

func (q *locked) Settle() {
	await(func() bool {
		q.mu.Lock()
		defer q.mu.Unlock()
		if len(q.buf) == 0 {
			return true
		}
		select {
		case q.wake <- struct{}{}:
		default:
		}
		return false
	})
}

func (q *locked) Close() uint64 {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.wake <- struct{}{}
	<-q.done
	return q.taken
}

// zapQueue is zap's buffered writer with its default size. There is no other
// goroutine: who finds the buffer full writes it out, under the lock.
type zapQueue struct {
	ws   zapcore.BufferedWriteSyncer
	sink *sink
	size int
}

// sink counts what it is given.
type sink struct{ bytes uint64 } // guarded by the lock of the writer before it

func (s *sink) Write(p []byte) (int, error) {
	s.bytes += uint64(len(p))
	return len(p), nil
}

func (s *sink) Sync() error { return nil }

func openZap(size int) Queue {
	s := &sink{}
	return &zapQueue{ws: zapcore.BufferedWriteSyncer{WS: s}, sink: s, size: size}
}

func (q *zapQueue) Producer() func(int) {
	rec := record(q.size)
	return func(n int) {
		for range n {
			_, _ = q.ws.Write(rec) // the sink has no errors
		}
	}
}

func (q *zapQueue) Settle() { _ = q.ws.Sync() } // the sink has no errors

func (q *zapQueue) Close() uint64 {
	_ = q.ws.Stop() // the sink has no errors
	return q.sink.bytes / uint64(q.size)
}

package appendbench

import (
	"context"
	"io"
	"log"
	"runtime"
	"sync"
	"sync/atomic"

	diodes "code.cloudfoundry.org/go-diodes"
	"github.com/puzpuzpuz/xsync/v4"
)

// newPool returns a pool of memory for one record.
func newPool(size int) *sync.Pool {
	return &sync.Pool{New: func() any { b := make([]byte, 0, size); return &b }}
}

// channel is a channel of copies.
type channel struct {
	size  int
	pool  *sync.Pool
	ch    chan *[]byte
	done  chan struct{}
	taken uint64 // owned by the consumer
}

func openChan(size int) Queue {
	q := &channel{size: size, pool: newPool(size), ch: make(chan *[]byte, capacity), done: make(chan struct{})}
	go q.consume()
	return q
}

func (q *channel) Producer() func(int) {
	rec := record(q.size)
	return func(n int) {
		for range n {
			p := q.pool.Get().(*[]byte)
			*p = append((*p)[:0], rec...)
			q.ch <- p
		}
	}
}

func (q *channel) consume() {
	defer close(q.done)
	for p := range q.ch {
		q.taken++
		q.pool.Put(p)
	}
}

func (q *channel) Settle() { await(func() bool { return len(q.ch) == 0 }) }

func (q *channel) Close() uint64 {
	close(q.ch)
	<-q.done
	return q.taken
}

// mpmc is the queue of xsync, with copies. It knows no waiting: both sides try
// until they succeed, and let others run in between.
type mpmc struct {
	size   int
	pool   *sync.Pool
	q      *xsync.MPMCQueue[*[]byte]
	active atomic.Int32 // producers that run; without one the consumer sleeps
	wake   chan struct{}
	halt   chan struct{}
	done   chan struct{}
	sent   counter
	taken  counter
}

func openXsync(size int) Queue {
	q := &mpmc{
		size: size, pool: newPool(size), q: xsync.NewMPMCQueue[*[]byte](capacity),
		wake: make(chan struct{}, 1), halt: make(chan struct{}), done: make(chan struct{}),
	}
	go q.consume()
	return q
}

func (q *mpmc) Producer() func(int) {
	rec := record(q.size)
	return func(n int) {
		q.active.Add(1)
		defer q.active.Add(-1)
		q.sent.n.Add(uint64(n))
		select {
		case q.wake <- struct{}{}:
		default:
		}
		for range n {
			p := q.pool.Get().(*[]byte)
			*p = append((*p)[:0], rec...)
			for !q.q.TryEnqueue(p) {
				runtime.Gosched()
			}
		}
	}
}

func (q *mpmc) consume() {
	defer close(q.done)
	for halted := false; ; {
		if p, ok := q.q.TryDequeue(); ok {
			q.taken.n.Add(1)
			q.pool.Put(p)
			continue
		}
		switch {
		case halted:
			return
		case q.active.Load() > 0:
			runtime.Gosched()
		default:
			select {
			case <-q.wake:
			case <-q.halt:
				halted = true // once more over the queue
			}
		}
	}
}

func (q *mpmc) Settle() { await(func() bool { return q.taken.n.Load() == q.sent.n.Load() }) }

func (q *mpmc) Close() uint64 {
	close(q.halt)
	<-q.done
	return q.taken.n.Load()
}

// diode is a many-to-one diode, used as zerolog's diode.Writer does. It drops
// the oldest records when the consumer is late.
type diode struct {
	size   int
	pool   sync.Pool // of []byte, not of pointers, as there
	d      *diodes.Waiter
	cancel context.CancelFunc
	done   chan struct{}
	sent   counter
	missed counter
	taken  counter
}

func openDiode(size int) Queue {
	log.SetOutput(io.Discard) // which the diode logs collisions to
	ctx, cancel := context.WithCancel(context.Background())
	q := &diode{size: size, cancel: cancel, done: make(chan struct{})}
	q.pool.New = func() any { return make([]byte, 0, 500) }
	missed := diodes.AlertFunc(func(n int) { q.missed.n.Add(uint64(n)) })
	q.d = diodes.NewWaiter(diodes.NewManyToOne(capacity, missed), diodes.WithWaiterContext(ctx))
	go q.consume()
	return q
}

func (q *diode) Producer() func(int) {
	rec := record(q.size)
	return func(n int) {
		for range n {
			p := append(q.pool.Get().([]byte), rec...)
			q.d.Set(diodes.GenericDataType(&p))
		}
		q.sent.n.Add(uint64(n))
	}
}

func (q *diode) consume() {
	defer close(q.done)
	for {
		d := q.d.Next()
		if d == nil {
			return
		}
		p := *(*[]byte)(d)
		q.taken.n.Add(1)
		q.pool.Put(p[:0]) //nolint:staticcheck // SA6002: the allocation is what is measured
	}
}

func (q *diode) Settle() {
	await(func() bool { return q.taken.n.Load()+q.missed.n.Load() >= q.sent.n.Load() })
}

func (q *diode) Close() uint64 {
	q.Settle()
	q.cancel()
	<-q.done
	return q.taken.n.Load()
}

package appendbench

import (
	"time"

	"github.com/logsto/logsto-go/internal/slab"
)

// slabs is a slab.Set with the least collector that keeps its rules, so that
// the lock-free append and its twin differ in nothing else.
type slabs struct {
	set     *slab.Set
	size    int
	now     time.Time
	wake    chan struct{}
	settle  chan struct{}
	halt    chan struct{}
	stopped chan struct{}
	taken   uint64 // owned by the collector
}

const (
	slabBytes    = 64 << 10
	batchBytes   = 1 << 20
	batchRecords = 10_000
	maxRecord    = 1 << 20
	level        = 2
)

func openSlabs(size int, mutex bool) Queue {
	q := &slabs{
		size:    size,
		now:     time.Now(),
		wake:    make(chan struct{}, 1),
		settle:  make(chan struct{}),
		halt:    make(chan struct{}),
		stopped: make(chan struct{}),
	}
	var limits [slab.Levels]int
	for l := range limits {
		limits[l] = budget
	}
	q.set = slab.New(slab.Config{
		SlabBytes: slabBytes, MaxBytes: budget, MaxRecord: maxRecord, Limits: limits,
		FullBytes: batchBytes, FullRecords: batchRecords, Wake: q.poke, Mutex: mutex,
	})
	go q.collect()
	return q
}

func (q *slabs) poke() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *slabs) Producer() func(int) {
	rec := record(q.size)
	return func(n int) {
		for range n {
			t, why := q.set.Begin(level)
			if why != slab.None {
				t = q.begin()
			}
			r := append(t.Buf(), rec...)
			if why := t.Commit(r, q.now); why != slab.None {
				q.commit(t, r)
			}
		}
	}
}

// begin waits for room.
func (q *slabs) begin() *slab.Token {
	for {
		room := q.set.Room()
		if t, why := q.set.Begin(level); why == slab.None {
			return t
		}
		q.poke()
		<-room
	}
}

// commit waits for room.
func (q *slabs) commit(t *slab.Token, rec []byte) {
	for {
		room := q.set.Room()
		if t.Commit(rec, q.now) == slab.None {
			return
		}
		q.poke()
		<-room
	}
}

// collect takes full batches as they become so, and what is left after a while.
func (q *slabs) collect() {
	defer close(q.stopped)
	timer := time.NewTimer(time.Second)
	for {
		due, last := false, false
		select {
		case <-q.wake:
		case <-timer.C:
			due = true
			q.set.Tick()
			timer.Reset(time.Second)
		case <-q.settle:
			due = true
		case <-q.halt:
			due, last = true, true
		}
		q.take(due)
		if last {
			return
		}
		q.set.Disarm()
		if q.set.Pending().Records > 0 {
			q.set.Arm()
		}
	}
}

// take takes what may be taken: all if it is due.
func (q *slabs) take(due bool) {
	limit := slab.Limit{Bytes: batchBytes, Records: batchRecords}
	for {
		p := q.set.Pending()
		full := p.Bytes >= limit.Bytes || p.Records >= limit.Records || q.set.Pressed()
		if p.Records == 0 || !full && !due {
			return
		}
		if b := q.set.Take(limit, slab.MaxKey); b != nil {
			q.taken += uint64(len(b.Records))
			q.set.Settle(b, slab.Settlement{}, func([slab.Levels]uint64) {})
		}
	}
}

func (q *slabs) Settle() {
	q.settle <- struct{}{}
	await(func() bool { return q.set.Pending().Records == 0 })
}

func (q *slabs) Close() uint64 {
	close(q.halt)
	<-q.stopped
	return q.taken
}

package appendbench

import "sync"

const ringBytes = 1 << 20

// copies copies records into rings, one for each producer, that nobody reads.
type copies struct {
	size int
	n    counter
}

func openCopy(size int) Queue { return &copies{size: size} }

func (q *copies) Producer() func(int) {
	ring, rec, at := make([]byte, ringBytes), record(q.size), 0
	return func(n int) {
		for range n {
			if at+len(rec) > len(ring) {
				at = 0
			}
			at += copy(ring[at:], rec)
		}
		q.n.n.Add(uint64(n))
	}
}

func (q *copies) Settle()       {}
func (q *copies) Close() uint64 { return q.n.n.Load() }

// stores tells after each record where it ends, with an atomic store.
type stores struct{ copies }

func openStores(size int) Queue { return &stores{copies{size: size}} }

func (q *stores) Producer() func(int) {
	ring, rec, at, end := make([]byte, ringBytes), record(q.size), 0, &counter{}
	return func(n int) {
		for range n {
			if at+len(rec) > len(ring) {
				at = 0
			}
			at += copy(ring[at:], rec)
			end.n.Store(uint64(at))
		}
		q.n.n.Add(uint64(n))
	}
}

// poolCopies does the same with a ring from a pool for each record.
type poolCopies struct {
	size  int
	n     counter
	rings sync.Pool
}

type ring struct {
	bytes []byte
	at    int
}

func openPoolCopy(size int) Queue {
	q := &poolCopies{size: size}
	q.rings.New = func() any { return &ring{bytes: make([]byte, ringBytes)} }
	return q
}

func (q *poolCopies) Producer() func(int) {
	rec := record(q.size)
	return func(n int) {
		for range n {
			r := q.rings.Get().(*ring)
			if r.at+len(rec) > len(r.bytes) {
				r.at = 0
			}
			r.at += copy(r.bytes[r.at:], rec)
			q.rings.Put(r)
		}
		q.n.n.Add(uint64(n))
	}
}

func (q *poolCopies) Settle()       {}
func (q *poolCopies) Close() uint64 { return q.n.n.Load() }

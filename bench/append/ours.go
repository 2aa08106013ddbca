package appendbench

import (
	"context"
	"sync"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// buffer is a batch.Buffer with a sender that delivers at once.
type buffer struct {
	*batch.Buffer
	size int
	now  time.Time // of all records; a logger has read the clock anyhow
}

// discard is a batch.Sender.
type discard struct{}

func (discard) Send(context.Context, *batch.Batch) batch.Result { return batch.Result{} }

func openBuffer(size int) buffer {
	b, err := batch.New(discard{}, batch.WithMaxBytes(budget), batch.WithBlocking(time.Minute))
	if err != nil {
		panic(err) // the arguments are constants
	}
	return buffer{b, size, time.Now()}
}

// put appends a record as an adapter does.
func (q buffer) put(rec []byte) {
	if e, ok := q.Begin(batch.Info); ok {
		e.Commit(append(e.Buf(), rec...), q.now)
	}
}

func (q buffer) Settle() { _ = q.Flush(context.Background()) } // the sender has no errors

func (q buffer) Close() uint64 {
	_ = q.Buffer.Close(context.Background()) // what it cost is in the counts
	return q.Stats().Delivered
}

// copied appends records that are ready, without the look at every byte that Append takes.
type copied struct{ buffer }

func openAppend(size int) Queue { return copied{openBuffer(size)} }

func (q copied) Producer() func(int) {
	rec := record(q.size)
	return func(n int) {
		for range n {
			q.put(rec)
		}
	}
}

// inPlace appends the fields of records where the records stay.
type inPlace struct{ buffer }

func openInPlace(size int) Queue { return inPlace{openBuffer(size)} }

func (q inPlace) Producer() func(int) {
	enc := newEncoder(q.size)
	return func(n int) {
		for range n {
			if e, ok := q.Begin(batch.Info); ok {
				e.Commit(enc.append(e.Buf()), q.now)
			}
		}
	}
}

// scratch appends the fields of records somewhere else first.
type scratch struct{ buffer }

func openScratch(size int) Queue { return scratch{openBuffer(size)} }

func (q scratch) Producer() func(int) {
	enc, buf := newEncoder(q.size), make([]byte, 0, q.size)
	return func(n int) {
		for range n {
			buf = enc.append(buf[:0])
			q.put(buf)
		}
	}
}

type pooledScratch struct {
	buffer
	pool *sync.Pool
}

func openPooledScratch(size int) Queue {
	return pooledScratch{openBuffer(size), newPool(size)}
}

func (q pooledScratch) Producer() func(int) {
	enc := newEncoder(q.size)
	return func(n int) {
		for range n {
			p := q.pool.Get().(*[]byte)
			*p = enc.append((*p)[:0])
			q.put(*p)
			q.pool.Put(p)
		}
	}
}

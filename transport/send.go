package transport

import (
	"context"
	"errors"
	"time"

	"github.com/logsto/logsto-go/batch"
)

const (
	// sendTime is how long a Send goes on without a record that is settled.
	sendTime = 10 * time.Second
	// lastTurn comes after that of any batch.
	lastTurn = 1 << 63
)

// errWaited ends a Send that waits for an endpoint which takes nothing.
var errWaited = errors.New("the endpoint takes nothing at present")

// Send implements [batch.Sender]. It returns when each record is accepted, lost or
// deferred, or when ctx has ended, or ten seconds have passed without one, and the
// requests that were on their way: then the rest is in Retry, and goes on with the
// same requests and keys when the batch comes again.
//
// Every request carries an Idempotency-Key, a UUID of version 7, that is the same for
// its repetitions and another one for each part after a split. Only a single record that
// is about to be given up after an answer, and a body that is no longer compressed, are
// tried with other keys.
func (c *Client) Send(ctx context.Context, b *batch.Batch) batch.Result {
	if len(b.Records) == 0 {
		return batch.Result{}
	}
	d := c.resume(b)
	d.ctx, d.done = ctx, make(chan struct{})
	c.engine.run(d)
	return d.result(b)
}

// delivery is what a batch, or what is left of it, is to the client.
type delivery struct {
	c        *Client
	ctx      context.Context //nolint:containedctx // of the Send that goes on; its requests end with it
	done     chan struct{}   // closed when that may return
	turn     uint64          // lower ones go first
	ordered  bool
	deferred bool    // it is a record that was deferred before
	crowding float64 // of the room for those
	records  [][]byte
	progress
}

// progress is how far a delivery is. engine.mu guards it.
type progress struct {
	todo    []*part // by lo; those that no worker has
	running int     // those that workers have
	probes  int     // that were parts of it
	beside  bool    // with ordered: the last part was not the first; see inOrder
	losses  int     // parts in a row that were given up
	settled time.Time
	ended   error // why nothing more is sent; nil while something is
	out     batch.Result
	held    []*part // that were deferred, in case that there is no room for them
}

// resume returns the delivery of a batch: a new one, or if the batch was sent before, the
// one of then, with the parts that its records were in.
func (c *Client) resume(b *batch.Batch) *delivery {
	d, ok := b.State.(*delivery)
	if !ok || d.c != c {
		return c.newDelivery(b)
	}
	parts := map[*byte]*part{}
	for _, p := range append(d.todo, d.held...) {
		if _, twice := parts[p.head]; twice { // the same memory is in two places: nobody knows which is which
			parts[p.head] = nil
			continue
		}
		parts[p.head] = p
	}
	delete(parts, nil)
	d.records, d.todo, d.held, d.out, d.ended = b.Records, nil, nil, batch.Result{}, nil
	for i := 0; i < len(b.Records); {
		p := parts[address(b.Records[i])]
		if p == nil || i+p.len() > len(b.Records) || p.tail != address(b.Records[i+p.len()-1]) { // the caller has changed the batch
			p = &part{delivery: d, lo: i, hi: i + 1}
		}
		p.lo, p.hi = i, i+p.len()
		d.todo = append(d.todo, p)
		i = p.hi
	}
	return d
}

func (c *Client) newDelivery(b *batch.Batch) *delivery {
	d := &delivery{c: c, ordered: b.Ordered, records: b.Records}
	p := &part{delivery: d, hi: len(b.Records)}
	if d.deferred = b.Deferred > 0; d.deferred {
		d.turn, d.crowding = lastTurn, b.Crowding
		p.recall(b.Token)
	}
	d.todo = []*part{p}
	return d
}

// address returns where a record is in memory; nil for an empty one.
func address(record []byte) *byte {
	if len(record) == 0 {
		return nil
	}
	return &record[0]
}

// result returns what came of the batch.
func (d *delivery) result(b *batch.Batch) batch.Result {
	r := d.out
	if b.State = nil; len(d.todo)+len(d.held) > 0 {
		b.State = d
	}
	for _, p := range append(d.held, d.todo...) {
		p.head, p.tail = address(d.records[p.lo]), address(d.records[p.hi-1])
	}
	if len(d.todo) == 0 {
		return r
	}
	r.Retry = []int{}
	for _, p := range d.todo {
		for i := p.lo; i < p.hi; i++ {
			r.Retry = append(r.Retry, i)
		}
	}
	r.Err = d.why()
	return r
}

// why returns why parts are left.
func (d *delivery) why() error {
	known := d.c.engine.fault()
	for _, p := range d.todo {
		if p.past.e.Attempts > 0 {
			known = &p.past.e
			break
		}
	}
	if known == nil {
		return &Error{Err: d.ended}
	}
	e := *known
	e.Record = ""
	if d.ended != errWaited { //nolint:errorlint // it is our own
		return e.ended(d.ended)
	}
	return &e
}

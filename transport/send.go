package transport

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// delivery is one call of Send.
type delivery struct {
	c         *Client
	records   [][]byte
	tellAside func([]int)   // see SendAside
	spare     chan struct{} // has room for the goroutines that may still be started

	mu      sync.Mutex
	turn    uint64   // of the requests
	has     []bool   // by record: the server has it; nil if it has none or all
	reached int      // records that it has
	err     error    // for the last of the others
	losses  int      // requests that were given up since one was delivered
	stop    bool     // nothing more can be delivered
	tried   bool     // there was a request
	aside   []func() // what can wait until the rest is through
}

// span is a run of records of a delivery: from lo up to and without hi.
type span struct{ lo, hi int }

func (s span) len() int { return s.hi - s.lo }

// Send delivers the records, each a JSON object without a line's end, and
// returns nil if the server has acknowledged all of them. Otherwise it returns
// a [*BatchError] that names the others. It tries until it is clear that a
// record will never be taken, or ctx ends. The records are not used after it
// has returned. The sequence number is not sent.
//
// Every request carries an Idempotency-Key, a UUID of version 7, that is the
// same for its repetitions and another one for each part after a split. Only a single
// record that is about to be given up, and a body that is no longer compressed, are
// tried with other keys.
func (c *Client) Send(ctx context.Context, seq uint64, records [][]byte) error {
	return c.SendAside(ctx, seq, records, func([]int) {})
}

// SendAside does what Send does, and calls aside, perhaps more than once, when others
// need not wait for what is left of the batch, since it keeps failing: with the indices
// of the records that are not delivered, ascending, or with nil if that is not known.
// aside must not be nil, and must return soon. It may replace the slices of these
// records in records; the others are not used any more. Package batch calls SendAside,
// goes on with other batches, and with the memory of what is delivered.
func (c *Client) SendAside(ctx context.Context, _ uint64, records [][]byte, aside func(left []int)) error {
	if len(records) == 0 {
		return nil
	}
	d := &delivery{c: c, records: records, tellAside: aside, turn: c.endpoint.turn(), spare: make(chan struct{}, c.endpoint.limit)}
	d.whole(ctx, span{0, len(records)}, doubt{})
	for list := d.aside; len(list) > 0; list = d.aside {
		d.aside = nil
		d.tellAside(d.missing())
		d.each(len(list), func(i int) { list[i]() })
	}
	return d.result()
}

// result returns what Send does. What is not known to be delivered is not.
func (d *delivery) result() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.reached == len(d.records) {
		return nil
	}
	return &BatchError{Records: len(d.records), Indices: d.missing(), Err: d.err}
}

// missing returns the indices of the records that the server does not have, as far as
// is known. The caller holds d.mu, or nobody else is at work.
func (d *delivery) missing() (list []int) {
	for i := range d.records {
		if d.has == nil || !d.has[i] {
			list = append(list, i)
		}
	}
	return list
}

// form returns how a span goes: a single record as the bare object.
func (d *delivery) form(s span) Format {
	switch f := d.c.format; {
	case f != Auto:
		return f
	case s.len() == 1:
		return Single
	default:
		return Array
	}
}

// onlySingle reports whether the server takes one record at a time.
func (d *delivery) onlySingle() bool {
	return d.c.format == Single || d.c.format == Auto && d.c.learnt.arrays.get() == no
}

// compression returns how bodies are compressed now.
func (d *delivery) compression() Compression {
	if d.c.compression == AutoCompression && d.c.learnt.packed.get() == no {
		return Identity
	}
	return d.c.compression
}

// outcome is what came of a request: how many records the server has taken, and why
// not the others.
type outcome struct {
	verdict verdict
	err     *Error // nil if delivered
	taken   int
	first   bool      // the first attempt decided
	known   bool      // it failed in a way in which others do that are given up
	started time.Time // of the attempts
}

// try sends a span in one request, and accounts for it, but for what is refused or
// suspect and has more than one record. A single one that is suspect is put aside.
func (d *delivery) try(ctx context.Context, s span, f Format, by doubt) outcome {
	turn, tried := d.place()
	if by.first {
		turn = 0
	}
	r := &request{
		c:           d.c,
		span:        s,
		records:     d.records[s.lo:s.hi],
		format:      f,
		compression: d.compression(),
		key:         newUUID(time.Now()),
		ticket:      ticket{turn: turn, tried: tried},
		started:     by.started,
		patience:    by.patience(),
		doubted:     (by.part || by.tested) && !by.sample,
	}
	if d.c.once {
		r.patience = 0
	}
	if by.last != nil {
		r.e = *by.last
		r.e.Record = ""
		r.before = r.e.Attempts
		r.sent = true
	}
	o := d.run(ctx, r)
	if o.verdict == suspect && s.len() == 1 && !by.sample {
		d.putAside(func() {
			r.stepBack()
			d.run(ctx, r)
		})
	}
	return o
}

// place returns the turn of a new request, and whether there was one before it.
func (d *delivery) place() (turn uint64, tried bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	tried, d.tried = d.tried, true
	return d.turn, tried
}

// putAside has f called when the rest of the batch is through.
func (d *delivery) putAside(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.aside = append(d.aside, f)
}

// run runs a request, unless nothing more is sent, and accounts for what came of it.
func (d *delivery) run(ctx context.Context, r *request) outcome {
	if d.stopped() {
		return outcome{verdict: final}
	}
	v, err := r.run(ctx)
	o := outcome{verdict: v, err: err, first: r.e.Attempts == r.before+1, started: r.started, known: d.c.learnt.condemns.is(r.streak.way)}
	switch {
	case v == delivered:
		o.taken = len(r.records) - len(r.failed)
		d.reach(r)
	case v == suspect:
		d.mu.Lock()
		d.turn = r.ticket.turn // the others of the batch go behind as well
		d.mu.Unlock()
	case v != refused || len(r.records) == 1:
		d.lose(ctx, v, err)
	}
	return o
}

func (d *delivery) stopped() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stop
}

// reach accounts for a request that was delivered, but for its failed records.
func (d *delivery) reach(r *request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reached += len(r.records) - len(r.failed)
	d.losses = 0
	if len(r.records) == len(d.records) && len(r.failed) == 0 {
		return // the usual case
	}
	if d.has == nil {
		d.has = make([]bool, len(d.records))
	}
	for i := r.span.lo; i < r.span.hi; i++ {
		d.has[i] = true
	}
	for _, f := range r.failed {
		d.has[r.span.lo+f.Index] = false
		d.err = r.notTaken(f)
	}
}

// manyLosses is how many requests are given up in a row until the others of the
// delivery are too, without being sent.
const manyLosses = 12

// lose keeps why a request is given up. If it is not for what the server said of its
// records, that holds for the others too, unless some have been delivered.
func (d *delivery) lose(ctx context.Context, v verdict, err *Error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err == nil || err.Attempts > 0 {
		d.err = err
	}
	if v == refused {
		return
	}
	d.losses++
	d.stop = d.stop || v != final && d.reached == 0 || d.losses >= manyLosses || ctx.Err() != nil
}

// parallel calls both, at the same time if there may be a further goroutine.
func (d *delivery) parallel(f, g func()) {
	select {
	case d.spare <- struct{}{}:
		var wg sync.WaitGroup
		wg.Go(func() {
			defer func() { <-d.spare }()
			f()
		})
		g()
		wg.Wait()
	default:
		f()
		g()
	}
}

// single sends each record of the span in a request of its own, and returns how
// many the server has taken.
func (d *delivery) single(ctx context.Context, s span) int {
	var got atomic.Int64
	d.each(s.len(), func(k int) {
		got.Add(int64(d.whole(ctx, span{s.lo + k, s.lo + k + 1}, doubt{})))
	})
	return int(got.Load())
}

// each calls f with the numbers up to and without n, as many at once as the client
// may send requests.
func (d *delivery) each(n int, f func(int)) {
	var next atomic.Int64
	work := func() {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			f(i)
		}
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	for range n - 1 {
		select {
		case d.spare <- struct{}{}:
			wg.Go(func() {
				defer func() { <-d.spare }()
				work()
			})
			continue
		default:
		}
		break
	}
	work()
}

// taken returns how many records of the batch the server has taken so far.
func (d *delivery) taken() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.reached
}

package transport

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// delivery is one call of Send.
type delivery struct {
	c       *Client
	records [][]byte
	turn    uint64
	spare   chan struct{} // has room for the goroutines that may still be started

	mu      sync.Mutex
	has     []bool // by record: the server has it; nil if it has none or all
	reached int    // records that it has
	err     error  // for the last of the others
	losses  int    // requests that were given up since one was delivered
	stop    bool   // nothing more can be delivered
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
// same for its repetitions and another one for each part after a split.
func (c *Client) Send(ctx context.Context, _ uint64, records [][]byte) error {
	if len(records) == 0 {
		return nil
	}
	d := &delivery{c: c, records: records, turn: c.endpoint.turn(), spare: make(chan struct{}, c.endpoint.limit)}
	if all := (span{0, len(records)}); all.len() > 2 && c.format == Auto && c.learnt.arrays.get() == unknown {
		d.introduce(ctx, all)
	} else {
		d.whole(ctx, all, doubt{})
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
	e := &BatchError{Records: len(d.records), Err: d.err}
	for i := range d.records {
		if d.has == nil || !d.has[i] {
			e.Indices = append(e.Indices, i)
		}
	}
	return e
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

// outcome is the result of try: how many records the server has taken, and why not the others.
type outcome struct {
	verdict verdict
	err     *Error // nil if delivered
	taken   int
	first   bool      // the first attempt decided
	started time.Time // of the attempts
}

// try sends a span in one request. It accounts for everything but what is refused
// or suspect.
func (d *delivery) try(ctx context.Context, s span, f Format, by doubt) outcome {
	if d.stopped() {
		return outcome{verdict: final}
	}
	z := d.compression()
	o := d.post(ctx, s, f, z, by)
	packed := z == AutoCompression && d.size(s) >= minCompress
	if o.verdict == refused && packed && d.mayBeCompression(s, o.err.Status) {
		// The least that can be given up is compression.
		o = d.post(ctx, s, f, Identity, by)
		if o.verdict == delivered {
			d.c.learnt.packed.set(no)
		}
	} else if o.verdict == delivered && packed {
		d.c.learnt.packed.set(yes)
	}
	switch o.verdict {
	case delivered:
		if f == Array && s.len() > 1 {
			d.c.learnt.arrays.set(yes)
		}
	case refused, suspect:
	default:
		d.giveUp(ctx, o.verdict, o.err)
	}
	return o
}

// mayBeCompression reports whether a compressed body may have been refused for
// its compression. A server that has taken it may do so no more: before a single
// record is lost, that is tried.
func (d *delivery) mayBeCompression(s span, status int) bool {
	switch status {
	case http.StatusRequestEntityTooLarge:
		return false
	case http.StatusUnsupportedMediaType:
		return true
	default:
		return s.len() == 1 || d.c.learnt.packed.get() != yes
	}
}

// post sends a span in one request, and accounts for what is delivered.
func (d *delivery) post(ctx context.Context, s span, f Format, z Compression, by doubt) outcome {
	records := d.records[s.lo:s.hi]
	r := &request{
		c:        d.c,
		records:  records,
		format:   f,
		body:     d.c.newBody(records, f, z),
		key:      newUUID(time.Now()),
		ticket:   ticket{turn: d.turn},
		started:  by.started,
		patience: by.patience(s),
		doubted:  (by.part || by.tested) && !by.sample,
	}
	if d.c.retry.none() {
		r.patience = 0
	}
	if by.last != nil {
		r.e = *by.last
		r.e.Record = ""
		r.before = r.e.Attempts
	}
	v, err := r.run(ctx)
	o := outcome{verdict: v, err: err, first: r.e.Attempts == r.before+1, started: r.started}
	if v == delivered {
		o.taken = s.len() - len(r.failed)
		d.reach(s, r)
	}
	return o
}

func (d *delivery) stopped() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stop
}

// reach accounts for a span that was delivered, but for the failed ones of r.
func (d *delivery) reach(s span, r *request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reached += s.len() - len(r.failed)
	d.losses = 0
	if s.len() == len(d.records) && len(r.failed) == 0 {
		return // the usual case
	}
	if d.has == nil {
		d.has = make([]bool, len(d.records))
	}
	for i := s.lo; i < s.hi; i++ {
		d.has[i] = true
	}
	for _, f := range r.failed {
		d.has[s.lo+f.Index] = false
		d.err = r.notTaken(f)
	}
}

// lose keeps why a span is not delivered.
func (d *delivery) lose(err *Error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		d.err = err
	}
}

// end says that nothing more will be delivered.
func (d *delivery) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stop = true
}

// manyLosses is how many requests are given up in a row until the others of the
// delivery are too, without being sent.
const manyLosses = 12

// giveUp keeps why a span is not delivered that will never be, or whose time has
// passed. The latter holds for the others too, unless some have been delivered.
func (d *delivery) giveUp(ctx context.Context, v verdict, err *Error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil && (d.err == nil || err.Attempts > 0) {
		d.err = err
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

// single sends each record of the span in a request of its own, as many at once
// as the client may, and returns how many the server has taken.
func (d *delivery) single(ctx context.Context, s span) int {
	var next, got atomic.Int64
	next.Store(int64(s.lo))
	work := func() {
		for i := int(next.Add(1)) - 1; i < s.hi; i = int(next.Add(1)) - 1 {
			got.Add(int64(d.one(ctx, i)))
		}
	}
	var wg sync.WaitGroup
	for range s.len() - 1 {
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
	wg.Wait()
	return int(got.Load())
}

// one sends the record i alone, and returns how many the server has taken, 0 or 1.
func (d *delivery) one(ctx context.Context, i int) int {
	s := span{i, i + 1}
	o := d.try(ctx, s, d.form(s), doubt{})
	if o.verdict == refused {
		d.lose(o.err)
	}
	return o.taken
}

// taken returns how many records of the batch the server has taken so far.
func (d *delivery) taken() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.reached
}

package transport

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
)

// singles is how many requests run at once when each carries one record.
const singles = 8

// learnt is what the server turned out to take, for the life of the client.
type learnt struct {
	arrays   atomic.Int32 // 0 unknown, 1 taken, -1 not taken
	plain    atomic.Bool  // compressed bodies are not taken
	packed   atomic.Bool  // compressed bodies are taken
	maxBytes atomic.Int64 // bodies this large are not taken, in bytes before compression; 0 unknown
}

// delivery is one call of Send.
type delivery struct {
	c       *Client
	records [][]byte

	mu      sync.Mutex
	lost    []int
	err     error // for the last of lost
	reached int   // records that the server has
	stop    bool  // nothing more can be delivered
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
	d := &delivery{c: c, records: records}
	all := span{0, len(records)}
	switch {
	case len(records) == 0:
		return nil
	case c.format == Single || c.format == Auto && c.learnt.arrays.Load() < 0:
		d.single(ctx, all)
	default:
		d.whole(ctx, all)
	}
	if len(d.lost) == 0 {
		return nil
	}
	slices.Sort(d.lost)
	return &BatchError{Records: len(records), Indices: d.lost, Err: d.err}
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

// compression returns how bodies are compressed now.
func (d *delivery) compression() Compression {
	if d.c.compression == AutoCompression && d.c.learnt.plain.Load() {
		return Identity
	}
	return d.c.compression
}

// try sends a span in one request. It accounts for everything but a refusal,
// of which it returns the error.
func (d *delivery) try(ctx context.Context, s span, f Format) (verdict, *Error) {
	if d.stopped() {
		d.lose(s, nil, false)
		return impossible, nil
	}
	z := d.compression()
	v, err := d.c.post(ctx, d.records[s.lo:s.hi], f, z)
	packed := z == AutoCompression && d.size(s) >= minCompress
	if v == refused && packed && d.mayBeCompression(err.Status) {
		// The least that can be given up is compression.
		v, err = d.tryPlain(ctx, s, f)
	} else if v == delivered && packed {
		d.c.learnt.packed.Store(true)
	}
	switch v {
	case delivered:
		d.reach(s, f)
	case refused:
	default:
		// What holds for this request holds for those after it.
		d.lose(s, err, true)
	}
	return v, err
}

// mayBeCompression reports whether a compressed body may have been refused for
// its compression.
func (d *delivery) mayBeCompression(status int) bool {
	switch status {
	case http.StatusRequestEntityTooLarge:
		return false
	case http.StatusUnsupportedMediaType:
		return true
	default:
		return !d.c.learnt.packed.Load()
	}
}

// tryPlain sends the span without compression, and remembers if that was what
// the server wanted.
func (d *delivery) tryPlain(ctx context.Context, s span, f Format) (verdict, *Error) {
	v, err := d.c.post(ctx, d.records[s.lo:s.hi], f, Identity)
	if v == delivered {
		d.c.learnt.plain.Store(true)
	}
	return v, err
}

func (d *delivery) stopped() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stop
}

// reach accounts for a span that was delivered.
func (d *delivery) reach(s span, f Format) {
	if f == Array && s.len() > 1 {
		d.c.learnt.arrays.Store(1)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reached += s.len()
}

// lose accounts for a span that will not be delivered. stop says that nothing
// else will be either.
func (d *delivery) lose(s span, err error, stop bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := s.lo; i < s.hi; i++ {
		d.lost = append(d.lost, i)
	}
	if err != nil {
		d.err = err
	}
	d.stop = d.stop || stop
}

// single sends each record of the span in a request of its own, several at
// once.
func (d *delivery) single(ctx context.Context, s span) {
	if s.len() == 1 {
		d.one(ctx, s.lo)
		return
	}
	var next atomic.Int64
	next.Store(int64(s.lo))
	var wg sync.WaitGroup
	for range min(singles, s.len()) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < s.hi; i = int(next.Add(1)) - 1 {
				d.one(ctx, i)
			}
		})
	}
	wg.Wait()
}

// one sends the record i alone, and reports whether the server has it.
func (d *delivery) one(ctx context.Context, i int) bool {
	s := span{i, i + 1}
	v, err := d.try(ctx, s, d.form(s))
	if v == refused {
		d.lose(s, err, false)
	}
	return v == delivered
}

// taken returns how many records of the batch the server has taken so far.
func (d *delivery) taken() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.reached
}

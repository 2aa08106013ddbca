package transport

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/logsto/logsto-go/batch"
)

const (
	// sendTime is how long a Send goes on without a record that is settled.
	sendTime = 10 * time.Second
	// manyLosses is how many parts are given up in a row, for what the server did not
	// say of their records, until the others of the batch are too, without being sent.
	manyLosses = 12
)

// delivery is what a batch, or what is left of it, is to the client. Those that send its
// parts are workers: goroutines that take one part after the other.
type delivery struct {
	// Immutable once set.
	c       *Client
	ordered bool
	turn    uint64

	mu       sync.Mutex
	records  [][]byte
	todo     []*part // by lo; those that no worker has
	running  int     // parts that workers have
	failed   bool    // one has failed: others do not wait for what comes of it
	beside   bool    // with ordered: the last part was not the first; see inOrder
	workers  sync.WaitGroup
	sleeper  bool          // a worker sleeps until one is due
	wake     chan struct{} // wakes it
	probes   int           // that were parts of this batch
	progress time.Time     // the last record was settled, or Send was called
	losses   int           // parts that were given up since one was accepted
	out      outcome
}

// outcome is what has come of a delivery. delivery.mu guards it.
type outcome struct {
	result batch.Result
	held   []*part // that were deferred, in case that there is no room for them
	some   bool    // the server has accepted a part
	end    error   // why nothing more is sent; nil while something is
}

// newDelivery returns one for a batch that is sent first.
func (c *Client) newDelivery(b *batch.Batch) *delivery {
	d := &delivery{c: c, ordered: b.Ordered, records: b.Records, wake: make(chan struct{}, 1)}
	p := &part{hi: len(b.Records)}
	if b.Deferred > 0 {
		d.turn = lastTurn
		p.token, p.crowded = true, b.Crowding
		p.recall(b.Token)
	} else {
		d.turn = c.gate.turn()
	}
	d.todo = []*part{p}
	return d
}

// resume returns the delivery of a batch that was sent before, with the parts that its
// records were in.
func (c *Client) resume(b *batch.Batch) *delivery {
	d, ok := b.State.(*delivery)
	if !ok || d.c != c {
		return c.newDelivery(b)
	}
	firsts := map[*byte]*part{}
	for _, p := range append(d.todo, d.out.held...) {
		firsts[p.first] = p
	}
	d.records, d.todo, d.out = b.Records, nil, outcome{}
	for i := 0; i < len(b.Records); {
		p := firsts[first(b.Records[i])]
		if p == nil || i+p.len() > len(b.Records) { // the caller has changed the batch
			p = &part{lo: i, hi: i + 1, half: true}
		}
		p.lo, p.hi = i, i+p.len()
		d.todo = append(d.todo, p)
		i = p.hi
	}
	return d
}

// first returns where a record is in memory; nil for an empty one.
func first(record []byte) *byte {
	if len(record) == 0 {
		return nil
	}
	return &record[0]
}

// run sends the parts until all are settled, or nothing more is to be sent.
func (d *delivery) run(ctx context.Context) {
	d.progress = time.Now()
	defer d.workers.Wait() // also if the HTTP client ends the goroutine: they have the records
	d.work(ctx)
}

// worker is a goroutine that sends parts. After one that was accepted it may have the pass
// for the next already.
type worker struct {
	*delivery
	pass pass
	has  bool
}

// work is what a worker does.
func (d *delivery) work(ctx context.Context) {
	w := &worker{delivery: d}
	defer w.giveBack()
	for {
		p, at := d.take(ctx)
		switch {
		case p != nil:
			w.send(ctx, p)
			continue
		case at.IsZero():
			return
		default:
			w.giveBack()
			d.sleep(ctx, at)
		}
	}
}

// giveBack gives a pass back that is not used.
func (w *worker) giveBack() {
	if w.has {
		w.has = false
		w.c.gate.abandoned(w.pass)
	}
}

// hasMore reports whether parts wait that may be sent beside others.
func (d *delivery) hasMore() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.ordered && len(d.todo) > 0
}

// take returns the next part that is due. If none is, it returns when to look again, or
// the zero time if somebody else will.
func (d *delivery) take(ctx context.Context) (*part, time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.out.end != nil || len(d.todo) == 0 {
		return nil, time.Time{}
	}
	now := time.Now()
	if p := d.due(now); p != nil {
		d.running++
		if !d.ordered && len(d.todo) > 0 && d.c.gate.hasRoom(d.turn, d.running) {
			d.workers.Go(func() { d.work(ctx) })
		}
		return p, now
	}
	at := d.progress.Add(sendTime)
	if !now.Before(at) {
		d.out.end = errWaited
		return nil, time.Time{}
	}
	if d.sleeper {
		return nil, time.Time{}
	}
	d.sleeper = true
	for _, p := range d.todo {
		if p.due.After(now) {
			at = earlier(at, p.due)
		}
	}
	return nil, at
}

// due takes the first part off those that wait that may be sent now, or returns nil.
// The caller holds d.mu.
func (d *delivery) due(now time.Time) *part {
	switch {
	case d.running > 0 && (d.ordered || d.c.gate.doubts()):
		return nil
	case d.ordered:
		return d.inOrder(now)
	}
	// While nothing is accepted, what has not failed tells more than what has.
	untried := d.c.gate.fault() != nil && slices.ContainsFunc(d.todo, func(p *part) bool { return p.past.class == accepted })
	for i, p := range d.todo {
		switch {
		case p.due.After(now), untried && p.past.class != accepted:
			continue
		case p.isNew():
			if q := d.cut(i, now); q != nil {
				return q
			}
		default:
			d.todo = slices.Delete(d.todo, i, i+1)
			return p
		}
	}
	return nil
}

// cut takes as much of a part that was never sent as the window allows. It returns nil
// if that has to wait for what is being sent.
func (d *delivery) cut(i int, now time.Time) *part {
	p := d.todo[i]
	most, trial, alone := size{1, unbounded}, false, false
	if d.c.format != Single {
		most, trial, alone = d.c.window.cut(now)
	}
	if p.len() > 1 && alone && d.running > 0 && !d.failed {
		return nil
	}
	n, bytes := 1, len(d.records[p.lo])
	for ; n < min(p.len(), most.records); n++ {
		if bytes += len(d.records[p.lo+n]) + 1; bytes > most.bytes {
			break
		}
	}
	if trial && !d.c.window.exceeds(size{n, bytes}) {
		trial = false
		d.c.window.untry()
	}
	c := cut{window: !p.token, trial: trial}
	if n == p.len() {
		d.todo = slices.Delete(d.todo, i, i+1)
		p.cut = c
		return p
	}
	head := &part{lo: p.lo, hi: p.lo + n, cut: c}
	p.lo += n
	return head
}

// sleep waits until the given time, until a part is settled, or until somebody waits for
// what is pending.
func (d *delivery) sleep(ctx context.Context, at time.Time) {
	hurried, hurry := d.c.gate.hurried()
	if hurried {
		at = earlier(at, time.Now().Add(hurriedWait))
	}
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-d.wake:
	case <-hurry:
		hurried = true
	case <-ctx.Done():
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sleeper = false
	if ctx.Err() != nil && d.out.end == nil {
		d.out.end = endOf(ctx)
	}
	if hurried {
		soon := time.Now()
		for _, p := range d.todo {
			p.due = earlier(p.due, soon)
		}
	}
}

// back puts parts among those that wait. The caller holds d.mu.
func (d *delivery) back(parts ...*part) {
	for _, p := range parts {
		i := len(d.todo)
		for i > 0 && d.todo[i-1].lo > p.lo {
			i--
		}
		d.todo = slices.Insert(d.todo, i, p)
	}
}

// end puts a part back, as nothing more is sent.
func (d *delivery) end(p *part, why error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.out.end == nil {
		d.out.end = why
	}
	d.running--
	d.back(p)
	d.nudge()
}

// nudge wakes the worker that sleeps. The caller holds d.mu.
func (d *delivery) nudge() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// result returns what came of the batch.
func (d *delivery) result(b *batch.Batch) batch.Result {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.out.result
	if b.State = nil; len(d.todo)+len(d.out.held) > 0 {
		b.State = d
	}
	for _, p := range d.out.held {
		p.first = first(d.records[p.lo])
	}
	if len(d.todo) == 0 {
		return r
	}
	r.Retry = []int{}
	for _, p := range d.todo {
		d.unstick(p)
		p.first = first(d.records[p.lo])
		for i := p.lo; i < p.hi; i++ {
			r.Retry = append(r.Retry, i)
		}
	}
	r.Err = d.why()
	return r
}

// why returns why parts are left. The caller holds d.mu.
func (d *delivery) why() error {
	e := Error{Err: d.out.end}
	known := d.c.gate.fault()
	for _, p := range d.todo {
		if p.past.e.Attempts > 0 {
			known = &p.past.e
			break
		}
	}
	if known != nil {
		e = *known
		e.Record = ""
		if d.out.end != errWaited { //nolint:errorlint // it is our own
			return e.ended(d.out.end)
		}
	}
	return &e
}

// spread reports at random which end of a part a sample is taken from: the last, or the
// first, as order wants it.
func (d *delivery) spread() bool { return !d.ordered && rand.N(2) == 1 }

package batch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/logsto/logsto-go/internal/isnil"
	"github.com/logsto/logsto-go/internal/jsonscan"
	"github.com/logsto/logsto-go/internal/slab"
)

// Buffer takes records from any number of goroutines and hands them to a
// Sender in batches. All methods may be called at any time by any number of
// goroutines, also after Close.
type Buffer struct {
	// Immutable once set.
	cfg    config
	sender Sender
	set    *slab.Set
	ctx    context.Context // of all sends
	cancel context.CancelFunc

	wake     chan struct{} // one signal to the collector, kept until it looks
	urgent   atomic.Bool   // a record must not wait for the flush interval
	inFlight flights       // batches that are with the Sender, or wait to be sent again
	again    flights       // deferred records that are with the Sender
	waiters  waiters       // who waits for all that is pending
	back     atomic.Bool   // the Sender delivers again, after an outage: what was deferred is due
	halted   chan struct{} // closed by Close: the collector sends what is left and ends
	halt     sync.Once
	drained  chan struct{} // closed by the collector when no send runs any more after that
	stopped  chan struct{} // closed by Close when nothing more will be sent
	stop     sync.Once
	giveUp   bool  // Close stopped before everything was delivered; set before stopped is closed
	closeErr error // what that Close returned; likewise

	lateTold atomic.Uint32 // the levels of which a record that came after Close was told, a bit for each
	drops    drops
	gap      gap
	report   reporter
	stall    stall
}

// New returns a Buffer that hands its batches to s, and starts the goroutine
// that does so; [Buffer.Close] ends it. It returns an error if s is nil, if an
// option has a value out of its range, or if two options disagree.
func New(s Sender, opts ...Option) (*Buffer, error) {
	if isnil.Value(s) { // which would otherwise show only at the first batch
		return nil, errors.New("batch: New(nil): a Sender is required")
	}
	cfg := defaults()
	for _, o := range opts {
		if o == nil {
			return nil, errors.New("batch: New: an option is nil")
		}
		o.apply(&cfg)
	}
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	b := &Buffer{
		cfg:     cfg,
		sender:  s,
		wake:    make(chan struct{}, 1),
		halted:  make(chan struct{}),
		drained: make(chan struct{}),
		stopped: make(chan struct{}),
	}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.waiters.init()
	b.report.init(cfg.onError, cfg.errorInterval, &b.drops)
	b.set = slab.New(slab.Config{
		SlabBytes:   cfg.slabBytes,
		MaxBytes:    cfg.budget(),
		MaxRecord:   cfg.maxRecord,
		Limits:      cfg.limits(),
		Evict:       cfg.eviction(),
		Mutex:       cfg.mutex,
		FullBytes:   cfg.batchBytes,
		FullRecords: cfg.batchRecords,
		Wake:        b.poke,
		Evicted:     func(lost slab.Evicted) { b.lose(ReasonEvicted, [numLevels]uint64(lost[:numLevels]), nil) },
	})
	b.stall.watch(s, &b.report, func() uint64 { return b.Stats().Pending }, b.comeBack)
	go b.collect()
	return b, nil
}

// poke makes the collector look; it never blocks.
func (b *Buffer) poke() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// Append copies one record in, a JSON object on one line, and reports whether it was
// taken; if not, it has been counted as dropped. What is no such object is refused, for
// [ReasonUnreadable]: of a line break, NDJSON would make two records. That takes a look at
// every byte, which [Buffer.Begin] spares those who make their records. t is as in
// [Entry.Commit]. An empty record is ignored.
func (b *Buffer) Append(l Level, t time.Time, record []byte) bool {
	switch n := len(record); {
	case n == 0:
		return true
	case n > b.cfg.maxRecord:
		b.refuseLarge(min(l, Panic), n, b.shown(record))
		return false
	case !isObject(record):
		b.refuseUnreadable(min(l, Panic), n, b.shown(record))
		return false
	}
	e, ok := b.Begin(l)
	return ok && e.Commit(append(e.Buf(), record...), t)
}

// isObject reports whether a record is a JSON object on one line.
func isObject(record []byte) bool {
	if record[0] == '{' && jsonscan.Value(record, 0) == len(record) {
		return true
	}
	// It may have insignificant blanks.
	return bytes.HasPrefix(bytes.TrimLeft(record, " \t"), []byte{'{'}) && bytes.IndexByte(record, '\n') < 0 && bytes.IndexByte(record, '\r') < 0 && json.Valid(record)
}

// Flush waits until every record that was taken before the call is delivered,
// and returns nil then. If ctx ends first, or a record is lost on the way, it
// returns an [*UndeliveredError] with the number of records that are not
// delivered, and why as far as the Sender has said; later records that share a
// batch with them are counted with them.
// The records stay in the buffer when ctx ends, and are still sent.
func (b *Buffer) Flush(ctx context.Context) error {
	errs, _ := b.report.lastError()
	f := b.set.Flush()
	b.poke()
	select {
	case <-f.Done():
	default:
		defer b.hurryUp(ctx)()
	}
	var cause error
	select {
	case <-f.Done():
	default:
		select {
		case <-f.Done():
		case <-ctx.Done():
			cause = b.stall.because(context.Cause(ctx))
		case <-b.stopped:
			cause = ErrClosed
		}
	}
	n := b.set.Undelivered(f)
	if n == 0 {
		return nil
	}
	if now, last := b.report.lastError(); cause == nil && now > errs {
		cause = last
	}
	return &UndeliveredError{Records: n, Err: cause}
}

// Sync is Flush bounded by [WithSyncTimeout]: what an adapter calls when its
// logger is about to end the process. The error handler is told at once of what
// was lost, or is not delivered in time, for there may be no later.
func (b *Buffer) Sync() error {
	ctx, cancel := context.WithTimeout(context.Background(), b.cfg.syncTimeout)
	defer cancel()
	err := b.Flush(ctx)
	if ctx.Err() != nil {
		b.report.atOnce(err)
	} else {
		b.report.atOnce(nil) // losses, also one from just before the Flush
	}
	return err
}

// Close refuses further records, waits until those that are pending are
// delivered, and ends the Buffer's goroutine. It returns nil if all of them are
// delivered, and otherwise an [*UndeliveredError] with the number of those
// that are not; what was dropped before the call it does not count again.
//
// When ctx ends, Close gives up: it cancels the sends that run, waits 20
// milliseconds at most for their ends, counts what is queued as dropped, and tells
// the error handler, for which it waits 100 milliseconds at most. A ctx without a
// deadline gets that of [WithCloseTimeout]. One that was cancelled before the call, as that
// of signal.NotifyContext is by then, does not count: Close has the time of
// WithCloseTimeout all the same, until its deadline if it has one. If that has passed,
// there is no time left.
//
// A record whose log call overlaps with Close is either delivered or counted
// as dropped. Close may be called more than once, also at the same time: the
// first that gives up does so for all, and later ones return its error.
func (b *Buffer) Close(ctx context.Context) error {
	b.set.CloseGate()
	before := b.set.Stats(false)
	errs, _ := b.report.lastError()
	ctx, cancel := b.closing(ctx)
	defer cancel()
	defer b.hurryUp(ctx)()
	err := b.Flush(ctx)
	b.gap.insist() // on a last attempt, if a marker was lost
	b.halt.Do(func() { close(b.halted) })
	if err == nil || ctx.Err() == nil {
		// A record that was begun before Close may have been committed since.
		select {
		case <-b.drained:
		case <-b.stopped:
		case <-ctx.Done():
		}
	}
	b.stop.Do(func() { b.end(before, errs, ctx) })
	return b.closeErr
}

// closing returns the context for a Close that was called with ctx.
func (b *Buffer) closing(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		ended, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
		cancel(fmt.Errorf("the context of Close had already ended: %w", context.Cause(ctx)))
		return ended, func() {}
	case ctx.Err() == nil && ok:
		return ctx, func() {}
	}
	most := time.Now().Add(b.cfg.closeTimeout)
	if ok && deadline.Before(most) {
		most = deadline
	}
	if ctx.Err() != nil {
		ctx = context.WithoutCancel(ctx)
	}
	return context.WithDeadline(ctx, most)
}

// lastWords is how long a Close that has given up waits for the sends that it
// has cancelled, so that its counts are final.
const lastWords = 20 * time.Millisecond

// end ends all sends, tells of what is left, and sets what Close returns: whether
// records are delivered that were pending at the time of before, when the Sender had
// had so many errors, or came since.
func (b *Buffer) end(before slab.Stats, errs uint64, ctx context.Context) { //nolint:revive // the context is only the reason
	undelivered := func() uint64 {
		now := b.set.Stats(false)
		return now.Lost - before.Lost + now.Queued + now.Waiting + now.InFlight
	}
	var cause error
	if ctx.Err() != nil {
		b.giveUp = undelivered() > 0
		cause = b.stall.because(context.Cause(ctx))
	} else if have, last := b.report.lastError(); have > errs {
		cause = last
	}
	b.stall.end()
	b.cancel()
	b.poke() // the collector, which waits for deferred records
	select {
	case <-b.drained:
	default:
		select {
		case <-b.drained:
		case <-time.After(lastWords):
		}
	}
	b.set.Finish()
	if n := undelivered(); n > 0 {
		b.closeErr = &UndeliveredError{Records: n, Err: cause}
	}
	close(b.stopped)
	b.report.finish(b.abandoned(b.set.Stats(true)))
	b.set.Reclaim(true)
	b.set.Shrink(true)
}

// abandoned returns what the end of the Buffer has left in the slabs.
func (b *Buffer) abandoned(s slab.Stats) (list []Drop) {
	reason := ReasonClosed
	if b.giveUp {
		reason = ReasonAbandoned
	}
	for l, n := range s.UnsentByLevel[:numLevels] {
		if n > 0 {
			list = append(list, Drop{reason, Level(l), n})
		}
	}
	return list
}

// Stats returns the counts of this moment.
func (b *Buffer) Stats() Stats {
	// The drops come first: a record that is among them is then among those
	// that the slabs count, and no difference is negative.
	list := b.drops.list()
	var refused uint64
	for _, d := range list {
		if d.Reason.refused() {
			refused += d.Records
		}
	}
	var s slab.Stats
	select {
	case <-b.stopped:
		s = b.set.Stats(true) // one look, from which all counts come
		list = merge(list, b.abandoned(s))
	default:
		s = b.set.Stats(false)
	}
	out := Stats{
		Accepted:    s.Committed + refused,
		Delivered:   s.Delivered,
		InFlight:    s.InFlight,
		Deferred:    s.Deferred,
		Batches:     s.Batches,
		BufferBytes: s.Bytes,
		MaxBytes:    b.cfg.maxBytes,
		Dropped:     total(list),
		Drops:       list,
		LastError:   b.lastError(),
	}
	out.Pending = out.Accepted - out.Delivered - out.Dropped
	return out
}

// lastError returns the text for Stats.
func (b *Buffer) lastError() string {
	if text := b.stall.text(); text != "" {
		return text
	}
	_, last := b.report.lastError()
	return newReason(last).text
}

package batch

import (
	"time"

	"github.com/logsto/logsto-go/internal/slab"
)

// This file is what happens to a batch between the collector and the end of it.

// How long what is left of a batch waits between two calls of Send, from the start of
// one to that of the next.
const (
	minPause = 250 * time.Millisecond
	maxPause = 10 * time.Second
	// stuckAfter is how long nothing of a batch is settled until it lets another one go beside
	// it, of which a record may be accepted: its own may all be at fault. After twice as long
	// there may be two, and so on, up to maxAside.
	stuckAfter = time.Minute
)

// send hands a batch to the Sender until nothing is left of it. told is what a marker
// in the batch tells.
func (b *Buffer) send(batch *slab.Batch, told []Drop, f *flight) {
	var out settlement
	returned := true
	defer func() {
		if !returned { // Send has ended the goroutine
			b.settle(batch, told, settlement{broken: errNoReturn})
		}
		f.end()
		b.poke()
	}()
	var state any
	settled := time.Now() // something of the batch, or it was sent first
	for pause := minPause; ; pause = min(2*pause, maxPause) {
		// A Batch of its own for each call, whatever a Sender has done to the one before.
		view := &Batch{Seq: batch.Seq, Records: batch.Records, Ordered: b.cfg.maxInFlight == 1, State: state}
		began, before := time.Now(), batch.Len()
		returned = false
		out = trySend(b.ctx, b.sender, view)
		returned = true
		if !b.settle(batch, told, out) {
			return
		}
		if batch.Len() < before {
			settled = time.Now()
		}
		stuck := 0 // how many batches may step aside
		if !view.Ordered && 2*b.set.Stats(false).Bytes <= b.cfg.maxBytes {
			stuck = min(maxAside, int(time.Since(settled)/stuckAfter))
		}
		if len(out.deferred) > 0 && len(out.retry) == 0 { // there was no room to defer
			stuck = maxAside
		}
		if stuck > 0 {
			f.stepAside(stuck)
			b.poke()
		}
		state = view.State
		if batch.Len() < before {
			pause = minPause
		}
		if !b.waiters.pause(b.ctx, began, pause) { // nothing is sent any more
			b.settle(batch, told, settlement{retry: all(batch), err: out.err})
			return
		}
	}
}

// settle accounts for what came of a batch, and reports whether something is left.
func (b *Buffer) settle(batch *slab.Batch, told []Drop, out settlement) (left bool) {
	var o slab.Settlement
	var err error // the last one for which records are lost
	reason, ended, hurried := ReasonUndelivered, b.ctx.Err() != nil, b.waiters.any()
	if ended {
		reason = ReasonAbandoned
	}
	for _, f := range out.lost {
		o.Lost, err = append(o.Lost, f.Index), f.Err
	}
	switch {
	case out.broken != nil:
		o.Lost, err = all(batch), out.broken
	case ended: // nothing is tried again
		for _, f := range out.deferred {
			o.Lost, err = append(o.Lost, f.Index), f.Err
		}
		if o.Lost = append(o.Lost, out.retry...); len(out.retry) > 0 {
			err = out.err
		}
	default:
		now := time.Now()
		for _, f := range out.deferred {
			o.Deferred = append(o.Deferred, slab.Deferral{Index: f.Index, Token: f.Token, Due: b.set.Key(now.Add(deferPause(0, f.Wait, hurried))), Asked: f.Wait > 0})
		}
		o.Retry = out.retry
	}
	before := batch.Len()
	if delivered := len(batch.Records) > len(o.Lost)+len(o.Deferred)+len(o.Retry); delivered {
		b.stall.delivers()
	} else {
		b.stall.fails(out.err, err)
	}
	left = b.set.Settle(batch, o, func(lost [slab.Levels]uint64) {
		if before == 0 {
			err = nil // a marker alone is no loss of a record
		}
		b.lose(reason, [numLevels]uint64(lost[:numLevels]), err)
		if lost[slab.Marker] > 0 {
			b.gap.untold(told)
			b.gap.reopen(b.set.Key(time.Now()))
		}
	})
	if len(o.Deferred) > 0 {
		b.deferred(hurried)
		b.poke() // to look when they are due
	}
	return left
}

// all returns the indices of all records of a batch.
func all(batch *slab.Batch) (list []int) {
	for i := range batch.Records {
		list = append(list, i)
	}
	return list
}

package batch

import (
	"math/rand/v2"
	"time"

	"github.com/logsto/logsto-go/internal/slab"
)

// This file is how records that were deferred are sent again.

const (
	// maxDeferred is how many deferred records are with the Sender at once.
	maxDeferred = 16
	// A deferred record waits for a quarter of its age, within these bounds, or up to a
	// quarter of that less.
	leastDeferPause = 500 * time.Millisecond
	mostDeferPause  = 30 * time.Second
)

// deferPause returns how long a deferred record of the given age waits, if the Sender
// asks for the given wait: more or less, so that many do not come together.
func deferPause(age, wait time.Duration, hurried bool) time.Duration {
	pause := min(max(age/4, leastDeferPause), mostDeferPause)
	pause -= rand.N(pause / 4)
	if hurried {
		return min(pause, hurriedPause)
	}
	return max(pause, wait)
}

// deferred is called when records were deferred: if somebody has begun to wait since it
// was looked whether they are hurried, he has not met them.
func (b *Buffer) deferred(hurried bool) {
	if !hurried && b.waiters.any() {
		b.set.HurryDeferred(b.set.Key(time.Now().Add(hurriedPause)), true)
	}
}

// comeBack makes all deferred records due after an outage, in which nobody could tell what
// was at fault.
func (b *Buffer) comeBack() {
	b.back.Store(true)
	b.poke()
}

// sendDeferred sends the deferred records that are due, as many at once as may be, and
// lets the timer run for the next.
func (c *collector) sendDeferred() {
	if c.back.Swap(false) {
		c.set.HurryDeferred(c.set.Key(time.Now()), false)
	}
	for c.ctx.Err() == nil && c.again.below(maxDeferred) {
		batch, token, since, times := c.set.TakeDeferred(c.set.Key(time.Now()))
		if batch == nil {
			break
		}
		view := &Batch{Seq: batch.Seq, Records: batch.Records, Ordered: c.cfg.maxInFlight == 1, Token: token, Deferred: times, Crowding: c.set.Crowding()}
		go c.sendAgain(batch, view, since, c.again.start(c.late()))
	}
	next := c.set.NextDeferred()
	if next == slab.MaxKey || c.ctx.Err() != nil || !c.again.below(maxDeferred) { // the end of one wakes us
		c.deferTimer.Stop()
		return
	}
	c.deferTimer.Reset(time.Duration(next - c.set.Key(time.Now())))
}

// sendAgain sends a deferred record once. since is when it was deferred first.
func (b *Buffer) sendAgain(batch *slab.Batch, view *Batch, since int64, f *flight) {
	token := view.Token // which the Sender might change
	out := settlement{broken: errNoReturn}
	defer func() {
		b.settleDeferred(batch, token, out, since)
		f.end()
		b.poke()
	}()
	out = trySend(b.ctx, b.sender, view)
}

// settleDeferred accounts for what came of a deferred record. One that is to be retried
// is deferred as it was.
func (b *Buffer) settleDeferred(batch *slab.Batch, token []byte, out settlement, since int64) {
	if out.broken != nil || b.ctx.Err() != nil || len(out.deferred)+len(out.retry) == 0 {
		b.settle(batch, nil, out)
		return
	}
	wait := time.Duration(0)
	for _, f := range out.deferred {
		token, wait = f.Token, f.Wait
	}
	b.stall.fails(out.err, nil)
	now, hurried := b.set.Key(time.Now()), b.waiters.any()
	due := now + int64(deferPause(time.Duration(now-since), wait, hurried))
	b.set.Settle(batch, slab.Settlement{Deferred: []slab.Deferral{{Token: token, Due: due, Asked: wait > 0}}}, func([slab.Levels]uint64) {})
	b.deferred(hurried)
}

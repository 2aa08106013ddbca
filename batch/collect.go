package batch

import (
	"time"

	"github.com/logsto/logsto-go/internal/slab"
)

// shrinkAfter is how long memory that a burst needed is kept for the next.
const shrinkAfter = 10 * time.Second

// collector is the state of the goroutine that makes batches; nobody else
// touches it.
type collector struct {
	*Buffer
	timer   *time.Timer
	ticking bool      // the timer runs for the flush interval
	due     bool      // what is pending must not wait longer
	shrunk  time.Time // when free memory was given back last
}

// collect runs until Close.
func (b *Buffer) collect() {
	c := &collector{Buffer: b, timer: time.NewTimer(shrinkAfter), shrunk: time.Now()}
	defer c.timer.Stop()
	for {
		select {
		case <-b.wake:
		case <-c.timer.C:
			c.tick()
		case <-b.halted:
			c.drain()
			return
		}
		c.dispatch()
		c.rest()
	}
}

// drain sends what is left, until nothing is and no send runs.
func (c *collector) drain() {
	for {
		if c.ctx.Err() == nil {
			c.due = true
			c.dispatch()
		}
		if c.inFlight.Load() == 0 && (c.ctx.Err() != nil || c.set.Pending().Records == 0) {
			close(c.drained)
			return
		}
		select {
		case <-c.wake: // by the end of a send
		case <-c.stopped:
			return
		}
	}
}

// tick ends a flush interval, or the time after which an idle buffer shrinks.
func (c *collector) tick() {
	if !c.ticking {
		c.set.Shrink(true)
		return
	}
	c.ticking, c.due = false, true
	c.set.Tick()
	if now := time.Now(); now.Sub(c.shrunk) >= shrinkAfter {
		c.set.Shrink(false)
		c.shrunk = now
	}
}

// dispatch starts the sends that are due.
func (c *collector) dispatch() {
	if c.urgent.Swap(false) || c.set.Pressed() {
		c.due = true
	}
	limit := slab.Limit{Bytes: c.cfg.batchBytes, Records: c.cfg.batchRecords}
	for int(c.inFlight.Load()) < c.cfg.maxInFlight {
		pending := c.set.Pending()
		if pending.Records == 0 || !c.mayGo(pending, limit) {
			return
		}
		batch := c.set.Take(limit, c.gap.place())
		if batch == nil {
			continue // committed since Take looked at the clock; it has moved on now
		}
		if batch.Len() >= pending.Records {
			c.due = false
		}
		var told []Drop
		if batch.Gap >= 0 {
			told = c.mark(batch)
		}
		c.inFlight.Add(1)
		go c.send(batch, told)
	}
}

// mayGo reports whether a batch may leave: a full one always, another one if
// it is due and no send runs that it could wait for, or if a Flush waits.
func (c *collector) mayGo(pending, limit slab.Limit) bool {
	switch {
	case pending.Bytes >= limit.Bytes || pending.Records >= limit.Records:
		return true
	case c.due && c.inFlight.Load() == 0:
		return true
	default:
		return c.set.Flushing()
	}
}

// rest starts the flush interval for what is left, or goes idle.
func (c *collector) rest() {
	if c.set.Pending().Records == 0 {
		c.due = false
		c.set.Disarm()
		// A record that was committed before this look does not wake us, one
		// that is committed after it does.
		if c.set.Pending().Records == 0 {
			if c.ticking {
				c.ticking = false
				c.timer.Reset(shrinkAfter)
			}
			return
		}
		c.set.Arm()
	}
	if !c.ticking {
		c.ticking = true
		c.timer.Reset(c.cfg.interval)
	}
}

// send hands one batch to the sender and accounts for it. told is what a
// marker in the batch tells.
func (b *Buffer) send(batch *slab.Batch, told []Drop) {
	err := trySend(b.ctx, b.sender, batch.Seq, batch.Records)
	all, undelivered := lostRecords(err, len(batch.Records))
	reason := ReasonUndelivered
	if err != nil && b.ctx.Err() != nil {
		reason = ReasonAbandoned
	}
	b.set.Done(batch, all, undelivered, func(lost [slab.Levels]uint64) {
		if lost[slab.Marker] > 0 {
			b.gap.untold(told)
		}
		b.lose(reason, [numLevels]uint64(lost[:numLevels]), err)
	})
	b.inFlight.Add(-1)
	b.poke()
}

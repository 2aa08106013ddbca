package batch

import (
	"time"

	"github.com/logsto/logsto-go/internal/slab"
)

// shrinkAfter is how long memory that a burst needed is kept for the next.
const shrinkAfter = 10 * time.Second

// timing is what the timer of the collector runs for.
type timing uint8

const (
	nothing   timing = iota
	flushing         // for the flush interval
	shrinking        // for shrinkAfter
)

// collector is the state of the goroutine that makes batches; nobody else
// touches it.
type collector struct {
	*Buffer
	timer  *time.Timer
	timing timing
	// deferTimer runs until the next deferred record is due.
	deferTimer *time.Timer
	due        bool      // what is pending must not wait longer
	urgent     bool      // not even for a send that runs
	shrunk     time.Time // when free memory was given back last
}

// collect runs until Close.
func (b *Buffer) collect() {
	c := &collector{Buffer: b, timer: time.NewTimer(time.Hour), deferTimer: time.NewTimer(time.Hour), shrunk: time.Now()}
	c.timer.Stop()
	c.deferTimer.Stop()
	defer c.deferTimer.Stop()
	for {
		select {
		case <-b.wake:
		case <-c.timer.C:
			c.tick()
		case <-c.deferTimer.C:
		case <-b.halted:
			c.timer.Stop()
			c.drain()
			return
		}
		c.dispatch()
		c.rest()
	}
}

// drain sends what is left, until nothing is and no send runs.
func (c *collector) drain() {
	c.timing = nothing
	for {
		c.due = true
		c.dispatch()
		quiet := c.inFlight.none() && c.again.none()
		if quiet && (c.ctx.Err() != nil || c.isIdle() && c.set.NextDeferred() == slab.MaxKey) {
			close(c.drained)
			return
		}
		if quiet && c.timing == nothing && c.set.NextDeferred() == slab.MaxKey {
			continue // a record came between the looks, and nobody wakes us for it
		}
		select {
		case <-c.wake: // by the end of a send
		case <-c.deferTimer.C:
		case <-c.timer.C:
			c.timing = nothing
		case <-c.stopped:
			return
		}
	}
}

// isIdle reports whether there is nothing to send but what was deferred.
func (c *collector) isIdle() bool { return c.set.Pending().Records == 0 && !c.gap.pressing() }

// tick ends a flush interval, or the time after which an idle buffer shrinks.
func (c *collector) tick() {
	was := c.timing
	c.timing = nothing
	if was == shrinking {
		c.set.Reclaim(true)
		c.set.Shrink(true)
		return
	}
	c.due = true
	c.set.Tick()
	if now := time.Now(); now.Sub(c.shrunk) >= shrinkAfter {
		c.set.Reclaim(false)
		c.set.Shrink(false)
		c.shrunk = now
	}
}

// look lets the collector look again after d.
func (c *collector) look(d time.Duration) {
	c.timing = flushing
	c.timer.Reset(d)
}

// setTimer lets the timer run for d, unless it runs for that already.
func (c *collector) setTimer(what timing, d time.Duration) {
	if c.timing != what {
		c.timing = what
		c.timer.Reset(d)
	}
}

// dispatch starts the sends that are due.
func (c *collector) dispatch() {
	if c.Buffer.urgent.Swap(false) {
		c.due, c.urgent = true, true
	}
	if c.set.Pressed() {
		c.due = true
	}
	c.sendDeferred()
	limit := slab.Limit{Bytes: c.cfg.batchBytes, Records: c.cfg.batchRecords}
	early := false
	for c.inFlight.below(c.cfg.maxInFlight) && c.ctx.Err() == nil {
		pending := c.set.Pending()
		var batch *slab.Batch
		var told []Drop // by a marker in it
		switch {
		case pending.Records > 0 && c.mayGo(pending, limit):
			place := c.gap.place()
			batch = c.set.Take(limit, place)
			if batch != nil && place == slab.MaxKey {
				batch.Gap = -1 // a gap that has opened meanwhile is elsewhere
			}
			if batch != nil && batch.Gap >= 0 {
				var record []byte
				if record, told = c.mark(); told != nil {
					batch.Mark(record)
				}
			}
		case pending.Records == 0 && c.due && c.gap.pressing() && c.inFlight.allSlow():
			if batch, told = c.markAlone(); batch == nil {
				continue
			}
		default:
			return
		}
		if batch == nil {
			if early { // and still so: the clock is behind a time that was set by hand
				c.look(time.Millisecond)
				return
			}
			early = true // committed since Take looked at the clock; it has moved on now
			continue
		}
		early = false
		if batch.Len() >= pending.Records {
			c.due, c.urgent = false, false
		}
		go c.send(batch, told, c.inFlight.start(c.late()))
	}
}

// markAlone returns a batch of a marker alone, or nil if there is none to send: only what is
// sent gets a number.
func (c *collector) markAlone() (*slab.Batch, []Drop) {
	record, told := c.mark()
	if told == nil {
		return nil, nil
	}
	batch := c.set.TakeNone()
	if batch == nil { // nothing is sent any more
		c.gap.untold(told)
		return nil, nil
	}
	batch.Mark(record)
	return batch, told
}

// late returns what is called when a batch that is sent now has become slow: what is
// due no longer waits for it, and if nothing at all is delivered, that is told.
func (b *Buffer) late() func() time.Duration {
	began := time.Now()
	return func() time.Duration {
		b.poke()
		return b.stall.hanging(began)
	}
}

// mayGo reports whether a batch may leave: a full one always, another one if
// it is due and no send runs that is worth waiting for, or if a Flush waits.
func (c *collector) mayGo(pending, limit slab.Limit) bool {
	switch {
	case pending.Bytes >= limit.Bytes || pending.Records >= limit.Records:
		return true
	case c.urgent || c.due && c.inFlight.allSlow():
		return true
	default:
		return c.set.Flushing()
	}
}

// rest starts the flush interval for what is left, or goes idle.
func (c *collector) rest() {
	if !c.isIdle() {
		c.setTimer(flushing, c.cfg.interval)
		return
	}
	c.due, c.urgent = false, false
	c.set.Disarm()
	// A record that was committed before this look does not wake us, one that is
	// committed after it does.
	switch {
	case !c.isIdle():
		c.set.Arm()
		c.setTimer(flushing, c.cfg.interval)
	case c.set.Spare():
		c.setTimer(shrinking, shrinkAfter)
	default:
		c.timing = nothing
		c.timer.Stop()
	}
}

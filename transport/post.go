package transport

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// post delivers records in one request, which it repeats as long as that may
// help, and says how it ended. The error is nil only for delivered.
func (c *Client) post(ctx context.Context, records [][]byte, f Format, z Compression) (verdict, *Error) {
	b := c.newBody(records, f, z)
	defer b.release()
	key := newUUID(time.Now())
	start, waits := time.Now(), c.retry.backOff()
	e := &Error{}
	sent, replayed := false, false // replayed after a 401
	for {
		if err := c.hold(ctx); err != nil {
			return again, e.ended(err)
		}
		e.Attempts++
		a := c.attempt(ctx, b, f, key)
		if a.sent && sent {
			c.counters.retries.Add(1)
		}
		sent = sent || a.sent
		if err := endOf(ctx); err != nil && a.err != nil && e.Attempts > 1 {
			return again, e.ended(err) // the attempt before says more
		}
		e.Status, e.Body, e.Err = a.status, a.body, a.err
		v := classify(a.status, a.err)
		switch v {
		case delivered:
			return v, nil
		case unsigned:
			if replayed || !c.credential.Refused(a.secret) {
				return v, e
			}
			replayed = true
			continue
		case refused, impossible:
			return v, e
		case again:
		}
		replayed = false // by the next 401 this token may have been replaced
		wait := waits.NextBackOff()
		if wait == backoff.Stop {
			return v, e
		}
		if a.wait > 0 {
			wait = a.wait
			c.holdOff(wait)
		}
		if c.retry.over(time.Since(start) + wait) {
			return v, e
		}
		if err := sleep(ctx, wait); err != nil {
			return v, e.ended(err)
		}
	}
}

// backOff returns the waits between attempts: exponential, with full jitter.
func (r Retry) backOff() backoff.BackOff {
	if r.MaxElapsed < 0 {
		return &backoff.StopBackOff{}
	}
	// With a randomization factor of 1 a wait is drawn from zero to twice the
	// interval.
	b := &backoff.ExponentialBackOff{
		InitialInterval:     r.Min / 2,
		RandomizationFactor: 1,
		Multiplier:          backoff.DefaultMultiplier,
		MaxInterval:         r.Max / 2,
		MaxElapsedTime:      r.MaxElapsed,
		Stop:                backoff.Stop,
		Clock:               backoff.SystemClock,
	}
	b.Reset()
	return b
}

// over reports whether there are no attempts after this time since the first.
func (r Retry) over(elapsed time.Duration) bool { return r.MaxElapsed > 0 && elapsed > r.MaxElapsed }

// holdOff keeps all sends back for d, because the server asked for it.
func (c *Client) holdOff(d time.Duration) {
	until := time.Now().Add(d).UnixNano()
	for {
		old := c.holdUntil.Load()
		if old >= until || c.holdUntil.CompareAndSwap(old, until) {
			return
		}
	}
}

// hold waits until the server wants to hear from us again.
func (c *Client) hold(ctx context.Context) error {
	return sleep(ctx, time.Until(time.Unix(0, c.holdUntil.Load())))
}

// sleep waits for d, or returns why ctx has ended.
func sleep(ctx context.Context, d time.Duration) error {
	if err := endOf(ctx); err != nil || d <= 0 {
		return err
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return endOf(ctx)
	}
}

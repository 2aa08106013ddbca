package transport

import (
	"context"
	"time"
)

// deadline ends the requests of a worker that take too long. Its context and timer serve
// one request after the other, since new ones cost a twentieth of a small request. It is
// not safe for concurrent use.
type deadline struct {
	send   chan struct{} // that of the delivery whose context is the parent
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
}

// start returns a context that ends with that of the part's Send, or after the given time
// with [context.DeadlineExceeded] as the cause.
func (d *deadline) start(p *part, after time.Duration) context.Context {
	if d.send == p.done && d.ctx.Err() == nil {
		d.timer.Reset(after)
		return d.ctx
	}
	d.end()
	ctx, cancel := context.WithCancelCause(p.ctx)
	d.send, d.ctx, d.cancel = p.done, ctx, cancel
	d.timer = time.AfterFunc(after, func() { cancel(context.DeadlineExceeded) })
	return ctx
}

// stop is called when the request has ended. A timer that fires meanwhile would end the next
// one.
func (d *deadline) stop() {
	if !d.timer.Stop() {
		d.end()
	}
}

// end lets the context go.
func (d *deadline) end() {
	if d.send != nil {
		d.timer.Stop()
		d.cancel(nil)
		d.send = nil
	}
}

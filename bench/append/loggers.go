package appendbench

import (
	"context"

	"github.com/phuslu/log"
	"go.opentelemetry.io/otel/attribute"
	sdklog "go.opentelemetry.io/otel/sdk/log"
)

// async is the asynchronous writer of phuslu's logger, with a channel as long as
// the others'. It exchanges the memory of a record for other memory instead of
// copying it, so the record is written where it stays, as its logger does.
type async struct {
	size  int
	w     *log.AsyncWriter
	taken *entries
	sent  counter
}

// entries counts what it is given.
type entries struct{ counter }

func (c *entries) WriteEntry(*log.Entry) (int, error) {
	c.n.Add(1)
	return 0, nil
}

func openPhuslu(size int) Queue {
	taken := &entries{}
	return &async{size: size, w: &log.AsyncWriter{Writer: taken, ChannelSize: capacity}, taken: taken}
}

func (q *async) Producer() func(int) {
	rec, e := record(q.size), log.NewContext(nil)
	return func(n int) {
		for range n {
			*e = *log.NewContext(append(e.Value()[:0], rec...))
			_, _ = q.w.WriteEntry(e) // waits, and has no other error
		}
		q.sent.n.Add(uint64(n))
	}
}

func (q *async) Settle() { await(func() bool { return q.taken.n.Load() == q.sent.n.Load() }) }

func (q *async) Close() uint64 {
	_ = q.w.Close() // likewise
	return q.taken.n.Load()
}

// otelQueue is the batch processor of OpenTelemetry with a queue as long as the
// others'. It copies a record, but not the text in it. It drops the oldest
// records when the consumer is late.
type otelQueue struct {
	size  int
	p     *sdklog.BatchProcessor
	taken *exporter
}

// exporter counts what it is given.
type exporter struct{ n uint64 } // owned by the goroutine of the processor

func (e *exporter) Export(_ context.Context, records []sdklog.Record) error {
	e.n += uint64(len(records))
	return nil
}
func (*exporter) Shutdown(context.Context) error   { return nil }
func (*exporter) ForceFlush(context.Context) error { return nil }

func openOTel(size int) Queue {
	e := &exporter{}
	return &otelQueue{size, sdklog.NewBatchProcessor(e, sdklog.WithMaxQueueSize(capacity)), e}
}

func (q *otelQueue) Producer() func(int) {
	var r sdklog.Record
	r.SetBody(attribute.StringValue(string(record(q.size))))
	ctx := context.Background()
	return func(n int) {
		for range n {
			_ = q.p.OnEmit(ctx, &r) // never has an error
		}
	}
}

func (q *otelQueue) Settle() { _ = q.p.ForceFlush(context.Background()) } // the exporter has no errors

func (q *otelQueue) Close() uint64 {
	_ = q.p.Shutdown(context.Background()) // the exporter has no errors
	return q.taken.n
}

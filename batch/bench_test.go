package batch_test

import (
	"context"
	"testing"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// discard is a Sender that delivers at once.
type discard struct{}

func (discard) Send(context.Context, *batch.Batch) batch.Result { return batch.Result{} }

var record200 = record(200)

// BenchmarkAppend measures one record of 200 bytes into a buffer whose sender
// is infinitely fast, as adapters append it, next to the bare copy of the same bytes, and
// to Append, which looks whether it is one.
func BenchmarkAppend(b *testing.B) {
	b.Run("copy", func(b *testing.B) {
		ring := make([]byte, 1<<20)
		for i := 0; b.Loop(); i += 200 {
			if i+200 > len(ring) {
				i = 0
			}
			copy(ring[i:], record200)
		}
	})
	now := time.Now()
	b.Run("serial", func(b *testing.B) {
		buf := newBuffer(b, discard{}, batch.WithBlocking(time.Minute))
		b.ReportAllocs()
		for b.Loop() {
			if e, ok := buf.Begin(batch.Info); ok {
				e.Commit(append(e.Buf(), record200...), now)
			}
		}
		reportLoss(b, buf)
	})
	b.Run("checked", func(b *testing.B) {
		buf := newBuffer(b, discard{}, batch.WithBlocking(time.Minute))
		b.ReportAllocs()
		for b.Loop() {
			buf.Append(batch.Info, now, record200)
		}
		reportLoss(b, buf)
	})
	b.Run("parallel", func(b *testing.B) {
		buf := newBuffer(b, discard{}, batch.WithBlocking(time.Minute))
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if e, ok := buf.Begin(batch.Info); ok {
					e.Commit(append(e.Buf(), record200...), now)
				}
			}
		})
		reportLoss(b, buf)
	})
}

// reportLoss adds the share of records that were refused, which makes an
// append cheaper than it is.
func reportLoss(b *testing.B, buf *batch.Buffer) {
	b.Helper()
	st := buf.Stats()
	b.ReportMetric(float64(st.Dropped)/float64(max(1, st.Accepted)), "dropped/op")
}

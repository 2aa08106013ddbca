package batch_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
)

// TestFewRecordsOnManyProcessors checks that a few records from each of many
// processors take a few slabs and leave in one batch.
func TestFewRecordsOnManyProcessors(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(64))
	synctest.Test(t, func(t *testing.T) {
		var s capture.Sender
		b := newBuffer(t, &s)
		const seconds = 10
		for range seconds {
			for range 10 {
				var wg sync.WaitGroup
				wg.Go(func() { b.Append(batch.Info, time.Now(), record(200)) })
				wg.Wait()
			}
			if st := b.Stats(); st.BufferBytes > 4*64<<10 {
				t.Errorf("%d bytes in use for %d records", st.BufferBytes, st.Pending)
			}
			time.Sleep(2 * time.Second)
			synctest.Wait()
		}
		if st := b.Stats(); st.Batches != seconds || st.Delivered != 10*seconds {
			t.Errorf("%d batches: %v", st.Batches, st)
		}
	})
}

// counter is a sender that counts the sends that run, and hangs until it may go.
type counter struct {
	mu     sync.Mutex
	now    int
	most   int
	permit chan struct{}
}

func (c *counter) Send(ctx context.Context, _ uint64, _ [][]byte) error {
	c.mu.Lock()
	c.now++
	c.most = max(c.most, c.now)
	c.mu.Unlock()
	select {
	case <-c.permit:
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now--
	return ctx.Err()
}

func (c *counter) running() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// TestSendsGrowOnlyWhileFullBatchesWait checks the number of sends in flight.
func TestSendsGrowOnlyWhileFullBatchesWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counter{permit: make(chan struct{})}
		b := newBuffer(t, c, batch.WithBatchRecords(10))
		fill := func(n int) {
			for range n {
				b.Append(batch.Info, time.Now(), record(100))
			}
			time.Sleep(3 * time.Second)
			synctest.Wait()
		}
		for _, step := range []struct{ records, want int }{{5, 1}, {5, 1}, {4, 1}, {1, 2}, {10, 3}, {30, 4}, {100, 4}} {
			fill(step.records)
			if n := c.running(); n != step.want {
				t.Errorf("%d sends run after %d records more, want %d", n, step.records, step.want)
			}
		}
		close(c.permit)
		synctest.Wait()
		c.mu.Lock()
		c.most, c.permit = 0, make(chan struct{})
		c.mu.Unlock()
		fill(5)
		fill(4)
		if n := c.running(); n != 1 || c.most != 1 {
			t.Errorf("%d sends run for a batch that is not full", n)
		}
		close(c.permit)
	})
}

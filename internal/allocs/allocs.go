// Package allocs holds adapters to the allocations of their loggers, in tests.
package allocs

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
)

const (
	runs  = 20
	calls = 100 // in a run, so that an allocation that only some calls make is seen

	budget = 32 << 20 // bytes
)

// Budget is one shape of a log call, and what it may allocate.
type Budget struct {
	Floor  func() // the call, with a back end that does nothing
	Ours   func() // the same, with ours
	Buffer *batch.Buffer
	Fate   Fate // of the records of Ours

	// Own is what a record may have besides, as the methods of its values or parts of
	// the standard library allocate it, and Extra a number of allocations that we make.
	// Without them, Ours must allocate exactly what Floor does, otherwise that at least,
	// and at most all of it.
	Own   func()
	Extra int
}

// Fate is what becomes of a record.
type Fate int

// The fates.
const (
	Kept    Fate = iota // it is in the buffer
	Refused             // the buffer has counted it and does not take it
	Ignored             // it never reaches the buffer
)

// discard is a batch.Sender that delivers at once.
type discard struct{}

func (discard) Send(context.Context, *batch.Batch) batch.Result { return batch.Result{} }

// Buffer returns a buffer for all calls of a test. It delivers everything, but not while
// calls are measured, as a batch allocates, and it waits for room, as a record that is
// dropped for want of it would cost nothing.
func Buffer(tb testing.TB) *batch.Buffer {
	tb.Helper()
	b, err := batch.New(discard{}, batch.WithBlocking(time.Minute), batch.WithoutErrorHandler(), batch.WithFlushInterval(time.Hour),
		batch.WithMaxBytes(budget), batch.WithSlabBytes(budget/8), batch.WithBatchBytes(budget/2), batch.WithBatchRecords(100_000))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = b.Close(context.Background()) })
	// Memory that has been used once is not allocated again.
	record := []byte(`{"message":"` + strings.Repeat(" ", 4096) + `"}`)
	for range budget / len(record) {
		if e, ok := b.Begin(batch.Info); ok {
			e.Commit(append(e.Buf(), record...), time.Now())
		}
	}
	if err := b.Flush(context.Background()); err != nil {
		tb.Fatal(err)
	}
	return b
}

// Closed is Buffer, closed.
func Closed(tb testing.TB) *batch.Buffer {
	tb.Helper()
	b := Buffer(tb)
	_ = b.Close(context.Background())
	return b
}

// Check measures the calls. It skips the test where that is not possible.
func (b Budget) Check(t *testing.T) {
	t.Helper()
	if capture.Race {
		t.Skip("pools forget under the race detector")
	}
	_ = b.Buffer.Flush(context.Background()) // so that no batch is made meanwhile; a closed buffer makes none
	before := b.Buffer.Stats()
	floor, ours := measure(b.Floor), measure(b.Ours)
	most := floor + float64(b.Extra*calls)
	if b.Own != nil {
		most += measure(b.Own)
	}
	// One more or less in a hundred calls may be the garbage collector's, which takes
	// from pools.
	if ours < floor-1 || ours > most+1 {
		t.Errorf("%v allocations in %d calls, want %v to %v", ours, calls, floor, most)
	}
	after := b.Buffer.Stats()
	var counted, dropped uint64
	switch b.Fate {
	case Kept:
		counted = (runs + 1) * calls
	case Refused:
		counted, dropped = (runs+1)*calls, (runs+1)*calls
	case Ignored:
	}
	if n := after.Accepted - before.Accepted; n != counted {
		t.Errorf("%d records were counted, want %d", n, counted)
	}
	if n := after.Dropped - before.Dropped; n != dropped {
		t.Errorf("%d records were dropped, want %d", n, dropped)
	}
}

// measure returns the allocations in so many calls.
func measure(call func()) float64 {
	return testing.AllocsPerRun(runs, func() {
		for range calls {
			call()
		}
	})
}

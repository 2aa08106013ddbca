package batch_test

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
)

// mutex makes all tests and benchmarks run over the mutex twin.
var mutex = flag.Bool("mutex", false, "append under a mutex")

// few returns how often a test that has to meet others at the right moment tries:
// n times, or a tenth with -short, for those who run it a hundred times.
func few(n int) int {
	if testing.Short() {
		return max(1, n/10)
	}
	return n
}

// newBuffer returns a Buffer over s that reports no losses, and closes it at
// the end of the test.
func newBuffer(tb testing.TB, s batch.Sender, opts ...batch.Option) *batch.Buffer {
	tb.Helper()
	opts = append([]batch.Option{batch.WithoutErrorHandler()}, opts...)
	if *mutex {
		opts = append(opts, batch.WithMutex())
	}
	b, err := batch.New(s, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := b.Close(context.Background()); err != nil && !tb.Failed() {
			tb.Logf("Close: %v", err)
		}
	})
	return b
}

// sum checks that the counts add up, with the drops told one by one.
func sum(tb testing.TB, s batch.Stats) {
	tb.Helper()
	var dropped uint64
	for _, d := range s.Drops {
		dropped += d.Records
	}
	if s.Accepted != s.Delivered+s.Dropped+s.Pending || dropped != s.Dropped {
		tb.Errorf("the counts do not add up: %v, %d by reason", s, dropped)
	}
	if s.BufferBytes > s.MaxBytes {
		tb.Errorf("%d bytes in use, the budget is %d", s.BufferBytes, s.MaxBytes)
	}
}

func TestEveryRecordOnceAndInOrder(t *testing.T) {
	const goroutines = 8
	each := few(5000)
	for _, opts := range map[string][]batch.Option{
		"default":  nil,
		"small":    {batch.WithMaxBytes(256 << 10), batch.WithBlocking(time.Minute)},
		"one send": {batch.WithMaxBytes(256 << 10), batch.WithBlocking(time.Minute), batch.WithMaxInFlight(1)},
	} {
		var s capture.Sender
		b := newBuffer(t, &s, opts...)
		var wg sync.WaitGroup
		for g := range goroutines {
			wg.Go(func() {
				for i := range each {
					if !b.Append(batch.Info, time.Now(), fmt.Appendf(nil, `{"g":%d,"i":%d,"pad":%q}`, g, i, strings.Repeat("x", i%300))) {
						t.Errorf("record %d of goroutine %d refused", i, g)
					}
				}
			})
		}
		wg.Wait()
		if err := b.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		st := b.Stats()
		sum(t, st)
		if st.Delivered != uint64(goroutines*each) {
			t.Errorf("delivered %d", st.Delivered)
		}
		seen := map[[2]int]int{}
		for _, r := range s.Records() {
			var g, i int
			if _, err := fmt.Sscanf(r, `{"g":%d,"i":%d,`, &g, &i); err != nil {
				t.Fatalf("%v in %q", err, r)
			}
			seen[[2]int{g, i}]++
		}
		for k, n := range seen {
			if n != 1 {
				t.Errorf("record %v sent %d times", k, n)
			}
		}
		if len(seen) != goroutines*each {
			t.Errorf("%d different records", len(seen))
		}
	}
}

// orderSender checks that what each goroutine appended arrives in its order,
// over all batches.
type orderSender struct {
	t    *testing.T
	next map[uint64]uint64
	seq  uint64
}

func (s *orderSender) Send(_ context.Context, b *batch.Batch) batch.Result {
	if b.Seq != s.seq+1 || !b.Ordered {
		s.t.Errorf("batch %d after %d, ordered: %v", b.Seq, s.seq, b.Ordered)
	}
	s.seq = b.Seq
	for _, r := range b.Records {
		g, i := binary.LittleEndian.Uint64(r), binary.LittleEndian.Uint64(r[8:])
		if i != s.next[g] {
			s.t.Errorf("goroutine %d: record %d where %d was next", g, i, s.next[g])
		}
		s.next[g] = i + 1
	}
	return batch.Result{}
}

func TestOrderOverBatchesWithOneSend(t *testing.T) {
	s := &orderSender{t: t, next: map[uint64]uint64{}}
	b := newBuffer(t, s, batch.WithMaxInFlight(1), batch.WithBlocking(time.Minute),
		batch.WithMaxBytes(1<<20), batch.WithBatchBytes(10_000), batch.WithFlushInterval(time.Millisecond))
	each := uint64(few(20_000))
	var wg sync.WaitGroup
	for g := range uint64(8) {
		wg.Go(func() {
			var r [100]byte
			binary.LittleEndian.PutUint64(r[:], g)
			for i := range each {
				binary.LittleEndian.PutUint64(r[8:], i)
				if e, ok := b.Begin(batch.Info); ok {
					e.Commit(append(e.Buf(), r[:]...), time.Now())
				}
			}
		})
	}
	wg.Wait()
	if err := b.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for g := range uint64(8) {
		if s.next[g] != each {
			t.Errorf("goroutine %d: %d records", g, s.next[g])
		}
	}
}

func TestSingleRecordLeavesAfterTheInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s capture.Sender
		b := newBuffer(t, &s)
		for range 3 {
			b.Append(batch.Info, time.Now(), []byte(`{}`))
			time.Sleep(time.Second - time.Nanosecond)
			synctest.Wait()
			n := len(s.Records())
			time.Sleep(time.Nanosecond)
			synctest.Wait()
			if got := len(s.Records()); got != n+1 {
				t.Errorf("%d records before the interval, %d after", n, got)
			}
			time.Sleep(time.Minute)
		}
		sum(t, b.Stats())
	})
}

func TestUrgentLevelLeavesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s capture.Sender
		b := newBuffer(t, &s, batch.WithFlushLevel(batch.Error))
		b.Append(batch.Warn, time.Now(), []byte(`{}`))
		synctest.Wait()
		if len(s.Records()) != 0 {
			t.Error("a warning left at once")
		}
		b.Append(batch.Error, time.Now(), []byte(`{}`))
		synctest.Wait()
		if len(s.Records()) != 2 {
			t.Errorf("%d records after an error", len(s.Records()))
		}
	})
}

// stuck is a sender that hangs until it is let go, and can ignore its context.
type stuck struct {
	capture.Sender
	release    chan struct{}
	ignoresCtx bool
}

func (s *stuck) Send(ctx context.Context, b *batch.Batch) batch.Result {
	done := ctx.Done()
	if s.ignoresCtx {
		done = nil
	}
	select {
	case <-s.release:
		return s.Sender.Send(ctx, b)
	case <-done:
		return batch.Result{Err: ctx.Err()}
	}
}

func TestCloseOfAHungSenderReturnsAtItsDeadline(t *testing.T) {
	for _, ignores := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := &stuck{release: make(chan struct{}), ignoresCtx: ignores}
			b := newBuffer(t, s)
			for range 10 {
				b.Append(batch.Info, time.Now(), []byte(`{}`))
			}
			time.Sleep(2 * time.Second) // they are with the sender now
			for range 5 {
				b.Append(batch.Info, time.Now(), []byte(`{}`))
			}
			start := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			err := b.Close(ctx)
			if d := time.Since(start); d < 3*time.Second || d > 3*time.Second+20*time.Millisecond {
				t.Errorf("Close took %v", d)
			}
			var u *batch.UndeliveredError
			if !errors.As(err, &u) || u.Records != 15 || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Close: %v", err)
			}
			synctest.Wait()
			st := b.Stats()
			sum(t, st)
			if want := uint64(15); ignores && st.Pending != want || !ignores && st.DroppedFor(batch.ReasonAbandoned) != 15 {
				t.Errorf("after Close: %v", st)
			}
			b.Append(batch.Info, time.Now(), []byte(`{}`))
			if st := b.Stats(); st.DroppedFor(batch.ReasonClosed) != 1 {
				t.Errorf("after a record more: %v", st)
			}
			close(s.release)
			synctest.Wait()
			if st := b.Stats(); st.Pending != 0 {
				t.Errorf("at rest: %v", st)
			}
			sum(t, b.Stats())
		})
	}
}

// TestAppendTakesOneObjectOnOneLine checks that what would be two records of NDJSON, or no
// record at all, never enters.
func TestAppendTakesOneObjectOnOneLine(t *testing.T) {
	var s capture.Sender
	b := newBuffer(t, &s, batch.WithoutErrorHandler())
	good := []string{`{}`, `{"a":1,"b":[{"c":"\n"}]}`, ` { "a" : [ 1 , 2 ] } `, "\t{\"a\":\t\"\\u2028\"}", "{\"a\":\"\u2028\"}"}
	bad := []string{
		"{\"a\":1}\n{\"b\":2}", "{\"a\":1}\n", "{\"a\":\n1}", "{\"a\":\r1}", "{\"a\":\"\n\"}", `{"a":1}{"b":2}`, `{"a":1},{"b":2}`, `{"a":1`, `{"a":1}}`, `[{}]`,
		`"a"`, `1`, `null`, ` `, `text`, "\uFEFF{}", `{a:1}`, `{"a":1} x`, "{}\x00",
	}
	for _, r := range good {
		if !b.Append(batch.Info, time.Now(), []byte(r)) {
			t.Errorf("%q is refused", r)
		}
	}
	for _, r := range bad {
		if b.Append(batch.Info, time.Now(), []byte(r)) {
			t.Errorf("%q is taken", r)
		}
	}
	if err := b.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	st := b.Stats()
	sum(t, st)
	if got := withoutMarkers(s.Records()); !slices.Equal(got, good) || st.DroppedFor(batch.ReasonUnreadable) != uint64(len(bad)) {
		t.Errorf("%v, delivered %q", st, got)
	}
}

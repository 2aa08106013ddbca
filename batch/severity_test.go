package batch_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
)

// dropped returns how many records of the level were dropped, for any reason.
func dropped(s batch.Stats, l batch.Level) (n uint64) {
	for _, d := range s.Drops {
		if d.Level == l {
			n += d.Records
		}
	}
	return n
}

// mixed is the level of record i where one in a hundred is an error, nine are
// warnings, and the rest are info and debug.
func mixed(i int) batch.Level {
	switch {
	case i%100 == 0:
		return batch.Error
	case i%100 < 10:
		return batch.Warn
	case i%2 == 0:
		return batch.Info
	default:
		return batch.Debug
	}
}

// TestSeverityDecidesToTheEnd floods a buffer whose server hangs, and counts the errors that
// it still has.
func TestSeverityDecidesToTheEnd(t *testing.T) {
	for _, c := range []struct {
		name    string
		records int
		size    int
		level   func(i int) batch.Level
	}{
		{"flood", 400_000, 375, mixed},
		{"long", 4_000_000, 250, mixed},
		{"last", 400_000, 375, func(i int) batch.Level {
			if i >= 396_000 {
				return batch.Error
			}
			return max(batch.Debug, min(mixed(i), batch.Warn))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.records > 1_000_000 && capture.Race {
				t.Skip("it takes long under the race detector, and shows it nothing new")
			}
			synctest.Test(t, func(t *testing.T) {
				s := &stuck{release: make(chan struct{})}
				b := newBuffer(t, s, batch.WithCloseTimeout(time.Minute))
				errors := uint64(0)
				rec := record(c.size)
				for i := range c.records {
					l := c.level(i)
					if l == batch.Error {
						errors++
					}
					b.Append(l, time.Now(), rec)
					if i%100 == 0 {
						time.Sleep(10 * time.Millisecond)
					}
				}
				st := b.Stats()
				sum(t, st)
				if kept := errors - dropped(st, batch.Error); kept*100 < errors*99 {
					t.Errorf("%d of %d errors are kept: %v", kept, errors, st)
				}
				close(s.release)
			})
		})
	}
}

// TestOrderAcrossOutages has the server answer nothing but errors, or hang, again and again,
// while several goroutines log more than the budget has room for: what arrives, with one send
// in flight, stands in the order in which each goroutine has logged it.
func TestOrderAcrossOutages(t *testing.T) {
	if testing.Short() {
		t.Skip("two minutes of eight goroutines take seconds")
	}
	for _, hang := range []bool{false, true} {
		t.Run(fmt.Sprintf("hangs %v", hang), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const goroutines = 8
				start := time.Now()
				down := func() bool { return time.Since(start)/(20*time.Second)%2 == 1 } // 20 s, each 40 s
				last := map[int]int{}
				arrived := 0
				b := newBuffer(t, senderFunc(func(ctx context.Context, b *batch.Batch) batch.Result {
					if hang && down() {
						select {
						case <-time.After(10 * time.Second):
						case <-ctx.Done():
						}
					}
					if down() {
						return batch.Result{Err: errors.New("down")}
					}
					for _, r := range b.Records {
						var g, i int
						if _, err := fmt.Sscanf(string(r), `{"g":%d,"i":%d,`, &g, &i); err != nil {
							continue // a marker
						}
						if arrived++; i <= last[g] {
							t.Errorf("goroutine %d: record %d after %d", g, i, last[g])
						}
						last[g] = i
					}
					return batch.Result{}
				}), batch.WithMaxInFlight(1), batch.WithMaxBytes(1<<20), batch.WithCloseTimeout(time.Minute))
				var wg sync.WaitGroup
				for g := range goroutines {
					wg.Go(func() {
						for i := 1; time.Since(start) < 2*time.Minute; i++ {
							r := fmt.Appendf(nil, `{"g":%d,"i":%d,"pad":%q}`, g, i, record(100+i%200))
							b.Append(mixed(i*7+g), time.Now(), r)
							time.Sleep(10*time.Millisecond + time.Duration(g)*time.Microsecond)
						}
					})
				}
				wg.Wait()
				time.Sleep(40 * time.Second)
				if err := b.Flush(t.Context()); err != nil {
					var lost *batch.UndeliveredError
					if !errors.As(err, &lost) {
						t.Error(err)
					}
				}
				st := b.Stats()
				sum(t, st)
				if st.DroppedFor(batch.ReasonEvicted) == 0 || uint64(arrived) != st.Delivered || dropped(st, batch.Error) > 0 {
					t.Errorf("%d have arrived: %v", arrived, st)
				}
			})
		})
	}
}

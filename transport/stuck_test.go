package transport_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// TestTheRestGoesOn checks with a whole buffer that records over which the server
// fails for ever do not stop the others, however they are spread over the batches: the
// others are delivered, no more than half an hour after they were logged at first, and
// a few minutes in the end.
func TestTheRestGoesOn(t *testing.T) {
	const most = 2 * time.Hour
	for _, status := range []int{500, 403, 503, 0} {
		for name, c := range map[string]struct {
			every  time.Duration // between records
			n      int
			size   int
			poison func(i int) bool
			opts   []batch.Option
		}{
			"the first four, alone":   {every: 12 * time.Second, n: 600, poison: func(i int) bool { return i < 4 }},
			"the first hundred":       {every: 12 * time.Second, n: 600, poison: func(i int) bool { return i < 100 }},
			"one in five, alone":      {every: 12 * time.Second, n: 600, poison: func(i int) bool { return i%5 == 0 }},
			"one, one in flight":      {every: 20 * time.Millisecond, n: 100_000, poison: func(i int) bool { return i == 50 }, opts: []batch.Option{batch.WithMaxInFlight(1)}},
			"one in a hundred":        {every: 20 * time.Millisecond, n: 100_000, poison: func(i int) bool { return i%100 == 7 }},
			"one in a hundred, large": {every: 20 * time.Millisecond, n: 50_000, size: 10_000, poison: func(i int) bool { return i%100 == 7 }, opts: []batch.Option{batch.WithMaxBytes(64 << 20)}},
		} {
			t.Run(fmt.Sprintf("%d, %s", status, name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := newFake(t, 10*time.Millisecond, func(got []int) int {
						for _, i := range got {
							if c.poison(i) {
								return status
							}
						}
						return 200
					})
					client := clientOn(t, f.RoundTrip)
					b, err := batch.New(client, append([]batch.Option{batch.WithErrorHandler(func(error) {})}, c.opts...)...)
					if err != nil {
						t.Fatal(err)
					}
					bad := 0
					for i := range c.n {
						if c.poison(i) {
							bad++
						}
						b.Append(batch.Info, time.Now(), record(i, 10+c.size))
						time.Sleep(c.every)
					}
					ctx, cancel := context.WithTimeout(t.Context(), most)
					defer cancel()
					start := time.Now()
					closed := b.Close(ctx)
					took := time.Since(start)
					st := b.Stats()
					lost := int(st.DroppedFor(batch.ReasonUndelivered) + st.DroppedFor(batch.ReasonAbandoned))
					if st.Accepted != st.Delivered+st.Dropped || lost != bad || st.Dropped-uint64(lost) > uint64(c.n/20) {
						t.Errorf("%v; %d are at fault", st, bad)
					}
					if took > 110*time.Minute {
						t.Errorf("Close took %v: %v", took, closed)
					}
					sent, _ := f.requests()
					t.Logf("%v after %v, %d requests, %d stored", st, took, sent, len(f.stored))
				})
			})
		}
	}
}

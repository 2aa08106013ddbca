package transport_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/transport"
)

// TestTheRestGoesOn checks with a whole buffer that records over which the server
// fails for ever do not stop the others, however they are spread over the batches: all
// others are delivered, but for a few that find no room in the first minutes, when it is
// not known yet how the server fails.
func TestTheRestGoesOn(t *testing.T) {
	slow := capture.Race || testing.Short() // then a tenth of the records is enough
	for _, status := range []int{500, 403, 503, 0} {
		for name, c := range map[string]struct {
			every  time.Duration // between records
			n      int
			size   int
			poison func(i int) bool
			shed   int // records, at most
			opts   []batch.Option
		}{
			"the first four, alone": {every: 12 * time.Second, n: 600, poison: func(i int) bool { return i < 4 }},
			"the first thirty":      {every: 12 * time.Second, n: 600, poison: func(i int) bool { return i < 30 }},
			"one in five, alone":    {every: 12 * time.Second, n: 600, poison: func(i int) bool { return i%5 == 0 }},
			"one, one in flight":    {every: 20 * time.Millisecond, n: 30_000, poison: func(i int) bool { return i == 50 }, opts: []batch.Option{batch.WithMaxInFlight(1)}},
			"one in a hundred":      {every: 20 * time.Millisecond, n: 60_000, poison: func(i int) bool { return i%100 == 7 }},
			"one in each of many full batches": {
				every: 20 * time.Millisecond, n: 30_000, size: 2500, poison: func(i int) bool { return i%100 == 7 },
				shed: 6000, opts: []batch.Option{batch.WithBatchBytes(256 << 10)},
			},
		} {
			t.Run(fmt.Sprintf("%d, %s", status, name), func(t *testing.T) {
				if slow && c.n > 1000 {
					c.n /= 10
				}
				synctest.Test(t, func(t *testing.T) {
					f := newFake(t, 10*time.Millisecond, func(got []int) int {
						for _, i := range got { // a marker has none, which reads as 0
							if i > 0 && c.poison(i-1) {
								return status
							}
						}
						return 200
					})
					b, err := batch.New(clientOn(t, f.RoundTrip), append([]batch.Option{batch.WithErrorHandler(func(error) {})}, c.opts...)...)
					if err != nil {
						t.Fatal(err)
					}
					bad := 0
					for i := range c.n {
						if c.poison(i) {
							bad++
						}
						b.Append(batch.Info, time.Now(), record(i+1, 10+c.size))
						time.Sleep(c.every)
					}
					time.Sleep(5 * time.Minute)
					st := b.Stats()
					shed := int(st.Dropped - st.DroppedFor(batch.ReasonUndelivered))
					if left := int(st.Accepted-st.Delivered) - shed; left > bad || shed > c.shed {
						t.Errorf("%v; %d are at fault", st, bad)
					}
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					_ = b.Close(ctx)
					if end := b.Stats(); end.Accepted != end.Delivered+end.Dropped || end.Delivered != st.Delivered {
						t.Errorf("after Close: %v", end)
					}
					sent, _ := f.requests()
					t.Logf("%v, %d requests", st, sent)
				})
			})
		}
	}
}

// TestARecordIsTriedWithOtherKeys checks that a server which repeats its first answer to
// a key, as some do even with a 500, gets the record with another one before it is given
// up.
func TestARecordIsTriedWithOtherKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		var mu sync.Mutex
		first := map[string]int{}
		f := newFake(t, time.Millisecond, poisoned(0))
		client := clientOn(t, func(req *http.Request) (*http.Response, error) {
			mu.Lock()
			key := header(req, "Idempotency-Key")[0]
			if first[key] == 0 {
				first[key] = 200
				if r.Float64() < 0.05 {
					first[key] = 500
				}
			}
			status := first[key]
			mu.Unlock()
			if status != 200 {
				_ = req.Body.Close()
				return respond(req, status, ""), nil
			}
			return f.RoundTrip(req)
		}, transport.WithFormat(transport.Single))
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		defer wg.Wait()
		defer cancel()
		wg.Go(func() {
			for i := 1_000_000; ctx.Err() == nil; i++ {
				c, stop := context.WithTimeout(ctx, 100*time.Millisecond) // it may fail as others do
				_ = deliver.Records(c, client, [][]byte{record(i, 10)})
				<-c.Done()
				stop()
			}
		})
		if err := deliver.Records(ctx, client, records(500)); err != nil {
			t.Error(err)
		}
		f.checkOnce(t, 500)
	})
}

// TestARecordThatFailsInSeveralWays checks that answers which alternate, as those of a
// backend that crashes over a record and is not back yet, hide it no longer than one.
func TestARecordThatFailsInSeveralWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		f := newFake(t, time.Millisecond, func(got []int) int {
			if !slices.Contains(got, 300) {
				return 200
			}
			n++
			return []int{500, 502, 503, 0}[n%4]
		})
		client := clientOn(t, f.RoundTrip)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		defer wg.Wait()
		defer cancel()
		wg.Go(func() { chatter(ctx, t, client) })
		start := time.Now()
		err := deliver.Records(ctx, client, records(1000))
		var b *deliver.Error
		if took := time.Since(start); !errors.As(err, &b) || !slices.Equal(b.Indices, []int{300}) || took > 20*time.Minute {
			t.Errorf("%v after %v", err, took)
		}
		f.checkOnce(t, 1000, 300)
	})
}

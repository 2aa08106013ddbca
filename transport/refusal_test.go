package transport_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/transport"
)

// TestAServerThatRefusesEverything checks that this is a fault of the set-up after a
// few records: what was not refused alone by then is kept until it is mended.
func TestAServerThatRefusesEverything(t *testing.T) {
	for name, c := range map[string]struct {
		known bool // that arrays are taken
		opts  []transport.Option
	}{
		"arrays unknown": {},
		"arrays known":   {known: true},
		"array":          {opts: []transport.Option{transport.WithFormat(transport.Array)}},
		"single":         {opts: []transport.Option{transport.WithFormat(transport.Single)}},
		"one at a time":  {known: true, opts: []transport.Option{transport.WithConcurrency(1)}},
	} {
		for _, status := range []int{400, 413, 415, 422} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					const n = 1000
					start := time.Now()
					mended := start.Add(10 * time.Minute)
					f := newFake(t, time.Millisecond, func([]int) int {
						if time.Now().Before(mended) {
							return status
						}
						return http.StatusOK
					})
					client := clientOn(t, f.RoundTrip, c.opts...)
					if c.known {
						transport.Acquaint(client)
					}
					var told []time.Duration
					defer client.Notify(func(err error) {
						if err != nil && !isSetup(err) {
							t.Errorf("told %v", err)
						}
						told = append(told, time.Since(start))
					})()
					ended := make(chan []int, 1)
					go func() {
						err := deliver.Records(t.Context(), client, records(n))
						var b *deliver.Error
						if !errors.As(err, &b) {
							t.Errorf("Send: %v", err)
							return
						}
						ended <- b.Indices
						if took := time.Since(start); took > 12*time.Minute {
							t.Errorf("Send ended after %v", took)
						}
					}()
					time.Sleep(time.Until(mended))
					if sent, _ := f.requests(); sent > 150 || !client.Stats().Down {
						t.Errorf("%d requests in ten minutes, %+v", sent, client.Stats())
					}
					lost := <-ended
					if len(lost) == 0 || len(lost) > 12 {
						t.Errorf("%d records are lost", len(lost))
					}
					f.checkOnce(t, n, lost...)
					if len(told) < 2 || told[0] > 10*time.Second {
						t.Errorf("told %v", told)
					}
				})
			})
		}
	}
}

// TestManyRecordsThatAreRefused checks that the others of a batch are delivered,
// however many are refused and wherever they are, and that nothing is taken for a
// server that refuses everything for longer than it takes to try another.
func TestManyRecordsThatAreRefused(t *testing.T) {
	const n = 1000
	for name, bad := range map[string]func(i int) bool{
		"evenly":        func(i int) bool { return i%(n/12) == 0 },
		"the first 40":  func(i int) bool { return i < 40 },
		"the last 40":   func(i int) bool { return i >= n-40 },
		"most":          func(i int) bool { return i%10 != 5 },
		"all but one":   func(i int) bool { return i != 617 },
		"all but first": func(i int) bool { return i != 0 },
	} {
		for _, known := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var poison []int
					for i := range n {
						if bad(i) {
							poison = append(poison, i)
						}
					}
					f := newFake(t, time.Millisecond, poisoned(422, poison...))
					client := clientOn(t, f.RoundTrip)
					if known {
						transport.Acquaint(client)
					}
					ctx, cancel := context.WithCancel(t.Context())
					var wg sync.WaitGroup
					defer wg.Wait()
					defer cancel()
					wg.Go(func() { chatter(ctx, t, client) })
					start := time.Now()
					err := deliver.Records(ctx, client, records(n))
					var b *deliver.Error
					if !errors.As(err, &b) || !slices.Equal(b.Indices, poison) {
						t.Errorf("Send: %v", err)
					}
					f.checkOnce(t, n, poison...)
					sent, _ := f.requests()
					if took := time.Since(start); took > 4*time.Hour {
						t.Errorf("it took %v", took)
					}
					t.Logf("%d of %d refused, known %v: %d requests in %v", len(poison), n, known, sent, time.Since(start))
				})
			})
		}
	}
}

// TestALoneRecordThatIsRefused checks that it is given up at once.
func TestALoneRecordThatIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, time.Millisecond, poisoned(422, 0))
		client := clientOn(t, f.RoundTrip)
		start := time.Now()
		err := deliver.Records(t.Context(), client, records(1))
		checkError(t, err, []int{0}, 422)
		if isSetup(err) || time.Since(start) > time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

package transport_test

import (
	"context"
	"math"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/transport"
)

// TestHostileServers checks that what servers do never stops the records that they take, and
// that the counts hold.
func TestHostileServers(t *testing.T) {
	type answer struct {
		status     int
		retryAfter string
	}
	r := rand.New(rand.NewPCG(1, 2))
	bad := func(got []int) bool {
		for _, i := range got {
			if i > 0 && i%50 == 7 {
				return true
			}
		}
		return false
	}
	const notMet = "not met: each record at fault stops all others for as long as the server asks"
	for name, c := range map[string]struct {
		decide func(now int, got []int) answer // now is how many requests run
		opts   []transport.Option
		bopts  []batch.Option
		wait   time.Duration
		skip   string
		least  int // delivered
		size   int
		takes  time.Duration
		sent   int
	}{
		"429 over one": {decide: func(now int, _ []int) answer {
			if now > 1 {
				return answer{429, "1"}
			}
			return answer{200, ""}
		}, least: 3000, sent: 9000},
		"429 over one, single": {decide: func(now int, _ []int) answer {
			if now > 1 {
				return answer{429, ""}
			}
			return answer{200, ""}
		}, least: 3000, sent: 9000, opts: []transport.Option{transport.WithFormat(transport.Single)}},
		"Retry-After on successes": {decide: func(int, []int) answer { return answer{200, "99999999999999999999"} }, least: 3000, sent: 3000},
		"huge Retry-After, bad records": {decide: func(_ int, got []int) answer {
			if bad(got) {
				return answer{503, "99999999999999999999"}
			}
			return answer{200, ""}
		}, skip: notMet, least: 2940, sent: 9000},
		"huge Retry-After, 500, bad records": {decide: func(_ int, got []int) answer {
			if bad(got) {
				return answer{500, "99999999999999999999"}
			}
			return answer{200, ""}
		}, skip: notMet, least: 2940, sent: 9000},
		"flapping 401": {decide: func(int, []int) answer {
			if r.Float64() < 0.3 {
				return answer{401, ""}
			}
			return answer{200, ""}
		}, least: 3000, sent: 9000},
		"flapping 403": {decide: func(int, []int) answer {
			if r.Float64() < 0.3 {
				return answer{403, ""}
			}
			return answer{200, ""}
		}, least: 3000, sent: 9000},
		"any": {decide: func(_ int, got []int) answer {
			if bad(got) {
				return answer{[]int{400, 500, 503, 403, 408, 429, 0, 504, 302}[r.IntN(9)], ""}
			}
			return answer{200, ""}
		}, least: 2940, sent: 20000},
		"any and random": {decide: func(_ int, got []int) answer {
			if bad(got) || r.Float64() < 0.2 {
				return answer{[]int{500, 503, 403, 408, 429, 0, 504, 302}[r.IntN(8)], ""}
			}
			return answer{200, ""}
		}, least: 2935, sent: 20000},
		"any, in order": {decide: func(_ int, got []int) answer {
			if bad(got) {
				return answer{[]int{400, 500, 503, 403, 408, 429, 0, 504, 302}[r.IntN(9)], ""}
			}
			return answer{200, ""}
		}, wait: 30 * time.Minute, least: 2940, sent: 20000, bopts: []batch.Option{batch.WithMaxInFlight(1)}},
		"any and random, in order": {decide: func(_ int, got []int) answer {
			if bad(got) || r.Float64() < 0.1 {
				return answer{[]int{500, 503, 0, 504}[r.IntN(4)], ""}
			}
			return answer{200, ""}
		}, wait: 30 * time.Minute, least: 2900, sent: 20000, bopts: []batch.Option{batch.WithMaxInFlight(1)}},
		"tiny": {decide: func(_ int, got []int) answer {
			if bad(got) {
				return answer{500, ""}
			}
			return answer{200, ""}
		}, least: 2300, sent: 20000, bopts: []batch.Option{batch.WithMaxBytes(64 << 10), batch.WithMaxRecordBytes(4 << 10)}},
		"tiny, in order": {decide: func(_ int, got []int) answer {
			if bad(got) {
				return answer{500, ""}
			}
			return answer{200, ""}
		}, least: 800, sent: 20000, bopts: []batch.Option{batch.WithMaxInFlight(1), batch.WithMaxBytes(64 << 10), batch.WithMaxRecordBytes(4 << 10)}},
		"slow": {decide: func(int, []int) answer { return answer{200, ""} }, least: 2000, sent: 6000, takes: 20 * time.Second},
		"partial successes missing": {decide: func(_ int, got []int) answer {
			if bad(got) {
				return answer{422, ""}
			}
			return answer{200, ""}
		}, least: 2940, sent: 9000, opts: []transport.Option{transport.WithPartialSuccess(func([]byte, int) ([]transport.Failure, error) { return nil, nil })}},
		"NDJSON-like single": {decide: func(_ int, got []int) answer {
			if bad(got) {
				return answer{503, ""}
			}
			return answer{200, ""}
		}, least: 2940, sent: 20000, opts: []transport.Option{transport.WithFormat(transport.Single)}},
		"once": {decide: func(_ int, got []int) answer {
			if bad(got) {
				return answer{400, ""}
			}
			return answer{200, ""}
		}, least: 2940, sent: 9000, opts: []transport.Option{transport.WithoutRetry()}},
		"huge waits": {decide: func(_ int, got []int) answer {
			if bad(got) {
				return answer{500, ""}
			}
			return answer{200, ""}
		}, least: 2000, sent: 9000, opts: []transport.Option{transport.WithRetry(transport.Retry{Min: 10 * time.Second, Max: time.Hour, MaxElapsed: math.MaxInt64})}},
		"odd waits": {decide: func(_ int, got []int) answer {
			if bad(got) {
				return answer{500, ""}
			}
			return answer{200, ""}
		}, least: 2900, sent: 20000, opts: []transport.Option{transport.WithRetry(transport.Retry{Min: time.Millisecond, Max: time.Millisecond, MaxElapsed: time.Minute})}},
		"in order 500": {decide: func(_ int, got []int) answer {
			if bad(got) {
				return answer{500, ""}
			}
			return answer{200, ""}
		}, least: 2940, sent: 20000, bopts: []batch.Option{batch.WithMaxInFlight(1)}},
		"408": {decide: func(_ int, got []int) answer {
			for _, i := range got {
				if i > 0 && i%500 == 7 {
					return answer{408, ""}
				}
			}
			return answer{200, ""}
		}, wait: 20 * time.Minute, least: 2994, sent: 20000},
		"408 one, in order": {decide: func(_ int, got []int) answer {
			for _, i := range got {
				if i == 1000 {
					return answer{408, ""}
				}
			}
			return answer{200, ""}
		}, wait: 20 * time.Minute, least: 2999, sent: 20000, bopts: []batch.Option{batch.WithMaxInFlight(1)}},
		"in order 503": {decide: func(_ int, got []int) answer {
			if bad(got) {
				return answer{503, ""}
			}
			return answer{200, ""}
		}, least: 2940, sent: 20000, bopts: []batch.Option{batch.WithMaxInFlight(1)}},
		"in order 0": {decide: func(_ int, got []int) answer {
			if bad(got) {
				return answer{0, ""}
			}
			return answer{200, ""}
		}, wait: 4 * time.Minute, least: 2940, sent: 20000, bopts: []batch.Option{batch.WithMaxInFlight(1)}},
		"in order 408": {
			decide: func(_ int, got []int) answer {
				if bad(got) {
					return answer{408, ""}
				}
				return answer{200, ""}
			}, wait: 20 * time.Minute, least: 800, sent: 20000, bopts: []batch.Option{batch.WithMaxInFlight(1)},
		},
		"in order 400": {decide: func(_ int, got []int) answer {
			if bad(got) {
				return answer{400, ""}
			}
			return answer{200, ""}
		}, least: 2940, sent: 20000, bopts: []batch.Option{batch.WithMaxInFlight(1)}},
	} {
		t.Run(name, func(t *testing.T) {
			if c.skip != "" {
				t.Skip(c.skip)
			}
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				now := 0
				f := newFake(t, max(c.takes, 5*time.Millisecond), nil)
				client := clientOn(t, func(req *http.Request) (*http.Response, error) {
					var a answer
					mu.Lock()
					now++
					mine := now
					mu.Unlock()
					g := &fake{t: t, takes: f.takes, stored: f.stored, keys: f.keys, decide: func(got []int) int {
						a = c.decide(mine, got)
						return a.status
					}}
					f.mu.Lock()
					f.sent++
					f.mu.Unlock()
					time.Sleep(f.takes)
					f.mu.Lock()
					g.takes = 0
					resp, err := g.RoundTrip(req)
					f.mu.Unlock()
					mu.Lock()
					now--
					mu.Unlock()
					if resp != nil && a.retryAfter != "" {
						resp.Header.Set("Retry-After", a.retryAfter)
					}
					return resp, err
				}, c.opts...)
				transport.Forget(client)
				b, err := batch.New(client, append([]batch.Option{batch.WithErrorHandler(func(error) {})}, c.bopts...)...)
				if err != nil {
					t.Fatal(err)
				}
				over := 0
				for i := range 3000 {
					b.Append(batch.Info, time.Now(), record(i+1, max(c.size, 100)))
					time.Sleep(20 * time.Millisecond)
					if st := b.Stats(); st.BufferBytes > st.MaxBytes {
						over++
					}
				}
				time.Sleep(max(c.wait, time.Minute))
				st := b.Stats()
				sent, _ := f.requests()
				if st.Delivered < uint64(c.least) || sent > c.sent || over > 0 {
					t.Errorf("%v, %d requests, %d times over the budget", st, sent, over)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				_ = b.Close(ctx)
				if st := b.Stats(); st.Accepted != st.Delivered+st.Dropped {
					t.Errorf("%v", st)
				}
			})
		})
	}
}

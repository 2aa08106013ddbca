package transport_test

import (
	"context"
	"net/http"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/transport"
)

// bufferOn returns a buffer that delivers to f.
func bufferOn(t *testing.T, f *fake, opts ...batch.Option) *batch.Buffer {
	t.Helper()
	b, err := batch.New(clientOn(t, f.RoundTrip), append([]batch.Option{batch.WithErrorHandler(func(error) {})}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestABlockOfBadRecords checks that many bad records in a row, more than there is room for
// deferred ones, do not hold up for ever what comes after them.
func TestABlockOfBadRecords(t *testing.T) {
	for _, status := range []int{500, 403, 503, 0, 400} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const bad, n = 800, 2400
				f := newFake(t, 5*time.Millisecond, func(got []int) int {
					for _, i := range got {
						if i > 0 && i <= bad {
							return status
						}
					}
					return 200
				})
				b := bufferOn(t, f, batch.WithMaxBytes(4<<20)) // of which a sixteenth is for 500 or so
				for i := range n {
					b.Append(batch.Info, time.Now(), record(i+1, 400))
					time.Sleep(5 * time.Millisecond)
				}
				const minutes = 20
				for m := range minutes {
					for i := range 60 { // otherwise nobody knows whose fault the last failures are
						b.Append(batch.Info, time.Now(), record(n+60*m+i+1, 400))
						time.Sleep(time.Second)
					}
					sent, _ := f.requests()
					t.Logf("after %d min: %v, %d requests", m+1, b.Stats(), sent)
				}
				if st := b.Stats(); st.Delivered < n-bad+60*(minutes-1) {
					t.Errorf("%v", st)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				_ = b.Close(ctx)
				if st := b.Stats(); st.Accepted != st.Delivered+st.Dropped {
					t.Errorf("%v", st)
				}
			})
		})
	}
}

// TestAServerThatFailsOverArrays checks that a server which takes single records and answers
// 5xx to any array is used at a good pace.
func TestAServerThatFailsOverArrays(t *testing.T) {
	for _, status := range []int{500, 503, 0, 403} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const n = 6000
				f := newFake(t, 5*time.Millisecond, func(got []int) int {
					if len(got) > 1 {
						return status
					}
					return 200
				})
				client := clientOn(t, f.RoundTrip)
				transport.Forget(client)
				b, err := batch.New(client, batch.WithErrorHandler(func(error) {}))
				if err != nil {
					t.Fatal(err)
				}
				for i := range n {
					b.Append(batch.Info, time.Now(), record(i+1, 100))
					time.Sleep(20 * time.Millisecond)
				}
				time.Sleep(time.Minute)
				st := b.Stats()
				sent, _ := f.requests()
				t.Logf("%v, %d requests", st, sent)
				if st.Delivered < n || sent > 3*n {
					t.Errorf("%v, %d requests", st, sent)
				}
				_ = b.Close(t.Context())
			})
		})
	}
}

// TestMaxElapsedWithSplits checks that a part that is split has no more time than one that is
// not.
func TestMaxElapsedWithSplits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad := map[int]bool{}
		for i := range 64 {
			bad[100+i] = true
		}
		f := newFake(t, 5*time.Millisecond, func(got []int) int {
			for _, i := range got {
				if bad[i] {
					return 500
				}
			}
			return 200
		})
		client := clientOn(t, f.RoundTrip, transport.WithRetry(transport.Retry{Min: time.Second, Max: 4 * time.Second, MaxElapsed: 10 * time.Second}))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		done := make(chan struct{})
		go func() { defer close(done); chatter(ctx, t, client) }()
		start := time.Now()
		err := deliver.Records(ctx, client, records(1000))
		t.Logf("%v after %v", err, time.Since(start))
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("%v after %v", err, took)
		}
		cancel()
		<-done
	})
}

// TestAFlushLoop checks that somebody who calls Flush in a loop does not have everything that
// fails sent again each time.
func TestAFlushLoop(t *testing.T) {
	for name, down := range map[string]bool{"outage": true, "storm": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t, 5*time.Millisecond, func(got []int) int {
					if down {
						return 503
					}
					for _, i := range got {
						if i%20 == 3 {
							return 503
						}
					}
					return 200
				})
				b := bufferOn(t, f)
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan struct{})
				go func() {
					defer close(done)
					for ctx.Err() == nil {
						c, stop := context.WithTimeout(ctx, 10*time.Millisecond)
						_ = b.Flush(c)
						stop()
						time.Sleep(time.Millisecond)
					}
				}()
				for i := range 1000 {
					b.Append(batch.Info, time.Now(), record(i+1, 100))
					time.Sleep(20 * time.Millisecond)
				}
				cancel()
				<-done
				sent, most := f.requests()
				if st := b.Stats(); sent > 5000 || down && sent > 60 || !down && st.Delivered < 950 {
					t.Errorf("%v, %d requests, %d at once", st, sent, most)
				}
				c, stop := context.WithTimeout(t.Context(), time.Second)
				defer stop()
				_ = b.Close(c)
			})
		})
	}
}

// TestGoexitInTheRoundTripper checks that requests of the same batch do not outlive a Send
// whose goroutine has ended.
func TestGoexitInTheRoundTripper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, time.Second, poisoned(0))
		n := 0
		client := clientOn(t, func(req *http.Request) (*http.Response, error) {
			f.mu.Lock()
			n++
			first := n == 1
			f.mu.Unlock()
			if first {
				_ = req.Body.Close()
				time.Sleep(time.Millisecond)
				runtime.Goexit()
			}
			return f.RoundTrip(req)
		}, transport.WithFormat(transport.Single), transport.WithConcurrency(4))
		done := make(chan struct{})
		go func() {
			defer close(done)
			client.Send(t.Context(), &batch.Batch{Seq: 1, Records: records(20)})
		}()
		<-done
		f.mu.Lock()
		now := f.now
		f.mu.Unlock()
		if now > 0 {
			t.Errorf("%d requests run after the end of Send", now)
		}
		time.Sleep(time.Minute)
	})
}

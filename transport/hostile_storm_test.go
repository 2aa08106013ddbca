package transport_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
)

// TestAStormOfCallers checks that the counts hold when many goroutines log, flush and close
// two buffers on one client, whose server fails in every way. It is for the race detector.
func TestAStormOfCallers(t *testing.T) {
	span := time.Second
	if capture.Race {
		span = 5 * time.Second
	}
	f := newFake(t, time.Millisecond, func([]int) int {
		return []int{200, 200, 200, 200, 500, 503, 429, 401, 403, 408, 0, 400, 409, 302}[rand.N(14)]
	})
	client := clientOn(t, f.RoundTrip)
	var wg sync.WaitGroup
	for range 2 {
		b, err := batch.New(client, batch.WithMaxBytes(256<<10), batch.WithMaxRecordBytes(8<<10),
			batch.WithFlushInterval(5*time.Millisecond), batch.WithErrorHandler(func(error) {}))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), span)
		defer cancel()
		for w := range 8 {
			wg.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					b.Append(batch.Info, time.Now(), record(1+w*1000+i%1000, 100))
					if i%50 == 0 {
						time.Sleep(time.Millisecond)
					}
					if i%500 == 0 {
						c, stop := context.WithTimeout(ctx, time.Duration(rand.N(30))*time.Millisecond)
						_ = b.Flush(c)
						stop()
					}
					if st := b.Stats(); st.BufferBytes > st.MaxBytes {
						t.Errorf("%d bytes", st.BufferBytes)
					}
				}
			})
		}
		wg.Go(func() {
			<-ctx.Done()
			var closing sync.WaitGroup
			for range 4 {
				closing.Go(func() {
					c, stop := context.WithTimeout(context.Background(), 300*time.Millisecond)
					defer stop()
					_ = b.Close(c)
				})
			}
			closing.Wait()
			if st := b.Stats(); st.Accepted != st.Delivered+st.Dropped {
				t.Errorf("%v", st)
			} else {
				t.Log(st)
			}
		})
	}
	wg.Wait()
}

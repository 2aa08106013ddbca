package transport_test

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/transport"
)

// TestBodiesThatAreCut checks the server, or the way to it, that cuts the connection when a
// body is over a limit: that is learnt once, records flow meanwhile, and what the client
// tries again every ten minutes holds nothing up.
func TestBodiesThatAreCut(t *testing.T) {
	const limit, size, rate = 64 << 10, 3000, 100 // 300 KB a second
	synctest.Test(t, func(t *testing.T) {
		var cut atomic.Int32
		client := clientOn(t, func(req *http.Request) (*http.Response, error) {
			_, _ = io.Copy(io.Discard, req.Body)
			_ = req.Body.Close()
			time.Sleep(5 * time.Millisecond)
			if req.ContentLength > limit {
				cut.Add(1)
				return nil, io.ErrUnexpectedEOF
			}
			return respond(req, http.StatusOK, ""), nil
		}, transport.WithCompression(transport.Identity))
		transport.Forget(client)
		b, err := batch.New(client, batch.WithErrorHandler(func(error) {}))
		if err != nil {
			t.Fatal(err)
		}
		n, idle, longest, before := 0, 0, 0, uint64(0)
		for second := range 25 * 60 {
			for range rate {
				n++
				b.Append(batch.Info, time.Now(), record(n, size))
				time.Sleep(time.Second / rate)
			}
			if st := b.Stats(); st.Delivered > before {
				before, idle = st.Delivered, 0
			} else if idle++; second > 60 {
				longest = max(longest, idle)
			}
		}
		t.Logf("%v, %d requests were cut, %d s without a delivery", b.Stats(), cut.Load(), longest)
		ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
		defer stop()
		if err := b.Close(ctx); err != nil {
			t.Error(err)
		}
		if st := b.Stats(); st.Dropped > 0 || longest > 3 || cut.Load() > 500 {
			t.Errorf("%v, %d requests were cut, %d s without a delivery", st, cut.Load(), longest)
		}
	})
}

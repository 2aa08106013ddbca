package transport_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/transport"
)

// TestCloseGoesOnBesideHungProbes checks that requests which hang, as many as there may be,
// do not keep Close from trying the others, once the server is back.
func TestCloseGoesOnBesideHungProbes(t *testing.T) {
	for name, c := range map[string]struct {
		down, hangs time.Duration
		header      string
		closing     time.Duration
	}{
		"a long hang":              {5 * time.Second, 12 * time.Second, "", 25 * time.Second},
		"a short one, Retry-After": {30 * time.Second, 1100 * time.Millisecond, "1", 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const n = 4000
				start := time.Now()
				client := clientOn(t, func(req *http.Request) (*http.Response, error) {
					_, _ = io.Copy(io.Discard, req.Body)
					_ = req.Body.Close()
					switch age := time.Since(start); {
					case age < c.down:
						time.Sleep(5 * time.Millisecond)
						resp := respond(req, 503, "")
						if c.header != "" {
							resp.Header.Set("Retry-After", c.header)
						}
						return resp, nil
					case age < c.down+c.hangs:
						<-req.Context().Done()
						return nil, req.Context().Err()
					default:
						time.Sleep(5 * time.Millisecond)
						return respond(req, 200, ""), nil
					}
				})
				b, err := batch.New(client, batch.WithErrorHandler(func(error) {}))
				if err != nil {
					t.Fatal(err)
				}
				for i := range n {
					b.Append(batch.Info, time.Now(), record(i+1, 300))
					time.Sleep(c.down * 4 / 5 / n)
				}
				time.Sleep(time.Until(start.Add(c.down)))
				ctx, stop := context.WithTimeout(t.Context(), c.closing)
				defer stop()
				_ = b.Close(ctx) // what is in the requests that hang is lost
				if st := b.Stats(); st.Delivered < n-100 {
					t.Errorf("%v", st)
				}
			})
		})
	}
}

// TestAHungRequestBesideRejectedOnes checks that one request which hangs does not stop those
// that come after four others were rejected.
func TestAHungRequestBesideRejectedOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := clientOn(t, func(req *http.Request) (*http.Response, error) {
			body := string(unpack(t, req))
			switch {
			case strings.Contains(body, "hang"):
				<-req.Context().Done()
				return nil, req.Context().Err()
			case strings.Contains(body, "bad"):
				return respond(req, 400, ""), nil
			default:
				return respond(req, 200, ""), nil
			}
		})
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		defer wg.Wait()
		defer cancel()
		send := func(text string) { _ = deliver.Records(ctx, client, [][]byte{[]byte(`{"message":"` + text + `"}`)}) }
		wg.Go(func() { send("hang") })
		time.Sleep(time.Millisecond)
		for range 4 {
			wg.Go(func() { send("bad") })
		}
		time.Sleep(time.Second)
		start := time.Now()
		send("good")
		if took := time.Since(start); took > time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// TestDeferredRecordsGetATurn checks that a deferred record is sent although there is always
// a batch that waits for the limit.
func TestDeferredRecordsGetATurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var deferred, others atomic.Int32
		client := clientOn(t, func(req *http.Request) (*http.Response, error) {
			if strings.Contains(string(unpack(t, req)), "deferred") {
				deferred.Add(1)
			} else {
				others.Add(1)
			}
			time.Sleep(100 * time.Millisecond)
			return respond(req, 200, ""), nil
		}, transport.WithConcurrency(2))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var wg sync.WaitGroup
		send := func(b batch.Batch) {
			for ctx.Err() == nil {
				again := b
				client.Send(ctx, &again)
			}
		}
		for range 4 {
			wg.Go(func() { send(batch.Batch{Records: [][]byte{[]byte(`{}`)}}) })
		}
		wg.Go(func() { send(batch.Batch{Records: [][]byte{[]byte(`{"message":"deferred"}`)}, Deferred: 1}) })
		wg.Wait()
		if n, all := deferred.Load(), others.Load(); n < 30 || all < 1000 {
			t.Errorf("%d of %d requests were for deferred records", n, n+all)
		}
	})
}

// TestTwoLargeNeighbours checks that two records which are too large together do not make all
// others go one by one.
func TestTwoLargeNeighbours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := clientOn(t, func(req *http.Request) (*http.Response, error) {
			_ = req.Body.Close()
			if req.ContentLength > 100_000 {
				return respond(req, 413, ""), nil
			}
			return respond(req, 200, ""), nil
		}, transport.WithCompression(transport.Identity))
		for _, list := range [][][]byte{records(300), {record(1, 60_000), record(2, 60_000), record(3, 100)}} {
			if err := deliver.Records(t.Context(), client, list); err != nil {
				t.Fatal(err)
			}
		}
		before := client.Stats().Requests
		if err := deliver.Records(t.Context(), client, records(1000)); err != nil {
			t.Fatal(err)
		}
		if n := client.Stats().Requests - before; n > 60 {
			t.Errorf("%d requests for a thousand small records", n)
		}
	})
}

// TestARejectedProbe checks that a server which rejects everything, compressed or not, gets few
// probes, and one that does not take compressed bodies is found out at once.
func TestARejectedProbe(t *testing.T) {
	for name, takesPlain := range map[string]bool{"everything is rejected": false, "what is compressed is": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				client := clientOn(t, func(req *http.Request) (*http.Response, error) {
					_ = req.Body.Close()
					switch {
					case takesPlain && time.Since(start) < 5*time.Second:
						return respond(req, 503, ""), nil
					case takesPlain && len(req.Header["Content-Encoding"]) == 0:
						return respond(req, 200, ""), nil
					default:
						return respond(req, 415, ""), nil
					}
				})
				list := make([][]byte, 1000)
				for i := range list {
					list[i] = record(i, 1500)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				err := deliver.Records(ctx, client, list)
				if n := client.Stats().Requests; n > 120 || (err == nil) != takesPlain {
					t.Errorf("%d requests, %v", n, err)
				}
			})
		})
	}
}

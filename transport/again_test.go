package transport_test

import (
	"context"
	"errors"
	"fmt"
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

// This file tests when what has failed is sent again.

// badServer answers requests with a record BAD with a status, after some time, and others
// with 200. saw is called with each request, and whether it was taken.
func badServer(isBad func() bool, takes time.Duration, status int, wait string, saw func(good bool)) func(*http.Request) (*http.Response, error) {
	return func(req *http.Request) (*http.Response, error) {
		body, _ := io.ReadAll(req.Body)
		if !isBad() || !strings.Contains(string(body), "BAD") {
			time.Sleep(5 * time.Millisecond)
			saw(true)
			return respond(req, 200, ""), nil
		}
		saw(false)
		time.Sleep(takes)
		resp := respond(req, status, "")
		if wait != "" {
			resp.Header.Set("Retry-After", wait)
		}
		return resp, nil
	}
}

// TestHurryOfALaterSend checks that a batch which comes again while somebody waits does not
// sit out the waits of before.
func TestHurryOfALaterSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mended atomic.Bool
		client := clientOn(t, badServer(func() bool { return !mended.Load() }, 150*time.Millisecond, 503, "5", func(bool) {}), transport.WithCompression(transport.Identity))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() {
			for i := 0; ctx.Err() == nil; i++ {
				client.Send(ctx, &batch.Batch{Records: [][]byte{record(i, 10)}})
				time.Sleep(10 * time.Millisecond)
			}
		}()
		time.Sleep(time.Second)
		b := &batch.Batch{Records: [][]byte{[]byte(`{"message":"BAD"}`)}}
		short, stop := context.WithTimeout(ctx, 500*time.Millisecond)
		defer stop()
		if r := client.Send(short, b); len(r.Retry) != 1 {
			t.Fatalf("%+v", r)
		}
		mended.Store(true)
		defer client.Hurry(ctx)()
		start := time.Now()
		if r := client.Send(ctx, b); time.Since(start) > time.Second || len(r.Retry)+len(r.Deferred)+len(r.Lost) > 0 {
			t.Errorf("after %v: %+v", time.Since(start), r)
		}
		cancel()
		time.Sleep(time.Second)
	})
}

// TestRetryAfterOverAnOutage checks that a deferred record waits as long as the server has
// asked, also when an outage ends meanwhile.
func TestRetryAfterOverAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var mu sync.Mutex
		var tries []time.Duration
		inner := badServer(func() bool { return true }, 300*time.Millisecond, 503, "300", func(good bool) {
			mu.Lock()
			defer mu.Unlock()
			if !good {
				tries = append(tries, time.Since(start).Round(time.Second))
			}
		})
		client := clientOn(t, func(req *http.Request) (*http.Response, error) {
			if at := time.Since(start); at > time.Minute && at < 80*time.Second && req.ContentLength > 20 {
				return respond(req, 503, ""), nil
			}
			return inner(req)
		}, transport.WithCompression(transport.Identity), transport.WithFormat(transport.Single), transport.WithConcurrency(4))
		b, err := batch.New(client, batch.WithFlushInterval(50*time.Millisecond), batch.WithErrorHandler(func(error) {}))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; time.Since(start) < 2*time.Minute; i++ {
			if i == 20 {
				b.Append(batch.Info, time.Now(), []byte(`{"m":"BAD"}`))
			}
			b.Append(batch.Info, time.Now(), record(i, 10))
			time.Sleep(20 * time.Millisecond)
		}
		mu.Lock()
		for _, at := range tries {
			if at > 40*time.Second {
				t.Errorf("tried at %v of %v, though the server asks for five minutes", at, tries)
			}
		}
		mu.Unlock()
		_ = b.Close(t.Context())
		time.Sleep(time.Second)
	})
}

// TestMaxElapsedIsUsedUp has a server come back shortly before the end of it.
func TestMaxElapsedIsUsedUp(t *testing.T) {
	for _, n := range []int{1, 2, 300} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			for range 20 {
				synctest.Test(t, func(t *testing.T) {
					back := time.Now().Add(57 * time.Second)
					client := clientOn(t, func(req *http.Request) (*http.Response, error) {
						if time.Now().Before(back) {
							return respond(req, 503, ""), nil
						}
						return respond(req, 200, ""), nil
					}, transport.WithRetry(transport.Retry{MaxElapsed: time.Minute}))
					transport.Forget(client)
					start := time.Now()
					err := deliver.Records(t.Context(), client, records(n))
					var e *deliver.Error
					if errors.As(err, &e) {
						t.Errorf("%d of %d lost after %v", len(e.Indices), n, time.Since(start))
					}
				})
			}
		})
	}
	synctest.Test(t, func(t *testing.T) { // nor is a deferred record given up early
		client := clientOn(t, func(req *http.Request) (*http.Response, error) { return respond(req, 500, ""), nil },
			transport.WithRetry(transport.Retry{MaxElapsed: time.Hour}))
		start := time.Now()
		err := deliver.Records(t.Context(), client, records(1))
		if took := time.Since(start); err == nil || took < 59*time.Minute || took > 62*time.Minute {
			t.Errorf("given up after %v of an hour: %v", took, err)
		}
	})
}

// TestResumeOfSharedRecords checks that nothing is said to be delivered that was not sent,
// when the same memory stands in several places of a batch.
func TestResumeOfSharedRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got, works := "", false
		client := clientOn(t, func(req *http.Request) (*http.Response, error) {
			body, _ := io.ReadAll(req.Body)
			switch s := string(body); {
			case works:
				got += s
				return respond(req, 200, ""), nil
			case strings.Contains(s, "1") && strings.Contains(s, "2"):
				return respond(req, 413, ""), nil
			default:
				return respond(req, 429, ""), nil
			}
		}, transport.WithFormat(transport.Array), transport.WithCompression(transport.Identity))
		s := []byte(`{"m":"tick"}`)
		b := &batch.Batch{Ordered: true, Records: [][]byte{s, []byte(`{"m":"1"}`), s, s, []byte(`{"m":"2"}`), s}}
		client.Send(t.Context(), b)
		works = true
		r := client.Send(t.Context(), b)
		if len(r.Retry)+len(r.Lost)+len(r.Deferred) > 0 || strings.Count(got, `"1"`) != 1 || strings.Count(got, `"2"`) != 1 || strings.Count(got, "tick") != 4 {
			t.Errorf("%+v, but the server got %s", r, got)
		}
	})
}

package transport_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/transport"
)

// TestABatchThatIsTooMuch checks that a batch which is more than a limiter lets
// through, or than arrives in time, goes in parts, and that the next one does so at
// once.
func TestABatchThatIsTooMuch(t *testing.T) {
	const n, limit = 1000, 300
	for _, answer := range []int{0, 408, 425, 429, 504} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake(t, time.Millisecond, func(got []int) int {
				if len(got) > limit {
					return answer
				}
				return http.StatusOK
			})
			client := transport.Acquaint(clientOn(t, f.RoundTrip))
			start := time.Now()
			if err := deliver.Records(t.Context(), client, records(n)); err != nil {
				t.Fatal(err)
			}
			sent, _ := f.requests()
			if took := time.Since(start); took > 45*time.Minute || sent > 80 {
				t.Errorf("%d: %d requests in %v", answer, sent, took)
			}
			t.Logf("%d: %d requests in %v", answer, sent, time.Since(start))
			start = time.Now()
			if err := deliver.Records(t.Context(), client, records(n)); err != nil {
				t.Fatal(err)
			}
			again, _ := f.requests()
			if took := time.Since(start); took > time.Second || again-sent > 10 {
				t.Errorf("%d: the next batch took %d requests and %v", answer, again-sent, took)
			}
		})
	}
}

// TestALimiterIsNotAnsweredWithMoreRequests checks that a server which limits
// requests gets whole batches all the same.
func TestALimiterIsNotAnsweredWithMoreRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var last time.Time
		f := newFake(t, time.Millisecond, func([]int) int {
			if time.Since(last) < 10*time.Second {
				return http.StatusTooManyRequests
			}
			last = time.Now()
			return http.StatusOK
		})
		client := transport.Acquaint(clientOn(t, f.RoundTrip))
		done := make(chan error)
		const batches = 20
		for range batches {
			go func() { done <- deliver.Records(t.Context(), client, records(300)) }()
		}
		start := time.Now()
		for range batches {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if s := client.Stats(); s.Splits > batches/10 || time.Since(start) > 2*batches*10*time.Second {
			t.Errorf("%d splits, %d requests in %v", s.Splits, s.Requests, time.Since(start))
		}
	})
}

// TestASlowUplink checks the same for bodies that take longer than the time-out.
func TestASlowUplink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, time.Millisecond, poisoned(0))
		client := transport.Acquaint(clientOn(t, func(req *http.Request) (*http.Response, error) {
			select {
			case <-time.After(time.Duration(req.ContentLength) * time.Second / 2000):
				return f.RoundTrip(req)
			case <-req.Context().Done():
				_ = req.Body.Close()
				return nil, req.Context().Err()
			}
		}, transport.WithCompression(transport.Identity)))
		for i := range 3 {
			start := time.Now()
			if err := deliver.Records(t.Context(), client, records(1000)); err != nil { // 128 KB, which take 64 s
				t.Fatal(err)
			}
			if took := time.Since(start); i > 0 && took > 2*time.Minute || took > 3*time.Hour {
				t.Errorf("batch %d took %v", i, took)
			} else {
				t.Logf("batch %d took %v", i, took)
			}
		}
	})
}

// TestARecordDoesNotHoldOthersBack checks that the Retry-After of the answers to one
// record does not hold back the others, once it is seen that they are served.
func TestARecordDoesNotHoldOthersBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, time.Millisecond, poisoned(503, 0))
		client := clientOn(t, func(req *http.Request) (*http.Response, error) {
			resp, err := f.RoundTrip(req)
			if err == nil && resp.StatusCode == http.StatusServiceUnavailable {
				resp.Header.Set("Retry-After", "300")
			}
			return resp, err
		})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Hour)
		defer cancel()
		lost := make(chan error, 1)
		go func() { lost <- deliver.Records(ctx, client, [][]byte{record(0, 10)}) }()
		held := 0
		for i := 1; ctx.Err() == nil; i++ {
			time.Sleep(time.Second)
			start := time.Now()
			if deliver.Records(ctx, client, [][]byte{record(i, 10)}) == nil && time.Since(start) > time.Second {
				held++
			}
		}
		if held > 3 {
			t.Errorf("others were held back %d times", held)
		}
		if err := <-lost; err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the record ended with %v", err)
		}
	})
}

// TestTheTimeOfABatchIsNotThatOfItsParts checks that what is found out late is sent
// all the same.
func TestTheTimeOfABatchIsNotThatOfItsParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, time.Millisecond, poisoned(0, 500))
		client := clientOn(t, f.RoundTrip, transport.WithRetry(transport.Retry{MaxElapsed: 5 * time.Minute}))
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		defer wg.Wait()
		defer cancel()
		wg.Go(func() { chatter(ctx, t, client) })
		err := deliver.Records(ctx, client, records(1000))
		checkError(t, err, []int{500}, 0)
		f.checkOnce(t, 1000, 500)
	})
}

// TestARecordKeepsItsKey checks that a single record is known to the server by one
// key, however long it takes.
func TestARecordKeepsItsKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up := time.Now().Add(time.Hour)
		keys := map[string]bool{}
		client := clientOn(t, func(req *http.Request) (*http.Response, error) {
			_ = req.Body.Close()
			keys[header(req, "Idempotency-Key")[0]] = true
			if time.Now().Before(up) {
				return respond(req, 500, ""), nil
			}
			return respond(req, 200, ""), nil
		})
		if err := deliver.Records(t.Context(), client, records(1)); err != nil || len(keys) != 1 {
			t.Errorf("%d keys, %v", len(keys), err)
		}
	})
}

package endtoend

import (
	"context"
	"flag"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
	"github.com/logsto/logsto-go/slogx"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

var (
	soakFlag = flag.Int("soak", 0, "how many records TestSoak logs; zero stands for 2,000,000, or 100,000 with -race or -short")
	seedFlag = flag.Uint64("seed", 1, "what picks the requests that fail in TestSoak")
)

// soakSteps are what becomes of a fifth of the requests of TestSoak.
var soakSteps = []logstotest.Step{
	logstotest.Status(500),
	logstotest.Status(503),
	logstotest.Status(502).Body("<h1>Bad Gateway</h1>").Header("Content-Type", "text/html"),
	logstotest.Status(429).RetryAfter("0"),
	logstotest.Status(503).Endless(),
	logstotest.Reset(),
	logstotest.ResetAfter(),
	logstotest.ResetAfter(),
	logstotest.ResetAfter().Delay(5 * time.Millisecond),
	logstotest.Raw("no HTTP\r\n\r\n"),
	logstotest.Raw("HTTP/1.1 20"),
	logstotest.Hang(),
	logstotest.OK().Delay(20 * time.Millisecond),
	logstotest.OK().Body("{").Header("Content-Length", "1000"),
	logstotest.OK().Pad(1 << 20),
}

// soak is what is known of each record and each request.
type soak struct {
	last   []int32  // by record: the request that stored it last, from 1
	copies []uint8  // by record: how often it is stored
	keys   []string // by request: its Idempotency-Key
	batch  int      // the number of the last request, as the server counts
	strays int      // records that nobody logged
	again  int      // records that were stored after the client had an answer for them

	acked    sync.Map     // Idempotency-Keys of requests for which the client has got a success
	silences atomic.Int64 // attempts without an answer
}

// observe is what the server does with records.
func (s *soak) observe(records []logstotest.Record) {
	if b := records[0].Batch; b != s.batch {
		s.batch = b
		s.keys = append(s.keys, records[0].Key)
	}
	for _, r := range records {
		i := numberOf(r.JSON)
		if i < 0 || i >= len(s.copies) {
			s.strays++
			continue
		}
		if s.copies[i] > 0 {
			if _, acked := s.acked.Load(s.keys[s.last[i]-1]); acked {
				s.again++
			}
		}
		s.copies[i]++
		s.last[i] = int32(len(s.keys))
	}
}

// watch notes which requests the client has got an answer for.
func (s *soak) watch(next http.RoundTripper) http.RoundTripper {
	return tripFunc(func(r *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(r)
		switch {
		case err != nil:
			s.silences.Add(1)
		case resp.StatusCode == http.StatusOK:
			s.acked.Store(r.Header.Get("Idempotency-Key"), nil)
		}
		return resp, err
	})
}

// TestSoak logs many records from several goroutines over a loopback port, while a
// fifth of all requests fails at random, connections are cut, and the server is
// down now and then. Log calls wait for room, so that nothing may be lost at all.
func TestSoak(t *testing.T) {
	n := *soakFlag
	if n == 0 {
		n = 2_000_000
		if capture.Race || testing.Short() {
			n = 100_000
		}
	}
	s := &soak{last: make([]int32, n), copies: make([]uint8, n)}
	srv := logstotest.NewServer(logstotest.WithoutStorage(), logstotest.WithObserver(s.observe))
	defer srv.Close()
	client, err := transport.New(
		transport.WithAuth(auth.APIKey(logstotest.APIKey)), transport.WithEndpoint(srv.Endpoint()),
		transport.WithHTTPClient(&http.Client{Transport: s.watch(srv.Client().Transport)}),
		transport.WithRetry(transport.Retry{Min: time.Millisecond, Max: 20 * time.Millisecond}),
		transport.WithTimeout(500*time.Millisecond),
	)
	if err != nil {
		t.Fatal(err)
	}
	const perBatch = 1000
	buf, err := batch.New(client, batch.WithoutErrorHandler(), batch.WithBlocking(time.Minute),
		batch.WithBatchRecords(perBatch), batch.WithCloseTimeout(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	srv.FailAtRandom(*seedFlag, 0.2, soakSteps...)
	start := time.Now()
	s.log(srv, slog.New(slogx.NewHandler(buf, slogx.WithLevel(slog.LevelDebug))), n)
	if err := buf.Close(t.Context()); err != nil {
		t.Error(err)
	}
	took := time.Since(start)
	srv.Close() // ends the observer

	st := buf.Stats()
	if st.Accepted != uint64(n) || st.Delivered != uint64(n) || st.Dropped != 0 || st.Pending != 0 {
		t.Errorf("%d records were logged: %v", n, st)
	}
	lost, twice, extra := 0, 0, 0
	for _, c := range s.copies {
		switch {
		case c == 0:
			lost++
		case c > 1:
			twice++
			extra += int(c) - 1
		}
	}
	requests := srv.Counts().Requests
	if lost > 0 || s.strays > 0 || s.again > 0 {
		t.Errorf("%d records are lost; %d came that nobody had logged; %d were stored again after an answer", lost, s.strays, s.again)
	}
	// Attempts that net/http repeats by itself show on the side of the server only.
	if cut := int(s.silences.Load()) + requests[0]; extra > cut*perBatch {
		t.Errorf("%d copies too many, and %d answers were cut off", extra, cut)
	}
	if failed := client.Stats().Failed; failed == 0 || twice == 0 {
		t.Errorf("%d requests failed, and %d records are stored twice; there were no faults", failed, twice)
	}
	t.Logf("%d records in %v (%.0f a second): lost %d, stored more than once %d; requests by status %v, %d without an answer; %+v",
		n, took.Round(time.Millisecond), float64(n)/took.Seconds(), lost, twice, requests, s.silences.Load(), client.Stats())
}

// log logs n records, and does what no step can do.
func (s *soak) log(srv *logstotest.Server, logger *slog.Logger, n int) {
	const writers, cutEach, downEach = 4, 97_000, 203_000
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := w; i < n; i += writers {
				logger.LogAttrs(context.Background(), levelOf(i), "request served", slog.Int("i", i), slog.String("method", "GET"),
					slog.String("path", "/api/v1/users/12345/orders"), slog.Int("status", 200), slog.String("remote", "192.0.2.1:4242"))
				if i%cutEach == cutEach-1 {
					srv.CutFor(0)
				}
				if i%downEach == downEach-1 {
					srv.FailFor(50*time.Millisecond, 503)
				}
			}
		})
	}
	wg.Wait()
}

package endtoend

import (
	"context"
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
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
	copies []uint8         // by record: how often it is stored
	last   []int32         // by record: the request that stored it last
	others map[int][]int32 // by record: those that stored it before
	keys   []string        // by request that stored any: its Idempotency-Key
	batch  int             // the number of the last request, as the server counts
	strays int             // records that nobody logged

	mu    sync.Mutex
	byKey map[string]*fate
}

// fate is what became of the attempts with one Idempotency-Key, as the client sees
// it. What is neither a success nor a refusal is an answer that was cut off.
type fate struct{ attempts, successes, refusals int }

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
			s.others[i] = append(s.others[i], s.last[i])
		}
		s.copies[i]++
		s.last[i] = int32(len(s.keys) - 1)
	}
}

// watch notes what becomes of each attempt. net/http repeats some by itself, which
// shows only in that there is a further connection.
func (s *soak) watch(next http.RoundTripper) http.RoundTripper {
	return tripFunc(func(r *http.Request) (*http.Response, error) {
		key := r.Header[strings.ToLower("Idempotency-Key")][0] // see transport.WithIdempotencyHeader
		ctx := httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
			GotConn: func(httptrace.GotConnInfo) { s.note(key, fate{attempts: 1}) },
		})
		resp, err := next.RoundTrip(r.WithContext(ctx))
		switch {
		case err != nil:
		case resp.StatusCode == http.StatusOK:
			s.note(key, fate{successes: 1})
		default:
			s.note(key, fate{refusals: 1})
		}
		return resp, err
	})
}

func (s *soak) note(key string, more fate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.byKey[key]
	if f == nil {
		f = new(fate)
		s.byKey[key] = f
	}
	f.attempts += more.attempts
	f.successes += more.successes
	f.refusals += more.refusals
}

// check checks that each record is stored, and that each copy beyond the one that
// was acknowledged belongs to an answer that was cut off. It returns how many
// records are stored more than once.
func (s *soak) check(t *testing.T) (twice int) {
	t.Helper()
	lost, again := 0, 0
	for i, c := range s.copies {
		switch {
		case c == 0:
			lost++
		case c > 1:
			twice++
			acked := map[string]bool{}
			for _, request := range append(s.others[i], s.last[i]) {
				if key := s.keys[request]; s.byKey[key].successes > 0 {
					acked[key] = true
				}
			}
			if len(acked) > 1 {
				again++
			}
		}
	}
	stores := map[string]int{}
	for _, key := range s.keys {
		stores[key]++
	}
	for key, n := range stores {
		if f := s.byKey[key]; f.successes > 1 || n > f.attempts-f.refusals {
			t.Errorf("a request was stored %d times: %+v", n, *f)
		}
	}
	if lost > 0 || s.strays > 0 || again > 0 {
		t.Errorf("%d records are lost; %d came that nobody had logged; %d were sent again after an answer", lost, s.strays, again)
	}
	return twice
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
	s := &soak{copies: make([]uint8, n), last: make([]int32, n), others: map[int][]int32{}, byKey: map[string]*fate{}}
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
	buf, err := batch.New(client, batch.WithoutErrorHandler(), batch.WithBlocking(time.Minute),
		batch.WithBatchRecords(1000), batch.WithCloseTimeout(time.Minute))
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
	twice := s.check(t)
	if failed := client.Stats().Failed; failed == 0 || twice == 0 {
		t.Errorf("%d requests failed, and %d records are stored twice; there were no faults", failed, twice)
	}
	t.Logf("%d records in %v (%.0f a second), stored more than once %d; requests by status %v; %+v",
		n, took.Round(time.Millisecond), float64(n)/took.Seconds(), twice, srv.Counts().Requests, client.Stats())
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

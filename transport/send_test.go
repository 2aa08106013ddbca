package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2/clientcredentials"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

var _ batch.Sender = (*transport.Client)(nil)

// record returns a record that tells its number, with a text of n bytes.
func record(i, n int) []byte {
	return fmt.Appendf(nil, `{"message":%q,"level":"info","i":%d}`, strings.Repeat("x", n), i)
}

func records(n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = record(i, 100)
	}
	return out
}

// newClient returns a client for srv.
func newClient(tb testing.TB, srv *logstotest.Server, opts ...transport.Option) *transport.Client {
	tb.Helper()
	c, err := transport.New(append([]transport.Option{
		transport.WithEndpoint(srv.Endpoint()),
		transport.WithHTTPClient(srv.Client()),
		transport.WithAuth(auth.APIKey(logstotest.APIKey)),
	}, opts...)...)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// stored returns the numbers of the stored records, ascending.
func stored(tb testing.TB, srv *logstotest.Server) []int {
	tb.Helper()
	var out []int
	for _, r := range srv.Records() {
		var i int
		if _, err := fmt.Sscanf(string(r.JSON[strings.Index(string(r.JSON), `"i":`):]), `"i":%d`, &i); err != nil {
			tb.Fatal(err)
		}
		out = append(out, i)
	}
	slices.Sort(out)
	return out
}

func upTo(n int, but ...int) []int {
	var out []int
	for i := range n {
		if !slices.Contains(but, i) {
			out = append(out, i)
		}
	}
	return out
}

func TestFaults(t *testing.T) {
	const n = 32
	status := logstotest.Status
	for name, c := range map[string]struct {
		fault    func(*logstotest.Server)
		opts     []transport.Option
		poison   []int         // records with a poisonous text
		lost     []int         // records that Send says are not delivered
		twice    bool          // all are stored twice
		requests int           // sent, at most
		atLeast  time.Duration // that Send takes
		atMost   time.Duration
		status   int // of the error
	}{
		"none":                   {requests: 1},
		"503 twice":              {fault: func(s *logstotest.Server) { s.Script(status(503), status(503)) }, requests: 5, atMost: time.Second},
		"500, 502, 504":          {fault: func(s *logstotest.Server) { s.Script(status(500), status(502), status(504)) }, requests: 7, atMost: 2 * time.Second},
		"408, 425, 429":          {fault: func(s *logstotest.Server) { s.Script(status(408), status(425), status(429)) }, requests: 6, atMost: 3 * time.Second},
		"Retry-After in seconds": {fault: func(s *logstotest.Server) { s.Script(status(429).RetryAfter("7")) }, requests: 3, atLeast: 7 * time.Second, atMost: 9 * time.Second},
		"Retry-After as a date": {fault: func(s *logstotest.Server) {
			s.Script(status(503).RetryAfter(time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat)))
		}, requests: 3, atLeast: 90 * time.Second, atMost: 115 * time.Second},
		"Retry-After too long":     {fault: func(s *logstotest.Server) { s.Script(status(503).RetryAfter("999999999999999999999")) }, requests: 3, atLeast: 5 * time.Minute, atMost: 6*time.Minute + 20*time.Second},
		"Retry-After in words":     {fault: func(s *logstotest.Server) { s.Script(status(503).RetryAfter("soon")) }, requests: 2, atMost: time.Second},
		"Retry-After negative":     {fault: func(s *logstotest.Server) { s.Script(status(503).RetryAfter("-5")) }, requests: 2, atMost: time.Second},
		"outage of ten minutes":    {fault: func(s *logstotest.Server) { s.FailFor(10*time.Minute, 503) }, requests: 150, atLeast: 10 * time.Minute, atMost: 11 * time.Minute},
		"reset before":             {fault: func(s *logstotest.Server) { s.Script(logstotest.Reset()) }, requests: 2, atMost: time.Second},
		"reset after":              {fault: func(s *logstotest.Server) { s.Script(logstotest.ResetAfter()) }, requests: 2, twice: true, atMost: time.Second},
		"hang":                     {fault: func(s *logstotest.Server) { s.Script(logstotest.Hang()) }, requests: 2, atLeast: 30 * time.Second, atMost: 31 * time.Second},
		"slow":                     {fault: func(s *logstotest.Server) { s.SetDelay(20 * time.Second) }, requests: 1, atLeast: 20 * time.Second, atMost: 20 * time.Second},
		"403":                      {opts: []transport.Option{transport.WithoutSetupRetry()}, fault: func(s *logstotest.Server) { s.Script(status(403)) }, lost: upTo(n), requests: 1, status: 403},
		"404":                      {opts: []transport.Option{transport.WithoutSetupRetry()}, fault: func(s *logstotest.Server) { s.Script(status(404)) }, lost: upTo(n), requests: 1, status: 404},
		"404, arrays unknown":      {opts: []transport.Option{transport.WithoutSetupRetry()}, fault: func(s *logstotest.Server) { s.FailFor(time.Hour, 404) }, lost: upTo(n), requests: 12, status: 404},
		"redirect":                 {opts: []transport.Option{transport.WithoutSetupRetry()}, fault: func(s *logstotest.Server) { s.Script(status(302)) }, lost: upTo(n), requests: 1, status: 302},
		"wrong key":                {opts: []transport.Option{transport.WithAuth(auth.APIKey("wrong")), transport.WithoutSetupRetry()}, lost: upTo(n), requests: 1, status: 401},
		"no retry":                 {opts: []transport.Option{transport.WithoutRetry()}, fault: func(s *logstotest.Server) { s.Script(status(503)) }, lost: upTo(n), requests: 1, status: 503},
		"retry limited":            {opts: []transport.Option{transport.WithRetry(transport.Retry{MaxElapsed: time.Minute})}, fault: func(s *logstotest.Server) { s.FailFor(time.Hour, 500) }, lost: upTo(n), requests: 50, atLeast: 30 * time.Second, atMost: 85 * time.Second, status: 500},
		"no arrays, 400":           {fault: func(s *logstotest.Server) { s.RefuseArrays(400) }, requests: n + 4},
		"no arrays, 415":           {fault: func(s *logstotest.Server) { s.RefuseArrays(415) }, requests: n + 4},
		"no arrays, 422":           {fault: func(s *logstotest.Server) { s.RefuseArrays(422) }, requests: n + 4},
		"no compression, 415":      {fault: func(s *logstotest.Server) { s.RefuseCompression(415) }, requests: 2},
		"no compression, 400":      {fault: func(s *logstotest.Server) { s.RefuseCompression(400) }, requests: 2},
		"neither":                  {fault: func(s *logstotest.Server) { s.RefuseArrays(400); s.RefuseCompression(415) }, requests: n + 5},
		"small bodies":             {fault: func(s *logstotest.Server) { s.SetMaxBody(700) }, opts: []transport.Option{transport.WithCompression(transport.Identity)}, requests: 2*n/4 + 2},
		"poison first":             {poison: []int{0}, lost: []int{0}, requests: 12, status: 422},
		"poison in the middle":     {poison: []int{13}, lost: []int{13}, requests: 18, status: 422},
		"poison last":              {poison: []int{n - 1}, lost: []int{n - 1}, requests: 18, status: 422},
		"poison where samples are": {poison: []int{0, n / 2, n - 1}, lost: []int{0, n / 2, n - 1}, requests: 40, status: 422},
		"poison twice":             {poison: []int{5, 20}, lost: []int{5, 20}, requests: 28, status: 422},
		"poison and no arrays":     {fault: func(s *logstotest.Server) { s.RefuseArrays(400) }, poison: []int{7}, lost: []int{7}, requests: n + 8, status: 422},
		"poison in NDJSON":         {opts: []transport.Option{transport.WithFormat(transport.NDJSON)}, poison: []int{7}, lost: []int{7}, requests: 14, status: 422},
		"poison in single":         {opts: []transport.Option{transport.WithFormat(transport.Single)}, poison: []int{7}, lost: []int{7}, requests: n, status: 422},
		"array asked for":          {opts: []transport.Option{transport.WithFormat(transport.Array), transport.WithoutSetupRetry()}, fault: func(s *logstotest.Server) { s.RefuseArrays(400) }, lost: upTo(n), requests: 2*n + 8, status: 400},
		"zstd":                     {opts: []transport.Option{transport.WithCompression(transport.Zstd)}, requests: 1},
		"503 in single":            {opts: []transport.Option{transport.WithFormat(transport.Single)}, fault: func(s *logstotest.Server) { s.Script(status(503), status(503), status(503)) }, requests: n + 3, atMost: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := logstotest.NewInMemory()
				defer srv.Close()
				if c.fault != nil {
					c.fault(srv)
				}
				batch := records(n)
				for _, i := range c.poison {
					batch[i] = fmt.Appendf(nil, `{"message":"poison","level":"info","i":%d}`, i)
				}
				srv.Poison("poison")
				start := time.Now()
				client := newClient(t, srv, c.opts...)
				if !strings.Contains(name, "arrays") && !strings.Contains(name, "poison") && name != "neither" {
					transport.Acquaint(client)
				}
				err := deliver.Records(t.Context(), client, batch)
				if d := time.Since(start); d < c.atLeast || d > c.atMost {
					t.Errorf("Send took %v, want %v to %v", d, c.atLeast, c.atMost)
				}
				checkError(t, err, c.lost, c.status)
				want := upTo(n, c.lost...)
				if c.twice {
					want = slices.Concat(want, want)
					slices.Sort(want)
				}
				if got := stored(t, srv); !slices.Equal(got, want) {
					t.Errorf("stored %v, want %v", got, want)
				}
				if got := len(srv.Requests()); got > c.requests {
					t.Errorf("%d requests, want at most %d", got, c.requests)
				}
			})
		})
	}
}

func isSetup(err error) bool {
	var e *transport.Error
	return errors.As(err, &e) && e.Setup()
}

func checkError(t *testing.T, err error, lost []int, status int) {
	t.Helper()
	var b *deliver.Error
	var e *transport.Error
	switch {
	case len(lost) == 0:
		if err != nil {
			t.Errorf("Send: %v", err)
		}
	case !errors.As(err, &b) || !slices.Equal(b.Indices, lost):
		t.Errorf("Send: %v; lost %v, want %v", err, b, lost)
	case !errors.As(err, &e) || e.Status != status || e.Attempts == 0:
		t.Errorf("Send: %v; want status %d", err, status)
	}
}

func TestWhatTheServerTakesIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := logstotest.NewInMemory()
		defer srv.Close()
		srv.RefuseArrays(400)
		srv.RefuseCompression(415)
		c := newClient(t, srv)
		for range 2 {
			srv.Reset()
			if err := deliver.Records(t.Context(), c, records(32)); err != nil {
				t.Fatal(err)
			}
		}
		if got := len(srv.Requests()); got != 32 {
			t.Errorf("the second batch took %d requests", got)
		}
	})
}

// TestTheFirstArrayIsSmall checks that a server which skips long lines is found out.
func TestTheFirstArrayIsSmall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := logstotest.NewInMemory()
		defer srv.Close()
		c := newClient(t, srv)
		for i, want := range []int{2, 3} {
			if err := deliver.Records(t.Context(), c, records(100)); err != nil || len(srv.Requests()) != want {
				t.Errorf("batch %d: %v, %d requests so far", i, err, len(srv.Requests()))
			}
		}
		if n := srv.Requests()[0].Records; n != 2 {
			t.Errorf("%d records in the first request", n)
		}
	})
}

func TestTheKeyOfABatchStaysOverItsRepetitions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := logstotest.NewInMemory(logstotest.WithDeduplication())
		defer srv.Close()
		srv.Script(logstotest.Status(503), logstotest.ResetAfter())
		c := transport.Acquaint(newClient(t, srv))
		for range 2 {
			if err := deliver.Records(t.Context(), c, records(3)); err != nil {
				t.Fatal(err)
			}
		}
		keys := map[string]int{}
		for _, r := range srv.Requests() {
			keys[r.Key]++
		}
		if len(keys) != 2 || len(stored(t, srv)) != 6 {
			t.Errorf("keys %v, stored %v", keys, stored(t, srv))
		}
		for k := range keys {
			if len(k) != 36 || k[14] != '7' || !strings.ContainsRune("89ab", rune(k[19])) {
				t.Errorf("%q is not a UUID of version 7", k)
			}
		}
	})
}

func TestTheEndOfTheContextNamesWhatIsNotDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := logstotest.NewInMemory()
		defer srv.Close()
		srv.FailFor(time.Hour, 503)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		err := deliver.Records(ctx, newClient(t, srv), records(3))
		if d := time.Since(start); d != time.Minute {
			t.Errorf("took %v", d)
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Send: %v", err)
		}
		checkError(t, err, upTo(3), 503)
	})
}

func TestTokensAreFetchedOnceAndReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := logstotest.NewInMemory(logstotest.WithTokenLifetime(time.Minute))
		defer srv.Close()
		c := newClient(t, srv, transport.WithAuth(auth.ClientCredentials(clientcredentials.Config{
			ClientID: logstotest.ClientID, ClientSecret: logstotest.ClientSecret, TokenURL: srv.TokenURL(),
		})), transport.WithFormat(transport.Single))
		send := func(wantFetches int) {
			t.Helper()
			if err := deliver.Records(t.Context(), c, records(20)); err != nil {
				t.Fatal(err)
			}
			if got := srv.TokenFetches(); got != wantFetches {
				t.Errorf("%d tokens fetched, want %d", got, wantFetches)
			}
		}
		send(1)
		send(1)
		time.Sleep(time.Minute)
		send(2)
		before := len(srv.Requests())
		srv.ExpireTokens()
		send(3)
		if extra := len(srv.Requests()) - before - 20; extra < 1 || extra > 20 {
			t.Errorf("%d requests were refused with the old token", extra)
		}
	})
}

func TestAWrongClientSecretIsAFaultOfTheSetup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := logstotest.NewInMemory()
		defer srv.Close()
		c := newClient(t, srv, transport.WithAuth(auth.ClientCredentials(clientcredentials.Config{
			ClientID: logstotest.ClientID, ClientSecret: "sesame-open", TokenURL: srv.TokenURL(),
		})), transport.WithoutSetupRetry())
		err := deliver.Records(t.Context(), c, records(2))
		var e *auth.TokenError
		if !errors.As(err, &e) || e.Code != "invalid_client" || strings.Contains(err.Error(), "sesame") || !isSetup(err) {
			t.Errorf("Send: %v", err)
		}
	})
}

func TestConnectionsAreReused(t *testing.T) {
	srv := logstotest.NewServer()
	defer srv.Close()
	c := newClient(t, srv, transport.WithHTTPClient(&http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}))
	for range 20 {
		if err := deliver.Records(t.Context(), c, records(2)); err != nil {
			t.Fatal(err)
		}
	}
	// With one connection at most, a connection that is not given back would
	// have stopped the second request.
	if got := len(stored(t, srv)); got != 40 {
		t.Errorf("stored %d", got)
	}
}

// earlyAnswer answers without reading the body to its end, and goes on reading
// it afterwards, as net/http may.
type earlyAnswer struct{ t *testing.T }

func (e earlyAnswer) RoundTrip(req *http.Request) (*http.Response, error) {
	body := req.Body
	go func() {
		time.Sleep(time.Millisecond)
		b, _ := io.ReadAll(body)
		if len(b) > 0 && (b[0] != '[' || b[len(b)-1] != ']') {
			e.t.Errorf("the body changed while it was read: %.40q", b)
		}
		_ = body.Close()
	}()
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: req, Header: http.Header{}}, nil
}

func TestABodyIsNotReusedWhileItIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := logstotest.NewInMemory()
		defer srv.Close()
		c := newClient(t, srv, transport.WithHTTPClient(&http.Client{Transport: earlyAnswer{t}}), transport.WithCompression(transport.Identity))
		for i := range 200 {
			if err := deliver.Records(t.Context(), c, records(2+i%5)); err != nil {
				t.Fatal(err)
			}
			if i%10 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
		time.Sleep(time.Second)
	})
}

func TestRedirectsStayOnTheHost(t *testing.T) {
	srv := logstotest.NewServer()
	defer srv.Close()
	other := logstotest.NewServer()
	defer other.Close()
	for to, want := range map[string]int{"same 307": 1, "same 308": 1, "same 302": 0, "other 307": 0} {
		srv.Reset()
		name, status, _ := strings.Cut(to, " ")
		code := map[string]int{"302": 302, "307": 307, "308": 308}[status]
		target := srv.Endpoint()
		if name == "other" {
			target = other.Endpoint()
		}
		redirect := http.NewServeMux()
		redirect.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target, code) })
		// The first request goes to the redirecting handler, all others out.
		c := newClient(t, srv, transport.WithHTTPClient(&http.Client{Transport: &firstTo{redirect, false}}), transport.WithoutSetupRetry())
		err := deliver.Records(t.Context(), c, records(2))
		if got := len(stored(t, srv)) / 2; got != want || (err == nil) != (want == 1) {
			t.Errorf("%s: stored %d, %v", to, got, err)
		}
		if len(other.Requests()) > 0 {
			t.Errorf("%s: another host got a request", to)
		}
	}
}

type firstTo struct {
	h    http.Handler
	done bool
}

func (f *firstTo) RoundTrip(req *http.Request) (*http.Response, error) {
	if f.done {
		return http.DefaultTransport.RoundTrip(req)
	}
	f.done = true
	_ = req.Body.Close()
	w := &recorder{header: http.Header{}}
	f.h.ServeHTTP(w, req)
	return &http.Response{StatusCode: w.status, Header: w.header, Body: http.NoBody, Request: req}, nil
}

type recorder struct {
	header http.Header
	status int
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) Write(p []byte) (int, error) { return len(p), nil }
func (r *recorder) WriteHeader(status int)      { r.status = status }

package endtoend

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/slogx"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// faultCase is one line of the table: what goes wrong, and what comes of it.
// What holds in all cases is in check.
type faultCase struct {
	name   string
	faults []fault // what goes wrong; nothing if empty

	server []logstotest.Option
	client []transport.Option
	buffer []batch.Option
	auth   func(*logstotest.Server) *auth.Credential           // the API key, if nil
	via    func(http.RoundTripper) http.RoundTripper           // between client and server; nothing if nil
	logs   logs                                                // 200 records at once, if zero
	closes time.Duration                                       // the deadline of Close, which follows the last record; two hours if zero
	after  func(t *testing.T, b *batch.Buffer, l *slog.Logger) // what is done after Close; nothing if nil

	stranger bool     // the client has not met the server before; see run
	known    bool     // or it has
	requests count    // that the server got
	twice    count    // records that it stored more than once; none if zero
	lost     losses   // records by the reason; none if empty
	missing  []int    // the records that the server has not, if it matters which
	unsure   count    // records that are counted as lost, and the server has them
	told     string   // what the error handler was told of, of "loss", "setup" and "stall"; nothing if empty
	mayTell  string   // likewise, if chance decides
	took     duration // from the first record to the end of Close; five seconds at most besides the logging, if zero
	slowest  duration // log call; no time at all if zero
}

// logs is what is logged: n records over a time, by four goroutines. Half of them
// are of level debug, 40 % info, 9 % warn, and 1 % error.
type logs struct {
	n    int
	over time.Duration
	size func(i int) int // bytes on top, which do not compress well; 100 if nil
}

func (l logs) orDefault() logs {
	if l.n == 0 {
		l.n = 200
	}
	if l.size == nil {
		l.size = always(100)
	}
	return l
}

func always(n int) func(int) int { return func(int) int { return n } }

// losses is a number of records for each reason.
type losses map[batch.Reason]count

// count is a number from least to most.
type count struct{ least, most int }

func exactly(n int) count         { return count{n, n} }
func between(least, n int) count  { return count{least, n} }
func (c count) holds(n int) bool  { return c.least <= n && n <= c.most }
func (c count) String() string    { return fmt.Sprintf("%d to %d", c.least, c.most) }
func (d duration) String() string { return fmt.Sprintf("%v to %v", d.least, d.most) }

// duration is a time from least to most.
type duration struct{ least, most time.Duration }

func within(least, most time.Duration) duration { return duration{least, most} }

func (d duration) holds(t time.Duration) bool { return d.least <= t && t <= d.most }

// levelOf returns the level of the record i.
func levelOf(i int) slog.Level {
	switch p := i % 100; {
	case p == 99:
		return slog.LevelError
	case p >= 90:
		return slog.LevelWarn
	case p >= 50:
		return slog.LevelInfo
	default:
		return slog.LevelDebug
	}
}

// TestFaults is the table. In the bubble the clock moves only when every goroutine
// waits, so a log call that waits for anything takes time here, and one that does
// not takes none. A goroutine that is left in the bubble fails the test.
func TestFaults(t *testing.T) {
	names := map[string]bool{}
	for i, c := range slices.Concat(answers, silence, setups, losing, refusals, mixed) {
		if names[c.name] {
			t.Errorf("two cases are named %q", c.name)
		}
		names[c.name] = true
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.logs = c.logs.orDefault()
				c.check(t, c.run(t, i < len(answers)+len(silence)+len(setups)+len(losing)))
			})
		})
	}
	if len(names) < 40 {
		t.Errorf("%d cases", len(names))
	}
}

// result is what came of a case.
type result struct {
	stranger bool        // the client did not know the server
	requests map[int]int // by status
	copies   map[int]int // of each record that is stored
	keys     map[key]map[string]bool
	stats    batch.Stats
	client   transport.Stats
	told     []error
	took     time.Duration
	slowest  time.Duration // log call
	closed   error
}

// key is a record in a request of this many.
type key struct{ record, of int }

// run does what the case says. If known, the client has found out before that the
// server takes arrays and compression, unless the case is about the first request.
func (c *faultCase) run(t *testing.T, known bool) *result {
	t.Helper()
	srv := logstotest.NewInMemory(c.server...)
	defer srv.Close()
	var r result
	var mu sync.Mutex
	client, buf := c.library(t, srv, func(err error) {
		mu.Lock()
		defer mu.Unlock()
		r.told = append(r.told, err)
	})
	r.stranger = !c.known && (!known || c.stranger || c.via != nil || c.auth != nil)
	if !r.stranger {
		meet(t, client, srv)
	}
	for _, f := range c.faults {
		f(srv)
	}
	logger := slog.New(slogx.NewHandler(buf, slogx.WithLevel(slog.LevelDebug)))
	start := time.Now()
	r.slowest = c.logs.write(logger)
	ctx, cancel := context.WithTimeout(t.Context(), cmp.Or(c.closes, 2*time.Hour))
	defer cancel()
	r.closed = buf.Close(ctx)
	r.took = time.Since(start)
	if c.after != nil {
		c.after(t, buf, logger)
	}
	synctest.Wait()
	checkGoroutines(t)
	r.stats, r.client = buf.Stats(), client.Stats()
	r.requests = srv.Counts().Requests
	r.copies, r.keys = readStored(t, srv.Records())
	return &r
}

// meet lets the client find out that the server takes arrays and compression, which
// takes a request of its own.
func meet(t *testing.T, client *transport.Client, srv *logstotest.Server) {
	t.Helper()
	long := fmt.Sprintf(`{"level":"info","message":%q}`, strings.Repeat("x", 1000))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := sendRecords(ctx, client, long, long); err != nil {
		t.Fatal(err)
	}
	client.CloseIdleConnections() // or net/http would repeat by itself what fails on one
	srv.Reset()
}

// library returns the library as a user would set it up.
func (c *faultCase) library(t *testing.T, srv *logstotest.Server, handler func(error)) (*transport.Client, *batch.Buffer) {
	t.Helper()
	credential := auth.APIKey(logstotest.APIKey)
	if c.auth != nil {
		credential = c.auth(srv)
	}
	hc := *srv.Client()
	if c.via != nil {
		hc.Transport = c.via(hc.Transport)
	}
	client, err := transport.New(slices.Concat([]transport.Option{
		transport.WithAuth(credential), transport.WithEndpoint(srv.Endpoint()), transport.WithHTTPClient(&hc),
	}, c.client)...)
	if err != nil {
		t.Fatal(err)
	}
	buf, err := batch.New(client, slices.Concat([]batch.Option{batch.WithErrorHandler(handler)}, c.buffer)...)
	if err != nil {
		t.Fatal(err)
	}
	return client, buf
}

// write logs, and returns how long the slowest call took.
func (l logs) write(logger *slog.Logger) (slowest time.Duration) {
	const writers = 4
	var mu sync.Mutex
	var wg sync.WaitGroup
	start := time.Now()
	for w := range writers {
		wg.Go(func() {
			for i := w; i < l.n; i += writers {
				time.Sleep(time.Until(start.Add(l.over * time.Duration(i) / time.Duration(l.n-1))))
				before := time.Now()
				l.one(logger, i)
				took := time.Since(before)
				mu.Lock()
				slowest = max(slowest, took)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return slowest
}

// one logs the record i.
func (l logs) one(logger *slog.Logger, i int) {
	const letters = "0123456789abcdefghijklmnopqrstuv"
	source := rand.NewPCG(uint64(i), 1)
	pad := make([]byte, l.size(i))
	for k := range pad {
		pad[k] = letters[source.Uint64()%uint64(len(letters))]
	}
	logger.LogAttrs(context.Background(), levelOf(i), "request served", slog.Int("i", i), slog.String("pad", string(pad)))
}

// checkGoroutines checks that none of the library is left.
func checkGoroutines(t *testing.T) {
	t.Helper()
	stacks := make([]byte, 1<<20)
	for stack := range strings.SplitSeq(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
		if strings.Contains(stack, "net/http.(*persistConn)") {
			continue // an idle connection is net/http's, which reads it through ours
		}
		for _, name := range []string{"batch", "transport", "auth", "slogx"} {
			if strings.Contains(stack, "logsto-go/"+name+".") {
				t.Errorf("a goroutine is left after Close:\n%s", stack)
			}
		}
	}
}

// readStored returns how often each record is stored, and with what keys. Markers,
// which the buffer sends on its own, are left out.
func readStored(t *testing.T, records []logstotest.Record) (copies map[int]int, keys map[key]map[string]bool) {
	t.Helper()
	copies, keys = map[int]int{}, map[key]map[string]bool{}
	of := map[int]int{} // records by request
	for _, r := range records {
		of[r.Batch]++
	}
	for _, r := range records {
		var m struct {
			I       *int
			Level   string
			Dropped any
		}
		if err := json.Unmarshal(r.JSON, &m); err != nil {
			t.Fatalf("%v: %s", err, r.JSON)
		}
		if m.I == nil {
			if m.Dropped == nil {
				t.Errorf("stored, and never logged: %s", r.JSON)
			}
			continue
		}
		if want := strings.ToLower(levelOf(*m.I).String()); m.Level != want {
			t.Errorf("record %d has level %s, want %s", *m.I, m.Level, want)
		}
		copies[*m.I]++
		k := key{*m.I, of[r.Batch]}
		if keys[k] == nil {
			keys[k] = map[string]bool{}
		}
		keys[k][r.Key] = true
	}
	return copies, keys
}

// check is what must hold in all cases, and in this one.
func (c *faultCase) check(t *testing.T, r *result) {
	t.Helper()
	t.Log(c.summary(r))
	c.checkCounts(t, r)
	c.checkCopies(t, r)
	c.checkTold(t, r)
	// Its first array goes alone, if the client does not know the server.
	n := sum(r.requests)
	// Probes of single records, and the halves and samples of parts that fail, come on top.
	if most := 3*c.requests.most + 30; n < min(c.requests.least, 2) || n > most {
		t.Errorf("%d requests, want %v: %v", n, c.requests, r.requests)
	}
	if !c.slowest.holds(r.slowest) {
		t.Errorf("a log call took %v, want %v", r.slowest, c.slowest)
	}
	took := c.took
	if took == (duration{}) {
		took.most = c.logs.over + 5*time.Second
	}
	took.most += took.most/4 + 2*time.Second // waits have jitter
	if r.took > took.most {                  // Close does not wait for as long as a server asks

		t.Errorf("it took %v, want %v", r.took, took)
	}
}

// checkCounts checks that accepted = delivered + dropped, that these are the
// records which were logged, and that nothing is lost but for the reasons that the
// case gives.
func (c *faultCase) checkCounts(t *testing.T, r *result) {
	t.Helper()
	st := r.stats
	if st.Accepted != st.Delivered+st.Dropped || st.Pending != 0 || st.InFlight != 0 || st.BufferBytes > st.MaxBytes {
		t.Errorf("%v, %d in flight in %d bytes", st, st.InFlight, st.BufferBytes)
	}
	if c.after == nil && st.Accepted != uint64(c.logs.n) {
		t.Errorf("%d records were logged: %v", c.logs.n, st)
	}
	if more := len(r.copies) - int(st.Delivered); !c.unsure.holds(more) {
		t.Errorf("the server has %d records more than were delivered, want %v: %v", more, c.unsure, st)
	}
	for reason := batch.ReasonShed; reason <= batch.ReasonClosed; reason++ {
		if n := int(st.DroppedFor(reason)); !c.lost[reason].holds(n) {
			t.Errorf("%d records are %v, want %v", n, reason, c.lost[reason])
		}
	}
	var late *batch.UndeliveredError
	if undelivered := st.DroppedFor(batch.ReasonUndelivered) + st.DroppedFor(batch.ReasonAbandoned); r.closed != nil &&
		(!errors.As(r.closed, &late) || undelivered == 0 || late.Records > undelivered) {
		t.Errorf("Close: %v", r.closed)
	} else if r.closed == nil && st.DroppedFor(batch.ReasonAbandoned) > 0 {
		t.Error("Close says that all is delivered")
	}
}

// checkCopies checks that a record is stored twice only after a retry, and under
// the same Idempotency-Key if the request had the same records.
func (c *faultCase) checkCopies(t *testing.T, r *result) {
	t.Helper()
	n := twice(r.copies)
	if !c.twice.holds(n) {
		t.Errorf("%d records are stored twice, want %v", n, c.twice)
	}
	if n > 0 && c.twice.least > 0 && r.client.Failed == 0 {
		t.Errorf("%d records are stored twice, and no request failed", n)
	}
	for k, keys := range r.keys {
		if len(keys) > 1 {
			t.Errorf("record %d is stored in requests of %d records with %d keys", k.record, k.of, len(keys))
			break
		}
	}
	if c.missing == nil {
		return
	}
	var missing []int
	for i := range c.logs.n {
		if r.copies[i] == 0 {
			missing = append(missing, i)
		}
	}
	if !slices.Equal(missing, c.missing) {
		t.Errorf("records %v are not stored, want %v", missing, c.missing)
	}
}

// checkTold checks of what the error handler was told, and that no secret was in
// it.
func (c *faultCase) checkTold(t *testing.T, r *result) {
	t.Helper()
	kinds := map[string]bool{}
	told := uint64(0)
	for _, err := range r.told {
		kinds[kindOf(t, err)] = true
		var loss *batch.LossError
		if errors.As(err, &loss) {
			told += loss.Records
		}
		for _, secret := range []string{logstotest.APIKey, logstotest.ClientSecret, "next-key"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the handler was told a secret: %v", err)
			}
		}
	}
	if !strings.Contains(c.told, c.mayTell) {
		delete(kinds, c.mayTell)
	}
	// Whether ten seconds pass without a delivery depends on chance, and on Close, which has
	// everything tried at once.
	delete(kinds, "")
	delete(kinds, "stall")
	want := strings.Trim(strings.ReplaceAll(c.told, "stall", ""), ", ")
	if got := strings.Join(slices.Sorted(maps.Keys(kinds)), ", "); got != want {
		t.Errorf("the handler was told of %q, want %q: %v", got, c.told, r.told)
	}
	if told != r.stats.Dropped {
		t.Errorf("the handler was told of %d lost records: %v", told, r.stats)
	}
}

// kindOf returns of what the error handler was told.
func kindOf(t *testing.T, err error) string {
	t.Helper()
	var loss *batch.LossError
	var stall *batch.StallError
	var over *batch.RecoveredError
	var reason *transport.Error
	switch {
	case errors.As(err, &over): // follows a stall
		return ""
	case errors.As(err, &loss):
		return "loss"
	case !errors.As(err, &stall) && errors.As(err, &reason) && reason.Setup() && reason.Works():
		return "setup"
	case !errors.As(err, &stall):
		t.Errorf("the handler was told %v", err)
		return "?"
	case errors.As(err, &reason) && reason.Setup():
		return "setup"
	default:
		return "stall"
	}
}

// summary is the line that is printed for a case.
func (c *faultCase) summary(r *result) string {
	var lost []string
	for _, d := range r.stats.Drops {
		lost = append(lost, fmt.Sprintf("%d %v %v", d.Records, d.Level, d.Reason))
	}
	return fmt.Sprintf("sent %d, stored %d, twice %d, lost %s, requests %d, took %v, slowest call %v",
		r.stats.Accepted, len(r.copies), twice(r.copies), cmp.Or(strings.Join(lost, " and "), "none"), sum(r.requests),
		r.took.Round(time.Millisecond), r.slowest)
}

// twice returns how many records are stored more than once.
func twice(copies map[int]int) (n int) {
	for _, c := range copies {
		if c > 1 {
			n++
		}
	}
	return n
}

func sum(m map[int]int) (n int) {
	for _, v := range m {
		n += v
	}
	return n
}

package ledger

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/slogx"
	"github.com/logsto/logsto-go/transport"
)

// Rig is the library under test: a logger, a buffer and a client, whose requests
// pass a Tap.
type Rig struct {
	Client *transport.Client
	Buffer *batch.Buffer
	Tap    *Tap

	logged  int
	slowest time.Duration // log call
	stall   time.Duration // of the machine, see Feed

	mu   sync.Mutex
	told []string // what the error handler got
}

// Setup says how a Rig differs from the defaults, which are those of the
// library with shorter waits, so that much happens in little time.
type Setup struct {
	Endpoint  string
	Base      http.RoundTripper
	Transport []transport.Option
	Batch     []batch.Option
}

// NewRig makes a Rig. It ends with the test.
func NewRig(tb testing.TB, s Setup) *Rig {
	tb.Helper()
	r := &Rig{Tap: &Tap{Base: s.Base}}
	c, err := transport.New(append([]transport.Option{
		transport.WithAuth(auth.APIKey(Key)),
		transport.WithEndpoint(s.Endpoint),
		transport.WithHTTPClient(&http.Client{Transport: r.Tap}),
		transport.WithTimeout(5 * time.Second),
		transport.WithRetry(transport.Retry{Min: 20 * time.Millisecond, Max: 300 * time.Millisecond}),
	}, s.Transport...)...)
	if err != nil {
		tb.Fatal(err)
	}
	b, err := batch.New(c, append([]batch.Option{
		batch.WithFlushInterval(50 * time.Millisecond),
		batch.WithMaxBytes(128 << 20), // nothing is to be shed
		batch.WithErrorHandler(r.tell),
	}, s.Batch...)...)
	if err != nil {
		tb.Fatal(err)
	}
	r.Client, r.Buffer = c, b
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 0)
		defer cancel()
		_ = b.Close(ctx) // a test that has failed
		c.CloseIdleConnections()
	})
	return r
}

func (r *Rig) tell(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = append(r.told, err.Error())
}

// Told returns what the error handler got.
func (r *Rig) Told() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.told...)
}

// Log logs n records at a rate per second.
func (r *Rig) Log(n, rate int) {
	slowest, stall := Feed(slogx.NewHandler(r.Buffer), r.logged, n, rate)
	r.logged += n
	r.slowest, r.stall = max(r.slowest, slowest), max(r.stall, stall)
}

// Next returns the number of a record that the caller logs by itself.
func (r *Rig) Next() int {
	r.logged++
	return r.logged - 1
}

// Close closes the buffer within d.
func (r *Rig) Close(d time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return r.Buffer.Close(ctx)
}

// Finish closes the buffer, which must deliver everything within d but what is
// named in except, ends the server, and checks what the ledger says.
func (r *Rig) Finish(tb testing.TB, s *Server, d time.Duration, except ...int) Report {
	tb.Helper()
	if err := r.Close(d); err != nil && len(except) == 0 {
		tb.Errorf("Close: %v", err)
	}
	s.Close()
	rep := s.Check(tb, r.Tap, r.logged, r.Buffer.Stats(), except...)
	rep.Slowest, rep.Stall = r.slowest, r.stall
	rep.CheckSlowest(tb)
	tb.Log(rep)
	for _, e := range r.Told() {
		tb.Logf("the error handler got: %s", e)
	}
	return rep
}

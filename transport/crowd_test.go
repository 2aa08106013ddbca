package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
)

// crowd is an engine, batches that it sends, and the server, which waits for the test to
// say how each request ends. A batch is named by its records, and so are requests. It needs
// a bubble of synctest.
type crowd struct {
	*testing.T
	*engine
	mu      sync.Mutex
	came    []string               // the requests since the last look
	open    map[string]chan ending // those without an end
	results map[string]batch.Result
}

// ending ends a request.
type ending func() (*http.Response, error)

// answer ends a request with a status; wait is Retry-After in seconds, or empty.
func answer(status int, wait string) ending {
	return func() (*http.Response, error) {
		resp := &http.Response{StatusCode: status, Header: http.Header{}, Body: http.NoBody}
		if wait != "" {
			resp.Header.Set("Retry-After", wait)
		}
		return resp, nil
	}
}

var errRefused = &net.OpError{Op: "dial", Err: errors.New("connection refused")}

func refuse() (*http.Response, error) { return nil, errRefused }

func newCrowd(t *testing.T, concurrency int, opts ...Option) *crowd {
	t.Helper()
	c := &crowd{T: t, open: map[string]chan ending{}, results: map[string]batch.Result{}}
	c.engine = newTestClient(t, append(opts, WithConcurrency(concurrency), WithHTTPClient(&http.Client{Transport: c}))...).engine
	return c
}

// newTestClient returns a client whose window and bodies are plain: arrays of any length,
// not compressed.
func newTestClient(t *testing.T, opts ...Option) *Client {
	t.Helper()
	c, err := New(append([]Option{WithAuth(auth.APIKey("key")), WithFormat(Array), WithCompression(Identity)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *crowd) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	_ = req.Body.Close()
	if err != nil {
		return nil, err
	}
	name := strings.ReplaceAll(strings.Trim(string(body), "[]\n"), ",", " ")
	end := make(chan ending, 1)
	c.mu.Lock()
	c.came = append(c.came, name)
	c.open[name] = end
	c.mu.Unlock()
	select {
	case <-req.Context().Done():
		return nil, req.Context().Err()
	case f := <-end:
		resp, err := f()
		if resp != nil {
			resp.Request = req
		}
		return resp, err
	}
}

// sends has a batch sent, with this turn, or the next one for zero.
func (c *crowd) sends(ctx context.Context, name string, turn uint64) {
	b := &batch.Batch{}
	for r := range strings.FieldsSeq(name) {
		b.Records = append(b.Records, []byte(r))
	}
	if turn == lastTurn {
		b.Deferred = 1
	}
	d := c.c.newDelivery(b)
	d.turn, d.ctx, d.done = turn, ctx, make(chan struct{})
	go func() {
		c.run(d)
		r := d.result(b)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.results[name] = r
	}()
	synctest.Wait()
}

// ends ends a request.
func (c *crowd) ends(name string, f ending) {
	c.Helper()
	synctest.Wait()
	c.mu.Lock()
	end := c.open[name]
	delete(c.open, name)
	c.mu.Unlock()
	if end == nil {
		c.Fatalf("there is no request %q", name)
	}
	end <- f
	synctest.Wait()
}

func (c *crowd) answers(name string, status int) {
	c.Helper()
	c.ends(name, answer(status, ""))
}

// wants checks which requests came since it was called last. Those of the same moment
// come in any order.
func (c *crowd) wants(names ...string) {
	c.Helper()
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	slices.Sort(c.came)
	slices.Sort(names)
	if !slices.Equal(c.came, names) {
		c.Fatalf("the requests %q, want %q", c.came, names)
	}
	c.came = nil
}

// result returns what came of a batch, once its Send has returned.
func (c *crowd) result(name string) (r batch.Result, ok bool) {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok = c.results[name]
	return r, ok
}

// delivered checks that all batches are, and that the engine is idle.
func (c *crowd) delivered() {
	c.Helper()
	synctest.Wait()
	c.idle()
	for name, r := range c.results {
		if len(r.Lost)+len(r.Deferred)+len(r.Retry) > 0 {
			c.Errorf("%q: %+v", name, r)
		}
	}
}

// idle checks that nothing is left of what was sent.
func (c *crowd) idle() {
	c.Helper()
	isIdle(c.T, c.engine)
}

func isIdle(t *testing.T, e *engine) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.running != 0 || len(e.deliveries) != 0 || e.hurries != 0 || e.window.stuck != 0 || e.window.trial || e.breaker.state == halfOpen {
		t.Errorf("%d requests, %d deliveries, %d hurry, %d parts are stuck, a trial %v, the breaker is %v",
			e.running, len(e.deliveries), e.hurries, e.window.stuck, e.window.trial, e.breaker.state)
	}
}

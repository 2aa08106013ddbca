package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// roundTripper answers every request by a function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) {
	_ = req.Body.Close()
	return f(req)
}

// endless is the body of an answer that never ends, until it is closed or, if it
// heeds one, its context ends.
type endless struct {
	ctx    context.Context
	once   sync.Once
	closed chan struct{}
}

func (e *endless) Read([]byte) (int, error) {
	select {
	case <-e.ctx.Done():
		return 0, e.ctx.Err()
	case <-e.closed:
		return 0, io.ErrClosedPipe
	}
}

func (e *endless) Close() error {
	e.once.Do(func() { close(e.closed) })
	return nil
}

// TestAnswersThatDoNotEnd checks that what an answer means counts at once, and
// that its body does not hold up the next batch.
func TestAnswersThatDoNotEnd(t *testing.T) {
	for status, c := range map[int]struct {
		ctx       context.Context // that the body heeds; nil for the request's
		delivered bool
		atMost    time.Duration
	}{
		200: {nil, true, 500 * time.Millisecond},
		404: {nil, false, 500 * time.Millisecond},
		101: {context.Background(), false, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			srv := logstotest.NewInMemory()
			defer srv.Close()
			client := newClient(t, srv, transport.WithoutSetupRetry(), transport.WithHTTPClient(&http.Client{Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
				ctx := c.ctx
				if ctx == nil {
					ctx = req.Context()
				}
				return &http.Response{StatusCode: status, Header: http.Header{}, Request: req, Body: &endless{ctx: ctx, closed: make(chan struct{})}}, nil
			})}))
			start := time.Now()
			err := deliver.Records(t.Context(), client, records(2))
			if d := time.Since(start); d > c.atMost || (err == nil) != c.delivered {
				t.Errorf("%d: %v after %v", status, err, d)
			}
		})
	}
}

func TestAWebPageIsNoSuccess(t *testing.T) {
	const page = "<html>Welcome</html>"
	blanks := strings.Repeat(" \r\n\t", 1000)
	for _, c := range []struct {
		kind, body string
		delivered  bool
	}{
		{"text/html; charset=utf-8", page, false},
		{"application/xhtml+xml", `<?xml version="1.0"?>`, false},
		{"text/plain", page, true},
		{"", page, true},
		{"application/json", page, true},
		// Many servers say of all that they answer that it is a page.
		{"text/html", `{"stored":3}`, true},
		{"text/html", "ok", true},
		{"text/html", "", true},
		{"text/html", "\uFEFF", true},
		{"text/html", blanks, true},
		{"text/html", blanks + `{}`, true},
		{"text/html", "\uFEFF\n[]", true},
		{"text/html", "\v\f\uFEFF" + blanks + "<!doctype html>", false},
		{"text/html", strings.Repeat(" ", 1<<20), false}, // who knows
	} {
		for _, hook := range []bool{false, true} {
			got := "none"
			opts := []transport.Option{transport.WithoutSetupRetry()}
			if hook {
				opts = append(opts, transport.WithPartialSuccess(func(body []byte, _ int) ([]transport.Failure, error) {
					got = string(body)
					return nil, nil
				}))
			}
			client := clientOn(t, func(req *http.Request) (*http.Response, error) {
				resp := respond(req, 200, c.body)
				resp.Header["Content-Type"] = []string{c.kind}
				return resp, nil
			}, opts...)
			err := deliver.Records(t.Context(), client, records(3))
			if (err == nil) != c.delivered || err != nil && !strings.Contains(err.Error(), "200 OK: the answer is a web page") {
				t.Errorf("%q, %.20q: %v", c.kind, c.body, err)
			}
			if hook && c.delivered && got != c.body {
				t.Errorf("%q, %.20q: the hook got %d of %d bytes", c.kind, c.body, len(got), len(c.body))
			}
		}
	}
}

// TestAPageThatDoesNotBeginIsNoAnswer checks that what says it is a web page is
// looked at for a while only, and is no success unless it turns out to be none.
func TestAPageThatDoesNotBeginIsNoAnswer(t *testing.T) {
	for name, body := range map[string]func(context.Context) io.Reader{
		"nothing": func(ctx context.Context) io.Reader { return &endless{ctx: ctx, closed: make(chan struct{})} },
		"blanks":  func(ctx context.Context) io.Reader { return &drip{ctx, strings.Repeat(" ", 100), time.Second} },
		"cut":     func(context.Context) io.Reader { return brokenReader{} },
	} {
		synctest.Test(t, func(t *testing.T) {
			client := clientOn(t, func(req *http.Request) (*http.Response, error) {
				resp := respond(req, 200, "")
				resp.Header.Set("Content-Type", "text/html")
				resp.Body = io.NopCloser(body(req.Context()))
				return resp, nil
			}, transport.WithoutRetry())
			start := time.Now()
			err := deliver.Records(t.Context(), client, records(3))
			var e *transport.Error
			if d := time.Since(start); !errors.As(err, &e) || e.Setup() || !strings.Contains(err.Error(), "breaks off before its first letter") || d > 5*time.Second {
				t.Errorf("%s: %v after %v", name, err, d)
			}
		})
	}
}

func TestHeadersAreBounded(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for i := range 100 {
			w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 1000))
		}
	}))
	defer web.Close()
	srv := logstotest.NewServer()
	defer srv.Close()
	// The option replaces the client of the tests by the default one.
	c := newClient(t, srv, transport.WithEndpoint(web.URL), transport.WithHTTPClient(transport.DefaultHTTPClient()), transport.WithoutRetry())
	if err := deliver.Records(t.Context(), c, records(1)); err == nil || !strings.Contains(err.Error(), "exceeded 65536 bytes") {
		t.Errorf("Send: %v", err)
	}
}

// TestTheReasonOfAnOutageIsTold checks that the end of the context does not hide
// why the records were not delivered before.
func TestTheReasonOfAnOutageIsTold(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	for name, f := range map[string]func(*http.Request) (*http.Response, error){
		"while it waits": func(*http.Request) (*http.Response, error) { return nil, refused },
		"while it tries": func() func(*http.Request) (*http.Response, error) {
			first := true
			return func(req *http.Request) (*http.Response, error) {
				if first {
					first = false
					return nil, refused
				}
				<-req.Context().Done()
				return nil, req.Context().Err()
			}
		}(),
	} {
		synctest.Test(t, func(t *testing.T) {
			srv := logstotest.NewInMemory()
			defer srv.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			err := deliver.Records(ctx, newClient(t, srv, transport.WithHTTPClient(&http.Client{Transport: roundTripper(f)})), records(1))
			if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "connection refused") {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

// TestOneRefusalOfASizeIsNotRemembered checks that a server which says once that
// a body is too large, and takes no part of it either, is not given small ones
// for ever.
func TestOneRefusalOfASizeIsNotRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := logstotest.NewInMemory()
		defer srv.Close()
		c := newClient(t, srv)
		srv.SetMaxBody(1)
		if err := deliver.Records(t.Context(), c, records(8)); err == nil {
			t.Error("delivered")
		}
		srv.SetMaxBody(0)
		srv.Reset()
		if err := deliver.Records(t.Context(), c, records(8)); err != nil || len(srv.Requests()) > 5 { // the first ones small
			t.Errorf("%v, in %d requests", err, len(srv.Requests()))
		}
	})
}

// TestARefusalIsNotTriedPlainForEver checks that compression is not given up
// again and again once the server has taken it.
func TestARefusalIsNotTriedPlainForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := logstotest.NewInMemory()
		defer srv.Close()
		c := newClient(t, srv)
		if err := deliver.Records(t.Context(), c, records(32)); err != nil {
			t.Fatal(err)
		}
		srv.Poison("poison")
		batch := records(32)
		batch[5] = []byte(`{"message":"poison","level":"info","i":5}`)
		srv.Reset()
		if err := deliver.Records(t.Context(), c, batch); err == nil {
			t.Error("delivered")
		}
		for _, r := range srv.Requests() {
			if r.Encoding == "" && r.Bytes > 1<<10 {
				t.Errorf("a body of %d bytes was sent without compression", r.Bytes)
			}
		}
	})
}

// torrent is the body of an answer that never ends and comes at full speed.
type torrent struct{ read *int }

func (r torrent) Read(p []byte) (int, error) {
	*r.read += len(p)
	return len(p), nil
}

// TestAnEndlessAnswerCostsLittle checks how much of an answer is read.
func TestAnEndlessAnswerCostsLittle(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		opts   []transport.Option
		most   int
	}{
		"success":      {200, nil, 128 << 10},
		"refusal":      {422, nil, 128 << 10},
		"final":        {409, nil, 128 << 10},
		"with a hook":  {200, []transport.Option{transport.WithPartialSuccess(readErrors)}, 1<<20 + 256<<10},
		"without hook": {503, []transport.Option{transport.WithoutRetry()}, 128 << 10},
	} {
		read := 0
		client := clientOn(t, func(req *http.Request) (*http.Response, error) {
			resp := respond(req, c.status, "")
			resp.Body = io.NopCloser(torrent{&read})
			return resp, nil
		}, c.opts...)
		_ = deliver.Records(t.Context(), client, records(1))
		if read == 0 || read > c.most {
			t.Errorf("%s: %d bytes were read", name, read)
		}
	}
}

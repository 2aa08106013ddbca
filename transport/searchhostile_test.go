package transport_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/leak"
	"github.com/logsto/logsto-go/transport"
)

// TestRecordsAreYieldedWhileTheyArrive checks that none waits for a byte behind it,
// and that the body of the loop may take its time.
func TestRecordsAreYieldedWhileTheyArrive(t *testing.T) {
	for name, around := range map[string][2]string{"bare": {"[", "]"}, "nested": {`{"a":{"b":[`, `]}}`}} {
		synctest.Test(t, func(t *testing.T) {
			r, w := io.Pipe()
			next := make(chan struct{}, 1)
			go func() {
				defer w.Close()
				comma := around[0]
				for i := range 5 {
					time.Sleep(29 * time.Second)
					if _, err := fmt.Fprintf(w, "%s{\"i\":%d}", comma, i); err != nil {
						return
					}
					comma = ","
					<-next
				}
				time.Sleep(29 * time.Second)
				_, _ = io.WriteString(w, around[1])
			}()
			start, n := time.Now(), 0
			defer close(next)
			for record, err := range clientOn(t, answers(r)).Search(t.Context(), "q") {
				if err != nil || string(record) != fmt.Sprintf(`{"i":%d}`, n) || time.Since(start) != 29*time.Second {
					t.Errorf("%s: %s, %v after %v", name, record, err, time.Since(start))
				}
				time.Sleep(time.Hour) // nothing times out meanwhile
				n++
				start = time.Now()
				next <- struct{}{}
			}
			if n != 5 {
				t.Errorf("%s: %d records", name, n)
			}
		})
	}
}

// dripping is a body that comes byte by byte, and ends with its context.
type dripping struct {
	ctx   context.Context
	text  string
	every time.Duration
}

func (d *dripping) Read(p []byte) (int, error) {
	if d.text == "" {
		<-d.ctx.Done()
		return 0, d.ctx.Err()
	}
	select {
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	case <-time.After(d.every):
		p[0], d.text = d.text[0], d.text[1:]
		return 1, nil
	}
}

// TestASilentServer checks the time-out: until the answer begins, and for each silence
// then.
func TestASilentServer(t *testing.T) {
	wait := func(req *http.Request, d time.Duration) error {
		select {
		case <-time.After(d):
			return nil
		case <-req.Context().Done():
			return context.Cause(req.Context())
		}
	}
	for name, c := range map[string]struct {
		begins time.Duration
		text   string
		every  time.Duration
		found  int
		after  time.Duration
		want   string
	}{
		"no answer":     {begins: time.Hour, after: 10 * time.Second, want: "transport: https://api.logs.to/v1/search: no answer: nothing has come for 10s"},
		"no body":       {begins: 9 * time.Second, after: 19 * time.Second, want: "transport: https://api.logs.to/v1/search: 200 OK: nothing has come for 10s"},
		"an envelope":   {text: `{"a":`, every: 9 * time.Second, after: 55 * time.Second, want: "200 OK: nothing"},
		"a record":      {text: `[{},{`, every: 9 * time.Second, after: 55 * time.Second, found: 1, want: "200 OK: nothing"},
		"all but end":   {text: `[{},{}]`, every: time.Second, after: 17 * time.Second, found: 2, want: "200 OK: nothing"},
		"slower":        {text: `[{}]`, every: 11 * time.Second, after: 10 * time.Second, want: "200 OK: nothing"},
		"a slow answer": {text: "[" + strings.Repeat("{},", 1000) + "{", every: 9 * time.Second, after: 3002*9*time.Second + 10*time.Second, found: 1000, want: "200 OK: nothing"},
	} {
		synctest.Test(t, func(t *testing.T) {
			client := clientOn(t, func(req *http.Request) (*http.Response, error) {
				if err := wait(req, c.begins); err != nil {
					return nil, err
				}
				return answers(&dripping{req.Context(), c.text, c.every})(req)
			}, transport.WithTimeout(10*time.Second))
			start := time.Now()
			got, err := found(client.Search(t.Context(), "q"))
			if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), c.want) || len(got) != c.found || time.Since(start) != c.after {
				t.Errorf("%s: %q, %v after %v", name, got, err, time.Since(start))
			}
		})
	}
}

// TestRefusalsThatDoNotEnd checks that what an answer means counts at once.
func TestRefusalsThatDoNotEnd(t *testing.T) {
	for _, status := range []int{200, 302, 401, 500} {
		synctest.Test(t, func(t *testing.T) {
			client := clientOn(t, func(req *http.Request) (*http.Response, error) {
				resp, err := answers(&dripping{req.Context(), "no good", time.Millisecond})(req)
				resp.StatusCode = status
				return resp, err
			})
			start := time.Now()
			_, err := found(client.Search(t.Context(), "q"))
			if err == nil || !strings.Contains(err.Error(), fmt.Sprint(status)) || time.Since(start) > time.Second {
				t.Errorf("%d: %v after %v", status, err, time.Since(start))
			}
		})
	}
}

// TestTheContextEndsASearch checks that it does so wherever the search is.
func TestTheContextEndsASearch(t *testing.T) {
	reason := errors.New("no longer wanted")
	for name, c := range map[string]struct {
		transport roundTrip
		credits   *auth.Credential
		sent      uint64
		found     int
	}{
		"token": {nil, auth.TokenSource(slowTokens{}), 0, 0},
		"answer": {func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		}, nil, 1, 0},
		"body": {func(req *http.Request) (*http.Response, error) { return answers(&dripping{req.Context(), "", 0})(req) }, nil, 1, 0},
		"record": {func(req *http.Request) (*http.Response, error) {
			return answers(&dripping{req.Context(), `[{},{},{"`, 0})(req)
		}, nil, 1, 2},
		"refusal": {func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, errors.New("other")
		}, nil, 1, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			time.AfterFunc(time.Second, func() { cancel(reason) })
			var opts []transport.Option
			if c.credits != nil {
				opts = append(opts, transport.WithAuth(c.credits))
			}
			client := clientOn(t, c.transport, opts...)
			start := time.Now()
			got, err := found(client.Search(ctx, "q"))
			var e *transport.Error
			if !errors.Is(err, reason) || !errors.As(err, &e) || len(got) != c.found || time.Since(start) != time.Second || client.Stats().Searches != c.sent {
				t.Errorf("%s: %q, %v after %v, %+v", name, got, err, time.Since(start), client.Stats())
			}
			// From now on nothing is sent.
			if got, err := found(client.Search(ctx, "q")); !errors.Is(err, reason) || got != nil || client.Stats().Searches != c.sent || err.Error() != "transport: https://api.logs.to/v1/search: not sent: no longer wanted" {
				t.Errorf("%s: %q, %v", name, got, err)
			}
			time.Sleep(2 * time.Second) // a token source cannot be told to end
		})
	}
}

// slowTokens is a token source that takes two seconds.
type slowTokens struct{}

func (slowTokens) Token() (*oauth2.Token, error) {
	time.Sleep(2 * time.Second)
	return nil, errors.New("late")
}

// TestTheContextEndsASearchInTheLoop checks that what has arrived already is not
// yielded after the end.
func TestTheContextEndsASearchInTheLoop(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	var last error
	for _, last = range clientOn(t, answers(strings.NewReader(`[{},{},{}]`))).Search(ctx, "q") {
		n++
		cancel()
	}
	if n != 2 || !errors.Is(last, context.Canceled) {
		t.Errorf("%d iterations, %v", n, last)
	}
}

// foreign is a body that panics.
type foreign struct{ read string }

func (f foreign) Read(p []byte) (int, error) {
	if f.read == "" {
		panic("with the credential " + secret)
	}
	return copy(p, f.read), io.EOF
}

func (f foreign) Close() error { panic("with the credential " + secret) }

// listError is an error that cannot be compared, and badError one whose method panics.
type listError []string

func (e listError) Error() string { return strings.Join(e, ", ") }

type badError struct{ text string }

func (e *badError) Error() string { return e.text }

func TestPanicsOfTheHTTPClient(t *testing.T) {
	if _, err := search(t, iotest.ErrReader(listError{"one", "two"})); err == nil || err.Error() != "transport: https://api.logs.to/v1/search: 200 OK: the answer breaks off: one, two" {
		t.Error(err)
	}
	for name, rt := range map[string]roundTrip{
		"error":      func(*http.Request) (*http.Response, error) { return nil, (*badError)(nil) },
		"read error": answers(iotest.ErrReader((*badError)(nil))),
		"round trip": func(*http.Request) (*http.Response, error) { panic("with the credential " + secret) },
		"read":       answers(foreign{}),
	} {
		got, err := found(clientOn(t, rt).Search(t.Context(), "q"))
		if err == nil || got != nil || !strings.Contains(err.Error(), "the HTTP client panicked") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if got, err := found(clientOn(t, answers(foreign{read: "[{}]"})).Search(t.Context(), "q")); err != nil || len(got) != 1 {
		t.Errorf("close: %q, %v", got, err)
	}
}

// closing counts how often it is closed.
type closing struct {
	io.Reader
	closed *atomic.Int32
}

func (c closing) Close() error { c.closed.Add(1); return nil }

// TestEverySearchEndsItsRequest checks that nothing of it lives on, however it ends.
func TestEverySearchEndsItsRequest(t *testing.T) {
	for name, text := range map[string]string{"end": `[{}]`, "break": `[{},{"stop":1},{}]`, "error": `[{},1]`} {
		var closed atomic.Int32
		var request context.Context
		client := clientOn(t, func(req *http.Request) (*http.Response, error) {
			request = req.Context()
			return answers(closing{strings.NewReader(text), &closed})(req)
		})
		for r := range client.Search(t.Context(), "q") {
			if request.Err() != nil && r != nil {
				t.Errorf("%s: the request has ended already", name)
			}
			if len(r) > 2 {
				break
			}
		}
		if request.Err() == nil || closed.Load() != 1 {
			t.Errorf("%s: %v, closed %d times", name, request.Err(), closed.Load())
		}
	}
}

// TestAPanicOfTheLoopIsTheCallers checks that it comes through, and the body is
// closed.
func TestAPanicOfTheLoopIsTheCallers(t *testing.T) {
	var closed atomic.Int32
	defer func() {
		if p := recover(); p != "mine" || closed.Load() != 1 {
			t.Errorf("%v, closed %d times", p, closed.Load())
		}
	}()
	for range clientOn(t, answers(closing{strings.NewReader("[{}]"), &closed})).Search(t.Context(), "q") {
		panic("mine")
	}
}

// searchServer is a server on loopback, over plain HTTP/1.1 or HTTP/2 with TLS, and a
// client for it. Each end of a request that it has served is told.
func searchServer(t *testing.T, http2 bool, f http.HandlerFunc) (c *transport.Client, ended <-chan struct{}) {
	t.Helper()
	ch := make(chan struct{}, 100)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { ch <- struct{}{} }()
		f(w, r)
	}))
	opts := []transport.Option{transport.WithAuth(auth.APIKey(secret))}
	if srv.EnableHTTP2 = http2; http2 {
		srv.StartTLS()
		roots := x509.NewCertPool()
		roots.AddCert(srv.Certificate())
		opts = append(opts, transport.WithTLSConfig(&tls.Config{RootCAs: roots}))
	} else {
		srv.Start()
	}
	t.Cleanup(srv.Close)
	c, err := transport.New(append(opts, transport.WithEndpoint(srv.URL+"/v1/log"))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c, ch
}

// TestBreakingOutEndsTheRequest checks that the server notices at once, and that
// nothing is left behind.
func TestBreakingOutEndsTheRequest(t *testing.T) {
	for proto, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		client, ended := searchServer(t, http2, func(w http.ResponseWriter, r *http.Request) {
			if r.Proto != proto {
				t.Errorf("%s, want %s", r.Proto, proto)
			}
			_, _ = io.WriteString(w, "[{}")
			_ = http.NewResponseController(w).Flush()
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, ",{}"); err != nil {
					return
				}
			}
		})
		before := runtime.NumGoroutine()
		for range 5 {
			for _, err := range client.Search(t.Context(), "q") {
				if err != nil {
					t.Fatal(err)
				}
				break
			}
			<-ended // or the test never ends
		}
		client.CloseIdleConnections()
		deadline := time.Now().Add(10 * time.Second)
		for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
			runtime.Gosched()
		}
		if after := runtime.NumGoroutine(); after > before {
			t.Errorf("%s: %d goroutines, %d before", proto, after, before)
		}
	}
}

// TestAConnectionServesManySearches checks that an answer which was read to its end
// leaves its connection to the next one, compressed or not, refused or not.
func TestAConnectionServesManySearches(t *testing.T) {
	for name, status := range map[string]int{"plain": 200, "gzip": 200, "refused": 500} {
		var mu sync.Mutex
		conns := map[string]bool{}
		client, _ := searchServer(t, false, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			conns[r.RemoteAddr] = true
			mu.Unlock()
			out := io.Writer(w)
			if name == "gzip" {
				if r.Header.Get("Accept-Encoding") != "gzip" {
					t.Errorf("Accept-Encoding is %q", r.Header.Get("Accept-Encoding"))
				}
				w.Header().Set("Content-Encoding", "gzip")
				z := gzip.NewWriter(w)
				defer z.Close()
				out = z
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(out, `{"records":[{"a":1},{"b":2}]}`)
		})
		for range 5 {
			got, err := found(client.Search(t.Context(), "q"))
			if status == 200 && (err != nil || len(got) != 2) || status != 200 && err == nil {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
		if len(conns) != 1 {
			t.Errorf("%s: %d connections", name, len(conns))
		}
	}
}

// TestABombIsBounded checks that the bounds hold for what comes out of compression.
func TestABombIsBounded(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = io.WriteString(z, `[{"a":"`)
	for range 64 {
		_, _ = io.WriteString(z, strings.Repeat("x", 1<<20))
	}
	_ = z.Close()
	client, _ := searchServer(t, false, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb.Bytes())
	})
	_, err := found(client.Search(t.Context(), "q", transport.WithMaxRecordBytes(1<<20)))
	if err == nil || !strings.Contains(err.Error(), "a record has more than 1048576 bytes") {
		t.Error(err)
	}
}

// TestServersThatCutTheirAnswer checks that none passes for a whole one, over a
// socket.
func TestServersThatCutTheirAnswer(t *testing.T) {
	const body = `{"records":[{"a":1},{"b":2}]}`
	for name, f := range map[string]http.HandlerFunc{
		"length": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(len(body)+1))
			_, _ = io.WriteString(w, body)
		},
		"chunks": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, body)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		},
		"gzip": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, body)
			_ = z.Flush() // and no trailer
		},
	} {
		client, _ := searchServer(t, false, f)
		got, err := found(client.Search(t.Context(), "q"))
		if len(got) != 2 || err == nil || !strings.Contains(err.Error(), "breaks off") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestAnIteratorServesManyGoroutines(t *testing.T) {
	client := clientOn(t, func(req *http.Request) (*http.Response, error) {
		return answers(strings.NewReader(`[{"a":1},{"b":2}]`))(req)
	})
	seq := client.Search(t.Context(), "q", transport.WithParam("a", "b"))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if got, err := found(seq); err != nil || len(got) != 2 {
					t.Errorf("%q, %v", got, err)
				}
			}
		})
	}
	wg.Wait()
	if n := client.Stats().Searches; n != 160 {
		t.Errorf("%d searches", n)
	}
}

// TestPartOfTheSecretIsNotShown checks that an answer which breaks off within the secret
// does not show its first part.
func TestPartOfTheSecretIsNotShown(t *testing.T) {
	text := "something long " + strings.Repeat("x", 200) + secret[:len(secret)-1]
	_, err := search(t, io.MultiReader(strings.NewReader(text), iotest.ErrReader(errors.New("reset"))))
	if err == nil || !strings.Contains(err.Error(), "something long xx") || strings.Contains(err.Error(), secret[:4]) {
		t.Error(err)
	}
}

// TestSearchesNeverShowTheSecret lets the server send back all that it got, in each
// way, with all that may be wrong with it.
func TestSearchesNeverShowTheSecret(t *testing.T) {
	const token = "the-key-or-token"
	for kind, credential := range credentials() {
		for _, status := range []int{200, 302, 400, 401, 403, 500} {
			for how, text := range map[string]string{
				"text": "%v", "quoted": "%q", "JSON": `{"you sent":%q}`, "record": `[{"a":%q`, "cut": strings.Repeat("x", 1014) + "%s",
				"member": `{"a":%q,"b":"` + strings.Repeat("y", 2000),
			} {
				for _, target := range []string{"", "https://evil.example/%s?a=%[1]s", "::%s"} {
					c := clientOn(t, func(req *http.Request) (*http.Response, error) {
						if req.URL.Host == "auth.example" {
							resp := respond(req, 200, `{"access_token":"`+token+`"}`)
							resp.Header.Set("Content-Type", "application/json")
							return resp, nil
						}
						sent := req.Header.Get("Authorization") + req.Header.Get("X-Logs-Api-Key")
						resp, err := answers(strings.NewReader(fmt.Sprintf(text, sent)))(req)
						resp.StatusCode = status
						if target != "" {
							resp.Header.Set("Location", fmt.Sprintf(target, token))
						}
						return resp, err
					}, transport.WithAuth(credential))
					_, err := found(c.Search(t.Context(), "q"))
					if err == nil {
						t.Errorf("%s, %d, %s: no error", kind, status, how)
					}
					if how2 := leak.InError(err, token); how2 != "" {
						t.Errorf("%s, %d, %s, %q: %s", kind, status, how, target, how2)
					}
				}
			}
		}
		// An error of the HTTP client may say it too, and has the URL.
		c := clientOn(t, func(req *http.Request) (*http.Response, error) {
			if req.URL.Host == "auth.example" {
				return respond(req, 500, ""), nil
			}
			return nil, fmt.Errorf("cannot send %v", req.Header)
		}, transport.WithAuth(credential), transport.WithEndpoint("https://logs.example/v1/log?key=hidden"))
		_, err := found(c.Search(t.Context(), "find-me"))
		if err == nil || strings.Contains(err.Error(), "find-me") || strings.Contains(err.Error(), "hidden") || leak.InError(err, token) != "" {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

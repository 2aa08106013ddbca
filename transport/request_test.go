package transport_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// roundTrip is an http.RoundTripper.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// respond returns an answer, and closes the body of the request as a
// RoundTripper must.
func respond(req *http.Request, status int, body string) *http.Response {
	_ = req.Body.Close()
	return &http.Response{StatusCode: status, Request: req, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
}

// clientOn returns a client whose requests go to f, with the key secret.
func clientOn(tb testing.TB, f roundTrip, opts ...transport.Option) *transport.Client {
	tb.Helper()
	c, err := transport.New(append([]transport.Option{
		transport.WithHTTPClient(&http.Client{Transport: f}), transport.WithAuth(auth.APIKey(secret)),
	}, opts...)...)
	if err != nil {
		tb.Fatal(err)
	}
	return transport.Acquaint(c)
}

func TestTheRequest(t *testing.T) {
	type headers = map[string][]string // nil for those that must be absent
	for name, c := range map[string]struct {
		opts    []transport.Option
		records int
		want    headers
		body    string // how it begins
	}{
		"one record": {nil, 1, headers{
			"Content-Type": {"application/json"}, "User-Agent": {"logsto-go"}, "X-Logs-Api-Key": {secret},
			"Authorization": nil, "Content-Encoding": nil,
		}, `{"message":`},
		"array":           {nil, 2, headers{"Content-Type": {"application/json"}}, `[{"message":`},
		"NDJSON":          {[]transport.Option{transport.WithFormat(transport.NDJSON)}, 2, headers{"Content-Type": {"application/x-ndjson"}}, `{"message":`},
		"one in an array": {[]transport.Option{transport.WithFormat(transport.Array)}, 1, nil, `[{"message":`},
		"headers": {[]transport.Option{
			transport.WithHeader("x-team", "blue"), transport.WithHeader("X-Team", "red"), transport.WithUserAgent("me/1"),
		}, 1, headers{"X-Team": {"blue", "red"}, "User-Agent": {"me/1"}}, "{"},
		"no user agent": {[]transport.Option{transport.WithUserAgent("")}, 1, headers{"User-Agent": {""}}, "{"},
		"Bearer": {[]transport.Option{
			transport.WithAuth(auth.APIKey(secret, auth.WithScheme("Bearer"))),
		}, 1, headers{"Authorization": {"Bearer " + secret}, "X-Logs-Api-Key": nil}, "{"},
	} {
		t.Run(name, func(t *testing.T) {
			requests := 0
			client := clientOn(t, func(req *http.Request) (*http.Response, error) {
				requests++
				body, _ := io.ReadAll(req.Body)
				if req.Method != http.MethodPost || req.URL.String() != transport.DefaultEndpoint {
					t.Errorf("%s %s", req.Method, req.URL)
				}
				if int64(len(body)) != req.ContentLength || !strings.HasPrefix(string(body), c.body) {
					t.Errorf("%d of %d bytes: %.40s", len(body), req.ContentLength, body)
				}
				for k, want := range c.want {
					if got := req.Header[k]; !slices.Equal(got, want) {
						t.Errorf("%s: %q, want %q", k, got, want)
					}
				}
				if len(header(req, "Idempotency-Key")) != 1 {
					t.Errorf("Idempotency-Key: %q", req.Header)
				}
				return respond(req, 200, ""), nil
			}, c.opts...)
			if err := deliver.Records(t.Context(), client, records(c.records)); err != nil || requests != 1 {
				t.Errorf("Send: %v, %d requests", err, requests)
			}
		})
	}
}

func TestBodiesAreCompressedFromAKibibyte(t *testing.T) {
	for z, encoding := range map[transport.Compression]string{
		transport.AutoCompression: "gzip", transport.Gzip: "gzip", transport.Zstd: "zstd", transport.Identity: "",
	} {
		for _, size := range []int{1023, 1024, 64 << 10} {
			sent := record(1, size-len(record(1, 0)))
			var got []byte
			c := clientOn(t, func(req *http.Request) (*http.Response, error) {
				want := encoding
				if size < 1024 {
					want = ""
				}
				if e := req.Header.Get("Content-Encoding"); e != want {
					t.Errorf("%v, %d bytes: encoding %q, want %q", z, size, e, want)
				}
				got = unpack(t, req)
				return respond(req, 200, ""), nil
			}, transport.WithCompression(z))
			for range 2 { // the second time in memory that was used before
				if err := deliver.Records(t.Context(), c, [][]byte{sent}); err != nil || !bytes.Equal(got, sent) {
					t.Errorf("%v, %d bytes: %v, arrived %d", z, size, err, len(got))
				}
			}
		}
	}
}

// unpack returns the body of a request without its compression.
func unpack(t *testing.T, req *http.Request) []byte {
	t.Helper()
	var in io.Reader = req.Body
	switch req.Header.Get("Content-Encoding") {
	case "gzip":
		z, err := gzip.NewReader(in)
		if err != nil {
			t.Fatal(err)
		}
		in = z
	case "zstd":
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		in = z
	}
	out, err := io.ReadAll(in)
	if err != nil {
		t.Error(err)
	}
	return out
}

// tlsServer returns a server that takes everything, and counts it.
func tlsServer(t *testing.T) (*httptest.Server, *atomic.Int32) {
	t.Helper()
	requests := new(atomic.Int32)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that are to fail
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv, requests
}

func TestAnswersAreDrained(t *testing.T) {
	for name, c := range map[string]struct {
		status, body int
		connections  int32 // for ten requests
	}{
		"small error":    {404, 100, 1},
		"large error":    {404, 60 << 10, 1},
		"success":        {200, 60 << 10, 1},
		"much too large": {404, 8 << 20, 10}, // cheaper to connect again than to read
	} {
		t.Run(name, func(t *testing.T) {
			var connections atomic.Int32
			srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				w.WriteHeader(c.status)
				chunk := bytes.Repeat([]byte("x"), min(c.body, 64<<10))
				for range max(1, c.body/len(chunk)) {
					if _, err := w.Write(chunk); err != nil {
						return
					}
				}
			}))
			srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
				if s == http.StateNew {
					connections.Add(1)
				}
			}
			srv.Start()
			defer srv.Close()
			client, err := transport.New(transport.WithEndpoint(srv.URL), transport.WithAuth(auth.APIKey(secret)), transport.WithoutSetupRetry())
			if err != nil {
				t.Fatal(err)
			}
			defer client.CloseIdleConnections()
			for range 10 {
				if err := deliver.Records(t.Context(), client, records(1)); (err == nil) != (c.status == 200) {
					t.Error(err)
				}
			}
			if got := connections.Load(); got != c.connections {
				t.Errorf("%d connections, want %d", got, c.connections)
			}
		})
	}
}

// Bodies of this size are not kept for reuse; their repetitions must be whole.
func TestABodyOfManyMebibytes(t *testing.T) {
	batch := make([][]byte, 4)
	for i := range batch {
		batch[i] = record(i, 1<<20)
	}
	whole := slices.Concat([]byte("["), bytes.Join(batch, []byte(",")), []byte("]"))
	for z, statuses := range map[transport.Compression][]int{transport.Identity: {200}, transport.Zstd: {503, 200}} {
		synctest.Test(t, func(t *testing.T) {
			var sent int64
			c := clientOn(t, func(req *http.Request) (*http.Response, error) {
				sent += req.ContentLength
				if got := unpack(t, req); !bytes.Equal(got, whole) {
					t.Errorf("%v: %d bytes arrived, want %d", z, len(got), len(whole))
				}
				status := statuses[0]
				statuses = statuses[1:]
				return respond(req, status, ""), nil
			}, transport.WithCompression(z), transport.WithFormat(transport.Array))
			if err := deliver.Records(t.Context(), c, batch); err != nil {
				t.Error(err)
			}
			if s := c.Stats(); len(statuses) > 0 || s.Requests != s.Retries+1 || s.Bytes != uint64(sent) {
				t.Errorf("%v: %+v, sent %d", z, s, sent)
			}
		})
	}
}

var errEnough = errors.New("waited long enough")

func TestAServerThatHangsHoldsNobodyBeyondTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := logstotest.NewInMemory()
		defer srv.Close()
		srv.Script(logstotest.Hang())
		ctx, cancel := context.WithTimeoutCause(t.Context(), 5*time.Second, errEnough)
		defer cancel()
		start := time.Now()
		err := deliver.Records(ctx, newClient(t, srv), records(3))
		if d := time.Since(start); d != 5*time.Second || !errors.Is(err, errEnough) {
			t.Errorf("after %v: %v", d, err)
		}
	})
}

func TestATokenEndpointThatHangsHoldsNobodyBeyondTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clientOn(t, func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		}, transport.WithAuth(client("https://auth.example/token")))
		ctx, cancel := context.WithTimeoutCause(t.Context(), 45*time.Second, errEnough)
		defer cancel()
		start := time.Now()
		err := deliver.Records(ctx, c, records(3))
		if d := time.Since(start); d != 45*time.Second || !errors.Is(err, errEnough) {
			t.Errorf("after %v: %v", d, err)
		}
		if s := c.Stats(); s.Requests != 0 || s.Failed != 0 || !s.Down || s.LastError == nil {
			t.Errorf("nothing was sent, but %+v", s)
		} else if !strings.HasPrefix(s.LastError.Error(), "transport: https://api.logs.to/v1/log: not sent after ") {
			t.Error(s.LastError)
		}
		time.Sleep(15 * time.Second) // the fetch goes on to its own end
	})
}

// header returns the values of a header, however its name is written.
func header(req *http.Request, name string) (values []string) {
	for k, v := range req.Header {
		if strings.EqualFold(k, name) {
			values = append(values, v...)
		}
	}
	return values
}

func TestTheHeaderOfTheIdempotencyKey(t *testing.T) {
	for name, opts := range map[string][]transport.Option{
		"Idempotency-Key": nil,
		"X-Request-Id":    {transport.WithIdempotencyHeader("x-request-id")},
		"":                {transport.WithIdempotencyHeader("")},
	} {
		client := clientOn(t, func(req *http.Request) (*http.Response, error) {
			for _, h := range []string{"Idempotency-Key", "X-Request-Id"} {
				if got := len(header(req, h)); (got == 1) != (h == name) {
					t.Errorf("%q: %d of %s", name, got, h)
				}
			}
			return respond(req, 200, ""), nil
		}, opts...)
		if err := deliver.Records(t.Context(), client, records(2)); err != nil {
			t.Error(err)
		}
	}
}

// TestARepetitionHasTheSameBody checks that a repetition sends the same bytes.
func TestARepetitionHasTheSameBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var first []byte
		n := 0
		batch := records(100)
		client := clientOn(t, func(req *http.Request) (*http.Response, error) {
			body, _ := io.ReadAll(req.Body)
			if n++; n == 1 {
				first = body
				return respond(req, 503, ""), nil
			}
			if !bytes.Equal(body, first) {
				t.Error("the repetition differs")
			}
			return respond(req, 200, ""), nil
		})
		if err := deliver.Records(t.Context(), client, batch); err != nil || n != 2 {
			t.Errorf("%v after %d", err, n)
		}
	})
}

func TestARefusedRecordIsShownWithoutTheSecret(t *testing.T) {
	for before := range 300 {
		rec := []byte(strings.Repeat("x", before) + secret + "\n\x1b[31m" + strings.Repeat("y", 1000))
		client := clientOn(t, func(req *http.Request) (*http.Response, error) { return respond(req, 422, ""), nil })
		err := deliver.Records(t.Context(), client, [][]byte{rec})
		var e *transport.Error
		if !errors.As(err, &e) || len(e.Record) > 256 || len(e.Record) < 200 || strings.Contains(e.Record, "s3c") || strings.ContainsAny(e.Record, "\n\x1b") ||
			!strings.HasSuffix(err.Error(), "record "+e.Record) {
			t.Fatalf("%d: %d bytes, %v", before, len(e.Record), err)
		}
	}
}

package transport_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/transport"
)

// rawServer takes connections on loopback, and calls answer with each request that
// comes on one, and its number among all; if that returns nothing, it closes the
// connection.
func rawServer(t *testing.T, answer func(n int) string) (url string, requests, bytes *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	requests, bytes = new(atomic.Int64), new(atomic.Int64)
	serve := func(conn net.Conn) {
		defer conn.Close()
		for in := bufio.NewReader(conn); ; {
			req, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			n, err := io.Copy(io.Discard, req.Body)
			if err != nil {
				t.Error(err)
			}
			bytes.Add(n)
			text := answer(int(requests.Add(1)))
			if text == "" {
				return
			}
			_, _ = io.WriteString(conn, text)
		}
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serve(conn)
		}
	}()
	t.Cleanup(func() { _ = l.Close() })
	return "http://" + l.Addr().String(), requests, bytes
}

// TestStatsHaveWhatNetHTTPSendsByItself checks them against what the server sees.
func TestStatsHaveWhatNetHTTPSendsByItself(t *testing.T) {
	const ok, moved = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 307 x\r\nContent-Length: 0\r\nLocation: /v2\r\n\r\n"
	for name, c := range map[string]struct {
		answers          []string
		retries          uint64
		delivered, fails uint64
	}{
		"a kept connection that dies": {[]string{ok, "", ok}, 1, 2, 1},
		"dies twice":                  {[]string{ok, "", "", ok}, 2, 2, 2}, // the second time on a new one: the client tries again
		"a redirect":                  {[]string{ok, moved, ok}, 1, 2, 1},
		"a redirect, then it dies":    {[]string{ok, moved, "", ok}, 2, 2, 2},
	} {
		url, requests, bytes := rawServer(t, func(n int) string { return c.answers[min(n, len(c.answers))-1] })
		client, err := transport.New(transport.WithEndpoint(url), transport.WithAuth(auth.APIKey(secret)))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := deliver.Records(t.Context(), client, records(1)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		s := client.Stats()
		if int(s.Requests) != len(c.answers) || int64(s.Requests) != requests.Load() || int64(s.Bytes) != bytes.Load() ||
			s.Retries != c.retries || s.Delivered != c.delivered || s.Failed != c.fails {
			t.Errorf("%s: the server saw %d requests with %d bytes: %+v", name, requests.Load(), bytes.Load(), s)
		}
		client.CloseIdleConnections()
	}
}

// TestARedirectThatIsNotFollowedIsOneRequest checks that a body that net/http asks
// for and does not send is not counted.
func TestARedirectThatIsNotFollowedIsOneRequest(t *testing.T) {
	srv := httptest.NewServer(http.RedirectHandler("http://127.0.0.2/v1/log", http.StatusTemporaryRedirect))
	defer srv.Close()
	client, err := transport.New(transport.WithEndpoint(srv.URL), transport.WithAuth(auth.APIKey(secret)), transport.WithoutRetry())
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	if err := deliver.Records(t.Context(), client, records(1)); err == nil {
		t.Error("delivered")
	}
	if s := client.Stats(); s.Requests != 1 || s.Retries != 0 || s.Failed != 1 {
		t.Errorf("%+v", s)
	}
}

package transport

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
)

// TestReuse goes through what connections do: "s" is one that ends with its answer, "i" one
// that was idle for a second, "a" an answer that says that its connection ends, "." a second,
// "," a minute.
func TestReuse(t *testing.T) {
	for way, only := range map[string]bool{
		"": false, "s": false, "ss": true, "s.s": true, "s,s": true, "i.i.i": false, "s.i.s": false, "s.i.ss": true,
		"as.as.as": false, "a.s.s": true, "as.ss": true,
		"ss,,,,,,,,,":           true,  // for ten minutes
		"ss,,,,,,,,,,":          false, // and tried again
		"ss,s,s,s,s,s,s,s,s,s,": false, // those of their own say nothing
		"ss,,,,,,,,,,?s":        false,
		"ss,,,,,,,,,,?ss":       true,
		"ss,,,,,,,,,,?i.i":      false,
	} {
		synctest.Test(t, func(t *testing.T) {
			var r reuse
			for _, step := range way {
				switch step {
				case 's':
					r.closed(time.Millisecond)
				case 'i':
					r.closed(time.Second)
				case 'a':
					r.announce()
				case '?':
					r.only()
				case '.':
					time.Sleep(time.Second)
				case ',':
					time.Sleep(time.Minute)
				}
			}
			if got := r.only(); got != only {
				t.Errorf("after %q a request has a connection of its own: %t", way, got)
			}
		})
	}
}

// TestReuseOutlastsConnections checks that it is not forgotten when connections are replaced.
func TestReuseOutlastsConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(nil, func() *http.Transport { return defaultTransport(4, time.Minute, nil) })
		p.reuse.closed(0)
		p.reuse.closed(0)
		time.Sleep(maxConnAge + maxConnAge/4 + time.Second)
		p.current()
		if !p.reuse.only() {
			t.Errorf("forgotten after %v of %v", maxConnAge+maxConnAge/4, noReuse)
		}
	})
}

// TestConnectionsAreShared counts the connections to servers that close them for good reasons.
func TestConnectionsAreShared(t *testing.T) {
	for name, c := range map[string]struct {
		tls, polite bool
		idle, pause time.Duration
	}{
		"503 that says so":           {polite: true},
		"503 that says so, TLS":      {polite: true, tls: true},
		"closed when idle":           {idle: 600 * time.Millisecond, pause: 900 * time.Millisecond},
		"closed when idle, with TLS": {idle: 600 * time.Millisecond, pause: 900 * time.Millisecond, tls: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var conns, requests atomic.Int64
			srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				if requests.Add(1) <= 4 && c.polite {
					w.Header().Set("Connection", "close")
					w.WriteHeader(http.StatusServiceUnavailable)
				}
			}))
			srv.Config.IdleTimeout = c.idle
			srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
				if s == http.StateNew {
					conns.Add(1)
				}
			}
			opts := []Option{WithAuth(auth.APIKey("k"))}
			if c.tls {
				srv.StartTLS()
				opts = append(opts, WithTLSConfig(srv.Client().Transport.(*http.Transport).TLSClientConfig))
			} else {
				srv.Start()
			}
			defer srv.Close()
			client, err := New(append(opts, WithEndpoint(srv.URL))...)
			if err != nil {
				t.Fatal(err)
			}
			defer client.CloseIdleConnections()
			for i := range 60 {
				if r := client.Send(t.Context(), &batch.Batch{Records: [][]byte{fmt.Appendf(nil, `{"message":"%d"}`, i)}}); len(r.Lost)+len(r.Deferred)+len(r.Retry) > 0 {
					t.Fatalf("%+v", r)
				}
				if i < 4 {
					time.Sleep(c.pause)
				}
			}
			if n := conns.Load(); n > 8 {
				t.Errorf("%d requests over %d connections", requests.Load(), n)
			}
		})
	}
}

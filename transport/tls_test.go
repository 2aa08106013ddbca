package transport_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/internal/leak"
	"github.com/logsto/logsto-go/transport"
)

// A certificate pool and a client certificate of one's own; the proxy is that of
// the environment (HTTPS_PROXY), as always.
func ExampleWithTLSConfig() {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.Proto, "with a client certificate:", len(r.TLS.PeerCertificates) == 1)
	}))
	srv.EnableHTTP2 = true
	srv.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	srv.StartTLS()
	defer srv.Close()

	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	client, err := transport.New(
		transport.WithEndpoint(srv.URL),
		transport.WithAuth(auth.APIKey("key")),
		transport.WithTLSConfig(&tls.Config{
			RootCAs:      pool,
			Certificates: srv.TLS.Certificates, // any will do here
		}),
	)
	if err != nil {
		panic(err)
	}
	defer client.CloseIdleConnections()
	fmt.Println(deliver.Records(context.Background(), client, [][]byte{[]byte(`{"level":"info","message":"hello"}`)}))
	// Output:
	// HTTP/2.0 with a client certificate: true
	// <nil>
}

// connectProxy returns a proxy for CONNECT on loopback, and how often it was used.
func connectProxy(t *testing.T) (*url.URL, *atomic.Int32) {
	t.Helper()
	used := new(atomic.Int32)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		up, err := net.Dial("tcp", r.Host)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		used.Add(1)
		down, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(down, "HTTP/1.1 200 Connection established\r\n\r\n")
		go func() { _, _ = io.Copy(up, buffered); _ = up.Close() }()
		go func() { _, _ = io.Copy(down, up); _ = down.Close() }()
	}))
	t.Cleanup(srv.Close)
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u, used
}

func TestAProxyWithClientCertificates(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if len(r.TLS.PeerCertificates) != 1 || r.Header.Get("X-Logs-Api-Key") != secret {
			t.Errorf("%d certificates, header %v", len(r.TLS.PeerCertificates), r.Header)
		}
	}))
	srv.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	srv.StartTLS()
	defer srv.Close()
	proxy, used := connectProxy(t)
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	hc := transport.DefaultHTTPClient()
	tr := hc.Transport.(*http.Transport)
	tr.Proxy = http.ProxyURL(proxy)
	tr.TLSClientConfig = &tls.Config{RootCAs: pool, Certificates: srv.TLS.Certificates}
	client, err := transport.New(transport.WithEndpoint(srv.URL), transport.WithAuth(auth.APIKey(secret)), transport.WithHTTPClient(hc))
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	if err := deliver.Records(t.Context(), client, records(2)); err != nil || used.Load() != 1 {
		t.Errorf("%v; the proxy was used %d times", err, used.Load())
	}
}

// TestAProxyThatDoesNotConnect checks what is a fault of the set-up then, and that
// no error shows the password for the proxy, which this one repeats.
func TestAProxyThatDoesNotConnect(t *testing.T) {
	status := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		got := r.Header.Get("Proxy-Authorization")
		if got == "" || r.Method != http.MethodConnect && r.URL.Scheme != "http" {
			t.Errorf("%s %s, %q", r.Method, r.URL, got)
		}
		fmt.Fprintf(conn, "HTTP/1.1 %d %s\r\nX-Got: %s\r\nContent-Length: %d\r\n\r\n%s", status, got, got, len(got), got)
	}))
	defer srv.Close()
	proxy, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy.User = url.UserPassword("proxy-user", "proxy-password")
	for _, c := range []struct {
		endpoint, want string // in the error
		status         int
		setup          bool
	}{
		{"https://logs.example/v1/log", "the proxy answers CONNECT with 407 Proxy Authentication Required", 407, true},
		{"https://logs.example/v1/log", "the proxy answers CONNECT with 403 Forbidden", 403, true},
		{"https://logs.example/v1/log", "the proxy answers CONNECT with 404 Not Found", 404, true},
		{"https://logs.example/v1/log", "the proxy answers CONNECT with 405 Method Not Allowed", 405, true},
		{"https://logs.example/v1/log", "the proxy answers CONNECT with 502 Bad Gateway", 502, false},
		{"https://logs.example/v1/log", "the proxy answers CONNECT with 503 Service Unavailable", 503, false},
		{"https://logs.example/v1/log", "the proxy answers CONNECT with 204 No Content", 204, false},
		{"https://logs.example/v1/log", "the proxy answers CONNECT with 999", 999, false},
		{"http://logs.example/v1/log", "407 Proxy Authentication Required", 407, true},
	} {
		hc := transport.DefaultHTTPClient()
		hc.Transport.(*http.Transport).Proxy = http.ProxyURL(proxy)
		client, err := transport.New(transport.WithEndpoint(c.endpoint), transport.WithAuth(auth.APIKey(secret)),
			transport.WithInsecure(), transport.WithHTTPClient(hc), transport.WithoutRetry())
		if err != nil {
			t.Fatal(err)
		}
		status = c.status
		err = deliver.Records(t.Context(), client, records(1))
		var e *transport.Error
		if !errors.As(err, &e) || e.Setup() != c.setup || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d: set-up %v: %v", c.status, e.Setup(), err)
		}
		if how := leak.InError(err, "proxy-user", "proxy-password"); how != "" {
			t.Errorf("%d: %s", c.status, how)
		}
		client.CloseIdleConnections()
	}
}

// TestFaultsOfTLSAreThoseOfTheSetup checks them against crypto/tls itself.
func TestFaultsOfTLSAreThoseOfTheSetup(t *testing.T) {
	quiet := func(srv *httptest.Server) *httptest.Server {
		srv.Config.ErrorLog = log.New(io.Discard, "", 0)
		return srv
	}
	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	plain := httptest.NewServer(ok)
	defer plain.Close()
	strict := quiet(httptest.NewUnstartedServer(ok))
	strict.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	strict.StartTLS()
	defer strict.Close()
	unknown := quiet(httptest.NewUnstartedServer(ok))
	unknown.StartTLS()
	defer unknown.Close()
	// The server's own trouble says nothing of the set-up.
	troubled := quiet(httptest.NewUnstartedServer(ok))
	troubled.TLS = &tls.Config{
		Certificates: unknown.TLS.Certificates,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return nil, errors.New("out of memory just now")
		},
	}
	troubled.StartTLS()
	defer troubled.Close()
	// A server that cuts the connection within the handshake is merely down.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 100))
			_ = c.Close()
		}
	}()
	trust := x509.NewCertPool()
	trust.AddCert(strict.Certificate())
	for name, c := range map[string]struct {
		url   string
		cfg   *tls.Config
		setup bool
	}{
		"http for https":    {strings.Replace(plain.URL, "http:", "https:", 1), &tls.Config{}, true},
		"unknown authority": {unknown.URL, &tls.Config{}, true},
		"another name":      {unknown.URL, &tls.Config{RootCAs: trust, ServerName: "logs.invalid"}, true},
		// With TLS 1.3 the client does not wait for the server's word, and may see
		// the connection reset instead.
		"no client certificate": {strict.URL, &tls.Config{RootCAs: trust, MaxVersion: tls.VersionTLS12}, true},
		"internal error":        {troubled.URL, &tls.Config{}, false},
		"cut handshake":         {"https://" + l.Addr().String(), &tls.Config{}, false},
	} {
		client, err := transport.New(transport.WithEndpoint(c.url), transport.WithAuth(auth.APIKey(secret)),
			transport.WithTLSConfig(c.cfg), transport.WithoutRetry())
		if err != nil {
			t.Fatal(err)
		}
		err = deliver.Records(t.Context(), client, records(1))
		var e *transport.Error
		if !errors.As(err, &e) || e.Setup() != c.setup {
			t.Errorf("%s: set-up %v: %v", name, e.Setup(), err)
		}
		client.CloseIdleConnections()
	}
}

// TestAServerThatSaysNothingIsATimeOut checks the time-out of the default client
// for the header of an answer, which comes before that of the whole.
func TestAServerThatSaysNothingIsATimeOut(t *testing.T) {
	stop := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stop }))
	defer srv.Close()
	defer close(stop)
	client, err := transport.New(transport.WithEndpoint(srv.URL), transport.WithAuth(auth.APIKey(secret)),
		transport.WithTimeout(300*time.Millisecond), transport.WithoutRetry())
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	err = deliver.Records(t.Context(), client, records(1))
	if err == nil || !strings.Contains(err.Error(), "no answer: context deadline exceeded") {
		t.Errorf("Send: %v", err)
	}
}

// With such a configuration, no request would ever succeed.
func TestATLSConfigWithoutAVersionIsRefused(t *testing.T) {
	for most, ok := range map[uint16]bool{0: true, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		cfg := &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: most} //nolint:gosec // its MinVersion is raised
		_, err := transport.New(transport.WithAuth(auth.APIKey("key")), transport.WithTLSConfig(cfg))
		if (err == nil) != ok || err != nil && !strings.Contains(err.Error(), "WithTLSConfig: it allows no version") {
			t.Errorf("%#x: %v", most, err)
		}
	}
}

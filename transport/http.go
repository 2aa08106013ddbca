package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/logsto/logsto-go/internal/redact"
)

// The time-outs of the default HTTP client, within that of WithTimeout.
const (
	dialTimeout      = 10 * time.Second
	handshakeTimeout = 10 * time.Second
	idleTimeout      = 90 * time.Second
	pingAfter        = 15 * time.Second
	pingTimeout      = 10 * time.Second
	maxRedirects     = 5
	maxHeaderBytes   = 64 << 10
)

// defaultTransport returns one of its own connections: proxies from the
// environment, TLS 1.2 at least, HTTP/2 where it is offered. It keeps a connection
// for each request that may run at once.
func defaultTransport(concurrency int, timeout time.Duration, cfg *tls.Config) *http.Transport {
	if cfg = cfg.Clone(); cfg == nil {
		cfg = &tls.Config{}
	}
	cfg.MinVersion = max(cfg.MinVersion, tls.VersionTLS12)
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: checkConnect,
		DialContext:            (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:      true,
		TLSClientConfig:        cfg,
		TLSHandshakeTimeout:    handshakeTimeout,
		MaxIdleConns:           concurrency + 4, // and some for the token endpoint
		MaxIdleConnsPerHost:    concurrency,
		IdleConnTimeout:        idleTimeout,
		// Otherwise a connection that has died without a word would be used for
		// every further request, until the kernel gives it up.
		HTTP2: &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout, WriteByteTimeout: timeout * 2 / 3},
		// A server needs far less; net/http would take 10 MiB.
		MaxResponseHeaderBytes: maxHeaderBytes,
	}
}

// proxyError is the answer of a proxy that has not connected to the endpoint. It has
// nothing of the proxy's own words, which may repeat the password for it.
type proxyError struct{ status int }

func (e *proxyError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("the proxy answers CONNECT with %d %s", e.status, http.StatusText(e.status)))
}

// setup reports whether the proxy will answer so until somebody mends the set-up:
// it wants a password or another one, does not serve us, or is no proxy.
func (e *proxyError) setup() bool {
	switch e.status {
	case http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusProxyAuthRequired:
		return true
	default:
		return false
	}
}

// checkConnect is an [http.Transport.OnProxyConnectResponse].
func checkConnect(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyError{resp.StatusCode}
}

// safeClient returns hc with our rule for redirects, over the connections of p.
func safeClient(hc *http.Client, p *pool) *http.Client {
	safe := *hc
	safe.CheckRedirect, safe.Transport = checkRedirect, p
	return &safe
}

// checkRedirect follows a redirect only where the credential and the records
// may go: the same scheme, host and port, with the method kept. Otherwise the
// redirect itself is the answer.
func checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) > maxRedirects || req.URL.Scheme != first.URL.Scheme || req.URL.Host != first.URL.Host ||
		req.Method != first.Method {
		return http.ErrUseLastResponse
	}
	return nil
}

// errRedirect is what the errors for redirects that are not followed wrap.
var errRedirect = errors.New("is not followed")

// maxTarget bounds what an error repeats of the target of a redirect, in bytes.
const maxTarget = 256

// isRedirect reports whether an answer has a target, of which it may say more than
// an error may show.
func isRedirect(resp *http.Response) bool {
	return resp.StatusCode >= 300 && resp.StatusCode < 400 && resp.Header.Get("Location") != ""
}

// redirectError names where a redirect that was not followed leads, without the
// user, the query and the fragment, in which there may be secrets.
func redirectError(resp *http.Response, secret string, others ...string) error {
	others = append(others[:len(others):len(others)], secret)
	u, err := resp.Location()
	if err != nil {
		return badRedirect()
	}
	if u.Scheme != "https" && u.Scheme != "http" { // what it is then may be anything
		return fmt.Errorf("redirect to another scheme %w", errRedirect)
	}
	target := u.Scheme + ":"
	switch {
	case u.Host == "": // what is its path then may be anything
	case redact.Shows(u.Path, others...): // in whatever way it is escaped
		target += "//" + u.Host + "/***"
	default:
		target += "//" + u.Host + u.EscapedPath()
	}
	return fmt.Errorf("redirect to %s %w", redact.Text(target, maxTarget, others...), errRedirect)
}

// badRedirect is the error for a target that is not a URL.
func badRedirect() error { return fmt.Errorf("redirect to what is not a URL %w", errRedirect) }

// isBadRedirect reports whether err is that of net/http for such a target, which it
// repeats in full. It has no type.
func isBadRedirect(err error) bool {
	return strings.HasPrefix(err.Error(), "failed to parse Location header")
}

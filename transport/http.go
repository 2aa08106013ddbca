package transport

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// The time-outs of the default HTTP client, within that of WithTimeout.
const (
	dialTimeout      = 10 * time.Second
	handshakeTimeout = 10 * time.Second
	idleTimeout      = 90 * time.Second
	idleConnections  = 16
	maxRedirects     = 5
	maxHeaderBytes   = 64 << 10
)

// defaultHTTPClient returns a client of its own connections: proxies from the
// environment, TLS 1.2 at least, HTTP/2 where it is offered.
func defaultHTTPClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   handshakeTimeout,
		MaxIdleConns:          idleConnections,
		MaxIdleConnsPerHost:   idleConnections,
		IdleConnTimeout:       idleTimeout,
		ExpectContinueTimeout: time.Second,
		// A server needs far less; net/http would take 10 MiB.
		MaxResponseHeaderBytes: maxHeaderBytes,
	}}
}

// safeClient returns hc with our rule for redirects.
func safeClient(hc *http.Client) *http.Client {
	if hc == nil {
		return &http.Client{Transport: defaultHTTPClient().Transport, CheckRedirect: checkRedirect}
	}
	safe := *hc
	safe.CheckRedirect = checkRedirect
	return &safe
}

// checkRedirect follows a redirect only where the credential and the records
// may go: the same scheme, host and port, with the method kept. Otherwise the
// redirect itself is the answer, which is final.
func checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) > maxRedirects || req.URL.Scheme != first.URL.Scheme || req.URL.Host != first.URL.Host ||
		req.Method != first.Method {
		return http.ErrUseLastResponse
	}
	return nil
}

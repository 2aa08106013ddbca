package transport

import (
	"net/http"
	"time"
)

// DefaultHTTPClient is what a Client has without WithHTTPClient.
func DefaultHTTPClient() *http.Client {
	return &http.Client{Transport: defaultTransport(DefaultConcurrency, time.Minute, nil)}
}

// Acquaint makes the client know that the server takes arrays, so that it does not
// begin with a small one.
func Acquaint(c *Client) *Client {
	if c.format == Auto {
		c.engine.window = newWindow(Array)
	}
	return c
}

// Forget makes the client one that knows nothing of the server.
func Forget(c *Client) { c.engine.window = newWindow(c.format) }

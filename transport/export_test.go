package transport

import (
	"net/http"
	"time"
)

// DefaultHTTPClient is what a Client has without WithHTTPClient.
func DefaultHTTPClient() *http.Client {
	return defaultHTTPClient(DefaultConcurrency, time.Minute, nil)
}

// Acquaint makes the client know that the server takes arrays, so that it does not
// begin with a small one.
func Acquaint(c *Client) *Client {
	c.learnt.arrays.set(yes)
	return c
}

package transport

import (
	"net/http"
	"time"
)

// DefaultHTTPClient is what a Client has without WithHTTPClient.
func DefaultHTTPClient() *http.Client {
	return defaultHTTPClient(DefaultConcurrency, time.Minute, nil)
}

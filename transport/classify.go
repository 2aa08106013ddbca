package transport

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// verdict is what an attempt means for the request.
type verdict uint8

const (
	delivered  verdict = iota // the server has the records
	again                     // try the same request later
	unsigned                  // the credential was refused
	refused                   // this form, size or content is not taken
	impossible                // it will never work
)

// classify is the table in the package documentation. It knows what to do for
// every answer: err is why there is none, and wins over status.
func classify(status int, err error) verdict {
	if err != nil {
		var permanent *permanentError
		if errors.As(err, &permanent) {
			return impossible
		}
		return again // also the end of a context: who waits next sees it
	}
	switch status {
	case http.StatusUnauthorized:
		return unsigned
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
		http.StatusUnprocessableEntity:
		return refused
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return again
	}
	switch {
	case status >= 200 && status < 300:
		return delivered
	case status >= 500 && status < 600:
		return again
	default:
		return impossible
	}
}

// permanentError marks a failure before the request that repetition cannot
// mend, such as a token endpoint that refuses the client.
type permanentError struct{ error }

func (e *permanentError) Unwrap() error { return e.error }

// maxRetryAfter bounds what a server may ask for.
const maxRetryAfter = 5 * time.Minute

// retryAfter reads the header Retry-After, in seconds or as a date (RFC 9110,
// section 10.2.3). It returns zero if there is none or it makes no sense.
func retryAfter(value string, now time.Time) time.Duration {
	if value == "" {
		return 0
	}
	seconds, digits := 0, true
	for _, r := range value {
		if r < '0' || r > '9' {
			digits = false
			break
		}
		seconds = min(seconds*10+int(r-'0'), int(maxRetryAfter/time.Second))
	}
	if digits {
		return time.Duration(seconds) * time.Second
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(0, date.Sub(now)), maxRetryAfter)
}

// endOf returns why ctx has ended, or nil.
func endOf(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return context.Cause(ctx)
}

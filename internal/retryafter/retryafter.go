// Package retryafter reads how long a server wants to be left alone.
package retryafter

import (
	"net/http"
	"time"
)

// Max bounds what a server may ask for.
const Max = 5 * time.Minute

// Of reads the header Retry-After, in seconds or as a date (RFC 9110, section 10.2.3). A
// date is by the clock of the server, which its header Date tells, and ours may differ from;
// without one, now is taken. Of returns zero if there is no such header or it makes no sense.
func Of(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if value == "" {
		return 0
	}
	seconds, digits := 0, true
	for _, r := range value {
		if r < '0' || r > '9' {
			digits = false
			break
		}
		seconds = min(seconds*10+int(r-'0'), int(Max/time.Second))
	}
	if digits {
		return time.Duration(seconds) * time.Second
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if theirs, err := http.ParseTime(h.Get("Date")); err == nil {
		now = theirs
	}
	return min(max(0, until.Sub(now)), Max)
}

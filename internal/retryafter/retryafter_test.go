package retryafter_test

import (
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/logsto/logsto-go/internal/retryafter"
)

func header(value, date string) http.Header {
	return http.Header{"Retry-After": {value}, "Date": {date}}
}

func TestOf(t *testing.T) {
	now := time.Date(2026, 5, 29, 10, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                               0,
		"0":                              0,
		"1":                              time.Second,
		"007":                            7 * time.Second,
		"299":                            299 * time.Second,
		"300":                            5 * time.Minute,
		"301":                            5 * time.Minute,
		"9223372036854775808":            5 * time.Minute,
		strings.Repeat("9", 1000):        5 * time.Minute,
		"-1":                             0,
		"+1":                             0,
		"1.5":                            0,
		"1 ":                             0,
		"1s":                             0,
		"٣":                              0,
		"soon":                           0,
		"Fri, 29 May 2026 10:00:42 GMT":  42 * time.Second,
		"Friday, 29-May-26 10:00:42 GMT": 42 * time.Second,
		"Fri May 29 10:00:42 2026":       42 * time.Second,
		"Fri, 29 May 2026 10:00:00 GMT":  0,
		"Fri, 29 May 2026 09:59:59 GMT":  0,
		"Fri, 29 May 2026 11:00:00 GMT":  5 * time.Minute,
		"Thu, 01 Jan 9999 00:00:00 GMT":  5 * time.Minute,
		"Thu, 01 Jan 0001 00:00:00 GMT":  0,
		"Fri, 29 May 2026 10:00:42":      0,
	} {
		for _, date := range []string{"", "now"} { // one that is none
			if got := retryafter.Of(header(value, date), now); got != want {
				t.Errorf("%q: %v, want %v", value, got, want)
			}
		}
	}
	if got := retryafter.Of(http.Header{}, now); got != 0 {
		t.Errorf("without the header: %v", got)
	}
}

// A date means what it means to the server, whatever our clock says.
func TestTheClockOfTheServer(t *testing.T) {
	const date, until = "Fri, 29 May 2026 10:00:00 GMT", "Fri, 29 May 2026 10:00:42 GMT"
	server := time.Date(2026, 5, 29, 10, 0, 0, 0, time.UTC)
	for _, off := range []time.Duration{-5 * time.Minute, 0, 5 * time.Minute, 24 * time.Hour} {
		if got := retryafter.Of(header(until, date), server.Add(off)); got != 42*time.Second {
			t.Errorf("our clock is off by %v: %v", off, got)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{"", "7", "99999999999999999999", "Fri, 29 May 2026 10:00:42 GMT", "-1", "\x00"} {
		f.Add(value, "", int64(0))
	}
	f.Add("Thu, 01 Jan 9999 00:00:00 GMT", "", int64(math.MinInt64))
	f.Add("Thu, 01 Jan 9999 00:00:00 GMT", "Thu, 01 Jan 0001 00:00:00 GMT", int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, value, date string, now int64) {
		if d := retryafter.Of(header(value, date), time.Unix(0, now)); d < 0 || d > retryafter.Max {
			t.Errorf("%q on %q at %d: %v", value, date, now, d)
		}
	})
}

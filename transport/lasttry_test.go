package transport_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/transport"
)

// TestALastTryBeforeMaxElapsed checks that the time of MaxElapsed is used up: a server that
// is back shortly before its end gets the records. A part that was split has the time anew.
func TestALastTryBeforeMaxElapsed(t *testing.T) {
	for _, most := range []time.Duration{5 * time.Second, time.Minute, 10 * time.Minute} {
		for range 50 {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var last time.Duration
				client := clientOn(t, func(*http.Request) (*http.Response, error) {
					last = time.Since(start)
					return nil, errors.New("connection refused")
				}, transport.WithRetry(transport.Retry{MaxElapsed: most}))
				err := deliver.Records(t.Context(), client, records(2))
				if took := time.Since(start); err == nil || last < most*8/10 || took > 2*most {
					t.Errorf("%v: last tried after %v, given up after %v: %v", most, last, took, err)
				}
			})
		}
	}
}

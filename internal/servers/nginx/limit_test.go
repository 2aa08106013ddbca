package nginx

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/servers/ledger"
	"github.com/logsto/logsto-go/transport"
)

// limited answers 429 with Retry-After over a number of requests per second, and
// so many at once.
func limited(perSecond string, burst int) site {
	return site{
		HTTP: "limit_req_zone $server_addr zone=all:1m rate=" + perSecond + ";",
		Server: `error_page 429 = @later;
		location @later { internal; add_header Retry-After 1 always; return 429; }`,
		Where: fmt.Sprintf("limit_req zone=all burst=%d nodelay; limit_req_status 429;", burst),
	}
}

// TestRateLimit checks that 429 costs nothing but time. Others are sent before the time
// that Retry-After gives as long as some are accepted, and while Close waits.
func TestRateLimit(t *testing.T) {
	t.Run("batches", func(t *testing.T) {
		rateLimit(t, limited("1r/s", 1), 5000, rate, ledger.Setup{})
	})
	// Other batches become full while one is held back.
	t.Run("several batches", func(t *testing.T) {
		rateLimit(t, limited("4r/s", 3), 1500, 1000, ledger.Setup{Batch: []batch.Option{
			batch.WithMaxBytes(8 << 20), batch.WithSlabBytes(4 << 10), batch.WithBatchBytes(16 << 10),
			batch.WithFlushInterval(time.Second),
		}})
	})
	t.Run("single objects", func(t *testing.T) {
		rateLimit(t, limited("40r/s", 20), 100, 1000, transportOptions(transport.WithFormat(transport.Single)))
	})
}

func rateLimit(t *testing.T, s site, n, rate int, setup ledger.Setup) {
	t.Helper()
	r := newRig(t, new(ledger.Ledger), s, setup)
	r.Log(n, rate)
	rep := r.finish(t)
	if rep.Duplicates > 0 {
		t.Errorf("%d duplicates; no acknowledgement was cut off", rep.Duplicates)
	}
	if r.Tap.Statuses()[http.StatusTooManyRequests] == 0 {
		t.Error("nothing was limited")
	}
	early := 0
	exchanges := r.Tap.Exchanges()
	for _, limited := range exchanges {
		if limited.Status != http.StatusTooManyRequests {
			continue
		}
		if limited.RetryAfter != "1" {
			t.Fatalf("Retry-After is %q", limited.RetryAfter)
		}
		for _, e := range exchanges {
			// What was on its way already cannot be held back.
			wait := e.Start.Sub(limited.End)
			if wait > 100*time.Millisecond && wait < 900*time.Millisecond {
				early++
				break
			}
		}
	}
	if early > 0 {
		t.Logf("after %d answers with 429 somebody asked again too early", early)
	}
}

package logstotest_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/logsto/logsto-go/transport/logstotest"
)

// TestTheClock sets the server's clock off, and checks what goes by it.
func TestTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var skew atomic.Int64
		k := withKey(t, logstotest.WithTokenLifetime(time.Minute), logstotest.WithPublicClient(desktop), logstotest.WithClock(func() time.Time {
			return time.Now().Add(time.Duration(skew.Load()))
		}))
		set := func(d time.Duration) { skew.Store(int64(d)) }
		date := func(want time.Time) {
			t.Helper()
			resp, _ := visit(t, k.Server, "", "", nil)
			if got, err := http.ParseTime(resp.Header.Get("Date")); err != nil || !got.Equal(want.Truncate(time.Second)) {
				t.Errorf("Date %v, want %v: %v", got, want, err)
			}
		}
		assert := func(want int) (answer map[string]any) {
			t.Helper()
			status, answer := askWith(t, k.Server, sign(t, jwt.SigningMethodEdDSA, k.key, k.claims(nil)))
			if status != want {
				t.Errorf("an assertion: %d %v, want %d", status, answer, want)
			}
			return answer
		}
		date(time.Now())
		tok := assert(200)["access_token"]
		code := allow(t, k.Server)
		for _, d := range []time.Duration{5 * time.Minute, -5 * time.Minute} {
			set(d)
			date(time.Now().Add(d))
			assert(401)
		}
		set(time.Minute - 1)
		use(t, k.Server, tok, 200, 403)
		set(time.Minute)
		use(t, k.Server, tok, 401, 401)
		set(-time.Hour) // a clock that jumps back brings the token back to life
		use(t, k.Server, tok, 200, 403)
		set(11 * time.Minute)
		status, answer := redeem(t, k.Server, code)
		refused(t, status, answer, "invalid_grant")
		k.SetClock(nil)
		date(time.Now())
		assert(200)
	})
}

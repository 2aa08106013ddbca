package batch_test

import (
	"context"
	"encoding/json"
	"errors"
	"expvar"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// TestStatsAreReadableInJSON publishes the Stats of a buffer whose Sender fails as the network
// does.
func TestStatsAreReadableInJSON(t *testing.T) {
	refused := fmt.Errorf("sending: %w", &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 443}, Err: errors.New("connection refused")})
	const text = "sending: dial tcp 127.0.0.1:443: connection refused"
	synctest.Test(t, func(t *testing.T) {
		var fails atomic.Bool
		fails.Store(true)
		s := newScript(func(_ context.Context, b *batch.Batch) batch.Result {
			switch {
			case fails.Load():
				return batch.Result{Err: refused}
			case b.Records[0][2] == 'b':
				return lost(b, errBad)
			default:
				return batch.Result{}
			}
		})
		b := newBuffer(t, s, batch.WithoutErrorHandler())
		published := func() (m struct{ LastError *string }) {
			t.Helper()
			if err := json.Unmarshal([]byte(expvar.Func(func() any { return b.Stats() }).String()), &m); err != nil || m.LastError == nil {
				t.Fatalf("%v in %+v", err, b.Stats())
			}
			return m
		}
		if got := *published().LastError; got != "" {
			t.Errorf("at first: %s", got)
		}
		add(t, b, "a")
		time.Sleep(5 * time.Second)
		if got := *published().LastError; got != text {
			t.Errorf("while it fails: %s", got)
		}
		fails.Store(false)
		time.Sleep(time.Minute)
		if got := *published().LastError; got != "" {
			t.Errorf("when it works again: %s", got)
		}
		b.Append(batch.Info, time.Now(), []byte(`{"b":1}`))
		time.Sleep(time.Minute)
		if got := *published().LastError; got != errBad.Error() {
			t.Errorf("after a loss: %s", got)
		}
	})
	for _, err := range []error{
		&batch.UndeliveredError{Records: 1, Err: refused}, &batch.LossError{Records: 1, Err: refused}, &batch.StallError{Pending: 1, Err: refused},
		&batch.RecoveredError{For: time.Second},
	} {
		got, failed := json.Marshal(struct{ Err error }{err})
		if want := fmt.Sprintf(`{"Err":%q}`, err.Error()); failed != nil || string(got) != want {
			t.Errorf("%v: %s, want %s", failed, got, want)
		}
		if !strings.Contains(string(got), text) && !strings.Contains(string(got), "again") {
			t.Errorf("%s", got)
		}
	}
}

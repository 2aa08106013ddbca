package ingest

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/transport"
)

// MaxStall is for how long a machine that is busy with something else may stop a test
// between the look at a token and its check. Tokens are replaced earlier before their
// ends than that.
const MaxStall = time.Second

// maxWait is how long SendUntil waits for a token.
const maxWait = 20 * time.Second

// Client returns a client that sends through the front, and gives up at once.
func (f *Front) Client(tb testing.TB, c *auth.Credential) *transport.Client {
	tb.Helper()
	client, err := transport.New(transport.WithEndpoint(f.Endpoint()), transport.WithAuth(c), transport.WithoutRetry())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(client.CloseIdleConnections)
	return client
}

// SendOne sends one record.
func SendOne(tb testing.TB, c *transport.Client, message string) error {
	tb.Helper()
	return c.Send(tb.Context(), 1, [][]byte{fmt.Appendf(nil, `{"level":"info","message":%q}`, message)})
}

// SendUntil sends one record after the other until n tokens have come to be used.
func (f *Front) SendUntil(tb testing.TB, c *transport.Client, n int) {
	tb.Helper()
	f.sendUntil(tb, c, n)
}

// SendUnrefused does the same, and checks that none was refused: each was replaced
// before it ended.
func (f *Front) SendUnrefused(tb testing.TB, c *transport.Client, n int) {
	tb.Helper()
	slowest := f.sendUntil(tb, c, n)
	refused := f.Status(http.StatusUnauthorized)
	if refused > 0 && slowest < MaxStall {
		tb.Errorf("%d requests were refused: %+v", refused, f.Tokens())
	}
}

// sendUntil returns how long the slowest send took.
func (f *Front) sendUntil(tb testing.TB, c *transport.Client, n int) (slowest time.Duration) {
	tb.Helper()
	for start := time.Now(); len(f.Tokens()) < n; {
		began := time.Now()
		if err := SendOne(tb, c, "one"); err != nil {
			tb.Fatal(err)
		}
		slowest = max(slowest, time.Since(began))
		if time.Since(start) > time.Duration(n)*maxWait {
			tb.Fatalf("no new token comes: %+v", f.Tokens())
		}
	}
	return slowest
}

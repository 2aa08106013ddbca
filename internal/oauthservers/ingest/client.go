package ingest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
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
	return opened(tb, client, err)
}

// FromEnv returns the client that comes from an environment with these variables, and
// the endpoint of the front.
func (f *Front) FromEnv(t *testing.T, env ...map[string]string) *transport.Client {
	t.Helper()
	for _, name := range os.Environ() {
		if name, _, _ = strings.Cut(name, "="); strings.HasPrefix(name, "LOGSTO_") {
			t.Setenv(name, "") // which restores it
			_ = os.Unsetenv(name)
		}
	}
	t.Setenv(transport.EnvEndpoint, f.Endpoint())
	for _, some := range env {
		for name, value := range some {
			t.Setenv(name, value)
		}
	}
	client, err := transport.FromEnv(transport.WithoutRetry())
	return opened(t, client, err)
}

func opened(tb testing.TB, client *transport.Client, err error) *transport.Client {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(client.CloseIdleConnections)
	return client
}

// SendOne sends one record.
func SendOne(tb testing.TB, c *transport.Client, message string) error {
	tb.Helper()
	r := c.Send(tb.Context(), &batch.Batch{Seq: 1, Records: [][]byte{fmt.Appendf(nil, `{"level":"info","message":%q}`, message)}})
	for _, f := range append(r.Lost, r.Deferred...) {
		return f.Err
	}
	return r.Err
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

// Search returns the messages of the records that are found.
func Search(tb testing.TB, c *transport.Client, query string) (found []string, err error) {
	tb.Helper()
	for raw, err := range c.Search(tb.Context(), query) {
		if err != nil {
			return found, err
		}
		found = append(found, message(tb, raw))
	}
	return found, nil
}

func message(tb testing.TB, raw json.RawMessage) string {
	tb.Helper()
	var rec struct{ Message string }
	if err := json.Unmarshal(raw, &rec); err != nil {
		tb.Fatal(err)
	}
	return rec.Message
}

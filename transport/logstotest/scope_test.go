package logstotest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/logsto/logsto-go/transport/logstotest"
)

// use sends a record and a search with a bearer token or a key, and checks the
// statuses.
func use(t *testing.T, srv *logstotest.Server, secret any, write, read int) {
	t.Helper()
	bearer := headers{"X-Logs-Api-Key": "", "Authorization": fmt.Sprint("Bearer ", secret)}
	if got := post(t, srv, bearer, good); got != write {
		t.Errorf("write: status %d, want %d", got, write)
	}
	if got, _ := call(t, srv, http.MethodGet, "/v1/search?query=x", bearer, nil); got != read {
		t.Errorf("read: status %d, want %d", got, read)
	}
}

func TestScopes(t *testing.T) {
	const write, read = logstotest.ScopeWrite, logstotest.ScopeRead
	for name, c := range map[string]struct {
		allowed     []string
		asked       string
		granted     any // of the answer; nil if it refuses
		write, read int
	}{
		"none asked, none allowed": {nil, "", nil, 200, 200},
		"any is allowed":           {nil, write, write, 200, 403},
		"both":                     {nil, read + " " + write, read + " " + write, 200, 200},
		"all that are allowed":     {[]string{write}, "", write, 200, 403},
		"what is allowed":          {[]string{write, "admin"}, write, write, 200, 403},
		"neither":                  {[]string{"admin"}, "", "admin", 403, 403},
		"read":                     {[]string{read}, read, read, 403, 200},
		"unknown":                  {nil, "admin", nil, 0, 0},
		"not allowed":              {[]string{write}, write + " " + read, nil, 0, 0},
		"two blanks":               {nil, write + "  " + read, nil, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := inMemory(t, logstotest.WithOAuthClient("a", "s", c.allowed...))
				status, answer := ask(t, srv, "grant_type", "client_credentials", "client_id", "a", "client_secret", "s", "scope", c.asked)
				if c.write == 0 {
					if status != 400 || answer["error"] != "invalid_scope" || srv.TokenFetches() != 0 {
						t.Errorf("%d %v", status, answer)
					}
					return
				}
				if status != 200 || answer["scope"] != c.granted {
					t.Errorf("%d %v", status, answer)
				}
				use(t, srv, answer["access_token"], c.write, c.read)
			})
		})
	}
}

func TestKeysWithScopes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t, logstotest.WithAPIKey("ingest", logstotest.ScopeWrite), logstotest.WithAPIKey("all"))
		srv.AddAPIKey("read", logstotest.ScopeRead)
		use(t, srv, "ingest", 200, 403)
		use(t, srv, "all", 200, 200)
		use(t, srv, "read", 403, 200)
		if n := len(srv.Records()); n != 2 {
			t.Errorf("%d records", n)
		}
	})
}

// TestInsufficientScope checks the form of RFC 6750, section 3.1.
func TestInsufficientScope(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t, logstotest.WithAPIKey(logstotest.APIKey, logstotest.ScopeRead))
		resp, err := do(t, srv)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var body map[string]string
		if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != http.StatusForbidden || resp.Header.Get("Content-Type") != "application/json" || body["error"] != "insufficient_scope" ||
			resp.Header.Get("WWW-Authenticate") != `Bearer realm="logs.to", error="insufficient_scope", scope="logs:write"` {
			t.Errorf("%d %v %v", resp.StatusCode, resp.Header, body)
		}
	})
}

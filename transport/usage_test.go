package transport_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// counted is a source of the tokens token-1, token-2 and so on, which do not end.
type counted struct{ n atomic.Int32 }

func (s *counted) Token() (*oauth2.Token, error) {
	return &oauth2.Token{AccessToken: fmt.Sprintf("token-%d", s.n.Add(1))}, nil
}

// takes returns a server that takes one credential at a time, and notes what was sent with
// each request.
func takes(good *atomic.Value, seen func(credential string)) roundTrip {
	return func(req *http.Request) (*http.Response, error) {
		got := req.Header.Get("X-Logs-Api-Key") + strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
		seen(got)
		if want, _ := good.Load().(string); got != want {
			return respond(req, 401, "no such key"), nil
		}
		return respond(req, 200, ""), nil
	}
}

func TestABatchThatIsRefusedIsSentOnceMoreWithAnotherToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var good atomic.Value
		good.Store("token-2")
		var sent []string
		var told []transport.Refusal
		c := clientOn(t, takes(&good, func(got string) { sent = append(sent, got) }), transport.WithAuth(auth.TokenSource(&counted{})),
			transport.WithoutRetry(), transport.WithRefusalHandler(func(r transport.Refusal) { told = append(told, r) }))
		if err := deliver.Records(t.Context(), c, records(2)); err != nil {
			t.Error(err)
		}
		time.Sleep(2 * time.Second)
		good.Store("token-9") // whatever comes next is refused
		var e *transport.Error
		if err := deliver.Records(t.Context(), c, records(1)); !errors.As(err, &e) || e.Status != 401 || e.Attempts != 2 || !e.Setup() {
			t.Errorf("%v", err)
		}
		if got := strings.Join(sent, " "); got != "token-1 token-2 token-2 token-3" {
			t.Errorf("sent %s", got)
		}
		refusal := transport.Refusal{Status: 401, Body: "no such key"}
		if len(told) != 3 || told[0] != refusal || told[2] != refusal {
			t.Errorf("told %v", told)
		}
		s := c.Stats()
		if s.Unauthorized != 3 || s.Forbidden != 0 || s.TokenFetches != 3 || s.TokenFailures != 0 || s.Requests != 4 || len(s.Keys) != 1 || s.Keys[0].Requests != 4 || s.Keys[0].Unauthorized != 3 || s.Keys[0].Bytes != s.Bytes {
			t.Errorf("%+v", s)
		}
	})
}

// However many requests are refused with one token, one other is fetched, and none of them
// is refused twice with the same.
func TestManyRequestsThatAreRefusedShareTheNextToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var good atomic.Value
		good.Store("token-1")
		var mu sync.Mutex
		refusals := map[string]int{} // of a token, by idempotency key
		f := func(req *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			resp, err := takes(&good, func(string) {})(req)
			if resp.StatusCode == http.StatusUnauthorized {
				mu.Lock()
				refusals[header(req, "Idempotency-Key")[0]+req.Header.Get("Authorization")]++
				mu.Unlock()
			}
			return resp, err
		}
		source := &counted{}
		c := clientOn(t, f, transport.WithAuth(auth.TokenSource(source)))
		for round := range 5 {
			var wg sync.WaitGroup
			for i := range 20 {
				wg.Go(func() {
					time.Sleep(time.Duration(i) * 50 * time.Millisecond)
					if err := deliver.Records(t.Context(), c, records(1)); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			good.Store(fmt.Sprintf("token-%d", round+2))
			time.Sleep(time.Minute)
		}
		if n := source.n.Load(); n != 5 {
			t.Errorf("%d tokens", n)
		}
		if len(refusals) != 4*20 {
			t.Errorf("%d refusals", len(refusals))
		}
		for key, n := range refusals {
			if n > 1 {
				t.Errorf("%s was refused %d times", key, n)
			}
		}
	})
}

// A key that has been replaced in its file serves the batch that was refused.
func TestABatchThatIsRefusedIsSentOnceMoreWithTheKeyOfTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	writeFile(t, path, "key-1")
	var good atomic.Value
	good.Store("key-1")
	var sent []string
	c := clientOn(t, takes(&good, func(got string) {
		sent = append(sent, got)
		if good.Load() == "key-2" {
			writeFile(t, path, "key-2")
		}
	}), transport.WithAuth(auth.APIKeyFrom(auth.File(path))), transport.WithoutRetry())
	for _, key := range []string{"key-1", "key-2"} {
		good.Store(key)
		if err := deliver.Records(t.Context(), c, records(1)); err != nil {
			t.Error(err)
		}
	}
	if got := strings.Join(sent, " "); got != "key-1 key-1 key-2" {
		t.Errorf("sent %s", got)
	}
	keys := c.Stats().Keys
	if len(keys) != 2 || keys[0].Key == keys[1].Key || keys[0].Requests != 1 || keys[1].Requests != 2 ||
		keys[1].Unauthorized != 1 || keys[0].First.Before(keys[1].First) || keys[0].Last.Before(keys[1].Last) {
		t.Errorf("%+v", keys)
	}
	for _, k := range keys {
		if !strings.HasPrefix(k.Key, "sha256:") || len(k.Key) != len("sha256:")+8 {
			t.Errorf("key %q", k.Key)
		}
	}
}

// A key that cannot be replaced is not sent again at once.
func TestAKeyThatIsRefusedIsSentOnce(t *testing.T) {
	for kind, credential := range map[string]*auth.Credential{
		"key":    auth.APIKey("wrong"),
		"source": auth.TokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "wrong"})),
	} {
		requests := 0
		c := clientOn(t, func(req *http.Request) (*http.Response, error) {
			requests++
			return respond(req, 401, "no such key"), nil
		}, transport.WithAuth(credential), transport.WithoutRetry())
		var e *transport.Error
		if err := deliver.Records(t.Context(), c, records(1)); !errors.As(err, &e) || e.Attempts != 1 || e.Status != 401 || e.Body != "no such key" || requests != 1 {
			t.Errorf("%s: %v after %d requests", kind, err, requests)
		}
	}
}

func TestTheRefusalHandler(t *testing.T) {
	status, told := 0, []transport.Refusal{}
	running := false
	c := clientOn(t, func(req *http.Request) (*http.Response, error) { return respond(req, status, "you sent "+secret), nil },
		transport.WithAuth(auth.APIKey(secret)), transport.WithoutRetry(), transport.WithRefusalHandler(func(r transport.Refusal) {
			if running {
				t.Error("called by two goroutines at once")
			}
			running = true
			told = append(told, r)
			running = false
			panic("in the handler")
		}))
	for _, status = range []int{200, 400, 401, 403, 404, 407, 500} {
		_ = deliver.Records(t.Context(), c, records(1))
	}
	if len(told) != 2 || told[0].Status != 401 || told[1].Status != 403 || told[1].Body != "you sent ***" || !strings.HasPrefix(told[1].Key, "sha256:") {
		t.Errorf("told %v", told)
	}
	if s := c.Stats(); s.Unauthorized != 1 || s.Forbidden != 1 || s.Keys[0].Unauthorized != 1 || s.Keys[0].Forbidden != 1 || s.Keys[0].Requests != 7 {
		t.Errorf("%+v", s)
	}
	if _, err := transport.New(transport.WithAuth(auth.APIKey("key")), transport.WithRefusalHandler(nil)); err == nil || !strings.Contains(err.Error(), "WithRefusalHandler(nil)") {
		t.Errorf("nil: %v", err)
	}
}

func TestASearchThatIsRefusedIsTold(t *testing.T) {
	told := []transport.Refusal{}
	c := clientOn(t, func(req *http.Request) (*http.Response, error) {
		req.Body = http.NoBody // which respond closes
		return respond(req, 403, "you sent "+secret), nil
	},
		transport.WithAuth(auth.APIKey(secret)), transport.WithRefusalHandler(func(r transport.Refusal) { told = append(told, r) }))
	for _, err := range c.Search(t.Context(), "x") {
		if err == nil {
			t.Error("no error")
		}
	}
	if len(told) != 1 || told[0].Status != 403 || told[0].Body != "you sent ***" || c.Stats().Forbidden != 1 {
		t.Errorf("told %v, %+v", told, c.Stats())
	}
}

// The number of keys that are told apart is bounded, the counts of all are not.
func TestManyKeys(t *testing.T) {
	t.Setenv("LOGSTO_TEST_KEY", "key")
	c := clientOn(t, func(req *http.Request) (*http.Response, error) { return respond(req, 401, ""), nil },
		transport.WithAuth(auth.APIKeyFrom(auth.Env("LOGSTO_TEST_KEY"))), transport.WithoutRetry())
	for n := range 100 {
		t.Setenv("LOGSTO_TEST_KEY", fmt.Sprintf("key-%d", n))
		_ = deliver.Records(t.Context(), c, records(1))
	}
	s := c.Stats()
	if s.Requests != 100 || s.Unauthorized != 100 || len(s.Keys) != 16 || s.Keys[0].Key != auth.APIKey("x").ID("key-99") || s.Keys[15].Key != auth.APIKey("x").ID("key-84") {
		t.Errorf("%+v", s)
	}
}

// A key that comes back has the entry that it had.
func TestKeysTakeTurns(t *testing.T) {
	t.Setenv("LOGSTO_TEST_KEY", "key")
	synctest.Test(t, func(t *testing.T) {
		c := clientOn(t, func(req *http.Request) (*http.Response, error) { return respond(req, 401, ""), nil },
			transport.WithAuth(auth.APIKeyFrom(auth.Env("LOGSTO_TEST_KEY"))), transport.WithoutRetry())
		began := time.Now()
		id := auth.APIKey("x").ID
		for _, key := range []string{"a", "b", "a", "b", "b"} {
			t.Setenv("LOGSTO_TEST_KEY", key)
			_ = deliver.Records(t.Context(), c, records(1))
			time.Sleep(time.Second)
		}
		keys := c.Stats().Keys
		if len(keys) != 2 || keys[0].Bytes == 0 || 2*keys[0].Bytes != 3*keys[1].Bytes {
			t.Fatalf("%+v", keys)
		}
		for i, want := range []transport.KeyUsage{
			{Key: id("b"), Requests: 3, Bytes: keys[0].Bytes, Unauthorized: 3, First: began.Add(time.Second), Last: began.Add(4 * time.Second)},
			{Key: id("a"), Requests: 2, Bytes: keys[1].Bytes, Unauthorized: 2, First: began, Last: began.Add(2 * time.Second)},
		} {
			if keys[i] != want {
				t.Errorf("%+v, want %+v", keys[i], want)
			}
		}
	})
}

// That a client is refused while its token still lives is told at once, though records are
// delivered or there are none, and once.
func TestATokenThatCannotBeReplacedIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := logstotest.NewInMemory(logstotest.WithTokenLifetime(time.Hour))
		defer srv.Close()
		c := newClient(t, srv, transport.WithAuth(client(srv.TokenURL())))
		var mu sync.Mutex
		var all []error
		stop := c.Notify(func(err error) {
			mu.Lock()
			defer mu.Unlock()
			all = append(all, err)
		})
		defer stop()
		send := func(n int) {
			t.Helper()
			for range n {
				if err := deliver.Records(t.Context(), c, records(1)); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Minute)
			}
		}
		// told returns what was told so far.
		told := func() []error {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(all)
		}
		srv.AddOAuthClient("me", secret)
		send(30)
		if len(told()) > 0 {
			t.Fatal(told())
		}
		srv.RevokeOAuthClient("me")
		time.Sleep(22 * time.Minute) // no requests
		var e *transport.Error
		if told := told(); len(told) != 1 || !errors.As(told[0], &e) || !e.Works() || !e.Setup() || !strings.HasPrefix(told[0].Error(), "transport: records are delivered, but: auth: token endpoint ") || !strings.Contains(told[0].Error(), "invalid_client: ") {
			t.Errorf("told %v", told)
		}
		send(3)
		srv.AddOAuthClient("me", secret)
		time.Sleep(time.Minute)
		if told := told(); len(told) != 2 || told[1] != nil {
			t.Errorf("told %v", told)
		}
		send(30)
		if told := told(); len(told) != 2 {
			t.Errorf("told %v", told)
		}
	})
}

func TestOldTLSIsRefused(t *testing.T) {
	for version, ok := range map[uint16]bool{0: true, 0x0301: false, 0x0302: false, 0x0303: true, 0x0304: true} {
		for name, tr := range map[string]*http.Transport{"min": withTLS(version, 0), "max": withTLS(0, version)} {
			_, err := transport.New(transport.WithAuth(auth.APIKey("key")), transport.WithHTTPClient(&http.Client{Transport: tr}))
			if (err == nil) != ok || err != nil && !strings.Contains(err.Error(), "less than TLS 1.2") {
				t.Errorf("%s %#x: %v", name, version, err)
			}
		}
	}
	for _, hc := range []*http.Client{{}, {Transport: &http.Transport{}}, {Transport: (*http.Transport)(nil)}} {
		if _, err := transport.New(transport.WithAuth(auth.APIKey("key")), transport.WithHTTPClient(hc)); err != nil {
			t.Error(err)
		}
	}
}

func withTLS(least, most uint16) *http.Transport {
	return &http.Transport{TLSClientConfig: &tls.Config{MinVersion: least, MaxVersion: most}} //nolint:gosec // it is to be refused
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

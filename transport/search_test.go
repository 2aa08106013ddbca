package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// found returns the records of a search, and its error.
func found(seq iter.Seq2[json.RawMessage, error]) (records []string, err error) {
	for r, e := range seq {
		if err != nil {
			return records, errors.New("an iteration that goes on after its error")
		}
		if err = e; e == nil {
			records = append(records, string(r))
		} else if r != nil {
			return records, errors.New("an error with a record")
		}
	}
	return records, err
}

// answers returns a RoundTripper that answers with 200 and the body.
func answers(body io.Reader) roundTrip {
	return func(req *http.Request) (*http.Response, error) {
		rc, ok := body.(io.ReadCloser)
		if !ok {
			rc = io.NopCloser(body)
		}
		return &http.Response{StatusCode: http.StatusOK, Request: req, Header: http.Header{}, Body: rc}, nil
	}
}

// search returns what a search finds in an answer.
func search(tb testing.TB, body io.Reader, opts ...transport.SearchOption) ([]string, error) {
	tb.Helper()
	return found(clientOn(tb, answers(body)).Search(tb.Context(), "q", opts...))
}

// TestAnswersThatAreNotOfRecords checks what the error says of an answer, beside what is
// wrong with it: its start, as long as there was no record.
func TestAnswersThatAreNotOfRecords(t *testing.T) {
	broken := errors.New("connection reset")
	for name, c := range map[string]struct {
		body  io.Reader
		found int
		want  string
		shown string
		setup bool
	}{
		"empty":          {strings.NewReader(""), 0, "the answer is empty", "", false},
		"no array":       {strings.NewReader(`{"error":"try\nlater"}`), 0, "the answer has no array of records", `{"error":"try\nlater"}`, false},
		"text":           {strings.NewReader("Service is down"), 0, "the answer is not JSON: 'S' in the place of a value", "Service is down", false},
		"a web page":     {strings.NewReader("\n<!doctype html><p>log in"), 0, "the answer is a web page, and not that of an API; is the endpoint right?", "", true},
		"breaks off":     {io.MultiReader(strings.NewReader(`{"a":`), iotest.ErrReader(broken)), 0, "the answer breaks off: connection reset", `{"a":`, false},
		"after a record": {io.MultiReader(strings.NewReader(`[{},`), iotest.ErrReader(broken)), 1, "the answer breaks off: connection reset", "", false},
		"two arrays":     {strings.NewReader(`{"a":[{}],"b":[{}]}`), 1, "the answer has two arrays, and one of them only can be the records", "", false},
		"a long record":  {strings.NewReader(`[{},{"a":1}]`), 1, "a record has more than 6 bytes; see WithMaxRecordBytes", "", false},
	} {
		got, err := search(t, c.body, transport.WithMaxRecordBytes(6))
		text := "transport: https://api.logs.to/v1/search: 200 OK: " + c.want
		if c.shown != "" {
			text = "transport: https://api.logs.to/v1/search: 200 OK: " + c.shown + ": " + c.want
		}
		var e *transport.Error
		switch {
		case len(got) != c.found || !errors.As(err, &e):
			t.Errorf("%s: %q, %v", name, got, err)
		case err.Error() != text || e.Body != c.shown || e.Status != 200 || e.Attempts != 1 || e.Setup() != c.setup:
			t.Errorf("%s: %#v: %v, want %s", name, err, err, text)
		case strings.Contains(c.want, broken.Error()) != errors.Is(err, broken):
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSearchURLs(t *testing.T) {
	for name, c := range map[string]struct {
		endpoint, path, query string
		params                []string // names and values
		want                  string
	}{
		"default":          {"", "", "error", nil, "https://api.logs.to/v1/search?query=error"},
		"a gateway":        {"https://gw.example:8443/gw/v1/log", "", "a", nil, "https://gw.example:8443/gw/v1/search?query=a"},
		"one segment":      {"https://gw.example/log", "", "a", nil, "https://gw.example/search?query=a"},
		"no path":          {"https://gw.example", "", "a", nil, "https://gw.example/v1/search?query=a"},
		"the root":         {"https://gw.example/", "", "a", nil, "https://gw.example/v1/search?query=a"},
		"a slash behind":   {"https://gw.example/v1/log/", "", "a", nil, "https://gw.example/v1/search?query=a"},
		"escaped":          {"https://gw.example/a%2Fb%20c/l%2Fog", "", "a", nil, "https://gw.example/a%2Fb%20c/search?query=a"},
		"a path":           {"https://gw.example/v1/log", "/find", "a", nil, "https://gw.example/find?query=a"},
		"an escaped path":  {"https://gw.example/v1/log", "/a%2Fb/%C3%A9%20c", "a", nil, "https://gw.example/a%2Fb/%C3%A9%20c?query=a"},
		"another host":     {"https://gw.example/v1/log", "//evil.example/x", "a", nil, "https://gw.example//evil.example/x?query=a"},
		"a user":           {"https://gw.example/v1/log", "/@evil.example/", "a", nil, "https://gw.example/@evil.example/?query=a"},
		"no query":         {"", "", "", nil, "https://api.logs.to/v1/search?query="},
		"what is escaped":  {"", "", "a&b=c d+é#?/\n", nil, "https://api.logs.to/v1/search?query=a%26b%3Dc+d%2B%C3%A9%23%3F%2F%0A"},
		"parameters":       {"", "", "a", []string{"limit", "10", "z", "1", "z", "&"}, "https://api.logs.to/v1/search?limit=10&query=a&z=1&z=%26"},
		"the endpoint's":   {"https://gw.example/v1/log?tenant=7&x=%zz;&&y", "", "a", nil, "https://gw.example/v1/search?tenant=7&x=%zz;&y&query=a"},
		"with the path":    {"https://gw.example/v1/log?tenant=7", "/find", "a", nil, "https://gw.example/find?tenant=7&query=a"},
		"with our names":   {"https://gw.example/v1/log?qu%65ry=b&query&tenant=7&limit=5", "", "a", []string{"limit", "1"}, "https://gw.example/v1/search?tenant=7&limit=1&query=a"},
		"an empty query":   {"https://gw.example/v1/log?", "", "a", nil, "https://gw.example/v1/search?query=a"},
		"a loopback":       {"http://127.0.0.1:1/v1/log", "", "a", nil, "http://127.0.0.1:1/v1/search?query=a"},
		"a loopback in v6": {"http://[::1]:1/v1/log", "", "a", nil, "http://[::1]:1/v1/search?query=a"},
	} {
		var got string
		opts := []transport.Option{}
		if c.endpoint != "" {
			opts = append(opts, transport.WithEndpoint(c.endpoint))
		}
		if c.path != "" {
			opts = append(opts, transport.WithSearchPath(c.path))
		}
		client := clientOn(t, func(req *http.Request) (*http.Response, error) {
			got = req.URL.String()
			if req.Method != http.MethodGet || req.Body != nil && req.Body != http.NoBody {
				t.Errorf("%s: %s with a body %v", name, req.Method, req.Body)
			}
			return answers(strings.NewReader("[]"))(req)
		}, opts...)
		var params []transport.SearchOption
		for p := range slices.Chunk(c.params, 2) {
			params = append(params, transport.WithParam(p[0], p[1]))
		}
		if _, err := found(client.Search(t.Context(), c.query, params...)); err != nil || got != c.want {
			t.Errorf("%s: %s, %v; want %s", name, got, err, c.want)
		}
	}
}

func TestSearchOptionsThatAreWrong(t *testing.T) {
	client := clientOn(t, func(*http.Request) (*http.Response, error) {
		t.Error("a request was sent")
		return nil, errors.New("no")
	})
	for want, opts := range map[string][]transport.SearchOption{
		`WithParam("")`:                 {transport.WithParam("", "x")},
		`WithParam("query")`:            {transport.WithParam("query", secret)},
		`WithMaxRecordBytes(0)`:         {transport.WithMaxRecordBytes(0)},
		`WithMaxRecordBytes(-1)`:        {transport.WithMaxRecordBytes(-1), transport.WithParam("", "")},
		`WithMaxRecordBytes(268435457)`: {transport.WithMaxRecordBytes(256<<20 + 1)},
		"transport: Search: an option":  {nil},
	} {
		got, err := found(client.Search(t.Context(), "q", opts...))
		if err == nil || got != nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %q, %v", want, got, err)
		}
	}
	for _, path := range []string{"", "v1/search", "https://evil.example/", "/a?b", "/a?key=s3cr3t", "/a#b", "/%zz", "/a b", "/a%2Fb/é"} {
		_, err := transport.New(transport.WithAuth(auth.APIKey(secret)), transport.WithSearchPath(path))
		if err == nil || !strings.Contains(err.Error(), "transport: WithSearchPath(") || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%q: %v", path, err)
		}
	}
}

func TestSearchHeaders(t *testing.T) {
	var got http.Header
	rt := func(req *http.Request) (*http.Response, error) {
		got = req.Header
		return answers(strings.NewReader("[]"))(req)
	}
	for name, c := range map[string]struct {
		opts []transport.Option
		want http.Header
	}{
		"default": {nil, http.Header{"Accept": {"application/json"}, "User-Agent": {"logsto-go"}, "X-Logs-Api-Key": {secret}, "Content-Type": {"application/json"}}},
		"others": {
			[]transport.Option{transport.WithHeader("X-Tenant", "7"), transport.WithUserAgent("me"), transport.WithHeader("Accept", "text/json"), transport.WithAuth(auth.APIKey(secret, auth.WithScheme(auth.Bearer)))},
			http.Header{"Accept": {"text/json"}, "User-Agent": {"me"}, "X-Tenant": {"7"}, "Authorization": {"Bearer " + secret}, "Content-Type": {"application/json"}},
		},
	} {
		if _, err := found(clientOn(t, rt, c.opts...).Search(t.Context(), "q")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %v", name, got)
		}
		for k, v := range c.want {
			if !slices.Equal(got[k], v) {
				t.Errorf("%s: %s is %q", name, k, got[k])
			}
		}
	}
}

// TestSearchFindsWhatWasSent goes through the stand-in, over a socket.
func TestSearchFindsWhatWasSent(t *testing.T) {
	srv := logstotest.NewServer()
	defer srv.Close()
	client := newClient(t, srv)
	if err := deliver.Records(t.Context(), client, records(50)); err != nil {
		t.Fatal(err)
	}
	before := client.Stats()
	seq := client.Search(t.Context(), `"i":1`)
	for range 2 {
		got, err := found(seq)
		if err != nil || len(got) == 0 {
			t.Errorf("found %d, %v", len(got), err)
		}
		for _, r := range got {
			if !json.Valid([]byte(r)) || !strings.Contains(r, `"i":1`) {
				t.Errorf("found %s", r)
			}
		}
	}
	want := before
	want.Searches = 2
	after := client.Stats()
	if len(after.Keys) != 1 || after.Keys[0].Requests != before.Keys[0].Requests+2 || after.Keys[0].Bytes != before.Keys[0].Bytes {
		t.Errorf("keys %+v, before %+v", after.Keys, before.Keys)
	}
	after.Keys, want.Keys = nil, nil
	if !reflect.DeepEqual(after, want) {
		t.Errorf("%+v, want %+v", after, want)
	}
}

// tokens is a token source with a new token each time, up to the last one.
type tokens struct {
	list []string
	n    int
	err  error
}

func (s *tokens) Token() (*oauth2.Token, error) {
	if s.n == len(s.list) && s.err != nil {
		return nil, s.err
	}
	s.n = min(s.n+1, len(s.list))
	return &oauth2.Token{AccessToken: s.list[s.n-1]}, nil
}

// TestARefusedSecretIsReplacedOnce checks what a search does about 401.
func TestARefusedSecretIsReplacedOnce(t *testing.T) {
	for name, c := range map[string]struct {
		credential *auth.Credential
		good       string // the token that is taken
		requests   uint64
		err        string
	}{
		"the first":           {auth.TokenSource(&tokens{list: []string{"one", "two"}}), "one", 1, ""},
		"the second":          {auth.TokenSource(&tokens{list: []string{"one", "two", "three"}}), "two", 2, ""},
		"not the third":       {auth.TokenSource(&tokens{list: []string{"one", "two", "three"}}), "three", 2, "401 Unauthorized after 2 attempts: no to Bearer ***"},
		"there is no other":   {auth.TokenSource(&tokens{list: []string{"one"}}), "two", 1, "401 Unauthorized: no to Bearer ***"},
		"a key has no other":  {auth.APIKey("one", auth.WithScheme(auth.Bearer)), "two", 1, "401 Unauthorized: no to Bearer ***"},
		"it cannot be had":    {auth.TokenSource(&tokens{list: []string{"one"}, err: errors.New("no more")}), "two", 1, "401 Unauthorized: no to Bearer ***: auth: TokenSource: no more"},
		"none can be had":     {auth.TokenSource(&tokens{err: errors.New("none")}), "two", 0, "not sent: auth: TokenSource: none"},
		"one that cannot be":  {auth.TokenSource(&tokens{list: []string{"one", "\n"}}), "two", 1, "401 Unauthorized: no to Bearer ***: auth: the access token has"},
		"refused differently": {auth.TokenSource(&tokens{list: []string{"forbidden", "two"}}), "two", 1, "403 Forbidden: no to Bearer ***"},
	} {
		client := clientOn(t, func(req *http.Request) (*http.Response, error) {
			resp, err := answers(strings.NewReader(`[{"a":1}]`))(req)
			if got := req.Header.Get("Authorization"); got != "Bearer "+c.good {
				resp.StatusCode = 401
				if strings.HasSuffix(got, "forbidden") {
					resp.StatusCode = 403
				}
				resp.Body = io.NopCloser(strings.NewReader("no to " + got))
			}
			return resp, err
		}, transport.WithAuth(c.credential))
		got, err := found(client.Search(t.Context(), "q"))
		var e *transport.Error
		switch {
		case c.err == "" && (err != nil || !slices.Equal(got, []string{`{"a":1}`})):
			t.Errorf("%s: %q, %v", name, got, err)
		case c.err != "" && (err == nil || got != nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%s: %q, error %v, want one with %q", name, got, err, c.err)
		case err != nil && (!errors.As(err, &e) || e.Setup() != (e.Status != 0)):
			t.Errorf("%s: %#v", name, err)
		}
		if s := client.Stats(); s.Searches != c.requests || s.Requests != 0 || s.Failed != 0 || s.Refused != 0 || s.Down || s.LastError != nil {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

// TestSearchesThatAreRefused checks the errors for other answers.
func TestSearchesThatAreRefused(t *testing.T) {
	for status, c := range map[int]struct {
		location string
		setup    bool
		want     string
	}{
		302: {"https://evil.example/in?key=x", true, "302 Found: redirect to https://evil.example/in is not followed"},
		304: {"", true, "304 Not Modified: say ***"},
		400: {"", false, "400 Bad Request: say ***"},
		403: {"", true, "403 Forbidden: say ***"},
		404: {"", true, "404 Not Found: say ***"},
		422: {"", false, "422 Unprocessable Entity: say ***"},
		429: {"", false, "429 Too Many Requests: say ***"},
		500: {"", false, "500 Internal Server Error: say ***"},
		503: {"", false, "503 Service Unavailable: say ***"},
		999: {"", true, "999 : say ***"},
	} {
		n := 0
		client := clientOn(t, func(req *http.Request) (*http.Response, error) {
			n++
			resp, err := answers(strings.NewReader("say " + req.Header.Get("X-Logs-Api-Key")))(req)
			resp.StatusCode = status
			if c.location != "" {
				resp.Header.Set("Location", c.location)
			}
			return resp, err
		})
		got, err := found(client.Search(t.Context(), "q"))
		var e *transport.Error
		if got != nil || !errors.As(err, &e) || e.Status != status || e.Attempts != 1 || e.Setup() != c.setup || !strings.HasPrefix(err.Error(), "transport: https://api.logs.to/v1/search: "+c.want) {
			t.Errorf("%d: %q, %v", status, got, err)
		}
		if s := client.Stats(); n != 1 || s.Searches != 1 || s.Down || s.LastError != nil {
			t.Errorf("%d: %d requests, %+v", status, n, s)
		}
	}
}

// TestASearchFollowsRedirectsAtHome checks that one to the same host is followed, with
// the credential.
func TestASearchFollowsRedirectsAtHome(t *testing.T) {
	client := clientOn(t, func(req *http.Request) (*http.Response, error) {
		resp, err := answers(strings.NewReader("[{}]"))(req)
		if req.URL.Path == "/v1/search" {
			resp.StatusCode = 307
			resp.Header.Set("Location", "/v2/search?"+req.URL.RawQuery)
		} else if got := req.URL.Query().Get("query") + req.Header.Get("X-Logs-Api-Key"); got != "q"+secret {
			t.Errorf("it went with %s", got)
		}
		return resp, err
	})
	if got, err := found(client.Search(t.Context(), "q")); err != nil || len(got) != 1 {
		t.Errorf("%q, %v", got, err)
	}
}

// TestASearchDoesNotWaitForTheEndpoint checks that it is sent while batches wait.
func TestASearchDoesNotWaitForTheEndpoint(t *testing.T) {
	client := clientOn(t, func(req *http.Request) (*http.Response, error) {
		resp, err := answers(strings.NewReader("[{}]"))(req)
		if req.Method == http.MethodPost {
			resp.StatusCode = 503
			resp.Header.Set("Retry-After", "300")
		}
		return resp, err
	})
	ctx, cancel := context.WithCancel(t.Context())
	sent := make(chan error, 1)
	stop := client.Notify(func(err error) {
		if err != nil {
			got, err := found(client.Search(t.Context(), "q"))
			if err != nil || len(got) != 1 || !client.Stats().Down {
				t.Errorf("%q, %v, down %v", got, err, client.Stats().Down)
			}
			cancel()
		}
	})
	defer stop()
	go func() { sent <- deliver.Records(ctx, client, records(1)) }()
	if err := <-sent; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

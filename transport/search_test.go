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

// envelopes are answers, with the records that are to be found in each or what the
// error for it says.
var envelopes = map[string]struct {
	body string
	want []string
	err  string
}{
	"bare":                  {`[{"a":1},{"b":2}]`, []string{`{"a":1}`, `{"b":2}`}, ""},
	"bare, one":             {`[{}]`, []string{`{}`}, ""},
	"bare, none":            {`[]`, nil, ""},
	"bare, blanks":          {" \r\n\t[ \n{\"a\" : 1 } ,\n\n {} \t]\n ", []string{`{"a" : 1 }`, `{}`}, ""},
	"object":                {`{"records":[{"a":1},{"b":2}]}`, []string{`{"a":1}`, `{"b":2}`}, ""},
	"object, none":          {`{"records":[]}`, nil, ""},
	"members around":        {`{"took":-1.5e3,"ok":true,"no":false,"x":null,"s":"]}[{\"\\","records":[{"a":1}],"next":"c"}`, []string{`{"a":1}`}, ""},
	"nested":                {`{"hits":{"total":{"value":2},"hits":[{"a":1},{"b":[1,[2]]}]},"shards":{}}`, []string{`{"a":1}`, `{"b":[1,[2]]}`}, ""},
	"empty ones beside":     {`{"errors":[],"records":[{}],"facets":{"f":[ ]}}`, []string{`{}`}, ""},
	"empty ones only":       {`{"errors":[],"records":[]}`, nil, ""},
	"arrays in records":     {`[{"a":[{"b":[]}]},{"c":[1,{}]}]`, []string{`{"a":[{"b":[]}]}`, `{"c":[1,{}]}`}, ""},
	"brackets in strings":   {`[{"a":"}],[{"},{"\"}":"\\"}]`, []string{`{"a":"}],[{"}`, `{"\"}":"\\"}`}, ""},
	"an escaped key":        {`{"rec\u006frds\"":[{"\u0061":"\ud83d\ude00"}]}`, []string{`{"\u0061":"\ud83d\ude00"}`}, ""},
	"an empty key":          {`{"":{"":[{"":0}]}}`, []string{`{"":0}`}, ""},
	"duplicate keys":        {`{"records":[],"records":[{"a":1,"a":2}],"records":[]}`, []string{`{"a":1,"a":2}`}, ""},
	"a byte order mark":     {"\uFEFF[{}]", []string{`{}`}, ""},
	"what is not UTF-8":     {"{\"k\xff\":[{\"a\":\"\xff\"}]}", []string{"{\"a\":\"\xff\"}"}, ""},
	"other alphabets":       {`[{"a":"日本 \u2028 é"}]`, []string{`{"a":"日本 \u2028 é"}`}, ""},
	"large numbers":         {`{"n":1e999,"r":[{"n":123456789012345678901234567890}]}`, []string{`{"n":123456789012345678901234567890}`}, ""},
	"deep record":           {"[" + deep(9999) + "]", []string{deep(9999)}, ""},
	"deep envelope":         {strings.Repeat(`{"a":`, 512) + "[{}]" + strings.Repeat("}", 512), []string{"{}"}, ""},
	"nothing":               {"", nil, "the answer is empty"},
	"blanks":                {" \n", nil, "the answer is empty"},
	"a mark":                {"\uFEFF", nil, "the answer is empty"},
	"half a mark":           {"\xef\xbb[]", nil, "not JSON"},
	"part of a mark":        {"\xef\xbb", nil, "the answer is empty"},
	"two marks":             {"\uFEFF\uFEFF[]", nil, "not JSON"},
	"null":                  {`null`, nil, "no array of records"},
	"null for the array":    {`{"records":null}`, nil, `{"records":null}: the answer has no array of records`},
	"a number":              {`12`, nil, "no array of records"},
	"a string":              {`"[{}]"`, nil, "no array of records"},
	"no array":              {`{"error":"try\nlater"}`, nil, `{"error":"try\nlater"}: the answer has no array`},
	"an empty object":       {`{}`, nil, "no array of records"},
	"two arrays":            {`{"a":[{"n":1},{"n":2}],"b":[{"n":3}]}`, []string{`{"n":1}`, `{"n":2}`}, "two arrays"},
	"two, with one key":     {`{"a":[{"n":1}],"a":[{"n":3}]}`, []string{`{"n":1}`}, "two arrays"},
	"two, one of numbers":   {`{"a":[{"n":1}],"b":{"c":[3]}}`, []string{`{"n":1}`}, "two arrays"},
	"numbers":               {`[1]`, nil, "not a JSON object"},
	"strings":               {`{"a":["x"],"r":[{}]}`, nil, "not a JSON object"},
	"null in it":            {`[{},null]`, []string{`{}`}, "not a JSON object"},
	"arrays in it":          {`[[{}]]`, nil, "not a JSON object"},
	"a record, then true":   {`[{},true]`, []string{`{}`}, "not a JSON object"},
	"two values":            {`[{}] []`, []string{`{}`}, "goes on behind its end"},
	"a comma behind":        {`[{}],`, []string{`{}`}, "goes on behind its end"},
	"lines":                 {"{\"a\":1}\n{\"b\":2}\n", nil, "goes on behind its end"},
	"lines of arrays":       {"[{}]\n[{}]\n", []string{`{}`}, "goes on behind its end"},
	"a web page":            {"\n<!doctype html><p>log in", nil, "200 OK: the answer is a web page"},
	"text":                  {"Service is down", nil, "Service is down: the answer is not JSON"},
	"a NUL":                 {"\x00", nil, "not JSON"},
	"a comma first":         {`[,{}]`, nil, "not JSON"},
	"a comma last":          {`[{},]`, []string{`{}`}, "not JSON"},
	"a comma in the object": {`{"a":[{}],}`, []string{`{}`}, "not JSON"},
	"no comma":              {`[{}{}]`, []string{`{}`}, "not JSON"},
	"no colon":              {`{"a"[]}`, nil, "not JSON"},
	"no key":                {`{[]}`, nil, "not JSON"},
	"a number for a key":    {`{1:[]}`, nil, "not JSON"},
	"the wrong bracket":     {`[{}}`, []string{`{}`}, "not JSON"},
	"the wrong one inside":  {`[{"a":[}]]`, nil, "not JSON"},
	"brackets that cross":   {`[{]`, nil, "not JSON"},
	"a bad record":          {`[{"a":1},{"a":01}]`, []string{`{"a":1}`}, "not JSON: invalid character '1'"},
	"a bad literal":         {`{"a":nul,"b":[]}`, nil, "not JSON"},
	"a literal too long":    {`{"a":nullx,"b":[]}`, nil, "not JSON"},
	"a bad number":          {`{"a":-,"b":[]}`, nil, "not JSON"},
	"a bad escape":          {`{"a\x":[]}`, nil, "not JSON"},
	"a line in a string":    {"{\"a\":\"\n\",\"b\":[]}", nil, "not JSON"},
	"a quote in a number":   {`{"a":1"b":[]}`, nil, "not JSON"},
	"another blank":         {"[{},\f{}]", []string{`{}`}, "not JSON"},
	"a comment":             {"[{} /* one */]", []string{`{}`}, "not JSON"},
	"a record too deep":     {"[" + deep(10001) + "]", nil, "exceeded max depth"},
	"an envelope too deep":  {strings.Repeat(`{"a":`, 513) + "[{}]" + strings.Repeat("}", 513), nil, "more than 512 levels"},
	"endless depth":         {strings.Repeat(`{"a":`, 100000), nil, "more than 512 levels"},
	"endless arrays":        {strings.Repeat(`[`, 100000), nil, "not a JSON object"},
}

// deep returns a record of so many levels.
func deep(levels int) string {
	return strings.Repeat(`{"a":`, levels-1) + "{}" + strings.Repeat("}", levels-1)
}

func TestEnvelopes(t *testing.T) {
	for name, c := range envelopes {
		for how, cut := range map[string]func(io.Reader) io.Reader{
			"at once":  func(r io.Reader) io.Reader { return r },
			"by byte":  iotest.OneByteReader,
			"with EOF": iotest.DataErrReader,
			"by half":  iotest.HalfReader,
		} {
			got, err := search(t, cut(strings.NewReader(c.body)))
			var e *transport.Error
			switch {
			case !slices.Equal(got, c.want):
				t.Errorf("%s, %s: found %.200q, want %.200q", name, how, got, c.want)
			case c.err == "" && err != nil:
				t.Errorf("%s, %s: %v", name, how, err)
			case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
				t.Errorf("%s, %s: error %v, want one with %q", name, how, err, c.err)
			case err != nil && (!errors.As(err, &e) || len(c.want) > 0 && e.Body != "" || e.Status != 200 || e.Attempts != 1 || e.Setup() != (name == "a web page")):
				t.Errorf("%s, %s: %#v", name, how, err)
			}
		}
	}
}

// TestTruncatedAnswers checks that an answer which is cut anywhere, by its end or by
// an error, is never taken for a whole one, and yields only records that are whole.
func TestTruncatedAnswers(t *testing.T) {
	broken := errors.New("connection reset")
	for name, c := range envelopes {
		if c.err != "" || len(c.body) > 1000 {
			continue
		}
		whole := len(strings.TrimRight(c.body, " \n"))
		for n := range whole {
			for how, body := range map[string]io.Reader{
				"end":   strings.NewReader(c.body[:n]),
				"error": io.MultiReader(strings.NewReader(c.body[:n]), iotest.ErrReader(broken)),
			} {
				got, err := search(t, body)
				if err == nil || len(got) > len(c.want) || !slices.Equal(got, c.want[:len(got)]) {
					t.Errorf("%s, %s at %d: found %q, error %v", name, how, n, got, err)
				}
				if how == "error" && !errors.Is(err, broken) {
					t.Errorf("%s at %d: error %v", name, n, err)
				}
			}
		}
		// All records are there, but not the end of the connection.
		body := io.MultiReader(strings.NewReader(c.body), iotest.ErrReader(io.ErrUnexpectedEOF))
		if got, err := search(t, body); !slices.Equal(got, c.want) || err == nil || !strings.Contains(err.Error(), "breaks off: unexpected EOF") {
			t.Errorf("%s, broken at its end: found %q, error %v", name, got, err)
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
	if err := client.Send(t.Context(), 1, records(50)); err != nil {
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

func TestRecordsBelongToTheCaller(t *testing.T) {
	var kept []json.RawMessage
	body := iotest.OneByteReader(strings.NewReader(`[{"n":1},{"n":2},{"n":3}]`)) // all pass through the same memory
	for r, err := range clientOn(t, answers(body)).Search(t.Context(), "q") {
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, r)
		_ = append(r, "more"...)
	}
	for i, r := range kept {
		if want := `{"n":` + string(rune('1'+i)) + `}`; string(r) != want {
			t.Errorf("%s, want %s", r, want)
		}
		clear(r)
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
	go func() { sent <- client.Send(ctx, 1, records(1)) }()
	if err := <-sent; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

package logstotest_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/logsto/logsto-go/transport/logstotest"
)

const good = `{"message":"hello","level":"info"}`

// headers are those of one request; an empty value leaves the header out.
type headers = map[string]string

// call sends one request and returns the status and body of the answer; the
// status is 0 if there was none.
func call(t *testing.T, srv *logstotest.Server, method, path string, h headers, body []byte) (status int, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, srv.URL()+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range h {
		if v != "" {
			req.Header.Set(k, v)
		}
	}
	resp, err := srv.Client().Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	out, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(out)
}

// post sends a body to the log endpoint, with the key and as JSON unless h says
// otherwise.
func post(t *testing.T, srv *logstotest.Server, h headers, body string) int {
	t.Helper()
	all := headers{"X-Logs-Api-Key": logstotest.APIKey, "Content-Type": "application/json"}
	for k, v := range h {
		all[k] = v
	}
	status, _ := call(t, srv, http.MethodPost, "/v1/log", all, []byte(body))
	return status
}

// inMemory returns a server in memory that is closed at the end of the bubble,
// which fails if a goroutine of the server outlives that.
func inMemory(t *testing.T, opts ...logstotest.Option) *logstotest.Server {
	t.Helper()
	srv := logstotest.NewInMemory(opts...)
	t.Cleanup(srv.Close)
	return srv
}

// form encodes parameters, given as names and values.
func form(kv ...string) string {
	v := url.Values{}
	for i := 0; i < len(kv); i += 2 {
		v.Add(kv[i], kv[i+1])
	}
	return v.Encode()
}

// ask sends a form to the token endpoint.
func ask(t *testing.T, srv *logstotest.Server, kv ...string) (status int, answer map[string]any) {
	t.Helper()
	status, text := call(t, srv, http.MethodPost, "/oauth/token", headers{"Content-Type": "application/x-www-form-urlencoded"}, []byte(form(kv...)))
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Errorf("%s: %v", text, err)
	}
	return status, answer
}

// token fetches an access token.
func token(t *testing.T, srv *logstotest.Server, id, secret string) (status int, answer map[string]any) {
	t.Helper()
	return ask(t, srv, "grant_type", "client_credentials", "client_id", id, "client_secret", secret)
}

func TestKeys(t *testing.T) {
	two := []logstotest.Option{logstotest.WithAPIKey("one"), logstotest.WithAPIKey("two")}
	withDefault := []logstotest.Option{logstotest.WithAPIKey(logstotest.APIKey), logstotest.WithAPIKey("two")}
	for name, c := range map[string]struct {
		opts    []logstotest.Option
		headers headers
		want    int
	}{
		"default key":       {nil, headers{"X-Logs-Api-Key": logstotest.APIKey}, 200},
		"Bearer":            {nil, headers{"Authorization": "Bearer " + logstotest.APIKey}, 200},
		"bearer":            {nil, headers{"Authorization": "bearer " + logstotest.APIKey}, 200},
		"Logs-Key":          {nil, headers{"Authorization": "Logs-Key " + logstotest.APIKey}, 200},
		"nothing":           {nil, nil, 401},
		"wrong key":         {nil, headers{"X-Logs-Api-Key": "wrong"}, 401},
		"start of the key":  {nil, headers{"X-Logs-Api-Key": logstotest.APIKey[:5]}, 401},
		"wrong key, Bearer": {nil, headers{"Authorization": "Bearer wrong"}, 401},
		"no key, Bearer":    {nil, headers{"Authorization": "Bearer"}, 401},
		"another scheme":    {nil, headers{"Authorization": "Basic " + logstotest.APIKey}, 401},
		"no scheme":         {nil, headers{"Authorization": logstotest.APIKey}, 401},
		"first of two":      {two, headers{"X-Logs-Api-Key": "one"}, 200},
		"second of two":     {two, headers{"X-Logs-Api-Key": "two"}, 200},
		"not the default":   {two, headers{"X-Logs-Api-Key": logstotest.APIKey}, 401},
		"default by name":   {withDefault, headers{"X-Logs-Api-Key": logstotest.APIKey}, 200},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := inMemory(t, c.opts...)
				h := headers{"X-Logs-Api-Key": ""}
				for k, v := range c.headers {
					h[k] = v
				}
				if got := post(t, srv, h, good); got != c.want {
					t.Errorf("status %d, want %d", got, c.want)
				}
				if r := srv.Requests(); len(r) != 1 || r[0].Status != c.want || (len(srv.Records()) == 1) != (c.want == 200) {
					t.Errorf("%+v, %d records", r, len(srv.Records()))
				}
				if got, _ := call(t, srv, http.MethodGet, "/v1/search?query=", c.headers, nil); got != c.want {
					t.Errorf("search: status %d, want %d", got, c.want)
				}
			})
		})
	}
}

func TestTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t, logstotest.WithTokenLifetime(time.Minute))
		status, answer := token(t, srv, logstotest.ClientID, logstotest.ClientSecret)
		if status != 200 || answer["token_type"] != "Bearer" || answer["expires_in"] != 60.0 {
			t.Errorf("%d %v", status, answer)
		}
		bearer := headers{"X-Logs-Api-Key": "", "Authorization": fmt.Sprint("Bearer ", answer["access_token"])}
		use := func(want int) {
			t.Helper()
			if got := post(t, srv, bearer, good); got != want {
				t.Errorf("status %d, want %d", got, want)
			}
		}
		use(200)
		if got := post(t, srv, headers{"X-Logs-Api-Key": fmt.Sprint(answer["access_token"])}, good); got != 401 {
			t.Errorf("a token as a key: %d", got)
		}
		time.Sleep(time.Minute - time.Nanosecond)
		use(200)
		time.Sleep(time.Nanosecond)
		use(401)
		_, answer = token(t, srv, logstotest.ClientID, logstotest.ClientSecret)
		bearer["Authorization"] = fmt.Sprint("Bearer ", answer["access_token"])
		use(200)
		srv.ExpireTokens()
		use(401)
		if n := srv.TokenFetches(); n != 2 {
			t.Errorf("%d fetches", n)
		}
	})
}

func TestTheTokenEndpointRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t, logstotest.WithOAuthClient("a", "b&c"), logstotest.WithOAuthClient(logstotest.ClientID, logstotest.ClientSecret))
		for name, c := range map[string]struct {
			method, form string
			status       int
			code         string
		}{
			"good":           {"POST", form("grant_type", "client_credentials", "client_id", "a", "client_secret", "b&c"), 200, ""},
			"another client": {"POST", form("grant_type", "client_credentials", "client_id", logstotest.ClientID, "client_secret", logstotest.ClientSecret), 200, ""},
			"wrong secret":   {"POST", form("grant_type", "client_credentials", "client_id", "a", "client_secret", "wrong"), 401, "invalid_client"},
			"wrong client":   {"POST", form("grant_type", "client_credentials", "client_id", "x", "client_secret", "b&c"), 401, "invalid_client"},
			"no client":      {"POST", form("grant_type", "client_credentials"), 401, "invalid_client"},
			"another grant":  {"POST", form("grant_type", "password", "client_id", "a", "client_secret", "b&c"), 400, "unsupported_grant_type"},
			"no grant":       {"POST", form("client_id", "a", "client_secret", "b&c"), 400, "unsupported_grant_type"},
			"twice a secret": {"POST", form("grant_type", "client_credentials", "client_id", "a", "client_secret", "b&c", "client_secret", "b&c"), 400, "invalid_request"},
			"malformed":      {"POST", "%zz", 400, "invalid_request"},
			"too large":      {"POST", form("x", strings.Repeat("x", 65<<10)), 400, "invalid_request"},
			"GET":            {"GET", "", 405, ""},
		} {
			status, text := call(t, srv, c.method, "/oauth/token", headers{"Content-Type": "application/x-www-form-urlencoded"}, []byte(c.form))
			var answer struct {
				Error string `json:"error"`
			}
			_ = json.Unmarshal([]byte(text), &answer)
			if status != c.status || answer.Error != c.code {
				t.Errorf("%s: %d %s, want %d %s", name, status, text, c.status, c.code)
			}
		}
		if n := srv.TokenFetches(); n != 2 {
			t.Errorf("%d tokens issued", n)
		}
	})
}

func TestSearch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t)
		post(t, srv, nil, `[{"message":"Grün ist gut","level":"info"},{"message":"rot","level":"error"}]`)
		post(t, srv, nil, `{"message":"<b>","level":"error"}`)
		for query, want := range map[string]int{"": 3, "rot": 1, "ROT": 1, "grün": 1, "error": 2, "nothing": 0, "<b>": 1} {
			status, text := call(t, srv, http.MethodGet, "/v1/search?query="+url.QueryEscape(query), headers{"X-Logs-Api-Key": logstotest.APIKey}, nil)
			var answer struct{ Records []json.RawMessage }
			if err := json.Unmarshal([]byte(text), &answer); err != nil || status != 200 || len(answer.Records) != want || answer.Records == nil {
				t.Errorf("%q: %d %s, %v", query, status, text, err)
			}
		}
	})
}

// pack compresses a text.
func pack(encoding, text string) string {
	var buf bytes.Buffer
	switch encoding {
	case "gzip":
		z := gzip.NewWriter(&buf)
		_, _ = z.Write([]byte(text))
		_ = z.Close()
	case "zstd":
		z, _ := zstd.NewWriter(&buf, zstd.WithEncoderConcurrency(1))
		_, _ = z.Write([]byte(text))
		_ = z.Close()
	}
	return buf.String()
}

func TestBodies(t *testing.T) {
	gzipped, zstded := pack("gzip", good), pack("zstd", good)
	array := "[" + good + "," + good + "]"
	ndjson := headers{"Content-Type": "application/x-ndjson"}
	for name, c := range map[string]struct {
		headers headers
		body    string
		want    int
		format  string
		records int // stored
	}{
		"object":                {nil, good, 200, "object", 1},
		"object with blanks":    {nil, " \n" + good + "\r\n", 200, "object", 1},
		"array":                 {nil, array, 200, "array", 2},
		"empty array":           {nil, "[]", 200, "array", 0},
		"NDJSON":                {ndjson, good + "\n" + good + "\n", 200, "ndjson", 2},
		"NDJSON without end":    {ndjson, good + "\r\n" + good, 200, "ndjson", 2},
		"NDJSON, broken":        {ndjson, good + "\n{\n", 400, "ndjson", 0},
		"charset":               {headers{"Content-Type": "application/json; charset=utf-8"}, good, 200, "object", 1},
		"capitals":              {headers{"Content-Type": "Application/JSON"}, good, 200, "object", 1},
		"gzip":                  {headers{"Content-Encoding": "gzip"}, gzipped, 200, "object", 1},
		"zstd":                  {headers{"Content-Encoding": "zstd"}, zstded, 200, "object", 1},
		"identity":              {headers{"Content-Encoding": "identity"}, good, 200, "object", 1},
		"plain, called gzip":    {headers{"Content-Encoding": "gzip"}, good, 400, "", 0},
		"plain, called zstd":    {headers{"Content-Encoding": "zstd"}, good, 400, "", 0},
		"half a gzip":           {headers{"Content-Encoding": "gzip"}, gzipped[:len(gzipped)-9], 400, "", 0},
		"half a zstd":           {headers{"Content-Encoding": "zstd"}, zstded[:len(zstded)-9], 400, "", 0},
		"nothing, called gzip":  {headers{"Content-Encoding": "gzip"}, "", 400, "", 0},
		"brotli":                {headers{"Content-Encoding": "br"}, good, 415, "", 0},
		"text":                  {headers{"Content-Type": "text/plain"}, good, 415, "", 0},
		"no content type":       {headers{"Content-Type": ""}, good, 415, "", 0},
		"another JSON":          {headers{"Content-Type": "application/json-patch+json"}, good, 415, "", 0},
		"another NDJSON":        {headers{"Content-Type": "application/x-ndjson2"}, good, 415, "", 0},
		"broken type":           {headers{"Content-Type": "/json"}, good, 415, "", 0},
		"nothing":               {nil, "", 400, "object", 0},
		"half an object":        {nil, good[:10], 400, "object", 0},
		"half an array":         {nil, array[:len(array)-1], 400, "array", 0},
		"two objects":           {nil, good + good, 400, "object", 0},
		"text in an array":      {nil, `["hello"]`, 400, "array", 0},
		"null in an array":      {nil, "[null]", 422, "array", 0},
		"no message":            {nil, `{"level":"info"}`, 422, "object", 0},
		"no level":              {nil, `{"message":"hello"}`, 422, "object", 0},
		"level of another type": {nil, `{"message":"hello","level":7}`, 400, "object", 0},
		"one bad of two":        {nil, "[" + good + `,{"level":"info"}]`, 422, "array", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := inMemory(t)
				if got := post(t, srv, c.headers, c.body); got != c.want {
					t.Errorf("status %d, want %d", got, c.want)
				}
				if got := srv.Records(); len(got) != c.records {
					t.Errorf("%d records, want %d", len(got), c.records)
				}
				r := srv.Requests()
				if len(r) != 1 || r[0].Status != c.want || r[0].Format != c.format || r[0].Bytes != len(c.body) || r[0].Encoding != c.headers["Content-Encoding"] {
					t.Errorf("%+v", r)
				}
			})
		})
	}
}

func TestRecordsTellOfTheirRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t)
		start := time.Now()
		post(t, srv, headers{"Idempotency-Key": "a"}, "["+good+","+good+"]")
		post(t, srv, nil, "[]") // stores nothing, so it has no number
		time.Sleep(time.Second)
		post(t, srv, headers{"Idempotency-Key": "b"}, good)
		want := []logstotest.Record{
			{JSON: json.RawMessage(good), Batch: 1, Key: "a", Received: start},
			{JSON: json.RawMessage(good), Batch: 1, Key: "a", Received: start},
			{JSON: json.RawMessage(good), Batch: 2, Key: "b", Received: start.Add(time.Second)},
		}
		got := srv.Records()
		if !slices.EqualFunc(got, want, func(a, b logstotest.Record) bool {
			return string(a.JSON) == string(b.JSON) && a.Batch == b.Batch && a.Key == b.Key && a.Received.Equal(b.Received)
		}) {
			t.Errorf("%+v", got)
		}
		if r := srv.Requests(); len(r) != 3 || r[0].Records != 2 || r[0].Key != "a" || !r[2].Received.Equal(start.Add(time.Second)) {
			t.Errorf("%+v", r)
		}
		srv.Reset()
		if len(srv.Records()) != 0 || len(srv.Requests()) != 0 || len(got) != 3 {
			t.Error("Reset forgets too little or too much")
		}
		post(t, srv, nil, good)
		if b := srv.Records()[0].Batch; b != 1 {
			t.Errorf("batch %d after Reset", b)
		}
	})
}

func TestDeduplication(t *testing.T) {
	for _, on := range []bool{false, true} {
		var opts []logstotest.Option
		want := 5
		if on {
			opts, want = append(opts, logstotest.WithDeduplication()), 4
		}
		synctest.Test(t, func(t *testing.T) {
			srv := inMemory(t, opts...)
			for _, key := range []string{"a", "b", "a", "", ""} { // without a key there is nothing to go by
				if got := post(t, srv, headers{"Idempotency-Key": key}, good); got != 200 {
					t.Errorf("status %d", got)
				}
			}
			if got := len(srv.Records()); got != want || len(srv.Requests()) != 5 {
				t.Errorf("deduplication %v: %d records, want %d", on, got, want)
			}
			srv.Reset()
			post(t, srv, headers{"Idempotency-Key": "a"}, good)
			if got := len(srv.Records()); got != 1 {
				t.Errorf("after Reset: %d records", got)
			}
		})
	}
}

func TestARefusedRequestIsNoDuplicate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t, logstotest.WithDeduplication())
		srv.Script(logstotest.Status(503), logstotest.Reset(), logstotest.ResetAfter())
		for i, want := range []int{503, 0, 0, 200} {
			// net/http repeats a request with this key by itself if the
			// connection was used before.
			srv.Client().CloseIdleConnections()
			if got := post(t, srv, headers{"Idempotency-Key": "a"}, good); got != want {
				t.Errorf("request %d: status %d, want %d", i, got, want)
			}
		}
		if got := len(srv.Records()); got != 1 {
			t.Errorf("%d records", got)
		}
	})
}

func TestTheObserverSeesWhatIsStored(t *testing.T) {
	for _, storage := range []bool{true, false} {
		var seen, running int // without a lock, since there is one call at a time
		opts := []logstotest.Option{logstotest.WithObserver(func(records []logstotest.Record) {
			if running++; running != 1 || len(records) != 2 || string(records[0].JSON) != good {
				t.Errorf("%d at once, %v", running, records)
			}
			seen += len(records)
			running--
		})}
		if !storage {
			opts = append(opts, logstotest.WithoutStorage())
		}
		synctest.Test(t, func(t *testing.T) {
			srv := inMemory(t, opts...)
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() { post(t, srv, nil, "["+good+","+good+"]") })
			}
			wg.Wait()
			post(t, srv, nil, "[]")
			post(t, srv, nil, "{}")
			if seen != 40 {
				t.Errorf("seen %d", seen)
			}
			if records, requests := len(srv.Records()), len(srv.Requests()); storage != (records == 40) || storage != (requests == 22) {
				t.Errorf("storage %v: %d records, %d requests", storage, records, requests)
			}
		})
	}
}

func TestCloseEndsRequestsThatHang(t *testing.T) {
	hang := func(t *testing.T, srv *logstotest.Server, wait func()) {
		t.Helper()
		srv.Script(logstotest.Hang(), logstotest.OK().Delay(time.Hour), logstotest.Hang())
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if got := post(t, srv, nil, good); got != 0 {
					t.Errorf("status %d", got)
				}
			})
		}
		wait()
		for range 3 { // more than once, and at once
			wg.Go(srv.Close)
		}
		wg.Wait()
		if got := post(t, srv, nil, good); got != 0 {
			t.Errorf("after Close: status %d", got)
		}
		if n := len(srv.Records()); n != 0 {
			t.Errorf("%d records", n)
		}
	}
	t.Run("in memory", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			hang(t, logstotest.NewInMemory(), synctest.Wait)
			if d := time.Since(start); d != 0 {
				t.Errorf("took %v", d)
			}
		})
	})
	t.Run("loopback", func(t *testing.T) { hang(t, logstotest.NewServer(), func() {}) })
}

// A body that breaks off must not be answered as if it were whole.
func TestHalfABodyIsNotAcknowledged(t *testing.T) {
	srv := logstotest.NewServer()
	defer srv.Close()
	conn, err := net.Dial("tcp", strings.TrimPrefix(srv.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /v1/log HTTP/1.1\r\nHost: x\r\nX-Logs-Api-Key: %s\r\nContent-Type: application/json\r\n"+
		"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\nno length\r\n", logstotest.APIKey, len(good), good)
	if answer, _ := io.ReadAll(conn); len(answer) > 0 {
		t.Errorf("answered %q", answer)
	}
	if n := len(srv.Records()); n != 0 {
		t.Errorf("%d records", n)
	}
}

package logstotest_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/transport/logstotest"
)

// do posts a good record and returns the answer, whose body is still to be read.
func do(t *testing.T, srv *logstotest.Server) (*http.Response, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.Endpoint(), strings.NewReader(good))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Logs-Api-Key", logstotest.APIKey)
	req.Header.Set("Content-Type", "application/json")
	return srv.Client().Do(req)
}

func TestOwnAnswers(t *testing.T) {
	const plain = "Content-Type: text/html"
	for name, c := range map[string]struct {
		step   logstotest.Step
		status int
		header string // one that the answer must have
		body   string
		stored int
	}{
		"usual success":     {logstotest.OK(), 200, "Content-Type: application/json", `{"accepted":1}` + "\n", 1},
		"usual refusal":     {logstotest.Status(503), 503, "Content-Type: application/json", `{"error":"Service Unavailable"}` + "\n", 0},
		"own refusal":       {logstotest.Status(503).Body("<h1>no</h1>").Header("Content-Type", "text/html"), 503, plain, "<h1>no</h1>", 0},
		"own success":       {logstotest.OK().Body("<h1>yes</h1>").Header("Content-Type", "text/html"), 200, plain, "<h1>yes</h1>", 1},
		"zero value":        {logstotest.Step{}, 200, "", `{"accepted":1}` + "\n", 1},
		"no body":           {logstotest.Status(500).Body(""), 500, "Content-Length: 0", "", 0},
		"two headers":       {logstotest.Status(503).Header("X-A", "1").RetryAfter("2").Header("X-A", "3"), 503, "X-A: 3", `{"error":"Service Unavailable"}` + "\n", 0},
		"Retry-After":       {logstotest.Status(503).Header("X-A", "1").RetryAfter("2"), 503, "Retry-After: 2", `{"error":"Service Unavailable"}` + "\n", 0},
		"challenge":         {logstotest.Status(401), 401, `Www-Authenticate: Bearer realm="logs.to"`, `{"error":"Unauthorized"}` + "\n", 0},
		"padded":            {logstotest.Status(500).Body("x").Pad(4), 500, "", "x   ", 0},
		"padded less":       {logstotest.Status(500).Body("long").Pad(3), 500, "", "long", 0},
		"HTTP of one's own": {logstotest.Raw("HTTP/1.1 299 Odd\r\nX-A: 1\r\nContent-Length: 1\r\n\r\nx"), 299, "X-A: 1", "x", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := inMemory(t)
				srv.Script(c.step)
				resp, err := do(t, srv)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				body, err := io.ReadAll(resp.Body)
				if resp.StatusCode != c.status || string(body) != c.body || err != nil || len(srv.Records()) != c.stored {
					t.Errorf("%d %q, %v, %d records", resp.StatusCode, body, err, len(srv.Records()))
				}
				if name, value, ok := strings.Cut(c.header, ": "); ok && resp.Header.Get(name) != value {
					t.Errorf("%s: %q, want %q", name, resp.Header.Get(name), value)
				}
			})
		})
	}
}

// TestAStepIsAValue checks that what is built on a step leaves it as it was.
func TestAStepIsAValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t)
		base := logstotest.Status(503).Header("X-A", "base")
		srv.Script(base, base.Header("X-A", "other"), base)
		for _, want := range []string{"base", "other", "base"} {
			resp, err := do(t, srv)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if got := resp.Header.Get("X-A"); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
	})
}

func TestAnswersThatAreNone(t *testing.T) {
	for name, c := range map[string]struct {
		step   logstotest.Step
		inBody bool // the client sees it only there
	}{
		"garbage":        {logstotest.Raw("\x00\x01\x02 no HTTP\r\n\r\n"), false},
		"nothing":        {logstotest.Raw(""), false},
		"half a status":  {logstotest.Raw("HTTP/1.1 20"), false},
		"half a body":    {logstotest.Raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), true},
		"half a chunk":   {logstotest.Raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf"), true},
		"length too big": {logstotest.OK().Body("short").Header("Content-Length", "1000"), true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := inMemory(t)
				srv.Script(c.step)
				resp, err := do(t, srv)
				if err == nil {
					_, err = io.ReadAll(resp.Body)
					resp.Body.Close()
				}
				if err == nil || (resp != nil) != c.inBody {
					t.Errorf("answer %v, error %v", resp, err)
				}
				if got := post(t, srv, nil, good); got != 200 {
					t.Errorf("then: status %d", got)
				}
			})
		})
	}
}

func TestDrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t)
		srv.Script(logstotest.OK().Body("abc").Pad(4).Drip(time.Second))
		start := time.Now()
		resp, err := do(t, srv)
		if err != nil || resp.StatusCode != http.StatusOK || time.Since(start) != 0 {
			t.Fatalf("%v, %v, in %v", resp, err, time.Since(start))
		}
		defer resp.Body.Close()
		in := bufio.NewReader(resp.Body)
		for i := range 4 {
			c, err := in.ReadByte()
			if c != "abc "[i] || err != nil || time.Since(start) != time.Duration(i+1)*time.Second {
				t.Errorf("byte %d: %q, %v, in %v", i, c, err, time.Since(start))
			}
		}
		if _, err := in.ReadByte(); err != io.EOF {
			t.Errorf("at the end: %v", err)
		}
	})
}

// TestAnswersWithoutEnd checks that the client or Close ends them.
func TestAnswersWithoutEnd(t *testing.T) {
	for name, step := range map[string]logstotest.Step{
		"endless":      logstotest.OK().Endless(),
		"slow endless": logstotest.Status(500).Endless().Drip(time.Second),
	} {
		for _, byClient := range []bool{true, false} {
			t.Run(fmt.Sprint(name, ", by the client ", byClient), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					srv := inMemory(t)
					srv.Script(step)
					resp, err := do(t, srv)
					if err != nil {
						t.Fatal(err)
					}
					defer resp.Body.Close()
					if n, err := io.CopyN(io.Discard, resp.Body, 100); n != 100 || err != nil {
						t.Errorf("%d bytes, %v", n, err)
					}
					if byClient {
						resp.Body.Close()
						synctest.Wait()
						if got := post(t, srv, nil, good); got != 200 {
							t.Errorf("then: status %d", got)
						}
						return
					}
					srv.Close()
					if _, err := io.Copy(io.Discard, resp.Body); err == nil {
						t.Error("the body ends as if it were whole")
					}
				})
			})
		}
	}
}

// TestCloseEndsAnswersThatNobodyReads has a client that sends and then does
// nothing, so that the server waits in a write.
func TestCloseEndsAnswersThatNobodyReads(t *testing.T) {
	for name, step := range map[string]logstotest.Step{
		"endless": logstotest.OK().Endless(),
		"raw":     logstotest.Raw(strings.Repeat("x", 32<<20)),
	} {
		srv := logstotest.NewServer()
		srv.Script(step)
		conn, err := net.Dial("tcp", srv.Address())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "POST /v1/log HTTP/1.1\r\nHost: x\r\nX-Logs-Api-Key: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
			logstotest.APIKey, len(good), good)
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		srv.Close() // or the test does not end
		conn.Close()
	}
}

func TestHugeBodies(t *testing.T) {
	srv := logstotest.NewServer()
	defer srv.Close()
	const size = 8 << 20
	srv.Script(logstotest.OK().Pad(size))
	resp, err := do(t, srv)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct{ Accepted int }
	body, err := io.ReadAll(resp.Body)
	if err != nil || len(body) != size || json.Unmarshal(body, &answer) != nil || answer.Accepted != 1 {
		t.Errorf("%d bytes, %v, %+v", len(body), err, answer)
	}
}

func TestPartial(t *testing.T) {
	const three = `[{"message":"a","level":"info"},{"message":"b","level":"info"},{"message":"c","level":"info"}]`
	for name, c := range map[string]struct {
		step   logstotest.Step
		poison string
		status int
		body   string
		stored string
	}{
		"one":        {logstotest.Partial(207, 1), "", 207, `{"accepted":2,"errors":[{"index":1,"error":"record 1 is not acceptable"}]}`, "ac"},
		"200":        {logstotest.Partial(200, 2), "", 200, `{"accepted":2,"errors":[{"index":2,"error":"record 2 is not acceptable"}]}`, "ab"},
		"all":        {logstotest.Partial(200, 2, 0, 1, 0), "", 200, `{"accepted":0,"errors":[{"index":0,"error":"record 0 is not acceptable"},{"index":1,"error":"record 1 is not acceptable"},{"index":2,"error":"record 2 is not acceptable"}]}`, ""},
		"none":       {logstotest.Partial(200), "", 200, `{"accepted":3}`, "abc"},
		"not there":  {logstotest.Partial(200, 3, -1), "", 200, `{"accepted":3}`, "abc"},
		"own body":   {logstotest.Partial(200, 0).Body("no"), "", 200, "no", "bc"},
		"poison":     {logstotest.Partial(207), `"b"`, 207, `{"accepted":2,"errors":[{"index":1,"error":"record 1 is not acceptable"}]}`, "ac"},
		"poison too": {logstotest.Partial(207, 0), `"b"`, 207, `{"accepted":1,"errors":[{"index":0,"error":"record 0 is not acceptable"},{"index":1,"error":"record 1 is not acceptable"}]}`, "c"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var seen strings.Builder
				srv := inMemory(t, logstotest.WithObserver(func(records []logstotest.Record) {
					for _, r := range records {
						seen.WriteByte(r.JSON[len(`{"message":"`)])
					}
				}))
				if c.poison != "" {
					srv.PoisonWith(c.poison, c.step)
				} else {
					srv.Script(c.step)
				}
				status, body := call(t, srv, http.MethodPost, "/v1/log", headers{"X-Logs-Api-Key": logstotest.APIKey, "Content-Type": "application/json"}, []byte(three))
				if status != c.status || strings.TrimSpace(body) != c.body {
					t.Errorf("%d %s", status, body)
				}
				if seen.String() != c.stored || len(srv.Records()) != len(c.stored) || srv.Requests()[0].Records != 3 {
					t.Errorf("stored %s, %d records, %+v", seen.String(), len(srv.Records()), srv.Requests())
				}
			})
		})
	}
}

func TestPoisonWith(t *testing.T) {
	for name, c := range map[string]struct {
		step         logstotest.Step
		want, stored int
		takes        time.Duration
		body         string
	}{
		"500":   {step: logstotest.Status(500), want: 500, body: `{"error":"record 1 is not acceptable"}`},
		"403":   {step: logstotest.Status(403).Body("no").Delay(time.Second), want: 403, takes: time.Second, body: "no"},
		"cut":   {step: logstotest.Reset()},
		"after": {step: logstotest.ResetAfter(), stored: 2},
		"raw":   {step: logstotest.Raw("x")},
		"OK":    {step: logstotest.OK(), want: 200, stored: 2, body: `{"accepted":2}`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := inMemory(t)
				srv.PoisonWith("bad", c.step)
				start := time.Now()
				status, body := call(t, srv, http.MethodPost, "/v1/log", headers{"X-Logs-Api-Key": logstotest.APIKey, "Content-Type": "application/json"},
					[]byte("["+good+`,{"message":"bad","level":"info"}]`))
				if status != c.want || status != 0 && strings.TrimSpace(body) != c.body || len(srv.Records()) != c.stored || time.Since(start) != c.takes {
					t.Errorf("%d %s, %d records, in %v", status, body, len(srv.Records()), time.Since(start))
				}
				if r := srv.Requests(); len(r) != 1 || r[0].Status != c.want {
					t.Errorf("%+v", r)
				}
				if got := post(t, srv, nil, good); got != 200 {
					t.Errorf("without poison: status %d", got)
				}
			})
		})
	}
}

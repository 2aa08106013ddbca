package transport_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/transport"
)

// readErrors reads {"errors":[{"i":3,"why":"too old"}]}, as an example.
func readErrors(body []byte, _ int) ([]transport.Failure, error) {
	var answer struct {
		Errors []struct {
			I   int
			Why string
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, err
	}
	var failed []transport.Failure
	for _, e := range answer.Errors {
		failed = append(failed, transport.Failure{Index: e.I, Reason: e.Why})
	}
	return failed, nil
}

func TestPartialSuccess(t *testing.T) {
	type hook = func([]byte, int) ([]transport.Failure, error)
	for name, c := range map[string]struct {
		answer  string
		hook    hook
		lost    []int
		why     string // in the error
		trouble string // that is told
	}{
		"all":            {`{}`, readErrors, nil, "", ""},
		"one":            {`{"errors":[{"i":3,"why":"too old"}]}`, readErrors, []int{3}, `200 OK: the server has not taken record 4 of 5: too old: record {"message":"xxx`, ""},
		"no reason":      {`{"errors":[{"i":0}]}`, readErrors, []int{0}, "record 1 of 5: record {", ""},
		"two, twice":     {`{"errors":[{"i":4},{"i":1},{"i":4}]}`, readErrors, []int{1, 4}, "record 5 of 5", ""},
		"every":          {`{"errors":[{"i":0},{"i":1},{"i":2},{"i":3},{"i":4}]}`, readErrors, upTo(5), "", ""},
		"no such record": {`{"errors":[{"i":5},{"i":-1},{"i":2}]}`, readErrors, []int{2}, "record 3", "an index is not that of a record"},
		"huge index":     {`{"errors":[{"i":9223372036854775807},{"i":-9223372036854775808}]}`, readErrors, nil, "", "an index is not that of a record"},
		"not JSON":       {`OK`, readErrors, nil, "", "invalid character"},
		"too long":       {strings.Repeat(" ", 1<<20) + "{}", readErrors, nil, "", "more than 1048576 bytes"},
		"at the bound":   {strings.Repeat(" ", 1<<20-2) + "{}", readErrors, nil, "", ""},
		"panic":          {`{}`, func([]byte, int) ([]transport.Failure, error) { panic(secret) }, nil, "", "it panicked: ***"},
		"secret": {`{"errors":[{"i":1}]}`, func(_ []byte, n int) ([]transport.Failure, error) {
			return []transport.Failure{{Index: n - 1, Reason: "you sent " + secret}}, errors.New("and " + secret)
		}, []int{4}, "you sent ***", "and ***"},
	} {
		t.Run(name, func(t *testing.T) {
			client := clientOn(t, func(req *http.Request) (*http.Response, error) { return respond(req, 200, c.answer), nil },
				transport.WithPartialSuccess(c.hook))
			trouble := ""
			defer client.Notify(func(err error) {
				if err != nil {
					trouble = err.Error()
				}
			})()
			err := deliver.Records(t.Context(), client, records(5))
			var b *deliver.Error
			if (err != nil) != (c.lost != nil) || err != nil && (!errors.As(err, &b) || !slices.Equal(b.Indices, c.lost) || !strings.Contains(err.Error(), c.why)) {
				t.Errorf("Send: %v, want %v lost, %q", err, c.lost, c.why)
			}
			if (trouble == "") != (c.trouble == "") || !strings.Contains(trouble, c.trouble) {
				t.Errorf("told %q, want %q", trouble, c.trouble)
			}
			if text := fmt.Sprint(err, trouble); strings.Contains(text, "s3cr3t") {
				t.Error(text)
			}
		})
	}
}

// TestASuccessThatBreaksOffIsOne checks that what the server has acknowledged is
// not sent again.
func TestASuccessThatBreaksOffIsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		var trouble []string
		client := clientOn(t, func(req *http.Request) (*http.Response, error) {
			resp := respond(req, 200, "{}")
			switch n++; n {
			case 1:
				resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"errors":[`), brokenReader{}))
			case 2: // endless: it is read for a while, and not as long as a request may take
				resp.Body = &endless{ctx: req.Context(), closed: make(chan struct{})}
			}
			return resp, nil
		}, transport.WithPartialSuccess(readErrors))
		defer client.Notify(func(err error) { trouble = append(trouble, fmt.Sprint(err)) })()
		start := time.Now()
		for range 3 {
			if err := deliver.Records(t.Context(), client, records(2)); err != nil {
				t.Error(err)
			}
		}
		if n != 3 || time.Since(start) != 5*time.Second {
			t.Errorf("%d requests in %v", n, time.Since(start))
		}
		if len(trouble) != 2 || !strings.Contains(trouble[0], "breaks off") || trouble[1] != "<nil>" {
			t.Errorf("told %q", trouble)
		}
	})
}

// TestALongAnswerHasItsTime checks that a success is read to its end, if that takes
// no longer than it may, and no longer than that.
func TestALongAnswerHasItsTime(t *testing.T) {
	for takes, want := range map[time.Duration]string{
		4900 * time.Millisecond: "",
		5100 * time.Millisecond: "the answer has not ended within 5s",
		time.Hour:               "the answer has not ended within 5s",
	} {
		synctest.Test(t, func(t *testing.T) {
			client := clientOn(t, func(req *http.Request) (*http.Response, error) {
				resp := respond(req, 200, "")
				resp.Body = io.NopCloser(&drip{ctx: req.Context(), text: `{"errors":[{"i":1}]}`, every: takes / 20})
				return resp, nil
			}, transport.WithPartialSuccess(readErrors))
			trouble := ""
			defer client.Notify(func(err error) { trouble += fmt.Sprint(err) })()
			start := time.Now()
			err := deliver.Records(t.Context(), client, records(2))
			if d := time.Since(start); d > 5*time.Second || (err != nil) != (want == "") {
				t.Errorf("%v: %v after %v", takes, err, d)
			}
			if (trouble == "") != (want == "") || !strings.Contains(trouble, want) {
				t.Errorf("%v: told %q", takes, trouble)
			}
		})
	}
}

// drip is the body of an answer that comes byte by byte.
type drip struct {
	ctx   context.Context
	text  string
	every time.Duration
}

func (d *drip) Read(p []byte) (int, error) {
	if d.text == "" {
		return 0, io.EOF
	}
	select {
	case <-time.After(d.every):
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	}
	n := copy(p[:1], d.text)
	d.text = d.text[n:]
	return n, nil
}

// TestASuccessThatTakesNoArray checks a server that says in a success that it takes
// no record of an array: it gets single ones, and none is lost.
func TestASuccessThatTakesNoArray(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sizes []int
		client := clientOn(t, func(req *http.Request) (*http.Response, error) {
			n := bytes.Count(unpack(t, req), []byte("message"))
			sizes = append(sizes, n)
			return respond(req, 200, fmt.Sprint(n)), nil
		}, transport.WithPartialSuccess(func(body []byte, n int) (failed []transport.Failure, _ error) {
			for i := range n {
				if string(body) != "1" {
					failed = append(failed, transport.Failure{Index: i, Reason: "not an object"})
				}
			}
			return failed, nil
		}), transport.WithConcurrency(1))
		transport.Forget(client) // it knows nothing of arrays
		for range 2 {
			if err := deliver.Records(t.Context(), client, records(4)); err != nil {
				t.Error(err)
			}
		}
		if want := []int{2, 1, 1, 1, 1, 1, 1, 1, 1}; !slices.Equal(sizes, want) {
			t.Errorf("requests with %v records, want %v", sizes, want)
		}
	})
}

func FuzzPartialSuccess(f *testing.F) {
	for _, s := range []string{`{}`, `{"errors":[{"i":1,"why":"x"}]}`, `{"errors":[{"i":-1},{"i":99}]}`, ``, `[`, "\xff"} {
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, answer string, n int) {
		n = 1 + n&7
		requests := 0
		client := clientOn(t, func(req *http.Request) (*http.Response, error) {
			requests++
			return respond(req, 200, answer), nil
		}, transport.WithPartialSuccess(readErrors))
		err := deliver.Records(t.Context(), client, records(n))
		var b *deliver.Error
		if err != nil && (!errors.As(err, &b) || len(b.Indices) == 0 || len(b.Indices) > n || !slices.IsSorted(b.Indices)) || requests != 1 {
			t.Errorf("%q: %v in %d requests", answer, err, requests)
		}
	})
}

// FuzzAnswer checks that no answer of a server makes a record count twice or not
// at all, or shows the key, whatever its status, headers and body are.
func FuzzAnswer(f *testing.F) {
	f.Add(200, "", "text/html", "", "<html>")
	f.Add(413, "", "", "", "too large")
	f.Add(429, "7", "", "", "")
	f.Add(503, "Fri, 29 May 2026 10:00:42 GMT", "application/json", "", `{"error":"x"}`)
	f.Add(307, "", "", "https://api.logs.to/v1/log", "")
	f.Add(302, "", "", "http://[bad", "")
	f.Add(401, "", "", "", secret)
	f.Add(101, "-1", ";", "/", "\x00\xff")
	f.Fuzz(func(t *testing.T, status int, after, kind, location, body string) {
		if status < 100 || status > 999 {
			return // net/http knows no others
		}
		client := clientOn(t, func(req *http.Request) (*http.Response, error) {
			resp := respond(req, status, body)
			resp.Header = http.Header{"Retry-After": {after}, "Content-Type": {kind}, "Location": {location}}
			return resp, nil
		}, transport.WithoutRetry(), transport.WithConcurrency(1))
		err := deliver.Records(t.Context(), client, records(5))
		var b *deliver.Error
		var e *transport.Error
		switch {
		case err == nil && (status < 200 || status > 299):
			t.Errorf("%d is a success", status)
		case err != nil && (!errors.As(err, &b) || !slices.Equal(b.Indices, upTo(5)) || !errors.As(err, &e) || len(e.Body) > 1<<10 || strings.Contains(err.Error(), secret)):
			t.Errorf("%d: %v", status, err)
		}
		if s := client.Stats(); s.Requests != s.Delivered+s.Refused+s.Failed || s.Requests > 20 {
			t.Errorf("%d: %+v", status, s)
		}
	})
}

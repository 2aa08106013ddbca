package transport_test

import (
	"cmp"
	"errors"
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

func TestTheBodyOfAnErrorIsBoundedAndClean(t *testing.T) {
	for name, c := range map[string]struct{ sent, want string }{
		"nothing":             {"", ""},
		"text":                {" no such project \r\n", "no such project"},
		"at the bound":        {strings.Repeat("x", 1024), strings.Repeat("x", 1024)},
		"beyond the bound":    {strings.Repeat("x", 1<<20), strings.Repeat("x", 1024)},
		"control characters":  {"a\x00b\x1b[31mc\x7fd\r\ne\u009bf\u202eg", "a b [31mc d  e f g"},
		"not UTF-8":           {"a\xffb", "a\uFFFDb"},
		"UTF-8 in halves":     {strings.Repeat("é", 1<<10), strings.Repeat("é", 512)},
		"all not UTF-8":       {strings.Repeat("a\xff", 1<<10), strings.Repeat("a\uFFFD", 256)},
		"secret":              {"you sent " + secret, "you sent ***"},
		"secret in a query":   {"?key=" + url.QueryEscape(secret), "?key=***"},
		"secret in HTML":      {"<b>" + html.EscapeString(secret) + "</b>", "<b>***</b>"},
		"secret in JSON":      {`{"key":"s3cr3t/+\u0026\"key"}`, `{"key":"***"}`},
		"many secrets":        {strings.Repeat(secret, 2000), ""},
		"secret at the bound": {strings.Repeat("x", 1020) + secret, strings.Repeat("x", 1020) + "***"},
	} {
		t.Run(name, func(t *testing.T) {
			client := clientOn(t, func(req *http.Request) (*http.Response, error) { return respond(req, 403, c.sent), nil }, transport.WithoutSetupRetry())
			err := deliver.Records(t.Context(), client, records(1))
			var e *transport.Error
			if !errors.As(err, &e) || e.Status != 403 || e.Attempts != 1 {
				t.Fatalf("Send: %v", err)
			}
			if name == "many secrets" { // how many depends on where the answer is cut
				e.Body = strings.TrimRight(e.Body, "*")
			}
			if e.Body != c.want || len(e.Body) > 1<<10 || !utf8.ValidString(e.Body) {
				t.Errorf("%d bytes: %q, want %q", len(e.Body), e.Body, c.want)
			}
		})
	}
}

// Wherever an answer is cut, no part of the secret that is worth having stays.
func TestNoPartOfTheSecretStays(t *testing.T) {
	long := strings.Repeat("0123456789", 30)
	for before := 700; before < 1100; before += 7 {
		for _, broken := range []bool{false, true} {
			client := clientOn(t, func(req *http.Request) (*http.Response, error) {
				resp := respond(req, 403, "")
				sent := strings.Repeat(long, 3) + strings.Repeat("x", before) + long + strings.Repeat(long, 9)
				resp.Body = io.NopCloser(strings.NewReader(sent))
				if broken { // the connection is cut within the secret
					resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(strings.Repeat("y", before)+long[:290]), brokenReader{}))
				}
				return resp, nil
			}, transport.WithAuth(auth.APIKey(long)), transport.WithoutSetupRetry())
			if err := deliver.Records(t.Context(), client, records(1)); err == nil || strings.Contains(err.Error(), "0123") {
				t.Fatalf("%d bytes before, broken %v: %v", before, broken, err)
			}
		}
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestErrorsOfNetHTTPShowNeitherSecretNorQuery(t *testing.T) {
	for name, f := range map[string]roundTrip{
		"round tripper": func(req *http.Request) (*http.Response, error) {
			_ = req.Body.Close()
			return nil, errors.New("cannot send " + req.Header.Get("X-Logs-Api-Key"))
		},
		"redirect": func(req *http.Request) (*http.Response, error) {
			resp := respond(req, 307, "")
			resp.Header.Set("Location", "http://[bad/"+secret)
			return resp, nil
		},
		"no answer": func(req *http.Request) (*http.Response, error) {
			_ = req.Body.Close()
			return nil, io.ErrUnexpectedEOF
		},
	} {
		c := clientOn(t, f, transport.WithoutRetry(), transport.WithEndpoint("https://logs.example/?token=s3cr3t"))
		err := deliver.Records(t.Context(), c, records(1))
		if err == nil || strings.Contains(err.Error(), "s3cr3t") || !strings.Contains(err.Error(), "no answer: ") {
			t.Errorf("%s: %v", name, err)
		}
		if name == "no answer" && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: the reason is lost: %v", name, err)
		}
		if strings.Contains(c.String(), "s3cr3t") {
			t.Errorf("the client shows its query: %v", c)
		}
	}
}

func TestARedirectIsNamedByItsTarget(t *testing.T) {
	for location, want := range map[string]string{
		"https://other.example/v1/log":                                   "302 Found: redirect to https://other.example/v1/log is not followed",
		"https://other.example:8443/?token=hidden":                       "redirect to https://other.example:8443/ is not followed",
		"//me:hidden@other.example/a%2Fb#hidden":                         "redirect to https://other.example/a%2Fb is not followed",
		"/v2/log?hidden":                                                 "redirect to https://logs.example/v2/log is not followed",
		"?hidden":                                                        "redirect to https://logs.example/v1/log is not followed",
		"http://logs.example/" + url.PathEscape(secret):                  "redirect to http://logs.example/*** is not followed",
		"http://logs.example/" + url.QueryEscape(secret):                 "redirect to http://logs.example/*** is not followed",
		"http://logs.example/%73%33cr3t%2f%2b%26%22key":                  "redirect to http://logs.example/*** is not followed",
		"https:///me:hidden@other.example/":                              "redirect to https: is not followed",
		"mailto:hidden":                                                  "redirect to another scheme is not followed",
		"https://other.example/\u202e\u0085x":                            "redirect to https://other.example/%E2%80%AE%C2%85x is not followed",
		"https://oth\u202eer.example/":                                   "redirect to https://oth er.example/ is not followed",
		"https://other.example/" + strings.Repeat("x", 9999) + "?hidden": strings.Repeat("x", 256-len("https://other.example/")) + " is not followed",
		"https://[bad/hidden":                                            "redirect to what is not a URL is not followed",
		"https://other.example/\x1bhidden":                               "redirect to what is not a URL is not followed",
		"%zz" + secret:                                                   "redirect to what is not a URL is not followed",
		"":                                                               "302 Found: see below", // the body
	} {
		client := clientOn(t, func(req *http.Request) (*http.Response, error) {
			resp := respond(req, 302, cmp.Or(location, "see below"))
			resp.Header.Set("Location", location)
			return resp, nil
		}, transport.WithoutRetry(), transport.WithEndpoint("https://logs.example/v1/log?hidden"))
		err := deliver.Records(t.Context(), client, records(2))
		var e *transport.Error
		if !errors.As(err, &e) || !e.Setup() || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%.60q: %.400v", location, err)
			continue
		}
		if text := err.Error(); strings.Contains(text, "hidden") || strings.Contains(text, secret) || len(text) > 400 {
			t.Errorf("%.60q: %v", location, err)
		}
	}
}

func TestTheTextOfErrors(t *testing.T) {
	for want, err := range map[string]error{
		"transport: 503 Service Unavailable after 3 attempts: busy: out of time": &transport.Error{Status: 503, Attempts: 3, Body: "busy", Err: errors.New("out of time")},
		"transport: https://x/v1/log: 404 Not Found":                             &transport.Error{URL: "https://x/v1/log", Status: 404, Attempts: 1},
		"transport: 403 Forbidden":                                               &transport.Error{Status: 403, Attempts: 1},
		"transport: no answer: EOF":                                              &transport.Error{Attempts: 1, Err: io.EOF},
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
}

func TestRetryAfterDoesNotOutlastMaxElapsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := logstotest.NewInMemory()
		defer srv.Close()
		srv.Script(logstotest.Status(503).RetryAfter("120"))
		c := newClient(t, srv, transport.WithRetry(transport.Retry{MaxElapsed: time.Minute}))
		start := time.Now()
		err := deliver.Records(t.Context(), c, records(2))
		if d := time.Since(start); d > time.Minute || len(srv.Requests()) != 1 {
			t.Errorf("%d requests in %v", len(srv.Requests()), d)
		}
		checkError(t, err, upTo(2), 503)
		// The next batch waits as long as the server asked.
		if err := deliver.Records(t.Context(), c, records(2)); err != nil || time.Since(start) < 2*time.Minute || time.Since(start) > 3*time.Minute {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}

func TestATokenIsReplacedMoreThanOnceInALongOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := logstotest.NewInMemory()
		defer srv.Close()
		status := logstotest.Status
		srv.Script(status(401), status(503), status(401), status(503))
		c := newClient(t, srv, transport.WithAuth(auth.TokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: logstotest.APIKey}))))
		if err := deliver.Records(t.Context(), c, records(2)); err != nil {
			t.Error(err)
		}
		// A token that is new and refused all the same is a fault of the set-up.
		srv.Script(status(401), status(401), status(401))
		if err := deliver.Records(t.Context(), c, records(2)); err != nil {
			t.Error(err)
		}
		if s := c.Stats(); s.Requests != s.Delivered+s.Failed || s.Delivered < 2 || s.Delivered > 4 || s.Failed != 7 {
			t.Errorf("%+v", s)
		}
	})
}

func TestARequestThatWasNotSentIsNotCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := logstotest.NewInMemory()
		defer srv.Close()
		tokens := 0
		c := newClient(t, srv, transport.WithAuth(auth.TokenSource(tokenFunc(func() (*oauth2.Token, error) {
			if tokens++; tokens < 5 {
				return nil, errors.New("not yet")
			}
			return &oauth2.Token{AccessToken: logstotest.APIKey}, nil
		}))))
		if err := deliver.Records(t.Context(), c, records(1)); err != nil {
			t.Error(err)
		}
		if s := c.Stats(); s.Requests != 1 || s.Retries != 0 || tokens != 5 {
			t.Errorf("%+v, %d tokens", s, tokens)
		}
	})
}

// tokenFunc is a token source.
type tokenFunc func() (*oauth2.Token, error)

func (f tokenFunc) Token() (*oauth2.Token, error) { return f() }

// TestAnErrorIsALine has what an HTTP client of the application may say.
func TestAnErrorIsALine(t *testing.T) {
	e := &transport.Error{URL: "https://api.logs.to", Attempts: 1, Err: errors.New("\x1b[2J\r\nlogsto: all is well\u202e" + strings.Repeat("x", 1<<20))}
	text := e.Error()
	if !strings.HasPrefix(text, "transport: https://api.logs.to: no answer:") || len(text) > 8<<10 || strings.ContainsAny(text, "\x1b\r\n\u202e") {
		t.Errorf("%d bytes: %.100q", len(text), text)
	}
}

package auth_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/auth"
)

// terminal is where somebody sees the address and enters what answer makes of the address
// at which the browser ends.
type terminal struct {
	t      *testing.T
	answer func(end *url.URL) string
	shown  bytes.Buffer
	in     io.Reader
}

func (m *terminal) Write(b []byte) (int, error) { return m.shown.Write(b) }

func (m *terminal) Read(b []byte) (int, error) {
	if m.in == nil {
		m.in = strings.NewReader(m.answer(m.visit()))
	}
	return m.in.Read(b)
}

// visit goes where the address leads, up to the redirect that nobody awaits.
func (m *terminal) visit() *url.URL {
	_, text, _ := strings.Cut(m.shown.String(), "\n\n")
	address, _, _ := strings.Cut(text, "\n")
	req, err := http.NewRequestWithContext(m.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		m.t.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		m.t.Fatal(err)
	}
	resp.Body.Close()
	end, err := resp.Location()
	if err != nil {
		m.t.Fatal(err)
	}
	return end
}

func TestALoginWithAPrompt(t *testing.T) {
	code := func(end *url.URL) string { return end.Query().Get("code") }
	for name, c := range map[string]struct {
		redirect string
		answer   func(end *url.URL) string
		issuer   bool
		want     string // in the error
		rest     string // of the input, for others
	}{
		"code":                 {answer: func(u *url.URL) string { return code(u) + "\nrest" }, rest: "rest"},
		"code without an end":  {answer: code},
		"code with blanks":     {answer: func(u *url.URL) string { return "  " + code(u) + "\t\r\n" }},
		"address":              {answer: func(u *url.URL) string { return u.String() + "\nmore\n" }, rest: "more\n"},
		"address and issuer":   {answer: func(u *url.URL) string { return u.String() + "\n" }, issuer: true},
		"page of the server":   {redirect: "https://logs.example/code", answer: code},
		"out of band":          {redirect: "urn:ietf:wg:oauth:2.0:oob", answer: code},
		"code and issuer":      {answer: code, issuer: true, want: "whole address"},
		"other state":          {answer: func(u *url.URL) string { return strings.Replace(u.String(), "state=", "state=x", 1) }, want: "not of this login"},
		"no state":             {answer: func(u *url.URL) string { return "http://127.0.0.1/callback?code=" + url.QueryEscape(code(u)) }, want: "not of this login"},
		"a code by its name":   {answer: func(*url.URL) string { return "code=s3cr3t" }, want: "not of this login"},
		"a state by its name":  {answer: func(*url.URL) string { return "state=s3cr3t" }, want: "not of this login"},
		"a query":              {answer: func(*url.URL) string { return "?s3cr3t" }, want: "not of this login"},
		"the query alone":      {answer: func(u *url.URL) string { return u.RawQuery + "&x=a:b#rest" }},
		"address of no query":  {answer: func(*url.URL) string { return "http://127.0.0.1/s3cr3t" }, want: "not of this login"},
		"two codes":            {answer: func(u *url.URL) string { return u.String() + "&code=x" }, want: "more than one code"},
		"error":                {answer: func(u *url.URL) string { return strings.Replace(u.String(), "code=", "error=access_denied&x=", 1) }, want: "answers access_denied"},
		"nothing":              {answer: func(*url.URL) string { return "" }, want: "no code was entered"},
		"an empty line":        {answer: func(*url.URL) string { return "  \n" }, want: "no code was entered"},
		"malformed":            {answer: func(*url.URL) string { return "http://%zz/?code=s3cr3t" }, want: "is no address"},
		"a line without end":   {answer: func(*url.URL) string { return strings.Repeat("s3cr3t", 1<<20) }, want: "the line is too long"},
		"as long as may be":    {answer: func(*url.URL) string { return strings.Repeat("s3cr3t..", 2<<10) }, want: "invalid_grant"},
		"control characters":   {answer: func(*url.URL) string { return "s3cr3t\x1b[A" }, want: "is no code"},
		"the code of somebody": {answer: func(*url.URL) string { return "s3cr3t" }, want: "invalid_grant"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := newAuthServer(t)
			cfg := srv.config()
			cfg.RedirectURL = c.redirect
			m := &terminal{t: t, answer: c.answer}
			opts := []auth.LoginOption{auth.WithPrompt(m, m)}
			if c.issuer {
				opts = append(opts, auth.WithIssuer(srv.URL))
			}
			var store memoryStore
			err := auth.Login(t.Context(), cfg, &store, opts...)
			switch {
			case c.want == "" && (err != nil || len(store.tokens) != 1):
				t.Errorf("Login: %v, %d stored", err, len(store.tokens))
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "auth: ") || len(store.tokens) > 0):
				t.Errorf("Login: %v, want %q, %d stored", err, c.want, len(store.tokens))
			}
			noneShown(t, err, srv.asked.Get("state"), "s3cr3t")
			if c.want == "" {
				if rest, err := io.ReadAll(m.in); string(rest) != c.rest || err != nil {
					t.Errorf("left for others: %q, %v; want %q", rest, err, c.rest)
				}
			}
		})
	}
}

// The code that somebody else was given is worth nothing: the server wants to see the
// verifier of that login.
func TestACodeOfAnotherLoginIsRefused(t *testing.T) {
	srv := newAuthServer(t)
	other := make(chan string, 1)
	first := &terminal{t: t, answer: func(end *url.URL) string { other <- end.Query().Get("code"); return "" }}
	if err := auth.Login(t.Context(), srv.config(), &memoryStore{}, auth.WithPrompt(first, first)); err == nil {
		t.Error("no error without a code")
	}
	code := <-other
	second := &terminal{t: t, answer: func(*url.URL) string { return code }}
	err := auth.Login(t.Context(), srv.config(), &memoryStore{}, auth.WithPrompt(second, second))
	var e *auth.TokenError
	if !errors.As(err, &e) || e.Code != "invalid_grant" {
		t.Errorf("Login: %v", err)
	}
	noneShown(t, err, code)
}

func TestAPromptEndsInTime(t *testing.T) {
	cfg := oauthConfig("https://auth.example")
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		defer w.Close() // lets the reader go
		began := time.Now()
		err := auth.Login(t.Context(), cfg, &memoryStore{}, auth.WithPrompt(r, io.Discard))
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 5*time.Minute {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		defer w.Close()
		cause := errors.New("the reason")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, cause)
		defer cancel()
		began := time.Now()
		err := auth.Login(ctx, cfg, &memoryStore{}, auth.WithPrompt(r, io.Discard), auth.WithLoginTimeout(time.Hour))
		if !errors.Is(err, cause) || time.Since(began) != time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

// funcIO is a reader and a writer.
type funcIO func([]byte) (int, error)

func (f funcIO) Read(b []byte) (int, error)  { return f(b) }
func (f funcIO) Write(b []byte) (int, error) { return f(b) }

func TestAPromptThatFails(t *testing.T) {
	cfg := oauthConfig("https://auth.example")
	reason := errors.New("the reason")
	fails := funcIO(func([]byte) (int, error) { return 0, reason })
	idles := funcIO(func([]byte) (int, error) { return 0, nil })
	for name, c := range map[string]struct {
		in   io.Reader
		out  io.Writer
		want error
	}{
		"reader": {fails, io.Discard, reason},
		"writer": {strings.NewReader("code"), fails, reason},
		"idle":   {idles, io.Discard, io.ErrNoProgress},
	} {
		err := auth.Login(t.Context(), cfg, &memoryStore{}, auth.WithPrompt(c.in, c.out))
		if !errors.Is(err, c.want) || !strings.HasPrefix(err.Error(), "auth: Login: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Once the context has ended, nobody is asked.
func TestAPromptOfAContextThatHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		unused := funcIO(func([]byte) (int, error) { t.Error("the prompt was used"); return 0, io.EOF })
		cause := errors.New("the reason")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(cause)
		err := auth.Login(ctx, oauthConfig("https://auth.example"), &memoryStore{}, auth.WithPrompt(unused, unused))
		if synctest.Wait(); !errors.Is(err, cause) {
			t.Errorf("%v", err)
		}
	})
}

// A reader may return nothing now and then.
func TestAPromptThatIsSlow(t *testing.T) {
	n := 0
	slow := funcIO(func(b []byte) (int, error) {
		if n++; n%99 != 0 {
			return 0, nil
		}
		b[0] = " \x01\n"[n/99-1]
		return 1, nil
	})
	err := auth.Login(t.Context(), oauthConfig("https://auth.example"), &memoryStore{}, auth.WithPrompt(slow, io.Discard))
	if err == nil || !strings.Contains(err.Error(), "is no code") {
		t.Errorf("%v", err)
	}
}

// Of the two ways to show the address, the last holds.
func TestTheLastOfBrowserAndPromptHolds(t *testing.T) {
	srv := newAuthServer(t)
	never := auth.WithBrowser(func(context.Context, string) error { t.Error("the browser was opened"); return nil })
	m := &terminal{t: t, answer: func(end *url.URL) string { return end.String() }}
	if err := auth.Login(t.Context(), srv.config(), &memoryStore{}, never, auth.WithPrompt(m, m)); err != nil {
		t.Error(err)
	}
	unread := funcIO(func([]byte) (int, error) { t.Error("the prompt was used"); return 0, io.EOF })
	if err := auth.Login(t.Context(), srv.config(), &memoryStore{}, auth.WithPrompt(unread, unread), auth.WithBrowser(person(make(chan page, 1)))); err != nil {
		t.Error(err)
	}
}

package auth_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
)

// hostile serves a token endpoint over a real connection.
func hostile(t *testing.T, h http.HandlerFunc) (url string, hc *http.Client) {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	return srv.URL + "/token", srv.Client()
}

// forever writes text until the client has gone.
func forever(w io.Writer, text string) {
	for {
		if _, err := io.WriteString(w, text); err != nil {
			return
		}
	}
}

func TestHostileTokenEndpoints(t *testing.T) {
	kind := func(w http.ResponseWriter, kind string) { w.Header().Set("Content-Type", kind) }
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string // in the error
		setup  bool
	}{
		"endless": {func(w http.ResponseWriter, _ *http.Request) {
			kind(w, "application/json")
			_, _ = io.WriteString(w, `{"access_token":"`)
			forever(w, strings.Repeat("x", 4096))
		}, "200 OK: oauth2: cannot parse json", true},
		"endless failure": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			forever(w, strings.Repeat("x", 4096))
		}, "500 Internal Server Error: xxxx", false},
		"endless when unpacked": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			defer func() { _ = z.Close() }()
			forever(z, strings.Repeat(" ", 1<<16))
		}, "200 OK: oauth2: cannot parse json", true},
		"endless form": {func(w http.ResponseWriter, _ *http.Request) {
			kind(w, "application/x-www-form-urlencoded")
			_, _ = io.WriteString(w, "access_token=")
			forever(w, strings.Repeat("x", 4096))
		}, "the access token has more than 65536 bytes", true},
		"endless header": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("x", 12<<20))
		}, "server response headers exceeded", false},
		"a web page": {func(w http.ResponseWriter, _ *http.Request) {
			kind(w, "text/html")
			_, _ = io.WriteString(w, "<html>Log in!")
		}, "200 OK: the answer is a web page", true},
		"a web page, 404": {func(w http.ResponseWriter, _ *http.Request) {
			kind(w, "text/html")
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, "<html>Nothing\x1b[2J here")
		}, "404 Not Found: <html>Nothing [2J here", true},
		"a web page as text": {func(w http.ResponseWriter, _ *http.Request) {
			kind(w, "text/plain")
			_, _ = io.WriteString(w, "<html>Log in!")
		}, "200 OK: oauth2: server response missing access_token", true},
		"JSON without a token, as text": {func(w http.ResponseWriter, _ *http.Request) {
			kind(w, "text/plain")
			_, _ = io.WriteString(w, `{"accessToken":"abc"}`)
		}, "200 OK: oauth2: server response missing access_token", true},
		"an error as text": {func(w http.ResponseWriter, _ *http.Request) {
			kind(w, "text/plain")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, "\uFEFF{\"error\":\"slow_down\",\"error_description\":\"later\"}")
		}, "400 slow_down: later", false},
		"an error of another form, 200": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"error":{"code":7},"error_description":["x"]}`)
		}, `200 {"code":7}`, true},
		"a type of its own": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"access_token":"abc","token_type":"BearerToken"}`)
		}, `the access token is of type "BearerToken", and not Bearer`, true},
		"a picture": {func(w http.ResponseWriter, _ *http.Request) {
			kind(w, "image/png")
			_, _ = io.WriteString(w, "\x89PNG\r\n\x1a\n")
		}, "200 OK: oauth2: cannot parse json", true},
		"nothing":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, "204 No Content: oauth2: cannot parse json", true},
		"an array": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "[]") }, "missing access_token", true},
		"a header's": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"access_token":"a\r\nX-Evil: 1"}`)
		}, "characters that cannot stand in a header", true},
		"a header's, 2": {func(w http.ResponseWriter, _ *http.Request) {
			kind(w, "application/json")
			_, _ = io.WriteString(w, `{"access_token":"a\r\nX-Evil: 1"}`)
		}, "characters that cannot stand in a header", true},
		"cut": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"access_token":"abc"}`)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, "unexpected EOF", false},
		"cut at once": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "EOF", false},
		"429":         {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }, "429 Too Many Requests", false},
		"refused, 503": {func(w http.ResponseWriter, _ *http.Request) {
			kind(w, "application/json")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, `{"error":"invalid_client"}`)
		}, "503 invalid_client", false},
		"later, as 400": {func(w http.ResponseWriter, _ *http.Request) {
			kind(w, "application/json")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":"temporarily_unavailable"}`)
		}, "400 temporarily_unavailable", false},
		"refused": {func(w http.ResponseWriter, _ *http.Request) {
			kind(w, "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"error":"invalid_client","error_description":"who are you?"}`)
		}, "401 invalid_client: who are you?", true},
	} {
		t.Run(name, func(t *testing.T) {
			url, hc := hostile(t, c.answer)
			_, err := auth.ClientCredentials(config(url)).Apply(t.Context(), hc, http.Header{})
			if err == nil || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 1024 || auth.IsSetup(err) != c.setup {
				t.Errorf("%v (set-up: %v), want one with %q", err, auth.IsSetup(err), c.want)
			}
		})
	}
}

// TestOddTokensAreUsed has answers with a token that are not quite what RFC 6749 has.
func TestOddTokensAreUsed(t *testing.T) {
	const year, unknown = 365 * 24 * time.Hour, 0
	for _, c := range []struct {
		kind, answer string
		life         time.Duration
	}{
		{"application/json", `{"access_token":"abc","expires_in":3600}`, time.Hour},
		{"application/json", `{"access_token":"abc","expires_in":3600.0}`, time.Hour},
		{"application/json", `{"access_token":"abc","expires_in":3.6e3}`, time.Hour},
		{"application/json", `{"access_token":"abc","expires_in":"3600.0"}`, time.Hour},
		{"application/json", `{"access_token":"abc","expires_in":" 3600 "}`, time.Hour},
		{"application/json", `{"access_token":"abc","Expires_In":3600.0}`, time.Hour},
		{"application/json", `{"access_token":"abc","expires_in":""}`, unknown},
		{"application/json", `{"access_token":"abc","expires_in":"soon"}`, unknown},
		{"application/json", `{"access_token":"abc","expires_in":"NaN"}`, unknown},
		{"application/json", `{"access_token":"abc","expires_in":1e400}`, unknown},
		{"application/json", `{"access_token":"abc","expires_in":{"seconds":3600}}`, unknown},
		{"application/json", `{"access_token":"abc","expires_in":true}`, unknown},
		{"application/json", `{"access_token":"abc","expires_in":1e300}`, 67 * year},
		{"application/json", `{"access_token":"abc","token_type":null,"refresh_token":false,"error":null,"error_description":[],"expires_in":3600}`, time.Hour},
		{"text/plain", `{"access_token":"abc","expires_in":3600}`, time.Hour},
		{"application/x-www-form-urlencoded", ` {"access_token":"abc","expires_in":3600}`, time.Hour},
		{"application/json", "\uFEFF{\"access_token\":\"abc\",\"expires_in\":3600}", time.Hour},
		{"text/plain; charset=utf-8", "\uFEFF\r\n{\"access_token\":\"abc\",\"expires_in\":3600}\r\n", time.Hour},
		{"", `{"access_token":"abc","expires_in":3600}`, time.Hour},
		{"text/plain", "access_token=abc&expires_in=3600", time.Hour},
	} {
		synctest.Test(t, func(t *testing.T) {
			var fetches atomic.Int32
			hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
				fetches.Add(1)
				resp := respond(req, 200, c.answer)
				resp.Header.Set("Content-Type", c.kind)
				return resp, nil
			})}
			credential := auth.ClientCredentials(config(tokenURL))
			wantFetches := func(want int) {
				t.Helper()
				if got, err := credential.Apply(t.Context(), hc, http.Header{}); got != "abc" || err != nil || fetches.Load() != int32(want) {
					t.Errorf("%s: %q, %v after %d, want %d", c.answer, got, err, fetches.Load(), want)
				}
			}
			wantFetches(1)
			if c.life == unknown {
				time.Sleep(100 * year)
				wantFetches(1)
				return
			}
			time.Sleep(c.life / 2)
			wantFetches(1)
			time.Sleep(c.life)
			wantFetches(2)
		})
	}
}

// An HTTP client that is not ours may give an answer without a header, or the same one twice.
func TestAnAnswerWithoutAHeader(t *testing.T) {
	shared := http.Header{"Content-Type": {"text/plain"}}
	for _, header := range []http.Header{nil, shared} {
		hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			resp := respond(req, 200, `{"access_token":"abc"}`)
			resp.Header = header
			return resp, nil
		})}
		if got, err := auth.ClientCredentials(config(tokenURL)).Apply(t.Context(), hc, http.Header{}); got != "abc" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	if shared.Get("Content-Type") != "text/plain" {
		t.Errorf("a header that is not ours was changed: %v", shared)
	}
}

func TestLifetimesThatAreNone(t *testing.T) {
	for _, expires := range []string{"-1", "-3600", "0", "null", "-9223372036854775808", `"-5"`} {
		checkLifetime(t, "application/json", expires, 10*365*24*time.Hour, 1)
	}
	for _, expires := range []string{"2147483647", "9223372036854775807", `"99999999999"`} {
		checkLifetime(t, "application/json", expires, 365*24*time.Hour, 1)
	}
	for _, expires := range []string{"-1", "x", "1e9", "99999999999", "9223372036854775807", "99999999999999999999999"} {
		checkLifetime(t, "text/plain", expires, time.Minute, 1)
	}
	checkLifetime(t, "application/json", `"3600"`, time.Hour, 2)
}

// checkLifetime wants a token to be fetched as often as that within a time, if it is used
// every now and then.
func checkLifetime(t *testing.T, kind, expires string, within time.Duration, want int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		fetches := 0
		hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			fetches++
			body := fmt.Sprintf(`{"access_token":"abc-%d","expires_in":%s}`, fetches, expires)
			if kind == "text/plain" {
				body = fmt.Sprintf("access_token=abc-%d&expires_in=%s", fetches, expires)
			}
			resp := respond(req, 200, body)
			resp.Header.Set("Content-Type", kind)
			return resp, nil
		})}
		c := auth.ClientCredentials(config(tokenURL))
		for range 1000 {
			if _, err := c.Apply(t.Context(), hc, http.Header{}); err != nil {
				t.Fatalf("expires_in %s: %v", expires, err)
			}
			time.Sleep(within / 1000)
		}
		if fetches > want {
			t.Errorf("expires_in %s: fetched %d times within %v", expires, fetches, within)
		}
	})
}

// The body of the request has the secret: it goes to no other place, whatever the client.
func TestATokenEndpointsRedirectsAreNotFollowed(t *testing.T) {
	var elsewhere atomic.Int32
	other, _ := hostile(t, func(w http.ResponseWriter, _ *http.Request) {
		elsewhere.Add(1)
		_, _ = io.WriteString(w, `{"access_token":"abc"}`)
	})
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, target := range []string{other, "/other", "//" + strings.TrimPrefix(other, "http://")} {
			url, hc := hostile(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/other" {
					elsewhere.Add(1)
				}
				http.Redirect(w, r, target, status)
			})
			for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
				for _, hc := range []*http.Client{hc, nil, {CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}} {
					cfg := config(url)
					cfg.AuthStyle = style
					_, err := auth.ClientCredentials(cfg).Apply(t.Context(), hc, http.Header{})
					var e *auth.TokenError
					if !errors.As(err, &e) || e.Status != status || !e.Setup() || !strings.Contains(err.Error(), ": the redirect is not followed") {
						t.Errorf("%d: %v", status, err)
					}
				}
			}
		}
	}
	if n := elsewhere.Load(); n != 0 {
		t.Errorf("%d requests went elsewhere", n)
	}
}

// Who waits for a token endpoint that hangs leaves with its context.
func TestATokenEndpointThatHangs(t *testing.T) {
	for name, answer := range map[string]func(http.ResponseWriter){
		"at once": func(http.ResponseWriter) {},
		"in the header": func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
		},
		"in the body": func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, `{"access_token":`)
			_ = http.NewResponseController(w).Flush()
		},
	} {
		began := make(chan bool, 2)
		url, hc := hostile(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			answer(w)
			began <- true
			<-r.Context().Done()
		})
		ctx, cancel := context.WithCancel(t.Context())
		cfg := config(url)
		cfg.AuthStyle = oauth2.AuthStyleInHeader
		go func() {
			<-began
			cancel()
		}()
		if _, err := auth.ClientCredentials(cfg).Apply(ctx, hc, http.Header{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The server may ask for a longer wait than ours, in seconds or as a date by its own
// clock, but not for ever.
func TestTheTokenEndpointSaysWhenToComeBack(t *testing.T) {
	for _, c := range []struct {
		value, date string
		want        time.Duration
	}{
		{"120", "", 2 * time.Minute},
		{"Tue, 01 Dec 2026 10:02:00 GMT", "Tue, 01 Dec 2026 10:00:00 GMT", 2 * time.Minute},
		{"99999999", "", 5 * time.Minute},
		{"99999999999999999999999", "", 5 * time.Minute},
		{"-1", "", 2 * time.Second},
		{"Tue, 01 Dec 2026 10:02:00 GMT", "", 5 * time.Minute}, // it is long before by our clock,
		{"Tue, 01 Dec 2026 09:02:00 GMT", "Tue, 01 Dec 2026 10:00:00 GMT", 2 * time.Second},
		{"soon", "", 2 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			requests := 0
			hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
				requests++
				resp := respond(req, 429, "")
				resp.Header.Set("Retry-After", c.value)
				if c.date != "" {
					resp.Header.Set("Date", c.date)
				}
				return resp, nil
			})}
			cfg := config(tokenURL)
			cfg.AuthStyle = oauth2.AuthStyleInHeader
			credential := auth.ClientCredentials(cfg)
			for requests < 2 {
				if _, err := credential.Apply(t.Context(), hc, http.Header{}); err == nil {
					t.Fatal("a token")
				}
				time.Sleep(100 * time.Millisecond)
			}
			if waited := time.Since(epoch); waited > c.want+200*time.Millisecond || c.want > 10*time.Second && waited < c.want {
				t.Errorf("%s at %s: came back after %v, want %v", c.value, c.date, waited, c.want)
			}
		})
	}
}

package logstotest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/logsto/logsto-go/transport/logstotest"
)

// fetch sends a request for a token, and returns the answer whose body is still
// to be read.
func fetch(ctx context.Context, srv *logstotest.Server) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, srv.TokenURL(), strings.NewReader(form("grant_type", "client_credentials", "scope", "logs:write")))
	if err != nil {
		return nil, err
	}
	req.SetBasicAuth(logstotest.ClientID, logstotest.ClientSecret)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := *srv.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client.Do(req)
}

// search sends a search.
func search(ctx context.Context, srv *logstotest.Server) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL()+"/v1/search?query=x", nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("X-Logs-Api-Key", logstotest.APIKey)
	return srv.Client().Do(req)
}

// TestStepsElsewhere checks the steps at the endpoints other than /v1/log.
func TestStepsElsewhere(t *testing.T) {
	type endpoint struct {
		script func(*logstotest.Server, ...logstotest.Step)
		call   func(context.Context, *logstotest.Server) (*http.Response, error)
	}
	endpoints := map[string]endpoint{
		"token":  {(*logstotest.Server).ScriptToken, fetch},
		"search": {(*logstotest.Server).ScriptSearch, search},
	}
	for name, c := range map[string]struct {
		step   logstotest.Step
		status int    // 0 if the call fails
		header string // one that the answer must have
		body   string // what the body starts with, or ""
		broken bool   // the body does not end well
		takes  time.Duration
		does   bool // what was asked for
	}{
		"usual":           {step: logstotest.OK(), status: 200, header: "Content-Type: application/json", does: true},
		"late":            {step: logstotest.OK().Delay(time.Second), status: 200, takes: time.Second, does: true},
		"HTML":            {step: logstotest.Status(502).Body("<h1>no</h1>").Header("Content-Type", "text/html"), status: 502, header: "Content-Type: text/html", body: "<h1>no</h1>"},
		"another type":    {step: logstotest.OK().Header("Content-Type", "text/html"), status: 200, header: "Content-Type: text/html", body: "{", does: true},
		"redirect":        {step: logstotest.Status(302).Header("Location", "http://evil.example/"), status: 302, header: "Location: http://evil.example/"},
		"later":           {step: logstotest.Status(429).RetryAfter("7"), status: 429, header: "Retry-After: 7", body: `{"error":"Too Many Requests"}`},
		"OAuth":           {step: logstotest.OAuthError(400, "invalid_scope", "no \"x\""), status: 400, header: "Content-Type: application/json", body: `{"error":"invalid_scope","error_description":"no \"x\""}`},
		"OAuth, no text":  {step: logstotest.OAuthError(400, "invalid_grant", ""), status: 400, body: `{"error":"invalid_grant"}`},
		"partial":         {step: logstotest.Partial(207), status: 207, does: true},
		"cut":             {step: logstotest.Reset()},
		"cut afterwards":  {step: logstotest.ResetAfter(), does: true},
		"not HTTP":        {step: logstotest.Raw("hello")},
		"HTTP of its own": {step: logstotest.Raw("HTTP/1.1 299 Odd\r\nContent-Length: 1\r\n\r\nx"), status: 299, body: "x"},
		"hung":            {step: logstotest.Hang(), takes: time.Minute},
		"endless":         {step: logstotest.OK().Endless(), status: 200, body: "{", broken: true, does: true},
		"dripping":        {step: logstotest.OK().Drip(time.Hour), status: 200, broken: true, takes: time.Minute, does: true},
	} {
		for at, e := range endpoints {
			if at == "search" && name == "redirect" {
				continue // this call would follow it
			}
			t.Run(name+" "+at, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					srv := inMemory(t)
					post(t, srv, nil, `{"message":"x","level":"info"}`)
					e.script(srv, c.step)
					srv.Client().CloseIdleConnections() // so that net/http repeats nothing by itself
					start := time.Now()
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					resp, err := e.call(ctx, srv)
					status, body := 0, ""
					if err == nil {
						defer resp.Body.Close()
						text, readErr := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
						status, body = resp.StatusCode, string(text)
						if (readErr != nil || len(text) == 1<<20) != c.broken {
							t.Errorf("%d bytes, %v", len(text), readErr)
						}
						if name, value, ok := strings.Cut(c.header, ": "); ok && resp.Header.Get(name) != value {
							t.Errorf("%s: %q, want %q", name, resp.Header.Get(name), value)
						}
					}
					if status != c.status || !strings.HasPrefix(body, c.body) {
						t.Errorf("%d %.99s, %v", status, body, err)
					}
					if took := time.Since(start); took != c.takes {
						t.Errorf("took %v", took)
					}
					if at == "token" && (srv.TokenFetches() == 1) != c.does {
						t.Errorf("%d tokens", srv.TokenFetches())
					}
					if found := strings.Contains(body, `"message"`); at == "search" && found != (c.does && c.status != 0 && c.takes < time.Minute) {
						t.Errorf("%.99s", body)
					}
					// The step was for one request. A connection that the step has closed
					// must be seen to be closed: net/http repeats no POST on another.
					synctest.Wait()
					srv.Client().CloseIdleConnections()
					if resp, err := e.call(t.Context(), srv); err != nil || resp.StatusCode != http.StatusOK {
						t.Errorf("the next: %v %v", resp, err)
					} else {
						_, _ = io.Copy(io.Discard, resp.Body)
						resp.Body.Close()
					}
				})
			})
		}
	}
}

// TestTheScriptsAreApart checks that each endpoint goes by its own.
func TestTheScriptsAreApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t)
		srv.Script(logstotest.Status(501))
		srv.ScriptToken(logstotest.Status(502))
		srv.ScriptToken(logstotest.Status(503))
		srv.ScriptSearch(logstotest.Status(504))
		if got := post(t, srv, nil, good); got != 501 {
			t.Errorf("log: %d", got)
		}
		for _, want := range []int{502, 503, 200} {
			if got, _ := token(t, srv, logstotest.ClientID, logstotest.ClientSecret); got != want {
				t.Errorf("token: %d, want %d", got, want)
			}
		}
		for _, want := range []int{504, 200} {
			if got, _ := call(t, srv, http.MethodGet, "/v1/search", headers{"X-Logs-Api-Key": logstotest.APIKey}, nil); got != want {
				t.Errorf("search: %d, want %d", got, want)
			}
		}
	})
}

// TestChallenges checks the header of 401 at each endpoint.
func TestChallenges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t)
		srv.ScriptToken(logstotest.Status(401))
		srv.ScriptSearch(logstotest.Status(401))
		for want, f := range map[string]func(context.Context, *logstotest.Server) (*http.Response, error){`Basic realm="logs.to"`: fetch, `Bearer realm="logs.to"`: search} {
			resp, err := f(t.Context(), srv)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if got := resp.Header.Get("WWW-Authenticate"); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
	})
}

// TestALostAnswer checks that a refresh whose answer is lost counts.
func TestALostAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t, logstotest.WithPublicClient(desktop))
		_, tokens := redeem(t, srv, allow(t, srv))
		srv.ScriptToken(logstotest.ResetAfter())
		srv.Client().CloseIdleConnections() // so that net/http repeats nothing by itself
		lost := form("grant_type", "refresh_token", "client_id", desktop, "refresh_token", fmt.Sprint(tokens["refresh_token"]))
		if status, text := call(t, srv, http.MethodPost, "/oauth/token", headers{"Content-Type": "application/x-www-form-urlencoded"}, []byte(lost)); status != 0 {
			t.Fatalf("%d %s", status, text)
		}
		status, answer := refresh(t, srv, tokens["refresh_token"])
		refused(t, status, answer, "invalid_grant")
	})
}

func TestExpiresIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t, logstotest.WithTokenLifetime(time.Minute))
		claims := func() string {
			resp, err := fetch(t.Context(), srv)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			text, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			_, rest, _ := strings.Cut(string(text), `"expires_in":`)
			claim, _, _ := strings.Cut(rest, `,"`)
			return claim
		}
		for _, lie := range []string{"-1", "0", "1e400", "99999999999999999999", `"60"`, "null", "", "1.5"} {
			srv.SetExpiresIn(lie)
			if got := claims(); got != lie {
				t.Errorf("expires_in is %s, want %s", got, lie)
			}
		}
		_, answer := token(t, srv, logstotest.ClientID, logstotest.ClientSecret)
		use(t, srv, answer["access_token"], 200, 200)
		time.Sleep(time.Minute)
		use(t, srv, answer["access_token"], 401, 401)
		srv.TrueExpiresIn()
		if got := claims(); got != "60" {
			t.Errorf("expires_in is %s", got)
		}
		defer func() {
			if recover() == nil {
				t.Error("took what is not JSON")
			}
		}()
		srv.SetExpiresIn("soon")
	})
}

func TestTokenRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := withKey(t, logstotest.WithPublicClient(desktop), logstotest.WithOAuthClient(logstotest.ClientID, logstotest.ClientSecret))
		srv := k.Server
		assertion := sign(t, jwt.SigningMethodEdDSA, k.key, k.claims(nil))
		askWith(t, srv, assertion, "audience", "https://api.logs.to", "audience", "x")
		time.Sleep(time.Second)
		ask(t, srv, "grant_type", "client_credentials", "client_id", logstotest.ClientID, "client_secret", "wrong")
		code := allow(t, srv)
		_, tokens := redeem(t, srv, code)
		refresh(t, srv, tokens["refresh_token"])
		resp, err := fetch(t.Context(), srv)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		reqs := srv.TokenRequests()
		if len(reqs) != 5 || srv.TokenFetches() != 4 {
			t.Fatalf("%+v", reqs)
		}
		for i, want := range []struct {
			status               int
			client, auth, params string
		}{
			{200, "a", "private_key_jwt", form("audience", "https://api.logs.to", "audience", "x", "client_assertion_type", jwtBearer, "grant_type", "client_credentials")},
			{401, logstotest.ClientID, "client_secret_post", form("client_id", logstotest.ClientID, "grant_type", "client_credentials")},
			{200, desktop, "none", form("client_id", desktop, "grant_type", "authorization_code", "redirect_uri", callback)},
			{200, desktop, "none", form("client_id", desktop, "grant_type", "refresh_token")},
			{200, logstotest.ClientID, "client_secret_basic", form("grant_type", "client_credentials", "scope", "logs:write")},
		} {
			if r := reqs[i]; r.Status != want.status || r.ClientID != want.client || r.Auth != want.auth || r.Form.Encode() != want.params {
				t.Errorf("%d: %+v", i, r)
			}
		}
		if reqs[0].KeyID != "key-1" || reqs[1].Received.Sub(reqs[0].Received) != time.Second {
			t.Errorf("%+v", reqs[:2])
		}
		shown := fmt.Sprintf("%+v", reqs)
		for _, secret := range []any{"wrong", logstotest.ClientSecret, assertion, code, verifier, tokens["refresh_token"]} {
			if strings.Contains(shown, fmt.Sprint(secret)) {
				t.Errorf("%s shows %s", shown, secret)
			}
		}
		srv.Reset()
		if n := len(srv.TokenRequests()); n != 0 || srv.TokenFetches() != 4 {
			t.Errorf("%d after Reset", n)
		}
	})
}

// TestRequestsThatWaitAreTold checks that a request is seen before its answer.
func TestRequestsThatWaitAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t)
		srv.ScriptToken(logstotest.OK().Delay(time.Minute))
		var wg sync.WaitGroup
		wg.Go(func() { token(t, srv, logstotest.ClientID, logstotest.ClientSecret) })
		synctest.Wait()
		if r := srv.TokenRequests(); len(r) != 1 || r[0].Status != 0 {
			t.Errorf("%+v", r)
		}
		wg.Wait()
		if r := srv.TokenRequests(); len(r) != 1 || r[0].Status != 200 {
			t.Errorf("%+v", r)
		}
	})
}

func TestSearchEnvelopes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t)
		for range 2 {
			post(t, srv, nil, good)
		}
		records := "[" + good + "," + good + "]"
		for _, c := range [][2]string{
			{"[]", records},
			{`{"total":2,"hits":[],"tags":[]}`, `{"total":2,"hits":` + records + `,"tags":[]}`},
			{`{"nothing":1}`, `{"nothing":1}`},
			{"", `{"records":` + records + `}`},
		} {
			srv.SetSearchEnvelope(c[0])
			if status, text := call(t, srv, http.MethodGet, "/v1/search?query=hello", headers{"X-Logs-Api-Key": logstotest.APIKey}, nil); status != 200 || strings.TrimSpace(text) != c[1] {
				t.Errorf("%q: %d %s", c[0], status, text)
			}
		}
	})
}

// TestAClientAuthenticatesInOneWay checks RFC 6749, section 2.3.
func TestAClientAuthenticatesInOneWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t)
		for name, c := range map[string]struct {
			params []string
			want   int
		}{
			"the header alone":  {nil, 200},
			"its id again":      {[]string{"client_id", logstotest.ClientID}, 200},
			"another id":        {[]string{"client_id", "x"}, 400},
			"its secret again":  {[]string{"client_id", logstotest.ClientID, "client_secret", logstotest.ClientSecret}, 400},
			"an assertion too":  {[]string{"client_assertion", "x", "client_assertion_type", jwtBearer}, 400},
			"two scopes":        {[]string{"scope", "logs:read", "scope", "logs:write"}, 400},
			"two resources":     {[]string{"resource", "https://a.example", "resource", "https://b.example"}, 200},
			"a type of nothing": {[]string{"client_assertion_type", "x"}, 400},
		} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.TokenURL(), strings.NewReader(form(append(c.params, "grant_type", "client_credentials")...)))
			if err != nil {
				t.Fatal(err)
			}
			req.SetBasicAuth(logstotest.ClientID, logstotest.ClientSecret)
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			resp, err := srv.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			text, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if resp.StatusCode != c.want || c.want == http.StatusBadRequest && !strings.Contains(string(text), "invalid_request") {
				t.Errorf("%s: %d %s", name, resp.StatusCode, text)
			}
		}
	})
}

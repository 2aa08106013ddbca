package logstotest_test

import (
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/transport/logstotest"
)

// The public client of the tests, and what it sends with its requests.
const (
	desktop  = "desktop"
	callback = "http://127.0.0.1:4711/callback"
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // of RFC 7636, appendix B
)

// codeRequest returns the query of a request for a code, changed by kv, where an
// empty value leaves the parameter out.
func codeRequest(kv ...string) url.Values {
	sum := sha256.Sum256([]byte(verifier))
	query := url.Values{
		"response_type":         {"code"},
		"client_id":             {desktop},
		"redirect_uri":          {callback},
		"state":                 {"s&1"},
		"code_challenge":        {base64.RawURLEncoding.EncodeToString(sum[:])},
		"code_challenge_method": {"S256"},
	}
	for i := 0; i < len(kv); i += 2 {
		if query.Set(kv[i], kv[i+1]); kv[i+1] == "" {
			query.Del(kv[i])
		}
	}
	return query
}

// visit requests the authorization page, and follows no redirect. A decision is
// posted to it.
func visit(t *testing.T, srv *logstotest.Server, query, decision string, h headers) (resp *http.Response, body string) {
	t.Helper()
	method, form := http.MethodGet, io.Reader(nil)
	if decision != "" {
		method, form = http.MethodPost, strings.NewReader("decision="+decision)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, srv.AuthorizeURL()+"?"+query, form)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for k, v := range h {
		req.Header.Set(k, v)
	}
	browser := *srv.Client()
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err = browser.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

// allow gets a code.
func allow(t *testing.T, srv *logstotest.Server, kv ...string) string {
	t.Helper()
	resp, body := visit(t, srv, codeRequest(kv...).Encode(), "allow", nil)
	to, err := resp.Location()
	if err != nil {
		t.Fatalf("%d %s: %v", resp.StatusCode, body, err)
	}
	return to.Query().Get("code")
}

func TestThePageAndItsButtons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t, logstotest.WithPublicClient("<b>&\"", "logs:read", "logs:write"))
		query := codeRequest("client_id", "<b>&\"").Encode()
		resp, body := visit(t, srv, query, "", nil)
		if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/html; charset=utf-8" || resp.Header.Get("Cache-Control") != "no-store" ||
			!strings.Contains(resp.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%d %v", resp.StatusCode, resp.Header)
		}
		for _, part := range []string{"&lt;b&gt;&amp;&#34;", `id="allow"`, `id="deny"`, "logs:read", "logs:write", `<form method="post">`} {
			if !strings.Contains(body, part) {
				t.Errorf("no %s in %s", part, body)
			}
		}
		if strings.Contains(body, "<script") || strings.Contains(body, "<b>&\"") {
			t.Error(body)
		}
		for decision, want := range map[string]string{"allow": "code", "deny": "error"} {
			resp, _ := visit(t, srv, query, decision, nil)
			to, err := resp.Location()
			if err != nil || resp.StatusCode != http.StatusSeeOther {
				t.Fatal(resp.StatusCode, err)
			}
			got := to.Query()
			if to.Host != "127.0.0.1:4711" || to.Path != "/callback" || got.Get("state") != "s&1" || !got.Has(want) || len(got) != 2 {
				t.Errorf("%s: %s", decision, to)
			}
			if decision == "deny" && got.Get("error") != "access_denied" {
				t.Errorf("%s", to)
			}
		}
	})
}

// TestRequestsForACode checks what is refused, and whether the browser is sent
// back for that.
func TestRequestsForACode(t *testing.T) {
	with := func(kv ...string) string { return codeRequest(kv...).Encode() }
	for name, c := range map[string]struct {
		query  string
		status int
		code   string // of the error, if the browser is sent back
	}{
		"good":                     {with(), 200, ""},
		"a port of the moment":     {with("redirect_uri", "http://127.0.0.1:65535/x?y=z"), 200, ""},
		"IPv6":                     {with("redirect_uri", "http://[::1]:1/"), 200, ""},
		"no port":                  {with("redirect_uri", "http://localhost/"), 200, ""},
		"registered":               {with("redirect_uri", "https://app.example/cb?a=b"), 200, ""},
		"no state":                 {with("state", ""), 200, ""},
		"unknown parameter":        {with("audience", "x"), 200, ""},
		"scope":                    {with("scope", "logs:read"), 200, ""},
		"unknown client":           {with("client_id", "x"), 400, ""},
		"no client":                {with("client_id", ""), 400, ""},
		"two clients":              {with() + "&client_id=x", 400, ""},
		"no redirect URI":          {with("redirect_uri", ""), 400, ""},
		"two redirect URIs":        {with() + "&redirect_uri=http%3A%2F%2F127.0.0.1%2F", 400, ""},
		"another query":            {with("redirect_uri", "https://app.example/cb?a=c"), 400, ""},
		"another host":             {with("redirect_uri", "https://evil.example/cb"), 400, ""},
		"host that looks alike":    {with("redirect_uri", "http://127.0.0.1.evil.example/"), 400, ""},
		"user name that does":      {with("redirect_uri", "http://127.0.0.1:80@evil.example/"), 400, ""},
		"user name":                {with("redirect_uri", "http://evil.example@127.0.0.1/"), 400, ""},
		"fragment":                 {with("redirect_uri", "http://127.0.0.1/#x"), 400, ""},
		"script":                   {with("redirect_uri", "javascript:alert(1)"), 400, ""},
		"https to loopback":        {with("redirect_uri", "https://127.0.0.1/"), 400, ""},
		"relative redirect URI":    {with("redirect_uri", "//evil.example/"), 400, ""},
		"malformed redirect URI":   {with("redirect_uri", "http://[::1"), 400, ""},
		"line break":               {with("redirect_uri", "http://127.0.0.1/\r\nX-A: 1"), 400, ""},
		"malformed query":          {with() + "&%zz", 400, ""},
		"no response_type":         {with("response_type", ""), 303, "unsupported_response_type"},
		"token":                    {with("response_type", "token"), 303, "unsupported_response_type"},
		"no PKCE":                  {with("code_challenge", "", "code_challenge_method", ""), 303, "invalid_request"},
		"plain":                    {with("code_challenge_method", "plain"), 303, "invalid_request"},
		"no method":                {with("code_challenge_method", ""), 303, "invalid_request"},
		"short challenge":          {with("code_challenge", "abcd"), 303, "invalid_request"},
		"challenge with an equals": {with("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM="), 303, "invalid_request"},
		"bits beyond the digest":   {with("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN"), 303, "invalid_request"},
		"two states":               {with() + "&state=x", 303, "invalid_request"},
		"unknown scope":            {with("scope", "admin"), 303, "invalid_scope"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := inMemory(t, logstotest.WithPublicClient(desktop), logstotest.WithRedirectURI(desktop, "https://app.example/cb?a=b"))
				resp, body := visit(t, srv, c.query, "", nil)
				to := resp.Header.Get("Location")
				if resp.StatusCode != c.status || (to != "") != (c.status == 303) {
					t.Fatalf("%d, sent to %q: %s", resp.StatusCode, to, body)
				}
				if u, err := url.Parse(to); err != nil || u.Query().Get("error") != c.code || c.code != "" && u.Query().Get("state") != "s&1" {
					t.Errorf("sent to %s, want %s", to, c.code)
				}
				// The button does no more than the page.
				resp, _ = visit(t, srv, c.query, "allow", nil)
				if gave := strings.Contains(resp.Header.Get("Location"), "code="); gave != (c.status == 200) {
					t.Errorf("sent to %s", resp.Header.Get("Location"))
				}
			})
		})
	}
}

func TestTheQueryOfARedirectURIStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t)
		resp, _ := visit(t, srv, codeRequest("client_id", logstotest.ClientID, "redirect_uri", callback+"?b=2&a=1").Encode(), "deny", nil)
		if to := resp.Header.Get("Location"); to != callback+"?b=2&a=1&error=access_denied&state=s%261" {
			t.Error(to)
		}
	})
}

func TestButtonsThatNobodyPressed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t, logstotest.WithPublicClient(desktop))
		for name, c := range map[string]struct {
			decision string
			headers  headers
			want     int
		}{
			"same site":       {"allow", headers{"Origin": srv.URL()}, 303},
			"browser's word":  {"allow", headers{"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303},
			"another site":    {"allow", headers{"Origin": "https://evil.example"}, 403},
			"by its own word": {"allow", headers{"Sec-Fetch-Site": "cross-site"}, 403},
			"neither button":  {"perhaps", nil, 400},
			"a large form":    {"allow&x=" + strings.Repeat("x", 65<<10), nil, 400},
			"not a form":      {"allow", headers{"Content-Type": "text/plain"}, 400},
		} {
			if resp, body := visit(t, srv, codeRequest().Encode(), c.decision, c.headers); resp.StatusCode != c.want {
				t.Errorf("%s: %d %s", name, resp.StatusCode, body)
			}
		}
	})
}

func TestACodeExpires(t *testing.T) {
	for wait, want := range map[time.Duration]int{10*time.Minute - 1: 200, 10 * time.Minute: 400} {
		synctest.Test(t, func(t *testing.T) {
			srv := inMemory(t, logstotest.WithPublicClient(desktop))
			code := allow(t, srv)
			time.Sleep(wait)
			if status, answer := redeem(t, srv, code); status != want {
				t.Errorf("after %v: %d %v", wait, status, answer)
			}
		})
	}
}

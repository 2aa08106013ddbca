package auth_test

import (
	"encoding/base64"
	"errors"
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
)

func TestClientCredentialsAsksAsRFC6749Says(t *testing.T) {
	var got *http.Request
	var form url.Values
	hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		got = req
		text, _ := io.ReadAll(req.Body)
		form, _ = url.ParseQuery(string(text))
		return respond(req, 200, `{"access_token":"abc","token_type":"Bearer","expires_in":60}`), nil
	})}
	cfg := config(tokenURL)
	cfg.Scopes = []string{"logs:write", "logs:read"}
	c := auth.ClientCredentials(cfg)
	h := http.Header{}
	if token, err := c.Apply(t.Context(), hc, h); token != "abc" || err != nil || h.Get("Authorization") != "Bearer abc" {
		t.Fatalf("Apply: %q, %v, headers %v", token, err, h)
	}
	id, pass, _ := got.BasicAuth()
	if got.Method != http.MethodPost || got.URL.String() != tokenURL || id != "me" || pass != url.QueryEscape(secret) ||
		form.Get("grant_type") != "client_credentials" || form.Get("scope") != "logs:write logs:read" {
		t.Errorf("%s %s as %q, form %v", got.Method, got.URL, id, form)
	}
}

// echoes returns what a server that sends the secret back may make of it.
func echoes() map[string]string {
	basic := url.QueryEscape("me") + ":" + url.QueryEscape(secret)
	return map[string]string{
		"plain":         secret,
		"query-escaped": "client_secret=" + url.QueryEscape(secret) + "&grant_type=x",
		"path-escaped":  "/token/" + url.PathEscape(secret),
		"HTML":          "<pre>" + html.EscapeString(secret) + "</pre>",
		"JSON":          `s3cr3t/+&\"key`,
		"JSON for HTML": `s3cr3t/+\u0026\"key`,
		"header":        "Basic " + base64.StdEncoding.EncodeToString([]byte(basic)),
	}
}

func TestTheErrorOfTheTokenEndpoint(t *testing.T) {
	fail := func(status int, body string) roundTrip {
		return func(req *http.Request) (*http.Response, error) { return respond(req, status, body), nil }
	}
	for name, c := range map[string]struct {
		endpoint    roundTrip
		status      int
		code        string
		description string
		text        string // in the message
	}{
		"code and description": {fail(401, `{"error":"invalid_client","error_description":"no such client"}`), 401, "invalid_client", "no such client", "401 invalid_client: no such client"},
		"code":                 {fail(400, `{"error":"invalid_scope"}`), 400, "invalid_scope", "", "400 invalid_scope"},
		"success with a code":  {fail(200, `{"error":"invalid_client"}`), 200, "invalid_client", "", "200 invalid_client"},
		"no JSON":              {fail(502, "<h1>Bad\r\n\x1b[31mGateway</h1>"), 502, "", "<h1>Bad   [31mGateway</h1>", "502 Bad Gateway: <h1>"},
		"nothing":              {fail(503, ""), 503, "", "", "503 Service Unavailable"},
		"other JSON":           {fail(404, `{"detail":"what?"}`), 404, "", `{"detail":"what?"}`, "404 Not Found: {"},
		"long answer":          {fail(500, strings.Repeat("x", 1<<20)), 500, "", strings.Repeat("x", 512), "500 Internal"},
		"long description":     {fail(400, `{"error":"e","error_description":"`+strings.Repeat("é", 600)+`"}`), 400, "e", strings.Repeat("é", 256), "400 e: é"},
		"no token":             {fail(200, `{}`), 200, "", "", "200 OK: oauth2: server response missing access_token"},
		"broken JSON":          {fail(200, `{"access_token":`), 200, "", "", "200 OK: oauth2: cannot parse json"},
		"an access token":      {fail(500, `{"access_token":"a"}`), 500, "", "", "500 Internal Server Error"},
		"a refresh token":      {fail(500, `{"refresh_token":"a"}`), 500, "", "", "500 Internal Server Error"},
		"an id token":          {fail(500, `{"id_token":"a"}`), 500, "", "", "500 Internal Server Error"},
		"an invalid token":     {fail(500, `{"code":"invalid_token"}`), 500, "", `{"code":"invalid_token"}`, "500 Internal Server Error: {"},
		"values of the query":  {fail(404, "no tenant 7654321, nor 87654321"), 404, "", "no tenant 7654321, nor ***", "404 Not Found: "},
		"no body": {
			func(req *http.Request) (*http.Response, error) {
				resp := respond(req, 503, "")
				resp.Body = nil
				return resp, nil
			}, 503, "", "", "503 Service Unavailable",
		},
		"nothing at all": {func(*http.Request) (*http.Response, error) { return nil, nil }, 0, "", "", "nil *Response"},
		"an answer and an error": {
			func(req *http.Request) (*http.Response, error) { return respond(req, 503, ""), errSource }, 0, "", "", "token: out of tokens",
		},
		"no answer": {
			func(*http.Request) (*http.Response, error) { return nil, errSource }, 0, "", "",
			"https://auth.example/token: out of tokens",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := auth.ClientCredentials(config(tokenURL+"?tenant=7654321&key=87654321")).Apply(t.Context(), &http.Client{Transport: c.endpoint}, http.Header{})
			var e *auth.TokenError
			if !errors.As(err, &e) {
				t.Fatalf("Apply: %v", err)
			}
			if e.URL != tokenURL || e.Status != c.status || e.Code != c.code || e.Description != c.description {
				t.Errorf("%+v", *e)
			}
			if text := err.Error(); !strings.HasPrefix(text, "auth: token endpoint https://auth.example/token: ") || !strings.Contains(text, c.text) || strings.HasSuffix(text, ": ") {
				t.Errorf("%s", text)
			}
			if name == "no answer" && !errors.Is(err, errSource) {
				t.Errorf("Unwrap: %v", errors.Unwrap(err))
			}
		})
	}
}

// tokenErrors returns the errors of token endpoints that send the secret back
// in all places and forms.
func tokenErrors(t *testing.T) map[string]error {
	t.Helper()
	out := map[string]error{}
	for form, echo := range echoes() {
		quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(echo)
		for place, answer := range map[string]roundTrip{
			"body": func(req *http.Request) (*http.Response, error) { return respond(req, 400, "you sent "+echo), nil },
			"code": func(req *http.Request) (*http.Response, error) {
				return respond(req, 400, `{"error":"`+quoted+`"}`), nil
			},
			"description": func(req *http.Request) (*http.Response, error) {
				return respond(req, 400, `{"error":"e","error_description":"`+quoted+`"}`), nil
			},
			"redirect": func(req *http.Request) (*http.Response, error) {
				resp := respond(req, 302, "")
				resp.Header.Set("Location", "http://[bad/"+echo)
				return resp, nil
			},
			"no answer": func(*http.Request) (*http.Response, error) { return nil, errors.New("dump: " + echo) },
			"token type": func(req *http.Request) (*http.Response, error) {
				return respond(req, 200, `{"access_token":7,"x":"`+quoted+`"}`), nil
			},
		} {
			cfg := config(tokenURL + "?client_secret=" + url.QueryEscape(secret))
			cfg.AuthStyle = oauth2.AuthStyleInParams
			_, err := auth.ClientCredentials(cfg).Apply(t.Context(), &http.Client{Transport: answer}, http.Header{})
			if err == nil {
				t.Errorf("%s in the %s: no error", form, place)
				continue
			}
			out[form+" in the "+place] = err
		}
	}
	return out
}

// Parameters that are secret are not shown either.
func TestErrorsDoNotShowSecretParameters(t *testing.T) {
	hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		text, _ := io.ReadAll(req.Body)
		return respond(req, 400, string(text)), nil
	})}
	for _, name := range []string{"assertion", "client_assertion", "client_secret", "password", "refresh_token", "subject_token", "actor_token"} {
		cfg := config(tokenURL)
		cfg.EndpointParams = url.Values{name: {"the-first-" + secret, "the-second-" + secret}}
		_, err := auth.ClientCredentials(cfg).Apply(t.Context(), hc, http.Header{})
		if err == nil || name != "refresh_token" && !strings.Contains(err.Error(), name+"=***") {
			t.Errorf("%v", err)
		}
		noneShown(t, err, "the-first-", "the-second-", "s3cr3t")
	}
}

func TestATokenErrorIsReadable(t *testing.T) {
	for want, e := range map[string]*auth.TokenError{
		"auth: token endpoint u: 400 c: d":                 {URL: "u", Status: 400, Code: "c", Description: "d"},
		"auth: token endpoint u: 503 Service Unavailable":  {URL: "u", Status: 503},
		"auth: token endpoint u: 200 OK: out of tokens: d": {URL: "u", Status: 200, Err: errSource, Description: "d"},
		"auth: token endpoint u: out of tokens":            {URL: "u", Code: "c", Err: errSource},
	} {
		if got := e.Error(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if auth.IsSetup((*auth.TokenError)(nil)) {
		t.Error("none is a fault of the set-up")
	}
}

// What an endpoint takes is learnt from a success alone, and a 401 need not say more.
func TestHowAnEndpointWantsTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen, down := "", true
		hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			if _, _, basic := req.BasicAuth(); basic {
				seen += "header "
				return respond(req, 401, ""), nil
			}
			if seen += "params "; down {
				return respond(req, 503, ""), nil
			}
			return respond(req, 200, `{"access_token":"`+strings.ReplaceAll(strings.TrimSpace(seen), " ", "-")+`"}`), nil
		})}
		c := auth.ClientCredentials(config(tokenURL))
		_, err := c.Apply(t.Context(), hc, http.Header{})
		if err == nil || auth.IsSetup(err) {
			t.Errorf("%v", err)
		}
		down = false
		for _, want := range []string{"header-params-header-params", "header-params-header-params-params"} {
			time.Sleep(2 * time.Second)
			got, err := c.Apply(t.Context(), hc, http.Header{})
			if got != want || err != nil {
				t.Errorf("%s, %v, want %s", got, err, want)
			}
			c.Refused(got)
		}
	})
}

// What no request can be made of is known from the start.
func TestTwoScopesAreRefused(t *testing.T) {
	cfg := config(tokenURL)
	cfg.EndpointParams = url.Values{"scope": {"logs:write"}}
	if err := auth.ClientCredentials(cfg).Check(false); err != nil {
		t.Error(err)
	}
	cfg.Scopes = []string{"logs:write"}
	if err := auth.ClientCredentials(cfg).Check(false); err == nil || !strings.Contains(err.Error(), "the parameter scope exclude each other") {
		t.Errorf("%v", err)
	}
}

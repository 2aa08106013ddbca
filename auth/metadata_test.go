package auth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
)

// metadataOf returns a document with the endpoints of a server, and what else is in it.
func metadataOf(issuer, more string) string {
	base := "https://auth.example"
	return fmt.Sprintf(`{"issuer":%q,"authorization_endpoint":"%s/authorize","token_endpoint":"%s/token"%s}`, issuer, base, base, more)
}

func TestDiscover(t *testing.T) {
	const plain, realm = "https://auth.example", "https://auth.example/realms/main"
	rfc, oidc := plain+"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"
	good := &auth.Metadata{Issuer: plain, AuthURL: plain + "/authorize", TokenURL: plain + "/token"}
	all := &auth.Metadata{Issuer: realm, AuthURL: plain + "/authorize", TokenURL: plain + "/token", RevocationURL: plain + "/revoke", SendsIssuer: true}
	for name, c := range map[string]struct {
		issuer string
		pages  map[string]string // an answer that begins with a digit is a status
		want   *auth.Metadata
		fails  string
	}{
		"RFC 8414":            {plain, map[string]string{rfc: metadataOf(plain, "")}, good, ""},
		"with a path":         {realm, map[string]string{rfc + "/realms/main": metadataOf(realm, `,"revocation_endpoint":"https://auth.example/revoke","authorization_response_iss_parameter_supported":true`)}, all, ""},
		"OpenID Connect":      {plain, map[string]string{plain + oidc: metadataOf(plain, "")}, good, ""},
		"below the path":      {realm, map[string]string{realm + oidc: metadataOf(realm, `,"revocation_endpoint":"https://auth.example/revoke","authorization_response_iss_parameter_supported":true`)}, all, ""},
		"a slash at its end":  {plain + "/", map[string]string{rfc: metadataOf(plain+"/", "")}, &auth.Metadata{Issuer: plain + "/", AuthURL: good.AuthURL, TokenURL: good.TokenURL}, ""},
		"a page, and then it": {plain, map[string]string{rfc: "<html>", plain + oidc: metadataOf(plain, "")}, good, ""},
		"JSON of another":     {plain, map[string]string{rfc: `{"error":"not found"}`, plain + oidc: metadataOf(plain, "")}, good, ""},
		"a byte order mark":   {plain, map[string]string{rfc: "\uFEFF" + metadataOf(plain, "")}, good, ""},

		"nothing":              {plain, nil, nil, plain + " has no metadata"},
		"another issuer":       {plain, map[string]string{rfc: metadataOf("https://evil.example\r\n", "")}, nil, `the server at "https://auth.example" calls itself "https://evil.example": `},
		"a slash less":         {plain + "/", map[string]string{rfc: metadataOf(plain, "")}, nil, "calls itself"},
		"no token endpoint":    {plain, map[string]string{rfc: `{"issuer":"https://auth.example","authorization_endpoint":"https://auth.example/a"}`}, nil, "no token_endpoint"},
		"plain http":           {plain, map[string]string{rfc: metadataOf(plain, `,"revocation_endpoint":"http://auth.example/revoke"`)}, nil, "revocation_endpoint"},
		"plain token endpoint": {plain, map[string]string{rfc: strings.Replace(metadataOf(plain, ""), "https://auth.example/token", "http://auth.example/token", 1)}, nil, "token_endpoint"},
		"on this machine":      {plain, map[string]string{rfc: strings.Replace(metadataOf(plain, ""), "https://auth.example/token", "http://127.0.0.1:1/token", 1)}, nil, "token_endpoint of https://auth.example is on this machine"},
		"an endless endpoint":  {plain, map[string]string{rfc: metadataOf(plain, `,"revocation_endpoint":"ftp://x/`+strings.Repeat("a", 900_000)+`"`)}, nil, "revocation_endpoint"},
		"down":                 {plain, map[string]string{rfc: "503", plain + oidc: metadataOf(plain, "")}, nil, "503 Service Unavailable"},
		"a redirect":           {plain, map[string]string{rfc: "302"}, nil, "has no metadata"},
		"no connection":        {plain, map[string]string{rfc: "0"}, nil, "no route"},
		"a panic":              {plain, map[string]string{rfc: "-"}, nil, "panicked"},
		"an issuer by http":    {"http://auth.example", nil, nil, "the issuer"},
		"with a query":         {plain + "?x=y", nil, nil, "a query or a fragment"},
		"with a user":          {"https://a:b@auth.example", nil, nil, "the issuer"},
		"no URL":               {"auth.example", nil, nil, "the issuer"},
	} {
		t.Run(name, func(t *testing.T) {
			hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
				switch text := c.pages[req.URL.String()]; text {
				case "":
					return respond(req, 404, "no such page"), nil
				case "503":
					return respond(req, 503, "{}"), nil
				case "302":
					resp := respond(req, 302, "")
					resp.Header.Set("Location", "https://evil.example/")
					return resp, nil
				case "0":
					return nil, errors.New("no route to host")
				case "-":
					panic("x")
				default:
					return respond(req, 200, text), nil
				}
			})}
			m, err := auth.Discover(t.Context(), c.issuer, auth.WithLoginHTTPClient(hc))
			if (m == nil) != (c.want == nil) || m != nil && *m != *c.want {
				t.Errorf("%+v, want %+v: %v", m, c.want, err)
			}
			if (err == nil) != (c.fails == "") || err != nil && (!strings.HasPrefix(err.Error(), "auth: Discover: ") || !strings.Contains(err.Error(), c.fails) || strings.ContainsAny(err.Error(), "\r\n") || len(err.Error()) > 8<<10) {
				t.Errorf("%v, want %q", err, c.fails)
			}
		})
	}
	if m, err := auth.Discover(t.Context(), plain, nil); m != nil || err == nil || !strings.Contains(err.Error(), "an option is nil") {
		t.Errorf("%v, %v", m, err)
	}
}

// TestDiscoverEnds checks that neither a server that hangs nor one without an end holds the
// caller up.
func TestDiscoverEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		})}
		_, err := auth.Discover(t.Context(), "https://auth.example", auth.WithLoginHTTPClient(hc))
		if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took != 30*time.Second {
			t.Errorf("after %v: %v", took, err)
		}
		read := 0
		hc.Transport = roundTrip(func(req *http.Request) (*http.Response, error) {
			resp := respond(req, 200, "")
			resp.Body = io.NopCloser(readerFunc(func(p []byte) (int, error) {
				read += len(p)
				return len(p), nil
			}))
			return resp, nil
		})
		if _, err := auth.Discover(t.Context(), "https://auth.example", auth.WithLoginHTTPClient(hc)); err == nil || read > 4<<20 {
			t.Errorf("%d bytes were read: %v", read, err)
		}
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestMetadataOfTheIssuer has redirects with and without the parameter iss.
func TestMetadataOfTheIssuer(t *testing.T) {
	for name, c := range map[string]struct {
		sends bool
		query string // %s is the issuer
		want  string // of the error; empty if the login succeeds
	}{
		"the issuer":              {true, "&code=a&iss=%s", "invalid_grant"}, // it is no code of the server, but was traded
		"none":                    {true, "&code=a", "does not come from the expected issuer"},
		"another":                 {true, "&code=a&iss=%s/other", "does not come from the expected issuer"},
		"empty":                   {true, "&code=a&iss=", "does not come from the expected issuer"},
		"may be none":             {false, "&code=a", "invalid_grant"},
		"may be none, is empty":   {false, "&code=a&iss=", "does not come from the expected issuer"},
		"may be none, another":    {false, "&code=a&iss=%s/other", "does not come from the expected issuer"},
		"may be none, the issuer": {false, "&code=a&iss=%s", "invalid_grant"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := newAuthServer(t)
			m := &auth.Metadata{Issuer: srv.URL, AuthURL: srv.URL + "/authorize", TokenURL: srv.URL + "/token", SendsIssuer: c.sends}
			if m.Endpoint() != srv.config().Endpoint {
				t.Errorf("%+v", m.Endpoint())
			}
			_, err := during(t, srv, func(v visitor) {
				v.get("GET", v.with(strings.ReplaceAll(c.query, "%s", srv.URL)), "")
			}, auth.WithMetadata(m))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	// The whole login, as the server sends its name.
	srv := newAuthServer(t)
	m := &auth.Metadata{Issuer: srv.URL, SendsIssuer: true}
	if err := auth.Login(t.Context(), srv.config(), &memoryStore{}, auth.WithBrowser(person(make(chan page, 1))), auth.WithMetadata(m)); err != nil {
		t.Error(err)
	}
	for _, bad := range []*auth.Metadata{nil, {}} {
		if err := auth.Login(t.Context(), srv.config(), &memoryStore{}, auth.WithMetadata(bad)); err == nil || !strings.Contains(err.Error(), "WithMetadata: an issuer is required") {
			t.Error(err)
		}
	}
}

// TestMetadataOfTheRevocation checks that Logout tells the server, where the metadata say.
func TestMetadataOfTheRevocation(t *testing.T) {
	for name, c := range map[string]struct {
		opts []auth.LoginOption
		want string
	}{
		"the metadata": {nil, "https://auth.example/revoke"},
		"the option":   {[]auth.LoginOption{auth.WithRevocationURL("https://auth.example/other")}, "https://auth.example/other"},
	} {
		at := ""
		hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			at = req.URL.String()
			return respond(req, 200, ""), nil
		})}
		cfg := oauth2.Config{ClientID: "me", Endpoint: oauth2.Endpoint{TokenURL: tokenURL}}
		store := &memoryStore{}
		put(t, store, auth.TokenKey(cfg), &oauth2.Token{AccessToken: "a", RefreshToken: "r"})
		c.opts = append(c.opts, auth.WithLoginHTTPClient(hc), auth.WithMetadata(&auth.Metadata{Issuer: "https://auth.example", RevocationURL: "https://auth.example/revoke"}))
		if err := auth.Logout(t.Context(), cfg, store, c.opts...); err != nil || at != c.want {
			t.Errorf("%s: told to %q, %v", name, at, err)
		}
	}
}

// TestMetadataOfAnotherServer checks that no token gets there.
func TestMetadataOfAnotherServer(t *testing.T) {
	hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		t.Errorf("a request to %s", req.URL)
		return respond(req, 200, ""), nil
	})}
	cfg := oauth2.Config{ClientID: "me", Endpoint: oauth2.Endpoint{AuthURL: "https://auth.example/authorize", TokenURL: tokenURL}}
	for name, m := range map[string]*auth.Metadata{
		"TokenURL": {Issuer: "https://evil.example", AuthURL: cfg.Endpoint.AuthURL, TokenURL: "https://evil.example/token", RevocationURL: "https://evil.example/revoke"},
		"AuthURL":  {Issuer: "https://evil.example", AuthURL: "https://evil.example/authorize", TokenURL: tokenURL, RevocationURL: "https://evil.example/revoke"},
	} {
		store := &memoryStore{}
		put(t, store, auth.TokenKey(cfg), &oauth2.Token{AccessToken: "a", RefreshToken: "r"})
		opts := []auth.LoginOption{auth.WithLoginHTTPClient(hc), auth.WithMetadata(m)}
		want := "WithMetadata: its " + name + " is not that of the configuration"
		for call, err := range map[string]error{"Login": auth.Login(t.Context(), cfg, store, opts...), "Logout": auth.Logout(t.Context(), cfg, store, opts...)} {
			if err == nil || err.Error() != "auth: "+call+": "+want {
				t.Errorf("%v, want %q", err, want)
			}
		}
		if len(store.tokens) != 1 {
			t.Error("the token is gone")
		}
	}
}

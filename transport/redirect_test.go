package transport_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/transport"
)

// A redirect that leaves TLS, the host or the port is not followed, however alike the rest.
func TestARedirectKeepsSchemeHostAndPort(t *testing.T) {
	for target, follow := range map[string]bool{
		"https://logs.example/v2/log": true, "/v2/log": true,
		"http://logs.example/v2/log": false, "https://logs.example:8443/v2/log": false, "https://logs.example.evil/v2/log": false,
	} {
		requests := []string{}
		c := clientOn(t, func(req *http.Request) (*http.Response, error) {
			requests = append(requests, req.URL.String())
			resp := respond(req, 200, "")
			if len(requests) == 1 {
				resp = respond(req, 307, "")
				resp.Header.Set("Location", target)
			}
			return resp, nil
		}, transport.WithEndpoint("https://logs.example/v1/log"), transport.WithoutRetry())
		if err := deliver.Records(t.Context(), c, records(1)); (err == nil) != follow || (len(requests) == 2) != follow {
			t.Errorf("%s: %v, requests %q", target, err, requests)
		}
	}
}

func TestRedirectsAreFollowedFiveTimes(t *testing.T) {
	for redirects, good := range map[int]bool{5: true, 6: false} {
		n := 0
		c := clientOn(t, func(req *http.Request) (*http.Response, error) {
			if n++; n > redirects {
				return respond(req, 200, ""), nil
			}
			resp := respond(req, 307, "")
			resp.Header.Set("Location", "/again")
			return resp, nil
		}, transport.WithoutRetry())
		if err := deliver.Records(t.Context(), c, records(1)); (err == nil) != good || n != 6 {
			t.Errorf("%d redirects: %v after %d requests", redirects, err, n)
		}
	}
}

// An answer that is no redirect may name a place, too.
func TestAPlaceIsNoRedirect(t *testing.T) {
	for _, status := range []int{400, 404, 500} {
		c := clientOn(t, func(req *http.Request) (*http.Response, error) {
			resp := respond(req, status, "the reason")
			resp.Header.Set("Location", "https://logs.example/why")
			return resp, nil
		}, transport.WithoutRetry())
		if err := deliver.Records(t.Context(), c, records(1)); err == nil || strings.Contains(err.Error(), "redirect") || !strings.Contains(err.Error(), "the reason") {
			t.Errorf("%d: %v", status, err)
		}
	}
}

// Who wants more than TLS 1.2 gets it.
func TestTheLeastTLSIsKept(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.TLS = &tls.Config{MaxVersion: tls.VersionTLS12}
	srv.StartTLS()
	defer srv.Close()
	pool := x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	for version, good := range map[uint16]bool{0: true, tls.VersionTLS12: true, tls.VersionTLS13: false} {
		c, err := transport.New(transport.WithEndpoint(srv.URL), transport.WithAuth(auth.APIKey(secret)), transport.WithoutRetry(),
			transport.WithTLSConfig(&tls.Config{RootCAs: pool, MinVersion: version}))
		if err != nil {
			t.Fatal(err)
		}
		if err := deliver.Records(t.Context(), c, records(1)); (err == nil) != good {
			t.Errorf("from %x on: %v", version, err)
		}
		c.CloseIdleConnections()
	}
}

// Wherever a server leads, the credential goes to the endpoint alone.
func TestTheCredentialStaysAtTheEndpoint(t *testing.T) {
	for _, target := range []string{
		"https://evil.example/", "https://sub.api.logs.to/v1/log", "https://logs.to/", "https://api.logs.to:444/", "https://api.logs.to:443/",
		"http://api.logs.to/v1/log", "//evil.example/", "https://api.logs.to.evil.example/", "https://api.logs.to@evil.example/",
		"https://evil.example\\@api.logs.to/", "https://API.LOGS.TO/", "https://api.logs.to./", "file:///etc/passwd", "https:evil",
	} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			c := clientOn(t, func(req *http.Request) (*http.Response, error) {
				if req.URL.Host != "api.logs.to" || req.URL.Scheme != "https" {
					t.Errorf("%d to %s: a request to %s://%s", status, target, req.URL.Scheme, req.URL.Host)
				}
				if strings.Contains(fmt.Sprint(req.Header["Referer"], req.Header["Cookie"], req.URL), secret) {
					t.Errorf("%d to %s: the request shows the credential", status, target)
				}
				if req.Body == nil {
					req.Body = http.NoBody
				}
				resp := respond(req, status, "")
				resp.Header.Set("Location", target)
				resp.Header.Set("Set-Cookie", "k="+secret)
				return resp, nil
			}, transport.WithoutRetry())
			if err := deliver.Records(t.Context(), c, records(1)); err == nil {
				t.Errorf("%d to %s: delivered", status, target)
			}
			if _, err := found(c.Search(t.Context(), "x")); err == nil {
				t.Errorf("%d to %s: found", status, target)
			}
		}
	}
}

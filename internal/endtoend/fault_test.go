package endtoend

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// fault makes something go wrong with a server, at the start of a case.
type fault func(*logstotest.Server)

// script is what becomes of the first requests.
func script(steps ...logstotest.Step) []fault {
	return []fault{func(s *logstotest.Server) { s.Script(steps...) }}
}

// scripted is like script, for steps that depend on the time of the bubble.
func scripted(step func() logstotest.Step) []fault {
	return []fault{func(s *logstotest.Server) { s.Script(step()) }}
}

// downFor answers all with the status for a time.
func downFor(d time.Duration, status int) []fault {
	return []fault{func(s *logstotest.Server) { s.FailFor(d, status) }}
}

// forTime has all requests go by the step for a time.
func forTime(d time.Duration, step logstotest.Step) []fault {
	return []fault{
		func(s *logstotest.Server) { s.FailAtRandom(1, 1, step) },
		at(d, func(s *logstotest.Server) { s.FailAtRandom(1, 0) }),
	}
}

// at is a fault that comes later.
func at(d time.Duration, f fault) fault {
	return func(s *logstotest.Server) { time.AfterFunc(d, func() { f(s) }) }
}

// times returns a step so many times.
func times(n int, steps ...logstotest.Step) (all []logstotest.Step) {
	for range n {
		all = append(all, steps...)
	}
	return all
}

// The answers of others than the server.
var (
	portal   = logstotest.Status(200).Header("Content-Type", "text/html; charset=utf-8").Body("<h1>Please log in</h1>")
	elsehost = logstotest.Status(307).Header("Location", "https://elsewhere.invalid/v1/log")
)

// oauth is the credential of a service.
func oauth(s *logstotest.Server) *auth.Credential {
	return auth.ClientCredentials(clientcredentials.Config{
		ClientID: logstotest.ClientID, ClientSecret: logstotest.ClientSecret, TokenURL: s.TokenURL(),
	})
}

// rotated is a credential of which somebody replaces the key after a time.
func rotated(after time.Duration) func(*logstotest.Server) *auth.Credential {
	return func(*logstotest.Server) *auth.Credential {
		at := time.Now().Add(after)
		return auth.TokenSource(tokenFunc(func() (*oauth2.Token, error) {
			if time.Now().Before(at) {
				return &oauth2.Token{AccessToken: logstotest.APIKey}, nil
			}
			return &oauth2.Token{AccessToken: "next-key"}, nil
		}))
	}
}

type tokenFunc func() (*oauth2.Token, error)

func (f tokenFunc) Token() (*oauth2.Token, error) { return f() }

// tripFunc is a way to the server.
type tripFunc func(*http.Request) (*http.Response, error)

func (f tripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// badCertificateFor is a server whose certificate has expired, for a time.
func badCertificateFor(d time.Duration) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		until := time.Now().Add(d)
		return tripFunc(func(r *http.Request) (*http.Response, error) {
			if time.Now().Before(until) {
				closeBody(r)
				return nil, &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}
			}
			return next.RoundTrip(r)
		})
	}
}

// tokensFailFor is a token endpoint that answers with the status, for a time.
func tokensFailFor(d time.Duration, status int) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		until := time.Now().Add(d)
		return tripFunc(func(r *http.Request) (*http.Response, error) {
			if strings.HasPrefix(r.URL.Path, "/oauth/") && time.Now().Before(until) {
				closeBody(r)
				return &http.Response{
					StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
					Header: http.Header{}, Body: http.NoBody, Request: r,
				}, nil
			}
			return next.RoundTrip(r)
		})
	}
}

// panics is an HTTP client that panics so many times.
func panics(n int32) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		var left atomic.Int32
		left.Store(n)
		return tripFunc(func(r *http.Request) (*http.Response, error) {
			if left.Add(-1) >= 0 {
				panic("a round tripper with a bug, and " + r.Header.Get("X-Logs-Api-Key"))
			}
			return next.RoundTrip(r)
		})
	}
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
}

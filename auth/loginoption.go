package auth

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/internal/isnil"
	"github.com/logsto/logsto-go/internal/urls"
)

// LoginOption changes a default of [Login], which reports an invalid value.
type LoginOption interface{ applyLogin(*login) }

type loginOptionFunc func(*login)

func (f loginOptionFunc) applyLogin(l *login) { f(l) }

// WithBrowser sets how the person gets to see the address of the authorization server,
// such as by a command that opens a browser. The default writes it to standard error. open
// runs in a goroutine of its own and may go on as long as the browser does, even when
// Login has returned: its context is that of Login, which Login does not end. Its error
// ends the login. The address has the state of the login in it, so it is for the person
// alone, and must not stand on a command line, which other users of the machine can read:
// have the browser open a file (0600) that leads to it, as examples/login does. open must
// not be nil. Of it and [WithPrompt] the last one holds.
func WithBrowser(open func(ctx context.Context, address string) error) LoginOption {
	return loginOptionFunc(func(l *login) {
		if open == nil {
			l.fail("WithBrowser(nil): a function is required")
		}
		l.open, l.in, l.out = open, nil, nil
	})
}

// WithPrompt is for machines without a browser: it writes the address of the authorization
// server to out, and reads from in a line with the code, or with the whole address to
// which the browser was sent in the end, from where the code is to be copied. Nothing
// listens then. RedirectURL may be any that the server knows, such as a page that shows
// the code; without one it is http://127.0.0.1/callback, which a browser elsewhere cannot
// load, but shows in its address bar.
//
// With the whole address, its state is checked. A bare code is protected by PKCE alone:
// one that belongs to the login of somebody else is worth nothing, as the server wants to
// see what only the program knows that has begun that login.
//
// No more than the line is read, byte by byte. If Login ends without one, a goroutine goes
// on waiting for in, and takes the next line from others; it ends when in does. out may be
// in a call then, too, if it has not returned from it. Neither may be nil. Of it and
// [WithBrowser] the last one holds.
func WithPrompt(in io.Reader, out io.Writer) LoginOption {
	return loginOptionFunc(func(l *login) {
		if isnil.Value(in) || isnil.Value(out) {
			l.fail("WithPrompt: a reader and a writer are required")
		}
		l.open, l.in, l.out = nil, in, out
	})
}

// WithLoginTimeout bounds the time that the person has, until the authorization server has
// sent the browser back. The default is five minutes; d must be positive.
func WithLoginTimeout(d time.Duration) LoginOption {
	return loginOptionFunc(func(l *login) {
		if d <= 0 {
			l.fail("WithLoginTimeout(%v): must be positive", d)
		}
		l.timeout = d
	})
}

// WithLoginHTTPClient sets the client for the request to the token endpoint. It is copied,
// and follows no redirects, since the request has secrets in it. The request is bounded to
// half a minute. The default is a client of its own, with proxies from the environment and
// TLS 1.2 at least. hc must not be nil; a TLS configuration of its [http.Transport] that
// allows less than TLS 1.2, or has no certificate checked, is refused.
func WithLoginHTTPClient(hc *http.Client) LoginOption {
	return loginOptionFunc(func(l *login) {
		switch {
		case hc == nil:
			l.fail("WithLoginHTTPClient(nil): a client is required")
		case urls.AllowsOldTLS(urls.TLSOf(hc)):
			l.fail("WithLoginHTTPClient: its TLS configuration allows less than TLS 1.2")
		case urls.Unverified(urls.TLSOf(hc)):
			l.fail("WithLoginHTTPClient: its TLS configuration has InsecureSkipVerify, with which anybody on the way can pose as the server")
		}
		l.client = hc
	})
}

// WithIssuer says which authorization server the redirect must come from: its parameter
// iss must be there, and be exactly this (RFC 9207). It is for servers that send it, as
// [WithMetadata] finds out by itself, and of use to programs that log in to several servers,
// one of which may be false. By default iss may be missing, and if it is there, its host must
// be that of AuthURL or TokenURL. issuer must not be empty.
func WithIssuer(issuer string) LoginOption {
	return loginOptionFunc(func(l *login) {
		if issuer == "" {
			l.fail("WithIssuer: the issuer is empty")
		}
		l.expect.issuer = issuer
	})
}

// WithRevocationURL has [Logout] tell the server that the token is not used any more (RFC
// 7009); [WithMetadata] finds it where the server says so. It must be https, or http to a
// loopback host. It goes with Logout only.
func WithRevocationURL(revocationURL string) LoginOption {
	return loginOptionFunc(func(l *login) {
		if revocationURL == "" {
			l.fail("WithRevocationURL: the URL is empty")
		}
		l.revocation = revocationURL
	})
}

// WithAuthParam puts a further parameter into the address of the authorization server,
// such as audience or prompt; of two with one name the last holds. Those that the login
// depends on are refused: response_type, response_mode, client_id, redirect_uri, scope,
// state, code_challenge, code_challenge_method, what belongs to the request for the token
// (code, code_verifier, client_secret), and what would replace them all (request,
// request_uri).
func WithAuthParam(name, value string) LoginOption {
	return loginOptionFunc(func(l *login) {
		switch {
		case name == "":
			l.fail("WithAuthParam: the name is empty")
		case isReserved(name):
			l.fail("WithAuthParam(%q): the login sets it itself", name)
		}
		l.params = append(l.params, oauth2.SetAuthURLParam(name, value))
	})
}

// isReserved reports whether the login depends on a parameter.
func isReserved(name string) bool {
	return slices.Contains([]string{
		"response_type", "response_mode", "client_id", "redirect_uri", "scope", "state",
		"code_challenge", "code_challenge_method", "code", "code_verifier", "client_secret",
		"request", "request_uri",
	}, name)
}

// apply applies the options.
func (l *login) apply(opts []LoginOption) {
	for _, o := range opts {
		if o == nil {
			l.fail("an option is nil")
			continue
		}
		o.applyLogin(l)
	}
}

// fail keeps the first thing that is wrong.
func (l *login) fail(format string, args ...any) {
	if l.err == nil {
		l.err = fmt.Errorf(format, args...)
	}
}

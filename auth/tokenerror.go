package auth

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/internal/masktrace"
	"github.com/logsto/logsto-go/internal/redact"
	"github.com/logsto/logsto-go/internal/retryafter"
	"github.com/logsto/logsto-go/internal/urls"
)

// TokenError says why the token endpoint gave no token.
type TokenError struct {
	URL         string // the token endpoint, without a query
	Status      int    // of its answer; 0 without one
	Code        string // the error code of RFC 6749 section 5.2, if the answer has one
	Description string // error_description, or the start of an answer without a code
	Err         error  // why there was no answer, or why it is none

	wait time.Duration // Retry-After
	date time.Time     // of the answer, by the clock of the server
}

// Error returns all of it in one line.
func (e *TokenError) Error() string {
	parts := []string{strings.TrimSuffix("auth: token endpoint "+e.URL, " ")}
	switch {
	case e.Status != 0 && e.Code != "":
		parts = append(parts, fmt.Sprintf("%d %s", e.Status, e.Code))
	case e.Status != 0:
		parts = append(parts, fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status)))
	case e.Code != "" && e.Err == nil: // of a token source that does not say more
		parts = append(parts, e.Code)
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	if e.Description != "" {
		parts = append(parts, e.Description)
	}
	return strings.Join(parts, ": ")
}

// Unwrap returns Err.
func (e *TokenError) Unwrap() error { return e.Err }

// MarshalText returns what Error does, so that the error is that in JSON.
func (e *TokenError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// Setup reports whether the endpoint will answer so until somebody mends the set-up: it
// does not know the client or its secret (invalid_client), does not grant the scope or the
// grant type, or is no token endpoint at all. Other failures pass: no answer, 408, 425,
// 429, 5xx, and the codes server_error, temporarily_unavailable and slow_down.
func (e *TokenError) Setup() bool {
	if e == nil {
		return false
	}
	switch e.Status {
	case 0, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	switch e.Code {
	case "server_error", "temporarily_unavailable", "slow_down":
		return false
	}
	return e.Status < 500
}

// IsSetup reports whether an error of a credential, or one that wraps it, tells of a fault
// that lasts until somebody mends the set-up: a [TokenError] for which Setup says so, a
// key that is missing or malformed, a person who must log in. It says so of errors of package
// transport, too, when their Setup does.
func IsSetup(err error) bool {
	var e interface {
		error
		Setup() bool
	}
	return errors.As(err, &e) && e.Setup()
}

// retryAfter returns how long the token endpoint wants to be left alone, or zero.
func retryAfter(err error) time.Duration {
	var e *TokenError
	if !errors.As(err, &e) {
		return 0
	}
	return e.wait
}

// maxDescription bounds what an error repeats of an answer, in bytes.
const maxDescription = 512

// clientSecrets returns the client secret as it may stand in an answer: some servers send
// back the header of the request, which has id and secret.
func clientSecrets(id, secret string) []string {
	if secret == "" {
		return nil
	}
	basic := url.QueryEscape(id) + ":" + url.QueryEscape(secret)
	return []string{secret, base64.StdEncoding.EncodeToString([]byte(basic))}
}

// leastParam is how many bytes a value must have to be hidden for no other reason than that
// it may be a secret; shorter ones stand anywhere.
const leastParam = 8

// secretParams returns the values of the parameters that may be secret, which is all but
// those that are known to say what is asked for, and what stands in the URL too, as the name
// of an organization may. Those that are known to be secret may be short.
func secretParams(v url.Values, tokenURL string) (secrets []string) {
	tokenURL = bareURL(tokenURL)
	for name, values := range v {
		least, known := leastParam, false
		switch strings.ToLower(name) {
		case "audience", "resource", "scope", "grant_type", "client_id", "username",
			"client_assertion_type", "requested_token_type", "subject_token_type", "actor_token_type":
			continue
		case "assertion", "client_assertion", "client_secret", "password", "refresh_token", "subject_token", "actor_token":
			least, known = 1, true
		}
		for _, value := range values {
			if len(value) >= least && (known || !strings.Contains(tokenURL, value)) {
				secrets = append(secrets, value)
			}
		}
	}
	return secrets
}

// tokenError makes an error of package oauth2 one that cannot show the secrets: the
// original holds the answer, and with it the request.
func tokenError(err error, seen *answerSeen, tokenURL string, secrets ...string) error {
	secrets = append(secrets, queryValues(tokenURL)...)
	hide := func(text string) string { return redact.Text(text, maxDescription, secrets...) }
	e := &TokenError{URL: bareURL(tokenURL), Status: seen.status, wait: seen.wait, date: seen.date}
	if seen.broken { // an answer that breaks off is none
		e.Status = 0
	}
	var retrieve *oauth2.RetrieveError
	var urlErr *url.Error
	switch {
	case errors.As(err, &retrieve):
		e.Code = hide(retrieve.ErrorCode)
		e.Description = retrieve.ErrorDescription
		if e.Code == "" && !isRedirect(seen.status) && !hasToken(string(retrieve.Body)) {
			e.Description = string(retrieve.Body)
		}
		e.Description = hide(e.Description)
		if isRedirect(e.Status) {
			e.Err = errors.New("the redirect is not followed")
		}
	case errors.As(err, &urlErr):
		e.Err = urlErr.Err           // without the URL, which may have a query
		if isRedirect(seen.status) { // net/http repeats a target that it does not understand
			e.Err = errors.New("the target is not a URL")
		}
		e.Err = redact.Error(e.Err, maxDescription, secrets...)
	case seen.page && !seen.broken:
		e.Err = errors.New("the answer is a web page, and no token; is the URL right?")
	default:
		e.Err = errors.New(hide(err.Error()))
	}
	return e
}

// isRedirect reports whether an answer leads elsewhere. It says in its body, too, where, and
// that may have a token or a code in it.
func isRedirect(status int) bool { return status >= 300 && status < 400 }

// hasToken reports whether the body of a failure may have tokens in it all the same, however
// it writes their names. The error invalid_token is no id token, though its name ends so.
func hasToken(body string) bool {
	body = strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(body))
	body = strings.ReplaceAll(body, "invalidtoken", "")
	return strings.Contains(body, "accesstoken") || strings.Contains(body, "refreshtoken") || strings.Contains(body, "idtoken")
}

// queryValues returns the values in the query of a URL, among which there may be a secret.
func queryValues(raw string) (values []string) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(urls.QueryValues(u), func(value string) bool { return len(value) < leastParam })
}

func bareURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "(malformed)"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// answerSeen is what is to be known of the answer of the token endpoint, beside what
// package oauth2 tells of it. It is for one request.
type answerSeen struct {
	status int // 0 if there was no answer
	broken bool
	page   bool // it says that it is for a browser
	wait   time.Duration
	date   time.Time
}

// seenBody notes whether the body of an answer breaks off.
type seenBody struct {
	io.ReadCloser
	seen *answerSeen
}

func (b *seenBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		b.seen.broken = true
	}
	return n, err
}

// context returns ctx with an HTTP client for package oauth2: hc, but that it follows no
// redirect, since the body of the request has a secret.
func (s *answerSeen) context(ctx context.Context, hc *http.Client) context.Context {
	if hc == nil {
		hc = http.DefaultClient
	}
	safe := *hc
	safe.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	next := safe.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	safe.Transport = roundTripper(func(req *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(req)
		if err == nil && resp != nil { // net/http makes an error of such an answer
			s.see(resp)
		}
		return resp, err
	})
	// The secret of the client may be in this header.
	return context.WithValue(masktrace.Header(ctx, "Authorization", ":path"), oauth2.HTTPClient, &safe)
}

// see notes what the answer says of itself. Dates are those of RFC 9110, section 5.6.7.
func (s *answerSeen) see(resp *http.Response) {
	s.status = resp.StatusCode
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	s.page = kind == "text/html"
	if resp.Body != nil { // net/http puts an empty one there
		resp.Body = &seenBody{resp.Body, s}
		readable(resp)
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		s.date = date
	}
	s.wait = retryafter.Of(resp.Header, time.Now())
}

// roundTripper is an [http.RoundTripper].
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

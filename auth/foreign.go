package auth

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/internal/redact"
	"github.com/logsto/logsto-go/internal/retryafter"
	"github.com/logsto/logsto-go/internal/urls"
)

// maxReason bounds the text of an error that is not ours, in bytes.
const maxReason = 4 << 10

// tame makes an error of a function of the user's fit for messages of ours: it is one line
// without control characters, however long a page a server has answered with, and without
// the query of a URL. The error of package oauth2 holds that answer and the request, with
// the secret of the client; what it says is told without both. An error whose methods panic,
// as those of a nil pointer may, is replaced: they are called on goroutines of ours.
func tame(err error) (tamed error) {
	defer func() {
		if recover() != nil {
			tamed = errors.New("auth: an error of the source or the store panics")
		}
	}()
	if err == nil {
		return nil
	}
	var retrieve *oauth2.RetrieveError
	if errors.As(err, &retrieve) {
		told := retrieveError(retrieve)
		if errors.Is(err, ErrLoginRequired) {
			told = fmt.Errorf("%w: %w", ErrLoginRequired, told)
		}
		return told
	}
	_, _, _ = IsSetup(err), retryAfter(err), errors.Is(err, ErrLoginRequired)
	text := err.Error()
	line := text
	var request *url.Error
	if errors.As(err, &request) { // it repeats the URL, which may have a query
		line = strings.ReplaceAll(line, request.URL, urls.Shown(request.URL))
	}
	if line = redact.Text(line, maxReason); line != text {
		return &lineError{line, err}
	}
	return err
}

// lineError is an error in one line.
type lineError struct {
	line string
	err  error
}

func (e *lineError) Error() string { return e.line }
func (e *lineError) Unwrap() error { return e.err }

// retrieveError returns what an error of package oauth2 says, but for the body of the answer:
// what it may repeat is not known here, beyond what stands in the request.
func retrieveError(err *oauth2.RetrieveError) error {
	bare, seen, tokenURL, secrets := *err, &answerSeen{}, "", []string(nil)
	bare.Body = nil
	if resp := err.Response; resp != nil {
		seen.status, seen.wait = resp.StatusCode, retryafter.Of(resp.Header, time.Now())
		if req := resp.Request; req != nil {
			tokenURL = req.URL.String()
			secrets = secretsOf(req)
		}
	}
	return tokenError(&bare, seen, tokenURL, secrets...)
}

// secretsOf returns the secrets in a request to a token endpoint.
func secretsOf(req *http.Request) (secrets []string) {
	if id, secret, ok := req.BasicAuth(); ok { // both escaped (RFC 6749, section 2.3.1)
		secrets = append(secrets, clientSecrets(unescaped(id), unescaped(secret))...)
	}
	if _, secret, ok := strings.Cut(req.Header.Get("Authorization"), " "); ok {
		secrets = append(secrets, secret)
	}
	if req.GetBody == nil {
		return secrets
	}
	body, err := req.GetBody()
	if err != nil {
		return secrets
	}
	defer body.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(body, maxFile))
	form, malformed := url.ParseQuery(string(text))
	if err != nil || malformed != nil {
		return secrets
	}
	return append(secrets, secretParams(form, req.URL.String())...)
}

func unescaped(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

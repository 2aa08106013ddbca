package auth

import (
	"crypto/subtle"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/logsto/logsto-go/internal/redact"
)

// LoginError is what the authorization server has answered in the place of a code, such as
// access_denied when the person has refused (RFC 6749, section 4.1.2.1).
type LoginError struct {
	Code        string // error
	Description string // error_description, its start
}

// Error returns both in one line.
func (e *LoginError) Error() string {
	text := "auth: Login: the authorization server answers " + e.Code
	if e.Description != "" {
		text += ": " + e.Description
	}
	return text
}

// MarshalText returns what Error does, so that the error is that in JSON.
func (e *LoginError) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// expected is what the redirect of an authorization server must have.
type expected struct {
	state    string
	issuer   string   // empty if any of the hosts will do
	optional bool     // it may be missing
	hosts    []string // of the authorization server
	secrets  []string // not to be shown
}

// read returns the code that is in the query of a redirect, or what it says instead. ours
// is false if it has not the state of this login: it is the answer to another one, or
// comes from somebody who wants to disturb it, and says nothing.
func (e *expected) read(query string) (code string, ours bool, err error) {
	q, malformed := url.ParseQuery(query)
	found := 0
	for _, state := range q["state"] {
		found |= subtle.ConstantTimeCompare([]byte(state), []byte(e.state))
	}
	if found == 0 {
		return "", false, nil
	}
	if malformed != nil {
		return "", true, errors.New("auth: Login: the redirect is malformed")
	}
	// RFC 6749, section 3.1.
	for _, name := range []string{"state", "code", "error", "error_description", "iss"} {
		if len(q[name]) > 1 {
			return "", true, errors.New("auth: Login: the redirect has more than one " + name)
		}
	}
	code, failure := q.Get("code"), q.Get("error")
	switch {
	case e.issuer != "" && q.Get("iss") != e.issuer && (q.Has("iss") || !e.optional): // RFC 9207, section 2.4
		return "", true, errors.New("auth: Login: the redirect does not come from the expected issuer")
	case e.issuer == "" && q.Has("iss") && !slices.Contains(e.hosts, hostOf(q.Get("iss"))):
		return "", true, errors.New("auth: Login: the redirect says that it comes from an issuer on another host than that of AuthURL and TokenURL; if it is the right one, WithIssuer permits it")
	case failure != "" && code != "":
		return "", true, errors.New("auth: Login: the redirect has both a code and an error")
	case failure != "":
		return "", true, &LoginError{
			Code:        redact.Text(failure, maxDescription, e.secrets...),
			Description: redact.Text(q.Get("error_description"), maxDescription, e.secrets...),
		}
	case code == "":
		return "", true, errors.New("auth: Login: the redirect has no code")
	}
	return code, true, nil
}

// hostOf returns the host of a URL, or an empty text, which is that of none.
func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

// pasted returns the code from what a person has brought: the code, or the whole address
// with it.
func (e *expected) pasted(text string) (string, error) {
	text = strings.TrimSpace(text)
	_, query, hasQuery := strings.Cut(text, "?")
	switch {
	case hasQuery, strings.Contains(text, "://"), strings.Contains(text, "state="), strings.Contains(text, "code="):
		if _, err := url.Parse(text); err != nil && strings.Contains(text, "://") {
			return "", errors.New("auth: Login: what was entered is no address") // the reason shows it
		}
		if !hasQuery {
			query = text
		}
		query, _, _ = strings.Cut(query, "#")
		code, ours, err := e.read(query)
		if !ours {
			return "", errors.New("auth: Login: the address that was entered is not of this login: its state is another one, or missing")
		}
		return code, err
	case text == "":
		return "", errors.New("auth: Login: no code was entered")
	case e.issuer != "" && !e.optional:
		return "", errors.New("auth: Login: with WithIssuer the whole address is needed, as the code does not say where it comes from")
	case !validSecret(text):
		return "", errors.New("auth: Login: what was entered is no code")
	}
	return text, nil
}

package logstotest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"time"
)

const (
	tokenPath     = "/oauth/token"
	authorizePath = "/oauth/authorize"
)

// maxForm bounds a posted form, in bytes.
const maxForm = 64 << 10

// TokenRequest tells of one request to the token endpoint. It holds no secret.
type TokenRequest struct {
	Status   int        // of the answer; 0 if there is none yet, or as in Request
	ClientID string     // as the request says it
	Auth     string     // how the client authenticates: client_secret_basic, client_secret_post, private_key_jwt or none
	KeyID    string     // kid of the client assertion
	Form     url.Values // what was sent, say its grant_type, scope and audience, but no secret, token, code or verifier
	Received time.Time  // by the clock of the machine
}

// TokenRequests returns the requests to the token endpoint in order of their
// arrival, with those that have no answer yet. Without storage there are none.
func (s *Server) TokenRequests() []TokenRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]TokenRequest, 0, len(s.oauth.requests))
	for _, r := range s.oauth.requests {
		all = append(all, *r)
	}
	return all
}

// secretParameters are those that TokenRequest leaves out.
var secretParameters = []string{"client_secret", "client_assertion", "code", "code_verifier", "refresh_token", "assertion", "password"}

// noteToken keeps a request, and returns what is to be completed under s.mu.
func (s *Server) noteToken(i identity, form url.Values) *TokenRequest {
	shown := url.Values{}
	for name, values := range form {
		if !slices.Contains(secretParameters, name) {
			shown[name] = slices.Clone(values)
		}
	}
	req := &TokenRequest{ClientID: i.id, Auth: i.method, KeyID: i.keyID, Form: shown, Received: time.Now()}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keep {
		s.oauth.requests = append(s.oauth.requests, req)
	}
	return req
}

// serveToken serves POST /oauth/token (RFC 6749, section 3.2).
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	malformed := r.ParseForm()
	id, ambiguous := identify(r)
	req := s.noteToken(id, r.PostForm)
	s.serve(w, r, &s.faults.tokenScript, func() (any, error) {
		switch {
		case malformed != nil:
			return nil, oauthError("invalid_request", "not a form")
		case repeated(r.PostForm):
			return nil, errRepeated
		case ambiguous != nil:
			return nil, ambiguous
		}
		c, err := s.authenticate(id)
		if err != nil {
			return nil, err
		}
		return s.grant(c, r.PostForm)
	}, func(status int) {
		s.mu.Lock()
		defer s.mu.Unlock()
		req.Status = status
	})
}

// repeated reports whether a parameter comes twice, which RFC 6749 forbids in
// sections 3.1 and 3.2. These two may (RFC 8693, section 2.1, and RFC 8707,
// section 2).
func repeated(form url.Values) bool {
	for name, values := range form {
		if len(values) > 1 && name != "audience" && name != "resource" {
			return true
		}
	}
	return false
}

var errRepeated = oauthError("invalid_request", "a parameter comes twice")

// oauthError is an error with a code of RFC 6749, section 4.1.2.1 or 5.2.
func oauthError(code, description string) error {
	return &httpError{status: http.StatusBadRequest, body: errorBody{code, description}}
}

// SetExpiresIn makes the token endpoint claim this expires_in, a JSON value,
// whatever is true: -1, 1e400, "60" in quotes or null. With an empty text it
// claims none. It panics if the text is not JSON. The tokens live as long as
// [WithTokenLifetime] says; [Server.TrueExpiresIn] ends the lie.
func (s *Server) SetExpiresIn(text string) {
	claim := json.RawMessage(text)
	if text != "" && !json.Valid(claim) {
		panic("logstotest: SetExpiresIn: " + text + " is not JSON")
	}
	s.change(func(f *faults) { f.lies, f.expiresIn = true, claim })
}

// TrueExpiresIn makes the token endpoint tell the truth again.
func (s *Server) TrueExpiresIn() { s.change(func(f *faults) { f.lies = false }) }

package logstotest

import (
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
)

// admit refuses a request without an API key or a token that is taken now, and
// one whose credential was given for other scopes than this.
func (s *Server) admit(r *http.Request, scope string) error {
	scopes, ok := s.credential(r)
	switch {
	case !ok:
		return refuse(http.StatusUnauthorized, "missing or invalid credentials")
	case len(scopes) > 0 && !slices.Contains(scopes, scope):
		return insufficientScope(scope)
	}
	return nil
}

// credential returns the scopes of the API key or token of a request, none if it
// may do everything, and whether it is taken.
func (s *Server) credential(r *http.Request) (scopes []string, ok bool) {
	if key := r.Header.Get("X-Logs-Api-Key"); key != "" {
		return s.key(key)
	}
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch {
	case strings.EqualFold(scheme, "Logs-Key"):
		return s.key(secret)
	case strings.EqualFold(scheme, "Bearer"):
		if scopes, ok := s.key(secret); ok {
			return scopes, true
		}
		return s.token(secret)
	default:
		return nil, false
	}
}

func (s *Server) key(key string) (scopes []string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, of := range s.keys {
		if subtle.ConstantTimeCompare([]byte(k), []byte(key)) == 1 {
			scopes, ok = of, true
		}
	}
	return scopes, ok
}

func (s *Server) token(token string) (scopes []string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.oauth.tokens[token]
	if !ok || t.family.revoked || !s.now().Before(t.expires) {
		return nil, false
	}
	return t.scopes, true
}

// WithAPIKey makes the server take this API key instead of [APIKey]. Several
// may be given. With scopes the key is good for them alone, say [ScopeWrite] for
// a key that can only bring records.
func WithAPIKey(key string, scopes ...string) Option {
	return optionFunc(func(s *Server) { s.keys[key] = slices.Clone(scopes) })
}

// AddAPIKey makes the server take this API key too, from now on, with scopes as
// in [WithAPIKey].
func (s *Server) AddAPIKey(key string, scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[key] = slices.Clone(scopes)
}

// RevokeAPIKey makes the server refuse this API key, from now on.
func (s *Server) RevokeAPIKey(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.keys, key)
}

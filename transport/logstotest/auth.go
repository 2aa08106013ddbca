package logstotest

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// authorized reports whether a request carries an API key or a token that is
// taken now.
func (s *Server) authorized(r *http.Request) bool {
	if key := r.Header.Get("X-Logs-Api-Key"); key != "" {
		return s.isKey(key)
	}
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch {
	case strings.EqualFold(scheme, "Logs-Key"):
		return s.isKey(secret)
	case strings.EqualFold(scheme, "Bearer"):
		return s.isKey(secret) || s.isToken(secret)
	default:
		return false
	}
}

func (s *Server) isKey(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := 0
	for k := range s.keys {
		found |= subtle.ConstantTimeCompare([]byte(k), []byte(key))
	}
	return found == 1
}

func (s *Server) isToken(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	expires, ok := s.tokens[token]
	return ok && time.Now().Before(expires)
}

// AddAPIKey makes the server take this API key too, from now on.
func (s *Server) AddAPIKey(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[key] = true
}

// RevokeAPIKey makes the server refuse this API key, from now on.
func (s *Server) RevokeAPIKey(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.keys, key)
}

// AddOAuthClient makes the token endpoint take these client credentials too,
// from now on, in the place of an earlier secret of the client.
func (s *Server) AddOAuthClient(id, secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients[id] = secret
}

// RevokeOAuthClient makes the token endpoint refuse this client, from now on.
// The tokens that it has stay valid; [Server.ExpireTokens] ends them.
func (s *Server) RevokeOAuthClient(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.clients, id)
}

// ExpireTokens makes all access tokens that were issued so far invalid.
func (s *Server) ExpireTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

// TokenFetches returns how many access tokens have been issued.
func (s *Server) TokenFetches() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fetches
}

// token serves POST /oauth/token (RFC 6749, section 4.4).
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil {
		answerJSON(w, http.StatusBadRequest, map[string]string{"error": "invalid_request"})
		return
	}
	id, secret, basic := r.BasicAuth()
	if basic {
		// Both parts are form-encoded there (RFC 6749, section 2.3.1).
		id, secret = unescape(id), unescape(secret)
	} else {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	want, known := s.clientSecret(id)
	if !known || subtle.ConstantTimeCompare([]byte(want), []byte(secret)) != 1 {
		answerJSON(w, http.StatusUnauthorized, map[string]string{
			"error": "invalid_client", "error_description": "unknown client or wrong secret",
		})
		return
	}
	if grant := r.PostForm.Get("grant_type"); grant != "client_credentials" {
		answerJSON(w, http.StatusBadRequest, map[string]string{"error": "unsupported_grant_type"})
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	answerJSON(w, http.StatusOK, map[string]any{
		"access_token": s.issue(),
		"token_type":   "Bearer",
		"expires_in":   int(s.lifetime / time.Second),
	})
}

func (s *Server) clientSecret(id string) (secret string, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	secret, known = s.clients[id]
	return secret, known
}

func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

func (s *Server) issue() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	token := "logstotest-" + rand.Text()
	s.tokens[token] = time.Now().Add(s.lifetime)
	s.fetches++
	return token
}

// search serves GET /v1/search: the stored records that contain the query,
// letter case aside, as {"records":[...]}.
func (s *Server) search(w http.ResponseWriter, r *http.Request) {
	if !s.authorized(r) {
		answerError(w, refuse(http.StatusUnauthorized, "missing or invalid credentials"))
		return
	}
	query := bytes.ToLower([]byte(r.URL.Query().Get("query")))
	found := []any{}
	for _, rec := range s.Records() {
		if bytes.Contains(bytes.ToLower(rec.JSON), query) {
			found = append(found, rec.JSON)
		}
	}
	answerJSON(w, http.StatusOK, map[string]any{"records": found})
}

package logstotest

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// oauth is what the authorization server keeps; guarded by Server.mu.
type oauth struct {
	clients   map[string]*oauthClient
	redirects map[string][]string // redirect URIs by client, loopback ones aside
	codes     map[string]*code
	tokens    map[string]accessToken
	refresh   map[string]*refreshToken
	// assertions are the client assertions that were taken, by client and jti,
	// with their expiry.
	assertions map[[2]string]time.Time
	requests   []*TokenRequest
	fetches    int // access tokens issued
}

func newOAuth() oauth {
	return oauth{
		clients:   map[string]*oauthClient{},
		redirects: map[string][]string{},
		codes:     map[string]*code{},
		tokens:    map[string]accessToken{},
		refresh:   map[string]*refreshToken{},

		assertions: map[[2]string]time.Time{},
	}
}

// family is all that comes from one grant, and ends together.
type family struct {
	client  string
	scopes  []string
	revoked bool
}

// code is an authorization code.
type code struct {
	family    *family
	redirect  string
	challenge string
	expires   time.Time
	used      bool
}

type accessToken struct {
	family  *family
	scopes  []string
	expires time.Time
}

type refreshToken struct {
	family *family
	used   bool
}

// codeLifetime is the most that RFC 6749 recommends in section 4.1.2.
const codeLifetime = 10 * time.Minute

// tokenBody is an answer with a token (RFC 6749, section 5.1).
type tokenBody struct {
	AccessToken  string          `json:"access_token"`
	TokenType    string          `json:"token_type"`
	ExpiresIn    json.RawMessage `json:"expires_in,omitempty"`
	RefreshToken string          `json:"refresh_token,omitempty"`
	Scope        string          `json:"scope,omitempty"`
}

// grant gives a client what the form asks for.
func (s *Server) grant(c *oauthClient, form url.Values) (*tokenBody, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch form.Get("grant_type") {
	case "client_credentials":
		return s.grantClient(c, form)
	case "authorization_code":
		return s.grantCode(c, form)
	case "refresh_token":
		return s.grantRefresh(c, form)
	default:
		return nil, oauthError("unsupported_grant_type", "")
	}
}

// grantClient is for RFC 6749, section 4.4.
func (s *Server) grantClient(c *oauthClient, form url.Values) (*tokenBody, error) {
	if c.public() {
		return nil, oauthError("unauthorized_client", "a public client cannot use its credentials")
	}
	scopes, err := narrow(form.Get("scope"), c.scopes)
	if err != nil {
		return nil, err
	}
	return s.issue(&family{client: c.id}, scopes), nil
}

// grantCode is for RFC 6749, section 4.1.3, with RFC 7636, section 4.6. A code
// counts as used with the first request that its client makes with it, whatever
// comes of that, so that nobody can guess at the verifier. Used again, it ends
// what it has brought.
func (s *Server) grantCode(c *oauthClient, form url.Values) (*tokenBody, error) {
	code := s.oauth.codes[form.Get("code")]
	if code == nil || code.family.client != c.id {
		return nil, invalidGrant("no such code")
	}
	if code.used {
		code.family.revoked = true
		return nil, invalidGrant("the code has been used")
	}
	code.used = true
	verified := subtle.ConstantTimeCompare([]byte(challengeOf(form.Get("code_verifier"))), []byte(code.challenge)) == 1
	switch {
	case !s.now().Before(code.expires):
		return nil, invalidGrant("the code has expired")
	case form.Get("redirect_uri") != code.redirect:
		return nil, invalidGrant("another redirect_uri")
	case !verified:
		return nil, invalidGrant("wrong code_verifier")
	}
	t := s.issue(code.family, code.family.scopes)
	t.RefreshToken = s.issueRefresh(code.family)
	return t, nil
}

// grantRefresh is for RFC 6749, section 6. A refresh token that is used again
// has been stolen, before or after its first use, so all of its family ends (RFC
// 9700, section 4.14.2).
func (s *Server) grantRefresh(c *oauthClient, form url.Values) (*tokenBody, error) {
	old := s.oauth.refresh[form.Get("refresh_token")]
	if old == nil || old.family.client != c.id {
		return nil, invalidGrant("no such refresh token")
	}
	if old.used {
		old.family.revoked = true
	}
	if old.family.revoked {
		return nil, invalidGrant("the refresh token has been used or revoked")
	}
	scopes, err := narrow(form.Get("scope"), old.family.scopes)
	if err != nil {
		return nil, err
	}
	t := s.issue(old.family, scopes)
	if s.rotate {
		old.used = true
		t.RefreshToken = s.issueRefresh(old.family)
	}
	return t, nil
}

// issue makes an access token. The caller holds s.mu, as that of issueRefresh.
func (s *Server) issue(f *family, scopes []string) *tokenBody {
	token := secretText()
	s.oauth.tokens[token] = accessToken{f, scopes, s.now().Add(s.lifetime)}
	s.oauth.fetches++
	expiresIn := s.faults.expiresIn
	if !s.faults.lies {
		expiresIn = strconv.AppendInt(nil, int64(s.lifetime/time.Second), 10)
	}
	return &tokenBody{
		AccessToken: token,
		TokenType:   "Bearer",
		ExpiresIn:   expiresIn,
		Scope:       strings.Join(scopes, " "),
	}
}

func (s *Server) issueRefresh(f *family) string {
	token := secretText()
	s.oauth.refresh[token] = &refreshToken{family: f}
	return token
}

// issueCode makes an authorization code.
func (s *Server) issueCode(c code) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := secretText()
	c.expires = s.now().Add(codeLifetime)
	s.oauth.codes[text] = &c
	return text
}

func secretText() string { return "logstotest-" + rand.Text() }

// challengeOf returns the code_challenge of a verifier (RFC 7636, section 4.2).
func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func invalidGrant(description string) error { return oauthError("invalid_grant", description) }

// WithTokenLifetime sets how long access tokens are taken. The default is an
// hour. The token endpoint tells it in whole seconds, unless
// [Server.SetExpiresIn] makes it lie; a client takes less than one for a token
// that does not expire.
func WithTokenLifetime(d time.Duration) Option {
	return optionFunc(func(s *Server) { s.lifetime = d })
}

// WithoutRotation makes the server keep a refresh token when it is used, and
// give no new one. The default is that each can be used once, and is replaced.
func WithoutRotation() Option {
	return optionFunc(func(s *Server) { s.rotate = false })
}

// ExpireTokens makes all access tokens that were issued so far invalid. Refresh
// tokens stay.
func (s *Server) ExpireTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.oauth.tokens)
}

// ExpireRefreshTokens makes all refresh tokens that were issued so far invalid,
// so that people must log in again. Access tokens stay.
func (s *Server) ExpireRefreshTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.oauth.refresh)
}

// TokenFetches returns how many access tokens have been issued.
func (s *Server) TokenFetches() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.oauth.fetches
}

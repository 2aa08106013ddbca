package logstotest

import (
	"cmp"
	"crypto"
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
)

// oauthClient is what is known of a client (RFC 6749, section 2). It has a
// secret, a key, or neither if it is a public one.
type oauthClient struct {
	id     string
	secret string
	key    crypto.PublicKey
	scopes []string // that it may ask for; none for all
}

func (c *oauthClient) public() bool { return c.secret == "" && c.key == nil }

// WithOAuthClient makes the token endpoint take these client credentials
// instead of [ClientID] and [ClientSecret]. Several clients may be given, each
// with one way to authenticate. With scopes the client gets tokens for them
// alone, for all of them if it asks for none; another one is invalid_scope. The
// default is that it may ask for [ScopeWrite] and [ScopeRead], and gets a token
// without scopes, which is good for everything, if it asks for none.
func WithOAuthClient(id, secret string, scopes ...string) Option {
	return withClient(oauthClient{id: id, secret: secret, scopes: scopes})
}

// WithPublicClient makes the token endpoint take a client that has no secret,
// such as a program on a person's machine (RFC 8252), with scopes as in
// [WithOAuthClient]. It can only use an authorization code and what comes of it.
func WithPublicClient(id string, scopes ...string) Option {
	return withClient(oauthClient{id: id, scopes: scopes})
}

func withClient(c oauthClient) Option {
	return optionFunc(func(s *Server) { s.oauth.add(c) })
}

// AddOAuthClient makes the token endpoint take these client credentials too,
// from now on, in the place of what was known of the client, with scopes as in
// [WithOAuthClient].
func (s *Server) AddOAuthClient(id, secret string, scopes ...string) {
	s.addClient(oauthClient{id: id, secret: secret, scopes: scopes})
}

func (s *Server) addClient(c oauthClient) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.oauth.add(c)
}

// RevokeOAuthClient makes the token endpoint refuse this client, from now on.
// The tokens that it has stay valid; [Server.ExpireTokens] ends them.
func (s *Server) RevokeOAuthClient(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.oauth.clients, id)
}

func (o *oauth) add(c oauthClient) {
	c.scopes = slices.Clone(c.scopes)
	o.clients[c.id] = &c
}

// The ways in which a client authenticates at the token endpoint, by their names
// in RFC 7591, section 2, and OpenID Connect Core, section 9.
const (
	authNone  = "none"
	authBasic = "client_secret_basic"
	authPost  = "client_secret_post"
	authKey   = "private_key_jwt"
)

// identity is what a request says of its client.
type identity struct {
	method string
	id     string
	secret string // or the assertion
	keyID  string // of the assertion
}

// identify reads who a request says it is from. It may use one way of
// authentication (RFC 6749, section 2.3).
func identify(r *http.Request) (identity, error) {
	form := r.PostForm
	i := identity{method: authNone, id: form.Get("client_id")}
	ways := 0
	if secret := form.Get("client_secret"); secret != "" {
		ways++
		i.method, i.secret = authPost, secret
	}
	if text := form.Get("client_assertion"); text != "" {
		ways++
		subject, keyID := readAssertion(text)
		i = identity{authKey, cmp.Or(i.id, subject), text, keyID}
	}
	if id, secret, ok := r.BasicAuth(); ok {
		ways++
		// Both parts are form-encoded there (RFC 6749, section 2.3.1).
		id, secret = unescape(id), unescape(secret)
		if i.id != "" && i.id != id {
			return i, oauthError("invalid_request", "two clients are named")
		}
		i = identity{method: authBasic, id: id, secret: secret}
	}
	if ways > 1 {
		return i, oauthError("invalid_request", "the client authenticates in two ways")
	}
	if kind := form.Get("client_assertion_type"); kind != "" && kind != assertionType || kind == "" && i.method == authKey {
		return i, oauthError("invalid_request", "client_assertion_type is not that of a JWT")
	}
	return i, nil
}

// authenticate returns the client that a request is from.
func (s *Server) authenticate(i identity) (*oauthClient, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, known := s.oauth.clients[i.id]
	switch {
	case known && c.key != nil && i.method == authKey:
		return c, s.checkAssertion(c, i.secret)
	// A public client may send an empty secret.
	case !known || c.key != nil || subtle.ConstantTimeCompare([]byte(c.secret), []byte(i.secret)) != 1:
		return nil, invalidClient("unknown client or wrong secret")
	}
	return c, nil
}

func invalidClient(description string) error {
	return &httpError{status: http.StatusUnauthorized, body: errorBody{"invalid_client", description}}
}

func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

package logstotest

import (
	"crypto"
	"maps"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	// maxAssertion bounds how far ahead an assertion may expire.
	maxAssertion = time.Hour
)

// WithClientKey makes the token endpoint take a client that signs assertions with
// the private part of this key (RFC 7523, section 2.2), with scopes as in
// [WithOAuthClient]. The key is an *rsa.PublicKey for RS256, an *ecdsa.PublicKey
// on P-256 for ES256, or an ed25519.PublicKey for EdDSA; no assertion fits another
// one.
//
// An assertion must have the client id as iss and sub, [Server.TokenURL] in aud,
// an exp that has not passed and is at most an hour ahead, and a jti that has not
// come before; iat and nbf, if there, must not be in the future. No skew of the
// clocks is forgiven, see [WithClock].
func WithClientKey(id string, key crypto.PublicKey, scopes ...string) Option {
	return withClient(oauthClient{id: id, key: key, scopes: scopes})
}

// AddClientKey does what [WithClientKey] does, from now on, in the place of what
// was known of the client.
func (s *Server) AddClientKey(id string, key crypto.PublicKey, scopes ...string) {
	s.addClient(oauthClient{id: id, key: key, scopes: scopes})
}

// readAssertion returns what an assertion says of itself, which may be a lie:
// its subject and the id of its key, empty if it cannot be read.
func readAssertion(text string) (subject, keyID string) {
	var claims jwt.RegisteredClaims
	token, _, err := jwt.NewParser().ParseUnverified(text, &claims)
	if err != nil {
		return "", ""
	}
	keyID, _ = token.Header["kid"].(string)
	return claims.Subject, keyID
}

// checkAssertion checks an assertion by RFC 7523, section 3. The caller holds
// s.mu.
func (s *Server) checkAssertion(c *oauthClient, text string) error {
	var claims jwt.RegisteredClaims
	_, err := jwt.NewParser(
		jwt.WithValidMethods([]string{"RS256", "ES256", "EdDSA"}),
		jwt.WithIssuer(c.id),
		jwt.WithSubject(c.id),
		jwt.WithAudience(s.TokenURL()),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithTimeFunc(s.now),
	).ParseWithClaims(text, &claims, func(*jwt.Token) (any, error) { return c.key, nil })
	if err != nil {
		return invalidClient(err.Error())
	}
	now := s.now()
	seen := s.oauth.assertions
	maps.DeleteFunc(seen, func(_ [2]string, expires time.Time) bool { return !now.Before(expires) })
	name := [2]string{c.id, claims.ID}
	switch _, again := seen[name]; {
	case claims.ExpiresAt.After(now.Add(maxAssertion)):
		return invalidClient("the assertion expires in more than an hour")
	case claims.ID == "":
		return invalidClient("the assertion has no jti")
	case again:
		return invalidClient("the assertion has been used")
	}
	seen[name] = claims.ExpiresAt.Time
	return nil
}

package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// WithPrivateKey authenticates the client by a JSON Web Token that it signs, in the
// place of a client secret (private_key_jwt; RFC 7523, section 2.2). key is in PEM, as
// PKCS #8, PKCS #1 or SEC 1, not encrypted: RSA of 2048 bits at least signs with RS256,
// the elliptic curves P-256, P-384 and P-521 with ES256, ES384 and ES512, Ed25519 with
// EdDSA. keyID tells the server which of the client's keys it is (the header kid); it is
// left out if empty. The key is read for each token. It goes with ClientCredentials only.
//
// An assertion is made for the token endpoint, unless [WithAssertionAudience] says
// otherwise, has an id of its own and ends after five minutes. If the server refuses it and
// its clock, as the answer tells it, differs from ours, by a quarter of an hour at most,
// another one is made by the server's clock.
func WithPrivateKey(key *Secret, keyID string) Option {
	return optionFunc(func(c *Credential) {
		switch err := key.unusable(); {
		case c.kind != kindClientCredentials:
			c.fail("WithPrivateKey goes with ClientCredentials only")
		case err != nil:
			c.fail("WithPrivateKey: %w", err)
		default:
			c.privateKey, c.keyID = key, keyID
		}
	})
}

// WithAssertionAudience says for whom the assertions of [WithPrivateKey] are made (their
// aud), in the place of the URL of the token endpoint. Many servers take that, and some
// only their issuer, such as https://auth.example/. It is not the audience of the tokens,
// which is a parameter of the request. It goes with WithPrivateKey only.
func WithAssertionAudience(audience string) Option {
	return optionFunc(func(c *Credential) {
		switch {
		case c.kind != kindClientCredentials:
			c.fail("WithAssertionAudience goes with ClientCredentials only")
		case audience == "":
			c.fail("WithAssertionAudience: the audience is empty")
		default:
			c.assertionAudience = audience
		}
	})
}

// assertionType is the value of client_assertion_type (RFC 7523, section 2.2).
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

const (
	// assertionLife is how long an assertion is good for.
	assertionLife = 5 * time.Minute
	// maxSkew is by how much clocks may differ until ours is not believed any more. The
	// Date of an answer has whole seconds, and is as old as the answer.
	maxSkew = 5 * time.Second
	// mostSkew is by how much the clock of a server may differ from ours to be believed:
	// nobody is to get an assertion that is good for years.
	mostSkew = 15 * time.Minute
	// minRSA is the least size of an RSA key in bits (RFC 7518, section 3.3).
	minRSA = 2048
)

// assertionSigner makes client assertions.
type assertionSigner struct {
	clientID, audience, keyID string
	skew                      atomic.Int64 // by how many nanoseconds the clock of the server is ahead
}

// sign returns an assertion, signed with the key in the PEM text.
func (a *assertionSigner) sign(text string) (string, error) {
	key, err := parseKey(text)
	if err != nil {
		return "", err
	}
	method, err := methodFor(key)
	if err != nil {
		return "", err
	}
	now := time.Now().Add(time.Duration(a.skew.Load()))
	token := jwt.NewWithClaims(method, jwt.RegisteredClaims{
		Issuer:    a.clientID,
		Subject:   a.clientID,
		Audience:  jwt.ClaimStrings{a.audience},
		ID:        rand.Text(),
		IssuedAt:  jwt.NewNumericDate(now),
		ExpiresAt: jwt.NewNumericDate(now.Add(assertionLife)),
	})
	if a.keyID != "" {
		token.Header["kid"] = a.keyID
	}
	signed, err := token.SignedString(key)
	if err != nil {
		return "", errors.New("the private key does not sign") // what it says may show the key
	}
	return signed, nil
}

// learn takes over the clock of the server, and reports whether that differs from what
// assertions were made by.
func (a *assertionSigner) learn(date time.Time) bool {
	if date.IsZero() {
		return false
	}
	skew := time.Until(date)
	if off := skew - time.Duration(a.skew.Load()); off.Abs() <= maxSkew || skew.Abs() > mostSkew {
		return false
	}
	a.skew.Store(int64(skew))
	return true
}

// parseKey returns the first private key in a PEM text, which may have other things in it,
// such as parameters or certificates. Its errors show nothing of it.
func parseKey(text string) (crypto.Signer, error) {
	rest := []byte(text)
	for {
		block, more := pem.Decode(rest)
		if block == nil {
			return nil, errors.New("there is no private key in PEM")
		}
		if strings.HasSuffix(block.Type, "PRIVATE KEY") {
			return parseBlock(block)
		}
		rest = more
	}
}

func parseBlock(block *pem.Block) (crypto.Signer, error) {
	var key any
	var err error
	switch {
	case strings.HasPrefix(block.Type, "ENCRYPTED "), block.Headers["DEK-Info"] != "":
		return nil, errors.New("the private key is encrypted")
	case block.Type == "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case block.Type == "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case block.Type == "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	default:
		return nil, errors.New("the private key must be in PKCS #8, PKCS #1 or SEC 1")
	}
	signer, ok := key.(crypto.Signer)
	if err != nil || !ok {
		return nil, errors.New("the private key is malformed, or of a kind that is not known here")
	}
	return signer, nil
}

// methodFor returns how to sign with the key (RFC 7518, section 3.1; RFC 8037).
func methodFor(key crypto.Signer) (jwt.SigningMethod, error) {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if key.N.BitLen() < minRSA {
			return nil, fmt.Errorf("the private key has %d bits, and must have %d at least", key.N.BitLen(), minRSA)
		}
		return jwt.SigningMethodRS256, nil
	case ed25519.PrivateKey:
		return jwt.SigningMethodEdDSA, nil
	case *ecdsa.PrivateKey:
		for _, m := range []*jwt.SigningMethodECDSA{jwt.SigningMethodES256, jwt.SigningMethodES384, jwt.SigningMethodES512} {
			if m.CurveBits == key.Curve.Params().BitSize {
				return m, nil
			}
		}
	}
	return nil, errors.New("the private key is of a kind that is not known here")
}

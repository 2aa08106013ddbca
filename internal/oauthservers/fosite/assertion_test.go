package fosite

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v3"
	ory "github.com/ory/fosite"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/oauthservers/ingest"
)

const (
	keyID  = "key-1"
	issuer = "https://issuer.example/"
)

// keys makes a key for each algorithm that both sides know.
var keys = map[jose.SignatureAlgorithm]func() (crypto.Signer, error){
	jose.RS256: func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 2048) },
	jose.ES256: func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) },
	jose.ES384: func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P384(), rand.Reader) },
}

// newKey returns a key and its PEM text.
func newKey(t *testing.T, alg jose.SignatureAlgorithm) (crypto.Signer, string) {
	t.Helper()
	key, err := keys[alg]()
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// startWithKey starts a server whose client has this public key in the place of a
// secret.
func startWithKey(t *testing.T, alg jose.SignatureAlgorithm, key crypto.PublicKey) *Server {
	t.Helper()
	s := Start(t, lifetime, 0)
	s.store.Clients[ClientID] = &ory.DefaultOpenIDConnectClient{
		DefaultClient: &ory.DefaultClient{
			ID: ClientID, GrantTypes: ory.Arguments{"client_credentials"}, Scopes: ory.Arguments{ingest.Write},
		},
		TokenEndpointAuthMethod:           "private_key_jwt",
		TokenEndpointAuthSigningAlgorithm: string(alg),
		JSONWebKeys: &jose.JSONWebKeySet{Keys: []jose.JSONWebKey{
			{KeyID: keyID, Use: "sig", Algorithm: string(alg), Key: key},
		}},
	}
	return s
}

// withKey is a credential that signs with the key.
func (s *Server) withKey(text string, opts ...auth.Option) *auth.Credential {
	return auth.ClientCredentials(clientcredentials.Config{
		ClientID: ClientID, TokenURL: s.TokenURL, Scopes: []string{ingest.Write},
	}, append(opts, auth.WithPrivateKey(auth.Literal(text), keyID))...)
}

// TestPrivateKey authenticates by assertions (RFC 7523), several times: the server
// takes each of them once.
func TestPrivateKey(t *testing.T) {
	for alg := range keys {
		t.Run(string(alg), func(t *testing.T) {
			key, text := newKey(t, alg)
			s := startWithKey(t, alg, key.Public())
			_, next := ingest.ToStore(t)
			f := ingest.Start(t, s.Introspect, next)
			f.SendUnrefused(t, f.Client(t, s.withKey(text)), 2)
		})
	}
}

// TestAssertionsForTheIssuer has a server that wants its issuer as the audience, and not
// its token endpoint.
func TestAssertionsForTheIssuer(t *testing.T) {
	key, text := newKey(t, jose.ES256)
	s := startWithKey(t, jose.ES256, key.Public())
	s.config.TokenURL = issuer // fosite names by this what it takes as the audience
	_, next := ingest.ToStore(t)
	f := ingest.Start(t, s.Introspect, next)
	var token *auth.TokenError
	if err := ingest.SendOne(t, f.Client(t, s.withKey(text)), "never"); !errors.As(err, &token) || token.Code != "invalid_client" {
		t.Errorf("with the token endpoint as audience: %v", err)
	}
	f.SendUnrefused(t, f.Client(t, s.withKey(text, auth.WithAssertionAudience(issuer))), 2)
}

// TestAPrivateKeyThatTheServerDoesNotKnow is a fault of the set-up, and shows nothing of
// the key.
func TestAPrivateKeyThatTheServerDoesNotKnow(t *testing.T) {
	key, _ := newKey(t, jose.ES256)
	_, other := newKey(t, jose.ES256)
	s := startWithKey(t, jose.ES256, key.Public())
	srv, next := ingest.ToStore(t)
	f := ingest.Start(t, s.Introspect, next)
	err := ingest.SendOne(t, f.Client(t, s.withKey(other)), "never")
	var token *auth.TokenError
	if !errors.As(err, &token) || token.Status != http.StatusUnauthorized || token.Code != "invalid_client" || !auth.IsSetup(err) {
		t.Errorf("Send: %v", err)
	}
	for line := range strings.Lines(other) {
		if err != nil && strings.Contains(err.Error(), strings.TrimSpace(line)) {
			t.Errorf("the key shows: %v", err)
		}
	}
	if n := len(srv.Records()); n > 0 {
		t.Errorf("%d records are stored", n)
	}
}

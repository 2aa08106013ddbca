package endtoend

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// credentialKind is one way to be let in.
type credentialKind struct {
	name       string
	credential func(*testing.T, *application) *auth.Credential
	secrets    []string // that it is given
	server     []logstotest.Option
	fetches    bool // it asks the token endpoint
}

// The secrets. Some have letters that are escaped in URLs, JSON, HTML and so on, some
// have none; the halves of each are of no other text.
const (
	plainKey     = "k8TqZ2vYw7RbN4xLmP9sJd3HfG6c"
	awkwardKey   = `Qz7/+&Vw"x9<Kj4>%25T'm?Nb=8`
	plainSecret  = "Xc5WnBt8Qp2ZrVk7MyLd4SgHj6Fa"
	awkward      = `Rf3+/&Yh"u6<Gd9>%41Wp'e?Lt=2`
	sourceToken  = "eyJhbGciOiJub25lIn0.Vb6NmQw3ErTy8UiOp2AsDf.Lk5JhGfDs"
	issuedToken  = "Zt4UvIo7PlKm2NjBh9VgCf5XdRs8" // that the token endpoint gives away in a trouble
	secretClient = "a-service"
)

var credentialKinds = []credentialKind{
	{
		name:       "API key",
		credential: func(*testing.T, *application) *auth.Credential { return auth.APIKey(awkwardKey) },
		secrets:    []string{awkwardKey},
		server:     []logstotest.Option{logstotest.WithAPIKey(awkwardKey)},
	},
	{
		name: "API key with a scheme",
		credential: func(*testing.T, *application) *auth.Credential {
			return auth.APIKey(plainKey, auth.WithScheme(auth.LogsKey))
		},
		secrets: []string{plainKey},
		server:  []logstotest.Option{logstotest.WithAPIKey(plainKey)},
	},
	{
		name:       "client credentials in the header",
		credential: clientWith(awkward, oauth2.AuthStyleInHeader),
		secrets:    []string{awkward},
		server:     []logstotest.Option{logstotest.WithOAuthClient(secretClient, awkward)},
		fetches:    true,
	},
	{
		name:       "client credentials in the body",
		credential: clientWith(awkward, oauth2.AuthStyleInParams),
		secrets:    []string{awkward},
		server:     []logstotest.Option{logstotest.WithOAuthClient(secretClient, awkward)},
		fetches:    true,
	},
	{
		name:       "client credentials here or there",
		credential: clientWith(plainSecret, oauth2.AuthStyleAutoDetect),
		secrets:    []string{plainSecret},
		server:     []logstotest.Option{logstotest.WithOAuthClient(secretClient, plainSecret)},
		fetches:    true,
	},
	{
		name: "token source",
		credential: func(*testing.T, *application) *auth.Credential {
			return auth.TokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: sourceToken, RefreshToken: plainSecret}))
		},
		secrets: []string{sourceToken, plainSecret},
		server:  []logstotest.Option{logstotest.WithAPIKey(sourceToken)},
	},
	{
		name:       "API key from a chain",
		credential: keyFromChain,
		secrets:    []string{plainKey},
		server:     []logstotest.Option{logstotest.WithAPIKey(plainKey)},
	},
	{
		name:       "API key from a function",
		credential: keyFromFunction,
		secrets:    []string{awkwardKey},
		server:     []logstotest.Option{logstotest.WithAPIKey(awkwardKey)},
	},
	{
		name:       "client with a private key",
		credential: clientWithKey,
		secrets:    []string{signingKeyDER(), string(signingKey.Seed())},
		server:     []logstotest.Option{logstotest.WithClientKey(secretClient, signingKey.Public())},
		fetches:    true,
	},
	{
		name:       "person",
		credential: personWith(""),
		server:     []logstotest.Option{logstotest.WithPublicClient(secretClient), logstotest.WithTokenLifetime(2 * time.Minute)},
		fetches:    true,
	},
	{
		name:       "person, and a client with a secret",
		credential: personWith(awkward),
		secrets:    []string{awkward},
		server:     []logstotest.Option{logstotest.WithOAuthClient(secretClient, awkward), logstotest.WithTokenLifetime(2 * time.Minute)},
		fetches:    true,
	},
}

// clientWith are client credentials that are sent in this style.
func clientWith(secret string, style oauth2.AuthStyle) func(*testing.T, *application) *auth.Credential {
	return func(_ *testing.T, a *application) *auth.Credential {
		return auth.ClientCredentials(clientcredentials.Config{
			ClientID: secretClient, ClientSecret: secret, TokenURL: a.srv.TokenURL(), AuthStyle: style,
		})
	}
}

// keyFromChain is a key from a file, behind a variable that is not set and a function
// that fails.
func keyFromChain(t *testing.T, _ *application) *auth.Credential {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(plainKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	none := func(context.Context) (string, error) { return "", errors.New("the manager is down") }
	return auth.APIKeyFrom(auth.Chain(auth.Env("LOGSTO_TEST_NO_SUCH_KEY"), auth.Func(none, 0), auth.File(path)), auth.WithScheme(auth.Bearer))
}

// keyFromFunction is a key of a secret manager that panics every other time.
func keyFromFunction(*testing.T, *application) *auth.Credential {
	var calls atomic.Int32
	return auth.APIKeyFrom(auth.Func(func(context.Context) (string, error) {
		if calls.Add(1)%2 == 0 {
			panic("no more " + awkwardKey)
		}
		return awkwardKey, nil
	}, time.Minute), auth.WithHeader("X-Other-Key"))
}

// signingKey is the private key of a client.
var signingKey = ed25519.NewKeyFromSeed([]byte("Jd9KfLs4MvBn7ZqWt2YxRc6HgPe5Ta8U"))

// signingKeyDER is that key as it stands in PEM, but for the line ends.
func signingKeyDER() string {
	der, err := x509.MarshalPKCS8PrivateKey(signingKey)
	if err != nil {
		panic(err)
	}
	return string(der)
}

func clientWithKey(_ *testing.T, a *application) *auth.Credential {
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte(signingKeyDER())})
	return auth.ClientCredentials(clientcredentials.Config{ClientID: secretClient, TokenURL: a.srv.TokenURL()},
		auth.WithPrivateKey(auth.Literal(string(key)), "the-key"))
}

// personWith is a person who has logged in with a client that has a secret, or none.
func personWith(secret string) func(*testing.T, *application) *auth.Credential {
	return func(t *testing.T, a *application) *auth.Credential {
		t.Helper()
		var store memoryStore
		if err := a.login(t, a.person(secret), &store, pressAllow); err != nil {
			t.Fatal(err)
		}
		return auth.AuthorizationCode(a.person(secret), &store)
	}
}

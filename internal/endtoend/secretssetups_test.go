package endtoend

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/internal/leak"
	"github.com/logsto/logsto-go/transport"
)

// TestSecretsOfSetups has the library refuse what is set up wrongly with a secret in it,
// before anything is sent or with the first request.
func TestSecretsOfSetups(t *testing.T) {
	key := func(s *auth.Secret) *auth.Credential { return auth.APIKeyFrom(s) }
	client := auth.ClientCredentials
	good := clientcredentials.Config{ClientID: secretClient, ClientSecret: plainSecret, TokenURL: "https://127.0.0.1:1/token"}
	at := func(tokenURL string) clientcredentials.Config {
		return clientcredentials.Config{ClientID: secretClient, ClientSecret: plainSecret, TokenURL: tokenURL}
	}
	withKey := func(text string) *auth.Credential {
		return client(clientcredentials.Config{ClientID: secretClient, TokenURL: good.TokenURL}, auth.WithPrivateKey(auth.Literal(text), plainKey[:4]))
	}
	file := func(text string) *auth.Secret {
		path := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return auth.File(path)
	}
	function := func(f func() (string, error)) *auth.Secret {
		return auth.Func(func(context.Context) (string, error) { return f() }, 0)
	}
	token := func(f func() (*oauth2.Token, error)) *auth.Credential { return auth.TokenSource(tokenFunc(f)) }
	t.Setenv("LOGSTO_TEST_BAD_KEY", plainKey+"\n"+plainKey)
	for name, c := range map[string]*auth.Credential{
		"key with a line feed":       auth.APIKey(plainKey + "\n"),
		"key in another script":      auth.APIKey(plainKey + "é"),
		"key with a header":          auth.APIKey(plainKey, auth.WithHeader("X Key")),
		"key with a scheme":          auth.APIKey(plainKey, auth.WithScheme("a b")),
		"literal with a line feed":   key(auth.Literal(plainKey + "\r\nX-Evil: " + plainKey)),
		"variable with two lines":    key(auth.Env("LOGSTO_TEST_BAD_KEY")),
		"file with two lines":        key(file(plainKey + "\n" + plainKey)),
		"file that is too long":      key(file(strings.Repeat(plainKey, 3000))),
		"function with two lines":    key(function(func() (string, error) { return plainKey + "\n" + plainKey, nil })),
		"function that panics":       key(function(func() (string, error) { panic(plainKey) })),
		"function that panics again": key(function(func() (string, error) { panic(errors.New(plainKey)) })),
		"function, secret and error": key(function(func() (string, error) { return plainKey, errors.New("no") })),
		"chain":                      key(auth.Chain(auth.Env("LOGSTO_TEST_BAD_KEY"), function(func() (string, error) { panic(plainKey) }))),
		"secret with a line feed":    client(clientcredentials.Config{ClientID: secretClient, TokenURL: good.TokenURL}, auth.WithClientSecret(auth.Env("LOGSTO_TEST_BAD_KEY"))),
		"two secrets":                client(good, auth.WithClientSecret(auth.Literal(plainKey))),
		"user in the URL":            client(at("https://user:" + plainKey + "@127.0.0.1:1/token")),
		"secret in the URL":          client(at("https://127.0.0.1:1/token?client_secret=" + plainKey)),
		"secret in a plain URL":      client(at("http://auth.invalid/token?client_secret=" + plainKey)),
		"malformed URL":              client(at("https://127.0.0.1:1/%zz?k=" + plainKey)),
		"URL with a control code":    client(at("https://127.0.0.1:1/\x7f?k=" + plainKey)),
		"no private key":             withKey(plainKey),
		"PEM of something":           withKey("-----BEGIN PRIVATE KEY-----\n" + "Q" + plainKey + "Q0==\n-----END PRIVATE KEY-----\n"),
		"PEM of another kind":        withKey(string(pem.EncodeToMemory(&pem.Block{Type: plainKey, Bytes: []byte(plainKey)}))),
		"PEM of a public key":        withKey(publicPEM(t)),
		"PEM with a header":          withKey(string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Headers: map[string]string{"DEK-Info": plainKey}, Bytes: []byte(plainKey)}))),
		"PEM that is cut":            withKey(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte(signingKeyDER())[:40]}))),
		"token with a line": token(func() (*oauth2.Token, error) {
			return &oauth2.Token{AccessToken: plainKey + "\n", RefreshToken: plainSecret}, nil
		}),
		"token that has ended": token(func() (*oauth2.Token, error) {
			return &oauth2.Token{RefreshToken: plainSecret, Expiry: time.Unix(1, 0)}, nil
		}),
		"source that panics":       token(func() (*oauth2.Token, error) { panic(plainKey) }),
		"source that panics again": token(func() (*oauth2.Token, error) { panic(&oauth2.Token{AccessToken: plainKey}) }),
		"person, malformed URL":    auth.AuthorizationCode(oauth2.Config{ClientID: "x", ClientSecret: plainSecret, Endpoint: oauth2.Endpoint{TokenURL: "https://h/%zz?" + plainKey}}, &memoryStore{}),
		"person, never logged in":  auth.AuthorizationCode(oauth2.Config{ClientID: "x", ClientSecret: plainSecret, Endpoint: oauth2.Endpoint{TokenURL: good.TokenURL}}, &memoryStore{}),
		"person, a bad token":      auth.AuthorizationCode(oauth2.Config{ClientID: "x", ClientSecret: plainSecret, Endpoint: oauth2.Endpoint{TokenURL: good.TokenURL}}, &memoryStore{token: &oauth2.Token{AccessToken: plainKey + "\n"}}),
		"no trouble":               auth.APIKey(plainKey), // but the connection's
	} {
		secrets := halves([]string{plainKey, plainSecret, signingKeyDER()})
		err := c.Check(true)
		if err == nil {
			err = sendTo(t, c, "https://127.0.0.1:1/v1/log")
		}
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		if found := leak.InError(err, secrets...); found != "" {
			t.Errorf("%s: %s", name, found)
		}
		if found := leak.In(c, secrets...); found != "" {
			t.Errorf("%s: %s", name, found)
		}
	}
}

func publicPEM(t *testing.T) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(signingKey.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// sendTo sends a record once, by the HTTP client that the library makes.
func sendTo(t *testing.T, c *auth.Credential, endpoint string) error {
	t.Helper()
	client, err := transport.New(transport.WithAuth(c), transport.WithEndpoint(endpoint), transport.WithoutRetry())
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return deliver.Records(ctx, client, [][]byte{[]byte(`{"level":"info","message":"x"}`)})
}

// TestSecretsOfTheEnvironment has FromEnv refuse what does not go together, or does not
// fit.
func TestSecretsOfTheEnvironment(t *testing.T) {
	all := []string{
		transport.EnvEndpoint, auth.EnvAPIKey, auth.EnvAPIKeyFile, auth.EnvAPIKeyHeader, auth.EnvAPIKeyScheme,
		auth.EnvClientID, auth.EnvClientSecret, auth.EnvClientSecretFile, auth.EnvClientKeyFile, auth.EnvClientKeyID,
		auth.EnvClientKeyAudience, auth.EnvClientAuth, auth.EnvTokenURL, auth.EnvScopes, auth.EnvAudience,
	}
	bad := filepath.Join(t.TempDir(), "bad")
	if err := os.WriteFile(bad, []byte(plainKey+"\n"+plainKey), 0o600); err != nil {
		t.Fatal(err)
	}
	// One variable after the other beside each of these, with the secret in it where
	// that may be.
	for name, base := range map[string]map[string]string{
		"nothing":             {},
		"key":                 {auth.EnvAPIKey: plainKey},
		"bad key":             {auth.EnvAPIKey: plainKey + "\n" + plainKey},
		"bad file":            {auth.EnvAPIKeyFile: bad},
		"client":              {auth.EnvClientID: secretClient, auth.EnvClientSecret: plainSecret, auth.EnvTokenURL: "https://127.0.0.1:1/token"},
		"client, bad URL":     {auth.EnvClientID: secretClient, auth.EnvClientSecret: plainSecret, auth.EnvTokenURL: "https://u:" + plainKey + "@h/%zz"},
		"client, another URL": {auth.EnvClientID: secretClient, auth.EnvClientSecret: plainSecret, auth.EnvTokenURL: "ftp://h/?k=" + plainKey},
		"client, bad file":    {auth.EnvClientID: secretClient, auth.EnvClientSecretFile: bad, auth.EnvTokenURL: "https://127.0.0.1:1/token"},
		"client, bad key":     {auth.EnvClientID: secretClient, auth.EnvClientKeyFile: bad, auth.EnvTokenURL: "https://127.0.0.1:1/token"},
	} {
		refused := 0
		for _, more := range all {
			for _, v := range all {
				t.Setenv(v, base[v])
				if base[v] == "" {
					_ = os.Unsetenv(v) // which Setenv restores
				}
			}
			switch more {
			case transport.EnvEndpoint, auth.EnvTokenURL:
				t.Setenv(more, "https://user:"+plainKey+"@h/?k="+plainKey)
			case auth.EnvAPIKey, auth.EnvClientSecret:
				t.Setenv(more, awkwardKey)
			case auth.EnvAPIKeyFile, auth.EnvClientSecretFile, auth.EnvClientKeyFile:
				t.Setenv(more, bad)
			default: // no secrets
				t.Setenv(more, "a b")
			}
			client, err := transport.FromEnv()
			if err != nil {
				refused++
			}
			secrets := halves([]string{plainKey, plainSecret, awkwardKey})
			if found := leak.InError(err, secrets...); found != "" {
				t.Errorf("%s and %s: %s", name, more, found)
			}
			if found := leak.In(client, secrets...); found != "" {
				t.Errorf("%s and %s: %s", name, more, found)
			}
		}
		if refused < 3 {
			t.Errorf("%s: %d errors", name, refused)
		}
	}
}

// TestSecretsOfConnections has connections fail in the ways that need a real socket, to
// the endpoint and to the token endpoint.
func TestSecretsOfConnections(t *testing.T) {
	quiet := func(srv *httptest.Server, start func(*httptest.Server)) string {
		srv.Config.ErrorLog = log.New(io.Discard, "", 0)
		start(srv)
		t.Cleanup(srv.Close)
		return srv.URL
	}
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_ = r.Header.Write(w)
		_, _ = io.Copy(w, r.Body)
	})
	unknown := quiet(httptest.NewUnstartedServer(echo), (*httptest.Server).StartTLS)
	plain := quiet(httptest.NewUnstartedServer(echo), (*httptest.Server).Start)
	refusing, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = refusing.Close()
	for name, base := range map[string]string{
		"an unknown authority":       unknown,
		"no TLS":                     "https" + strings.TrimPrefix(plain, "http"),
		"TLS where none is wanted":   "http" + strings.TrimPrefix(unknown, "https"),
		"a refused connection":       "https://" + refusing.Addr().String(),
		"an echo":                    plain,
		"a port that is none":        "https://127.0.0.1:99999",
		"a name that does not exist": "https://" + plainKey[:4] + ".invalid",
	} {
		for kind, c := range map[string]*auth.Credential{
			"key":              auth.APIKey(awkwardKey),
			"client":           auth.ClientCredentials(clientcredentials.Config{ClientID: secretClient, ClientSecret: awkward, TokenURL: base + "/token"}),
			"client in params": auth.ClientCredentials(clientcredentials.Config{ClientID: secretClient, ClientSecret: awkward, TokenURL: base + "/token", AuthStyle: oauth2.AuthStyleInParams}),
			"client, in the query": auth.ClientCredentials(clientcredentials.Config{
				ClientID: secretClient, ClientSecret: awkward, TokenURL: base + "/token?client_secret=" + url.QueryEscape(awkward),
			}),
		} {
			err := sendTo(t, c, base+"/v1/log?key="+url.QueryEscape(plainKey))
			if err == nil {
				t.Errorf("%s, %s: no error", name, kind)
			}
			if found := leak.InError(err, halves([]string{awkwardKey, awkward, plainKey})...); found != "" {
				t.Errorf("%s, %s: %s", name, kind, found)
			}
		}
	}
}

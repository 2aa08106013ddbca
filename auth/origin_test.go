package auth_test

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/logsto/logsto-go/auth"
)

func ofFunc(context.Context) (string, error) { return secret, nil }

func TestOrigin(t *testing.T) {
	t.Setenv("LOGSTO_API_KEY", secret)
	for want, c := range map[string]*auth.Credential{
		"auth.APIKey":       auth.APIKey(secret),
		"auth.Literal":      auth.APIKeyFrom(auth.Literal(secret)),
		"auth.APIKeyFrom":   auth.APIKeyFrom(nil),
		"LOGSTO_API_KEY":    auth.APIKeyFrom(auth.Env("LOGSTO_API_KEY")),
		"the file /a/b":     auth.APIKeyFrom(auth.File("/a/b")),
		"a function":        auth.APIKeyFrom(auth.Func(ofFunc, 0)),
		"a token source":    auth.TokenSource(static(secret)),
		"KEY or the file k": auth.APIKeyFrom(auth.Chain(auth.Env("KEY"), auth.File("k"))),

		"KEY or the file k or a function": auth.APIKeyFrom(auth.Chain(auth.Env("KEY"), auth.Chain(auth.File("k"), auth.Func(ofFunc, 0)))),

		"the token endpoint https://auth.example/token":     auth.ClientCredentials(config(tokenURL), auth.WithClientSecret(auth.Env("X"))),
		"the token endpoint https://auth.example:1/a%20b/c": auth.AuthorizationCode(oauthConfigAt("https://auth.example:1/a b/c"), &memoryStore{}),
	} {
		if got := c.Origin(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for name, c := range map[string]*auth.Credential{"nil": nil, "zero": {}} {
		if got := c.Origin(); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// oauthConfigAt returns the configuration of a person at the token endpoint.
func oauthConfigAt(tokenURL string) oauth2.Config {
	return oauth2.Config{ClientID: "me", Endpoint: oauth2.Endpoint{TokenURL: tokenURL}}
}

func TestTheOriginOfTheEnvironment(t *testing.T) {
	path := fileOf(t, secret)
	for want, env := range map[string][]string{
		"LOGSTO_API_KEY":                  {auth.EnvAPIKey, secret},
		"the file " + path:                {auth.EnvAPIKeyFile, path},
		"the token endpoint " + tokenURL:  clientEnv(auth.EnvClientSecret, secret),
		"the token endpoint https://x/p/": {auth.EnvClientID, "me", auth.EnvClientSecret, secret, auth.EnvTokenURL, "https://x/p/?key=s3cr3t#s3cr3t"},
	} {
		setEnv(t, env...)
		c, err := auth.FromEnv()
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Origin(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A chain names the source of the key that is in use, whatever has become of it.
func TestTheOriginOfAChainIsThatOfItsKey(t *testing.T) {
	const name = "LOGSTO_TEST_ORIGIN"
	t.Setenv(name, "")
	path := filepath.Join(ownDir(t), "key")
	var failed error
	c := auth.APIKeyFrom(auth.Chain(auth.Env(name), auth.Chain(auth.File(path), auth.Func(func(context.Context) (string, error) { return "of-function", failed }, 0))))
	apply := func(want, origin string) {
		t.Helper()
		got, err := c.Apply(t.Context(), nil, http.Header{})
		if got != want || (err != nil) != (want == "") || c.Origin() != origin {
			t.Errorf("%q, %v of %s; want %q of %s", got, err, c.Origin(), want, origin)
		}
	}
	apply("of-function", "a function")
	write(t, path, "of-file")
	apply("of-file", "the file "+path)
	t.Setenv(name, "of-variable")
	apply("of-variable", name)
	t.Setenv(name, "not\na\nkey")
	apply("of-variable", name) // which goes on
	c.Refused("of-variable")
	apply("", name)
	t.Setenv(name, "")
	apply("of-file", "the file "+path)
	failed = errors.New("no")
	write(t, path, "of-file-2")
	apply("of-file-2", "the file "+path)
}

// What is not what it should be may be the secret.
func TestTheOriginDoesNotShowTheSecret(t *testing.T) {
	const long = "s3cr3t-that-is-long-enough"
	clientAt := func(url string) *auth.Credential {
		return auth.ClientCredentials(clientcredentials.Config{ClientID: "me", ClientSecret: secret, TokenURL: url, EndpointParams: map[string][]string{"k": {long}}})
	}
	for want, list := range map[string][]*auth.Credential{
		"auth.APIKey":             {auth.APIKey(secret), auth.APIKey(long), auth.APIKey("")},
		"an environment variable": {auth.APIKeyFrom(auth.Env(long)), auth.APIKeyFrom(auth.Env(""))},
		"a file":                  {auth.APIKeyFrom(auth.File(long)), auth.APIKeyFrom(auth.File(""))},
		"an environment variable or a file": {
			auth.APIKeyFrom(auth.Chain(auth.Env(long), auth.File(long), auth.Env(long+long))),
		},
		"the token endpoint": {
			clientAt(""), clientAt(long), clientAt("/" + long), clientAt("me:" + long + "@auth.example"), clientAt("https:" + long), clientAt("https://auth.example/%zz" + long),
			clientAt("https://me:12345/" + long + "@auth.example/token"), clientAt("https:///" + long), clientAt("https://:1/" + long), clientAt("ftp://auth.example/"),
			auth.AuthorizationCode(oauthConfigAt(long), &memoryStore{}),
		},
		"the token endpoint https://auth.example/token": {
			clientAt("https://me:" + long + "@auth.example/token"), clientAt("https://" + long + "@auth.example/token"), clientAt(tokenURL + "?key=" + long), clientAt(tokenURL + "#" + long),
			auth.AuthorizationCode(oauthConfigAt("https://me:"+long+"@auth.example/token?key="+long), &memoryStore{}),
		},
	} {
		for i, c := range list {
			if got := c.Origin(); got != want || strings.Contains(got, "s3cr3t") {
				t.Errorf("%d: %q, want %q", i, got, want)
			}
		}
	}
}

func TestTheOriginIsForManyGoroutines(t *testing.T) {
	c := auth.APIKeyFrom(auth.Chain(auth.Env("LOGSTO_TEST_NONE"), auth.Literal(secret)))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				if _, err := c.Apply(t.Context(), nil, http.Header{}); err != nil || c.Origin() != "auth.Literal" {
					t.Errorf("%q, %v", c.Origin(), err)
				}
				c.Refused("another")
			}
		})
	}
	wg.Wait()
}

func TestTheOriginIsCheap(t *testing.T) {
	c := auth.APIKeyFrom(auth.Chain(auth.Env("LOGSTO_TEST_NONE"), auth.Literal(secret)))
	if n := testing.AllocsPerRun(100, func() { _ = c.Origin() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

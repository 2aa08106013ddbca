package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// A credential never prints.
func ExampleAPIKey() {
	credential := auth.APIKey("the key from the dashboard")
	fmt.Printf("%v %#v\n", credential, credential)
	// Output: auth.APIKey(***) auth.APIKey(***)
}

// Some endpoints want the key in another place.
func ExampleWithScheme() {
	credential := auth.APIKey("the key from the dashboard", auth.WithScheme(auth.LogsKey))
	fmt.Println(credential.Header())
	// Output: Authorization
}

// A service that only logs asks for no more than that. What the scopes are called, the
// dashboard of Logs.to says.
func ExampleClientCredentials() {
	credential := auth.ClientCredentials(clientcredentials.Config{
		ClientID:       os.Getenv("LOGSTO_CLIENT_ID"),
		ClientSecret:   os.Getenv("LOGSTO_CLIENT_SECRET"),
		TokenURL:       os.Getenv("LOGSTO_TOKEN_URL"),
		Scopes:         []string{"logs:write"},
		EndpointParams: url.Values{"audience": {"https://api.logs.to"}},
	})
	fmt.Println(credential)
	// Output: auth.ClientCredentials(***)
}

// A client that has no secret signs with its private key, which is read again for each
// token.
func ExampleWithPrivateKey() {
	credential := auth.ClientCredentials(clientcredentials.Config{
		ClientID: "my-service",
		TokenURL: "https://auth.example/token",
		Scopes:   []string{"logs:write"},
	}, auth.WithPrivateKey(auth.File("/run/secrets/logsto.pem"), "key-2026-11"))
	fmt.Println(credential)
	// Output: auth.ClientCredentials(***)
}

// A key that is replaced in its file is used from then on.
func ExampleFile() {
	dir, err := os.MkdirTemp("", "secrets")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "logsto")
	credential := auth.APIKeyFrom(auth.File(path))
	for _, key := range []string{"the first key\n", "the second key\n"} {
		if err := os.WriteFile(path, []byte(key), 0o600); err != nil {
			panic(err)
		}
		h := http.Header{}
		if _, err := credential.Apply(context.Background(), nil, h); err != nil { // as transport does
			panic(err)
		}
		fmt.Println(h.Get("X-Logs-Api-Key"))
	}
	// Output:
	// the first key
	// the second key
}

// A secret manager is asked when the first request needs the key, again in the background
// after five minutes, and when the server has refused the key.
func ExampleFunc() {
	fromManager := func(ctx context.Context) (string, error) {
		// Ask the secret manager here, within ctx.
		return "the key", nil
	}
	credential := auth.APIKeyFrom(auth.Func(fromManager, 5*time.Minute))
	fmt.Println(credential)
	// Output: auth.APIKey(***)
}

// The first source that has a key wins; the error names all that were tried.
func ExampleChain() {
	key := auth.Chain(auth.Env("MY_SERVICE_LOGSTO_KEY"), auth.File("/nonexistent/logsto-key"))
	_, err := transport.New(transport.WithAuth(auth.APIKeyFrom(key)))
	fmt.Println(err)
	// Output: transport: WithAuth: auth: APIKey: none of the sources has a secret: environment variable MY_SERVICE_LOGSTO_KEY: it is not set; file /nonexistent/logsto-key: no such file or directory
}

// A person logs in once; the token is kept in a file, and refreshed there.
func ExampleLogin() {
	srv := logstotest.NewServer(logstotest.WithPublicClient("my-tool"))
	defer srv.Close()
	dir, err := os.MkdirTemp("", "login")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	cfg := oauth2.Config{
		ClientID: "my-tool",
		Endpoint: oauth2.Endpoint{AuthURL: srv.AuthorizeURL(), TokenURL: srv.TokenURL()},
		Scopes:   []string{"logs:read"},
	}
	store := auth.FileStore(filepath.Join(dir, "token.json"))
	client, err := transport.New(transport.WithEndpoint(srv.Endpoint()), transport.WithAuth(auth.AuthorizationCode(cfg, store)))
	if err != nil {
		panic(err)
	}
	for range 2 {
		for _, err = range client.Search(context.Background(), "error") {
		}
		fmt.Println("login required:", errors.Is(err, auth.ErrLoginRequired))
		if !errors.Is(err, auth.ErrLoginRequired) {
			break
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		err = auth.Login(ctx, cfg, store, auth.WithBrowser(pressAllow))
		cancel()
		if err != nil {
			panic(err)
		}
	}
	// Output:
	// login required: true
	// login required: false
}

// On a machine without a browser, a person opens the address elsewhere, and enters what the
// browser ends at.
func ExampleWithPrompt() {
	cfg := oauth2.Config{
		ClientID: "my-tool",
		Endpoint: oauth2.Endpoint{AuthURL: "https://auth.example/authorize", TokenURL: "https://auth.example/token"},
	}
	store := auth.FileStore("/home/me/.config/my-tool/token.json")
	if err := auth.Login(context.Background(), cfg, store, auth.WithPrompt(os.Stdin, os.Stderr)); err != nil {
		fmt.Println(err)
	}
}

// pressAllow does what a person does in the browser.
func pressAllow(ctx context.Context, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader("decision=allow"))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

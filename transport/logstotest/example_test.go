package logstotest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// Faults come on demand.
func ExampleServer_Script() {
	srv := logstotest.NewServer()
	defer srv.Close()
	srv.Script(logstotest.Status(503), logstotest.Reset()) // the third request is handled as usual

	client, err := transport.New(transport.WithEndpoint(srv.Endpoint()), transport.WithAuth(auth.APIKey(logstotest.APIKey)))
	if err != nil {
		panic(err)
	}
	buf, err := batch.New(client)
	if err != nil {
		panic(err)
	}
	buf.Append(batch.Info, time.Now(), []byte(`{"level":"info","message":"m"}`))
	if err := buf.Close(context.Background()); err != nil {
		panic(err)
	}
	for _, r := range srv.Requests() {
		fmt.Println(r.Status)
	}
	// Output:
	// 503
	// 0
	// 200
}

// A person logs in: the test presses the button that the browser would show, and
// takes the code from where the browser would be sent.
func ExampleServer_AuthorizeURL() {
	srv := logstotest.NewServer(logstotest.WithPublicClient("my-tool", logstotest.ScopeRead))
	defer srv.Close()
	cfg := oauth2.Config{
		ClientID:    "my-tool",
		Endpoint:    oauth2.Endpoint{AuthURL: srv.AuthorizeURL(), TokenURL: srv.TokenURL()},
		RedirectURL: "http://127.0.0.1:4711/callback",
		Scopes:      []string{logstotest.ScopeRead},
	}
	verifier := oauth2.GenerateVerifier()
	page := cfg.AuthCodeURL("a state", oauth2.S256ChallengeOption(verifier))

	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := browser.PostForm(page, url.Values{"decision": {"allow"}})
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	callback, err := resp.Location()
	if err != nil {
		panic(err)
	}
	fmt.Println(callback.Host, callback.Query().Get("state"))

	token, err := cfg.Exchange(context.Background(), callback.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		panic(err)
	}
	resp, err = cfg.Client(context.Background(), token).Get(srv.URL() + "/v1/search?query=error")
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status)
	// Output:
	// 127.0.0.1:4711 a state
	// 200 OK
}

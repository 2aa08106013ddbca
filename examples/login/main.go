// Login lets a person log in to Logs.to, and searches.
//
//	login [flags] QUERY
//
// It prints the records that it finds, one in a line. The first run shows an address for
// the browser, and waits until somebody has logged in there; the token is kept in
// logsto/token.json in the directory for configuration of the user, so that later runs need
// no login until it cannot be refreshed any more. On a machine without a browser -headless
// takes the code from the terminal. The program asks for what it needs alone: to read. A
// token keeps the scopes with which it was asked for; -again logs in anew, for others.
//
// The configuration comes from flags, or else from the environment, or else from the file
// that -env names, which belongs into no repository. No file is read unasked: whoever could
// put one into the present directory would get the token sent to a server of theirs.
//
//	LOGSTO_CLIENT_ID     -client-id   a client that may use the authorization code grant
//	LOGSTO_CLIENT_SECRET              its secret, if it has one
//	LOGSTO_AUTH_URL      -auth-url    its authorization endpoint
//	LOGSTO_TOKEN_URL     -token-url   its token endpoint
//	LOGSTO_SCOPES        -scopes      what to ask for, separated by blanks (logs:read)
//	LOGSTO_ENDPOINT      -endpoint    where records are sent to; searches go beside it
//
// Without a client and its URLs, it starts a stand-in for Logs.to on loopback, with a few records
// in it, where the person is whoever presses the button; its token is not kept.
//
// The exit status is 0 if the search came to its end, 1 if it or the login failed, and 2 if
// the command line or the configuration is wrong.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/transport"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	a := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv, open: openBrowser}
	status := a.run(ctx, os.Args[1:])
	stop()
	os.Exit(status)
}

// app is the command with what it gets from its surroundings.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	open           func(ctx context.Context, page string) error // of -open
}

// errUsage marks errors of the command line and the configuration.
var errUsage = errors.New("see login -h")

// run is the command. It returns the exit status.
func (a *app) run(ctx context.Context, args []string) int {
	err := a.search(ctx, args)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		a.say("%v", err)
		return 2
	default:
		a.say("%v", err)
		return 1
	}
}

// say tells the person something.
func (a *app) say(format string, args ...any) {
	_, _ = fmt.Fprintf(a.stderr, "login: "+format+"\n", args...)
}

// search logs in if that is needed, and prints what is found.
func (a *app) search(ctx context.Context, args []string) error {
	cfg, err := a.parse(args)
	if err != nil {
		return err
	}
	if cfg.standIn() {
		leave, err := cfg.useStandIn(ctx)
		if err != nil {
			return err
		}
		defer leave()
		a.say("nothing is configured: this is a stand-in for Logs.to")
	}
	oc := oauth2.Config{
		ClientID: cfg.clientID, ClientSecret: cfg.clientSecret, Scopes: cfg.scopes,
		Endpoint: oauth2.Endpoint{AuthURL: cfg.authURL, TokenURL: cfg.tokenURL},
	}
	store := boundStore{auth.FileStore(cfg.store), cfg.endpoint}
	opts := []transport.Option{transport.WithAuth(auth.AuthorizationCode(oc, store))}
	if cfg.endpoint != "" {
		opts = append(opts, transport.WithEndpoint(cfg.endpoint))
	}
	client, err := transport.New(opts...)
	if err != nil {
		return fmt.Errorf("%w (%w)", err, errUsage)
	}
	defer client.CloseIdleConnections()
	if !cfg.again {
		err = a.print(ctx, client, cfg.query)
		if !errors.Is(err, auth.ErrLoginRequired) {
			return advised(err)
		}
	}
	if err := a.login(ctx, cfg, oc, store); err != nil {
		return err
	}
	return a.print(ctx, client, cfg.query)
}

// login has a person log in.
func (a *app) login(ctx context.Context, cfg *config, oc oauth2.Config, store auth.TokenStore) (err error) {
	if cfg.headless {
		return auth.Login(ctx, oc, store, auth.WithPrompt(a.stdin, a.stderr))
	}
	dir, err := os.MkdirTemp("", "logsto-login-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	return auth.Login(ctx, oc, store, auth.WithBrowser(func(ctx context.Context, address string) error {
		_, err := fmt.Fprintf(a.stderr, "Open this address in your browser: %s\n", address)
		if err != nil || !cfg.open {
			return err
		}
		// The opener may find no browser, and says so nowhere: the address is shown too.
		page, err := writePage(dir, address)
		if err != nil {
			return err
		}
		return a.open(ctx, page)
	}))
}

// advised adds what helps if the token of an earlier login may do too little: that is no
// reason for the library to ask for another one.
func advised(err error) error {
	var e *transport.Error
	if errors.As(err, &e) && e.Status == http.StatusForbidden {
		return fmt.Errorf("%w (-again logs in anew, for the scopes of now)", err)
	}
	return err
}

// print prints the records, one in a line.
func (a *app) print(ctx context.Context, client *transport.Client, query string) error {
	for record, err := range client.Search(ctx, query) {
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(a.stdout, "%s\n", record); err != nil {
			return err
		}
	}
	return nil
}

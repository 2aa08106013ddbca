package auth

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/internal/isnil"
	"github.com/logsto/logsto-go/internal/redact"
	"github.com/logsto/logsto-go/internal/urls"
)

// loginTimeout is how long a person has, unless [WithLoginTimeout] says otherwise.
const loginTimeout = 5 * time.Minute

// headlessRedirect is the redirect URI of a login with a prompt: nothing is there, but the
// browser shows the address.
const headlessRedirect = "http://127.0.0.1/callback"

// Login lets a person log in with a browser, for a command-line or desktop program, and
// stores the token, of which [AuthorizationCode] makes a credential: Authorization Code
// (RFC 6749, section 4.1) with PKCE, always S256 (RFC 7636), as RFC 8252 has it for native
// applications.
//
// It listens on a free port of 127.0.0.1, or of [::1] where there is no IPv4, shows the
// person the address of the authorization server, see [WithBrowser], and waits, five
// minutes unless [WithLoginTimeout] says otherwise, until that sends the browser back with
// a code; then it trades the code for a token, stores that, and shows a page that tells the
// person to return to the program. No browser is started unasked. On machines without one,
// [WithPrompt] takes the code.
//
// cfg needs a ClientID, Endpoint.AuthURL and Endpoint.TokenURL, which must be https, or
// http to a loopback host. ClientSecret, or [WithClientSecret], is for clients that have
// one; if AuthStyle is not set, it goes into the header Authorization, and into parameters
// if the server refuses that. If RedirectURL is set, it must be http to a loopback address,
// which is listened on, and not localhost, which may be two of them; without a port, or
// with port 0, on a free one, which the server must permit (RFC 8252, section 7.3). Ask in Scopes for what the program needs, such as
// logs:read to search. Many servers send a refresh token, which spares further logins, only
// if asked to, by the scope offline_access or the like; a token without one is stored, too.
//
// A token that is stored already is replaced. So Login is also for other scopes, or another
// person: that a token may do too little, the server says by 403, and not by
// [ErrLoginRequired]. A credential that has a token which works goes on with that until it
// is time to replace it; one that is made after the login has the new token at once.
// [Logout] forgets the token. [Discover] finds the endpoints of a server that has metadata.
//
// A redirect counts if it has the state of this login, a random one; anything else that
// reaches the listener is answered and does not disturb it. The first that counts ends the
// wait. Login returns a [*LoginError] if it brings an error, such as access_denied; a
// [*TokenError] if the token endpoint gives no token; an error that wraps
// [context.DeadlineExceeded] when the time is over, or the cause of ctx when that ends. When
// it returns, the listener and its connections are gone. Codes, states, verifiers and
// tokens are in no error, and no redirect of the token endpoint is followed.
func Login(ctx context.Context, cfg oauth2.Config, store TokenStore, opts ...LoginOption) error {
	l, err := newLogin(ctx, cfg, store, opts)
	if err != nil {
		return err
	}
	key := tokenKey(cfg.Endpoint.TokenURL, cfg.ClientID)
	// What is wrong with the store is better known before a person is troubled.
	err = store.Update(ctx, key, func(_ context.Context, old *oauth2.Token) (*oauth2.Token, error) { return old, nil })
	if err != nil {
		return fmt.Errorf("auth: Login: %w", tame(err))
	}
	tok, err := l.run(ctx, func(tok *oauth2.Token) error {
		return store.Update(ctx, key, func(context.Context, *oauth2.Token) (*oauth2.Token, error) { return tok, nil })
	})
	if tok != nil && err != nil {
		return fmt.Errorf("auth: Login: the token cannot be stored: %w", tame(err))
	}
	return err
}

// login is one login. It is made of one configuration and used once.
type login struct {
	cfg     oauth2.Config
	client  *http.Client // nil for one of its own
	open    func(ctx context.Context, address string) error
	in      io.Reader // of WithPrompt, or nil
	out     io.Writer
	timeout time.Duration
	params  []oauth2.AuthCodeOption
	secret  *Secret // of WithClientSecret, or nil
	err     error   // the first option that is wrong

	revocation string   // of WithRevocationURL, or empty
	metadata   Metadata // of WithMetadata, or none

	verifier string
	expect   *expected
}

func newLogin(ctx context.Context, cfg oauth2.Config, store TokenStore, opts []LoginOption) (*login, error) {
	l := &login{
		cfg:      cfg,
		open:     showAddress,
		timeout:  loginTimeout,
		verifier: oauth2.GenerateVerifier(),
		expect:   &expected{state: rand.Text()},
	}
	l.apply(opts)
	switch {
	case l.err != nil:
		return nil, fmt.Errorf("auth: Login: %w", l.err)
	case l.revocation != "":
		return nil, errors.New("auth: Login: WithRevocationURL goes with Logout only")
	case isnil.Value(store):
		return nil, errors.New("auth: Login: the store is nil")
	case cfg.ClientID == "":
		return nil, errors.New("auth: Login: ClientID is empty")
	case cfg.ClientSecret != "" && l.secret != nil:
		return nil, errors.New("auth: Login: ClientSecret and WithClientSecret exclude each other")
	}
	err := checkEndpoint(cfg.Endpoint)
	if err == nil {
		err = l.metadata.goesWith(cfg.Endpoint)
	}
	if err != nil {
		return nil, fmt.Errorf("auth: Login: %w", err)
	}
	if l.secret != nil {
		secret, err := l.secret.get(ctx, fetching{})
		if err != nil {
			return nil, fmt.Errorf("auth: Login: %w", err)
		}
		l.cfg.ClientSecret = secret
	}
	if l.expect.issuer == "" {
		l.expect.issuer, l.expect.optional = l.metadata.Issuer, !l.metadata.SendsIssuer
	}
	l.expect.hosts = []string{hostOf(cfg.Endpoint.AuthURL), hostOf(cfg.Endpoint.TokenURL)}
	l.expect.secrets = append([]string{l.expect.state, l.verifier}, clientSecrets(l.cfg.ClientID, l.cfg.ClientSecret)...)
	return l, nil
}

// checkEndpoint refuses URLs to which no person, and no code, must be sent.
func checkEndpoint(e oauth2.Endpoint) error {
	if err := checkURL("AuthURL", e.AuthURL, false); err != nil {
		return err
	}
	if err := checkURL("TokenURL", e.TokenURL, false); err != nil {
		return err
	}
	u, err := url.Parse(e.AuthURL)
	if err != nil {
		return err
	}
	if u.Fragment != "" {
		return errors.New("AuthURL has a fragment") // RFC 6749, section 3.1
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return errors.New("AuthURL has a malformed query")
	}
	for name := range query {
		if isReserved(name) {
			return fmt.Errorf("AuthURL has the parameter %q, which the login sets itself", name)
		}
	}
	return nil
}

// run gets a token and hands it to keep, whose error it returns along with the token.
func (l *login) run(ctx context.Context, keep func(*oauth2.Token) error) (*oauth2.Token, error) {
	if l.in != nil {
		code, err := l.prompted(ctx)
		if err != nil {
			return nil, err
		}
		return l.finish(ctx, code, keep)
	}
	cb, err := listenCallback(ctx, l.cfg.RedirectURL, l.expect)
	if err != nil {
		return nil, fmt.Errorf("auth: Login: %w", err)
	}
	defer cb.close()
	l.cfg.RedirectURL = cb.url.String()
	code, err := l.await(ctx, cb)
	if !cb.taken.Load() {
		return nil, err
	}
	var tok *oauth2.Token
	if err == nil {
		tok, err = l.finish(ctx, code, keep)
	}
	cb.tell(err == nil)
	return tok, err
}

// await shows the address and waits for the code.
func (l *login) await(ctx context.Context, cb *callback) (string, error) {
	opened := make(chan error, 1)
	address := l.address()
	go func() {
		err := errors.New("it panicked")
		defer func() {
			_ = recover() // what it says may have the address in it
			opened <- err
		}()
		err = l.open(ctx, address)
	}()
	limited, cancel := l.limit(ctx) // not for open, which may go on
	defer cancel()
	for {
		select {
		case a := <-cb.answer:
			return a.code, a.err
		case err := <-opened:
			if err != nil {
				return "", fmt.Errorf("auth: Login: the address cannot be shown: %w", l.hidden(err))
			}
			opened = nil
		case err := <-cb.failed:
			return "", fmt.Errorf("auth: Login: the redirect cannot be awaited any more: %w", err)
		case <-limited.Done():
			return "", fmt.Errorf("auth: Login: %w", context.Cause(limited))
		}
	}
}

// prompted returns the code that a person enters.
func (l *login) prompted(ctx context.Context) (string, error) {
	if l.cfg.RedirectURL == "" {
		l.cfg.RedirectURL = headlessRedirect
	}
	if u, err := url.Parse(l.cfg.RedirectURL); err != nil || u.Scheme == "http" && !urls.IsLoopback(u.Hostname()) {
		return "", errors.New("auth: Login: RedirectURL must not be plain http beyond loopback")
	}
	ctx, cancel := l.limit(ctx)
	defer cancel()
	line, err := prompt(ctx, l.in, l.out, l.address())
	if err != nil {
		return "", fmt.Errorf("auth: Login: %w", l.hidden(err))
	}
	return l.expect.pasted(line)
}

// finish trades the code for a token and hands that to keep.
func (l *login) finish(ctx context.Context, code string, keep func(*oauth2.Token) error) (*oauth2.Token, error) {
	hc := l.client
	if hc == nil {
		hc = &http.Client{Transport: defaultLoginTransport()}
		defer hc.CloseIdleConnections()
	}
	tok, err := l.exchange(ctx, hc, code)
	if err != nil {
		return nil, err
	}
	return tok, keep(tok)
}

// defaultLoginTransport is that of the client for one login, unless there is another one.
func defaultLoginTransport() *http.Transport {
	return &http.Transport{
		Proxy:             http.ProxyFromEnvironment,
		ForceAttemptHTTP2: true,
		TLSClientConfig:   &tls.Config{MinVersion: tls.VersionTLS12},
	}
}

// httpClient returns a client that follows no redirects, and what closes its connections if
// they are its own.
func (l *login) httpClient() (hc *http.Client, done func()) {
	hc, done = &http.Client{}, func() {}
	if l.client != nil {
		*hc = *l.client
	} else {
		hc.Transport, done = defaultLoginTransport(), hc.CloseIdleConnections
	}
	hc.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return hc, done
}

// exchange trades the code. A panic of an HTTP client that is not ours is an error: what it
// says may be the request.
func (l *login) exchange(ctx context.Context, hc *http.Client, code string) (tok *oauth2.Token, err error) {
	defer func() {
		if recover() != nil {
			tok, err = nil, errors.New("auth: Login: the HTTP client panicked")
		}
	}()
	return (&exchanger{cfg: l.cfg}).code(ctx, hc, code, l.verifier)
}

// address returns the address of the authorization server for this login.
func (l *login) address() string {
	return l.cfg.AuthCodeURL(l.expect.state, append(l.params, oauth2.S256ChallengeOption(l.verifier))...)
}

// limit bounds the time that the person has.
func (l *login) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, l.timeout,
		fmt.Errorf("nobody has logged in within %v: %w", l.timeout, context.DeadlineExceeded))
}

// hidden returns an error of a function that has seen the address, without what is secret
// of that. It may panic, as a nil pointer may.
func (l *login) hidden(err error) (shown error) {
	defer func() {
		if recover() != nil {
			shown = errors.New("the reason is left out: it panics")
		}
	}()
	return tame(redact.Error(err, maxReason, l.expect.secrets...))
}

func showAddress(_ context.Context, address string) error {
	_, err := fmt.Fprintf(os.Stderr, "Open this address in your browser: %s\n", address)
	return err
}

package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/logsto/logsto-go/internal/urls"
)

const (
	// callbackTimeout bounds the time that a connection takes for its request, and for
	// the answer. Browsers open connections that they do not use, too.
	callbackTimeout = 2 * time.Second
	// callbackConns bounds the connections at once.
	callbackConns = 128
	// callbackHeader bounds the header of a request, and with it the code, in bytes.
	callbackHeader = 16 << 10
)

// callback waits on a loopback address for the browser that the authorization server
// sends there (RFC 8252, section 7.3). It takes one redirect that has the state of the
// login, and answers the browser when the login has come to its end. Whoever asks for
// anything else gets a page that says so, and does not disturb it.
type callback struct {
	url    *url.URL // the redirect URI
	expect *expected

	answer chan redirected // gets one
	taken  atomic.Bool     // there was one
	result chan bool       // gets whether the login succeeded
	told   chan struct{}   // closed by the handler when the browser has been told
	gone   chan struct{}   // closed by close

	server *http.Server
	failed chan error     // gets why the listener does not listen any more, and is closed
	conns  sync.WaitGroup // one for each connection; no more are added after failed is closed
}

// redirected is a code, or why there is none.
type redirected struct {
	code string
	err  error
}

// listenCallback starts to listen for the redirect URI; empty stands for one of our own.
// The caller must close what it returns.
func listenCallback(ctx context.Context, redirectURL string, expect *expected) (*callback, error) {
	l, u, err := listenLoopback(ctx, redirectURL)
	if err != nil {
		return nil, err
	}
	c := &callback{
		url: u, expect: expect,
		answer: make(chan redirected, 1), result: make(chan bool, 1),
		told: make(chan struct{}), gone: make(chan struct{}), failed: make(chan error, 1),
	}
	c.server = &http.Server{
		Handler:           c,
		ReadTimeout:       callbackTimeout,
		ReadHeaderTimeout: callbackTimeout,
		MaxHeaderBytes:    callbackHeader,
		ConnState:         c.count,
		ErrorLog:          log.New(io.Discard, "", 0), // requests of strangers, on the terminal of the person

		DisableGeneralOptionsHandler: true,
	}
	c.server.SetKeepAlivesEnabled(false)
	go func() {
		defer close(c.failed)
		c.failed <- c.server.Serve(newLimitListener(l, callbackConns))
	}()
	return c, nil
}

// count keeps account of the connections, each of which has a goroutine.
func (c *callback) count(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		c.conns.Add(1)
		select {
		case <-c.gone: // accepted while the server was closed, which does not know it yet
			_ = conn.Close()
		default:
		}
	case http.StateClosed:
		c.conns.Done()
	}
}

// close ends the listener and all connections, and returns when they are gone.
func (c *callback) close() {
	close(c.gone)
	// Their errors are those of a listener of which nothing is left either way.
	_ = c.server.Close()
	for range c.failed {
	}
	c.conns.Wait()
}

// tell shows the browser that brought the answer how the login has ended, and returns
// when that is done.
func (c *callback) tell(success bool) {
	c.result <- success
	<-c.told
}

// ServeHTTP implements [http.Handler].
func (c *callback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !c.isHost(r.Host):
		showPage(w, http.StatusMisdirectedRequest, pageElsewhere)
	case r.URL.Path != c.path():
		showPage(w, http.StatusNotFound, pageNotFound)
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		showPage(w, http.StatusMethodNotAllowed, pageMethod)
	case c.taken.Load():
		showPage(w, http.StatusGone, pageGone)
	default:
		c.take(w, r)
	}
}

// take takes the answer, if it is ours and the first.
func (c *callback) take(w http.ResponseWriter, r *http.Request) {
	code, ours, err := c.expect.read(r.URL.RawQuery)
	if !ours {
		showPage(w, http.StatusBadRequest, pageForeign)
		return
	}
	if !c.taken.CompareAndSwap(false, true) {
		showPage(w, http.StatusGone, pageGone)
		return
	}
	defer close(c.told)
	c.answer <- redirected{code, err}
	select {
	case success := <-c.result:
		if success {
			showPage(w, http.StatusOK, pageDone)
		} else {
			showPage(w, http.StatusBadRequest, pageFailed)
		}
	case <-c.gone:
	}
}

// isHost reports whether a request was meant for this listener. A page of a foreign name
// that resolves to a loopback address has that name there.
func (c *callback) isHost(host string) bool {
	return strings.EqualFold(host, c.url.Host) || strings.EqualFold(host, strings.TrimSuffix(c.url.Host, ":80"))
}

func (c *callback) path() string {
	if c.url.Path == "" {
		return "/"
	}
	return c.url.Path
}

// listenLoopback listens where a redirect URI points to, and returns the URI with the port
// in it.
func listenLoopback(ctx context.Context, raw string) (net.Listener, *url.URL, error) {
	tries := []string{raw}
	if raw == "" {
		tries = []string{"http://127.0.0.1/callback", "http://[::1]/callback"}
	}
	var errs []error
	for _, try := range tries {
		u, err := checkRedirectURL(try)
		if err != nil {
			return nil, nil, err
		}
		host, port := u.Hostname(), u.Port()
		if port == "" {
			port = "0"
		}
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, port))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		_, port, _ = net.SplitHostPort(l.Addr().String())
		u.Host = net.JoinHostPort(u.Hostname(), port)
		return l, u, nil
	}
	return nil, nil, fmt.Errorf("cannot listen for the redirect: %w", errors.Join(errs...))
}

// checkRedirectURL refuses a redirect URI on which nothing can be awaited.
func checkRedirectURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, errors.New("RedirectURL is not a URL")
	case u.Scheme != "http" || !urls.IsLoopback(u.Hostname()):
		return nil, fmt.Errorf("RedirectURL %q: not http to a loopback host, where the redirect can be awaited; WithPrompt takes any other", urls.Shown(raw))
	case u.Hostname() == "localhost": // browsers try both addresses, and another user may listen on the other one
		return nil, fmt.Errorf("RedirectURL %q: name 127.0.0.1 or [::1], since localhost is both, and one may be listened on by others", urls.Shown(raw))
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, fmt.Errorf("RedirectURL %q: a user name, a query or a fragment must not be in it", urls.Shown(raw))
	}
	return u, nil
}

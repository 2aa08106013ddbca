package auth_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/logsto/logsto-go/auth"
)

// visitor is what comes to the listener while a login waits for its redirect.
type visitor struct {
	t    *testing.T
	back *url.URL // the redirect URI with the right state, and no code
}

// during runs a login, and visit while it waits. If visit leaves it waiting, a person
// logs in after that.
func during(t *testing.T, srv *authServer, visit func(visitor), opts ...auth.LoginOption) (page, error) {
	t.Helper()
	pages := make(chan page, 1)
	opts = append(opts, auth.WithBrowser(func(ctx context.Context, address string) error {
		visit(visitor{t, redirectOf(t, address)})
		_ = person(pages)(ctx, address) // is refused if the login is over
		return nil
	}))
	err := auth.Login(t.Context(), srv.config(), &memoryStore{}, opts...)
	return <-pages, err
}

// with returns the address of the redirect with further parameters.
func (v visitor) with(query string) string { return v.back.String() + query }

// get visits an address, with a Host header if that is not empty.
func (v visitor) get(method, address, host string) page {
	v.t.Helper()
	p, err := browse(context.Background(), method, address, host)
	if err != nil {
		v.t.Error(err)
	}
	return p
}

// wants checks what a visit is answered.
func (v visitor) wants(status int, method, address, host string) {
	v.t.Helper()
	p := v.get(method, address, host)
	if p.status != status {
		v.t.Errorf("%s %s of %q: %d, want %d", method, address, host, p.status, status)
	}
	if allow := p.header.Get("Allow"); (allow == http.MethodGet) != (status == http.StatusMethodNotAllowed) {
		v.t.Errorf("%s %s: allows %q", method, address, allow)
	}
	if method != http.MethodHead {
		checkPage(v.t, p, status, "<h1>")
	}
	for _, part := range []string{"reflected", v.back.Query().Get("state")} {
		if strings.Contains(p.body, part) {
			v.t.Errorf("%s %s: the page shows what was sent: %s", method, address, p.body)
		}
	}
}

func TestNobodyElseDisturbsALogin(t *testing.T) {
	srv := newAuthServer(t)
	p, err := during(t, srv, func(v visitor) {
		base := "http://" + v.back.Host
		port := v.back.Port()
		state := v.back.Query().Get("state")
		for _, query := range []string{
			"", "?", "?code=reflected", "?code=reflected&state=", "?code=reflected&state=wrong", "?error=access_denied&state=wrong",
			"?error=access_denied", "?state=" + state[1:], "?state=" + state + "x&code=reflected", "?state=" + strings.ToLower(state),
			"?STATE=" + state + "&code=reflected", "?code=%zz&state=%zz", "?code=<script>reflected</script>", "?code=a;state=" + state,
			"?state=a&state=b", "?code=reflected#state=" + state, "?" + strings.Repeat("state=x&", 1500),
		} {
			v.wants(http.StatusBadRequest, "GET", base+"/callback"+query, "")
		}
		for _, path := range []string{"", "/", "/favicon.ico", "/callback/", "/Callback", "/callback/reflected", "//callback", "/../callback", "/%63allback/x", "/robots.txt"} {
			v.wants(http.StatusNotFound, "GET", base+path+"?state="+state+"&code=reflected", "")
		}
		for _, method := range []string{"POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH", "TRACE"} {
			v.wants(http.StatusMethodNotAllowed, method, v.with("&code=reflected"), "")
		}
		for _, host := range []string{
			"evil.example", "evil.example:" + port, "127.0.0.1", "127.0.0.1:1", "localhost:" + port, "127.0.0.1.evil.example:" + port,
			"127.0.0.1:" + port + ".evil.example", "[::1]:" + port, "127.1:" + port,
		} {
			v.wants(http.StatusMisdirectedRequest, "GET", v.with("&code=reflected"), host)
		}
		// Nobody keeps a connection.
		tr := &http.Transport{}
		defer tr.CloseIdleConnections()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base, nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp, err := tr.RoundTrip(req); err != nil || !resp.Close || resp.Body.Close() != nil {
			t.Errorf("%+v, %v", resp, err)
		}
		// What cannot be read as a request at all.
		for _, raw := range []string{
			"", "\r\n\r\n", "GET\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00", "GET /callback HTTP/1.1\r\n\r\n",
			"GET /callback?" + strings.Repeat("x", 40<<10) + " HTTP/1.1\r\nHost: x\r\n\r\n",
			"GET /callback HTTP/1.1\r\nHost: " + v.back.Host + "\r\n" + strings.Repeat("X: y\r\n", 8<<10) + "\r\n",
			"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: " + v.back.Host + "\r\n\r\n",
			"GET http://evil.example/callback?state=" + state + "&code=x HTTP/1.1\r\nHost: " + v.back.Host + "\r\n\r\n",
		} {
			if status := sendRaw(t, v.back.Host, raw); strings.Contains(status, " 200 ") {
				t.Errorf("%.40q: %s", raw, status)
			}
		}
	})
	if err != nil {
		t.Errorf("Login: %v", err)
	}
	checkPage(t, p, http.StatusOK, "You are logged in")
	if requests, twice := srv.seen(); len(requests) != 1 || twice {
		t.Errorf("%d requests for a token", len(requests))
	}
}

// sendRaw sends text, and nothing more, and returns the first line of the answer.
func sendRaw(t *testing.T, host, text string) string {
	t.Helper()
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer conn.Close()
	_, _ = conn.Write([]byte(text)) // may be cut off
	_ = conn.(*net.TCPConn).CloseWrite()
	line, _ := bufio.NewReader(conn).ReadString('\n')
	return line
}

func TestTheFirstRedirectWithTheStateEndsTheWait(t *testing.T) {
	for name, c := range map[string]struct {
		query  string // beside the state
		want   string
		code   string // of a LoginError
		issuer bool
	}{
		"denied":              {"&error=access_denied&error_description=the+person+said+no", "auth: Login: the authorization server answers access_denied: the person said no", "access_denied", false},
		"denied, no reason":   {"&error=access_denied", "auth: Login: the authorization server answers access_denied", "access_denied", false},
		"terminal codes":      {"&error=a%1b%5b2Jb&error_description=c%0d%0ad%E2%80%AEe", "answers a [2Jb: c  d e", "a [2Jb", false},
		"long":                {"&error=e&error_description=" + strings.Repeat("x", 4000), "answers e: " + strings.Repeat("x", 512), "e", false},
		"no code":             {"", "the redirect has no code", "", false},
		"empty code":          {"&code=", "the redirect has no code", "", false},
		"empty error":         {"&error=", "the redirect has no code", "", false},
		"two codes":           {"&code=a&code=b", "more than one code", "", false},
		"the same code twice": {"&code=a&code=a", "more than one code", "", false},
		"two states":          {"&code=a&state=b", "more than one state", "", false},
		"two errors":          {"&error=a&error=b", "more than one error", "", false},
		"code and error":      {"&code=a&error=b", "both a code and an error", "", false},
		"malformed":           {"&code=a&x=%zz", "malformed", "", false},
		"semicolon":           {"&code=a;b", "malformed", "", false},
		"wrong issuer":        {"&code=a&iss=https://evil.example", "does not come from the expected issuer", "", true},
		"no issuer":           {"&code=a", "does not come from the expected issuer", "", true},
		"issuer elsewhere":    {"&code=a&iss=https://evil.example", "comes from an issuer on another host", "", false},
		"issuer of no host":   {"&code=a&iss=", "comes from an issuer on another host", "", false},
		"error of elsewhere":  {"&error=x&iss=https://evil.example", "comes from an issuer on another host", "", false},
		"two issuers":         {"&code=a&iss=https://evil.example&iss=x", "more than one iss", "", true},
		"error of another":    {"&error=x&iss=https://evil.example", "does not come from the expected issuer", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			srv := newAuthServer(t)
			var opts []auth.LoginOption
			if c.issuer {
				opts = append(opts, auth.WithIssuer(srv.URL))
			}
			var state string
			_, err := during(t, srv, func(v visitor) {
				state = v.back.Query().Get("state")
				checkPage(t, v.get("GET", v.with(c.query), ""), http.StatusBadRequest, "The login has failed")
			}, opts...)
			if err == nil || !strings.HasPrefix(err.Error(), "auth: Login: the ") || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "stored") {
				t.Errorf("%v, want %q", err, c.want)
			}
			if c.code != "" && err != nil && !strings.HasSuffix(err.Error(), c.want) {
				t.Errorf("%v, want %q at the end", err, c.want)
			}
			var e *auth.LoginError
			if errors.As(err, &e) != (c.code != "") || e != nil && e.Code != c.code {
				t.Errorf("%+v", e)
			}
			noneShown(t, err, state)
			if requests, _ := srv.seen(); len(requests) > 0 {
				t.Errorf("asked for a token: %v", requests)
			}
		})
	}
}

func TestAnErrorThatRepeatsTheStateDoesNotShowIt(t *testing.T) {
	srv := newAuthServer(t)
	srv.secret = secret
	var state string
	_, err := during(t, srv, func(v visitor) {
		state = v.back.Query().Get("state")
		v.get("GET", v.with("&error="+state+"&error_description="+url.QueryEscape("you sent "+state+" and "+secret)), "")
	})
	if err == nil || !strings.HasSuffix(err.Error(), "answers ***: you sent *** and ***") {
		t.Errorf("Login: %v", err)
	}
	noneShown(t, err, state, secret)
}

func TestARedirectIsTakenOnce(t *testing.T) {
	srv := newAuthServer(t)
	fetching, goOn := make(chan struct{}), make(chan struct{})
	srv.setFault(func(w http.ResponseWriter, _ *http.Request) {
		close(fetching)
		<-goOn
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"access_token":"abc"}`))
	})
	pages := make(chan page, 1)
	err := auth.Login(t.Context(), srv.config(), &memoryStore{}, auth.WithBrowser(func(ctx context.Context, address string) error {
		go func() { _ = person(pages)(ctx, address) }()
		<-fetching
		v := visitor{t, redirectOf(t, address)}
		v.wants(http.StatusGone, "GET", v.with("&code=another"), "")
		v.wants(http.StatusGone, "GET", v.with("&error=access_denied"), "")
		v.wants(http.StatusGone, "GET", "http://"+v.back.Host+"/callback?state=wrong", "")
		v.wants(http.StatusNotFound, "GET", "http://"+v.back.Host+"/", "")
		close(goOn)
		return nil
	}))
	if err != nil {
		t.Errorf("Login: %v", err)
	}
	checkPage(t, <-pages, http.StatusOK, "You are logged in")
}

// A program may not be found out about, nor be kept from its login, by whoever can reach
// the port: here are ten thousand requests, beside more connections than are served at
// once of which nothing comes.
func TestAFloodIsSurvived(t *testing.T) {
	srv := newAuthServer(t)
	before := runtime.NumGoroutine()
	const flooders, requests, silent = 50, 10_000, 300
	p, err := during(t, srv, func(v visitor) {
		var idle []net.Conn
		for range silent {
			if conn, err := net.Dial("tcp", v.back.Host); err == nil {
				idle = append(idle, conn)
			}
		}
		defer func() {
			for _, conn := range idle {
				conn.Close()
			}
		}()
		var wg sync.WaitGroup
		var mu sync.Mutex
		answers := map[string]int{}
		most := 0
		for range flooders {
			wg.Go(func() {
				for range requests / flooders {
					line := sendRaw(t, v.back.Host, "GET /callback?code=x&state=wrong HTTP/1.1\r\nHost: "+v.back.Host+"\r\n\r\n")
					mu.Lock()
					answers[strings.TrimSpace(line)]++
					most = max(most, runtime.NumGoroutine())
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if n := answers["HTTP/1.1 400 Bad Request"]; n != requests {
			t.Errorf("answered %v", answers)
		}
		// Two for each connection that is served, and those of the test.
		if limit := before + 2*128 + flooders + 20; most > limit {
			t.Errorf("%d goroutines, of which %d were there before", most, before)
		}
	})
	if err != nil {
		t.Errorf("Login: %v", err)
	}
	checkPage(t, p, http.StatusOK, "You are logged in")
}

func TestNothingIsLeftOfALogin(t *testing.T) {
	for name, opts := range map[string][]auth.LoginOption{
		"success": nil,
		"time":    {auth.WithLoginTimeout(time.Second / 5)},
	} {
		srv := newAuthServer(t)
		settle(t, name+", before", 10*time.Second, func(n int) bool { return n == 0 })
		conns := make(chan net.Conn, 8)
		address := make(chan string, 1)
		err := auth.Login(t.Context(), srv.config(), &memoryStore{}, append(opts, auth.WithBrowser(func(ctx context.Context, a string) error {
			address <- a
			for i := range cap(conns) { // connections in all states, which nobody closes
				conn, err := net.Dial("tcp", redirectOf(t, a).Host)
				if err != nil {
					return err
				}
				if i%2 == 0 {
					fmt.Fprintf(conn, "GET /callback HTTP/1.1\r\nHo")
				}
				conns <- conn
			}
			settle(t, name+", during", 10*time.Second, func(n int) bool { return n >= 9 })
			if name == "time" {
				return nil
			}
			return person(make(chan page, 1))(ctx, a)
		}))...)
		if (err == nil) != (name == "success") {
			t.Errorf("%s: %v", name, err)
		}
		checkGone(t, <-address)
		// The last of a goroutine is not seen by those who wait for it. This is less than
		// what ends a connection by itself.
		settle(t, name+", after", time.Second, func(n int) bool { return n == 0 })
		close(conns)
		for conn := range conns {
			_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
			var timeout net.Error
			if _, err := conn.Read(make([]byte, 1)); err == nil || errors.As(err, &timeout) && timeout.Timeout() {
				t.Errorf("%s: a connection is open: %v", name, err)
			}
			conn.Close()
		}
	}
}

// settle waits for some time until the number of goroutines that serve HTTP is as it should be.
func settle(t *testing.T, when string, within time.Duration, good func(n int) bool) {
	t.Helper()
	buf := make([]byte, 4<<20)
	for deadline := time.Now().Add(within); ; runtime.Gosched() {
		stacks := string(buf[:runtime.Stack(buf, true)])
		n := strings.Count(stacks, "\nnet/http.(*conn).serve(") + strings.Count(stacks, "\ngithub.com/logsto/logsto-go/auth.listenCallback.func")
		if good(n) {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("%s: %d goroutines:\n%s", when, n, stacks)
			return
		}
	}
}

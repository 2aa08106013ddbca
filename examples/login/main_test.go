package main

import (
	"bytes"
	"context"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/logsto/logsto-go/transport/logstotest"
)

// press does what a person does at an address, and returns the page that the browser ends
// at, or what keeps it from there. What it is not sent to is returned as its address.
func press(t *testing.T, button, address string, follow bool) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(url.Values{"decision": {button}}.Encode()))
	if err != nil {
		return err.Error()
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	hc := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error {
		if follow {
			return nil
		}
		return http.ErrUseLastResponse
	}}
	resp, err := hc.Do(req)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	if !follow {
		return resp.Header.Get("Location")
	}
	text, _ := io.ReadAll(resp.Body)
	return string(text)
}

// outcome is how a run of the command has ended.
type outcome struct {
	status         int
	stdout, stderr string
	logins         int
}

// login runs the command with somebody who presses the button.
func login(t *testing.T, env map[string]string, button string, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	o := outcome{}
	a := &app{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, getenv: func(name string) string { return env[name] }}
	a.open = func(_ context.Context, page string) error {
		o.logins++
		go press(t, button, addressOn(t, page), true)
		return nil
	}
	o.status = a.run(t.Context(), append([]string{"-open"}, args...))
	o.stdout, o.stderr = stdout.String(), stderr.String()
	return o
}

// addressOn returns where a page leads that the browser is to open.
func addressOn(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Errorf("what is opened is no file, and so stands on a command line: %v", err)
	}
	for _, path := range []string{page, filepath.Dir(page)} {
		if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("others may read %s: %v, %v", path, info.Mode(), err)
		}
	}
	_, rest, _ := strings.Cut(string(text), `<meta http-equiv="refresh" content="0; url=`)
	address, _, _ := strings.Cut(rest, `"`)
	return html.UnescapeString(address)
}

func TestWithNothingConfigured(t *testing.T) {
	t.Chdir(t.TempDir())
	o := login(t, map[string]string{"LOGSTO_CLIENT_SECRET": "of another client"}, "allow", "error")
	if o.status != 0 || o.logins != 1 || strings.Count(o.stdout, "\n") != 2 || !strings.Contains(o.stdout, `"message":"payment failed"`) {
		t.Errorf("%+v", o)
	}
	if !strings.Contains(o.stderr, "/oauth/authorize?") {
		t.Errorf("with -open nobody sees the address if there is no browser: %q", o.stderr)
	}
}

func TestADenialIsTold(t *testing.T) {
	t.Chdir(t.TempDir())
	o := login(t, nil, "deny", "error")
	if o.status != 1 || o.stdout != "" || !strings.Contains(o.stderr, "access_denied") {
		t.Errorf("%+v", o)
	}
}

// configured returns a server, and the environment for it.
func configured(t *testing.T) (*logstotest.Server, map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	srv := logstotest.NewServer(logstotest.WithPublicClient("me", logstotest.ScopeRead, logstotest.ScopeWrite))
	t.Cleanup(srv.Close)
	if err := fill(t.Context(), srv); err != nil {
		t.Fatal(err)
	}
	return srv, map[string]string{
		"LOGSTO_CLIENT_ID": "me", "LOGSTO_AUTH_URL": srv.AuthorizeURL(), "LOGSTO_TOKEN_URL": srv.TokenURL(), "LOGSTO_ENDPOINT": srv.Endpoint(),
	}
}

func TestAPersonLogsInOnce(t *testing.T) {
	srv, env := configured(t)
	store := filepath.Join(t.TempDir(), "deep", "token.json")
	for run := range 4 {
		if run == 2 {
			srv.ExpireTokens() // is refreshed
		}
		o := login(t, env, "allow", "-store", store, "payment")
		if logins := max(0, 1-run); o.status != 0 || o.logins != logins || strings.Count(o.stdout, "\n") != 1 {
			t.Errorf("run %d: %+v", run, o)
		}
	}
	srv.ExpireTokens()
	srv.ExpireRefreshTokens()
	if o := login(t, env, "allow", "-store", store, "payment"); o.status != 0 || o.logins != 1 || strings.Count(o.stdout, "\n") != 1 {
		t.Errorf("after the refresh tokens: %+v", o)
	}
}

func TestATokenGoesToItsEndpointAlone(t *testing.T) {
	_, env := configured(t)
	store := filepath.Join(t.TempDir(), "token.json")
	if o := login(t, env, "allow", "-store", store, "payment"); o.status != 0 || o.logins != 1 {
		t.Fatalf("%+v", o)
	}
	other := logstotest.NewServer()
	defer other.Close()
	env["LOGSTO_ENDPOINT"] = other.Endpoint()
	if o := login(t, env, "deny", "-store", store, "payment"); o.status != 1 || o.logins != 1 || other.Counts().Connections != 0 {
		t.Errorf("with another endpoint the token is used without a question: %+v, %+v", o, other.Counts())
	}
}

func TestATokenThatMayDoTooLittle(t *testing.T) {
	_, env := configured(t)
	store := filepath.Join(t.TempDir(), "token.json")
	for _, run := range []struct {
		args           []string
		status, logins int
		told           string
	}{
		{[]string{"-scopes", "logs:write"}, 1, 1, "insufficient_scope"},
		{nil, 1, 0, "-again logs in anew"},
		{[]string{"-again"}, 0, 1, ""},
		{nil, 0, 0, ""},
	} {
		o := login(t, env, "allow", append(run.args, "-store", store, "payment")...)
		if o.status != run.status || o.logins != run.logins || !strings.Contains(o.stderr, run.told) {
			t.Errorf("%q: %+v", run.args, o)
		}
	}
}

func TestAClientWithASecret(t *testing.T) {
	srv, env := configured(t)
	srv.AddOAuthClient("confidential", "s3cr3t", logstotest.ScopeRead)
	env["LOGSTO_CLIENT_ID"] = "confidential"
	for secret, status := range map[string]int{"": 1, "wrong": 1, "s3cr3t": 0} {
		env["LOGSTO_CLIENT_SECRET"] = secret
		o := login(t, env, "allow", "-store", filepath.Join(t.TempDir(), "token.json"), "payment")
		if o.status != status || strings.Contains(o.stderr, "s3cr3t") {
			t.Errorf("%q: %+v", secret, o)
		}
	}
}

func TestHeadless(t *testing.T) {
	_, env := configured(t)
	in, person := io.Pipe()
	shown, stderr := io.Pipe()
	go func() { // somebody reads the address, and pastes where the browser ended
		var text strings.Builder
		buf := make([]byte, 4096)
		for !strings.Contains(text.String(), "ends at: ") {
			n, err := shown.Read(buf)
			text.Write(buf[:n])
			if err != nil {
				break
			}
		}
		go func() { _, _ = io.Copy(io.Discard, shown) }()
		_, address, _ := strings.Cut(text.String(), "\n\n")
		address, _, _ = strings.Cut(address, "\n")
		_, _ = io.WriteString(person, press(t, "allow", address, false)+"\n")
	}()
	var stdout bytes.Buffer
	a := &app{stdin: in, stdout: &stdout, stderr: stderr, getenv: func(name string) string { return env[name] }}
	status := a.run(t.Context(), []string{"-headless", "-store", filepath.Join(t.TempDir(), "token.json"), "gateway"})
	stderr.Close()
	if status != 0 || strings.Count(stdout.String(), "\n") != 1 {
		t.Errorf("status %d: %s", status, stdout.String())
	}
}

func TestTheConfiguration(t *testing.T) {
	t.Chdir(t.TempDir())
	text := "# of ours\n\nLOGSTO_CLIENT_ID=from the file\nexport LOGSTO_AUTH_URL = \"https://a.example/?x=1\" \nLOGSTO_TOKEN_URL='https://t.example/'\nLOGSTO_SCOPES=a b\n"
	if err := os.WriteFile(".env", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"LOGSTO_AUTH_URL": "https://env.example/", "LOGSTO_SCOPES": "c"}
	a := &app{getenv: func(name string) string { return env[name] }}
	if cfg, err := a.parse([]string{"-store", "s", "q"}); err == nil || cfg.clientID != "" || cfg.tokenURL != "" {
		t.Errorf("a file that nobody has named is read: %+v, %v", cfg, err)
	}
	cfg, err := a.parse([]string{"-env", ".env", "-scopes", "d e", "-store", "s", "q"})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.clientID != "from the file" || cfg.authURL != "https://env.example/" || cfg.tokenURL != "https://t.example/" ||
		strings.Join(cfg.scopes, "+") != "d+e" || cfg.endpoint != "" || cfg.query != "q" || cfg.store != "s" {
		t.Errorf("%+v", cfg)
	}
	dir := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", dir)
	t.Setenv("HOME", dir)
	t.Setenv("AppData", dir)
	if cfg, err = a.parse([]string{"-env", ".env", "q"}); err != nil || !strings.HasPrefix(cfg.store, dir) || filepath.Base(cfg.store) != "token.json" {
		t.Errorf("%+v, %v", cfg, err)
	}
}

func TestWhatIsWrong(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("bad", []byte("LOGSTO_CLIENT_ID=me\ns3cr3t\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no query":      {nil, "one query"},
		"two":           {[]string{"a", "b"}, "one query"},
		"unknown flag":  {[]string{"-x", "q"}, "-x"},
		"a half":        {[]string{"-client-id", "me", "q"}, "belong together"},
		"bad file":      {[]string{"-env", "bad", "q"}, "bad: line 2 is not NAME=VALUE"},
		"no file":       {[]string{"-env", ".", "q"}, "login"},
		"a missing one": {[]string{"-env", "missing", "q"}, "missing"},
		"plain http":    {[]string{"-client-id", "me", "-auth-url", "https://a.example", "-token-url", "http://t.example", "-store", "s", "q"}, "plain http"},
	} {
		o := login(t, nil, "allow", c.args...)
		if o.status != 2 || !strings.Contains(o.stderr, c.want) || strings.Contains(o.stderr, "s3cr3t") || o.logins != 0 {
			t.Errorf("%s: %+v", name, o)
		}
	}
	if o := login(t, nil, "allow", "-h"); o.status != 0 || !strings.Contains(o.stdout, "LOGSTO_CLIENT_ID") {
		t.Errorf("help: %+v", o)
	}
}

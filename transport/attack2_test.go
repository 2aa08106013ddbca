package transport_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// clearEnv has none of the variables set that FromEnv reads.
func clearEnv(t *testing.T) {
	t.Helper()
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "LOGSTO_") {
			t.Setenv(name, "")
		}
	}
}

// Files of variables leave carriage returns and blanks around values, which nobody sees.
func TestVariablesMayHaveBlanksAround(t *testing.T) {
	srv := logstotest.NewServer()
	defer srv.Close()
	path := filepath.Join(t.TempDir(), "secret")
	writeFile(t, path, logstotest.ClientSecret+"\r\n")
	keyPath := filepath.Join(t.TempDir(), "key")
	writeFile(t, keyPath, logstotest.APIKey+"\n")
	for name, env := range map[string]map[string]string{
		"client": {
			transport.EnvClientID: logstotest.ClientID + "\r", transport.EnvClientSecret: logstotest.ClientSecret + "\r",
			transport.EnvTokenURL: srv.TokenURL() + "\r", transport.EnvClientAuth: "params\r", transport.EnvAPIKey: "\r",
		},
		"file of a client": {
			transport.EnvClientID: logstotest.ClientID + " ", transport.EnvClientSecretFile: path + "\r", transport.EnvTokenURL: srv.TokenURL() + " ",
		},
		"key": {transport.EnvAPIKey: logstotest.APIKey + "\r", transport.EnvClientID: " "},
		"file of a key, and its header": {
			transport.EnvAPIKeyFile: keyPath + "\r", transport.EnvAPIKeyHeader: auth.DefaultHeader + "\r",
		},
	} {
		t.Run(name, func(t *testing.T) {
			clearEnv(t)
			t.Setenv(transport.EnvEndpoint, srv.Endpoint()+"\r")
			for k, v := range env {
				t.Setenv(k, v)
			}
			c, err := transport.FromEnv(transport.WithoutRetry())
			if err != nil {
				t.Fatal(err)
			}
			defer c.CloseIdleConnections()
			if err := c.Send(t.Context(), 1, records(1)); err != nil {
				t.Error(err)
			}
		})
	}
}

// Wherever a server leads, the credential goes to the endpoint alone.
func TestTheCredentialStaysAtTheEndpoint(t *testing.T) {
	for _, target := range []string{
		"https://evil.example/", "https://sub.api.logs.to/v1/log", "https://logs.to/", "https://api.logs.to:444/", "https://api.logs.to:443/",
		"http://api.logs.to/v1/log", "//evil.example/", "https://api.logs.to.evil.example/", "https://api.logs.to@evil.example/",
		"https://evil.example\\@api.logs.to/", "https://API.LOGS.TO/", "https://api.logs.to./", "file:///etc/passwd", "https:evil",
	} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			c := clientOn(t, func(req *http.Request) (*http.Response, error) {
				if req.URL.Host != "api.logs.to" || req.URL.Scheme != "https" {
					t.Errorf("%d to %s: a request to %s://%s", status, target, req.URL.Scheme, req.URL.Host)
				}
				if strings.Contains(fmt.Sprint(req.Header["Referer"], req.Header["Cookie"], req.URL), secret) {
					t.Errorf("%d to %s: the request shows the credential", status, target)
				}
				if req.Body == nil {
					req.Body = http.NoBody
				}
				resp := respond(req, status, "")
				resp.Header.Set("Location", target)
				resp.Header.Set("Set-Cookie", "k="+secret)
				return resp, nil
			}, transport.WithoutRetry())
			if err := c.Send(t.Context(), 1, records(1)); err == nil {
				t.Errorf("%d to %s: delivered", status, target)
			}
			if _, err := found(c.Search(t.Context(), "x")); err == nil {
				t.Errorf("%d to %s: found", status, target)
			}
		}
	}
}

// Keys may be replaced, refused and looked at by everybody at once; the race detector
// watches.
func TestKeysAreReplacedWhileRecordsAreSent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	writeFile(t, path, "key-0")
	var good atomic.Value
	good.Store("key-0")
	credential := auth.APIKeyFrom(auth.Chain(auth.Env("LOGSTO_TEST_NONE"), auth.File(path)))
	c := clientOn(t, takes(&good, func(string) {}), transport.WithAuth(credential), transport.WithoutRetry(),
		transport.WithRefusalHandler(func(transport.Refusal) {}))
	stop := make(chan bool)
	var others, senders sync.WaitGroup
	others.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			key := fmt.Sprintf("key-%d", n)
			if n%2 == 0 { // as an editor writes it, and as others do
				_ = os.WriteFile(path, []byte(key), 0o600) // a failure shows in the end
			} else if os.WriteFile(path+".new", []byte(key), 0o600) == nil {
				_ = os.Rename(path+".new", path)
			}
			good.Store(key)
		}
	})
	others.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			unwatch := c.Notify(func(error) {})
			credential.Refused("key-0")
			credential.Taken("key-1")
			_, _ = c.Stats(), credential.Trouble()
			unwatch()
		}
	})
	for range 8 {
		senders.Go(func() {
			for range 20 {
				_ = c.Send(t.Context(), 1, records(2))
			}
		})
	}
	senders.Wait()
	close(stop)
	others.Wait()
	if err := c.Send(t.Context(), 1, records(2)); err != nil {
		t.Error(err)
	}
	if s := c.Stats(); len(s.Keys) > 16 || s.Requests == 0 {
		t.Errorf("%+v", s)
	}
}

// With such a configuration, no request would ever succeed.
func TestATLSConfigWithoutAVersionIsRefused(t *testing.T) {
	for most, ok := range map[uint16]bool{0: true, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		cfg := &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: most} //nolint:gosec // its MinVersion is raised
		_, err := transport.New(transport.WithAuth(auth.APIKey("key")), transport.WithTLSConfig(cfg))
		if (err == nil) != ok || err != nil && !strings.Contains(err.Error(), "WithTLSConfig: it allows no version") {
			t.Errorf("%#x: %v", most, err)
		}
	}
}

package transport_test

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// asked is what a server got last.
type asked struct {
	log    http.Header
	form   url.Values // for a token
	basic  bool
	id     string
	secret string
}

// asking returns a server that takes everything, and what it gets.
func asking(t *testing.T) (base string, got *asked) {
	t.Helper()
	got = &asked{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/token" {
			got.log = r.Header
			return
		}
		_ = r.ParseForm()
		got.form = r.PostForm
		got.id, got.secret, got.basic = r.BasicAuth()
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"access_token":"new","refresh_token":"r-2","expires_in":3600}`))
	}))
	t.Cleanup(srv.Close)
	return srv.URL, got
}

// file returns the path of a file that has the text.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// tokenFile returns the path of a file with a token that must be refreshed.
func tokenFile(t *testing.T, tokenURL string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "token.json")
	tok := &oauth2.Token{AccessToken: "old", RefreshToken: "r-1", Expiry: time.Now().Add(-time.Hour)}
	err := auth.FileStore(path).Update(t.Context(), tokenURL+" me", func(context.Context, *oauth2.Token) (*oauth2.Token, error) { return tok, nil })
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// claims returns the header and the claims of an assertion.
func claims(t *testing.T, assertion string) (out map[string]any) {
	t.Helper()
	out = map[string]any{}
	for _, part := range strings.SplitN(assertion, ".", 3)[:2] {
		text, err := base64.RawURLEncoding.DecodeString(part)
		if err == nil {
			err = json.Unmarshal(text, &out)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if aud, ok := out["aud"].([]any); ok && len(aud) == 1 { // which is the same
		out["aud"] = aud[0]
	}
	return out
}

func TestEachVariableOfTheEnvironment(t *testing.T) {
	base, got := asking(t)
	tokenURL := base + "/token"
	client := func(more ...string) []string {
		return append([]string{transport.EnvClientID, "me", transport.EnvTokenURL, tokenURL}, more...)
	}
	der, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	privateKey := file(t, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	bearer := func() bool {
		return got.log.Get("Authorization") == "Bearer new" && got.log.Get("X-Logs-Api-Key") == ""
	}
	for name, c := range map[string]struct {
		env  []string
		good func() bool
	}{
		"file":   {[]string{transport.EnvAPIKeyFile, file(t, "of-file\n")}, func() bool { return got.log.Get("X-Logs-Api-Key") == "of-file" }},
		"header": {[]string{transport.EnvAPIKey, "k", transport.EnvAPIKeyHeader, "X-Other"}, func() bool { return got.log.Get("X-Other") == "k" && got.log.Get("X-Logs-Api-Key") == "" }},
		"scheme": {[]string{transport.EnvAPIKey, "k", transport.EnvAPIKeyScheme, "Logs-Key"}, func() bool { return got.log.Get("Authorization") == "Logs-Key k" }},
		"secret": {client(transport.EnvClientSecret, "s", transport.EnvScopes, " a  b "), func() bool {
			return bearer() && got.basic && got.id == "me" && got.secret == "s" && got.form.Get("scope") == "a b" && !got.form.Has("audience")
		}},
		"secret of a file":  {client(transport.EnvClientSecretFile, file(t, "of-file")), func() bool { return bearer() && got.secret == "of-file" }},
		"secret in params":  {client(transport.EnvClientSecret, "s", transport.EnvClientAuth, "params"), func() bool { return bearer() && !got.basic && got.form.Get("client_secret") == "s" }},
		"secret in headers": {client(transport.EnvClientSecret, "s", transport.EnvClientAuth, "header"), func() bool { return bearer() && got.basic }},
		"audience":          {client(transport.EnvClientSecret, "s", transport.EnvAudience, "logs"), func() bool { return bearer() && got.form.Get("audience") == "logs" }},
		"private key": {client(transport.EnvClientKeyFile, privateKey), func() bool {
			of := claims(t, got.form.Get("client_assertion"))
			_, kid := of["kid"]
			return bearer() && !kid && of["aud"] == tokenURL
		}},
		"private key, named": {client(transport.EnvClientKeyFile, privateKey, transport.EnvClientKeyID, "k-1", transport.EnvClientKeyAudience, "https://issuer/"), func() bool {
			of := claims(t, got.form.Get("client_assertion"))
			return bearer() && of["kid"] == "k-1" && of["aud"] == "https://issuer/"
		}},
		"token file":                {client(transport.EnvTokenFile, tokenFile(t, tokenURL)), func() bool { return bearer() && got.form.Get("refresh_token") == "r-1" && !got.basic }},
		"token file, with a secret": {client(transport.EnvTokenFile, tokenFile(t, tokenURL), transport.EnvClientSecret, "s"), func() bool { return bearer() && got.basic && got.secret == "s" }},
		"token file, in params": {client(transport.EnvTokenFile, tokenFile(t, tokenURL), transport.EnvClientSecret, "s", transport.EnvClientAuth, "params"), func() bool {
			return bearer() && !got.basic && got.form.Get("client_secret") == "s"
		}},
	} {
		t.Run(name, func(t *testing.T) {
			clearEnv(t)
			t.Setenv(transport.EnvEndpoint, base+"/v1/log")
			for i := 0; i < len(c.env); i += 2 {
				t.Setenv(c.env[i], c.env[i+1])
			}
			c2, err := transport.FromEnv(transport.WithoutRetry())
			if err == nil {
				defer c2.CloseIdleConnections()
				err = c2.Send(t.Context(), 1, records(1))
			}
			if err != nil || !c.good() {
				t.Errorf("%v; sent %+v", err, got)
			}
		})
	}
}

func TestVariablesThatDoNotGoTogether(t *testing.T) {
	client := func(more ...string) []string {
		return append([]string{transport.EnvClientID, "me", transport.EnvTokenURL, "https://auth.example/token"}, more...)
	}
	for want, env := range map[string][]string{
		"LOGSTO_API_KEY and LOGSTO_API_KEY_FILE exclude each other":                 {transport.EnvAPIKey, "k", transport.EnvAPIKeyFile, "f"},
		"set LOGSTO_API_KEY or LOGSTO_API_KEY_FILE":                                 {transport.EnvAPIKeyHeader, "X-Other"},
		"LOGSTO_API_KEY_HEADER and LOGSTO_API_KEY_SCHEME exclude each other":        {transport.EnvAPIKey, "k", transport.EnvAPIKeyHeader, "X", transport.EnvAPIKeyScheme, "Y"},
		"LOGSTO_CLIENT_SECRET and LOGSTO_CLIENT_KEY_FILE exclude each other":        client(transport.EnvClientSecret, "s", transport.EnvClientKeyFile, "f"),
		"LOGSTO_CLIENT_KEY_ID goes with LOGSTO_CLIENT_KEY_FILE only":                client(transport.EnvClientSecret, "s", transport.EnvClientKeyID, "k"),
		"LOGSTO_CLIENT_AUTH goes with a client secret, and not with LOGSTO_CLIENT_": client(transport.EnvClientKeyFile, "f", transport.EnvClientAuth, "params"),
		`LOGSTO_CLIENT_AUTH must be "header" or "params"`:                           client(transport.EnvClientSecret, "s", transport.EnvClientAuth, "Header"),
		"LOGSTO_AUDIENCE and LOGSTO_TOKEN_FILE exclude each other":                  client(transport.EnvTokenFile, "f", transport.EnvAudience, "a"),
		"LOGSTO_CLIENT_KEY_FILE and LOGSTO_TOKEN_FILE exclude each other":           client(transport.EnvTokenFile, "f", transport.EnvClientKeyFile, "k"),
		"both an API key (LOGSTO_API_KEY_SCHEME) and a client (LOGSTO_AUDIENCE)":    {transport.EnvAPIKeyScheme, "Bearer", transport.EnvAudience, "a"},
		"LOGSTO_CLIENT_ID, LOGSTO_CLIENT_SECRET_FILE, LOGSTO_TOKEN_URL: auth: ":     client(transport.EnvClientSecretFile, filepath.Join(t.TempDir(), "none")),
	} {
		t.Run(want, func(t *testing.T) {
			clearEnv(t)
			for i := 0; i < len(env); i += 2 {
				t.Setenv(env[i], env[i+1])
			}
			if _, err := transport.FromEnv(); err == nil || !strings.HasPrefix(err.Error(), "transport: FromEnv: "+want) {
				t.Errorf("%v", err)
			}
		})
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

// clearEnv has none of the variables set that FromEnv reads.
func clearEnv(t *testing.T) {
	t.Helper()
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "LOGSTO_") {
			t.Setenv(name, "")
		}
	}
}

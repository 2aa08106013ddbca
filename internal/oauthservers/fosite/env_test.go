package fosite

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-jose/go-jose/v3"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/oauthservers/ingest"
)

// secretFile writes a file as a secret is mounted, and returns its path.
func secretFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestFromEnv takes all from the environment, as a service does that is deployed.
func TestFromEnv(t *testing.T) {
	key, text := newKey(t, jose.ES256)
	withSecret := func(t *testing.T) *Server { t.Helper(); return Start(t, lifetime, 0) }
	withKey := func(t *testing.T) *Server { t.Helper(); return startWithKey(t, jose.ES256, key.Public()) }
	withIssuer := func(t *testing.T) *Server {
		t.Helper()
		s := withKey(t)
		s.config.TokenURL = issuer
		return s
	}
	for name, c := range map[string]struct {
		start func(*testing.T) *Server
		env   map[string]string
	}{
		"secret":      {withSecret, map[string]string{auth.EnvClientSecret: ClientSecret, auth.EnvAudience: Audience}},
		"params":      {withSecret, map[string]string{auth.EnvClientSecret: ClientSecret, auth.EnvClientAuth: "params"}},
		"secret file": {withSecret, map[string]string{auth.EnvClientSecretFile: secretFile(t, ClientSecret+"\n")}},
		"key file":    {withKey, map[string]string{auth.EnvClientKeyFile: secretFile(t, text), auth.EnvClientKeyID: keyID}},
		"issuer":      {withIssuer, map[string]string{auth.EnvClientKeyFile: secretFile(t, text), auth.EnvClientKeyID: keyID, auth.EnvClientKeyAudience: issuer}},
	} {
		t.Run(name, func(t *testing.T) {
			s := c.start(t)
			_, next := ingest.ToStore(t)
			f := ingest.Start(t, s.Introspect, next)
			client := f.FromEnv(t, c.env, map[string]string{
				auth.EnvClientID: ClientID,
				auth.EnvTokenURL: s.TokenURL,
				auth.EnvScopes:   ingest.Write,
			})
			if err := ingest.SendOne(t, client, "one"); err != nil || f.Status(http.StatusOK) != 1 {
				t.Errorf("Send: %v; %d requests came through", err, f.Status(http.StatusOK))
			}
		})
	}
}

package fosite

import (
	"net/http"
	"testing"

	"github.com/logsto/logsto-go/internal/oauthservers/ingest"
	"github.com/logsto/logsto-go/transport"
)

// TestFromEnv takes all from the environment, as a service does that is deployed.
func TestFromEnv(t *testing.T) {
	s := Start(t, lifetime, 0)
	_, next := ingest.ToStore(t)
	f := ingest.Start(t, s.Introspect, next)
	for name, value := range map[string]string{
		transport.EnvAPIKey:       "",
		transport.EnvClientID:     ClientID,
		transport.EnvClientSecret: ClientSecret,
		transport.EnvTokenURL:     s.TokenURL,
		transport.EnvScopes:       ingest.Write + " " + ingest.Read,
		transport.EnvEndpoint:     f.Endpoint(),
	} {
		t.Setenv(name, value)
	}
	c, err := transport.FromEnv()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	if err := ingest.SendOne(t, c, "one"); err != nil || f.Status(http.StatusOK) != 1 {
		t.Errorf("Send: %v; %d requests came through", err, f.Status(http.StatusOK))
	}
}

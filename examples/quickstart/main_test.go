package main

import (
	"strings"
	"testing"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

func TestStandIn(t *testing.T) {
	var out strings.Builder
	if err := standIn(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"component":"slog"`, `"component":"zap"`, `"component":"zerolog"`, `"component":"logrus"`} {
		if n := strings.Count(out.String(), want); n != 4 {
			t.Errorf("%s: %d records, want 2 with each credential", want, n)
		}
	}
	if n := strings.Count(out.String(), "accepted 8 = delivered 8 + dropped 0 + pending 0; stored 8"); n != 2 {
		t.Errorf("got %s", out.String())
	}
}

func TestConfigured(t *testing.T) {
	srv := logstotest.NewServer()
	defer srv.Close()
	t.Setenv(transport.EnvEndpoint, srv.Endpoint())
	t.Setenv(auth.EnvAPIKey, logstotest.APIKey)
	var out strings.Builder
	if err := configured(&out); err != nil || len(srv.Records()) != 8 {
		t.Errorf("%v, %d stored", err, len(srv.Records()))
	}
	t.Setenv(auth.EnvAPIKey, "a wrong key")
	if err := configured(&out); err == nil || !strings.Contains(err.Error(), "401") || strings.Contains(err.Error()+out.String(), "a wrong key") {
		t.Errorf("with a wrong key: %v", err)
	}
}

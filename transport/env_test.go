package transport_test

import (
	"os"
	"strings"
	"testing"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

func TestFromEnv(t *testing.T) {
	srv := logstotest.NewServer()
	defer srv.Close()
	const key, id, sec, url, scopes, endpoint = auth.EnvAPIKey, auth.EnvClientID, auth.EnvClientSecret,
		auth.EnvTokenURL, auth.EnvScopes, transport.EnvEndpoint
	for name, c := range map[string]struct {
		env  map[string]string
		opts []transport.Option
		want []string // in the error; none if the client works
	}{
		"nothing":                    {nil, nil, []string{"transport: auth: FromEnv: set", key, id, sec, url}},
		"key":                        {map[string]string{key: logstotest.APIKey}, nil, nil},
		"an empty one":               {map[string]string{key: logstotest.APIKey, id: ""}, nil, []string{"FromEnv: LOGSTO_CLIENT_ID is set, but empty"}},
		"an empty endpoint":          {map[string]string{key: logstotest.APIKey, endpoint: " "}, nil, []string{"FromEnv: LOGSTO_ENDPOINT is set, but empty"}},
		"an endpoint in quotes":      {map[string]string{key: logstotest.APIKey, endpoint: `"https://logs.example"`}, nil, []string{"FromEnv: LOGSTO_ENDPOINT has quotation marks"}},
		"a port that none can have":  {map[string]string{key: logstotest.APIKey, endpoint: "https://logs.example:99999"}, nil, []string{`FromEnv: LOGSTO_ENDPOINT="https://logs.example:99999": the port is not from 1 to 65535`}},
		"a key as the endpoint":      {map[string]string{key: logstotest.APIKey, endpoint: "s3cr3t/of+base64.xy"}, nil, []string{`FromEnv: LOGSTO_ENDPOINT="***": not an https URL`}},
		"wrong key":                  {map[string]string{key: secret}, nil, []string{"401"}},
		"client":                     {map[string]string{id: logstotest.ClientID, sec: logstotest.ClientSecret, url: srv.TokenURL()}, nil, nil},
		"key with a blank inside":    {map[string]string{key: secret + "\nX: 1"}, nil, []string{"transport: auth: FromEnv: LOGSTO_API_KEY: auth: APIKey: environment variable LOGSTO_API_KEY: the key has"}},
		"blanks around":              {map[string]string{key: logstotest.APIKey + "\r\n", endpoint: srv.Endpoint() + "\r"}, nil, nil},
		"client with scopes":         {map[string]string{id: logstotest.ClientID, sec: logstotest.ClientSecret, url: srv.TokenURL(), scopes: " logs:write  logs:read "}, nil, nil},
		"wrong client":               {map[string]string{id: "me", sec: secret, url: srv.TokenURL()}, nil, []string{"invalid_client"}},
		"plain token URL":            {map[string]string{id: "me", sec: secret, url: "http://auth.example/"}, nil, []string{`LOGSTO_TOKEN_URL: auth: ClientCredentials: TokenURL "http://auth.example/": plain http`}},
		"key and a part":             {map[string]string{key: secret, sec: secret}, nil, []string{"both an API key (" + key, sec}},
		"bad endpoint":               {map[string]string{key: secret, endpoint: "http://logs.example"}, []transport.Option{}, []string{`FromEnv: LOGSTO_ENDPOINT="http://logs.example": plain http`}},
		"the option's endpoint":      {map[string]string{key: logstotest.APIKey, endpoint: "http://logs.example"}, []transport.Option{transport.WithEndpoint(srv.Endpoint())}, nil},
		"the option's key":           {map[string]string{key: secret}, []transport.Option{transport.WithAuth(auth.APIKey(logstotest.APIKey))}, nil},
		"the option's key, no other": {nil, []transport.Option{transport.WithAuth(auth.APIKey(logstotest.APIKey))}, nil},
		"the option's key, part":     {map[string]string{sec: secret}, []transport.Option{transport.WithAuth(auth.APIKey(logstotest.APIKey))}, nil},
		"nil credential":             {map[string]string{key: logstotest.APIKey}, []transport.Option{transport.WithAuth(nil)}, []string{"WithAuth(nil)"}},
		"nil option":                 {map[string]string{key: logstotest.APIKey}, []transport.Option{nil}, []string{"an option is nil"}},
	} {
		t.Run(name, func(t *testing.T) {
			clearEnv(t)
			t.Setenv(endpoint, srv.Endpoint())
			for k, v := range c.env {
				t.Setenv(k, v)
			}
			client, err := transport.FromEnv(append([]transport.Option{transport.WithoutRetry()}, c.opts...)...)
			if err == nil {
				err = deliver.Records(t.Context(), client, records(1))
				client.CloseIdleConnections()
			}
			if (err != nil) != (c.want != nil) {
				t.Fatalf("error %v, want %q", err, c.want)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %v, want one with %q", err, want)
				}
			}
			if err != nil && strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
	t.Run("an unknown endpoint", func(t *testing.T) {
		clearEnv(t)
		t.Setenv("LOGSTO_END_POINT", srv.Endpoint())
		_, err := transport.FromEnv(transport.WithAuth(auth.APIKey(secret)))
		if err == nil || !strings.Contains(err.Error(), "transport: FromEnv: LOGSTO_END_POINT is unknown: LOGSTO_ENDPOINT?") {
			t.Errorf("%v", err)
		}
	})
	t.Run("default endpoint", func(t *testing.T) {
		clearEnv(t)
		t.Setenv(key, secret)
		client, err := transport.FromEnv()
		if err != nil || !strings.Contains(client.String(), transport.DefaultEndpoint) {
			t.Errorf("%v, %v", client, err)
		}
	})
	t.Run("a plain token URL that is permitted", func(t *testing.T) {
		clearEnv(t)
		for k, v := range map[string]string{id: "me", sec: secret, url: "http://auth.example/"} {
			t.Setenv(k, v)
		}
		if _, err := transport.FromEnv(transport.WithInsecure()); err != nil {
			t.Error(err)
		}
	})
	t.Run("the option's endpoint is the default one", func(t *testing.T) {
		clearEnv(t)
		t.Setenv(key, secret)
		t.Setenv(endpoint, "http://logs.example")
		client, err := transport.FromEnv(transport.WithEndpoint(transport.DefaultEndpoint))
		if err != nil || !strings.Contains(client.String(), transport.DefaultEndpoint) {
			t.Errorf("%v, %v", client, err)
		}
	})
}

// clearEnv has none of the variables set that FromEnv reads.
func clearEnv(t *testing.T) {
	t.Helper()
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "LOGSTO_") {
			t.Setenv(name, "") // which restores it
			_ = os.Unsetenv(name)
		}
	}
}

package transport

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/oauth2/clientcredentials"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/urls"
)

// The environment variables that FromEnv reads.
const (
	EnvAPIKey       = "LOGSTO_API_KEY"
	EnvClientID     = "LOGSTO_CLIENT_ID"
	EnvClientSecret = "LOGSTO_CLIENT_SECRET"
	EnvTokenURL     = "LOGSTO_TOKEN_URL"
	EnvScopes       = "LOGSTO_SCOPES"
	EnvEndpoint     = "LOGSTO_ENDPOINT"
)

// FromEnv returns a Client whose credential and endpoint come from the
// environment:
//
//	LOGSTO_API_KEY         an API key, or
//	LOGSTO_CLIENT_ID       the client credentials
//	LOGSTO_CLIENT_SECRET
//	LOGSTO_TOKEN_URL
//	LOGSTO_SCOPES          their scopes, separated by blanks (optional)
//	LOGSTO_ENDPOINT        the endpoint (optional; DefaultEndpoint otherwise)
//
// An empty variable counts as not set. Options come after the environment and
// win over it; with [WithAuth] the credential variables are not read. FromEnv
// returns an error that names the variables if both kinds of credentials are
// set, neither, or one in part.
func FromEnv(opts ...Option) (*Client, error) {
	probe := defaults()
	for _, o := range opts {
		if o != nil {
			o.apply(&probe)
		}
	}
	var env []Option
	if endpoint := os.Getenv(EnvEndpoint); endpoint != "" && probe.endpoint == DefaultEndpoint {
		if _, err := parseEndpoint(endpoint, probe.insecure); err != nil {
			return nil, fmt.Errorf("transport: FromEnv: %s=%q: %w", EnvEndpoint, urls.Shown(endpoint), err)
		}
		env = append(env, WithEndpoint(endpoint))
	}
	if probe.credential == nil {
		credential, names, err := credentialFromEnv()
		if err != nil {
			return nil, err
		}
		if err := credential.Check(probe.insecure); err != nil {
			return nil, fmt.Errorf("transport: FromEnv: %s: %w", names, err)
		}
		env = append(env, WithAuth(credential))
	}
	return New(append(env, opts...)...)
}

// credentialFromEnv returns the credential and the names of its variables.
func credentialFromEnv() (credential *auth.Credential, names string, err error) {
	key := os.Getenv(EnvAPIKey)
	cfg := clientcredentials.Config{
		ClientID:     os.Getenv(EnvClientID),
		ClientSecret: os.Getenv(EnvClientSecret),
		TokenURL:     os.Getenv(EnvTokenURL),
		Scopes:       strings.Fields(os.Getenv(EnvScopes)),
	}
	var set, missing []string
	for _, name := range []string{EnvClientID, EnvClientSecret, EnvTokenURL} {
		if os.Getenv(name) == "" {
			missing = append(missing, name)
		} else {
			set = append(set, name)
		}
	}
	switch {
	case key != "" && len(set) > 0:
		return nil, "", fmt.Errorf("transport: FromEnv: both %s and client credentials (%s) are set", EnvAPIKey, strings.Join(set, ", "))
	case key != "":
		return auth.APIKey(key), EnvAPIKey, nil
	case len(set) == 0:
		return nil, "", errors.New("transport: FromEnv: set " + EnvAPIKey + ", or " +
			EnvClientID + ", " + EnvClientSecret + " and " + EnvTokenURL)
	case len(missing) > 0:
		return nil, "", fmt.Errorf("transport: FromEnv: %s set, but not %s", strings.Join(set, ", "), strings.Join(missing, ", "))
	default:
		return auth.ClientCredentials(cfg), strings.Join(set, ", "), nil
	}
}

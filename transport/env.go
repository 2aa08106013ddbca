package transport

import (
	"fmt"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/env"
	"github.com/logsto/logsto-go/internal/urls"
)

// EnvEndpoint is the environment variable from which FromEnv takes the endpoint.
const EnvEndpoint = "LOGSTO_ENDPOINT"

// FromEnv returns a Client whose endpoint and credential come from the environment: the
// endpoint from LOGSTO_ENDPOINT, or it is [DefaultEndpoint], and the credential from the
// variables of [auth.FromEnv], such as LOGSTO_API_KEY, or LOGSTO_CLIENT_ID,
// LOGSTO_CLIENT_SECRET and LOGSTO_TOKEN_URL.
//
// Blanks and line ends around a value do not count. Options come after the environment and
// win over it; with [WithAuth] the credential variables are not read. FromEnv returns an
// error that names the variables if those of the credential are not set, if one is empty, if
// some are missing, if they do not go together, or if another one has nearly the name of one
// of them that is not set, such as LOGSTO_APIKEY.
func FromEnv(opts ...Option) (*Client, error) {
	probe := defaults()
	probe.endpoint = "" // so that it shows whether an option sets it
	for _, o := range opts {
		if o != nil {
			o.apply(&probe)
		}
	}
	if err := env.Check(EnvEndpoint); err != nil {
		return nil, fmt.Errorf("transport: FromEnv: %w", err)
	}
	var first []Option
	if endpoint := env.Get(EnvEndpoint); endpoint != "" && probe.endpoint == "" {
		if _, err := parseEndpoint(endpoint, probe.insecure); err != nil {
			return nil, fmt.Errorf("transport: FromEnv: %s=%q: %w", EnvEndpoint, urls.Shown(endpoint), err)
		}
		first = append(first, WithEndpoint(endpoint))
	}
	if probe.credential == nil {
		credential, err := auth.FromEnv()
		if err == nil {
			err = credential.Check(probe.insecure)
		}
		if err != nil {
			return nil, fmt.Errorf("transport: %w", err)
		}
		first = append(first, WithAuth(credential))
	}
	return New(append(first, opts...)...)
}

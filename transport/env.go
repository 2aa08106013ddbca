package transport

import (
	"fmt"
	"os"
	"strings"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/urls"
)

// EnvEndpoint is the environment variable from which FromEnv takes the endpoint.
const EnvEndpoint = "LOGSTO_ENDPOINT"

// FromEnv returns a Client whose endpoint and credential come from the environment: the
// endpoint from LOGSTO_ENDPOINT, or it is [DefaultEndpoint], and the credential from the
// variables of [auth.FromEnv], such as LOGSTO_API_KEY, or LOGSTO_CLIENT_ID,
// LOGSTO_CLIENT_SECRET and LOGSTO_TOKEN_URL.
//
// Blanks and line ends around a value do not count, and a variable that has nothing else
// counts as not set. Options come after the environment and win over it; with [WithAuth]
// the credential variables are not read. FromEnv returns an error that names the variables
// if those of the credential are not set, if some are missing, or if they do not go
// together.
func FromEnv(opts ...Option) (*Client, error) {
	probe := defaults()
	probe.endpoint = "" // so that it shows whether an option sets it
	for _, o := range opts {
		if o != nil {
			o.apply(&probe)
		}
	}
	var env []Option
	if endpoint := strings.TrimSpace(os.Getenv(EnvEndpoint)); endpoint != "" && probe.endpoint == "" {
		if _, err := parseEndpoint(endpoint, probe.insecure); err != nil {
			return nil, fmt.Errorf("transport: FromEnv: %s=%q: %w", EnvEndpoint, urls.Shown(endpoint), err)
		}
		env = append(env, WithEndpoint(endpoint))
	}
	if probe.credential == nil {
		credential, err := auth.FromEnv()
		if err == nil {
			err = credential.Check(probe.insecure)
		}
		if err != nil {
			return nil, fmt.Errorf("transport: %w", err)
		}
		env = append(env, WithAuth(credential))
	}
	return New(append(env, opts...)...)
}

package auth

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/logsto/logsto-go/internal/env"
)

// The environment variables that [FromEnv] reads.
const (
	EnvAPIKey       = "LOGSTO_API_KEY"
	EnvAPIKeyFile   = "LOGSTO_API_KEY_FILE"
	EnvAPIKeyHeader = "LOGSTO_API_KEY_HEADER"
	EnvAPIKeyScheme = "LOGSTO_API_KEY_SCHEME"

	EnvClientID          = "LOGSTO_CLIENT_ID"
	EnvClientSecret      = "LOGSTO_CLIENT_SECRET"
	EnvClientSecretFile  = "LOGSTO_CLIENT_SECRET_FILE"
	EnvClientKeyFile     = "LOGSTO_CLIENT_KEY_FILE"
	EnvClientKeyID       = "LOGSTO_CLIENT_KEY_ID"
	EnvClientKeyAudience = "LOGSTO_CLIENT_KEY_AUDIENCE"
	EnvClientAuth        = "LOGSTO_CLIENT_AUTH"
	EnvTokenURL          = "LOGSTO_TOKEN_URL"
	EnvScopes            = "LOGSTO_SCOPES"
	EnvAudience          = "LOGSTO_AUDIENCE"
	EnvTokenFile         = "LOGSTO_TOKEN_FILE"
)

// FromEnv returns the credential that the environment describes: an API key
// ([APIKeyFrom]), a client of OAuth 2.0 ([ClientCredentials]), or a person who has logged
// in ([AuthorizationCode]).
//
//	LOGSTO_API_KEY             an API key, or
//	LOGSTO_API_KEY_FILE        a file that holds one; see File
//	LOGSTO_API_KEY_HEADER      the header for it (optional; X-Logs-Api-Key), or
//	LOGSTO_API_KEY_SCHEME      the scheme for it in Authorization: Bearer or Logs-Key
//
//	LOGSTO_CLIENT_ID           client credentials: the client,
//	LOGSTO_TOKEN_URL           the token endpoint, and one of
//	LOGSTO_CLIENT_SECRET         its secret
//	LOGSTO_CLIENT_SECRET_FILE    a file that holds it
//	LOGSTO_CLIENT_KEY_FILE       a file with a private key; see WithPrivateKey
//	LOGSTO_CLIENT_KEY_ID       the id of this key (optional)
//	LOGSTO_CLIENT_KEY_AUDIENCE whom its assertions are for (optional; the token endpoint);
//	                           see WithAssertionAudience
//	LOGSTO_CLIENT_AUTH         how the secret is sent: header or params (optional;
//	                           what the endpoint takes is found out)
//	LOGSTO_SCOPES              scopes, separated by blanks (optional)
//	LOGSTO_AUDIENCE            the parameter audience (optional)
//
//	LOGSTO_TOKEN_FILE          the file of a person's token, as Login has put it
//	                           into FileStore; with LOGSTO_CLIENT_ID,
//	                           LOGSTO_TOKEN_URL and, if the client has one, its secret;
//	                           it has the scopes of the login
//
// Blanks and line ends around a value do not count. FromEnv returns an error that names the
// variables if none is set, if one is empty or has quotation marks around its value, if some
// are missing, if they do not go together, if another one has nearly the name of one of
// them that is not set, or if what they say cannot be used, such as a file that is missing. A
// token endpoint on plain http, which transport.WithInsecure may permit, is left to Check,
// whose errors name the variables too.
//
// Keys and secrets are read again as [Env] and [File] do it; all else is read once.
func FromEnv() (*Credential, error) {
	c, variables, err := fromEnv()
	if err != nil {
		return nil, fmt.Errorf("auth: FromEnv: %w", err)
	}
	c.variables = variables
	if err := c.Check(true); err != nil {
		return nil, err
	}
	return c, nil
}

// keyVariables and clientVariables are those of an API key and of a client of OAuth 2.0.
var (
	keyVariables    = []string{EnvAPIKey, EnvAPIKeyFile, EnvAPIKeyHeader, EnvAPIKeyScheme}
	clientVariables = []string{
		EnvClientID, EnvClientSecret, EnvClientSecretFile, EnvClientKeyFile, EnvClientKeyID,
		EnvClientKeyAudience, EnvClientAuth, EnvTokenURL, EnvScopes, EnvAudience, EnvTokenFile,
	}
)

// envEndpoint is the variable of package transport.
const envEndpoint = "LOGSTO_ENDPOINT"

// envSet returns those of the variables that are set.
func envSet(names ...string) (set []string) {
	for _, name := range names {
		if env.Get(name) != "" {
			set = append(set, name)
		}
	}
	return set
}

// fromEnv returns the credential and the names of its variables.
func fromEnv() (credential *Credential, variables []string, err error) {
	if err := env.Check(slices.Concat(keyVariables, clientVariables, []string{envEndpoint})...); err != nil {
		return nil, nil, err
	}
	key, client := envSet(keyVariables...), envSet(clientVariables...)
	switch {
	case len(key) > 0 && len(client) > 0:
		return nil, nil, fmt.Errorf("both an API key (%s) and a client (%s) are set; leave one out", strings.Join(key, ", "), strings.Join(client, ", "))
	case len(key) > 0:
		credential, err = keyFromEnv()
		return credential, key, err
	case len(client) > 0:
		if missing := envMissing(); len(missing) > 0 {
			return nil, nil, fmt.Errorf("%s set, but not %s", strings.Join(client, ", "), strings.Join(missing, ", and not "))
		}
		credential, err = clientFromEnv()
		return credential, client, err
	default:
		return nil, nil, fmt.Errorf("set %s, or %s, %s and %s, or others that its documentation has", EnvAPIKey, EnvClientID, EnvClientSecret, EnvTokenURL)
	}
}

// envMissing returns what a client lacks.
func envMissing() (missing []string) {
	for _, names := range [][]string{
		{EnvClientID},
		{EnvClientSecret, EnvClientSecretFile, EnvClientKeyFile, EnvTokenFile}, // the client of a person may have none
		{EnvTokenURL},
	} {
		if len(envSet(names...)) == 0 {
			missing = append(missing, strings.Join(names, " or "))
		}
	}
	return missing
}

// oneOf returns which of the variables is set, or an error if there is not exactly one.
func oneOf(names ...string) (string, error) {
	switch set := envSet(names...); len(set) {
	case 0:
		return "", fmt.Errorf("set %s", strings.Join(names, " or "))
	case 1:
		return set[0], nil
	default:
		return "", fmt.Errorf("%s exclude each other", strings.Join(set, " and "))
	}
}

// keyFromEnv returns the credential for an API key.
func keyFromEnv() (*Credential, error) {
	name, err := oneOf(EnvAPIKey, EnvAPIKeyFile)
	if err != nil {
		return nil, err
	}
	var opts []Option
	if len(envSet(EnvAPIKeyHeader, EnvAPIKeyScheme)) > 0 {
		where, err := oneOf(EnvAPIKeyHeader, EnvAPIKeyScheme)
		if err != nil {
			return nil, err
		}
		switch value := env.Get(where); {
		case where == EnvAPIKeyHeader:
			opts = append(opts, WithHeader(value))
		case strings.EqualFold(value, Bearer):
			opts = append(opts, WithScheme(Bearer))
		case strings.EqualFold(value, LogsKey):
			opts = append(opts, WithScheme(LogsKey))
		default:
			return nil, fmt.Errorf("%s must be %q or %q", EnvAPIKeyScheme, Bearer, LogsKey)
		}
	}
	return APIKeyFrom(secretFromEnv(name, name == EnvAPIKeyFile), opts...), nil
}

// secretFromEnv returns the secret that a variable holds, or the file that it names.
func secretFromEnv(name string, isFile bool) *Secret {
	if !isFile {
		return Env(name)
	}
	path := env.Get(name)
	if exists(path) {
		return File(path)
	}
	return file(path, "file of "+name, "the file of "+name) // the value may be the secret itself
}

// clientFromEnv returns the credential of an OAuth client, of its own or of a person.
func clientFromEnv() (*Credential, error) {
	style, err := authStyleFromEnv()
	if err != nil {
		return nil, err
	}
	secret, err := clientSecretFromEnv()
	if err != nil {
		return nil, err
	}
	scopes := strings.Fields(env.Get(EnvScopes))
	if file := env.Get(EnvTokenFile); file != "" {
		if set := envSet(EnvClientKeyFile, EnvAudience); len(set) > 0 {
			return nil, fmt.Errorf("%s and %s exclude each other", strings.Join(set, " and "), EnvTokenFile)
		}
		return AuthorizationCode(oauth2.Config{
			ClientID: env.Get(EnvClientID),
			Endpoint: oauth2.Endpoint{TokenURL: env.Get(EnvTokenURL), AuthStyle: style},
			Scopes:   scopes,
		}, FileStore(file), secret...), nil
	}
	cfg := clientcredentials.Config{
		ClientID: env.Get(EnvClientID), TokenURL: env.Get(EnvTokenURL), Scopes: scopes, AuthStyle: style,
	}
	if audience := env.Get(EnvAudience); audience != "" {
		cfg.EndpointParams = url.Values{"audience": {audience}}
	}
	return ClientCredentials(cfg, secret...), nil
}

// clientSecretFromEnv returns the options with which the client authenticates, or none.
func clientSecretFromEnv() ([]Option, error) {
	set := envSet(EnvClientSecret, EnvClientSecretFile, EnvClientKeyFile)
	ofKey := envSet(EnvClientKeyID, EnvClientKeyAudience)
	switch {
	case len(set) > 1:
		return nil, fmt.Errorf("%s exclude each other", strings.Join(set, " and "))
	case len(ofKey) > 0 && env.Get(EnvClientKeyFile) == "":
		return nil, fmt.Errorf("%s goes with %s only", ofKey[0], EnvClientKeyFile)
	case len(set) == 0:
		return nil, nil
	case set[0] == EnvClientKeyFile && env.Get(EnvClientAuth) != "":
		return nil, fmt.Errorf("%s goes with a client secret, and not with %s", EnvClientAuth, EnvClientKeyFile)
	case set[0] == EnvClientKeyFile:
		opts := []Option{WithPrivateKey(secretFromEnv(set[0], true), env.Get(EnvClientKeyID))}
		if audience := env.Get(EnvClientKeyAudience); audience != "" {
			opts = append(opts, WithAssertionAudience(audience))
		}
		return opts, nil
	default:
		return []Option{WithClientSecret(secretFromEnv(set[0], set[0] == EnvClientSecretFile))}, nil
	}
}

// authStyleFromEnv returns how the client sends its secret.
func authStyleFromEnv() (oauth2.AuthStyle, error) {
	switch style := env.Get(EnvClientAuth); style {
	case "":
		return oauth2.AuthStyleAutoDetect, nil
	case "header":
		return oauth2.AuthStyleInHeader, nil
	case "params":
		return oauth2.AuthStyleInParams, nil
	default:
		return 0, errors.New(EnvClientAuth + ` must be "header" or "params"`)
	}
}

package auth

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
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
// Blanks and line ends around a value do not count, and a variable that has nothing else
// counts as not set. FromEnv returns an error that names the variables if none is set, if
// some are missing, if they do not go together, or if what they say cannot be used, such
// as a file that is missing. A token endpoint on plain http, which transport.WithInsecure
// may permit, is left to Check, whose errors name the variables too.
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

// getenv returns what a variable has, without the blanks and line ends that files of variables
// leave around it.
func getenv(name string) string { return strings.TrimSpace(os.Getenv(name)) }

// envSet returns those of the variables that are set.
func envSet(names ...string) (set []string) {
	for _, name := range names {
		if getenv(name) != "" {
			set = append(set, name)
		}
	}
	return set
}

// fromEnv returns the credential and the names of its variables.
func fromEnv() (credential *Credential, variables []string, err error) {
	key := envSet(EnvAPIKey, EnvAPIKeyFile, EnvAPIKeyHeader, EnvAPIKeyScheme)
	client := envSet(EnvClientID, EnvClientSecret, EnvClientSecretFile, EnvClientKeyFile, EnvClientKeyID,
		EnvClientKeyAudience, EnvClientAuth, EnvTokenURL, EnvScopes, EnvAudience, EnvTokenFile)
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
		if where == EnvAPIKeyHeader {
			opts = append(opts, WithHeader(getenv(where)))
		} else {
			opts = append(opts, WithScheme(getenv(where)))
		}
	}
	return APIKeyFrom(secretFromEnv(name, name == EnvAPIKeyFile), opts...), nil
}

// secretFromEnv returns the secret that a variable holds, or the file that it names.
func secretFromEnv(name string, isFile bool) *Secret {
	if isFile {
		return File(getenv(name))
	}
	return Env(name)
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
	scopes := strings.Fields(getenv(EnvScopes))
	if file := getenv(EnvTokenFile); file != "" {
		if set := envSet(EnvClientKeyFile, EnvAudience); len(set) > 0 {
			return nil, fmt.Errorf("%s and %s exclude each other", strings.Join(set, " and "), EnvTokenFile)
		}
		return AuthorizationCode(oauth2.Config{
			ClientID: getenv(EnvClientID),
			Endpoint: oauth2.Endpoint{TokenURL: getenv(EnvTokenURL), AuthStyle: style},
			Scopes:   scopes,
		}, FileStore(file), secret...), nil
	}
	cfg := clientcredentials.Config{
		ClientID: getenv(EnvClientID), TokenURL: getenv(EnvTokenURL), Scopes: scopes, AuthStyle: style,
	}
	if audience := getenv(EnvAudience); audience != "" {
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
	case len(ofKey) > 0 && getenv(EnvClientKeyFile) == "":
		return nil, fmt.Errorf("%s goes with %s only", ofKey[0], EnvClientKeyFile)
	case len(set) == 0:
		return nil, nil
	case set[0] == EnvClientKeyFile && getenv(EnvClientAuth) != "":
		return nil, fmt.Errorf("%s goes with a client secret, and not with %s", EnvClientAuth, EnvClientKeyFile)
	case set[0] == EnvClientKeyFile:
		opts := []Option{WithPrivateKey(secretFromEnv(set[0], true), getenv(EnvClientKeyID))}
		if audience := getenv(EnvClientKeyAudience); audience != "" {
			opts = append(opts, WithAssertionAudience(audience))
		}
		return opts, nil
	default:
		return []Option{WithClientSecret(secretFromEnv(set[0], set[0] == EnvClientSecretFile))}, nil
	}
}

// authStyleFromEnv returns how the client sends its secret.
func authStyleFromEnv() (oauth2.AuthStyle, error) {
	switch style := getenv(EnvClientAuth); style {
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

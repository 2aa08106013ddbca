package auth_test

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
)

// setEnv sets the variables, given as names and values, and no other that FromEnv reads.
func setEnv(t *testing.T, env ...string) {
	t.Helper()
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "LOGSTO_") {
			t.Setenv(name, "") // which restores it
			_ = os.Unsetenv(name)
		}
	}
	for i := 0; i < len(env); i += 2 {
		t.Setenv(env[i], env[i+1])
	}
}

// clientEnv returns the variables of a client without a secret, and more.
func clientEnv(more ...string) []string {
	return append([]string{auth.EnvClientID, "me", auth.EnvTokenURL, tokenURL}, more...)
}

// fileOf returns the path of a file that has the text.
func fileOf(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(ownDir(t), "file")
	write(t, path, text)
	return path
}

// tokenFile returns the path of a file with a token that must be refreshed.
func tokenFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(ownDir(t), "token.json")
	tok := &oauth2.Token{AccessToken: "old", RefreshToken: "r-1", Expiry: time.Now().Add(-time.Hour)}
	err := auth.FileStore(path).Update(t.Context(), tokenURL+" me", func(context.Context, *oauth2.Token) (*oauth2.Token, error) { return tok, nil })
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// privateKeyFile returns the path of a file with a private key.
func privateKeyFile(t *testing.T) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	return fileOf(t, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
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

// asked is what a request carries, and what the token endpoint was sent for it.
type asked struct {
	log    http.Header
	form   url.Values
	basic  bool
	id     string
	secret string
}

// RoundTrip is the token endpoint.
func (a *asked) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.ParseForm(); err != nil {
		return nil, err
	}
	a.form = req.PostForm
	a.id, a.secret, a.basic = req.BasicAuth()
	return respond(req, 200, `{"access_token":"new","refresh_token":"r-2","expires_in":3600}`), nil
}

func TestEachVariableOfTheEnvironment(t *testing.T) {
	var got *asked
	bearer := func() bool {
		return got.log.Get("Authorization") == "Bearer new" && got.log.Get("X-Logs-Api-Key") == ""
	}
	for name, c := range map[string]struct {
		env  []string
		good func() bool
	}{
		"key":    {[]string{auth.EnvAPIKey, "k"}, func() bool { return got.log.Get("X-Logs-Api-Key") == "k" }},
		"file":   {[]string{auth.EnvAPIKeyFile, fileOf(t, "of-file\n")}, func() bool { return got.log.Get("X-Logs-Api-Key") == "of-file" }},
		"header": {[]string{auth.EnvAPIKey, "k", auth.EnvAPIKeyHeader, "X-Other"}, func() bool { return got.log.Get("X-Other") == "k" && got.log.Get("X-Logs-Api-Key") == "" }},
		"scheme": {[]string{auth.EnvAPIKey, "k", auth.EnvAPIKeyScheme, "Logs-Key"}, func() bool { return got.log.Get("Authorization") == "Logs-Key k" }},
		"secret": {clientEnv(auth.EnvClientSecret, "s", auth.EnvScopes, " a  b "), func() bool {
			return bearer() && got.basic && got.id == "me" && got.secret == "s" && got.form.Get("scope") == "a b" && !got.form.Has("audience")
		}},
		"secret of a file":  {clientEnv(auth.EnvClientSecretFile, fileOf(t, "of-file")), func() bool { return bearer() && got.secret == "of-file" }},
		"secret in params":  {clientEnv(auth.EnvClientSecret, "s", auth.EnvClientAuth, "params"), func() bool { return bearer() && !got.basic && got.form.Get("client_secret") == "s" }},
		"secret in headers": {clientEnv(auth.EnvClientSecret, "s", auth.EnvClientAuth, "header"), func() bool { return bearer() && got.basic }},
		"audience":          {clientEnv(auth.EnvClientSecret, "s", auth.EnvAudience, "logs"), func() bool { return bearer() && got.form.Get("audience") == "logs" }},
		"private key": {clientEnv(auth.EnvClientKeyFile, privateKeyFile(t)), func() bool {
			of := claims(t, got.form.Get("client_assertion"))
			_, kid := of["kid"]
			return bearer() && !kid && of["aud"] == tokenURL
		}},
		"private key, named": {clientEnv(auth.EnvClientKeyFile, privateKeyFile(t), auth.EnvClientKeyID, "k-1", auth.EnvClientKeyAudience, "https://issuer/"), func() bool {
			of := claims(t, got.form.Get("client_assertion"))
			return bearer() && of["kid"] == "k-1" && of["aud"] == "https://issuer/"
		}},
		"token file":                {clientEnv(auth.EnvTokenFile, tokenFile(t)), func() bool { return bearer() && got.form.Get("refresh_token") == "r-1" && !got.basic }},
		"token file, with a secret": {clientEnv(auth.EnvTokenFile, tokenFile(t), auth.EnvClientSecret, "s"), func() bool { return bearer() && got.basic && got.secret == "s" }},
		"token file, in params": {clientEnv(auth.EnvTokenFile, tokenFile(t), auth.EnvClientSecret, "s", auth.EnvClientAuth, "params"), func() bool {
			return bearer() && !got.basic && got.form.Get("client_secret") == "s"
		}},
		// Files of variables leave carriage returns and blanks around values, which nobody sees.
		"blanks around a key":             {[]string{auth.EnvAPIKey, "k\r\n"}, func() bool { return got.log.Get("X-Logs-Api-Key") == "k" }},
		"blanks around a file and header": {[]string{auth.EnvAPIKeyFile, fileOf(t, "k\r\n") + "\r", auth.EnvAPIKeyHeader, "X-Other\r"}, func() bool { return got.log.Get("X-Other") == "k" }},
		"blanks around a client": {
			[]string{auth.EnvClientID, "me\r", auth.EnvTokenURL, tokenURL + " ", auth.EnvClientSecret, "s\r", auth.EnvClientAuth, "params\r"},
			func() bool {
				return bearer() && got.form.Get("client_id") == "me" && got.form.Get("client_secret") == "s"
			},
		},
		"blanks around a file of a client": {clientEnv(auth.EnvClientSecretFile, fileOf(t, "s\r\n")+"\r"), func() bool { return bearer() && got.secret == "s" }},
	} {
		t.Run(name, func(t *testing.T) {
			setEnv(t, c.env...)
			credential, err := auth.FromEnv()
			if err != nil {
				t.Fatal(err)
			}
			got = &asked{log: http.Header{}}
			_, err = credential.Apply(t.Context(), &http.Client{Transport: got}, got.log)
			if err != nil || !c.good() {
				t.Errorf("%v; sent %+v", err, got)
			}
		})
	}
}

func TestAKeyOfTheEnvironmentIsReadAgain(t *testing.T) {
	setEnv(t, auth.EnvAPIKey, "one")
	c, err := auth.FromEnv()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(auth.EnvAPIKey, "two")
	if got, err := c.Apply(t.Context(), nil, http.Header{}); got != "two" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestVariablesThatDoNotGoTogether(t *testing.T) {
	const key, id, sec, url, scopes = auth.EnvAPIKey, auth.EnvClientID, auth.EnvClientSecret, auth.EnvTokenURL, auth.EnvScopes
	const secrets = sec + " or LOGSTO_CLIENT_SECRET_FILE or LOGSTO_CLIENT_KEY_FILE or LOGSTO_TOKEN_FILE"
	for want, env := range map[string][]string{
		"set " + key + ", or " + id + ", " + sec + " and " + url + ", or others that its documentation has": nil,

		id + " set, but not " + secrets + ", and not " + url:                         {id, "me"},
		sec + " set, but not " + id + ", and not " + url:                             {sec, secret},
		url + " set, but not " + id + ", and not " + secrets:                         {url, tokenURL},
		id + ", " + url + " set, but not " + secrets:                                 clientEnv(),
		sec + ", " + url + " set, but not " + id:                                     {sec, secret, url, tokenURL},
		id + ", " + sec + " set, but not " + url:                                     {id, "me", sec, secret},
		scopes + " set, but not " + id + ", and not " + secrets + ", and not " + url: {scopes, "a"},

		"both an API key (LOGSTO_API_KEY) and a client (LOGSTO_CLIENT_ID, LOGSTO_CLIENT_SECRET, LOGSTO_TOKEN_URL) are set; leave one out": clientEnv(sec, secret, key, secret),
		"both an API key (LOGSTO_API_KEY) and a client (LOGSTO_CLIENT_SECRET) are set":                                                    {key, secret, sec, secret},
		"both an API key (LOGSTO_API_KEY_SCHEME) and a client (LOGSTO_AUDIENCE)":                                                          {auth.EnvAPIKeyScheme, "Bearer", auth.EnvAudience, "a"},

		"LOGSTO_API_KEY and LOGSTO_API_KEY_FILE exclude each other":                 {key, secret, auth.EnvAPIKeyFile, "f"},
		"set LOGSTO_API_KEY or LOGSTO_API_KEY_FILE":                                 {auth.EnvAPIKeyHeader, "X-Other"},
		"LOGSTO_API_KEY_HEADER and LOGSTO_API_KEY_SCHEME exclude each other":        {key, secret, auth.EnvAPIKeyHeader, "X", auth.EnvAPIKeyScheme, "Y"},
		"LOGSTO_CLIENT_SECRET and LOGSTO_CLIENT_KEY_FILE exclude each other":        clientEnv(sec, secret, auth.EnvClientKeyFile, "f"),
		"LOGSTO_CLIENT_KEY_ID goes with LOGSTO_CLIENT_KEY_FILE only":                clientEnv(sec, secret, auth.EnvClientKeyID, "k"),
		"LOGSTO_CLIENT_KEY_AUDIENCE goes with LOGSTO_CLIENT_KEY_FILE only":          clientEnv(sec, secret, auth.EnvClientKeyAudience, "a"),
		"LOGSTO_CLIENT_AUTH goes with a client secret, and not with LOGSTO_CLIENT_": clientEnv(auth.EnvClientKeyFile, "f", auth.EnvClientAuth, "params"),
		`LOGSTO_CLIENT_AUTH must be "header" or "params"`:                           clientEnv(sec, secret, auth.EnvClientAuth, "Header"),
		"LOGSTO_AUDIENCE and LOGSTO_TOKEN_FILE exclude each other":                  clientEnv(auth.EnvTokenFile, "f", auth.EnvAudience, "a"),
		"LOGSTO_CLIENT_KEY_FILE and LOGSTO_TOKEN_FILE exclude each other":           clientEnv(auth.EnvTokenFile, "f", auth.EnvClientKeyFile, "k"),
	} {
		setEnv(t, env...)
		_, err := auth.FromEnv()
		if err == nil || !strings.HasPrefix(err.Error(), "auth: FromEnv: "+want) {
			t.Errorf("%v, want one of %s", err, want)
		}
		if err != nil && strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("the error shows the secret: %v", err)
		}
	}
}

// What is wrong with a value is known at once, with the names of the variables.
func TestVariablesThatCannotBeUsed(t *testing.T) {
	for want, env := range map[string][]string{
		"LOGSTO_API_KEY: auth: APIKey: environment variable LOGSTO_API_KEY: the key has":                         {auth.EnvAPIKey, secret + "\nX: 1"},
		`LOGSTO_API_KEY, LOGSTO_API_KEY_HEADER: auth: APIKey: WithHeader("X:"): `:                                {auth.EnvAPIKey, secret, auth.EnvAPIKeyHeader, "X:"},
		"LOGSTO_API_KEY_FILE: auth: APIKey: file of LOGSTO_API_KEY_FILE: ":                                       {auth.EnvAPIKeyFile, "/none"},
		"LOGSTO_CLIENT_ID, LOGSTO_CLIENT_SECRET_FILE, LOGSTO_TOKEN_URL: auth: ClientCredentials: file of LOGSTO": clientEnv(auth.EnvClientSecretFile, "/none"),

		"LOGSTO_API_KEY is set, but empty":                                         {auth.EnvAPIKey, " \r"},
		"LOGSTO_SCOPES is set, but empty":                                          clientEnv(auth.EnvClientSecret, secret, auth.EnvScopes, ""),
		"LOGSTO_CLIENT_ID has quotation marks around its value":                    {auth.EnvClientID, `"me"`, auth.EnvClientSecret, secret, auth.EnvTokenURL, tokenURL},
		"LOGSTO_CLIENT_SECRET has quotation marks around its value":                clientEnv(auth.EnvClientSecret, "'"+secret+"'"),
		"LOGSTO_APIKEY is unknown: LOGSTO_API_KEY?":                                {"LOGSTO_APIKEY", secret},
		"LOGSTO_SCOPE is unknown: LOGSTO_SCOPES?":                                  clientEnv(auth.EnvClientSecret, secret, "LOGSTO_SCOPE", "a"),
		"LOGSTO_ENDPONT is unknown: LOGSTO_ENDPOINT?":                              {auth.EnvAPIKey, secret, "LOGSTO_ENDPONT", "https://h"},
		`LOGSTO_API_KEY_SCHEME must be "Bearer" or "Logs-Key"`:                     {auth.EnvAPIKey, secret, auth.EnvAPIKeyScheme, "LogsKey"},
		"LOGSTO_API_KEY_SCHEME must be":                                            {auth.EnvAPIKey, "k", auth.EnvAPIKeyScheme, secret},
		"LOGSTO_API_KEY: auth: APIKey: environment variable LOGSTO_API_KEY: the k": {auth.EnvAPIKey, "Bearer " + secret},
		`LOGSTO_CLIENT_ID, LOGSTO_CLIENT_SECRET, LOGSTO_TOKEN_URL: auth: ClientCredentials: TokenURL "https://h:99999": the port is not from`: {
			auth.EnvClientID, "me", auth.EnvClientSecret, secret, auth.EnvTokenURL, "https://h:99999",
		},
		"LOGSTO_CLIENT_ID, LOGSTO_CLIENT_SECRET, LOGSTO_TOKEN_URL: auth: ClientCredentials: TokenURL is not a U": {auth.EnvClientID, "me", auth.EnvClientSecret, secret, auth.EnvTokenURL, "https://u:s3cr3t@h/%zz"},
	} {
		setEnv(t, env...)
		_, err := auth.FromEnv()
		if err == nil || !strings.HasPrefix(err.Error(), "auth: FromEnv: "+want) {
			t.Errorf("%v, want one of %s", err, want)
		}
		if err != nil && strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("the error shows the secret: %v", err)
		}
	}
}

// What stands in the wrong variable may be the secret, however much it looks like a path.
func TestASecretInTheWrongVariableIsNotShown(t *testing.T) {
	for _, wrong := range []string{
		"s3cr3t", "s3cr3t/of+base64/aGVyZQ==", "/s3cr3t", "eyJhbGciOiJub25lIn0.s3cr3t.c2lnbmF0dXJl", "C:\\s3cr3t", "s3cr3t" + strings.Repeat("x/", 4000),
		"s3cr3t" + strings.Repeat("x", 4000),
	} {
		for _, env := range [][]string{
			{auth.EnvAPIKeyFile, wrong},
			{auth.EnvAPIKey, "k", auth.EnvAPIKeyScheme, wrong},
			clientEnv(auth.EnvClientSecretFile, wrong),
			clientEnv(auth.EnvClientKeyFile, wrong),
			clientEnv(auth.EnvClientSecret, "k", auth.EnvClientAuth, wrong),
			{auth.EnvClientID, "me", auth.EnvClientSecret, "k", auth.EnvTokenURL, wrong},
		} {
			setEnv(t, env...)
			c, err := auth.FromEnv()
			if err == nil || strings.Contains(err.Error(), "s3cr3t") || !strings.Contains(err.Error(), env[len(env)-2]) {
				t.Errorf("%.40q: %v, %.200v", env, c, err)
			}
		}
		setEnv(t, clientEnv(auth.EnvTokenFile, wrong)...)
		c, err := auth.FromEnv()
		if err == nil {
			_, err = c.Apply(t.Context(), nil, http.Header{})
		}
		if err == nil || strings.Contains(err.Error(), "s3cr3t") && wrong != "/s3cr3t" && wrong != "s3cr3t" { // which may be one
			t.Errorf("%.40q as the token file: %.200v", wrong, err)
		}
	}
}

// Whether plain http is permitted is known to whom the credential is given.
func TestAPlainTokenURLOfTheEnvironmentIsLeftToCheck(t *testing.T) {
	setEnv(t, auth.EnvClientID, "me", auth.EnvClientSecret, secret, auth.EnvTokenURL, "http://auth.example/")
	c, err := auth.FromEnv()
	if err == nil {
		err = c.Check(true)
	}
	if err != nil {
		t.Fatal(err)
	}
	const want = `auth: FromEnv: LOGSTO_CLIENT_ID, LOGSTO_CLIENT_SECRET, LOGSTO_TOKEN_URL: auth: ClientCredentials: TokenURL "http://auth.example/": plain http`
	if err := c.Check(false); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v", err)
	}
}

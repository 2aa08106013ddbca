package auth_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/logsto/logsto-go/auth"
)

const secret = `s3cr3t/+&"key`

// config returns client credentials for the token endpoint.
func config(tokenURL string) clientcredentials.Config {
	return clientcredentials.Config{ClientID: "me", ClientSecret: secret, TokenURL: tokenURL}
}

// oauthSource is a source of which a nil pointer panics.
type oauthSource struct{ token oauth2.Token }

func (s *oauthSource) Token() (*oauth2.Token, error) { return &s.token, nil }

func static(token string) oauth2.TokenSource {
	return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token})
}

const tokenURL = "https://auth.example/token"

// nilSource panics if it is nil.
type nilSource struct{ token oauth2.Token }

func (s *nilSource) Token() (*oauth2.Token, error) { return &s.token, nil }

func TestCheckNamesWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		credential *auth.Credential
		want       string // in the error; empty if there is none
		insecure   string // the same with insecure; "same" if no different
	}{
		"zero":                     {credential: new(auth.Credential), want: "not made by a constructor", insecure: "same"},
		"nil":                      {credential: nil, want: "credential is nil", insecure: "same"},
		"key":                      {credential: auth.APIKey(secret)},
		"key with a blank inside":  {credential: auth.APIKey("two words")},
		"empty key":                {credential: auth.APIKey(""), want: "APIKey: the key is empty", insecure: "same"},
		"key with a line feed":     {credential: auth.APIKey(secret + "\n"), want: "APIKey: the key has", insecure: "same"},
		"key with CR and LF":       {credential: auth.APIKey(secret + "\r\nX-Evil: 1"), want: "APIKey: the key has", insecure: "same"},
		"key with a blank first":   {credential: auth.APIKey(" " + secret), want: "APIKey: the key has", insecure: "same"},
		"key with a blank last":    {credential: auth.APIKey(secret + " "), want: "APIKey: the key has", insecure: "same"},
		"key of a blank":           {credential: auth.APIKey(" "), want: "APIKey: the key has", insecure: "same"},
		"key with a tab":           {credential: auth.APIKey(secret + "\t"), want: "APIKey: the key has", insecure: "same"},
		"key with a NUL":           {credential: auth.APIKey(secret + "\x00"), want: "APIKey: the key has", insecure: "same"},
		"key with a DEL":           {credential: auth.APIKey(secret + "\x7f"), want: "APIKey: the key has", insecure: "same"},
		"key in another script":    {credential: auth.APIKey(secret + "é"), want: "APIKey: the key has", insecure: "same"},
		"key in quotes":            {credential: auth.APIKey(`"` + secret + `"`), want: "APIKey: the key has quotation marks around it", insecure: "same"},
		"key in single quotes":     {credential: auth.APIKey("'" + secret + "'"), want: "APIKey: the key has quotation marks around it", insecure: "same"},
		"key with a quote":         {credential: auth.APIKey(secret + `"`)},
		"key with a scheme":        {credential: auth.APIKey("Bearer " + secret), want: "APIKey: the key has a scheme or a name before it", insecure: "same"},
		"key with another scheme":  {credential: auth.APIKey("logs-key " + secret), want: "APIKey: the key has a scheme or a name before it", insecure: "same"},
		"key with its header":      {credential: auth.APIKey("X-Logs-Api-Key: " + secret), want: "APIKey: the key has a scheme or a name before it", insecure: "same"},
		"key with its variable":    {credential: auth.APIKey("LOGSTO_API_KEY=" + secret), want: "APIKey: the key has a scheme or a name before it", insecure: "same"},
		"key like a scheme":        {credential: auth.APIKey("bearer-" + secret)},
		"name of the constant":     {credential: auth.APIKey(secret, auth.WithScheme("LogsKey")), want: `WithScheme("LogsKey"): the scheme is Logs-Key`, insecure: "same"},
		"port that none can have":  {credential: auth.ClientCredentials(config("https://auth.example:99999/t")), want: `TokenURL "https://auth.example:99999/t": the port is not from 1 to 65535`, insecure: "same"},
		"source of a nil pointer":  {credential: auth.TokenSource((*nilSource)(nil)), want: "TokenSource: the source is nil", insecure: "same"},
		"nil option":               {credential: auth.APIKey(secret, nil), want: "APIKey: an option is nil", insecure: "same"},
		"empty header":             {credential: auth.APIKey(secret, auth.WithHeader("")), want: `WithHeader("")`, insecure: "same"},
		"header with a colon":      {credential: auth.APIKey(secret, auth.WithHeader("X-Key:")), want: `WithHeader("X-Key:")`, insecure: "same"},
		"header with a line feed":  {credential: auth.APIKey(secret, auth.WithHeader("X\n")), want: `WithHeader("X\n")`, insecure: "same"},
		"header beyond ASCII":      {credential: auth.APIKey(secret, auth.WithHeader("Clé")), want: `WithHeader("Clé")`, insecure: "same"},
		"empty scheme":             {credential: auth.APIKey(secret, auth.WithScheme("")), want: `WithScheme("")`, insecure: "same"},
		"scheme with a blank":      {credential: auth.APIKey(secret, auth.WithScheme("Bearer ")), want: `WithScheme("Bearer ")`, insecure: "same"},
		"the first of two":         {credential: auth.APIKey("", auth.WithScheme("")), want: `WithScheme("")`, insecure: "same"},
		"client":                   {credential: auth.ClientCredentials(config(tokenURL))},
		"client without an id":     {credential: auth.ClientCredentials(clientcredentials.Config{ClientSecret: secret, TokenURL: tokenURL}), want: "ClientCredentials: ClientID is empty", insecure: "same"},
		"client without a secret":  {credential: auth.ClientCredentials(clientcredentials.Config{ClientID: "me", TokenURL: tokenURL}), want: "ClientCredentials: ClientSecret is empty", insecure: "same"},
		"no token URL":             {credential: auth.ClientCredentials(config("")), want: "ClientCredentials: TokenURL is empty", insecure: "same"},
		"malformed token URL":      {credential: auth.ClientCredentials(config("https://auth.example/%zz")), want: "TokenURL is not a URL", insecure: "same"},
		"token URL with no scheme": {credential: auth.ClientCredentials(config("auth.example/token")), want: `TokenURL "***": not an https URL`, insecure: "same"},
		"token URL with no host":   {credential: auth.ClientCredentials(config("https:///token")), want: "not an https URL", insecure: "same"},
		"token URL of a port":      {credential: auth.ClientCredentials(config("https://:443/token")), want: "not an https URL", insecure: "same"},
		"token URL of a file":      {credential: auth.ClientCredentials(config("file:///token")), want: "not an https URL", insecure: "same"},
		"token URL with a user":    {credential: auth.ClientCredentials(config("https://me:" + "s3cr3t@auth.example/token")), want: `TokenURL "***@auth.example/token"`, insecure: "same"},
		"user without a scheme":    {credential: auth.ClientCredentials(config("me:s3cr3t@auth.example")), want: `TokenURL "***"`, insecure: "same"},
		"secret in the query":      {credential: auth.ClientCredentials(config("http://auth.example/token?key=s3cr3t")), want: `TokenURL "http://auth.example/token?***"`},
		"plain http":               {credential: auth.ClientCredentials(config("http://auth.example/token")), want: `TokenURL "http://auth.example/token": plain http`},
		"http to an address":       {credential: auth.ClientCredentials(config("http://10.0.0.1/token")), want: "plain http"},
		"http to every address":    {credential: auth.ClientCredentials(config("http://0.0.0.0/token")), want: "plain http"},
		"http to a look-alike":     {credential: auth.ClientCredentials(config("http://localhost.example/token")), want: "plain http"},
		"http to localhost":        {credential: auth.ClientCredentials(config("http://localhost:8080/token"))},
		"http to 127.0.0.1":        {credential: auth.ClientCredentials(config("http://127.0.0.1:8080/token"))},
		"http to ::1":              {credential: auth.ClientCredentials(config("http://[::1]:8080/token"))},
		"client with a header":     {credential: auth.ClientCredentials(config(tokenURL), auth.WithHeader("X-Key")), want: "ClientCredentials: WithHeader goes with API keys only", insecure: "same"},
		"client with a scheme":     {credential: auth.ClientCredentials(config(tokenURL), auth.WithScheme("Basic")), want: "ClientCredentials: WithScheme goes with API keys only", insecure: "same"},
		"client, nil option":       {credential: auth.ClientCredentials(config(tokenURL), nil), want: "ClientCredentials: an option is nil", insecure: "same"},
		"source":                   {credential: auth.TokenSource(static(secret))},
		"nil source":               {credential: auth.TokenSource(nil), want: "TokenSource: the source is nil", insecure: "same"},
		"nil pointer as a source":  {credential: auth.TokenSource((*oauthSource)(nil)), want: "TokenSource: the source is nil", insecure: "same"},
		"source with a header":     {credential: auth.TokenSource(static(secret), auth.WithHeader("X-Key")), want: "TokenSource: WithHeader goes with API keys only", insecure: "same"},
		"source with a scheme":     {credential: auth.TokenSource(static(secret), auth.WithScheme("Basic")), want: "TokenSource: WithScheme goes with API keys only", insecure: "same"},
	} {
		if c.insecure == "same" {
			c.insecure = c.want
		}
		for insecure, want := range map[bool]string{false: c.want, true: c.insecure} {
			err := c.credential.Check(insecure)
			switch {
			case want == "" && err != nil:
				t.Errorf("%s, insecure %v: %v", name, insecure, err)
			case want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "auth: ")):
				t.Errorf("%s, insecure %v: error %v, want one with %q", name, insecure, err, want)
			}
			if err != nil && strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("%s: the error shows the secret: %v", name, err)
			}
		}
	}
}

func TestApplySetsOneHeader(t *testing.T) {
	for name, c := range map[string]struct {
		credential     *auth.Credential
		header, prefix string
	}{
		"key":                   {auth.APIKey(secret), "X-Logs-Api-Key", ""},
		"key in a header":       {auth.APIKey(secret, auth.WithHeader("x-my-KEY")), "X-My-Key", ""},
		"Bearer":                {auth.APIKey(secret, auth.WithScheme(auth.Bearer)), "Authorization", "Bearer "},
		"Logs-Key":              {auth.APIKey(secret, auth.WithScheme(auth.LogsKey)), "Authorization", "Logs-Key "},
		"another scheme":        {auth.APIKey(secret, auth.WithScheme("ApiKey")), "Authorization", "ApiKey "},
		"header, then scheme":   {auth.APIKey(secret, auth.WithHeader("X-My-Key"), auth.WithScheme("Bearer")), "Authorization", "Bearer "},
		"scheme, then header":   {auth.APIKey(secret, auth.WithScheme("Bearer"), auth.WithHeader("X-My-Key")), "X-My-Key", ""},
		"no scheme":             {auth.APIKey(secret, auth.WithHeader("Authorization")), "Authorization", ""},
		"token":                 {auth.TokenSource(static(secret)), "Authorization", "Bearer "},
		"token of another kind": {auth.TokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: secret, TokenType: "bearer"})), "Authorization", "Bearer "},
	} {
		h := http.Header{"X-Other": {"stays"}, c.header: {"goes", "goes too"}}
		got, err := c.credential.Apply(t.Context(), nil, h)
		if err != nil || got != secret {
			t.Errorf("%s: Apply returned %q, %v", name, got, err)
		}
		if c.credential.Header() != c.header {
			t.Errorf("%s: Header is %q, want %q", name, c.credential.Header(), c.header)
		}
		if v := h[c.header]; len(h) != 2 || len(v) != 1 || v[0] != c.prefix+secret {
			t.Errorf("%s: headers %v, want %s: %s", name, h, c.header, c.prefix+secret)
		}
	}
}

func TestAKeyThatIsRefusedStaysRefused(t *testing.T) {
	c := auth.APIKey(secret)
	got, err := c.Apply(t.Context(), nil, http.Header{})
	if err != nil || got != secret {
		t.Fatalf("Apply returned %q, %v", got, err)
	}
	c.Refused(got)
	if got, err := c.Apply(t.Context(), nil, http.Header{}); err != nil || got != secret {
		t.Errorf("Apply returned %q, %v", got, err)
	}
}

func TestAKeyNeedsNoContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	// There is nothing to wait for; who sends the request sees the end.
	if _, err := auth.APIKey(secret).Apply(ctx, nil, http.Header{}); err != nil {
		t.Error(err)
	}
}

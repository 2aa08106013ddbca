package endtoend

import (
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// credentialKind is one way to be let in.
type credentialKind struct {
	name       string
	credential func(*logstotest.Server) *auth.Credential
	secrets    []string // that it is given
	server     []logstotest.Option
	fetches    bool // it asks the token endpoint
}

// The secrets. Some have letters that are escaped in URLs, JSON, HTML and so on, some
// have none; the halves of each are of no other text.
const (
	plainKey     = "k8TqZ2vYw7RbN4xLmP9sJd3HfG6c"
	awkwardKey   = `Qz7/+&Vw"x9<Kj4>%25T'm?Nb=8`
	plainSecret  = "Xc5WnBt8Qp2ZrVk7MyLd4SgHj6Fa"
	awkward      = `Rf3+/&Yh"u6<Gd9>%41Wp'e?Lt=2`
	sourceToken  = "eyJhbGciOiJub25lIn0.Vb6NmQw3ErTy8UiOp2AsDf.Lk5JhGfDs"
	issuedToken  = "Zt4UvIo7PlKm2NjBh9VgCf5XdRs8" // that the token endpoint gives away in a trouble
	secretClient = "a-service"
)

var credentialKinds = []credentialKind{
	{
		name:       "API key",
		credential: func(*logstotest.Server) *auth.Credential { return auth.APIKey(awkwardKey) },
		secrets:    []string{awkwardKey},
		server:     []logstotest.Option{logstotest.WithAPIKey(awkwardKey)},
	},
	{
		name: "API key with a scheme",
		credential: func(*logstotest.Server) *auth.Credential {
			return auth.APIKey(plainKey, auth.WithScheme(auth.LogsKey))
		},
		secrets: []string{plainKey},
		server:  []logstotest.Option{logstotest.WithAPIKey(plainKey)},
	},
	{
		name:       "client credentials in the header",
		credential: clientWith(awkward, oauth2.AuthStyleInHeader),
		secrets:    []string{awkward},
		server:     []logstotest.Option{logstotest.WithOAuthClient(secretClient, awkward)},
		fetches:    true,
	},
	{
		name:       "client credentials in the body",
		credential: clientWith(awkward, oauth2.AuthStyleInParams),
		secrets:    []string{awkward},
		server:     []logstotest.Option{logstotest.WithOAuthClient(secretClient, awkward)},
		fetches:    true,
	},
	{
		name:       "client credentials here or there",
		credential: clientWith(plainSecret, oauth2.AuthStyleAutoDetect),
		secrets:    []string{plainSecret},
		server:     []logstotest.Option{logstotest.WithOAuthClient(secretClient, plainSecret)},
		fetches:    true,
	},
	{
		name: "token source",
		credential: func(*logstotest.Server) *auth.Credential {
			return auth.TokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: sourceToken, RefreshToken: plainSecret}))
		},
		secrets: []string{sourceToken, plainSecret},
		server:  []logstotest.Option{logstotest.WithAPIKey(sourceToken)},
	},
}

// clientWith are client credentials that are sent in this style.
func clientWith(secret string, style oauth2.AuthStyle) func(*logstotest.Server) *auth.Credential {
	return func(s *logstotest.Server) *auth.Credential {
		return auth.ClientCredentials(clientcredentials.Config{
			ClientID: secretClient, ClientSecret: secret, TokenURL: s.TokenURL(), AuthStyle: style,
		})
	}
}

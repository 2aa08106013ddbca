package auth

import (
	"net/url"
	"slices"
	"strings"
)

// Origin says where the secret comes from, for messages that have to say which of
// several is at fault:
//
//	LOGSTO_API_KEY                            the variable of Env
//	the file /run/secrets/logsto              the path of File
//	a function                                Func
//	auth.Literal                              Literal
//	auth.APIKey                               APIKey
//	the token endpoint https://auth.example/  ClientCredentials and AuthorizationCode
//	a token source                            TokenSource
//
// For [Chain] it is the source whose key Apply returned last, also if the server has
// refused that since. Before there was one it is all of them, joined with " or ".
//
// Origin waits for nothing and reads nothing. It never shows the secret: a URL has neither
// user, query nor fragment, and what does not look like the name of a variable, a path or
// a URL is left out, for it may be the secret by mistake. It is empty for a credential
// that is nil or not made by a constructor.
func (c *Credential) Origin() string {
	if c == nil || c.origin == nil {
		return ""
	}
	return c.origin()
}

// originOf returns a function for what does not change.
func originOf(text string) func() string { return func() string { return text } }

// tokenEndpoint returns the origin of tokens from the URL.
func tokenEndpoint(raw string) string {
	const name = "the token endpoint"
	u, err := url.Parse(raw)
	// With an @ in the path, a password with a slash stands before it.
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || strings.Contains(u.Path, "@") {
		return name
	}
	return name + " " + bareURL(raw)
}

// either returns the origins of the sources, each once.
func either(sources []*Secret) string {
	var origins []string
	for _, one := range sources {
		if !slices.Contains(origins, one.origin) {
			origins = append(origins, one.origin)
		}
	}
	return strings.Join(origins, " or ")
}

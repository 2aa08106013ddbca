package auth

import (
	"context"
	"net/url"

	"golang.org/x/oauth2"
)

// TokenStore keeps the tokens of a person, so that one login serves many runs of a
// program, and several processes at once. [FileStore] is one; a keyring of the system may
// be another. A store is used by any number of goroutines.
//
// A key stands for an authorization server and a client there (token URL and client id),
// so that a token never goes to another server when the configuration changes. It is no
// secret, and any text.
//
// Of a token, AccessToken, TokenType, RefreshToken, Expiry and ExpiresIn must be kept.
// Errors of a store are passed on in one line, so they must not show tokens.
type TokenStore interface {
	// Load returns the token under key, or nil if there is none. It should not wait
	// for an Update.
	Load(ctx context.Context, key string) (*oauth2.Token, error)
	// Update calls f once, with the token under key or nil, and stores what f returns;
	// nil deletes the token, and is no error if there is none: Login, to see whether a
	// token could be stored, has f return what it is given. No other Update of this key
	// runs meanwhile, in whatever process: f spends a refresh token that is good for one
	// use. It may take half a minute. ctx bounds the wait for others; once f has been called, its token is
	// stored even if ctx has ended. An error of f is returned as it is, and nothing
	// changes. What would keep the store from being written should be found before f is
	// called, since the token that f was given is worth nothing afterwards.
	Update(ctx context.Context, key string, f func(context.Context, *oauth2.Token) (*oauth2.Token, error)) error
}

// tokenKey returns the key of the tokens for a client of a token endpoint. As a URL that
// has been written anew has no blank, no two of them have the same key.
func tokenKey(tokenURL, clientID string) string {
	if u, err := url.Parse(tokenURL); err == nil {
		tokenURL = u.String()
	}
	return tokenURL + " " + clientID
}

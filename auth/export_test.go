package auth

import (
	"context"
	"net/http"

	"golang.org/x/oauth2"
)

// UserFetch is the fetch of a person's tokens.
type UserFetch struct{ u *userFetch }

// NewUserFetch returns what newUserFetch returns.
func NewUserFetch(cfg oauth2.Config, store TokenStore) *UserFetch {
	return &UserFetch{newUserFetch(cfg, store)}
}

// Fetch fetches a token.
func (f *UserFetch) Fetch(ctx context.Context, hc *http.Client, refused string) (*oauth2.Token, error) {
	return f.u.fetch(ctx, hc, refused)
}

// Trouble returns why the last token is not stored.
func (f *UserFetch) Trouble() error { return f.u.trouble() }

// TokenKey returns the key of the tokens for cfg.
func TokenKey(cfg oauth2.Config) string { return tokenKey(cfg.Endpoint.TokenURL, cfg.ClientID) }

// UserSecret replaces the client secret of f.
func (f *UserFetch) UserSecret(get func(context.Context, *http.Client) (string, error)) {
	f.u.clientSecret = get
}

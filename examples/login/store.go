package main

import (
	"context"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
)

// boundStore keeps tokens apart by the endpoint that they are sent to: a token of one is
// not sent to another that somebody has slipped into the configuration.
type boundStore struct {
	auth.TokenStore
	endpoint string // empty for that of Logs.to
}

func (s boundStore) Load(ctx context.Context, key string) (*oauth2.Token, error) {
	return s.TokenStore.Load(ctx, s.bound(key))
}

func (s boundStore) Update(ctx context.Context, key string, f func(context.Context, *oauth2.Token) (*oauth2.Token, error)) error {
	return s.TokenStore.Update(ctx, s.bound(key), f)
}

// bound leaves the key of the default endpoint as it is, so that LOGSTO_TOKEN_FILE of
// other programs finds the token.
func (s boundStore) bound(key string) string {
	if s.endpoint == "" {
		return key
	}
	return key + " " + s.endpoint
}

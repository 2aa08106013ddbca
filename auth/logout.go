package auth

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/oauth2"
)

// Logout has the store forget the token of a [Login] with the same ClientID and
// Endpoint.TokenURL; that there is none is no error. The server is not told, since Logs.to
// documents no way to: what was issued stays good until it ends. So credentials that have a
// token, in whatever process, go on with that until it is time to replace it; then they say
// [ErrLoginRequired].
func Logout(ctx context.Context, cfg oauth2.Config, store TokenStore) error {
	switch {
	case store == nil:
		return errors.New("auth: Logout: the store is nil")
	case cfg.ClientID == "":
		return errors.New("auth: Logout: ClientID is empty")
	case cfg.Endpoint.TokenURL == "":
		return errors.New("auth: Logout: TokenURL is empty")
	}
	err := store.Update(ctx, tokenKey(cfg.Endpoint.TokenURL, cfg.ClientID),
		func(context.Context, *oauth2.Token) (*oauth2.Token, error) { return nil, nil })
	if err != nil {
		return fmt.Errorf("auth: Logout: %w", tame(err))
	}
	return nil
}

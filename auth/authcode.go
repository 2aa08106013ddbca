package auth

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/internal/isnil"
)

// AuthorizationCode authenticates with the access tokens of a person who has logged in
// with the same configuration and store, see [Login]. They are refreshed in the background
// before they end, and when the server has refused one; see RFC 6749, section 6. A refresh
// token that the server replaces is stored before the new access token is used, so that
// any number of processes may share a store. Nobody needs to have logged in when the
// credential is made: requests fail with an error that wraps [ErrLoginRequired], until
// somebody has, in whatever process. A refresh token that the server does not take
// (invalid_grant) is not sent again for five minutes.
//
// cfg needs a ClientID and Endpoint.TokenURL, which must be https, or http to a loopback
// host; a ClientSecret or [WithClientSecret] if the client has one. cfg is copied. If a
// new token cannot be stored, it is used, the error handler of the buffer is told, and
// storing it is tried again with requests, every ten seconds at most.
func AuthorizationCode(cfg oauth2.Config, store TokenStore, opts ...Option) *Credential {
	c := newCredential(kindAuthorizationCode, opts)
	cfg.Scopes = slices.Clone(cfg.Scopes)
	switch {
	case cfg.ClientID == "":
		c.fail("ClientID is empty")
	case isnil.Value(store):
		c.fail("the store is nil")
	case cfg.Endpoint.TokenURL == "":
		c.fail("TokenURL is empty")
	case cfg.ClientSecret != "" && c.clientSecret != nil:
		c.fail("ClientSecret and WithClientSecret exclude each other")
	}
	id := cfg.ClientID
	c.id = func(string) string { return id }
	c.urls = []checkedURL{named("TokenURL", cfg.Endpoint.TokenURL)}
	c.origin = originOf(tokenEndpoint(cfg.Endpoint.TokenURL))
	u := newUserFetch(cfg, store)
	if secret := c.clientSecret; secret != nil {
		u.clientSecret = func(ctx context.Context, hc *http.Client) (string, error) {
			return secret.get(ctx, fetching{hc})
		}
		u.secretRefused = secret.source.refuse
	}
	c.try = func() error { return tryPerson(c.clientSecret, store) }
	c.source = newCache("a token of "+bareURL(cfg.Endpoint.TokenURL), func(ctx context.Context, f fetching, old string) (grant, error) {
		began := time.Now()
		tok, err := u.fetch(ctx, f.client, old)
		if err != nil {
			return grant{}, err
		}
		return tokenGrant(tok, began)
	}).source()
	c.source.alsoWorry(u.trouble)
	secret := c.source.secret
	c.source.secret = func(ctx context.Context, f fetching) (string, error) {
		u.save()
		return secret(ctx, f)
	}
	return c
}

// tryPerson returns why there can be no token, as far as is known without waiting: a client
// secret that is missing, or a token file that cannot be used.
func tryPerson(secret *Secret, store TokenStore) error {
	if secret != nil && secret.source.instant {
		if _, err := secret.get(context.Background(), fetching{}); err != nil {
			return fmt.Errorf("auth: AuthorizationCode: %w", err)
		}
	}
	if file, ok := store.(*fileStore); ok {
		if _, err := file.read(); err != nil {
			return storeFailed(err)
		}
	}
	return nil
}

package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/internal/isnil"
	"github.com/logsto/logsto-go/internal/masktrace"
)

// Logout has the store forget the token of a [Login] with the same ClientID and
// Endpoint.TokenURL; that there is none is no error. The server is told if
// [WithRevocationURL] or [WithMetadata] says where: Logs.to documents no such place.
// Otherwise what was issued stays good until it ends. Credentials that have a token, in
// whatever process, go on with that until the server refuses it, or it is time to replace
// it; then they say [ErrLoginRequired].
//
// [WithClientSecret] and [WithLoginHTTPClient] are for the request to the server, which takes
// half a minute at most. If that fails, Logout returns why, and the store has forgotten the
// token all the same.
func Logout(ctx context.Context, cfg oauth2.Config, store TokenStore, opts ...LoginOption) error {
	l := &login{cfg: cfg, expect: &expected{}}
	l.apply(opts)
	if l.revocation == "" {
		l.revocation = l.metadata.RevocationURL
	}
	err := l.err
	switch {
	case err != nil:
	case isnil.Value(store):
		err = errors.New("the store is nil")
	case cfg.ClientID == "":
		err = errors.New("ClientID is empty")
	case cfg.Endpoint.TokenURL == "":
		err = errors.New("TokenURL is empty")
	case l.revocation != "":
		err = cmp.Or(checkURL("WithRevocationURL", l.revocation, false), l.metadata.goesWith(cfg.Endpoint))
	}
	if err != nil {
		return fmt.Errorf("auth: Logout: %w", err)
	}
	var gone *oauth2.Token
	err = store.Update(ctx, tokenKey(cfg.Endpoint.TokenURL, cfg.ClientID),
		func(_ context.Context, tok *oauth2.Token) (*oauth2.Token, error) {
			gone = tok
			return nil, nil
		})
	if err == nil && gone != nil && l.revocation != "" {
		err = l.revoke(ctx, gone)
	}
	if err != nil {
		return fmt.Errorf("auth: Logout: %w", tame(err))
	}
	return nil
}

// revoke tells the server that a token is not used any more (RFC 7009, section 2.1). With the
// refresh token the access tokens go that came of it; a server may keep them until they end.
// A panic of an HTTP client that is not ours is an error.
func (l *login) revoke(ctx context.Context, tok *oauth2.Token) (failed error) {
	defer func() {
		if recover() != nil { // what it says may be the request
			failed = errors.New("the HTTP client panicked")
		}
	}()
	ctx, cancel := context.WithTimeout(masktrace.Header(ctx, "Authorization", ":path"), exchangeTimeout)
	defer cancel()
	secret := l.cfg.ClientSecret
	if l.secret != nil {
		var err error
		if secret, err = l.secret.get(ctx, fetching{l.client}); err != nil {
			return err
		}
	}
	form := url.Values{"token": {tok.AccessToken}, "token_type_hint": {"access_token"}}
	if tok.RefreshToken != "" {
		form = url.Values{"token": {tok.RefreshToken}, "token_type_hint": {"refresh_token"}}
	}
	inHeader := secret != "" && l.cfg.Endpoint.AuthStyle != oauth2.AuthStyleInParams
	if !inHeader {
		form.Set("client_id", l.cfg.ClientID)
		if secret != "" {
			form.Set("client_secret", secret)
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.revocation, strings.NewReader(form.Encode()))
	if err != nil {
		return errors.New("the URL of WithRevocationURL cannot be used") // the reason may show it
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if inHeader {
		req.SetBasicAuth(url.QueryEscape(l.cfg.ClientID), url.QueryEscape(secret)) // RFC 6749, section 2.3.1
	}
	hc, done := l.httpClient()
	defer done()
	seen := &answerSeen{}
	resp, err := hc.Do(req)
	if err == nil {
		seen.status = resp.StatusCode
		_ = resp.Body.Close() // it says nothing that matters
		if seen.status == http.StatusOK {
			return nil
		}
		err = errors.New("the token is forgotten here, but the server has not revoked it")
	}
	secrets := append(clientSecrets(l.cfg.ClientID, secret), tok.AccessToken, tok.RefreshToken)
	return tokenError(err, seen, l.revocation, secrets...)
}

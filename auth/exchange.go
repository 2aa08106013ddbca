package auth

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"
)

// exchangeTimeout bounds a trade. It is long, since what the answer brings is lost with it.
const exchangeTimeout = 30 * time.Second

// exchanger trades codes and refresh tokens for tokens. They are good for one use, so
// none is sent again unless the server has said that it did not look at it: package
// oauth2, which finds out how an endpoint wants the client authenticated, would do that
// after any failure.
type exchanger struct {
	cfg   oauth2.Config
	style styleFinder
}

// code trades an authorization code (RFC 6749, section 4.1.3, and RFC 7636, section 4.5).
func (x *exchanger) code(ctx context.Context, hc *http.Client, code, verifier string) (*oauth2.Token, error) {
	return x.trade(ctx, hc, x.cfg.ClientSecret, func(ctx context.Context, cfg *oauth2.Config) (*oauth2.Token, error) {
		return cfg.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	}, code, verifier)
}

// refresh trades a refresh token (RFC 6749, section 6). If the server sends no other
// refresh token, the token has the old one.
func (x *exchanger) refresh(ctx context.Context, hc *http.Client, clientSecret, refreshToken string) (*oauth2.Token, error) {
	return x.trade(ctx, hc, clientSecret, func(ctx context.Context, cfg *oauth2.Config) (*oauth2.Token, error) {
		return cfg.TokenSource(ctx, &oauth2.Token{RefreshToken: refreshToken}).Token()
	}, refreshToken)
}

// trade sends the request, at most twice, within half a minute.
func (x *exchanger) trade(ctx context.Context, hc *http.Client, clientSecret string,
	send func(context.Context, *oauth2.Config) (*oauth2.Token, error), secrets ...string,
) (*oauth2.Token, error) {
	ctx, cancel := context.WithTimeout(ctx, exchangeTimeout)
	defer cancel()
	cfg := x.cfg
	cfg.ClientSecret = clientSecret
	secrets = append(secrets, clientSecrets(cfg.ClientID, clientSecret)...)
	once := func(style oauth2.AuthStyle) (*oauth2.Token, error) {
		cfg.Endpoint.AuthStyle = style
		seen := &answerSeen{}
		tok, err := send(seen.context(ctx, hc), &cfg)
		if err != nil {
			return nil, tokenError(err, seen, cfg.Endpoint.TokenURL, secrets...)
		}
		if err := checkToken(tok); err != nil {
			return nil, err
		}
		return kept(tok), nil
	}
	if style := cfg.Endpoint.AuthStyle; style != oauth2.AuthStyleAutoDetect || clientSecret != "" {
		return x.style.find(style, once)
	}
	return once(oauth2.AuthStyleInParams) // a public client has an id alone
}

// styleFinder finds out how an endpoint wants a client authenticated. Package oauth2
// would try the other way after any failure, also of an endpoint that is down.
type styleFinder struct {
	inParams atomic.Bool // it wants the secret there; learnt
}

// find makes a request in the given style. If that is to be found out, it is the header
// first, and parameters if the endpoint does not take the client so.
func (f *styleFinder) find(style oauth2.AuthStyle, once func(oauth2.AuthStyle) (*oauth2.Token, error)) (*oauth2.Token, error) {
	switch {
	case style != oauth2.AuthStyleAutoDetect:
		return once(style)
	case f.inParams.Load():
		return once(oauth2.AuthStyleInParams)
	}
	tok, err := once(oauth2.AuthStyleInHeader)
	if clientRefused(err) {
		if tok, err = once(oauth2.AuthStyleInParams); err == nil {
			f.inParams.Store(true)
		}
	}
	return tok, err
}

// clientRefused reports whether the server did not get beyond the authentication of the
// client. One that says something of the code or the refresh token did: if it saw that once
// more, it might take it for stolen.
func clientRefused(err error) bool {
	var e *TokenError
	return errors.As(err, &e) && (e.Code == "invalid_client" || e.Status == http.StatusUnauthorized && e.Code != "invalid_grant")
}

package zitadel

import (
	"context"
	"net/http"
	"testing"

	"github.com/zitadel/oidc/v3/pkg/client"
	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/logsto/logsto-go/internal/oauthservers/ingest"
)

// Verify returns a check that asks nobody: it verifies JWTs by the keys that the
// provider publishes.
func (p *Provider) Verify(tb testing.TB) ingest.Check {
	tb.Helper()
	hc := &http.Client{Timeout: timeout}
	tb.Cleanup(hc.CloseIdleConnections)
	found, err := client.Discover(tb.Context(), p.URL, hc)
	if err != nil {
		tb.Fatal(err)
	}
	verifier := op.NewAccessTokenVerifier(p.URL, rp.NewRemoteKeySet(hc, found.JwksURI))
	return func(ctx context.Context, token string) (scopes []string, ok bool, err error) {
		claims, err := op.VerifyAccessToken[*oidc.AccessTokenClaims](ctx, token, verifier)
		if err != nil {
			return nil, false, nil //nolint:nilerr // a token that cannot be verified is one that is not valid
		}
		return claims.Scopes, true, nil
	}
}

package ingest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// The scopes that a token needs.
const (
	Write = "logs:write" // for POST /v1/log
	Read  = "logs:read"  // for GET /v1/search
)

// Check asks an authorization server about a token. It returns the scopes of one
// that is valid now, and false for any other. An error means that the server could
// not be asked.
type Check func(ctx context.Context, token string) (scopes []string, ok bool, err error)

// Front takes requests to /v1/log and /v1/search with a bearer token (RFC 6750),
// and passes those whose token is valid to what lies behind it, without the token.
type Front struct {
	URL string // without a path
	Counts

	check Check
	next  http.Handler
}

// Start serves a front on loopback until the test ends. next gets the requests
// that are let through; it must not be called by others.
func Start(tb testing.TB, check Check, next http.Handler) *Front {
	tb.Helper()
	f := &Front{check: check, next: next, Counts: newCounts()}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/log", f.needs(Write))
	mux.HandleFunc("GET /v1/search", f.needs(Read))
	srv := httptest.NewServer(mux)
	tb.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	f.URL = srv.URL
	return f
}

// Endpoint returns the URL that records are posted to.
func (f *Front) Endpoint() string { return f.URL + "/v1/log" }

// needs returns a handler that passes on requests whose token has the scope.
func (f *Front) needs(scope string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token := bearer(r)
		status, problem := f.judge(r.Context(), token, scope)
		f.note(token, r.Header.Get("Idempotency-Key"), status)
		if status == http.StatusOK {
			r.Header.Del("Authorization")
			f.next.ServeHTTP(w, r)
			return
		}
		if problem != "" {
			w.Header().Set("WWW-Authenticate", problem)
		}
		http.Error(w, http.StatusText(status), status)
	}
}

// judge returns the status for a token, and the challenge that goes with a refusal
// (RFC 6750, section 3).
func (f *Front) judge(ctx context.Context, token, scope string) (status int, challenge string) {
	if token == "" {
		return http.StatusUnauthorized, "Bearer"
	}
	scopes, ok, err := f.check(ctx, token)
	switch {
	case err != nil:
		return http.StatusBadGateway, ""
	case !ok:
		return http.StatusUnauthorized, `Bearer error="invalid_token"`
	case !slices.Contains(scopes, scope):
		return http.StatusForbidden, `Bearer error="insufficient_scope", scope="` + scope + `"`
	default:
		return http.StatusOK, ""
	}
}

// bearer returns the token of a request, or nothing.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}

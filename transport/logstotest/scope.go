package logstotest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// The scopes that requests need whose credential has any. One without scopes is
// good for everything.
const (
	ScopeWrite = "logs:write" // POST /v1/log
	ScopeRead  = "logs:read"  // GET /v1/search
)

// narrow returns the scopes that a request for some gets from those that are
// allowed, which are all that exist if there are none. Without a request it gets
// what is allowed (RFC 6749, section 3.3).
func narrow(asked string, allowed []string) ([]string, error) {
	if asked == "" {
		return allowed, nil
	}
	if len(allowed) == 0 {
		allowed = []string{ScopeWrite, ScopeRead}
	}
	scopes := strings.Split(asked, " ")
	for _, scope := range scopes {
		if !slices.Contains(allowed, scope) {
			return nil, oauthError("invalid_scope", "a scope is unknown or not allowed to this client")
		}
	}
	return scopes, nil
}

// insufficientScope refuses a credential without this scope (RFC 6750, section
// 3.1).
func insufficientScope(scope string) error {
	const code = "insufficient_scope"
	return &httpError{
		status:    http.StatusForbidden,
		body:      errorBody{code, "the request needs the scope " + scope},
		challenge: fmt.Sprintf(`Bearer realm="logs.to", error=%q, scope=%q`, code, scope),
	}
}

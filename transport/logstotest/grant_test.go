package logstotest_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/logsto/logsto-go/transport/logstotest"
)

// redeem asks for the tokens of a code, with parameters changed by kv.
func redeem(t *testing.T, srv *logstotest.Server, code string, kv ...string) (status int, answer map[string]any) {
	t.Helper()
	all := map[string]string{"grant_type": "authorization_code", "client_id": desktop, "redirect_uri": callback, "code": code, "code_verifier": verifier}
	for i := 0; i < len(kv); i += 2 {
		all[kv[i]] = kv[i+1]
	}
	var params []string
	for k, v := range all {
		params = append(params, k, v)
	}
	return ask(t, srv, params...)
}

// refresh asks for new tokens.
func refresh(t *testing.T, srv *logstotest.Server, token any, kv ...string) (status int, answer map[string]any) {
	t.Helper()
	return ask(t, srv, append([]string{"grant_type", "refresh_token", "client_id", desktop, "refresh_token", fmt.Sprint(token)}, kv...)...)
}

// refused checks an answer for an error.
func refused(t *testing.T, status int, answer map[string]any, code string) {
	t.Helper()
	if status != 400 || answer["error"] != code || answer["access_token"] != nil {
		t.Errorf("%d %v, want %s", status, answer, code)
	}
}

func TestACodeBringsTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t, logstotest.WithPublicClient(desktop))
		status, answer := redeem(t, srv, allow(t, srv, "scope", "logs:read"))
		if status != 200 || answer["token_type"] != "Bearer" || answer["expires_in"] != 3600.0 || answer["scope"] != "logs:read" || answer["refresh_token"] == nil {
			t.Errorf("%d %v", status, answer)
		}
		use(t, srv, answer["access_token"], 403, 200)
		use(t, srv, answer["refresh_token"], 401, 401)
	})
}

func TestCodesThatAreRefused(t *testing.T) {
	for name, kv := range map[string][]string{
		"unknown code":         {"code", "x"},
		"no code":              {"code", ""},
		"wrong verifier":       {"code_verifier", verifier[1:] + "x"},
		"no verifier":          {"code_verifier", ""},
		"the challenge":        {"code_verifier", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"},
		"another redirect URI": {"redirect_uri", "http://127.0.0.1:4712/callback"},
		"no redirect URI":      {"redirect_uri", ""},
		"another client":       {"client_id", "other"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := inMemory(t, logstotest.WithPublicClient(desktop), logstotest.WithPublicClient("other"))
				status, answer := redeem(t, srv, allow(t, srv), kv...)
				refused(t, status, answer, "invalid_grant")
				if n := srv.TokenFetches(); n != 0 {
					t.Errorf("%d tokens", n)
				}
			})
		})
	}
}

func TestAnAttemptUsesTheCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t, logstotest.WithPublicClient(desktop))
		code := allow(t, srv)
		for _, v := range []string{"wrong", verifier} {
			status, answer := redeem(t, srv, code, "code_verifier", v)
			refused(t, status, answer, "invalid_grant")
		}
	})
}

func TestAReusedCodeEndsWhatItBrought(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t, logstotest.WithPublicClient(desktop), logstotest.WithPublicClient("other"))
		code := allow(t, srv)
		_, first := redeem(t, srv, code)
		_, other := redeem(t, srv, allow(t, srv))
		status, answer := redeem(t, srv, code, "client_id", "other") // which ends nothing
		refused(t, status, answer, "invalid_grant")
		use(t, srv, first["access_token"], 200, 200)
		status, answer = redeem(t, srv, code)
		refused(t, status, answer, "invalid_grant")
		use(t, srv, first["access_token"], 401, 401)
		status, answer = refresh(t, srv, first["refresh_token"])
		refused(t, status, answer, "invalid_grant")
		use(t, srv, other["access_token"], 200, 200)
	})
}

func TestRefreshTokensRotate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t, logstotest.WithPublicClient(desktop), logstotest.WithPublicClient("other"))
		_, first := redeem(t, srv, allow(t, srv))
		status, second := refresh(t, srv, first["refresh_token"])
		if status != 200 || second["access_token"] == first["access_token"] || second["refresh_token"] == nil || second["refresh_token"] == first["refresh_token"] {
			t.Errorf("%d %v", status, second)
		}
		status, answer := ask(t, srv, "grant_type", "refresh_token", "client_id", "other", "refresh_token", fmt.Sprint(first["refresh_token"]))
		refused(t, status, answer, "invalid_grant")
		use(t, srv, first["access_token"], 200, 200) // until it expires
		use(t, srv, second["access_token"], 200, 200)
		status, answer = refresh(t, srv, first["refresh_token"])
		refused(t, status, answer, "invalid_grant")
		for _, tokens := range []map[string]any{first, second} {
			use(t, srv, tokens["access_token"], 401, 401)
			status, answer = refresh(t, srv, tokens["refresh_token"])
			refused(t, status, answer, "invalid_grant")
		}
	})
}

func TestWithoutRotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t, logstotest.WithPublicClient(desktop), logstotest.WithoutRotation())
		_, first := redeem(t, srv, allow(t, srv))
		for range 2 {
			status, next := refresh(t, srv, first["refresh_token"])
			if status != 200 || next["refresh_token"] != nil {
				t.Errorf("%d %v", status, next)
			}
			use(t, srv, next["access_token"], 200, 200)
		}
	})
}

// TestARefreshNarrowsScopes checks that the tokens after it can have all again
// (RFC 6749, section 6).
func TestARefreshNarrowsScopes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t, logstotest.WithPublicClient(desktop))
		_, tokens := redeem(t, srv, allow(t, srv, "scope", "logs:read"))
		status, answer := refresh(t, srv, tokens["refresh_token"], "scope", "logs:read logs:write")
		refused(t, status, answer, "invalid_scope") // which uses nothing
		_, tokens = redeem(t, srv, allow(t, srv, "scope", "logs:read logs:write"))
		for _, c := range []struct {
			scope       string
			write, read int
		}{{"logs:read", 403, 200}, {"logs:write", 200, 403}, {"", 200, 200}} {
			status, tokens = refresh(t, srv, tokens["refresh_token"], "scope", c.scope)
			if status != 200 {
				t.Fatalf("%q: %d %v", c.scope, status, tokens)
			}
			use(t, srv, tokens["access_token"], c.write, c.read)
		}
	})
}

func TestRefreshTokensExpireOnDemand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t, logstotest.WithPublicClient(desktop))
		_, tokens := redeem(t, srv, allow(t, srv))
		srv.ExpireTokens()
		use(t, srv, tokens["access_token"], 401, 401)
		_, tokens = refresh(t, srv, tokens["refresh_token"])
		srv.ExpireRefreshTokens()
		use(t, srv, tokens["access_token"], 200, 200)
		status, answer := refresh(t, srv, tokens["refresh_token"])
		refused(t, status, answer, "invalid_grant")
	})
}

func TestPublicClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t, logstotest.WithPublicClient(desktop))
		status, answer := token(t, srv, desktop, "")
		refused(t, status, answer, "unauthorized_client")
		if status, answer = token(t, srv, desktop, "guess"); status != 401 || answer["error"] != "invalid_client" {
			t.Errorf("%d %v", status, answer)
		}
	})
}

// TestAConfidentialClientNeedsItsSecret checks that PKCE does not stand in for it.
func TestAConfidentialClientNeedsItsSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := inMemory(t)
		for secret, want := range map[string]int{"": 401, "wrong": 401, logstotest.ClientSecret: 200} {
			code := allow(t, srv, "client_id", logstotest.ClientID)
			if status, answer := redeem(t, srv, code, "client_id", logstotest.ClientID, "client_secret", secret); status != want {
				t.Errorf("%q: %d %v", secret, status, answer)
			}
		}
	})
}

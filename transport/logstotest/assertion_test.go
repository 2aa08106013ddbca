package logstotest_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/logsto/logsto-go/transport/logstotest"
)

const jwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// keyed is a server with a client that has a key.
type keyed struct {
	*logstotest.Server
	key ed25519.PrivateKey
}

func withKey(t *testing.T, opts ...logstotest.Option) keyed {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return keyed{inMemory(t, append(opts, logstotest.WithClientKey("a", public, "logs:write"))...), private}
}

// claims returns good ones, changed by others, where nil leaves one out.
func (k keyed) claims(others map[string]any) jwt.MapClaims {
	now := time.Now().Unix()
	all := jwt.MapClaims{"iss": "a", "sub": "a", "aud": k.TokenURL(), "iat": now, "exp": now + 60, "jti": rand.Text()}
	maps.Copy(all, others)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	return all
}

func sign(t *testing.T, method jwt.SigningMethod, key any, claims jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, claims)
	token.Header["kid"] = "key-1"
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// askWith asks for a token with an assertion.
func askWith(t *testing.T, srv *logstotest.Server, assertion string, kv ...string) (status int, answer map[string]any) {
	t.Helper()
	return ask(t, srv, append([]string{"grant_type", "client_credentials", "client_assertion_type", jwtBearer, "client_assertion", assertion}, kv...)...)
}

func TestKeysOfAllKinds(t *testing.T) {
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	e, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		method jwt.SigningMethod
		key    crypto.Signer
	}{{jwt.SigningMethodRS256, r}, {jwt.SigningMethodES256, e}} {
		synctest.Test(t, func(t *testing.T) {
			k := withKey(t)
			k.AddClientKey("a", c.key.Public())
			if status, answer := askWith(t, k.Server, sign(t, c.method, c.key, k.claims(nil))); status != 200 {
				t.Errorf("%s: %d %v", c.method.Alg(), status, answer)
			}
			// The key of another kind that it had before is good no more.
			if status, answer := askWith(t, k.Server, sign(t, jwt.SigningMethodEdDSA, k.key, k.claims(nil))); status != 401 {
				t.Errorf("%s: %d %v", c.method.Alg(), status, answer)
			}
		})
	}
}

func TestAssertions(t *testing.T) {
	future := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	for name, c := range map[string]struct {
		claims func() map[string]any
		kv     []string
		code   string // of the error, "" for none
	}{
		"good":                  {nil, nil, ""},
		"client_id":             {nil, []string{"client_id", "a"}, ""},
		"one of two audiences":  {func() map[string]any { return map[string]any{"aud": []string{"x", "http://127.0.0.1:1/oauth/token"}} }, nil, ""},
		"no iat":                {func() map[string]any { return map[string]any{"iat": nil} }, nil, ""},
		"an hour":               {func() map[string]any { return map[string]any{"exp": future(time.Hour)} }, nil, ""},
		"more than an hour":     {func() map[string]any { return map[string]any{"exp": future(time.Hour + time.Second)} }, nil, "invalid_client"},
		"enormous exp":          {func() map[string]any { return map[string]any{"exp": 1e300} }, nil, "invalid_client"},
		"expired":               {func() map[string]any { return map[string]any{"exp": future(0)} }, nil, "invalid_client"},
		"no exp":                {func() map[string]any { return map[string]any{"exp": nil} }, nil, "invalid_client"},
		"issued in the future":  {func() map[string]any { return map[string]any{"iat": future(time.Second)} }, nil, "invalid_client"},
		"good in the future":    {func() map[string]any { return map[string]any{"nbf": future(time.Second)} }, nil, "invalid_client"},
		"no jti":                {func() map[string]any { return map[string]any{"jti": nil} }, nil, "invalid_client"},
		"another audience":      {func() map[string]any { return map[string]any{"aud": "http://127.0.0.1:1"} }, nil, "invalid_client"},
		"no audience":           {func() map[string]any { return map[string]any{"aud": nil} }, nil, "invalid_client"},
		"another issuer":        {func() map[string]any { return map[string]any{"iss": "b"} }, nil, "invalid_client"},
		"no issuer":             {func() map[string]any { return map[string]any{"iss": nil} }, nil, "invalid_client"},
		"another subject":       {func() map[string]any { return map[string]any{"sub": "b"} }, nil, "invalid_client"},
		"no subject":            {func() map[string]any { return map[string]any{"sub": nil} }, nil, "invalid_client"},
		"another client_id":     {nil, []string{"client_id", "b"}, "invalid_client"},
		"a client with secret":  {func() map[string]any { return map[string]any{"iss": "b", "sub": "b"} }, nil, "invalid_client"},
		"a secret too":          {nil, []string{"client_id", "b", "client_secret", "s"}, "invalid_request"},
		"claims of other types": {func() map[string]any { return map[string]any{"exp": "soon", "jti": 7} }, nil, "invalid_client"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := withKey(t, logstotest.WithOAuthClient("b", "s"))
				var others map[string]any
				if c.claims != nil {
					others = c.claims()
				}
				status, answer := askWith(t, k.Server, sign(t, jwt.SigningMethodEdDSA, k.key, k.claims(others)), c.kv...)
				want := map[string]int{"": 200, "invalid_request": 400, "invalid_client": 401}[c.code]
				if code, _ := answer["error"].(string); status != want || code != c.code {
					t.Errorf("%d %v, want %d %s", status, answer, want, c.code)
				}
				if c.code == "" && answer["scope"] != "logs:write" {
					t.Errorf("%v", answer)
				}
			})
		})
	}
}

func TestForgedAssertions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := withKey(t)
		public, err := x509.MarshalPKIXPublicKey(k.key.Public())
		if err != nil {
			t.Fatal(err)
		}
		_, other, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		good := sign(t, jwt.SigningMethodEdDSA, k.key, k.claims(nil))
		head, rest, _ := strings.Cut(good, ".")
		_, signature, _ := strings.Cut(rest, ".")
		for name, text := range map[string]string{
			"another key":         sign(t, jwt.SigningMethodEdDSA, other, k.claims(nil)),
			"none":                sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, k.claims(nil)),
			"the key as a secret": sign(t, jwt.SigningMethodHS256, public, k.claims(nil)),
			"other claims":        head + "." + strings.Split(sign(t, jwt.SigningMethodEdDSA, other, k.claims(nil)), ".")[1] + "." + signature,
			"no signature":        strings.TrimSuffix(good, signature),
			"two parts":           strings.TrimSuffix(good, "."+signature),
			"rubbish":             "x",
			"dots":                "..",
		} {
			if status, answer := askWith(t, k.Server, text, "client_id", "a"); status != 401 || answer["error"] != "invalid_client" {
				t.Errorf("%s: %d %v", name, status, answer)
			}
		}
		for name, kv := range map[string][]string{
			"no assertion":       {"client_assertion_type", jwtBearer},
			"an empty secret":    {"client_secret", ""},
			"assertion as a key": {"client_secret", good},
		} {
			if status, answer := ask(t, k.Server, append(kv, "grant_type", "client_credentials", "client_id", "a")...); status != 401 {
				t.Errorf("%s: %d %v", name, status, answer)
			}
		}
		for _, kind := range []string{"", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"} {
			if status, answer := ask(t, k.Server, "grant_type", "client_credentials", "client_assertion", good, "client_assertion_type", kind); status != 400 {
				t.Errorf("type %q: %d %v", kind, status, answer)
			}
		}
		if status, answer := askWith(t, k.Server, good); status != 200 { // which the forgeries have not used up
			t.Errorf("%d %v", status, answer)
		}
	})
}

func TestAnAssertionIsTakenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := withKey(t)
		again := k.claims(map[string]any{"jti": "1"})
		for i, want := range []int{200, 401, 401} {
			if status, answer := askWith(t, k.Server, sign(t, jwt.SigningMethodEdDSA, k.key, again)); status != want {
				t.Errorf("request %d: %d %v", i, status, answer)
			}
		}
		time.Sleep(time.Minute) // the first one has expired, so that its jti may come again
		if status, answer := askWith(t, k.Server, sign(t, jwt.SigningMethodEdDSA, k.key, k.claims(map[string]any{"jti": "1"}))); status != 200 {
			t.Errorf("%d %v", status, answer)
		}
	})
}

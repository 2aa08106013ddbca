package auth_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/logsto/logsto-go/auth"
)

// text returns a key in PEM, by one of the functions of package x509.
func text[K any](t *testing.T, kind string, key K, marshal func(K) ([]byte, error)) string {
	t.Helper()
	der, err := marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func ecKey(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func rsaKey(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// signed is a client that signs with the key in the PEM text.
func signed(text, keyID string) *auth.Credential {
	cfg := clientcredentials.Config{ClientID: "me", TokenURL: tokenURL, EndpointParams: url.Values{"audience": {"logs"}}}
	return auth.ClientCredentials(cfg, auth.WithPrivateKey(auth.Literal(text), keyID))
}

func TestAClientSignsAsRFC7523Says(t *testing.T) {
	strong, p256 := rsaKey(t, 2048), ecKey(t, elliptic.P256())
	p384, p521 := ecKey(t, elliptic.P384()), ecKey(t, elliptic.P521())
	public, edwards, _ := ed25519.GenerateKey(rand.Reader)
	pkcs1 := func(k *rsa.PrivateKey) ([]byte, error) { return x509.MarshalPKCS1PrivateKey(k), nil }
	for name, c := range map[string]struct {
		text   string
		method string
		public crypto.PublicKey
	}{
		"RSA, PKCS #1":      {text(t, "RSA PRIVATE KEY", strong, pkcs1), "RS256", &strong.PublicKey},
		"RSA, PKCS #8":      {text(t, "PRIVATE KEY", any(strong), x509.MarshalPKCS8PrivateKey), "RS256", &strong.PublicKey},
		"P-256, SEC 1":      {text(t, "EC PRIVATE KEY", p256, x509.MarshalECPrivateKey), "ES256", &p256.PublicKey},
		"P-256, PKCS #8":    {text(t, "PRIVATE KEY", any(p256), x509.MarshalPKCS8PrivateKey), "ES256", &p256.PublicKey},
		"P-384":             {text(t, "EC PRIVATE KEY", p384, x509.MarshalECPrivateKey), "ES384", &p384.PublicKey},
		"P-521":             {text(t, "EC PRIVATE KEY", p521, x509.MarshalECPrivateKey), "ES512", &p521.PublicKey},
		"as openssl has it": {"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + text(t, "EC PRIVATE KEY", p256, x509.MarshalECPrivateKey), "ES256", &p256.PublicKey},
		"Ed25519":           {text(t, "PRIVATE KEY", any(edwards), x509.MarshalPKCS8PrivateKey), "EdDSA", public},
	} {
		ids := map[string]bool{}
		var assertions []string
		hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			body, _ := io.ReadAll(req.Body)
			form, _ := url.ParseQuery(string(body))
			if form.Get("client_id") != "me" || form.Has("client_secret") || req.Header.Get("Authorization") != "" || form.Get("audience") != "logs" ||
				form.Get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" || form.Get("grant_type") != "client_credentials" {
				t.Errorf("%s: form %v", name, form)
			}
			claims := jwt.RegisteredClaims{}
			tok, err := jwt.ParseWithClaims(form.Get("client_assertion"), &claims, func(*jwt.Token) (any, error) { return c.public, nil },
				jwt.WithValidMethods([]string{c.method}), jwt.WithAudience(tokenURL), jwt.WithIssuer("me"), jwt.WithSubject("me"), jwt.WithExpirationRequired(), jwt.WithIssuedAt())
			if err != nil || tok.Header["kid"] != "key-7" || claims.ID == "" || ids[claims.ID] || claims.ExpiresAt.Sub(claims.IssuedAt.Time) != 5*time.Minute {
				t.Errorf("%s: %v, %+v", name, err, tok)
			}
			ids[claims.ID] = true
			assertions = append(assertions, form.Get("client_assertion"))
			return respond(req, 200, `{"access_token":"abc"}`), nil
		})}
		credential := signed(c.text, "key-7")
		if err := credential.Check(false); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for range 2 {
			if tok, err := credential.Apply(t.Context(), hc, http.Header{}); tok != "abc" || err != nil {
				t.Errorf("%s: %q, %v", name, tok, err)
			}
			credential.Refused("abc")
		}
		if len(assertions) != 2 {
			t.Errorf("%s: %d requests", name, len(assertions))
		}
	}
}

func TestKeysThatCannotSign(t *testing.T) {
	weak := ecKey(t, elliptic.P224())
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil { // then package rsa refuses it by itself
		small = nil
	}
	good := text(t, "EC PRIVATE KEY", ecKey(t, elliptic.P256()), x509.MarshalECPrivateKey)
	texts := map[string]string{
		"literal: there is no private key in PEM": "s3cr3t",
		"the private key is encrypted":            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nczNjcjN0\n-----END RSA PRIVATE KEY-----\n",
		"in PKCS #8, PKCS #1 or SEC 1":            "-----BEGIN DSA PRIVATE KEY-----\nczNjcjN0\n-----END DSA PRIVATE KEY-----\n",
		"malformed":                               "-----BEGIN PRIVATE KEY-----\nczNjcjN0\n-----END PRIVATE KEY-----\n",
		"is encrypted":                            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nczNjcjN0\n-----END ENCRYPTED PRIVATE KEY-----\n",
		"known here":                              text(t, "EC PRIVATE KEY", weak, x509.MarshalECPrivateKey),
		"PEM":                                     good[:len(good)/2],
	}
	if small != nil {
		texts["1024 bits, and must have 2048"] = text(t, "PRIVATE KEY", any(small), x509.MarshalPKCS8PrivateKey)
	}
	for want, text := range texts {
		_, err := signed(text, "").Apply(t.Context(), nil, http.Header{})
		if err == nil || !strings.Contains(err.Error(), want) || !auth.IsSetup(err) {
			t.Errorf("%v, want one with %q", err, want)
		}
		if err != nil && (strings.Contains(err.Error(), "s3cr3t") || strings.Contains(err.Error(), "czNjcjN0")) {
			t.Errorf("the error shows the key: %v", err)
		}
	}
}

// clocked is a token endpoint whose clock is off, and which refuses an assertion that has
// ended or begins later than now by it.
func clocked(t *testing.T, off time.Duration, requests *int) *http.Client {
	t.Helper()
	return &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		*requests++
		body, _ := io.ReadAll(req.Body)
		form, _ := url.ParseQuery(string(body))
		now := func() time.Time { return time.Now().Add(off) }
		claims := jwt.RegisteredClaims{}
		if _, _, err := jwt.NewParser().ParseUnverified(form.Get("client_assertion"), &claims); err != nil {
			t.Error(err)
		}
		resp := respond(req, 200, `{"access_token":"abc","expires_in":3600}`)
		if claims.IssuedAt.After(now()) || !claims.ExpiresAt.After(now()) {
			resp = respond(req, 401, `{"error":"invalid_client","error_description":"by its clock"}`)
		}
		resp.Header.Set("Date", now().UTC().Format(http.TimeFormat))
		return resp, nil
	})}
}

func TestAClientSignsByTheClockOfTheServer(t *testing.T) {
	key := text(t, "EC PRIVATE KEY", ecKey(t, elliptic.P256()), x509.MarshalECPrivateKey)
	for off, want := range map[time.Duration]int{0: 1, 4 * time.Minute: 1, 6 * time.Minute: 2, -5 * time.Minute: 2, 14 * time.Minute: 2, -14 * time.Minute: 2} {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(123 * time.Millisecond) // the Date has whole seconds
			requests := 0
			hc := clocked(t, off, &requests)
			c := signed(key, "")
			if tok, err := c.Apply(t.Context(), hc, http.Header{}); tok != "abc" || err != nil {
				t.Errorf("off by %v: %q, %v", off, tok, err)
			}
			if requests != want {
				t.Errorf("off by %v: %d requests, want %d", off, requests, want)
			}
			// What was learnt holds.
			requests = 0
			time.Sleep(2 * time.Minute)
			c.Refused("abc")
			if tok, err := c.Apply(t.Context(), hc, http.Header{}); tok != "abc" || err != nil || requests != 1 {
				t.Errorf("off by %v: %q, %v, %d requests", off, tok, err, requests)
			}
		})
	}
}

// A server cannot have an assertion signed that is good for years.
func TestAClientDoesNotBelieveAnyClock(t *testing.T) {
	key := text(t, "EC PRIVATE KEY", ecKey(t, elliptic.P256()), x509.MarshalECPrivateKey)
	for _, off := range []time.Duration{16 * time.Minute, -25 * time.Hour, 10 * 365 * 24 * time.Hour} {
		requests := 0
		hc := clocked(t, off, &requests)
		if tok, err := signed(key, "").Apply(t.Context(), hc, http.Header{}); err == nil || requests != 1 {
			t.Errorf("off by %v: %q after %d requests", off, tok, requests)
		}
	}
}

// A client that is refused for another reason is not tried twice.
func TestARefusedAssertionIsNotRepeated(t *testing.T) {
	requests := 0
	hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		requests++
		resp := respond(req, 401, `{"error":"invalid_client"}`)
		resp.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
		return resp, nil
	})}
	key := text(t, "EC PRIVATE KEY", ecKey(t, elliptic.P256()), x509.MarshalECPrivateKey)
	var e *auth.TokenError
	if _, err := signed(key, "").Apply(t.Context(), hc, http.Header{}); !errors.As(err, &e) || e.Code != "invalid_client" || requests != 1 {
		t.Errorf("%v after %d requests", err, requests)
	}
}

func TestAClientHasOneSecret(t *testing.T) {
	key, other := auth.WithPrivateKey(auth.Literal("x"), ""), auth.WithClientSecret(auth.Literal("x"))
	bare := clientcredentials.Config{ClientID: "me", TokenURL: tokenURL}
	for want, c := range map[string]*auth.Credential{
		"ClientSecret, WithClientSecret and WithPrivateKey exclude": auth.ClientCredentials(config(tokenURL), key),
		"WithClientSecret and WithPrivateKey exclude each other":    auth.ClientCredentials(bare, key, other),
		"and WithPrivateKey exclude each other":                     auth.ClientCredentials(config(tokenURL), other),
		"WithPrivateKey goes with ClientCredentials only":           auth.APIKey("x", key),
		"WithClientSecret goes with":                                auth.TokenSource(static("x"), other),
		"WithPrivateKey: a source is nil":                           auth.ClientCredentials(bare, auth.WithPrivateKey(nil, "")),
		"WithClientSecret: a source is nil":                         auth.ClientCredentials(bare, auth.WithClientSecret(nil)),
		"auth: ClientCredentials: literal: there is no private key": auth.ClientCredentials(bare, key),
		"WithAssertionAudience: the audience is empty":              auth.ClientCredentials(bare, key, auth.WithAssertionAudience("")),
		"WithAssertionAudience goes with ClientCredentials only":    auth.APIKey("x", auth.WithAssertionAudience("x")),
		"WithAssertionAudience goes with WithPrivateKey only":       auth.ClientCredentials(config(tokenURL), auth.WithAssertionAudience("x")),
		"auth: ClientCredentials: file ":                            auth.ClientCredentials(bare, auth.WithPrivateKey(auth.File(filepath.Join(ownDir(t), "key.pem")), "")),
	} {
		if err := c.Check(false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want one with %q", err, want)
		}
	}
}

// A client secret that is replaced is used for the next token, and what was found out about
// the endpoint is kept while it stays.
func TestAClientSecretIsReadForEachToken(t *testing.T) {
	path := filepath.Join(ownDir(t), "secret")
	write(t, path, "secret-1\n")
	var sent []string
	hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		body, _ := io.ReadAll(req.Body)
		form, _ := url.ParseQuery(string(body))
		if _, _, basic := req.BasicAuth(); basic {
			sent = append(sent, "header")
			return respond(req, 401, `{"error":"invalid_client"}`), nil
		}
		sent = append(sent, form.Get("client_secret"))
		return respond(req, 200, `{"access_token":"abc"}`), nil
	})}
	c := auth.ClientCredentials(clientcredentials.Config{ClientID: "me", TokenURL: tokenURL}, auth.WithClientSecret(auth.File(path)))
	if err := c.Check(false); err != nil || len(sent) > 0 {
		t.Errorf("%v, sent %v", err, sent)
	}
	synctest.Test(t, func(t *testing.T) {
		for _, text := range []string{"secret-1", "secret-1", "secret-2"} {
			replace(t, path, text)
			if _, err := c.Apply(t.Context(), hc, http.Header{}); err != nil {
				t.Error(err)
			}
			time.Sleep(2 * time.Minute)
			c.Refused("abc")
		}
	})
	if got := strings.Join(sent, " "); got != "header secret-1 secret-1 secret-2" {
		t.Errorf("sent %s", got)
	}
}

// When the token endpoint does not take the secret any more, a function is asked for
// another one at once.
func TestARefusedClientSecretIsReadAgain(t *testing.T) {
	good, sent := "secret-1", []string{}
	hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		_, got, _ := req.BasicAuth()
		sent = append(sent, got)
		if got != good {
			return respond(req, 401, `{"error":"invalid_client"}`), nil
		}
		return respond(req, 200, `{"access_token":"abc"}`), nil
	})}
	calls := 0
	secrets := auth.Func(func(context.Context) (string, error) {
		calls++
		return fmt.Sprintf("secret-%d", calls), nil
	}, 0)
	c := auth.ClientCredentials(clientcredentials.Config{ClientID: "me", TokenURL: tokenURL, AuthStyle: oauth2.AuthStyleInHeader}, auth.WithClientSecret(secrets))
	for range 2 {
		if _, err := c.Apply(t.Context(), hc, http.Header{}); err != nil {
			t.Fatal(err)
		}
		good = "secret-2"
		c.Refused("abc")
	}
	if got := strings.Join(sent, " "); got != "secret-1 secret-1 secret-2" || calls != 2 {
		t.Errorf("sent %s, %d calls", got, calls)
	}
}

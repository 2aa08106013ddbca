package auth_test

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
)

// printed returns v as whatever prints in the standard library shows it.
func printed(v any) map[string]string {
	out := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%t", "%T"} {
		out[verb] = fmt.Sprintf(verb, v)
	}
	add := func(name string, text []byte, err error) { out[name] = fmt.Sprintf("%s %v", text, err) }
	text, err := json.Marshal(v)
	add("json", text, err)
	text, err = xml.Marshal(v)
	add("xml", text, err)
	var buf bytes.Buffer
	err = gob.NewEncoder(&buf).Encode(v)
	add("gob", buf.Bytes(), err)
	if m, ok := v.(encoding.TextMarshaler); ok {
		text, err = m.MarshalText()
		add("text", text, err)
	}
	for name, h := range map[string]func(*bytes.Buffer) slog.Handler{
		"slog text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"slog json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		buf.Reset()
		slog.New(h(&buf)).Info("", "v", v)
		add(name, buf.Bytes(), nil)
	}
	return out
}

// within returns v, what it points to, and things that hold either.
func within(v any) []any {
	type holder struct{ Public, private any }
	out := []any{v, holder{v, v}, &holder{v, v}, []any{v}, map[string]any{"k": v}}
	if p := reflect.ValueOf(v); p.Kind() == reflect.Pointer {
		pointee := p.Elem().Interface()
		out = append(out, pointee, holder{pointee, pointee})
	}
	return out
}

// shown returns how v shows the secret, or the empty text.
func shown(v any, secret string) string {
	forms := []string{
		secret, fmt.Sprintf("%q", secret)[1 : len(secret)+1], hex.EncodeToString([]byte(secret)),
		strings.Trim(fmt.Sprintf("%d", []byte(secret)), "[]"),
		strings.Trim(strings.TrimPrefix(fmt.Sprintf("%#v", []byte(secret)), "[]byte"), "{}"),
	}
	for shift := range 3 { // base64 depends on where in three bytes a text begins
		padded := append(bytes.Repeat([]byte{0}, shift), secret...)
		for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			forms = append(forms, e.EncodeToString(padded[:len(padded)/3*3])[4:])
		}
	}
	for _, holder := range within(v) {
		for how, text := range printed(holder) {
			for _, form := range forms {
				if strings.Contains(strings.ToLower(text), strings.ToLower(form)) {
					return fmt.Sprintf("%s of %T: %s", how, holder, text)
				}
			}
		}
	}
	return ""
}

// The search itself must find what shows.
func TestShownFindsSecrets(t *testing.T) {
	const secret = "a-long-enough-secret"
	type text struct{ Key string }
	type raw struct{ Key []byte }
	for _, v := range []any{secret, []byte(secret), text{secret}, &text{secret}, raw{[]byte(secret)}, errors.New(secret)} {
		if shown(v, secret) == "" {
			t.Errorf("not found in %#v", v)
		}
	}
	if how := shown(text{"another"}, secret); how != "" {
		t.Error(how)
	}
}

func TestCredentialsNeverPrint(t *testing.T) {
	hc := &http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
		return respond(req, 200, `{"access_token":"the-access-token"}`), nil
	})}
	for want, c := range map[string]*auth.Credential{
		"auth.APIKey(***)":            auth.APIKey(secret, auth.WithScheme(auth.Bearer)),
		"auth.ClientCredentials(***)": auth.ClientCredentials(config(tokenURL)),
		"auth.TokenSource(***)":       auth.TokenSource(static("the-access-token")),
	} {
		if _, err := c.Apply(t.Context(), hc, http.Header{}); err != nil { // fills the cache
			t.Error(err)
		}
		for _, s := range []string{secret, "the-access-token"} {
			if how := shown(c, s); how != "" {
				t.Errorf("%s shows %q: %s", want, s, how)
			}
		}
		for how, text := range printed(c) {
			if !strings.Contains(text, want) && how != "gob" && how != "%T" {
				t.Errorf("%s: %s is %s", want, how, text)
			}
		}
	}
}

func TestANilCredentialPrints(t *testing.T) {
	var c *auth.Credential
	if got := fmt.Sprintf("%v %s %#v", c, c, c); got != strings.TrimSpace(strings.Repeat("auth.Credential(nil) ", 3)) {
		t.Error(got)
	}
	if got := c.LogValue().String(); got != "auth.Credential(nil)" {
		t.Error(got)
	}
}

func TestErrorsNeverShowTheSecret(t *testing.T) {
	errs := tokenErrors(t)
	for name, key := range map[string]string{"line feed": secret + "\n", "blank": secret + " ", "other script": secret + "é"} {
		errs["key with "+name] = auth.APIKey(key).Check(false)
		bad := auth.TokenSource(sourceFunc(func() (*oauth2.Token, error) { return &oauth2.Token{AccessToken: key}, nil }))
		_, errs["token with "+name] = bad.Apply(t.Context(), nil, http.Header{})
	}
	for name, err := range errs {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		for ; err != nil; err = errors.Unwrap(err) {
			for _, form := range append([]string{secret}, forms()...) {
				if how := shown(err, form); how != "" {
					t.Errorf("%s: %s", name, how)
				}
			}
		}
	}
}

// forms returns the essence of what echoes returns.
func forms() []string {
	basic := echoes()["header"]
	return []string{strings.TrimPrefix(basic, "Basic "), "s3cr3t"}
}

package transport_test

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/transport"
)

// printed returns v as whatever prints in the standard library shows it.
func printed(v any) map[string]string {
	out := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
		out[verb] = fmt.Sprintf(verb, v)
	}
	add := func(name string, text []byte, err error) { out[name] = fmt.Sprintf("%s %v", text, err) }
	text, err := json.Marshal(v)
	add("json", text, err)
	var buf bytes.Buffer
	err = gob.NewEncoder(&buf).Encode(v)
	add("gob", buf.Bytes(), err)
	if m, ok := v.(encoding.TextMarshaler); ok {
		text, err = m.MarshalText()
		add("text", text, err)
	}
	for name, h := range map[string]slog.Handler{"slog text": slog.NewTextHandler(&buf, nil), "slog json": slog.NewJSONHandler(&buf, nil)} {
		buf.Reset()
		slog.New(h).Info("", "v", v)
		add(name, buf.Bytes(), nil)
	}
	return out
}

// shown returns how v shows the secret, or the empty text.
func shown(v any, secret string) string {
	type holder struct{ Public, private any }
	holders := []any{v, holder{v, v}, []any{v}, map[string]any{"k": v}}
	if p := reflect.ValueOf(v); p.Kind() == reflect.Pointer {
		holders = append(holders, p.Elem().Interface())
	}
	forms := []string{secret, hex.EncodeToString([]byte(secret)), strings.Trim(fmt.Sprintf("%d", []byte(secret)), "[]")}
	for shift := range 3 { // base64 depends on where in three bytes a text begins
		padded := append(bytes.Repeat([]byte{0}, shift), secret...)
		forms = append(forms, base64.RawStdEncoding.EncodeToString(padded[:len(padded)/3*3])[4:])
	}
	for _, h := range holders {
		for how, text := range printed(h) {
			for _, form := range forms {
				if strings.Contains(strings.ToLower(text), strings.ToLower(form)) {
					return fmt.Sprintf("%s of %T: %s", how, h, text)
				}
			}
		}
	}
	return ""
}

func TestShownFindsSecrets(t *testing.T) {
	const secret = "a-long-enough-secret"
	for _, v := range []any{secret, []byte(secret), struct{ Key string }{secret}, &transport.Error{Body: secret}} {
		if shown(v, secret) == "" {
			t.Errorf("not found in %#v", v)
		}
	}
}

// credentials returns one of each kind.
func credentials() map[string]*auth.Credential {
	return map[string]*auth.Credential{
		"key":    auth.APIKey("the-key-or-token"),
		"bearer": auth.APIKey("the-key-or-token", auth.WithScheme(auth.Bearer)),
		"client": client("https://auth.example/token"),
		"source": auth.TokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "the-key-or-token"})),
	}
}

func TestClientsAndTheirErrorsNeverShowTheSecret(t *testing.T) {
	// The server sends back all that it got, with every status.
	status := 0
	echo := func(req *http.Request) (*http.Response, error) {
		if req.URL.Host == "auth.example" {
			resp := respond(req, 200, `{"access_token":"the-key-or-token"}`)
			resp.Header.Set("Content-Type", "application/json")
			return resp, nil
		}
		return respond(req, status, fmt.Sprintf("%v %q", req.Header, req.Header)), nil
	}
	for kind, credential := range credentials() {
		c := clientOn(t, echo, transport.WithAuth(credential), transport.WithoutRetry())
		for _, status = range []int{204, 302, 400, 401, 403, 413, 429, 500} {
			err := c.Send(t.Context(), 1, records(2))
			if (err == nil) != (status == 204) {
				t.Errorf("%s, %d: %v", kind, status, err)
			}
			for ; err != nil; err = errors.Unwrap(err) {
				if how := shown(err, "the-key-or-token"); how != "" {
					t.Errorf("%s, %d: %s", kind, status, how)
				}
			}
		}
		for _, s := range []string{"the-key-or-token", secret} {
			if how := shown(c, s); how != "" {
				t.Errorf("%s: %s", kind, how)
			}
		}
		for how, text := range printed(c) {
			if !strings.Contains(text, "transport.Client("+transport.DefaultEndpoint+")") && how != "gob" && how != "%T" {
				t.Errorf("%s: %s is %s", kind, how, text)
			}
		}
	}
}

func TestANilClientPrints(t *testing.T) {
	var c *transport.Client
	if got := fmt.Sprintf("%v %#v", c, c); got != "transport.Client(nil) transport.Client(nil)" {
		t.Error(got)
	}
}

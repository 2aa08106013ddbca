package auth_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/leak"
)

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
		if how := leak.In(c, secret, "the-access-token"); how != "" {
			t.Errorf("%s: %s", want, how)
		}
		if where := leak.Reachable(c, secret, "the-access-token"); where != "" {
			t.Errorf("%s: %s", want, where)
		}
		all := leak.Shown(c)
		for _, how := range shows {
			if !strings.Contains(all[how], want) {
				t.Errorf("%s: %s is %s", want, how, all[how])
			}
		}
	}
}

// shows are the ways of package leak in which a credential says what it is.
var shows = []string{
	"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%t", "%y",
	"Sprint", "String", "log", "json", "xml", "text", "panic", "expvar",
	"slog text", "slog json", "zap json", "zap console", "zerolog", "logrus text", "logrus json",
	"text/template", "html/template",
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
		if how := leak.InError(err, append(essence(), secret)...); how != "" {
			t.Errorf("%s: %s", name, how)
		}
	}
}

// essence returns the essence of what echoes returns.
func essence() []string {
	basic := echoes()["header"]
	return []string{strings.TrimPrefix(basic, "Basic "), "s3cr3t"}
}

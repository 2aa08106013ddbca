package auth_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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

func TestSecretsNeverPrint(t *testing.T) {
	for want, s := range map[string]*auth.Secret{
		"auth.Secret(literal)":                   auth.Literal(secret),
		"auth.Secret(chain)":                     auth.Chain(auth.Literal(secret)),
		"auth.Secret(environment variable HOME)": auth.Env("HOME"),
	} {
		all := leak.Shown(s)
		for _, how := range shows {
			if !strings.Contains(all[how], want) {
				t.Errorf("%s: %s is %s", want, how, all[how])
			}
		}
		if how := leak.In(s, secret); how != "" {
			t.Errorf("%s: %s", want, how)
		}
		if where := leak.Reachable(s, secret); where != "" {
			t.Errorf("%s: %s", want, where)
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
	var s *auth.Secret
	if got := fmt.Sprintf("%v %s %#v", s, s, s); got != strings.TrimSpace(strings.Repeat("auth.Secret(nil) ", 3)) {
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

// What looks like the name of a variable is shown, and so is what is too short for a
// secret.
func TestAVariableThatIsNoneIsNotShown(t *testing.T) {
	const most = "sixteen bytes..."
	const long = "AAAAAAAAAAAAAAAAAAAA"
	for name, shown := range map[string]bool{
		"AZ_09_AZ_09_AZ_09_AZ_09": true, "key": true, most: true, most + ".": false,
		long + "@": false, long + "[": false, long + "/": false, long + ":": false, long + "a": false, long + " ": false,
	} {
		want := "environment variable ***: it is not set"
		if shown {
			want = "environment variable " + name + ": it is not set"
		}
		if err := auth.APIKeyFrom(auth.Env(name)).Check(false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAChainHasItsSources(t *testing.T) {
	sources := []*auth.Secret{auth.Literal("key")}
	c := auth.APIKeyFrom(auth.Chain(sources...))
	sources[0] = nil
	wantKey(t, c, "key")
	n := 0
	c = auth.APIKeyFrom(auth.Chain(auth.Func(func(context.Context) (string, error) {
		n++
		return fmt.Sprintf("key-%d", n), nil
	}, 0)))
	wantKey(t, c, "key-1")
	c.Refused("key-1")
	wantKey(t, c, "key-2")
}

// A source before the last has five seconds, or half of the time that there is.
func TestTheShareOfASource(t *testing.T) {
	for timeout, share := range map[time.Duration]time.Duration{4 * time.Second: 2 * time.Second, time.Hour: 5 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			hangs := auth.Func(func(ctx context.Context) (string, error) { <-ctx.Done(); return "", ctx.Err() }, 0)
			c := auth.APIKeyFrom(auth.Chain(hangs, auth.Literal("the-other")))
			ctx, cancel := context.WithTimeout(t.Context(), timeout)
			defer cancel()
			if key, err := apply(ctx, c); key != "the-other" || err != nil || time.Since(epoch) != share {
				t.Errorf("of %v: %q, %v after %v, want %v", timeout, key, err, time.Since(epoch), share)
			}
			time.Sleep(15 * time.Second) // the call has its own
		})
	}
}

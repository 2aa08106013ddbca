package transport_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/internal/leak"
	"github.com/logsto/logsto-go/transport"
)

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
			err := deliver.Records(t.Context(), c, records(2))
			if (err == nil) != (status == 204) {
				t.Errorf("%s, %d: %v", kind, status, err)
			}
			if how := leak.InError(err, "the-key-or-token"); how != "" {
				t.Errorf("%s, %d: %s", kind, status, how)
			}
		}
		if how := leak.In(c, "the-key-or-token", secret); how != "" {
			t.Errorf("%s: %s", kind, how)
		}
		if how := leak.In(c.Stats(), "the-key-or-token", secret); how != "" {
			t.Errorf("%s: %s", kind, how)
		}
		all := leak.Shown(c)
		for _, how := range shows {
			if !strings.Contains(all[how], "transport.Client("+transport.DefaultEndpoint+")") {
				t.Errorf("%s: %s is %s", kind, how, all[how])
			}
		}
	}
}

// shows are the ways of package leak in which a client says what it is.
var shows = []string{
	"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%y",
	"Sprint", "String", "log", "json", "xml", "text", "panic", "expvar",
	"slog text", "slog json", "zap json", "zap console", "zerolog", "logrus text", "logrus json",
}

func TestANilClientPrints(t *testing.T) {
	var c *transport.Client
	if got := fmt.Sprintf("%v %#v", c, c); got != "transport.Client(nil) transport.Client(nil)" {
		t.Error(got)
	}
}

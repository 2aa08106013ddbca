package endtoend

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/transport/logstotest"
)

// planted is what the library does not know to be a secret, and so does not hide.
const planted = "Hs7KqWz3NvTb5RxLd9MfGj2YcPu4"

// TestTheLifeOfAnApplicationShowsLeaks has an application live that lets something out
// in each of the places that TestSecrets looks at, by the ways on which a leak of the
// library would come.
func TestTheLifeOfAnApplicationShowsLeaks(t *testing.T) {
	harmless := credentialKind{
		credential: func(*testing.T, *application) *auth.Credential { return auth.APIKey(plainKey) },
		secrets:    []string{planted},
		server:     []logstotest.Option{logstotest.WithAPIKey(plainKey)},
	}
	for name, c := range map[string]struct {
		trouble trouble
		want    []string
	}{
		"in an answer": {
			trouble{ingest: over(func(*exchange) string { return page(403, "", planted) })},
			[]string{"Close", "Flush", "Notify", "Search", "Send", "Stats", "Stats.LastError", "Sync", "error handler", "refusal handler"},
		},
		"in the half of an answer": {
			trouble{ingest: over(func(*exchange) string { return page(403, "", planted[14:]) })},
			[]string{"Close", "Flush", "Notify", "Search", "Send", "Stats", "Stats.LastError", "Sync", "error handler", "refusal handler"},
		},
		"in an error, hidden": {
			trouble{ingest: func(*exchange) (*http.Response, error) { return nil, &holdingError{planted} }},
			[]string{"Close", "Flush", "Notify", "Search", "Send", "Stats.LastError", "Sync", "error handler"}, // the JSON of Stats is text
		},
		"in the path": {
			trouble{endpoint: "http://127.0.0.1:1/" + planted, harmless: true},
			[]string{"Client", "URL"},
		},
		"in the query": {
			trouble{endpoint: "http://127.0.0.1:1/v1/log?key=" + planted, harmless: true},
			[]string{"URL"},
		},
		"to another host": {
			trouble{endpoint: "http://127.0.0.2:1/v1/log", harmless: true},
			[]string{"stranger"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApplication(t, harmless, c.trouble)
				a.live(t)
				secrets := halves([]string{planted})
				if slices.Contains(c.want, "stranger") {
					secrets = halves([]string{plainKey}) // the key itself goes there
				}
				got := channelsOf(a.seen.leaks(secrets, true))
				for _, want := range c.want {
					if !slices.Contains(got, want) {
						t.Errorf("not seen in %s, but in %q", want, got)
					}
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) { // what is stored and noted is what was sent
		a := newApplication(t, harmless, trouble{harmless: true})
		_ = sendRecords(t.Context(), a.again, `{"level":"info","message":"`+planted+`"}`)
		req, _ := http.NewRequest(http.MethodPost, a.srv.Endpoint(), strings.NewReader(`{"level":"info","message":"x"}`))
		req.Header = http.Header{"Idempotency-Key": {planted}, "X-Logs-Api-Key": {plainKey}, "Content-Type": {"application/json"}}
		resp, err := a.srv.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		a.live(t)
		if got := channelsOf(a.seen.leaks(halves([]string{planted}), false)); !slices.Equal(got, []string{"noted request", "stored record"}) {
			t.Errorf("seen in %q", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		a := newPerson(trouble{})
		defer a.srv.Close()
		err := a.login(t, a.person(awkward), &memoryStore{}, func(_ *application, address string) (string, error) {
			_, query, _ := strings.Cut(address, "&state=")
			state, _, _ := strings.Cut(query, "&")
			return "http://127.0.0.1/callback?error=" + planted + "&state=" + state, nil
		})
		a.seen.addError("Login", err)
		a.seen.addText("prompt", planted)
		if got := channelsOf(a.seen.leaks(halves([]string{planted}), false)); !slices.Equal(got, []string{"Login", "prompt"}) {
			t.Errorf("seen in %q: %v", got, err)
		}
	})
}

// holdingError does not say what it holds, unless it is printed by its fields.
type holdingError struct{ What string }

func (*holdingError) Error() string { return "x" }

// channelsOf returns where something was found.
func channelsOf(found []string) (channels []string) {
	for _, f := range found {
		channel, _, _ := strings.Cut(f, ": ")
		channels = append(channels, channel)
	}
	return slices.Compact(channels)
}

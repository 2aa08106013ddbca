package browser

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/internal/oauthservers/zitadel"
)

// TestChromiumAndTheProvider is about these two alone, without the library: that the
// login page works in a browser.
func TestChromiumAndTheProvider(t *testing.T) {
	b := Start(t)
	p := zitadel.Start(t)
	got := make(chan url.Values, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/callback" {
			http.NotFound(w, r) // the icon of the page
			return
		}
		got <- r.URL.Query()
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<title>The end</title><h1>back</h1>"))
	}))
	t.Cleanup(srv.Close)
	cfg := oauth2.Config{
		ClientID: zitadel.CLI, RedirectURL: srv.URL + "/callback", Scopes: []string{"openid"},
		Endpoint: oauth2.Endpoint{AuthURL: p.AuthURL, TokenURL: p.TokenURL},
	}
	verifier := oauth2.GenerateVerifier()
	page, err := b.LogIn(cfg.AuthCodeURL("the state", oauth2.S256ChallengeOption(verifier)), zitadel.Username, zitadel.Password)
	if err != nil {
		t.Fatal(err)
	}
	if page.Status != http.StatusOK || page.Title != "The end" || page.Text != "back" || !strings.HasPrefix(page.URL, cfg.RedirectURL) {
		t.Errorf("%+v", page)
	}
	query := <-got
	if query.Get("state") != "the state" {
		t.Errorf("the redirect has %v", query)
	}
	if _, err := cfg.Exchange(t.Context(), query.Get("code"), oauth2.VerifierOption(verifier)); err != nil {
		t.Error(err)
	}
}

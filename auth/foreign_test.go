package auth_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/logsto/logsto-go/auth"
)

// isLine reports whether a text can forge nothing on a terminal or in a file of lines.
func isLine(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// TestErrorsOfASourceOfOthers has a token endpoint that repeats the request, in an answer that
// moves the cursor and begins lines of its own.
func TestErrorsOfASourceOfOthers(t *testing.T) {
	const secret = "s3cr3t-of-the-client"
	for name, answer := range map[string]func(r *http.Request, form string) string{
		"body": func(r *http.Request, form string) string {
			return "\x1b[2J\nlogsto: all is well\r" + r.Header.Get("Authorization") + form
		},
		"description": func(r *http.Request, form string) string {
			return fmt.Sprintf(`{"error":"invalid_client","error_description":%q}`, "\x1b[2J\nlogsto: all is well\r"+r.Header.Get("Authorization")+form)
		},
	} {
		for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				form, _ := io.ReadAll(r.Body)
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(http.StatusInternalServerError)
				_, _ = io.WriteString(w, answer(r, string(form)))
			}))
			defer srv.Close()
			cfg := clientcredentials.Config{ClientID: "me", ClientSecret: secret, TokenURL: srv.URL + "/token?k=of-the-query", AuthStyle: style}
			source := cfg.TokenSource(t.Context())
			for kind, c := range map[string]*auth.Credential{
				"TokenSource": auth.TokenSource(source),
				"Func": auth.APIKeyFrom(auth.Func(func(context.Context) (string, error) {
					_, err := source.Token()
					return "", fmt.Errorf("vault: %w", err)
				}, 0)),
			} {
				_, err := c.Apply(t.Context(), nil, http.Header{})
				var e *auth.TokenError
				var raw *oauth2.RetrieveError
				switch {
				case err == nil || !isLine(err.Error()) || len(err.Error()) > 800:
					t.Errorf("%s, %s: %q", name, kind, err)
				case !errors.As(err, &e) || e.Status != http.StatusInternalServerError || e.URL != srv.URL+"/token" || e.Setup():
					t.Errorf("%s, %s: %+v", name, kind, e)
				case errors.As(err, &raw):
					t.Errorf("%s, %s: the answer and the request can be had from the error", name, kind)
				}
				noneShown(t, err, secret, "bWU6czNjcjN0", "of-the-query")
			}
		}
	}
}

// A source whose endpoint does not answer names it, with what stands in its query.
func TestTheQueryOfASourceOfOthersIsNotShown(t *testing.T) {
	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		return nil, io.ErrUnexpectedEOF
	})})
	cfg := clientcredentials.Config{ClientID: "me", ClientSecret: secret, TokenURL: tokenURL + "?key=s3cr3t-of-the-query"}
	_, err := auth.TokenSource(cfg.TokenSource(ctx)).Apply(t.Context(), nil, http.Header{})
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), tokenURL+"?***") || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("%v", err)
	}
}

// A function may say that somebody must log in, and why.
func TestALoginThatIsRequiredStaysRequired(t *testing.T) {
	why := &oauth2.RetrieveError{ErrorCode: "invalid_grant", Body: []byte("s3cr3t")}
	c := auth.TokenSource(sourceFunc(func() (*oauth2.Token, error) { return nil, fmt.Errorf("%w: %w", auth.ErrLoginRequired, why) }))
	_, err := c.Apply(t.Context(), nil, http.Header{})
	if !errors.Is(err, auth.ErrLoginRequired) || !strings.HasSuffix(err.Error(), ": auth: token endpoint: invalid_grant") {
		t.Errorf("%v", err)
	}
	noneShown(t, err, "s3cr3t")
}

// TestErrorsAreLines has errors of all functions that are not ours.
func TestErrorsAreLines(t *testing.T) {
	bad := errors.New("\x1b]0;title\a\nlogsto: a line of theirs\u202e" + strings.Repeat("x", 1<<20))
	store := failingStore{bad}
	cfg := oauthConfig("https://auth.example")
	apply := func(c *auth.Credential) error {
		_, err := c.Apply(t.Context(), nil, http.Header{})
		return err
	}
	for name, err := range map[string]error{
		"TokenSource": apply(auth.TokenSource(sourceFunc(func() (*oauth2.Token, error) { return nil, bad }))),
		"Func":        apply(auth.APIKeyFrom(auth.Func(func(context.Context) (string, error) { return "", bad }, time.Hour))),
		"a store":     apply(auth.AuthorizationCode(cfg, store)),
		"Login":       auth.Login(t.Context(), cfg, store),
		"Logout":      auth.Logout(t.Context(), cfg, store),
		"WithBrowser": auth.Login(t.Context(), cfg, &memoryStore{}, auth.WithBrowser(func(context.Context, string) error { return bad })),
		"WithPrompt":  auth.Login(t.Context(), cfg, &memoryStore{}, auth.WithPrompt(funcIO(func([]byte) (int, error) { return 0, bad }), io.Discard)),
		"an HTTP client": func() error {
			hc := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, bad })}
			_, err := auth.ClientCredentials(config("https://auth.example")).Apply(t.Context(), hc, http.Header{})
			return err
		}(),
	} {
		if err == nil || !isLine(err.Error()) || len(err.Error()) > 8<<10 || !errors.Is(err, bad) {
			t.Errorf("%s: %.200q, %v", name, err, errors.Is(err, bad))
		}
	}
}

type failingStore struct{ err error }

func (s failingStore) Load(context.Context, string) (*oauth2.Token, error) { return nil, s.err }

func (s failingStore) Update(context.Context, string, func(context.Context, *oauth2.Token) (*oauth2.Token, error)) error {
	return s.err
}

package auth_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/leak"
)

func TestAPersonLogsInOnce(t *testing.T) {
	for _, clientSecret := range []string{"", secret} {
		srv := newAuthServer(t)
		srv.secret = clientSecret
		store := auth.FileStore(storePath(t))
		if err := auth.Login(t.Context(), srv.config(), store, auth.WithBrowser(person(make(chan page, 1)))); err != nil {
			t.Fatal(err)
		}
		last := ""
		for range 3 { // as many starts of the program
			c := auth.AuthorizationCode(srv.config(), store)
			if err := c.Check(false); err != nil {
				t.Fatal(err)
			}
			h := http.Header{}
			first, err := c.Apply(t.Context(), nil, h)
			if err != nil || h.Get("Authorization") != "Bearer "+first || last != "" && first != last {
				t.Errorf("Apply: %q, %v, headers %v, had %q", first, err, h, last)
			}
			c.Taken(first)
			c.Refused(first)
			last, err = c.Apply(t.Context(), nil, h)
			if err != nil || last == first {
				t.Errorf("Apply: %q, %v", last, err)
			}
			for _, how := range []string{leak.In(c, first, last), leak.Reachable(c, first, last, secret)} {
				if how != "" {
					t.Error(how)
				}
			}
			if c.ID(last) != "me" || c.Trouble() != nil {
				t.Errorf("%q, %v", c.ID(last), c.Trouble())
			}
		}
		if requests, twice := srv.seen(); len(requests) != 4 || twice {
			t.Errorf("%d requests, the same twice: %v", len(requests), twice)
		}
	}
}

func TestACredentialWaitsForALogin(t *testing.T) {
	srv := newAuthServer(t)
	var store memoryStore
	c := auth.AuthorizationCode(srv.config(), &store)
	for range 3 {
		_, err := c.Apply(t.Context(), nil, http.Header{})
		if !errors.Is(err, auth.ErrLoginRequired) || !auth.IsSetup(err) {
			t.Errorf("Apply: %v", err)
		}
	}
	// And goes on at once when somebody has done so.
	if err := auth.Login(t.Context(), srv.config(), &store, auth.WithBrowser(person(make(chan page, 1)))); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Apply(t.Context(), nil, http.Header{}); err != nil {
		t.Errorf("Apply: %v", err)
	}
}

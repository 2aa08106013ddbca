package auth_test

import (
	"context"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/auth"
)

// A key that works goes on while its place has something that cannot be one, and is not
// given again once the server has refused it.
func TestAMalformedReplacementDoesNotStopAKeyThatWorks(t *testing.T) {
	const good, name = "good", "LOGSTO_TEST_MALFORMED_KEY"
	path := filepath.Join(ownDir(t), "key")
	for place, set := range map[string]struct {
		source *auth.Secret
		put    func(text string)
	}{
		"file " + path:                 {auth.File(path), func(text string) { write(t, path, text) }},
		"environment variable " + name: {auth.Env(name), func(text string) { t.Setenv(name, text) }},
	} {
		for _, text := range []string{"first\nsecond\n", "a\x01b"} {
			set.put(good)
			c := auth.APIKeyFrom(set.source)
			apply := func() (string, error) { return c.Apply(t.Context(), nil, http.Header{}) }
			if key, err := apply(); key != good || err != nil || c.Trouble() != nil {
				t.Fatalf("%s: %q, %v, trouble %v", place, key, err, c.Trouble())
			}
			set.put(text)
			key, err := apply()
			trouble := c.Trouble()
			if key != good || err != nil || !auth.IsSetup(trouble) || !strings.Contains(trouble.Error(), place+": the key has blanks") {
				t.Errorf("%s: %q, %v, trouble %v", place, key, err, trouble)
			}
			c.Refused(good)
			if key, err := apply(); err == nil || !auth.IsSetup(err) || !strings.Contains(err.Error(), place) {
				t.Errorf("%s, refused: %q, %v", place, key, err)
			}
			set.put("better")
			if key, err := apply(); key != "better" || err != nil || c.Trouble() != nil {
				t.Errorf("%s, mended: %q, %v, trouble %v", place, key, err, c.Trouble())
			}
		}
	}
}

// A function that gives what cannot be a key is called again, and not only when that is
// old.
func TestAFunctionThatGivesAMalformedKeyIsCalledAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		values := []string{"good", "two\nlines", "", "better"} // for the empty one it fails
		calls := 0
		f := func(context.Context) (string, error) {
			calls++
			return values[min(calls, len(values))-1], nil
		}
		c := auth.APIKeyFrom(auth.Func(f, time.Hour))
		got := []string{}
		for range 150 { // minutes
			key, err := c.Apply(t.Context(), nil, http.Header{})
			if err != nil {
				t.Fatal(err)
			}
			if len(got) == 0 || got[len(got)-1] != key {
				got = append(got, key)
			}
			if troubled := calls == 2 || calls == 3; (c.Trouble() != nil) != troubled {
				t.Errorf("after %d calls: %v", calls, c.Trouble())
			}
			time.Sleep(time.Minute)
		}
		if !slices.Equal(got, []string{"good", "better"}) || calls != 5 { // the last because the key was old
			t.Errorf("keys %q, %d calls", got, calls)
		}
	})
}

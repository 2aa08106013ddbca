package auth_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/transport"
	"github.com/logsto/logsto-go/transport/logstotest"
)

const day = 24 * time.Hour

// handled logs now and then for so long, and returns what the error handler of the buffer was
// told.
func handled(t *testing.T, credential *auth.Credential, every, during time.Duration) (told []string) {
	t.Helper()
	srv := logstotest.NewInMemory(logstotest.WithoutStorage(), logstotest.WithAPIKey("key-1"), logstotest.WithAPIKey("key-2"))
	defer srv.Close()
	client, err := transport.New(transport.WithAuth(credential), transport.WithEndpoint(srv.Endpoint()), transport.WithHTTPClient(srv.Client()))
	if err != nil {
		t.Fatal(err)
	}
	buf, err := batch.New(client, batch.WithErrorHandler(func(err error) { told = append(told, err.Error()) }))
	if err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); time.Since(began) < during; time.Sleep(every) {
		buf.Append(batch.Info, time.Now(), []byte(`{"level":"info","message":"x"}`))
	}
	if err := buf.Close(context.Background()); err != nil {
		t.Error(err)
	}
	client.CloseIdleConnections()
	return told
}

func TestAnOldKeyIsToldOnce(t *testing.T) {
	key := func(opts ...auth.Option) *auth.Credential { return auth.APIKey("key-1", opts...) }
	for name, c := range map[string]struct {
		credential    func(*testing.T) *auth.Credential
		every, during time.Duration
		want          int
	}{
		"by default":      {func(*testing.T) *auth.Credential { return key() }, day, 200 * day, 0},
		"young":           {func(*testing.T) *auth.Credential { return key(auth.WithMaxKeyAge(90 * day)) }, day, 89 * day, 0},
		"old":             {func(*testing.T) *auth.Credential { return key(auth.WithMaxKeyAge(90 * day)) }, day, 200 * day, 1},
		"old, and busy":   {func(*testing.T) *auth.Credential { return key(auth.WithMaxKeyAge(time.Hour)) }, 5 * time.Second, 2 * time.Hour, 1},
		"old, and seldom": {func(*testing.T) *auth.Credential { return key(auth.WithMaxKeyAge(time.Hour)) }, 50 * time.Minute, 5 * time.Hour, 1},
		"replaced": {func(*testing.T) *auth.Credential {
			began := time.Now()
			return auth.APIKeyFrom(auth.Func(func(context.Context) (string, error) {
				if time.Since(began) > 60*day {
					return "key-2", nil
				}
				return "key-1", nil
			}, day), auth.WithMaxKeyAge(90*day))
		}, day, 140 * day, 0},
		"replaced, and old": {func(*testing.T) *auth.Credential {
			began := time.Now()
			return auth.APIKeyFrom(auth.Func(func(context.Context) (string, error) {
				if time.Since(began) > 100*day {
					return "key-2", nil
				}
				return "key-1", nil
			}, day), auth.WithMaxKeyAge(90*day))
		}, day, 200 * day, 2},
		"an old file": {func(t *testing.T) *auth.Credential {
			t.Helper()
			path := filepath.Join(ownDir(t), "key")
			write(t, path, "key-1")
			old := time.Now().Add(-91 * day)
			if err := os.Chtimes(path, old, old); err != nil {
				t.Fatal(err)
			}
			return auth.APIKeyFrom(auth.File(path), auth.WithMaxKeyAge(90*day))
		}, time.Minute, time.Hour, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				told := handled(t, c.credential(t), c.every, c.during)
				if len(told) != c.want {
					t.Errorf("told %q, want %d", told, c.want)
				}
				for _, text := range told {
					if !strings.Contains(text, "the key sha256:") || !strings.HasSuffix(text, "; replace it") {
						t.Errorf("%s", text)
					}
				}
			})
		})
	}
	for want, c := range map[string]*auth.Credential{
		"WithMaxKeyAge(0s): must be positive":   key(auth.WithMaxKeyAge(0)),
		"WithMaxKeyAge goes with API keys only": auth.TokenSource(static(secret), auth.WithMaxKeyAge(day)),
	} {
		if err := c.Check(false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestAKeyFileThatOthersMayChange(t *testing.T) {
	path := filepath.Join(ownDir(t), "key")
	write(t, path, "key-1")
	c := auth.APIKeyFrom(auth.File(path))
	wantKey(t, c, "key-1")
	if err := os.Chmod(path, 0o646); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o646 {
		t.Skip("there are no such modes here")
	}
	if err := auth.APIKeyFrom(auth.File(path)).Check(false); err == nil || !strings.Contains(err.Error(), "file "+path+": everybody may change it (mode 0646); chmod o-w") {
		t.Errorf("%v", err)
	}
	write(t, path, "key-of-others")
	wantKey(t, c, "key-1") // goes on
	if err := c.Trouble(); err == nil || !strings.Contains(err.Error(), "everybody may change it") {
		t.Errorf("Trouble: %v", err)
	}
	for _, mode := range []os.FileMode{0o644, 0o664, 0o440} { // as they are mounted
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if err := auth.APIKeyFrom(auth.File(path)).Check(false); err != nil {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
}

func TestAKeyFileOfAnotherUserIsToldOnce(t *testing.T) {
	path := filepath.Join(ownDir(t), "key")
	write(t, path, "key-1")
	if err := os.Chown(path, 1234, -1); err != nil {
		t.Skip("takes root")
	}
	synctest.Test(t, func(t *testing.T) {
		told := handled(t, auth.APIKeyFrom(auth.File(path)), 10*time.Second, time.Hour)
		if len(told) != 1 || !strings.Contains(told[0], "file "+path+": it belongs to another user, who can replace the secret") {
			t.Errorf("%q", told)
		}
	})
}

// TestAWarningEndsWithoutARequest has nothing to send after the first request.
func TestAWarningEndsWithoutARequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := auth.APIKey("key-1", auth.WithMaxKeyAge(time.Hour))
		var ends atomic.Int32
		stop := c.Watch(func() { ends.Add(1) })
		wantKey(t, c, "key-1")
		time.Sleep(2 * time.Hour)
		wantKey(t, c, "key-1")
		if err := c.Trouble(); err == nil || ends.Load() != 0 {
			t.Errorf("Trouble: %v, %d ends", err, ends.Load())
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if err := c.Trouble(); err != nil || ends.Load() != 1 {
			t.Errorf("Trouble: %v, %d ends", err, ends.Load())
		}
		stop()
		if _, err := c.Apply(t.Context(), nil, http.Header{}); err != nil || c.Trouble() != nil {
			t.Errorf("%v, Trouble: %v", err, c.Trouble())
		}
	})
}

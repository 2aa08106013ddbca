package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
)

func TestAKeyInTheEnvironmentIsReadAgain(t *testing.T) {
	c := auth.APIKeyFrom(auth.Env("LOGSTO_TEST_KEY"))
	if err := c.Check(false); err == nil || !strings.Contains(err.Error(), "environment variable LOGSTO_TEST_KEY: it is not set") || !auth.IsSetup(err) {
		t.Errorf("not set: %v", err)
	}
	t.Setenv("LOGSTO_TEST_KEY", " \n")
	if err := c.Check(false); err == nil || !strings.Contains(err.Error(), "environment variable LOGSTO_TEST_KEY: it is empty") {
		t.Errorf("empty: %v", err)
	}
	for _, key := range []string{"key-1", "key-2"} {
		t.Setenv("LOGSTO_TEST_KEY", key+"\r\n")
		if err := c.Check(false); err != nil {
			t.Error(err)
		}
		wantKey(t, c, key)
	}
}

var errManager = errors.New("the secret manager is down")

// manager is a secret manager. Its keys are key-1, key-2 and so on.
type manager struct {
	takes time.Duration
	fail  atomic.Bool
	calls atomic.Int32
}

func (m *manager) key(ctx context.Context) (string, error) {
	n := m.calls.Add(1)
	select {
	case <-time.After(m.takes):
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	if m.fail.Load() {
		return "", errManager
	}
	return fmt.Sprintf(" key-%d\n", n), nil
}

func TestAFunctionIsCalledOnceHoweverManyWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &manager{takes: time.Second}
		c := auth.APIKeyFrom(auth.Func(m.key, 0))
		if err := c.Check(false); err != nil || m.calls.Load() != 0 {
			t.Errorf("Check: %v, %d calls", err, m.calls.Load())
		}
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() { wantKey(t, c, "key-1") })
		}
		wg.Wait()
		time.Sleep(365 * 24 * time.Hour)
		wantKey(t, c, "key-1")
		c.Refused("key-1")
		wantKey(t, c, "key-2")
		if n, bad := c.Fetches(); n != 2 || bad != 0 {
			t.Errorf("%d fetches, %d in vain", n, bad)
		}
	})
}

func TestAFunctionIsCalledAsOftenAsMaxAgeSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		c := auth.APIKeyFrom(auth.Func(func(context.Context) (string, error) {
			calls++
			return "the-same", nil
		}, 100*time.Millisecond))
		for time.Since(epoch) < 10*time.Second {
			wantKey(t, c, "the-same")
			time.Sleep(time.Millisecond)
		}
		synctest.Wait()
		if calls < 98 || calls > 112 {
			t.Errorf("%d calls", calls)
		}
	})
}

// Nobody waits for a key that has its age, and it goes on while the manager fails.
func TestAFunctionIsCalledAgainInTheBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &manager{takes: time.Second}
		c := auth.APIKeyFrom(auth.Func(m.key, time.Hour))
		wantKey(t, c, "key-1")
		wantKey(t, c, "key-1")
		time.Sleep(54*time.Minute - 2*time.Second)
		wantKey(t, c, "key-1")
		if n := m.calls.Load(); n != 1 {
			t.Errorf("%d calls", n)
		}
		m.fail.Store(true)
		for range 60 * 24 {
			time.Sleep(time.Minute)
			began := time.Now()
			wantKey(t, c, "key-1")
			if waited := time.Since(began); waited > 0 {
				t.Errorf("waited for %v", waited)
			}
		}
		if n, bad := c.Fetches(); n < 1000 || n > 5000 || bad != n-1 {
			t.Errorf("%d fetches, %d in vain", n, bad)
		}
		m.fail.Store(false)
		time.Sleep(time.Minute)
		wantKey(t, c, fmt.Sprintf("key-%d", m.calls.Load()))
	})
}

func TestAFunctionHasItsOwnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := auth.APIKeyFrom(auth.Func((&manager{takes: time.Hour}).key, 0))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Apply(ctx, nil, http.Header{}); !errors.Is(err, context.DeadlineExceeded) || time.Since(epoch) != time.Second {
			t.Errorf("after %v: %v", time.Since(epoch), err)
		}
		// The call has its own.
		if _, err := c.Apply(t.Context(), nil, http.Header{}); !errors.Is(err, context.DeadlineExceeded) || time.Since(epoch) != 15*time.Second {
			t.Errorf("after %v: %v", time.Since(epoch), err)
		}
	})
}

func TestBadFunctions(t *testing.T) {
	key := func(context.Context) (string, error) { return secret, nil }
	for want, c := range map[string]*auth.Credential{
		"the function is nil":         auth.APIKeyFrom(auth.Func(nil, 0)),
		"not made by a constructor":   auth.APIKeyFrom(new(auth.Secret)),
		"maxAge is -1s":               auth.APIKeyFrom(auth.Func(key, -time.Second)),
		"APIKey: a source is nil":     auth.APIKeyFrom(nil),
		"a source is nil":             auth.APIKeyFrom(auth.Chain(auth.Env("X"), nil, new(auth.Secret))),
		"Chain: there are no sources": auth.APIKeyFrom(auth.Chain()),
	} {
		if err := c.Check(false); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "auth: APIKey: ") {
			t.Errorf("%v, want one with %q", err, want)
		}
	}
	for name, f := range map[string]func(context.Context) (string, error){
		"panic":     func(context.Context) (string, error) { panic(secret) },
		"empty":     func(context.Context) (string, error) { return "", nil },
		"line feed": func(context.Context) (string, error) { return secret + "\nX-Evil: 1", nil },
	} {
		_, err := auth.APIKeyFrom(auth.Func(f, 0)).Apply(t.Context(), nil, http.Header{})
		if err == nil || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheFirstSourceThatHasOneWins(t *testing.T) {
	path := filepath.Join(ownDir(t), "key")
	m := &manager{}
	m.fail.Store(true)
	c := auth.APIKeyFrom(auth.Chain(auth.Env("LOGSTO_TEST_KEY"), auth.File(path), auth.Func(m.key, 0)))
	if err := c.Check(false); err != nil {
		t.Errorf("with a function that may have one: %v", err)
	}
	_, err := c.Apply(t.Context(), nil, http.Header{})
	if err == nil || !errors.Is(err, errManager) || auth.IsSetup(err) {
		t.Fatalf("no source has one: %v", err)
	}
	for _, want := range []string{
		"none of the sources has a secret: ",
		"environment variable LOGSTO_TEST_KEY: it is not set; ",
		"; file " + path + ": ",
		"; function: " + errManager.Error(),
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want one with %q", err, want)
		}
	}
	m.fail.Store(false)
	c = auth.APIKeyFrom(auth.Chain(auth.Env("LOGSTO_TEST_KEY"), auth.File(path), auth.Func(m.key, 0)))
	wantKey(t, c, "key-2")
	write(t, path, "key-of-the-file")
	wantKey(t, c, "key-of-the-file")
	t.Setenv("LOGSTO_TEST_KEY", "key-of-the-environment")
	wantKey(t, c, "key-of-the-environment")
	c.Refused("key-of-the-environment")
	wantKey(t, c, "key-of-the-environment") // it has another one, but does not win
	t.Setenv("LOGSTO_TEST_KEY", "")
	wantKey(t, c, "key-of-the-file")
	write(t, path, "")
	wantKey(t, c, "key-of-the-file") // it had one
	if err := c.Trouble(); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("Trouble: %v", err)
	}
	if n, bad := c.Fetches(); n != 1 || bad != 0 {
		t.Errorf("%d fetches, %d in vain", n, bad)
	}
}

func TestAChainOfWhatIsReadAtOnceIsChecked(t *testing.T) {
	chain := auth.APIKeyFrom(auth.Chain(auth.Env("LOGSTO_TEST_KEY"), auth.Chain(auth.File(filepath.Join(ownDir(t), "key")))))
	err := chain.Check(false)
	if err == nil || !auth.IsSetup(err) || !strings.Contains(err.Error(), "LOGSTO_TEST_KEY") || !strings.Contains(err.Error(), "file ") {
		t.Errorf("Check: %v", err)
	}
	t.Setenv("LOGSTO_TEST_KEY", "key")
	if err := chain.Check(false); err != nil {
		t.Error(err)
	}
}

// A function that hangs gives way, whether or not it heeds its context, and costs no time
// in the end.
func TestAFunctionThatHangsGivesWay(t *testing.T) {
	for name, f := range map[string]func(context.Context) (string, error){
		"heeds its context": func(ctx context.Context) (string, error) { <-ctx.Done(); return "", ctx.Err() },
		"does not":          func(context.Context) (string, error) { time.Sleep(5 * time.Minute); return "", errManager },
	} {
		synctest.Test(t, func(t *testing.T) {
			c := auth.APIKeyFrom(auth.Chain(auth.Func(f, 0), auth.Literal("the-other")))
			for time.Since(epoch) < 5*time.Minute {
				began := time.Now()
				wantKey(t, c, "the-other")
				if waited := time.Since(began); waited > 5*time.Second {
					t.Errorf("%s: waited for %v", name, waited)
				}
				time.Sleep(time.Second)
			}
			time.Sleep(6 * time.Minute) // until the last call has ended
			if n, bad := c.Fetches(); n > 15 || bad != n || n == 0 {
				t.Errorf("%s: %d calls, %d in vain", name, n, bad)
			}
		})
	}
}

// A key that nobody uses is not asked for without end, though it is the same each time.
func TestAFunctionIsLeftAloneWhenNobodyNeedsTheKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		c := auth.APIKeyFrom(auth.Func(func(context.Context) (string, error) {
			calls.Add(1)
			return "key", nil
		}, 5*time.Minute))
		wantKey(t, c, "key")
		wantKey(t, c, "key")
		time.Sleep(24 * time.Hour)
		if n := calls.Load(); n != 2 {
			t.Errorf("%d calls", n)
		}
	})
	synctest.Test(t, func(t *testing.T) { // also while it fails
		m := &manager{}
		c := auth.APIKeyFrom(auth.Func(m.key, 5*time.Minute))
		wantKey(t, c, "key-1")
		wantKey(t, c, "key-1")
		m.fail.Store(true)
		time.Sleep(24 * time.Hour)
		if n := m.calls.Load(); n != 2 {
			t.Errorf("%d calls that fail", n-1)
		}
	})
}

// A chain waits for a source within the context of the request, and no further one is
// asked after its end.
func TestAChainEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := func() *auth.Secret { return auth.Func((&manager{takes: time.Hour}).key, 0) }
		c := auth.APIKeyFrom(auth.Chain(hang(), hang()))
		cause := errors.New("the reason")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, cause)
		defer cancel()
		if _, err := c.Apply(ctx, nil, http.Header{}); !errors.Is(err, cause) {
			t.Errorf("%v", err)
		}
		time.Sleep(15 * time.Second) // the call has its own
	})
	synctest.Test(t, func(t *testing.T) { // also if there is one that could be had at once
		c := auth.APIKeyFrom(auth.Chain(auth.Func((&manager{takes: time.Hour}).key, 0), auth.Literal("key")))
		cause := errors.New("the reason")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(cause) })
		if key, err := apply(ctx, c); key != "" || !errors.Is(err, cause) {
			t.Errorf("%q, %v", key, err)
		}
		time.Sleep(15 * time.Second)
	})
}

func TestKeysAreToldApart(t *testing.T) {
	if got := auth.APIKey("key-1").ID("key-1"); got != "sha256:be297454" {
		t.Errorf("key-1 is %s", got)
	}
	if got := auth.ClientCredentials(config(tokenURL)).ID("token"); got != "me" {
		t.Errorf("the client is %s", got)
	}
	if got := auth.TokenSource(oauth2.StaticTokenSource(nil)).ID("token"); got != "" {
		t.Errorf("the source is %s", got)
	}
}

// There is one copy of a secret for all requests.
func TestRequestsShareTheSecret(t *testing.T) {
	for name, c := range map[string]*auth.Credential{
		"key": auth.APIKey(secret, auth.WithScheme(auth.Bearer)), "token": auth.TokenSource(static(secret)),
		"token that ends": auth.TokenSource(&source{lifetime: time.Hour}), // one timer for all, too
	} {
		h := http.Header{}
		use := func() {
			if _, err := c.Apply(t.Context(), nil, h); err != nil {
				t.Error(err)
			}
		}
		use()
		if n := testing.AllocsPerRun(100, use); n > 1 { // the header's slice
			t.Errorf("%s: %v allocations for a request", name, n)
		}
	}
}

package transport_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/transport"
)

// A token that ends between the compressed body, which is not taken, and the plain one is
// replaced all the same.
func TestARefusalBehindAnotherIsAnsweredWithAnotherToken(t *testing.T) {
	var sent []string
	c := clientOn(t, func(req *http.Request) (*http.Response, error) {
		token := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
		sent = append(sent, req.Header.Get("Content-Encoding")+token)
		switch {
		case req.Header.Get("Content-Encoding") != "":
			return respond(req, 415, ""), nil
		case token == "token-1":
			return respond(req, 401, ""), nil
		}
		return respond(req, 200, ""), nil
	}, transport.WithAuth(auth.TokenSource(&counted{})), transport.WithoutRetry(), transport.WithFormat(transport.NDJSON))
	if err := deliver.Records(t.Context(), c, records(50)); err != nil {
		t.Error(err)
	}
	if got := strings.Join(sent, " "); got != "gziptoken-1 token-1 token-2" {
		t.Errorf("sent %s", got)
	}
}

// That the server has refused the credential is known, though the time ends while another
// one is fetched.
func TestARefusalIsKnownThoughTheNextTokenHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		key := auth.Func(func(ctx context.Context) (string, error) {
			if calls.Add(1) > 1 {
				<-ctx.Done()
				return "", ctx.Err()
			}
			return "key-1", nil
		}, 0)
		c := clientOn(t, func(req *http.Request) (*http.Response, error) { return respond(req, 401, "no such key"), nil },
			transport.WithAuth(auth.APIKeyFrom(key)))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		var e *transport.Error
		if err := deliver.Records(ctx, c, records(1)); !errors.As(err, &e) || e.Status != 401 || e.Body != "no such key" {
			t.Errorf("%v", err)
		}
		time.Sleep(15 * time.Second) // the call has its own time
	})
}

// What is told of answers that acknowledge the records is told anew when it is something
// else.
func TestAnotherOddityIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	writeFile(t, path, "key")
	odd := true
	c := clientOn(t, func(req *http.Request) (*http.Response, error) { return respond(req, 200, "what"), nil },
		transport.WithAuth(auth.APIKeyFrom(auth.File(path))), transport.WithPartialSuccess(func([]byte, int) ([]transport.Failure, error) {
			if odd {
				return nil, errors.New("what is that")
			}
			return nil, nil
		}))
	var told []string
	stop := c.Notify(func(err error) {
		if err == nil {
			err = errors.New("nothing")
		}
		told = append(told, err.Error())
	})
	defer stop()
	send := func() {
		t.Helper()
		for range 3 {
			if err := deliver.Records(t.Context(), c, records(1)); err != nil {
				t.Error(err)
			}
		}
	}
	send()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	odd = false
	send()
	writeFile(t, path, "key")
	send()
	if len(told) != 3 || !strings.Contains(told[0], "what is that") || !strings.Contains(told[1], "records are delivered, but: auth: file ") || told[2] != "nothing" {
		t.Errorf("told %q", told)
	}
}

// A handler that ends its goroutine, as the methods of testing do, costs no record.
func TestAHandlerThatEndsItsGoroutine(t *testing.T) {
	var good atomic.Value
	good.Store("token-2")
	c := clientOn(t, takes(&good, func(string) {}), transport.WithAuth(auth.TokenSource(&counted{})),
		transport.WithoutRetry(), transport.WithRefusalHandler(func(transport.Refusal) { runtime.Goexit() }))
	if err := deliver.Records(t.Context(), c, records(1)); err != nil {
		t.Error(err)
	}
}

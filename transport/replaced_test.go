package transport_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/deliver"
	"github.com/logsto/logsto-go/transport"
)

// Keys may be replaced, refused and looked at by everybody at once; the race detector
// watches.
func TestKeysAreReplacedWhileRecordsAreSent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	writeFile(t, path, "key-0")
	var good atomic.Value
	good.Store("key-0")
	credential := auth.APIKeyFrom(auth.Chain(auth.Env("LOGSTO_TEST_NONE"), auth.File(path)))
	c := clientOn(t, takes(&good, func(string) {}), transport.WithAuth(credential), transport.WithoutRetry(),
		transport.WithRefusalHandler(func(transport.Refusal) {}))
	stop := make(chan bool)
	var others, senders sync.WaitGroup
	others.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			key := fmt.Sprintf("key-%d", n)
			if n%2 == 0 { // as an editor writes it, and as others do
				_ = os.WriteFile(path, []byte(key), 0o600) // a failure shows in the end
			} else if os.WriteFile(path+".new", []byte(key), 0o600) == nil {
				_ = os.Rename(path+".new", path)
			}
			good.Store(key)
		}
	})
	others.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			unwatch := c.Notify(func(error) {})
			credential.Refused("key-0")
			credential.Taken("key-1")
			_, _ = c.Stats(), credential.Trouble()
			unwatch()
		}
	})
	for range 8 {
		senders.Go(func() {
			for range 20 {
				_ = deliver.Records(t.Context(), c, records(2))
			}
		})
	}
	senders.Wait()
	close(stop)
	others.Wait()
	if err := deliver.Records(t.Context(), c, records(2)); err != nil {
		t.Error(err)
	}
	if s := c.Stats(); len(s.Keys) > 16 || s.Requests == 0 {
		t.Errorf("%+v", s)
	}
}

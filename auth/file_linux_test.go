package auth_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
)

// swapped calls read over and over while path is now the file that it was and now a pipe,
// which nobody writes to. What read returns must say nothing else than that.
func swapped(t *testing.T, path string, read func() error) {
	t.Helper()
	pipe := path + ".pipe"
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(path, path+".file"); err != nil {
		t.Fatal(err)
	}
	var reads atomic.Int32
	done := make(chan bool)
	go func() {
		defer close(done)
		for range 2000 {
			reads.Add(1)
			if err := read(); err != nil && !strings.Contains(err.Error(), "no regular file") {
				t.Error(err)
				return
			}
		}
	}()
	last, since := int32(0), time.Now()
	for {
		for _, name := range []string{pipe, path + ".file"} {
			_ = os.Link(name, path+".new")
			if err := os.Rename(path+".new", path); err != nil {
				t.Error(err)
			}
		}
		select {
		case <-done:
			return
		default:
		}
		// However slow the machine is, a single read takes no such time.
		if n := reads.Load(); n != last {
			last, since = n, time.Now()
		} else if time.Since(since) > 30*time.Second {
			t.Fatalf("waits for a writer since read %d", n)
		}
	}
}

// What was a file when it was looked at may be a pipe when it is opened.
func TestAFileThatBecomesAPipe(t *testing.T) {
	path := filepath.Join(ownDir(t), "key")
	write(t, path, "key")
	c := auth.APIKeyFrom(auth.File(path))
	wantKey(t, c, "key")
	swapped(t, path, func() error {
		wantKey(t, c, "key")
		return c.Trouble()
	})
}

func TestAStoreThatBecomesAPipe(t *testing.T) {
	path := storePath(t)
	s := auth.FileStore(path)
	put(t, s, "k", &oauth2.Token{AccessToken: "a"})
	swapped(t, path, func() error {
		_, err := s.Load(t.Context(), "k")
		return err
	})
}

func TestAFileThatCannotBeRead(t *testing.T) {
	// Its start is mapped nowhere.
	if err := auth.APIKeyFrom(auth.File("/proc/self/mem")).Check(false); err == nil || !strings.Contains(err.Error(), "input/output error") {
		t.Errorf("%v", err)
	}
	if os.Geteuid() == 0 {
		t.Skip("root may read all")
	}
	path := filepath.Join(ownDir(t), "key")
	write(t, path, secret)
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	if err := auth.APIKeyFrom(auth.File(path)).Check(false); err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("%v", err)
	}
}

func TestAFileIsClosed(t *testing.T) {
	open := func() int {
		all, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	path := filepath.Join(ownDir(t), "key")
	write(t, path, "key")
	before := open()
	for range 100 {
		wantKey(t, auth.APIKeyFrom(auth.File(path)), "key")
	}
	if after := open(); after > before+50 { // others may come and go
		t.Errorf("%d files are open, and %d were before", after, before)
	}
}

//go:build unix

package auth_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
)

// TestADirectoryThatOthersMayChange has files that are good, in directories where others can
// put theirs in the place of them.
func TestADirectoryThatOthersMayChange(t *testing.T) {
	for _, mode := range []fs.FileMode{0o777, 0o777 | fs.ModeSticky, 0o770, 0o722} {
		path := filepath.Join(ownDir(t), "token.json")
		write(t, path, goodFile)
		if err := os.Chmod(filepath.Dir(path), mode); err != nil {
			t.Fatal(err)
		}
		wantDirRefused(t, path, "others may change its directory")
	}
	path := filepath.Join(ownDir(t), "token.json")
	write(t, path, goodFile)
	if err := os.Chown(filepath.Dir(path), 1234, -1); err != nil {
		t.Skip("takes root")
	}
	wantDirRefused(t, path, "its directory belongs to another user")
}

func wantDirRefused(t *testing.T, path, want string) {
	t.Helper()
	_, loaded := auth.FileStore(path).Load(t.Context(), "k")
	wantRefusal(t, path, loaded, want)
	wantRefusal(t, path, auth.FileStore(path).Update(t.Context(), "k", func(_ context.Context, tok *oauth2.Token) (*oauth2.Token, error) {
		t.Error("the function is called")
		return tok, nil
	}), want)
	if _, err := os.Lstat(path + ".lock"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a lock is made: %v", err)
	}
}

// flip puts now one and now another link to a file or a symbolic link at a path, until stop
// is called.
func flip(t *testing.T, path string, set ...func(string) error) (stop func()) {
	t.Helper()
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for i := 0; ; i++ {
			select {
			case <-end:
				return
			default:
			}
			if err := set[i%len(set)](path + ".flip"); err != nil {
				t.Error(err)
				return
			}
			if err := os.Rename(path+".flip", path); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	return func() {
		close(end)
		<-ended
	}
}

func hardTo(target string) func(string) error {
	return func(p string) error { return os.Link(target, p) }
}

func softTo(target string) func(string) error {
	return func(p string) error { return os.Symlink(target, p) }
}

// TestALockDoesNotFollowALink has a lock that is a link when it is opened, and was none when
// it was looked at: what the link points to must not be made.
func TestALockDoesNotFollowALink(t *testing.T) {
	path, elsewhere := storePath(t), filepath.Join(ownDir(t), "elsewhere")
	put(t, auth.FileStore(path), "k", nil)
	stop := flip(t, path+".lock", softTo(elsewhere), func(p string) error { return os.WriteFile(p, nil, 0o600) })
	defer stop()
	for range 3000 {
		_ = auth.FileStore(path).Update(t.Context(), "k", func(_ context.Context, tok *oauth2.Token) (*oauth2.Token, error) {
			return tok, errors.New("nothing is to be stored")
		})
		if _, err := os.Lstat(elsewhere); err == nil {
			t.Fatal("the lock was made where the link points to")
		}
	}
}

// TestAStoreDoesNotFollowALink has a file that is a link when it is opened.
func TestAStoreDoesNotFollowALink(t *testing.T) {
	path := storePath(t)
	put(t, auth.FileStore(path), "k", &oauth2.Token{AccessToken: "ours"})
	other := filepath.Join(ownDir(t), "other")
	put(t, auth.FileStore(other), "k", &oauth2.Token{AccessToken: "theirs"})
	if err := os.Link(path, path+".ours"); err != nil {
		t.Fatal(err)
	}
	stop := flip(t, path, softTo(other), hardTo(path+".ours"))
	defer stop()
	for range 3000 {
		tok, err := auth.FileStore(path).Load(t.Context(), "k")
		if err == nil && tok.AccessToken != "ours" {
			t.Fatalf("read through the link: %q", tok.AccessToken)
		}
	}
}

func TestALockOfAnotherIsNotAwaitedForEver(t *testing.T) {
	path := storePath(t)
	put(t, auth.FileStore(path), "k", nil)
	held := flock.New(path + ".lock")
	if ok, err := held.TryLock(); !ok || err != nil {
		t.Fatal(ok, err)
	}
	defer func() { _ = held.Unlock() }()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		err := auth.FileStore(path).Update(ctx, "k", nil)
		if took := time.Since(began); err == nil || !strings.Contains(err.Error(), "another process has had it for 45s") || took != 45*time.Second {
			t.Errorf("after %v: %v", took, err)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := auth.FileStore(path).Update(short, "k", nil); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "cannot be locked") {
			t.Errorf("within a context: %v", err)
		}
	})
}

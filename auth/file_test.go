package auth_test

import (
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/logsto/logsto-go/auth"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// replace puts a file in the place of another one, as those do who mount secrets.
func replace(t *testing.T, path, text string) {
	t.Helper()
	write(t, path+".new", text)
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func wantKey(t *testing.T, c *auth.Credential, want string) {
	t.Helper()
	if got, err := c.Apply(t.Context(), nil, http.Header{}); got != want || err != nil {
		t.Errorf("key %q, %v; want %q", got, err, want)
	}
}

func TestAKeyFileIsReadAgainWhenItChanges(t *testing.T) {
	path := filepath.Join(ownDir(t), "key")
	write(t, path, "\n key-0\r\n")
	c := auth.APIKeyFrom(auth.File(path))
	if err := c.Check(false); err != nil {
		t.Fatal(err)
	}
	wantKey(t, c, "key-0")
	replace(t, path, "key-1")
	wantKey(t, c, "key-1")
	// Within the resolution of its time, and of the same size.
	for _, key := range []string{"key-2", "key-3", "key-4"} {
		write(t, path, key)
		wantKey(t, c, key)
	}
	now := time.Now()
	for _, key := range []string{"key-2", "key-3", "key-4"} { // with a coarse clock
		write(t, path, key)
		if err := os.Chtimes(path, now, now); err != nil {
			t.Fatal(err)
		}
		wantKey(t, c, key)
	}
	// One that has been as it is for long, is not read again; but for its size and its
	// time, and when it is another one.
	old := time.Now().Add(-time.Hour)
	age := func(d time.Duration) {
		if err := os.Chtimes(path, old.Add(d), old.Add(d)); err != nil {
			t.Fatal(err)
		}
	}
	age(0)
	wantKey(t, c, "key-4")
	write(t, path, "key-5")
	age(0)
	wantKey(t, c, "key-4")
	c.Refused("key-3") // an old one
	wantKey(t, c, "key-4")
	c.Refused("key-4")
	wantKey(t, c, "key-5")
	write(t, path, "key-55")
	age(0)
	wantKey(t, c, "key-55")
	write(t, path, "key-56")
	age(time.Second)
	wantKey(t, c, "key-56")
	replace(t, path, "key-57")
	age(time.Second)
	wantKey(t, c, "key-57")
}

// Kubernetes mounts a directory of links through another link, which it replaces.
func TestAKeyBehindLinksIsReadAgain(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need privileges there")
	}
	dir := ownDir(t)
	link := func(target, name string) {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.Symlink(target, name+".new"); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(name+".new", name); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-time.Hour)
	for _, key := range []string{"key-1", "key-2"} {
		if err := os.Mkdir(filepath.Join(dir, key), 0o700); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, key, "key")
		write(t, path, key)
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	link("key-1", "..data")
	link("..data/key", "key")
	c := auth.APIKeyFrom(auth.File(filepath.Join(dir, "key")))
	wantKey(t, c, "key-1")
	link("key-2", "..data")
	wantKey(t, c, "key-2")
}

func TestAKeyGoesOnWhileItsFileCannotBeRead(t *testing.T) {
	path := filepath.Join(ownDir(t), "key")
	write(t, path, "key-1")
	c := auth.APIKeyFrom(auth.File(path))
	wantKey(t, c, "key-1")
	spoil := map[string]func(){
		"no such file":            func() { _ = os.Remove(path) },
		"it is empty":             func() { write(t, path, " \n") },
		"it is no regular file":   func() { _ = os.Remove(path); _ = os.Mkdir(path, 0o700) },
		"it has more than 65536 ": func() { write(t, path, strings.Repeat("k", 65537)) },
	}
	if runtime.GOOS == "windows" {
		delete(spoil, "no such file") // it has words of its own
	}
	for want, spoil := range spoil {
		spoil()
		wantKey(t, c, "key-1")
		if err := c.Trouble(); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "file "+path+": ") {
			t.Errorf("Trouble: %v, want one with %q", err, want)
		}
		c.Refused("key-1")
		wantKey(t, c, "key-1") // there is no other
		_ = os.RemoveAll(path)
		write(t, path, "key-1")
		wantKey(t, c, "key-1")
		if err := c.Trouble(); err != nil {
			t.Errorf("after %q: %v", want, err)
		}
	}
}

func TestAFileWithoutAKey(t *testing.T) {
	dir := ownDir(t)
	for text, want := range map[string]string{
		"":                          "it is empty",
		"\n":                        "it is empty",
		secret + "\nX-Evil: 1":      "the key has",
		strings.Repeat("k", 65537):  "it has more than 65536 bytes",
		strings.Repeat(" ", 65537):  "it has more than 65536 bytes",
		"\x00" + secret:             "the key has",
		secret + "\u00a0" + secret:  "the key has",
		strings.Repeat("k", 1<<16):  "",
		"  " + secret + "\t\r\n\v ": "",
	} {
		path := filepath.Join(dir, "key")
		write(t, path, text)
		err := auth.APIKeyFrom(auth.File(path)).Check(false)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) || !auth.IsSetup(err)) {
			t.Errorf("%.20q: %v, want one with %q", text, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%.20q: the error shows the key: %v", text, err)
		}
		if err != nil && strings.Count(err.Error(), "file "+path+": ") != 1 {
			t.Errorf("%.20q: the error does not say where the key is: %v", text, err)
		}
	}
	none := auth.APIKeyFrom(auth.File(filepath.Join(dir, "none")))
	if err := none.Check(false); err == nil || strings.Count(err.Error(), "none") != 1 {
		t.Errorf("no file: %v", err)
	}
	if err := none.Trouble(); err != nil { // there is nothing that goes on
		t.Errorf("Trouble: %v", err)
	}
}

// Editors on Windows put a byte order mark before a text, which nobody sees.
func TestAByteOrderMarkIsNoPartOfASecret(t *testing.T) {
	path := filepath.Join(ownDir(t), "key")
	write(t, path, "\uFEFFkey-1\r\n")
	wantKey(t, auth.APIKeyFrom(auth.File(path)), "key-1")
	write(t, path, "\uFEFF\r\n")
	if err := auth.APIKeyFrom(auth.File(path)).Check(false); err == nil || !strings.Contains(err.Error(), "it is empty") {
		t.Errorf("%v", err)
	}
}

package auth_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/logsto/logsto-go/auth"
	"github.com/logsto/logsto-go/internal/leak"
)

func storePath(t *testing.T) string {
	t.Helper()
	return filepath.Join(ownDir(t), "logsto", "deep", "token.json")
}

// put stores a token.
func put(t *testing.T, s auth.TokenStore, key string, tok *oauth2.Token) {
	t.Helper()
	err := s.Update(t.Context(), key, func(context.Context, *oauth2.Token) (*oauth2.Token, error) { return tok, nil })
	if err != nil {
		t.Fatal(err)
	}
}

// wantStored checks that a new store of the file has a token.
func wantStored(t *testing.T, path, key string, want *oauth2.Token) {
	t.Helper()
	got, err := auth.FileStore(path).Load(t.Context(), key)
	if err != nil || (got == nil) != (want == nil) {
		t.Fatalf("Load(%q): %+v, %v; want %+v", key, got, err, want)
	}
	if want != nil && (got.AccessToken != want.AccessToken || got.TokenType != want.TokenType || got.RefreshToken != want.RefreshToken ||
		!got.Expiry.Equal(want.Expiry) || got.ExpiresIn != want.ExpiresIn) {
		t.Errorf("Load(%q): %+v, want %+v", key, got, want)
	}
}

func TestAFileStoreKeepsTokens(t *testing.T) {
	path := storePath(t)
	s := auth.FileStore(path)
	wantStored(t, path, "a", nil)
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load has left something: %v", err)
	}
	a := &oauth2.Token{AccessToken: "access", TokenType: "Bearer", RefreshToken: "refresh", Expiry: time.Now().Add(time.Hour), ExpiresIn: 3600}
	b := &oauth2.Token{AccessToken: "other"}
	put(t, s, "a", a)
	put(t, s, "b c\"\n", b)
	wantStored(t, path, "a", a)
	wantStored(t, path, "b c\"\n", b)
	wantStored(t, path, "A", nil)

	err := s.Update(t.Context(), "a", func(_ context.Context, old *oauth2.Token) (*oauth2.Token, error) {
		if old == nil || old.RefreshToken != "refresh" {
			t.Errorf("Update got %+v", old)
		}
		old.AccessToken = "changed in place"
		return old, nil
	})
	if err != nil {
		t.Error(err)
	}
	a.AccessToken = "changed in place"
	wantStored(t, path, "a", a)

	put(t, s, "a", nil)
	wantStored(t, path, "a", nil)
	wantStored(t, path, "b c\"\n", b)

	reason := errors.New("the reason")
	err = s.Update(t.Context(), "b c\"\n", func(_ context.Context, old *oauth2.Token) (*oauth2.Token, error) {
		old.AccessToken = "not to be stored"
		return &oauth2.Token{AccessToken: "neither"}, reason
	})
	if err != reason { //nolint:errorlint // as it is
		t.Errorf("Update: %v", err)
	}
	wantStored(t, path, "b c\"\n", b)
}

func TestAFileStoreIsForItsOwnerAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no modes here")
	}
	path := storePath(t)
	s := auth.FileStore(path)
	err := s.Update(t.Context(), "a", func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
		entries, err := os.ReadDir(filepath.Dir(path))
		if err != nil || len(entries) == 0 {
			t.Errorf("while it is written: %v, %v", entries, err)
		}
		for _, e := range entries {
			wantMode(t, filepath.Join(filepath.Dir(path), e.Name()), 0o600)
		}
		return &oauth2.Token{AccessToken: "x"}, nil
	})
	if err != nil {
		t.Error(err)
	}
	wantMode(t, path, 0o600)
	wantMode(t, filepath.Dir(path), 0o700)
	wantMode(t, filepath.Dir(filepath.Dir(path)), 0o700)
	if _, err := os.Lstat(path + ".tmp"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("left behind: %v", err)
	}
}

func wantMode(t *testing.T, path string, want fs.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != want {
		t.Errorf("%s: %v, %v; want %v", path, info.Mode().Perm(), err, want)
	}
}

const goodFile = `{"version":1,"tokens":{"k":{"access_token":"s3cr3t-access","refresh_token":"s3cr3t-refresh"}}}`

func TestAFileThatCannotBeTrustedIsRefused(t *testing.T) {
	write := func(text string, mode fs.FileMode) func(string) error {
		return func(path string) error {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				return err
			}
			return os.Chmod(path, mode)
		}
	}
	tests := map[string]struct {
		make func(path string) error
		want string // in the error; empty if there is none
	}{
		"good":             {write(goodFile, 0o600), ""},
		"read-only":        {write(goodFile, 0o400), ""},
		"no tokens":        {write(`{"version":1}`, 0o600), ""},
		"empty":            {write("", 0o600), "corrupt"},
		"cut off":          {write(goodFile[:40], 0o600), "corrupt"},
		"two of them":      {write(goodFile+goodFile, 0o600), "corrupt"},
		"not JSON":         {write("s3cr3t", 0o600), "corrupt"},
		"an array":         {write(`["s3cr3t"]`, 0o600), "corrupt"},
		"null":             {write(`null`, 0o600), "corrupt"},
		"a number":         {write(`{"version":1,"tokens":{"k":{"access_token":53}}}`, 0o600), "corrupt"},
		"a wrong time":     {write(`{"version":1,"tokens":{"k":{"access_token":"x","expiry":"s3cr3t"}}}`, 0o600), "corrupt"},
		"no version":       {write(`{"tokens":{"k":{"access_token":"s3cr3t"}}}`, 0o600), "corrupt"},
		"a later version":  {write(`{"version":2,"tokens":{"k":{"access_token":"s3cr3t"}}}`, 0o600), "version 2"},
		"of another kind":  {write(`{"auths":{"s3cr3t":{}}}`, 0o600), "corrupt"},
		"a directory":      {func(path string) error { return os.Mkdir(path, 0o700) }, "no regular file"},
		"large":            {write(goodFile+strings.Repeat(" ", 1<<20), 0o600), "larger than 1 MiB"},
		"binary":           {write("\x00\xff\xfe", 0o600), "corrupt"},
		"a link":           {func(path string) error { return linkTo(path, path+".real") }, "symbolic link"},
		"a link to itself": {func(path string) error { return os.Symlink(path, path) }, "symbolic link"},
		"a link nowhere":   {func(path string) error { return os.Symlink(path+".none", path) }, "symbolic link"},
	}
	if runtime.GOOS != "windows" {
		for _, mode := range []fs.FileMode{0o640, 0o604, 0o644, 0o660, 0o602, 0o610, 0o777} {
			tests[fmt.Sprintf("mode %o", mode)] = struct {
				make func(string) error
				want string
			}{write(goodFile, mode), fmt.Sprintf("mode %04o", mode)}
		}
		tests["another owner"] = struct {
			make func(string) error
			want string
		}{func(path string) error {
			if err := write(goodFile, 0o600)(path); err != nil {
				return err
			}
			return os.Chown(path, 1234, -1) // takes root
		}, "belongs to another user"}
		tests["a pipe"] = struct {
			make func(string) error
			want string
		}{func(path string) error { return exec.Command("mkfifo", "-m", "600", path).Run() }, "no regular file"}
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(ownDir(t), "token.json")
			if err := c.make(path); err != nil {
				t.Skip(err)
			}
			before, _ := os.ReadFile(pathToRead(path))
			tok, err := auth.FileStore(path).Load(t.Context(), "k")
			wantRefusal(t, path, err, c.want)
			if c.want != "" && tok != nil {
				t.Errorf("Load: %v", tok)
			}
			called := false
			err = auth.FileStore(path).Update(t.Context(), "k", func(_ context.Context, tok *oauth2.Token) (*oauth2.Token, error) {
				called = true
				return tok, nil
			})
			wantRefusal(t, path, err, c.want)
			if called != (c.want == "") {
				t.Errorf("Update called its function: %v", called)
			}
			if after, _ := os.ReadFile(pathToRead(path)); string(after) != string(before) {
				t.Errorf("the file has changed")
			}
		})
	}
}

// pathToRead returns the path, or an empty one where reading would wait.
func pathToRead(path string) string {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return path
}

func linkTo(path, target string) error {
	if err := os.WriteFile(target, []byte(goodFile), 0o600); err != nil {
		return err
	}
	return os.Symlink(target, path)
}

func wantRefusal(t *testing.T, path string, err error, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Error(err)
		}
		return
	}
	if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "token file ") || !strings.Contains(err.Error(), path) {
		t.Errorf("%v, want %q", err, want)
		return
	}
	noneShown(t, err, "s3cr3t")
}

func TestAFileStoreInALinkedDirectory(t *testing.T) {
	dir := ownDir(t)
	if err := os.Symlink(dir, filepath.Join(dir, "link")); err != nil {
		t.Skip(err)
	}
	put(t, auth.FileStore(filepath.Join(dir, "link", "token.json")), "k", &oauth2.Token{AccessToken: "x"})
	wantStored(t, filepath.Join(dir, "token.json"), "k", &oauth2.Token{AccessToken: "x"})
}

// What would keep the file from being replaced is found before a refresh token is spent.
func TestAFileThatCannotBeReplacedIsAnErrorBefore(t *testing.T) {
	path := filepath.Join(ownDir(t), "token.json")
	put(t, auth.FileStore(path), "k", &oauth2.Token{AccessToken: "x"})
	if err := os.MkdirAll(filepath.Join(path+".tmp", "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{path, "", filepath.Join(path, "below a file")} {
		err := auth.FileStore(path).Update(t.Context(), "k", func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
			t.Errorf("%q: the function was called", path)
			return nil, nil
		})
		if err == nil || !strings.HasPrefix(err.Error(), "token file") {
			t.Errorf("%q: %v", path, err)
		}
	}
	wantStored(t, path, "k", &oauth2.Token{AccessToken: "x"})
	if _, err := auth.FileStore("").Load(t.Context(), "k"); err == nil {
		t.Error("no error without a path")
	}
}

func TestATokenThatIsTooLargeIsNotStored(t *testing.T) {
	path := filepath.Join(ownDir(t), "token.json")
	put(t, auth.FileStore(path), "k", &oauth2.Token{AccessToken: "x"})
	for name, tok := range map[string]*oauth2.Token{
		"large":        {AccessToken: strings.Repeat("s3cr3t", 1<<18)},
		"no such time": {AccessToken: "s3cr3t", Expiry: time.Date(12345, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		err := auth.FileStore(path).Update(t.Context(), "k", func(context.Context, *oauth2.Token) (*oauth2.Token, error) { return tok, nil })
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		noneShown(t, err, "s3cr3t")
		wantStored(t, path, "k", &oauth2.Token{AccessToken: "x"})
	}
}

func TestWhatAKilledProcessLeftIsReplaced(t *testing.T) {
	path := filepath.Join(ownDir(t), "token.json")
	if err := os.WriteFile(path+".tmp", []byte("half a fi"), 0o644); err != nil {
		t.Fatal(err)
	}
	put(t, auth.FileStore(path), "k", &oauth2.Token{AccessToken: "x"})
	wantStored(t, path, "k", &oauth2.Token{AccessToken: "x"})
	if runtime.GOOS != "windows" {
		wantMode(t, path, 0o600)
	}
}

func TestAStoreWaitsWithinItsContext(t *testing.T) {
	s := auth.FileStore(filepath.Join(ownDir(t), "token.json"))
	inside, leave := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	wg.Go(func() {
		err := s.Update(ctx, "k", func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
			close(inside)
			<-leave
			return &oauth2.Token{AccessToken: "stored"}, nil
		})
		if err != nil {
			t.Errorf("the first: %v", err)
		}
	})
	<-inside
	cause := errors.New("the reason")
	short, cancel := context.WithTimeoutCause(t.Context(), 20*time.Millisecond, cause)
	defer cancel()
	err := s.Update(short, "other", func(context.Context, *oauth2.Token) (*oauth2.Token, error) {
		t.Error("two at once")
		return nil, nil
	})
	if !errors.Is(err, cause) {
		t.Errorf("Update: %v", err)
	}
	if _, err := s.Load(short, "k"); !errors.Is(err, cause) {
		t.Errorf("Load: %v", err)
	}
	if tok, err := s.Load(t.Context(), "k"); tok != nil || err != nil { // does not wait
		t.Errorf("Load: %v, %v", tok, err)
	}
	stop() // too late: the token is in hand
	close(leave)
	wg.Wait()
	if tok, err := s.Load(t.Context(), "k"); tok == nil || err != nil {
		t.Errorf("Load: %v, %v", tok, err)
	}
	if err := s.Update(ctx, "k", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("Update: %v", err)
	}
}

func TestAFileStoreNeverPrints(t *testing.T) {
	path := filepath.Join(ownDir(t), "token.json")
	s := auth.FileStore(path)
	put(t, s, "k", &oauth2.Token{AccessToken: "s3cr3t-access", RefreshToken: "s3cr3t-refresh"})
	if _, err := s.Load(t.Context(), "k"); err != nil {
		t.Error(err)
	}
	if how := leak.In(s, "s3cr3t-access", "s3cr3t-refresh"); how != "" {
		t.Error(how)
	}
}

// envStore makes the test binary a process that counts in the file that it names.
const envStore = "LOGSTO_TEST_STORE"

func TestMain(m *testing.M) {
	if path := os.Getenv(envStore); path != "" {
		os.Exit(count(path, os.Getenv(envStore+"_KEY"), os.Getenv(envStore+"_TIMES")))
	}
	if path := os.Getenv(envUser); path != "" {
		os.Exit(use(path, os.Getenv(envUser+"_BASE")))
	}
	os.Exit(m.Run())
}

// count adds to the number that is the access token under key, and writes each number
// that is stored.
func count(path, key, times string) int {
	n, err := strconv.Atoi(times)
	for i := 0; i < n && err == nil; i++ {
		var now int
		err = auth.FileStore(path).Update(context.Background(), key, func(_ context.Context, tok *oauth2.Token) (*oauth2.Token, error) {
			now = number(tok) + 1
			return &oauth2.Token{AccessToken: strconv.Itoa(now), RefreshToken: strings.Repeat("r", 2000)}, nil
		})
		if err == nil {
			fmt.Println(now)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// number returns the number in a token, which is zero if there is none.
func number(tok *oauth2.Token) int {
	if tok == nil {
		return 0
	}
	n, err := strconv.Atoi(tok.AccessToken)
	if err != nil {
		panic(err)
	}
	return n
}

// counter returns a process that counts.
func counter(t *testing.T, path, key string, times int) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), envStore+"="+path, envStore+"_KEY="+key, envStore+"_TIMES="+strconv.Itoa(times))
	cmd.Stderr = os.Stderr
	return cmd
}

func TestProcessesShareAStore(t *testing.T) {
	path := storePath(t)
	const processes, times = 4, 25
	var wg sync.WaitGroup
	for i := range processes {
		wg.Go(func() {
			// Two keys: the file is one.
			if err := counter(t, path, "k"+strconv.Itoa(i%2), times).Run(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, key := range []string{"k0", "k1"} {
		tok, err := auth.FileStore(path).Load(t.Context(), key)
		if err != nil || number(tok) != processes/2*times {
			t.Errorf("%s: counted to %d, %v", key, number(tok), err)
		}
	}
}

func TestAKilledProcessLeavesTheOldOrTheNew(t *testing.T) {
	path := storePath(t)
	last := 0
	for round := range 25 {
		cmd := counter(t, path, "k", 1_000_000)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for range 1 + round%7 {
			if lines.Scan() {
				last = atoi(t, lines.Text())
			}
		}
		_ = cmd.Process.Kill()
		for lines.Scan() { // what it had said before
			last = atoi(t, lines.Text())
		}
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait() // killed
		tok, err := auth.FileStore(path).Load(t.Context(), "k")
		// What was told to be stored is, and at most one more.
		if n := number(tok); err != nil || n != last && n != last+1 {
			t.Fatalf("round %d: %d is stored, %v; %d was acknowledged", round, n, err, last)
		}
		last = number(tok)
	}
	// Nobody waits for the lock of the dead.
	put(t, auth.FileStore(path), "k", nil)
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 2 {
		t.Errorf("left: %v, %v", entries, err)
	}
}

func atoi(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Error(err)
	}
	return n
}

// ownDir returns an empty directory that nobody else may change, whatever the umask.
func ownDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/oauth2"
)

const (
	// maxStore bounds the file, in bytes.
	maxStore = 1 << 20
	// storeVersion is the one of the form of the file.
	storeVersion = 1
	// roomForToken is what is reserved for a new token before it is fetched, in bytes.
	roomForToken = 16 << 10
	// lockWait is how long another may have the lock: it does one exchange with it.
	lockWait = exchangeTimeout + 15*time.Second
	// lockPoll is how often a lock that another has is tried.
	lockPoll = 10 * time.Millisecond
)

// FileStore keeps tokens in a JSON file, such as logsto/token.json in
// [os.UserConfigDir]. It is made when the first token is stored, readable by its owner
// alone (0600), and its directory (0700), if that is missing, when the first login begins.
// Any number of processes may share it.
//
// The file is replaced as a whole: whenever the process or the machine ends, the old or
// the new one is there. While it is written, its directory has path.tmp beside it, and
// path.lock from then on, which is never removed. Directories on which files cannot be
// locked, as on some network file systems, give an error.
//
// A file is refused if it is no regular file, is larger than 1 MiB, or is not one of
// ours; on Unix also if others may read it or change its directory, or if one of them
// belongs to another user; the directory may be root's. The path must not be a symbolic
// link, as what it points to would not be what is replaced; its directories may be. What a
// file has in it, no error shows. That another process has the lock for 45 seconds is an
// error.
//
// A token stands there for its client and its token endpoint, whose URL must be spelt the
// same: a login at localhost is none at 127.0.0.1.
func FileStore(path string) TokenStore { return &fileStore{path} }

// fileStore has no token in it, so it may be printed.
type fileStore struct{ path string }

// storeFile is the form of the file.
type storeFile struct {
	Version int                      `json:"version"`
	Tokens  map[string]*oauth2.Token `json:"tokens"`
}

// Load implements [TokenStore]. It takes no lock: the file is replaced as a whole.
func (s *fileStore) Load(ctx context.Context, key string) (*oauth2.Token, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	file, err := s.read()
	if err != nil {
		return nil, err
	}
	return file.Tokens[key], nil
}

// Update implements [TokenStore]. All keys wait for each other.
func (s *fileStore) Update(ctx context.Context, key string, f func(context.Context, *oauth2.Token) (*oauth2.Token, error)) (err error) {
	if s.path == "" {
		return errNoPath
	}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return s.failed(err)
	}
	// A lock of its own for each call, so that goroutines exclude each other too.
	lock, err := s.lock(ctx)
	if err != nil {
		return s.failed(err)
	}
	defer func() {
		if e := lock.Unlock(); e != nil && err == nil {
			err = s.failed(fmt.Errorf("it cannot be unlocked: %w", e))
		}
	}()
	return s.replace(ctx, key, f)
}

// lock locks the file, by one beside it that somebody else must not have made into something
// that is opened elsewhere, or never.
func (s *fileStore) lock(ctx context.Context) (*flock.Flock, error) {
	if err := checkDir(filepath.Dir(s.path)); err != nil {
		return nil, err
	}
	name := s.path + ".lock"
	info, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("its lock is no regular file")
	}
	lock := flock.New(name, flock.SetFlag(os.O_CREATE|os.O_RDWR|openSafely), flock.SetPermissions(0o600))
	ctx, cancel := context.WithTimeoutCause(ctx, lockWait, fmt.Errorf("another process has had it for %v", lockWait))
	defer cancel()
	if _, err := lock.TryLockContext(ctx, lockPoll); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, fmt.Errorf("it cannot be locked: %w", err)
	}
	info, err = lock.Stat() // of what is open
	if err == nil {
		err = checkFile(info)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("its lock: %w", err), lock.Unlock())
	}
	return lock, nil
}

// replace does the work of Update. The caller has the lock.
func (s *fileStore) replace(ctx context.Context, key string, f func(context.Context, *oauth2.Token) (*oauth2.Token, error)) error {
	file, err := s.read()
	if err != nil {
		return err
	}
	// Opened before f spends a refresh token for nothing.
	next, err := s.create()
	if err != nil {
		return s.failed(err)
	}
	defer next.discard()
	old, err := json.Marshal(file)
	if err != nil {
		return s.failed(errors.New("what it has has no form in JSON")) // the reason may show it
	}
	if err := next.reserve(len(old) + roomForToken); err != nil {
		return s.failed(err)
	}
	tok, err := f(ctx, clone(file.Tokens[key]))
	if err != nil {
		return err
	}
	if same(tok, file.Tokens[key]) {
		return nil
	}
	delete(file.Tokens, key)
	if tok != nil {
		file.Tokens[key] = kept(tok)
	}
	text, err := json.Marshal(file)
	switch {
	case err != nil:
		return s.failed(errors.New("the token has no form in JSON")) // the reason may show it
	case len(text) > maxStore:
		return s.failed(errors.New("with this token it would be larger than 1 MiB"))
	}
	if err := next.commit(text, s.path); err != nil {
		return s.failed(err)
	}
	return nil
}

// read returns what the file has, which is empty if there is none.
func (s *fileStore) read() (*storeFile, error) {
	if s.path == "" {
		return nil, errNoPath
	}
	none := &storeFile{Version: storeVersion, Tokens: map[string]*oauth2.Token{}}
	f, err := openChecked(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return none, nil
	}
	if err != nil {
		return nil, s.failed(err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(f, maxStore+1))
	if err != nil {
		return nil, s.failed(err)
	}
	if len(text) > maxStore {
		return nil, s.failed(errLarge)
	}
	file := &storeFile{}
	// The error of package json may show what it does not like.
	if json.Unmarshal(text, file) != nil || file.Version == 0 {
		return nil, s.failed(errors.New("it is corrupt; remove it and log in again"))
	}
	if file.Version != storeVersion {
		return nil, s.failed(fmt.Errorf("it has version %d, and not %d, of its form", file.Version, storeVersion))
	}
	if file.Tokens == nil {
		file.Tokens = none.Tokens
	}
	return file, nil
}

func (s *fileStore) failed(err error) error {
	if !isPath(s.path) { // it may be the token itself
		return fmt.Errorf("token file %s: %w", shownPlace(s.path, false), bareOS(err))
	}
	var at *fs.PathError
	if errors.As(err, &at) {
		return fmt.Errorf("token file: %w", err) // that names it, or its directory
	}
	return fmt.Errorf("token file %s: %w", s.path, err)
}

var (
	errNoPath = errors.New("token file: its path is empty")
	errLarge  = errors.New("it is larger than 1 MiB")
)

// openChecked opens a file that may be trusted with tokens.
func openChecked(path string) (*os.File, error) {
	// Before it is opened: opening a pipe waits for its other end.
	before, err := os.Lstat(path)
	switch {
	case err != nil:
		return nil, err
	case before.Mode().Type() == fs.ModeSymlink:
		return nil, errors.New("it is a symbolic link")
	case !before.Mode().IsRegular():
		return nil, errors.New("it is no regular file")
	}
	if err := checkDir(filepath.Dir(path)); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDONLY|openSafely, 0) // it may be a pipe or a link by now
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		err = checkFile(info)
	}
	if err != nil {
		_ = f.Close() // it was only read
		return nil, err
	}
	return f, nil
}

// checkDir refuses a directory in which others may put a file in the place of another one.
func checkDir(path string) error {
	info, err := os.Stat(path) // it may be a link
	switch {
	case err != nil:
		return err
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("others may change its directory (mode %04o); chmod go-w", info.Mode().Perm())
	case !isMine(info) && !isRoots(info):
		return errors.New("its directory belongs to another user")
	}
	return nil
}

// checkFile checks an open file, which may be another one than was seen by its name.
func checkFile(info fs.FileInfo) error {
	switch {
	case !info.Mode().IsRegular():
		return errors.New("it was replaced by something that is no regular file")
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("others may read or change it (mode %04o); chmod 600", info.Mode().Perm())
	case !isMine(info):
		return errors.New("it belongs to another user")
	case info.Size() > maxStore:
		return errLarge
	}
	return nil
}

// tempFile is a file that is to replace another one.
type tempFile struct{ f *os.File }

// create makes the file. There is one at a time, as the caller has the lock: one that is
// there was left behind by a process that has been killed.
func (s *fileStore) create() (*tempFile, error) {
	name := s.path + ".tmp"
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return &tempFile{f}, nil
}

// reserve takes so many bytes on the disk, so that a disk that is full is known.
func (t *tempFile) reserve(bytes int) error {
	if _, err := t.f.Write(make([]byte, bytes)); err != nil {
		return err
	}
	return t.f.Sync()
}

// commit writes the file and puts it in the place of path. What is on the disk is the old
// or the new file at every moment.
func (t *tempFile) commit(text []byte, path string) error {
	if _, err := t.f.WriteAt(text, 0); err != nil {
		return err
	}
	if err := t.f.Truncate(int64(len(text))); err != nil {
		return err
	}
	if err := t.f.Sync(); err != nil {
		return err
	}
	if err := t.f.Close(); err != nil {
		return err
	}
	if err := rename(t.f.Name(), path); err != nil {
		return err
	}
	t.f = nil
	return syncDir(filepath.Dir(path))
}

// discard removes the file, unless it was committed.
func (t *tempFile) discard() {
	if t.f == nil {
		return
	}
	// One that stays is removed by the next that makes one.
	_ = t.f.Close()
	_ = os.Remove(t.f.Name())
}

func clone(tok *oauth2.Token) *oauth2.Token {
	if tok == nil {
		return nil
	}
	return kept(tok)
}

// kept returns what a store keeps of a token. The rest of an answer is not for us.
func kept(tok *oauth2.Token) *oauth2.Token {
	return &oauth2.Token{
		AccessToken: tok.AccessToken, TokenType: tok.TokenType, RefreshToken: tok.RefreshToken,
		Expiry: tok.Expiry.Round(0), ExpiresIn: tok.ExpiresIn, // without the clock that other processes do not have
	}
}

// same reports whether a store keeps the same of both.
func same(a, b *oauth2.Token) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.AccessToken == b.AccessToken && a.TokenType == b.TokenType && a.RefreshToken == b.RefreshToken &&
		a.Expiry.Equal(b.Expiry) && a.ExpiresIn == b.ExpiresIn
}

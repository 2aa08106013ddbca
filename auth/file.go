package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// maxFile bounds a file that holds a secret, in bytes.
const maxFile = 64 << 10

// settled is how long a file must have been as it is when it was read: what is written
// within the resolution of its time leaves no trace. FAT has two seconds.
const settled = 2 * time.Second

// File is a secret in a file, such as one that Docker, Kubernetes or systemd mounts
// for a service. The file is looked at with each request, and read again when it is
// another one (atomically replaced, also by way of a symbolic link), when its time or
// its size has changed, and when the server has refused the secret. It must be a
// regular file of 64 KiB at most, and on Unix none that everybody may change. That it belongs
// to another user than that of the process and root is told once to the error handler of the
// buffer.
//
// While the file is missing, empty or cannot be read, the secret that it had last goes
// on; the error handler of the buffer is told.
func File(path string) *Secret {
	ok := isPath(path)
	return file(path, "file "+shownPlace(path, ok), placed(path, ok, "the file ", "a file"))
}

// file returns the secret in a file, with what errors and Origin call it.
func file(path, name, origin string) *Secret {
	s, w := &Secret{name: name, origin: origin}, &warning{}
	f := &keyFile{path: path}
	s.changed = f.changed
	s.source = source{
		secret:  func(context.Context, fetching) (string, error) { return s.named(f.get()) },
		instant: true,
		refused: f.refused,
		trouble: func() error {
			if err := f.trouble(); err != nil {
				return fmt.Errorf("auth: %s: %w; the secret that it had goes on", s.name, err)
			}
			return nil
		},
	}
	f.foreign = func() {
		w.raise(fmt.Errorf("auth: %s: it belongs to another user, who can replace the secret", s.name))
	}
	s.source.alsoWarn(w)
	return s
}

// isPath reports whether a text is a path and not, by mistake, the secret itself: there is
// something at it, or a directory that it would be in, or it begins like a path and has no
// characters of base64 that hardly any path has.
func isPath(path string) bool {
	rooted := filepath.IsAbs(path) || strings.HasPrefix(path, "./") || strings.HasPrefix(path, "../")
	dir := filepath.Dir(path)
	return exists(path) || dir != "." && !filepath.IsAbs(path) && exists(dir) || rooted && !strings.ContainsAny(path, "+=")
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

type keyFile struct {
	path    string
	foreign func() // is told that the file belongs to another user

	mu     sync.Mutex
	secret string
	info   os.FileInfo // of the file that was read; nil if it is to be read anew
	read   time.Time
	err    error // why the last look was in vain; nil as long as there is an info
}

// get returns the secret, which is empty with an error only.
func (f *keyFile) get() (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(f.path)
	if err == nil && f.same(info) {
		return f.secret, nil
	}
	now := time.Now()
	secret, info, err := readFile(f.path)
	if err != nil {
		f.info, f.err = nil, err
		if f.secret != "" {
			return f.secret, nil
		}
		return "", err
	}
	f.secret, f.info, f.read, f.err = secret, info, now, nil
	if !isMine(info) && !isRoots(info) {
		f.foreign()
	}
	return secret, nil
}

// changed returns when the file that was read last was changed.
func (f *keyFile) changed() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.info == nil {
		return time.Time{}
	}
	return f.info.ModTime()
}

// same reports whether the file is still the one that was read. The caller holds f.mu.
func (f *keyFile) same(info os.FileInfo) bool {
	return f.info != nil && os.SameFile(info, f.info) && info.Size() == f.info.Size() &&
		info.ModTime().Equal(f.info.ModTime()) && f.read.Sub(info.ModTime()) > settled
}

// refused has the file read anew.
func (f *keyFile) refused(secret string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if secret == f.secret {
		f.info = nil
	}
}

// trouble returns why the file could not be read when there was a secret already.
func (f *keyFile) trouble() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.secret == "" {
		return nil
	}
	return f.err
}

// readFile returns what is in the file. Its errors do not repeat the path.
func readFile(path string) (string, os.FileInfo, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", nil, bareOS(err)
	case !info.Mode().IsRegular(): // to open a pipe might wait for ever
		return "", nil, errors.New("it is no regular file")
	}
	in, err := os.OpenFile(path, os.O_RDONLY|openNow, 0) // it may be a pipe by now
	if err != nil {
		return "", nil, bareOS(err)
	}
	defer func() { _ = in.Close() }()
	if info, err = in.Stat(); err != nil {
		return "", nil, bareOS(err)
	}
	switch mode := info.Mode(); {
	case !mode.IsRegular():
		return "", nil, errors.New("it is no regular file")
	case runtime.GOOS != "windows" && mode.Perm()&0o002 != 0:
		return "", nil, fmt.Errorf("everybody may change it (mode %04o); chmod o-w", mode.Perm())
	}
	text, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	switch {
	case err != nil:
		return "", nil, bareOS(err)
	case len(text) > maxFile:
		return "", nil, fmt.Errorf("it has more than %d bytes", maxFile)
	}
	// A byte order mark, as editors on Windows write it, is not seen and none of the secret.
	secret := strings.TrimSpace(strings.TrimPrefix(string(text), "\uFEFF"))
	clear(text)
	if secret == "" {
		return "", nil, errors.New("it is empty")
	}
	return secret, info, nil
}

// bareOS takes operation and path off an error of package os.
func bareOS(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

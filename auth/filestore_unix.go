//go:build unix

package auth

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// openSafely has neither a pipe waited for nor a symbolic link followed.
const openSafely = openNow | syscall.O_NOFOLLOW

// openNow has a pipe not waited for.
const openNow = syscall.O_NONBLOCK

// isRoots reports whether a file belongs to the administrator.
func isRoots(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && st.Uid == 0
}

// isMine reports whether a file belongs to the user that the process acts for.
func isMine(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return !ok || int(st.Uid) == os.Geteuid()
}

func rename(from, to string) error { return os.Rename(from, to) }

// syncDir makes a new name in the directory last. Some file systems cannot, and need not.
func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close() //nolint:errcheck // it was only read
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTSUP) {
		return err
	}
	return nil
}

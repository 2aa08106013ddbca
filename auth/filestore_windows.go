package auth

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// Pipes have names of another kind here, and links take privileges.
const (
	openSafely = 0
	openNow    = 0
)

func isRoots(fs.FileInfo) bool { return false }

// isMine says yes: access goes by the lists of the directory, which is the user's own.
func isMine(fs.FileInfo) bool { return true }

const (
	errAccessDenied     = syscall.Errno(5)
	errSharingViolation = syscall.Errno(32)
)

// rename waits until nobody has the old file open, who would keep it in its place; nobody
// does for long.
func rename(from, to string) error {
	for deadline := time.Now().Add(2 * time.Second); ; time.Sleep(lockPoll) {
		err := os.Rename(from, to)
		busy := errors.Is(err, errAccessDenied) || errors.Is(err, errSharingViolation)
		if !busy || time.Now().After(deadline) {
			return err
		}
	}
}

// syncDir does nothing: directories cannot be synced here.
func syncDir(string) error { return nil }

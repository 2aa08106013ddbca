//go:build !unix && !windows

package auth

import (
	"io/fs"
	"os"
)

func isMine(fs.FileInfo) bool      { return true }
func rename(from, to string) error { return os.Rename(from, to) }
func syncDir(string) error         { return nil }

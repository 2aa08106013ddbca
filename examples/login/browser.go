package main

import (
	"context"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// openBrowser opens the page with the system's opener, and leaves the browser alone
// then, also when the program ends.
func openBrowser(ctx context.Context, page string) error {
	name, args := "xdg-open", []string{page}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", page}
	}
	return exec.CommandContext(context.WithoutCancel(ctx), name, args...).Start()
}

// writePage writes a page that leads to the address, for its owner alone, and returns its
// path. The address itself must not stand on a command line: other users of the machine
// read those, and could complete the login with an account of theirs.
func writePage(dir, address string) (path string, err error) {
	address = html.EscapeString(address)
	path = filepath.Join(dir, "login.html")
	return path, os.WriteFile(path, []byte(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url=`+address+`">
<title>Log in</title>
<a href="`+address+`">Log in</a>
</html>
`), 0o600)
}

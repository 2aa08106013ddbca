package main

import (
	"context"
	"os/exec"
	"runtime"
)

// openBrowser opens the address with the system's opener, and leaves the browser alone
// then, also when the program ends.
func openBrowser(ctx context.Context, address string) error {
	name, args := "xdg-open", []string{address}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", address}
	}
	return exec.CommandContext(context.WithoutCancel(ctx), name, args...).Start()
}

package browser

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// timeout bounds a walk from the first page to the last.
const timeout = 60 * time.Second

// Chromium is a browser without a window.
type Chromium struct {
	tab context.Context
}

// Page is where a person ends up.
type Page struct {
	URL    string
	Status int
	Title  string
	Text   string // that is visible
}

// program returns where Chromium is.
func program(tb testing.TB) string {
	tb.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	tb.Skip("Chromium is not installed (apt-get install --no-install-recommends chromium)")
	return ""
}

// Start starts Chromium, with a profile of its own and a way to loopback only. It ends
// with the test, which is skipped where there is no Chromium.
func Start(tb testing.TB) *Chromium {
	tb.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:len(chromedp.DefaultExecAllocatorOptions):len(chromedp.DefaultExecAllocatorOptions)],
		chromedp.ExecPath(program(tb)),
		chromedp.DisableGPU,
		chromedp.UserDataDir(tb.TempDir()),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"),
	)
	if os.Geteuid() == 0 {
		opts = append(opts, chromedp.NoSandbox) // it refuses to run as root with it
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	tb.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, opts...)
	tb.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithLogf(tb.Logf), chromedp.WithErrorf(tb.Logf))
	tb.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		tb.Fatalf("Chromium does not start: %v", err)
	}
	return &Chromium{ctx}
}

// LogIn opens the address, fills in the form that comes up, clicks its button, and
// returns the page on which the redirects end.
func (c *Chromium) LogIn(address, username, password string) (*Page, error) {
	err := chromedp.Do(
		c.tab,
		chromedp.Navigate(address),
		chromedp.SendKeys(chromedp.ID("username"), username),
		chromedp.SendKeys(chromedp.ID("password"), password),
	)
	if err != nil {
		return nil, err
	}
	resp, err := chromedp.RunResponse(c.tab, chromedp.Click(chromedp.CSS("button[type=submit]")))
	if err != nil {
		return nil, err
	}
	p := &Page{URL: resp.URL, Status: int(resp.Status)}
	if p.Title, err = chromedp.Run(c.tab, chromedp.Title()); err != nil {
		return nil, err
	}
	p.Text, err = chromedp.Run(c.tab, chromedp.Text(chromedp.CSS("body")))
	return p, err
}

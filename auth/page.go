package auth

import (
	"io"
	"net/http"
	"strconv"
	"time"
)

// The pages that a browser may get to see. Nothing of a request is in them.
var (
	pageDone      = page("Logged in", "You are logged in. Close this page and return to the program.")
	pageFailed    = page("Not logged in", "The login has failed. Close this page and return to the program; it says why.")
	pageForeign   = page("Not this login", "This address belongs to no login that the program is waiting for.")
	pageGone      = page("Used", "This address was used already. Close this page and return to the program.")
	pageNotFound  = page("Nothing here", "There is nothing at this address.")
	pageMethod    = page("Not allowed", "This address is for browsers that the authorization server sends here.")
	pageElsewhere = page("Nothing here", "There is nothing at this address.")
)

func page(title, text string) string {
	return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>` + title + `</title>
<h1>` + title + `</h1>
<p>` + text + `</p>
</html>
`
}

// showPage answers with a page, and returns when the system has it. A browser that does
// not take it is no concern of the login.
func showPage(w http.ResponseWriter, status int, text string) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer") // the address has the code
	h.Set("X-Content-Type-Options", "nosniff")
	rc := http.NewResponseController(w)
	_ = rc.SetWriteDeadline(time.Now().Add(callbackTimeout))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
	_ = rc.Flush()
}

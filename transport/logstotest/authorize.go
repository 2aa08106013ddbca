package logstotest

import (
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/logsto/logsto-go/internal/urls"
)

// AuthorizeURL returns the URL that a person's browser is sent to for an
// authorization code. It shows a page with a form, whose buttons have the ids
// allow and deny. A program presses one by posting decision=allow or
// decision=deny to the URL that it would show.
func (s *Server) AuthorizeURL() string { return s.url + authorizePath }

// WithRedirectURI makes the authorization endpoint send browsers to this URI for
// the client, which must be named exactly so. Several may be given. Without it,
// and beside it, a client may name any http URI of a loopback host, on whatever
// port (RFC 8252, section 7.3).
func WithRedirectURI(clientID, uri string) Option {
	return optionFunc(func(s *Server) {
		s.oauth.redirects[clientID] = append(s.oauth.redirects[clientID], uri)
	})
}

// authorize serves /oauth/authorize (RFC 6749, section 4.1.1).
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "same-origin") // the URL holds the state
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	query, err := url.ParseQuery(r.URL.RawQuery)
	var back *url.URL
	if err == nil {
		back, err = s.redirect(query)
	}
	if err != nil {
		// The person is told, and sent nowhere (section 4.1.2.1).
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	code, err := s.authorization(query)
	if err != nil {
		refused := asHTTPError(err)
		sendBack(w, r, back, url.Values{"error": {refused.body.Error}, "error_description": {refused.body.Description}}, query)
		return
	}
	if r.Method != http.MethodPost {
		h.Set("Content-Type", "text/html; charset=utf-8")
		_ = page.Execute(w, pageOf{code.family.client, code.family.scopes}) // fails only if the client is gone
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	switch r.PostFormValue("decision") {
	case "allow":
		sendBack(w, r, back, url.Values{"code": {s.issueCode(code)}}, query)
	case "deny":
		sendBack(w, r, back, url.Values{"error": {"access_denied"}}, query)
	default:
		http.Error(w, "the decision is neither allow nor deny", http.StatusBadRequest)
	}
}

// redirect returns the redirect URI of a request for a code, if its client may
// use that.
func (s *Server) redirect(query url.Values) (*url.URL, error) {
	id, uri := query.Get("client_id"), query.Get("redirect_uri")
	s.mu.Lock()
	_, known := s.oauth.clients[id]
	exact := slices.Contains(s.oauth.redirects[id], uri)
	s.mu.Unlock()
	u, err := url.Parse(uri)
	switch {
	case !known || len(query["client_id"]) > 1:
		return nil, refuse(http.StatusBadRequest, "unknown client")
	case err != nil || len(query["redirect_uri"]) > 1 || !exact && !isLoopback(u):
		return nil, refuse(http.StatusBadRequest, "the redirect_uri is not one of this client")
	}
	return u, nil
}

// isLoopback reports whether a redirect URI leads to this machine. It has no
// fragment (RFC 6749, section 3.1.2).
func isLoopback(u *url.URL) bool {
	return u.Scheme == "http" && u.User == nil && u.Fragment == "" && urls.IsLoopback(u.Hostname())
}

// authorization checks a request for a code, and returns the code but for its
// text.
func (s *Server) authorization(query url.Values) (code, error) {
	id := query.Get("client_id")
	s.mu.Lock()
	var allowed []string
	if c := s.oauth.clients[id]; c != nil {
		allowed = c.scopes
	}
	s.mu.Unlock()
	scopes, err := narrow(query.Get("scope"), allowed)
	c := code{
		family:    &family{client: id, scopes: scopes},
		redirect:  query.Get("redirect_uri"),
		challenge: query.Get("code_challenge"),
	}
	digest, malformed := base64.RawURLEncoding.Strict().DecodeString(c.challenge)
	switch {
	case repeated(query):
		return c, errRepeated
	case query.Get("response_type") != "code":
		return c, oauthError("unsupported_response_type", "response_type must be code")
	case query.Get("code_challenge_method") != "S256" || malformed != nil || len(digest) != 32:
		return c, oauthError("invalid_request", "a code_challenge with the method S256 is required")
	}
	return c, err
}

// sendBack sends the browser to the redirect URI with the answer and the state.
// 303 makes it forget the form that it has posted (RFC 9700, section 4.12).
func sendBack(w http.ResponseWriter, r *http.Request, back *url.URL, answer, query url.Values) {
	if query.Has("state") {
		answer.Set("state", query.Get("state"))
	}
	to := *back
	to.RawQuery = strings.TrimPrefix(back.RawQuery+"&"+answer.Encode(), "&")
	http.Redirect(w, r, to.String(), http.StatusSeeOther)
}

// pageOf is what a page tells of a request for a code.
type pageOf struct {
	Client string
	Scopes []string
}

var page = template.Must(template.New("").Parse(`<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Allow access? - Logs.to stand-in</title>
<h1>Allow access?</h1>
<p>The application <b>{{.Client}}</b> wants to use your Logs.to account{{with .Scopes}} for{{range .}} <code>{{.}}</code>{{end}}{{end}}.</p>
<form method="post">
<button id="allow" name="decision" value="allow">Allow</button>
<button id="deny" name="decision" value="deny">Deny</button>
</form>
</html>
`))

package endtoend

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/logsto/logsto-go/transport/logstotest"
)

// hostileWay is the way to the server. While it is on, a trouble answers in its place.
// It notes what secrets requests carry, and what should carry none.
type hostileWay struct {
	srv     *logstotest.Server
	trouble trouble
	seen    *collected

	on      atomic.Bool
	form    atomic.Int64 // index in echoes
	answers atomic.Int64 // of the trouble

	mu      sync.Mutex
	secrets map[string]bool
}

func newHostileWay(srv *logstotest.Server, tr trouble, seen *collected) *hostileWay {
	return &hostileWay{srv: srv, trouble: tr, seen: seen, secrets: map[string]bool{}}
}

// carried returns the secrets that requests had.
func (w *hostileWay) carried() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Sorted(maps.Keys(w.secrets))
}

// RoundTrip is that of the trouble, or of the server.
func (w *hostileWay) RoundTrip(req *http.Request) (*http.Response, error) {
	x := &exchange{req: req, form: int(w.form.Load())}
	fetch := strings.HasPrefix(req.URL.Path, "/oauth/")
	if fetch && req.Body != nil {
		x.body, _ = io.ReadAll(req.Body)
		_ = req.Body.Close()
		req = req.Clone(req.Context())
		req.Body = io.NopCloser(bytes.NewReader(x.body))
	}
	w.note(x)
	answer := w.trouble.ingest
	if fetch {
		answer = w.trouble.token
	}
	if !w.on.Load() || answer == nil {
		return w.srv.Client().Transport.RoundTrip(req)
	}
	w.answers.Add(1)
	x.req = req
	return answer(x)
}

// note notes the secrets of a request, and where it goes.
func (w *hostileWay) note(x *exchange) {
	if x.req.Response == nil { // otherwise the server has said where to go
		w.seen.addText("URL", x.req.URL.String())
	}
	if !strings.HasPrefix(x.req.URL.String(), w.srv.URL()) {
		w.seen.addText("stranger", fmt.Sprintf("%s %v %s", x.req.URL, x.req.Header, x.body))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range x.secrets() {
		w.secrets[s] = true
	}
}

// exchange is one request that is in trouble.
type exchange struct {
	req  *http.Request
	body []byte // of a request to the token endpoint
	form int    // index in echoes
}

// confidential are the parameters of a token request that are secrets.
var confidential = []string{"client_secret", "client_assertion", "refresh_token", "code", "code_verifier", "password", "assertion"}

// secrets returns what a request carries in confidence.
func (x *exchange) secrets() (out []string) {
	out = append(out, x.req.Header.Get("X-Logs-Api-Key"), x.req.Header.Get("X-Other-Key"))
	scheme, value, _ := strings.Cut(x.req.Header.Get("Authorization"), " ")
	if _, password, ok := x.req.BasicAuth(); ok {
		plain, err := url.QueryUnescape(password)
		if err == nil {
			value = plain
		}
	}
	if scheme != "" {
		out = append(out, value)
	}
	form, _ := url.ParseQuery(string(x.body))
	for _, name := range confidential {
		out = append(out, form.Get(name))
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

// dump is all that the server got, but for records.
func (x *exchange) dump() string {
	var sb strings.Builder
	_ = x.req.Header.Write(&sb)
	return strings.Join(x.secrets(), " ") + "\r\n" + sb.String() + string(x.body)
}

// echo is what the server says of what it got, on one line.
func (x *exchange) echo() string {
	return strings.NewReplacer("\r", " ", "\n", " ").Replace(echoes[x.form%len(echoes)].of(x.dump()))
}

// secret is the first secret of the request, in the form of the echo.
func (x *exchange) secret() string {
	for _, s := range x.secrets() {
		return echoes[x.form%len(echoes)].of(s)
	}
	return "none"
}

// echoes are the forms in which a server, or who is in between, may say what it got.
var echoes = []struct {
	name string
	of   func(string) string
}{
	{"as it is", func(s string) string { return s }},
	{"quoted", func(s string) string { return fmt.Sprintf("%q", s) }},
	{"quoted twice", func(s string) string { return fmt.Sprintf("%q", fmt.Sprintf("%q", s)) }},
	{"in JSON", asJSON},
	{"in JSON in JSON", func(s string) string { return asJSON(asJSON(s)) }},
	{"for a query", url.QueryEscape},
	{"for a path", url.PathEscape},
	{"for a query in lower case", func(s string) string { return lowerEscapes(url.QueryEscape(s)) }},
	{"in HTML", html.EscapeString},
	{"in base64", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }},
	{"in base64 behind a letter", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(":" + s)) }},
	{"in base64 behind two, for URLs", func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte("k=" + s)) }},
	{"in hex", func(s string) string { return hex.EncodeToString([]byte(s)) }},
	{"in hex in upper case", func(s string) string { return fmt.Sprintf("%X", s) }},
}

func asJSON(s string) string {
	b, _ := json.Marshal(s) // a string can be encoded
	return string(b)
}

// lowerEscapes writes %2F as %2f.
func lowerEscapes(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i:], bytes.ToLower(b[i:i+3]))
		}
	}
	return string(b)
}

// over answers with these bytes, over a connection of net/http.
func over(text func(x *exchange) string) func(*exchange) (*http.Response, error) {
	return func(x *exchange) (*http.Response, error) {
		tr := &http.Transport{
			DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10,
			DialContext: func(context.Context, string, string) (net.Conn, error) {
				near, far := net.Pipe()
				go serveText(far, text(x))
				return near, nil
			},
		}
		return tr.RoundTrip(x.req)
	}
}

// serveText reads one request and answers with the text.
func serveText(c net.Conn, text string) {
	defer func() { _ = c.Close() }()
	req, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return
	}
	if _, err = io.Copy(io.Discard, req.Body); err == nil {
		_, _ = io.WriteString(c, text)
	}
}

// page returns a whole answer. The lines of the header end with \r\n.
func page(status int, header, body string) string {
	return fmt.Sprintf("HTTP/1.1 %d X\r\n%sContent-Length: %d\r\nConnection: close\r\n\r\n%s", status, header, len(body), body)
}

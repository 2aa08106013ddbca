package endtoend

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/logsto/logsto-go/transport"
)

// trouble is what becomes of requests to the endpoint and to the token endpoint; with
// nil nothing does.
type trouble struct {
	name          string
	ingest, token func(*exchange) (*http.Response, error)
	client        []transport.Option
	endpoint      string // of the stand-in, if empty
	harmless      bool   // Send may succeed
}

// concerns reports whether a kind of credential comes into it at all.
func (tr trouble) concerns(k credentialKind) bool { return tr.ingest != nil || k.fetches }

func troubles() []trouble {
	return slices.Concat(statusTroubles(), redirectTroubles(), wireTroubles(), successTroubles(), clientTroubles(), tokenTroubles())
}

// statusTroubles are a server that says all that it got, with every status.
func statusTroubles() (all []trouble) {
	for _, status := range []int{
		400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 413, 415, 418, 421, 422, 425, 429, 431, 451,
		500, 501, 502, 503, 504, 507, 511, 599,
	} {
		all = append(all, trouble{name: fmt.Sprintf("endpoint answers %d", status), ingest: over(func(x *exchange) string {
			return page(status, "X-Echo: "+x.echo()+"\r\nWWW-Authenticate: "+x.echo()+"\r\nRetry-After: "+x.secret()+"\r\n", "you sent "+x.echo())
		})})
	}
	return append(all,
		trouble{name: "endpoint answers at length", ingest: over(func(x *exchange) string {
			return page(400, "", strings.Repeat("x", 1<<10-40)+x.secret()+strings.Repeat(" "+x.secret(), 20))
		})},
		trouble{name: "endpoint breaks off in the secret", ingest: over(func(x *exchange) string {
			return strings.TrimSuffix(page(400, "", "you sent "+x.secret()), x.secret()[len(x.secret())/2:])
		})},
		trouble{name: "reason of the status", ingest: over(func(x *exchange) string {
			return "HTTP/1.1 400 " + x.secret() + "\r\nContent-Length: 0\r\n\r\n"
		})},
	)
}

// redirectTroubles lead to somewhere with the secret.
func redirectTroubles() (all []trouble) {
	for i, location := range []func(secret string) string{
		func(s string) string { return "https://elsewhere.invalid/" + s },
		func(s string) string { return "https://elsewhere.invalid/" + url.PathEscape(s) },
		func(s string) string { return "https://elsewhere.invalid/?k=" + s },
		func(s string) string { return "https://elsewhere.invalid/#" + s },
		func(s string) string { return "https://user:" + url.QueryEscape(s) + "@elsewhere.invalid/" },
		func(s string) string { return "https://" + url.QueryEscape(s) + "@elsewhere.invalid/" },
		func(s string) string { return "https://" + s + "/" },
		func(s string) string { return "https://" + s + ".elsewhere.invalid/" },
		func(s string) string { return "//" + s + "/x" },
		func(s string) string { return "mailto:" + s },
		func(s string) string { return s + ":x" },
		func(s string) string { return "/v1/log/" + url.PathEscape(s) },
		func(s string) string { return "/v1/log?k=" + url.QueryEscape(s) },
		func(s string) string { return "?" + s },
		func(s string) string { return "https://[bad/" + s },
		func(s string) string { return "https://h/%zz" + s },
		func(s string) string { return "https://h:port/" + s },
	} {
		status := 302 + 5*(i%2) // 307 keeps the method
		answer := over(func(x *exchange) string { return page(status, "Location: "+location(x.secret())+"\r\n", x.echo()) })
		all = append(all,
			trouble{name: fmt.Sprintf("endpoint redirects, way %d", i), ingest: answer},
			trouble{name: fmt.Sprintf("token endpoint redirects, way %d", i), token: answer})
	}
	return all
}

// wireTroubles are answers that are none, of either endpoint.
func wireTroubles() (all []trouble) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for name, text := range map[string]func(secret string) string{
		"no HTTP":           func(s string) string { return s + "\r\n\r\n" },
		"no status":         func(s string) string { return "HTTP/1.1 " + s + "\r\n\r\n" },
		"another protocol":  func(s string) string { return "HTTP/" + s + " 200 OK\r\n\r\n" },
		"no header":         func(s string) string { return ok + s + "\r\n\r\n" },
		"name of a header":  func(s string) string { return ok + s + " : x\r\n\r\n" },
		"length":            func(s string) string { return ok + "Content-Length: " + s + "\r\n\r\n" },
		"two lengths":       func(s string) string { return ok + "Content-Length: 1\r\nContent-Length: " + s + "\r\n\r\n" },
		"transfer encoding": func(s string) string { return ok + "Transfer-Encoding: " + s + "\r\n\r\n" },
		"broken header":     func(s string) string { return ok + "X-Key: " + s },
		"folded header":     func(s string) string { return ok + "\t" + s + "\r\n\r\n" },
		"upgrade": func(s string) string {
			return "HTTP/1.1 101 " + s + "\r\nUpgrade: " + s + "\r\nConnection: Upgrade\r\n\r\n" + s
		},
		"early hints":            func(s string) string { return strings.Repeat("HTTP/1.1 103 X\r\nLink: "+s+"\r\n\r\n", 50) },
		"header without an end":  func(s string) string { return ok + "X-Key: " + strings.Repeat(s, 9000) + "\r\n\r\n" },
		"status that is no such": func(s string) string { return "HTTP/1.1 999 " + s + "\r\nX: " + s + "\r\nContent-Length: 0\r\n\r\n" },
	} {
		answer := over(func(x *exchange) string { return text(x.secret()) })
		harmless := name == "name of a header" // it may be one
		all = append(all, trouble{name: "endpoint, " + name, ingest: answer, harmless: harmless}, trouble{name: "token endpoint, " + name, token: answer})
	}
	for name, text := range map[string]func(secret string) string{ // with a status that counts
		"chunk":              func(s string) string { return "Transfer-Encoding: chunked\r\n\r\n" + s + "\r\n" + s },
		"trailer":            func(s string) string { return "Transfer-Encoding: chunked\r\n\r\n0\r\n" + s + "\r\n\r\n" },
		"gzip":               func(s string) string { return "Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\n" + s },
		"body that is short": func(s string) string { return "Content-Length: 1000\r\n\r\n" + s },
	} {
		answer := over(func(x *exchange) string { return "HTTP/1.1 400 X\r\n" + text(x.secret()) })
		all = append(all, trouble{name: "endpoint, " + name, ingest: answer}, trouble{name: "token endpoint, " + name, token: answer})
	}
	slices.SortFunc(all, func(a, b trouble) int { return strings.Compare(a.name, b.name) })
	return all
}

// readError is the error of a user who reads answers.
type readError struct{ Body string }

func (readError) Error() string { return "cannot be read" }

// successTroubles are successes that are none, or that are hard to read.
func successTroubles() []trouble {
	html := over(func(x *exchange) string {
		return page(200, "Content-Type: text/html; charset="+x.secret()+"\r\n", "<p>"+x.echo())
	})
	plain := over(func(x *exchange) string { return page(200, "", x.echo()) })
	reads := func(name string, read func(body string, n int) ([]transport.Failure, error)) trouble {
		return trouble{
			name: "success, " + name, ingest: plain, harmless: true,
			client: []transport.Option{transport.WithPartialSuccess(func(body []byte, n int) ([]transport.Failure, error) { return read(string(body), n) })},
		}
	}
	return []trouble{
		{name: "a web page", ingest: html, harmless: true},
		{name: "a web page that is read", ingest: html, harmless: true, client: []transport.Option{transport.WithPartialSuccess(
			func(body []byte, _ int) ([]transport.Failure, error) { return nil, errors.New(string(body)) })}},
		{name: "success", ingest: plain, harmless: true},
		reads("an error", func(body string, _ int) ([]transport.Failure, error) { return nil, errors.New(body) }),
		reads("an error that holds it", func(body string, _ int) ([]transport.Failure, error) { return nil, readError{body} }),
		reads("a panic", func(body string, _ int) ([]transport.Failure, error) { panic(body) }),
		reads("a panic with an error", func(body string, _ int) ([]transport.Failure, error) { panic(readError{body}) }),
		reads("reasons", func(body string, n int) (all []transport.Failure, err error) {
			for i := range n {
				all = append(all, transport.Failure{Index: i, Reason: body})
			}
			return all, nil
		}),
		reads("one reason", func(body string, _ int) ([]transport.Failure, error) {
			return []transport.Failure{{Index: 0, Reason: body}}, nil
		}),
		reads("no such record", func(body string, _ int) ([]transport.Failure, error) {
			return []transport.Failure{{Index: -1, Reason: body}}, nil
		}),
	}
}

// heldError is the error of an HTTP client that does not say what it holds, unless its
// fields are printed.
type heldError struct {
	Header http.Header
	Body   []byte
}

func (*heldError) Error() string { return "failed" }

// clientTroubles are an HTTP client with a bug, for both endpoints.
func clientTroubles() (all []trouble) {
	for name, trip := range map[string]func(*exchange) (*http.Response, error){
		"error": func(x *exchange) (*http.Response, error) { return nil, errors.New(x.echo()) },
		"error of the network": func(x *exchange) (*http.Response, error) {
			return nil, &net.OpError{Op: "dial", Net: x.secret(), Err: errors.New("refused")}
		},
		"error of the resolver": func(x *exchange) (*http.Response, error) {
			return nil, &net.DNSError{Err: "no such host", Name: x.secret()}
		},
		"error with a URL": func(x *exchange) (*http.Response, error) {
			return nil, &url.Error{Op: "Post", URL: x.secret(), Err: errors.New("x")}
		},
		"error that holds the request": func(x *exchange) (*http.Response, error) {
			return nil, &heldError{x.req.Header, x.body}
		},
		"error that holds it, wrapped": func(x *exchange) (*http.Response, error) {
			return nil, &secretive{&heldError{x.req.Header, x.body}}
		},
		"wrapped error":          func(x *exchange) (*http.Response, error) { return nil, fmt.Errorf("x: %w", errors.New(x.echo())) },
		"panic":                  func(x *exchange) (*http.Response, error) { panic(x.echo()) },
		"panic with the request": func(x *exchange) (*http.Response, error) { panic(x.req) },
		"panic with an error":    func(x *exchange) (*http.Response, error) { panic(errors.New(x.echo())) },
		"no answer, no error":    func(*exchange) (*http.Response, error) { return nil, nil }, //nolint:nilnil // it is the bug
		"answer without a body": func(x *exchange) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusBadRequest, Status: x.secret(), Request: x.req}, nil
		},
		"hangs": func(x *exchange) (*http.Response, error) { <-x.req.Context().Done(); return nil, x.req.Context().Err() },
	} {
		all = append(all, trouble{name: "client, " + name, ingest: trip}, trouble{name: "client of tokens, " + name, token: trip})
	}
	slices.SortFunc(all, func(a, b trouble) int { return strings.Compare(a.name, b.name) })
	return all
}

// tokenTroubles are a token endpoint that says what it got, and what it should not.
func tokenTroubles() (all []trouble) {
	add := func(name string, text func(*exchange) string) {
		all = append(all, trouble{name: "token endpoint, " + name, token: over(text)})
	}
	inJSON := func(v map[string]any) string {
		b, _ := json.Marshal(v) // texts and numbers can be encoded
		return string(b)
	}
	const isJSON = "Content-Type: application/json\r\n"
	for _, status := range []int{201, 204, 400, 401, 403, 404, 405, 407, 413, 415, 422, 429, 500, 502, 503, 504} {
		add(fmt.Sprint(status), func(x *exchange) string {
			return page(status, "X-Echo: "+x.echo()+"\r\nWWW-Authenticate: "+x.echo()+"\r\n", "you sent "+x.echo())
		})
	}
	for _, status := range []int{200, 400, 401} {
		add(fmt.Sprintf("%d and an error", status), func(x *exchange) string {
			return page(status, isJSON, inJSON(map[string]any{"error": x.echo(), "error_description": x.echo(), "error_uri": "https://h/" + x.echo()}))
		})
		add(fmt.Sprintf("%d and a description", status), func(x *exchange) string {
			return page(status, isJSON, inJSON(map[string]any{"error": "invalid_client", "error_description": "not " + x.echo()}))
		})
		add(fmt.Sprintf("%d and a form", status), func(x *exchange) string {
			return page(status, "Content-Type: application/x-www-form-urlencoded\r\n", "error=x&error_description="+url.QueryEscape(x.echo()))
		})
	}
	for name, answer := range map[string]func(*exchange) map[string]any{
		"no token":               func(x *exchange) map[string]any { return map[string]any{"echo": x.echo()} },
		"a token with a line":    func(x *exchange) map[string]any { return map[string]any{"access_token": x.dump() + issuedToken} },
		"a token that is a list": func(*exchange) map[string]any { return map[string]any{"access_token": []string{issuedToken}} },
		"a type":                 func(x *exchange) map[string]any { return map[string]any{"token_type": x.echo()} },
		"a lifetime":             func(x *exchange) map[string]any { return map[string]any{"expires_in": x.secret()} },
	} {
		add(name, func(x *exchange) string { return page(200, isJSON, inJSON(answer(x))) })
	}
	add("a web page", func(x *exchange) string { return page(200, "Content-Type: text/html\r\n", "<h1>"+x.echo()) })
	add("broken JSON", func(x *exchange) string {
		return page(200, isJSON, `{"access_token":"`+issuedToken+`","x":`+x.secret())
	})
	add("a type of content that is none", func(x *exchange) string { return page(200, "Content-Type: "+x.secret()+"\r\n", x.echo()) })
	slices.SortFunc(all, func(a, b trouble) int { return strings.Compare(a.name, b.name) })
	return all
}

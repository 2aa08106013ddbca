package zitadel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// maxPage bounds a page, in bytes.
const maxPage = 1 << 20

// Page is where a person ends up.
type Page struct {
	URL    *url.URL
	Status int
	Header http.Header
	Text   string // what a person reads, without the markup
}

// Walk does with an HTTP client that keeps cookies what a person does with a browser:
// opens the address, fills in the form that comes up, submits it, and follows the
// redirects to the last page. It fails if there is no form. A redirect to an address
// without a port is not followed, for nothing is there; the page is that address then,
// with the status of the redirect.
func Walk(ctx context.Context, address, username, password string) (*Page, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	hc := &http.Client{Jar: jar, Transport: tr, Timeout: timeout, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Port() == "" {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	login, doc, err := visit(hc, req)
	if err != nil {
		return nil, err
	}
	f, err := findForm(login, doc)
	if err != nil {
		return nil, err
	}
	f.fields.Set("username", username)
	f.fields.Set("password", password)
	req, err = http.NewRequestWithContext(ctx, http.MethodPost, f.action, strings.NewReader(f.fields.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	page, _, err := visit(hc, req)
	return page, err
}

// visit returns the page that the request leads to.
func visit(hc *http.Client, req *http.Request) (*Page, *html.Node, error) {
	resp, err := hc.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	doc, err := html.Parse(io.LimitReader(resp.Body, maxPage))
	if err != nil {
		return nil, nil, err
	}
	var text []string
	for n := range doc.Descendants() {
		if s := strings.TrimSpace(n.Data); n.Type == html.TextNode && s != "" && n.Parent.Data != "style" {
			text = append(text, s)
		}
	}
	p := &Page{resp.Request.URL, resp.StatusCode, resp.Header, strings.Join(text, " ")}
	if to, err := resp.Location(); err == nil {
		p.URL = to
	}
	return p, doc, nil
}

// form is a form with what is filled in.
type form struct {
	action string
	fields url.Values
}

// findForm returns the form of a page, which must be posted.
func findForm(p *Page, doc *html.Node) (*form, error) {
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || n.Data != "form" || !strings.EqualFold(attribute(n, "method"), http.MethodPost) {
			continue
		}
		action, err := p.URL.Parse(attribute(n, "action"))
		if err != nil {
			return nil, err
		}
		f := &form{action.String(), url.Values{}}
		for field := range n.Descendants() {
			if name := attribute(field, "name"); field.Data == "input" && name != "" {
				f.fields.Set(name, attribute(field, "value"))
			}
		}
		return f, nil
	}
	return nil, errors.New(fmt.Sprint("no form on a page with status ", p.Status, ": ", p.Text))
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

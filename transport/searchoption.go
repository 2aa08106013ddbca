package transport

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/logsto/logsto-go/internal/urls"
)

const (
	// searchPath is the path that Logs.to documents.
	searchPath = "/v1/search"
	// queryParam is the parameter that has the query.
	queryParam = "query"
	// The bounds of WithMaxRecordBytes, in bytes.
	defaultMaxRecord = 16 << 20
	largestMaxRecord = 256 << 20
)

// WithSearchPath sets the path to which [Client.Search] goes, on the host of the
// endpoint, which it cannot change. It must begin with a slash, be escaped as in a URL,
// and have neither a query nor a fragment. The default is the path of the endpoint with
// "search" in the place of its last segment, so /v1/search for /v1/log and /gw/v1/search
// for /gw/v1/log, and /v1/search for an endpoint without a path.
func WithSearchPath(path string) Option {
	return optionFunc(func(c *config) {
		u := url.URL{}
		if !strings.HasPrefix(path, "/") || !urls.SetPath(&u, path) {
			c.fail("WithSearchPath(%q): must begin with a slash, be escaped, and have neither a query nor a fragment", urls.Shown(path))
		}
		c.searchPath = path
	})
}

// searchBase returns the URL of searches without the query: that of the endpoint, but
// for the path. path is that of WithSearchPath, or empty.
func searchBase(endpoint *url.URL, path string) *url.URL {
	if path == "" {
		path = searchPath
		segments := strings.TrimRight(endpoint.EscapedPath(), "/")
		if i := strings.LastIndexByte(segments, '/'); i >= 0 {
			path = segments[:i] + "/search"
		}
	}
	u := *endpoint
	urls.SetPath(&u, path)
	return &u
}

// searchURL returns where a search goes. The parameters of the endpoint stay as they
// are, but for those that have the name of one of the search.
func (c *Client) searchURL(query string, params url.Values) string {
	ours := url.Values{queryParam: {query}}
	for name, values := range params {
		ours[name] = values
	}
	return urls.WithParams(c.searchBase, ours).String()
}

// SearchOption changes a default of [Client.Search]. If one has an invalid value, the
// iterator yields an error that names it, and nothing is sent.
type SearchOption interface{ applySearch(*searchConfig) }

type searchOptionFunc func(*searchConfig)

func (f searchOptionFunc) applySearch(c *searchConfig) { f(c) }

type searchConfig struct {
	params    url.Values
	maxRecord int
	err       error
}

func newSearchConfig(opts []SearchOption) searchConfig {
	cfg := searchConfig{params: url.Values{}, maxRecord: defaultMaxRecord}
	for _, o := range opts {
		if o == nil {
			cfg.fail("an option is nil")
			continue
		}
		o.applySearch(&cfg)
	}
	return cfg
}

// fail keeps the first thing that is wrong.
func (c *searchConfig) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("transport: Search: "+format, args...)
	}
}

// WithParam adds a parameter to the URL of the search, beside the query, such as a
// limit. Logs.to documents none. Several may have the same name; they take the place of
// those that the URL of the endpoint has with it. name must not be empty, nor "query".
func WithParam(name, value string) SearchOption {
	return searchOptionFunc(func(c *searchConfig) {
		if name == "" || name == queryParam {
			c.fail("WithParam(%q): must be neither empty nor %q", name, queryParam)
			return
		}
		c.params.Add(name, value)
	})
}

// WithMaxRecordBytes bounds one record of the answer, in bytes, from 1 to 256 MiB; a
// larger one is an error. The default is 16 MiB. A search takes at most about four times
// as much memory as its largest record. One MiB bounds whatever stands before, between
// or behind records.
func WithMaxRecordBytes(bytes int) SearchOption {
	return searchOptionFunc(func(c *searchConfig) {
		if bytes < 1 || bytes > largestMaxRecord {
			c.fail("WithMaxRecordBytes(%d): must be from 1 to %d", bytes, largestMaxRecord)
			return
		}
		c.maxRecord = bytes
	})
}

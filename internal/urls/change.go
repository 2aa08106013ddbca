package urls

import (
	"net/url"
	"slices"
	"strings"
)

// SetPath sets the path of u, as it stands in a URL, and reports whether it can stand
// there.
func SetPath(u *url.URL, path string) bool {
	plain, err := url.PathUnescape(path)
	u.Path, u.RawPath = plain, path
	return err == nil && u.EscapedPath() == path
}

// WithParams returns u with the parameters. Those that u has stay as they are written, also
// malformed ones, but for those that have a name of the new ones.
func WithParams(u *url.URL, params url.Values) *url.URL {
	parts := slices.DeleteFunc(strings.Split(u.RawQuery, "&"), func(part string) bool {
		name, _, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		return part == "" || params.Has(name)
	})
	with := *u
	with.RawQuery = strings.Join(append(parts, params.Encode()), "&")
	return &with
}

// Package layout holds the module to its layout: which package may import what.
package layout

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/logsto/logsto-go"

// allowed says what a package may import besides the standard library: packages
// of this module without its name, or others with theirs. A name with /... stands
// for all below it.
var allowed = map[string][]string{
	"slogx":                {"batch", "internal/jsonenc"},
	"zapcore":              {"batch", "internal/jsonenc", "go.uber.org/zap/..."},
	"zerologw":             {"batch", "internal/jsonenc", "internal/jsonscan", "github.com/rs/zerolog"},
	"logrusx":              {"batch", "internal/jsonenc", "github.com/sirupsen/logrus"},
	"batch":                {"internal/isnil", "internal/jsonscan", "internal/mask", "internal/slab"},
	"transport":            {"auth", "batch", "internal/env", "internal/jsonstream", "internal/masktrace", "internal/redact", "internal/retryafter", "internal/urls", "github.com/cenkalti/backoff/v4", "github.com/klauspost/compress/..."},
	"transport/logstotest": {"internal/urls", "github.com/golang-jwt/jwt/v5", "github.com/klauspost/compress/..."},
	"auth":                 {"internal/env", "internal/isnil", "internal/masktrace", "internal/redact", "internal/retryafter", "internal/urls", "github.com/cenkalti/backoff/v4", "github.com/gofrs/flock", "github.com/golang-jwt/jwt/v5", "golang.org/x/oauth2/..."},
	"internal/env":         {},
	"internal/isnil":       {},
	"internal/masktrace":   {},
	"internal/redact":      {},
	"internal/retryafter":  {},
	"internal/slab":        {},
	"internal/urls":        {},
	"internal/jsonenc":     {"internal/jsonscan"},
	"internal/jsonscan":    {},
	"internal/jsonstream":  {"internal/jsonscan"},
	"internal/mask":        {"internal/jsonenc", "internal/jsonscan"},
	"internal/leak":        {"go.uber.org/zap/...", "github.com/rs/zerolog", "github.com/sirupsen/logrus"},
}

// forTests are packages that only tests import: they have in them what no program
// should link.
var forTests = []string{"internal/leak"}

// forbidden says what a package must not import of the standard library.
var forbidden = map[string][]string{
	"batch":               {"net", "net/http", "log", "log/slog"},
	"internal/slab":       {"net", "net/http", "log", "log/slog"},
	"internal/jsonenc":    {"net", "net/http", "log", "log/slog"},
	"internal/jsonstream": {"net", "net/http", "log", "log/slog"},
	"slogx":               {"net", "net/http", "log"},
	"zapcore":             {"net", "net/http", "log", "log/slog"},
	"zerologw":            {"net", "net/http", "log", "log/slog"},
	"logrusx":             {"net", "net/http", "log", "log/slog"},
	"transport":           {"log", "log/slog"},
}

// imports returns what the packages of the module import, tests aside.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	root := filepath.Join("..", "..")
	out := map[string][]string{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != root && strings.HasPrefix(d.Name(), ".") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(rel)
		for _, i := range f.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			out[pkg] = append(out[pkg], strings.TrimPrefix(p, module+"/"))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestImports(t *testing.T) {
	all := imports(t)
	for pkg, may := range allowed {
		if len(all[pkg]) == 0 {
			t.Errorf("%s: no such package, or it imports nothing", pkg)
		}
		for _, p := range all[pkg] {
			if slices.Contains(forbidden[pkg], p) || !isStandard(p) && !matches(may, p) {
				t.Errorf("%s imports %s", pkg, p)
			}
		}
	}
}

func TestNoProgramLinksWhatIsForTests(t *testing.T) {
	all := imports(t)
	for _, name := range forTests {
		if len(all[name]) == 0 {
			t.Errorf("%s: no such package, or it imports nothing", name)
		}
		for pkg, list := range all {
			if slices.Contains(list, name) {
				t.Errorf("%s imports %s", pkg, name)
			}
		}
	}
}

func TestNothingImportsAnAdapter(t *testing.T) {
	for pkg, list := range imports(t) {
		dir := strings.Split(pkg, "/")[0]
		if dir == "examples" || dir == "bench" || strings.HasPrefix(pkg, "internal/servers/") {
			continue // they do what users do
		}
		for _, p := range list {
			if slices.Contains([]string{"slogx", "zapcore", "zerologw", "logrusx"}, p) {
				t.Errorf("%s imports %s", pkg, p)
			}
		}
	}
}

func matches(patterns []string, p string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		prefix, below := strings.CutSuffix(pattern, "/...")
		return p == prefix || below && strings.HasPrefix(p, prefix+"/")
	})
}

// isStandard reports whether p is of the standard library: the first element of
// other paths has a dot, but for those of this module, which imports has cut.
func isStandard(p string) bool {
	first := strings.Split(p, "/")[0]
	ours := []string{"slogx", "zapcore", "zerologw", "logrusx", "batch", "transport", "auth", "internal", "examples", "bench"}
	return !strings.Contains(first, ".") && !slices.Contains(ours, first) && path.Clean(p) == p
}

package transport

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/logsto/logsto-go/auth"
)

// docTable returns the lines of the table between the marks with this name, by their
// cells, without the heading.
func docTable(t *testing.T, name string) (lines [][]string) {
	t.Helper()
	text, err := os.ReadFile("../docs/delivery.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "<!-- "+name+" -->")
	table, _, ok2 := strings.Cut(rest, "<!-- /"+name+" -->")
	if !ok || !ok2 {
		t.Fatalf("docs/delivery.md has no table %q", name)
	}
	for line := range strings.Lines(table) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			continue
		}
		var cells []string
		for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
			cells = append(cells, strings.TrimSpace(cell))
		}
		lines = append(lines, cells)
	}
	if len(lines) < 3 {
		t.Fatalf("the table %q has %d lines", name, len(lines))
	}
	return lines[2:]
}

// TestDocumentOfNext checks that the document has the table that TestNextIsTheTable
// checks against the code, line by line.
func TestDocumentOfNext(t *testing.T) {
	lines := docTable(t, "next")
	for i, r := range rules {
		if i >= len(lines) || !slices.Equal(lines[i], r.cells()) {
			t.Errorf("line %d should be:\n| %s |", i+1, strings.Join(r.cells(), " | "))
		}
	}
	if len(lines) > len(rules) {
		t.Errorf("%d lines, but %d rules", len(lines), len(rules))
	}
}

// docErrors are the answers of the document that have no status, each with an example.
var docErrors = map[string]struct {
	err  error
	sent bool
}{
	"a certificate that fails":                                  {x509.UnknownAuthorityError{}, true},
	"TLS on one side only":                                      {fmt.Errorf("a: %w", http.ErrSchemeMismatch), true},
	"a refused OAuth client":                                    {&auth.TokenError{Status: 401}, false},
	"a proxy that refuses to connect (403, 404, 405, 407)":      {&proxyError{403}, true},
	"a redirect that is not followed":                           {errRedirect, true},
	"a web page with 2xx":                                       {errWebPage, true},
	"no connection (refused, DNS, a proxy that cannot connect)": {&net.OpError{Op: "dial", Err: errors.New("refused")}, true},
	"no token at present":                                       {&auth.TokenError{Status: 503}, false},
	"no answer (reset, time-out)":                               {&net.OpError{Op: "read", Err: errors.New("reset")}, true},
}

// TestDocumentOfClasses checks the document against classify, for every status and every
// kind of error, and that it leaves none out.
func TestDocumentOfClasses(t *testing.T) {
	exact, wild, errs := map[int]string{}, map[string]string{}, map[string]string{}
	number, family := regexp.MustCompile(`^\d{3}$`), regexp.MustCompile(`^(?:other )?(\dxx)$`)
	classes := map[string]bool{}
	for _, line := range docTable(t, "classes") {
		if len(line) != 3 || line[2] == "" {
			t.Fatalf("%q", line)
		}
		c := strings.Trim(line[1], "`")
		if classes[c] {
			t.Errorf("%s has two lines", c)
		}
		classes[c] = true
		for _, answer := range splitAnswers(line[0]) {
			switch m := family.FindStringSubmatch(answer); {
			case number.MatchString(answer):
				n, _ := strconv.Atoi(answer)
				exact[n] = c
			case m != nil:
				wild[m[1]] = c
			case answer == "any other status":
				wild[answer] = c
			default:
				errs[answer] = c
			}
		}
	}
	for c := accepted; c <= unanswered; c++ {
		if !classes[c.String()] {
			t.Errorf("the document does not know the class %v", c)
		}
	}
	for status := -1; status < 1100; status++ {
		want, ok := exact[status]
		if !ok {
			want, ok = wild[fmt.Sprintf("%dxx", status/100)]
		}
		if !ok {
			want = wild["any other status"]
		}
		if got := classify(status, nil, true).String(); got != want {
			t.Errorf("%d: the document says %q, but it is %q", status, want, got)
		}
	}
	for answer, c := range errs {
		example, ok := docErrors[answer]
		if !ok {
			t.Errorf("no example for %q", answer)
		} else if got := classify(0, example.err, example.sent).String(); got != c {
			t.Errorf("%s: the document says %q, but it is %q", answer, c, got)
		}
	}
	for answer := range docErrors {
		if errs[answer] == "" {
			t.Errorf("the document does not say %q", answer)
		}
	}
}

// splitAnswers splits at the commas that are not in parentheses.
func splitAnswers(s string) (list []string) {
	depth, from := 0, 0
	for i, r := range s + "," {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == ',' && depth == 0:
			list = append(list, strings.TrimSpace(s[from:i]))
			from = i + 1
		}
	}
	return list
}

// Package env reads the environment variables of the library, and finds what is wrong with
// them as such.
package env

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
)

// Get returns what a variable has, without the blanks and line ends that files of variables
// leave around it.
func Get(name string) string { return strings.TrimSpace(os.Getenv(name)) }

// mostApart is by how many letters the name of a variable may differ from another one that
// was most likely meant.
const mostApart = 2

// Check returns what is wrong with the variables that are set, or nil: one of the names is
// empty, as the name of a variable that is not set makes it in a file, or has quotation
// marks around its value, which such files leave there; or a variable that begins like those
// of the library has nearly one of the names, which is not set.
func Check(names ...string) error {
	for _, name := range names {
		_, set := os.LookupEnv(name)
		switch value := Get(name); {
		case set && value == "":
			return fmt.Errorf("%s is set, but empty", name)
		case Quoted(value):
			return fmt.Errorf("%s has quotation marks around its value; leave them out", name)
		}
	}
	all := os.Environ()
	slices.Sort(all) // the order that they come in may be any
	for _, variable := range all {
		name, _, _ := strings.Cut(variable, "=")
		if right := meant(name, names); right != "" {
			return fmt.Errorf("%s is unknown: %s?", name, right)
		}
	}
	return nil
}

// Quoted reports whether a value has quotation marks around it.
func Quoted(value string) bool {
	n := len(value)
	return n > 1 && strings.IndexByte("\"'`", value[0]) >= 0 && value[n-1] == value[0]
}

// meant returns which of the names a variable was to have, if it has none of them.
func meant(name string, names []string) (right string) {
	if slices.ContainsFunc(names, func(n string) bool { return n == name || runtime.GOOS == "windows" && strings.EqualFold(n, name) }) {
		return ""
	}
	own := letters(name)
	if !strings.HasPrefix(own, "LOGSTO") {
		return ""
	}
	least := mostApart + 1
	for _, n := range names {
		if _, set := os.LookupEnv(n); set {
			continue // the other one may have a purpose of its own
		}
		if d := distance(own, letters(n)); d < least {
			least, right = d, n
		}
	}
	return right
}

func letters(name string) string { return strings.ToUpper(strings.ReplaceAll(name, "_", "")) }

// distance returns how many letters must be put in, left out or replaced to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1) // the distances of the start of a to the starts of b
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0]++
		for j := range len(b) {
			replaced := before
			if a[i] != b[j] {
				replaced++
			}
			before = row[j+1]
			row[j+1] = min(replaced, before+1, row[j]+1)
		}
	}
	return row[len(b)]
}

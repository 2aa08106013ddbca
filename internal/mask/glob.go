package mask

import (
	"bytes"
	"slices"
)

// glob is a path with asterisks, folded: the parts between them, of which the first and
// the last may be empty.
type glob [][]byte

func newGlob(path string) glob {
	parts := bytes.Split(fold(nil, []byte(path)), []byte{'*'})
	// Two asterisks are one.
	first, last := parts[0], parts[len(parts)-1]
	inner := slices.DeleteFunc(parts[1:len(parts)-1], func(p []byte) bool { return len(p) == 0 })
	return append(append(glob{first}, inner...), last)
}

// matches reports whether the path, or its end from a key on, is one of those that g stands
// for. A path that is not whole has lost its beginning.
func (g glob) matches(path []byte, whole bool) bool {
	if last := g[len(g)-1]; !bytes.HasSuffix(path, last) { // of most
		return false
	}
	for i := range path {
		isKey := i == 0 && whole || i > 0 && path[i-1] == '.'
		if isKey && g.is(path[i:]) {
			return true
		}
		if isKey && len(g[0]) == 0 {
			return false // from a later key on it is no other
		}
	}
	return false
}

// is reports whether the whole text is one of those that g stands for.
func (g glob) is(text []byte) bool {
	text, ok := bytes.CutPrefix(text, g[0])
	for _, part := range g[1 : len(g)-1] {
		if ok {
			_, text, ok = bytes.Cut(text, part)
		}
	}
	return ok && bytes.HasSuffix(text, g[len(g)-1])
}

package jsonenc

import "bytes"

// maxDepth is how many levels of objects and arrays a value may have. Parsers
// refuse what is deeper than 512 to 1,000 levels, some of which the record and
// its groups need; and a Go value may hold itself.
const maxDepth = 400

// deeper reports whether b, which is valid JSON, has more than limit levels.
func deeper(b []byte, limit int) bool {
	if len(b) <= limit || bytes.Count(b, []byte{'['})+bytes.Count(b, []byte{'{'}) <= limit {
		return false
	}
	depth, inString := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '[' || c == '{':
			if depth++; depth > limit {
				return true
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return false
}

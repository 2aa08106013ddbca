package mask

import (
	"bytes"
	"encoding/json"
	"unicode"
	"unicode/utf8"
)

// key returns the key that a string of JSON says, without a copy where it can.
func key(quoted []byte) []byte {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	return []byte(unquoted(quoted))
}

// unquoted returns what a string of JSON says, and any other value as it is.
func unquoted(value []byte) string {
	if value[0] != '"' {
		return string(value)
	}
	if bytes.IndexByte(value, '\\') < 0 {
		return string(value[1 : len(value)-1])
	}
	var s string
	if json.Unmarshal(value, &s) != nil { // not to be: jsonscan has taken it for a string
		return string(value)
	}
	return s
}

// fold appends text so that texts which differ only in case become the same.
func fold(dst, text []byte) []byte {
	for i := 0; i < len(text); i++ {
		b := text[i]
		if b >= utf8.RuneSelf {
			r, size := utf8.DecodeRune(text[i:])
			dst = utf8.AppendRune(dst, foldRune(r))
			i += size - 1
			continue
		}
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		dst = append(dst, b)
	}
	return dst
}

// foldRune returns the lower-case letter of ASCII that differs from r in case
// alone, as k does from the sign for kelvin, or else the least of all such
// characters.
func foldRune(r rune) rune {
	least := r
	for o := unicode.SimpleFold(r); o != r; o = unicode.SimpleFold(o) {
		if 'a' <= o && o <= 'z' {
			return o
		}
		least = min(least, o)
	}
	return least
}

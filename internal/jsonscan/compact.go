package jsonscan

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// Compact returns a copy of the text without insignificant blanks, and with U+FFFD for
// what is not UTF-8, and reports whether it is a value of JSON.
func Compact(p []byte) ([]byte, bool) {
	if !utf8.Valid(p) {
		p = bytes.ToValidUTF8(p, []byte("\uFFFD"))
	}
	var b bytes.Buffer
	err := json.Compact(&b, p)
	return b.Bytes(), err == nil
}

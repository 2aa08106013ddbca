package logstotest

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// The scanner checks JSON (RFC 8259) and takes it apart in one pass, several
// times as fast as encoding/json. It only ever says yes to what encoding/json
// takes; of all else it says no more than that it does not know, and
// encoding/json decides. So it can be no stricter, and a fuzz test sees to it
// that it is no laxer.

// maxDepth bounds the nesting that the scanner follows, and so its stack.
// encoding/json goes on to 10,000.
const maxDepth = 100

// scanSpace returns the place of the next byte that is not JSON white space.
func scanSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// scanArray takes an array apart. It returns its elements and the indices of
// those that are not certain to be good records. It reports false if the body
// is not certain to be an array and nothing else.
func scanArray(b []byte, records []Record) (all []Record, doubtful []int, ok bool) {
	i := scanSpace(b, 0)
	if i == len(b) || b[i] != '[' {
		return records, nil, false
	}
	if i = scanSpace(b, i+1); i < len(b) && b[i] == ']' {
		return records, nil, scanSpace(b, i+1) == len(b)
	}
	for {
		end, good := scanRecord(b, i, 1)
		if end < 0 {
			return records, nil, false
		}
		if !good {
			doubtful = append(doubtful, len(records))
		}
		records = append(records, Record{JSON: b[i:end:end]})
		if i = scanSpace(b, end); i == len(b) {
			return records, nil, false
		}
		switch b[i] {
		case ',':
			i = scanSpace(b, i+1)
		case ']':
			return records, doubtful, scanSpace(b, i+1) == len(b)
		default:
			return records, nil, false
		}
	}
}

// scanRecord returns the end of the value that starts at i, or -1 if it is not
// certain to be valid, and whether it is certain to be a good record.
func scanRecord(b []byte, i, depth int) (end int, good bool) {
	if i == len(b) || b[i] != '{' {
		return scanValue(b, i, depth), false
	}
	var f fields
	end = scanObject(b, i, depth, &f)
	return end, f.message && f.level && !f.doubtful
}

// fields tells what is at the top of a record.
type fields struct {
	message, level bool // there is one, and it is a string
	doubtful       bool // there is a name that may or may not mean one of them, or one that is no string
}

// add notes a field. The name may hold escapes, and encoding/json takes names in
// any letter case.
func (f *fields) add(name []byte, escaped, text bool) {
	switch {
	case escaped:
		f.doubtful = true
	case len(name) < len("level") || len(name) > len("meſſage"):
		// Neither, in any case: the longest of them has two long s for its s.
	case string(name) == "message":
		f.message = true
		f.doubtful = f.doubtful || !text
	case string(name) == "level":
		f.level = true
		f.doubtful = f.doubtful || !text
	case bytes.EqualFold(name, []byte("message")), bytes.EqualFold(name, []byte("level")):
		f.doubtful = true
	}
}

// scanValue returns the end of the value that starts at i, or -1.
func scanValue(b []byte, i, depth int) int {
	if i >= len(b) {
		return -1
	}
	switch c := b[i]; c {
	case '"':
		end, _ := scanString(b, i)
		return end
	case '{':
		return scanObject(b, i, depth, nil)
	case '[':
		return scanList(b, i, depth)
	case 't':
		return scanWord(b, i, "true")
	case 'f':
		return scanWord(b, i, "false")
	case 'n':
		return scanWord(b, i, "null")
	default:
		return scanNumber(b, i)
	}
}

// scanObject returns the end of the object that starts at i, or -1. If f is not
// nil it gets the fields of the object.
func scanObject(b []byte, i, depth int, f *fields) int {
	if depth++; depth > maxDepth {
		return -1
	}
	if i = scanSpace(b, i+1); i < len(b) && b[i] == '}' {
		return i + 1
	}
	for {
		if i == len(b) || b[i] != '"' {
			return -1
		}
		end, escaped := scanString(b, i)
		if end < 0 {
			return -1
		}
		name := b[i+1 : end-1]
		if i = scanSpace(b, end); i == len(b) || b[i] != ':' {
			return -1
		}
		i = scanSpace(b, i+1)
		text := i < len(b) && b[i] == '"'
		if i = scanValue(b, i, depth); i < 0 {
			return -1
		}
		if f != nil {
			f.add(name, escaped, text)
		}
		if i = scanSpace(b, i); i == len(b) {
			return -1
		}
		switch b[i] {
		case ',':
			i = scanSpace(b, i+1)
		case '}':
			return i + 1
		default:
			return -1
		}
	}
}

// scanList returns the end of the array that starts at i, or -1.
func scanList(b []byte, i, depth int) int {
	if depth++; depth > maxDepth {
		return -1
	}
	if i = scanSpace(b, i+1); i < len(b) && b[i] == ']' {
		return i + 1
	}
	for {
		if i = scanValue(b, i, depth); i < 0 {
			return -1
		}
		if i = scanSpace(b, i); i == len(b) {
			return -1
		}
		switch b[i] {
		case ',':
			i = scanSpace(b, i+1)
		case ']':
			return i + 1
		default:
			return -1
		}
	}
}

// scanString returns the end of the string that starts at i, or -1, and whether
// it holds escapes.
func scanString(b []byte, i int) (end int, escaped bool) {
	i++
	for {
		// Eight bytes at a time, up to one that ends the string or may not be in
		// it as it is.
		for i+8 <= len(b) {
			found := special(binary.LittleEndian.Uint64(b[i:]))
			if found != 0 {
				i += bits.TrailingZeros64(found) / 8
				break
			}
			i += 8
		}
		for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= ' ' {
			i++
		}
		switch {
		case i == len(b) || b[i] < ' ':
			return -1, escaped
		case b[i] == '"':
			return i + 1, escaped
		}
		escaped = true
		if i = scanEscape(b, i); i < 0 {
			return -1, escaped
		}
	}
}

// special returns a word whose lowest set bit is in the first byte of w, from
// the lowest on, that is a quote, a backslash or a control character. It is zero
// if there is none.
func special(w uint64) uint64 {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	quote, backslash := w^('"'*ones), w^('\\'*ones)
	// A borrow can only come from a byte that is itself found, so that it spoils
	// nothing below.
	return ((quote-ones)&^quote | (backslash-ones)&^backslash | (w-' '*ones)&^w) & highs
}

// scanEscape returns the end of the escape that starts at i, or -1.
func scanEscape(b []byte, i int) int {
	if i+1 == len(b) {
		return -1
	}
	switch b[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		if len(b)-i < 6 {
			return -1
		}
		for _, c := range b[i+2 : i+6] {
			if lower := c | 0x20; (c < '0' || c > '9') && (lower < 'a' || lower > 'f') {
				return -1
			}
		}
		return i + 6
	default:
		return -1
	}
}

// scanWord returns the end of the word that starts at i, or -1.
func scanWord(b []byte, i int, word string) int {
	if end := i + len(word); end <= len(b) && string(b[i:end]) == word {
		return end
	}
	return -1
}

// scanNumber returns the end of the number that starts at i, or -1.
func scanNumber(b []byte, i int) int {
	if b[i] == '-' {
		i++
	}
	start := i
	if i = scanDigits(b, i); i < 0 || (b[start] == '0' && i > start+1) {
		return -1
	}
	if i < len(b) && b[i] == '.' {
		if i = scanDigits(b, i+1); i < 0 {
			return -1
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		return scanDigits(b, i)
	}
	return i
}

// scanDigits returns the end of the digits that start at i, or -1 if there is
// none.
func scanDigits(b []byte, i int) int {
	start := i
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	if i == start {
		return -1
	}
	return i
}

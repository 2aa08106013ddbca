// Package jsonscan finds where the parts of a JSON text (RFC 8259) end, and
// refuses what is none. It is for text without insignificant blanks and line
// breaks, as loggers write it; text that has them must go through Compact
// first.
//
// All other functions take the text and the index at which a part begins, and return the
// index behind it, or -1 if no such part in valid UTF-8 begins there. An index
// beyond the text is no beginning of anything. They allocate nothing, and may be
// called by many goroutines at once.
package jsonscan

import (
	"encoding/binary"
	"math/bits"
)

// MaxDepth is how many levels of objects and arrays a value may have: as many as the
// strictest of usual parsers take, and more than our encoder makes of a record.
const MaxDepth = 512

// Value returns the index behind the value that begins at i, or -1.
func Value(p []byte, i int) int {
	if uint(i) >= uint(len(p)) {
		return -1
	}
	switch b := p[i]; {
	case b == '"':
		return String(p, i)
	case b <= '9':
		return number(p, i)
	case b == '{' || b == '[':
		return nested(p, i, MaxDepth)
	default:
		return literal(p, i)
	}
}

// Member returns the index of the colon behind the key of the member that begins
// at i, and the index behind its value. They are -1 if no member begins there. A key that
// is known to be plain has no escapes and ASCII only.
func Member(p []byte, i int) (colon, end int, plain bool) {
	if i+9 <= len(p) && p[i] == '"' {
		m := Special(binary.LittleEndian.Uint64(p[i+1:]))
		colon = i + 2 + bits.TrailingZeros64(m)/8
		if plain = m != 0 && p[colon-1] == '"'; !plain {
			colon = stringFrom(p, i+1)
		}
	} else {
		colon = String(p, i)
	}
	if colon < 0 || colon+1 >= len(p) || p[colon] != ':' {
		return -1, -1, false
	}
	switch b := p[colon+1]; {
	case b == '"':
		for k := colon + 2; k+8 <= len(p); k += 8 {
			if m := Special(binary.LittleEndian.Uint64(p[k:])); m != 0 {
				if k += bits.TrailingZeros64(m) / 8; p[k] == '"' {
					return colon, k + 1, plain
				}
				break
			}
		}
		end = stringFrom(p, colon+2)
	case b-'0' <= 9:
		end = colon + 2
		for end < len(p) && p[end]-'0' <= 9 {
			end++
		}
		if b == '0' || end < len(p) && (p[end] == '.' || p[end]|0x20 == 'e') {
			end = number(p, colon+1)
		}
	default:
		end = Value(p, colon+1)
	}
	if end < 0 {
		return -1, -1, false
	}
	return colon, end, plain
}

// literal returns the index behind true, false or null at i, or -1.
func literal(p []byte, i int) int {
	if i+4 > len(p) {
		return -1
	}
	switch string(p[i : i+4]) {
	case "true", "null":
		return i + 4
	case "fals":
		if i+4 < len(p) && p[i+4] == 'e' {
			return i + 5
		}
	}
	return -1
}

// nested returns the index behind the object or array that begins at i and may
// have so many levels, or -1.
func nested(p []byte, i, levels int) int {
	if levels == 0 {
		return -1
	}
	object, end := p[i] == '{', p[i]+2 // the brackets are two apart
	if i++; i < len(p) && p[i] == end {
		return i + 1
	}
	for {
		if object {
			if i = String(p, i); uint(i) >= uint(len(p)) || p[i] != ':' {
				return -1
			}
			i++
		}
		if i < len(p) && (p[i] == '{' || p[i] == '[') {
			i = nested(p, i, levels-1)
		} else {
			i = Value(p, i)
		}
		if uint(i) >= uint(len(p)) {
			return -1
		}
		switch p[i] {
		case ',':
			i++
		case end:
			return i + 1
		default:
			return -1
		}
	}
}

// number returns the index behind the number that begins at i, or -1.
func number(p []byte, i int) int {
	if i < len(p) && p[i] == '-' {
		i++
	}
	start := i
	i = Digits(p, i)
	if i == start || p[start] == '0' && i > start+1 {
		return -1
	}
	if i < len(p) && p[i] == '.' {
		start = i + 1
		if i = Digits(p, start); i == start {
			return -1
		}
	}
	if i < len(p) && p[i]|0x20 == 'e' {
		i++
		if i < len(p) && (p[i] == '+' || p[i] == '-') {
			i++
		}
		start = i
		if i = Digits(p, start); i == start {
			return -1
		}
	}
	return i
}

// Digits returns the index behind the decimal digits that begin at i, which may
// be none.
func Digits(p []byte, i int) int {
	for i < len(p) && p[i]-'0' <= 9 {
		i++
	}
	return i
}

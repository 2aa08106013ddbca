package jsonscan

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// String returns the index behind the string that begins at i, or -1.
func String(p []byte, i int) int {
	if uint(i) >= uint(len(p)) || p[i] != '"' {
		return -1
	}
	i++
	// Most keys, and many values, end within eight bytes.
	if i+8 <= len(p) {
		m := Special(binary.LittleEndian.Uint64(p[i:]))
		if j := i + bits.TrailingZeros64(m)/8; m != 0 && p[j] == '"' {
			return j + 1
		}
	}
	return stringFrom(p, i)
}

// stringFrom is String without the quote at the beginning.
func stringFrom(p []byte, i int) int {
	for {
		for {
			if i+8 > len(p) {
				return stringEnd(p, i)
			}
			m := Special(binary.LittleEndian.Uint64(p[i:]))
			if m != 0 {
				i += bits.TrailingZeros64(m) / 8
				break
			}
			i += 8
		}
		if p[i] == '"' {
			return i + 1
		}
		if i = afterSpecial(p, i); i < 0 {
			return -1
		}
	}
}

// stringEnd is stringFrom for the last bytes of the text.
func stringEnd(p []byte, i int) int {
	for i >= 0 && i < len(p) {
		switch b := p[i]; {
		case b == '"':
			return i + 1
		case b == '\\' || b < ' ' || b >= utf8.RuneSelf:
			i = afterSpecial(p, i)
		default:
			i++
		}
	}
	return -1
}

// afterSpecial returns the index behind the escape or the longer character at i,
// or -1.
func afterSpecial(p []byte, i int) int {
	if b := p[i]; b == '\\' {
		return escape(p, i)
	} else if b < utf8.RuneSelf {
		return -1 // a control character
	}
	r, size := utf8.DecodeRune(p[i:])
	if r == utf8.RuneError && size <= 1 {
		return -1
	}
	return i + size
}

// escape returns the index behind the escape that begins at i, or -1.
func escape(p []byte, i int) int {
	if i+1 >= len(p) {
		return -1
	}
	switch p[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		if i+6 > len(p) {
			return -1
		}
		for _, b := range p[i+2 : i+6] {
			if b-'0' > 9 && (b|0x20)-'a' > 5 {
				return -1
			}
		}
		return i + 6
	default:
		return -1
	}
}

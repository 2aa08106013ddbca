// Package jsonenc appends JSON to byte slices: the one encoder of all adapters.
//
// Functions take the slice to append to and return it. They never fail and
// never panic: a value that cannot be encoded becomes a string that says so.
// Strings are escaped as encoding/json escapes them without HTML escaping. The
// result is valid UTF-8 and never has a raw line break in it.
//
// Any function may be called by many goroutines at once. A value belongs to its
// caller: one that another goroutine changes meanwhile may be encoded torn, and
// where it is a map the Go runtime may end the process, which nothing can
// recover. The same holds for a MarshalJSON, MarshalText, Error or String method
// that calls itself without end.
package jsonenc

import (
	"math"
	"math/bits"
	"unicode/utf8"

	"github.com/logsto/logsto-go/internal/jsonscan"
)

const hexDigits = "0123456789abcdef"

// plain[b] says that the byte stands for itself in a string. Bytes of longer
// characters do not count as plain; they are checked.
var plain = func() (t [256]bool) {
	for b := ' '; b < utf8.RuneSelf; b++ {
		t[b] = b != '"' && b != '\\'
	}
	return t
}()

// AppendString appends s as a JSON string, quotes included. Invalid UTF-8
// becomes \ufffd.
func AppendString(dst []byte, s string) []byte { return AppendLimited(dst, s, math.MaxInt) }

// AppendLimited is AppendString for a record that may not be longer than limit: of a string
// that is too long for it, no more is appended than shows that; see [Fit].
func AppendLimited(dst []byte, s string, limit int) []byte {
	n, size := len(dst), len(s)+2
	if cap(dst)-n < size || !isPlain(s) { // what is too long does not fit either
		dst = appendEscaped(append(dst, '"'), Fit(s, limit-n))
		return append(dst, '"')
	}
	dst = dst[:n+size]
	b := dst[n:]
	b[0] = '"'
	b[1+copy(b[1:], s)] = '"'
	return dst
}

// AppendBytes is AppendString for bytes.
func AppendBytes(dst, s []byte) []byte {
	dst = append(dst, '"')
	dst = appendEscaped(dst, s)
	return append(dst, '"')
}

func appendEscaped[T string | []byte](dst []byte, s T) []byte {
	start, i := 0, 0
	for len(s) < 8 && i < len(s) && plain[s[i]] {
		i++
	}
	for i < len(s) {
		switch rest := len(s) - i; {
		case rest >= 8:
			m := jsonscan.Special(load64(s[i : i+8]))
			if m == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(m) / 8
		case len(s) >= 8:
			// The last eight bytes, without those that are done. The zeros that
			// come in behind are special and end the search.
			m := jsonscan.Special(load64(s[len(s)-8:]) >> (64 - 8*rest))
			if i += bits.TrailingZeros64(m) / 8; i == len(s) {
				continue
			}
		case plain[s[i]]:
			i++
			continue
		}
		b := s[i]
		if b < utf8.RuneSelf {
			dst = append(dst, s[start:i]...)
			dst = appendEscape(dst, b)
			i++
			start = i
			continue
		}
		if size := plainRunes(s[i:]); size > 0 {
			i += size
			continue
		}
		dst = append(dst, s[start:i]...)
		var size int
		dst, size = appendRune(dst, s[i:min(i+utf8.UTFMax, len(s))])
		i += size
		start = i
	}
	return append(dst, s[start:]...)
}

// isPlain reports whether all bytes of s stand for themselves, of which most keys
// are.
func isPlain(s string) bool {
	if len(s) < 8 {
		for i := range len(s) {
			if !plain[s[i]] {
				return false
			}
		}
		return true
	}
	for i := 0; i+8 < len(s); i += 8 {
		if jsonscan.Special(load64(s[i:i+8])) != 0 {
			return false
		}
	}
	return jsonscan.Special(load64(s[len(s)-8:])) == 0
}

// plainRunes returns the length of the characters of two and three bytes that s
// begins with and that stand for themselves. It leaves out those whose first
// byte is not enough to know what the others may be.
func plainRunes[T string | []byte](s T) int {
	i := 0
	for i+2 < len(s) && isContinuation(s[i+1]) {
		switch b := s[i]; {
		case b >= 0xc2 && b < 0xe0:
			i += 2
		case b > 0xe2 && b < 0xf0 && b != 0xed && isContinuation(s[i+2]):
			i += 3
		default:
			return i
		}
	}
	return i
}

func isContinuation(b byte) bool { return b&0xc0 == 0x80 }

// appendRune appends the longer character that s begins with, and returns its
// length in s.
func appendRune[T string | []byte](dst []byte, s T) ([]byte, int) {
	// The conversion of at most four bytes stays on the stack.
	r, size := utf8.DecodeRuneInString(string(s))
	switch {
	case r == utf8.RuneError && size == 1:
		dst = append(dst, `\ufffd`...)
	case r == '\u2028' || r == '\u2029':
		// encoding/json escapes these always, for JavaScript's sake.
		dst = append(dst, `\u202`...)
		dst = append(dst, hexDigits[r&0xf])
	default:
		dst = append(dst, s[:size]...)
	}
	return dst, size
}

// load64 returns eight bytes as one word, the first byte lowest. Compilers know
// the pattern and make it one load.
func load64[T string | []byte](s T) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func appendEscape(dst []byte, b byte) []byte {
	switch b {
	case '"', '\\':
		return append(dst, '\\', b)
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	default:
		return append(dst, '\\', 'u', '0', '0', hexDigits[b>>4], hexDigits[b&0xf])
	}
}

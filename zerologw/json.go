package zerologw

// This file finds the ends of JSON values (RFC 8259), and refuses what is none.
// Zerolog writes valid JSON, but for what RawJSON and marshal functions of the
// application bring.

// maxDepth bounds how deep values may be nested.
const maxDepth = 500

// skipBlank returns the index of the next byte that is not insignificant.
func skipBlank(p []byte, i int) int {
	for i < len(p) && (p[i] == ' ' || p[i] == '\t' || p[i] == '\n' || p[i] == '\r') {
		i++
	}
	return i
}

// skipValue returns the index behind the value that begins at i, or -1.
func skipValue(p []byte, i, depth int) int {
	if i >= len(p) || depth > maxDepth {
		return -1
	}
	switch b := p[i]; {
	case b == '"':
		return skipString(p, i)
	case b == '{':
		return skipObject(p, i, depth)
	case b == '[':
		return skipArray(p, i, depth)
	case b == '-' || isDigit(b):
		return skipNumber(p, i)
	case b == 't':
		return skipWord(p, i, "true")
	case b == 'f':
		return skipWord(p, i, "false")
	case b == 'n':
		return skipWord(p, i, "null")
	default:
		return -1
	}
}

func skipWord(p []byte, i int, word string) int {
	if len(p)-i < len(word) || string(p[i:i+len(word)]) != word {
		return -1
	}
	return i + len(word)
}

// stops[b] says that a string does not just go on after the byte b.
var stops = func() (t [256]bool) {
	for b := range ' ' {
		t[b] = true
	}
	t['"'], t['\\'] = true, true
	return t
}()

// skipString returns the index behind the string that begins at i, or -1.
func skipString(p []byte, i int) int {
	for i++; i < len(p); i++ {
		if !stops[p[i]] {
			continue
		}
		switch p[i] {
		case '"':
			return i + 1
		case '\\':
			if i = skipEscape(p, i); i < 0 {
				return -1
			}
		default:
			return -1 // a control character
		}
	}
	return -1
}

// skipEscape returns the index of the last byte of the escape at i, or -1.
func skipEscape(p []byte, i int) int {
	if i+1 >= len(p) {
		return -1
	}
	switch p[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1
	case 'u':
		if i+5 >= len(p) {
			return -1
		}
		for _, b := range p[i+2 : i+6] {
			if !isDigit(b) && (b|0x20 < 'a' || b|0x20 > 'f') {
				return -1
			}
		}
		return i + 5
	default:
		return -1
	}
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

func skipDigits(p []byte, i int) int {
	for i < len(p) && isDigit(p[i]) {
		i++
	}
	return i
}

// skipNumber returns the index behind the number that begins at i, or -1.
func skipNumber(p []byte, i int) int {
	if p[i] == '-' {
		i++
	}
	start := i
	i = skipDigits(p, i)
	if i == start || p[start] == '0' && i > start+1 {
		return -1
	}
	if i < len(p) && p[i] == '.' {
		start = i + 1
		if i = skipDigits(p, start); i == start {
			return -1
		}
	}
	if i < len(p) && p[i]|0x20 == 'e' {
		i++
		if i < len(p) && (p[i] == '+' || p[i] == '-') {
			i++
		}
		start = i
		if i = skipDigits(p, start); i == start {
			return -1
		}
	}
	return i
}

func skipArray(p []byte, i, depth int) int {
	i = skipBlank(p, i+1)
	if i < len(p) && p[i] == ']' {
		return i + 1
	}
	for {
		if i = skipValue(p, i, depth+1); i < 0 {
			return -1
		}
		i = skipBlank(p, i)
		switch {
		case i >= len(p):
			return -1
		case p[i] == ']':
			return i + 1
		case p[i] != ',':
			return -1
		}
		i = skipBlank(p, i+1)
	}
}

func skipObject(p []byte, i, depth int) int {
	i = skipBlank(p, i+1)
	if i < len(p) && p[i] == '}' {
		return i + 1
	}
	for {
		_, value := skipKey(p, i)
		if value < 0 {
			return -1
		}
		if i = skipValue(p, value, depth+1); i < 0 {
			return -1
		}
		i = skipBlank(p, i)
		switch {
		case i >= len(p):
			return -1
		case p[i] == '}':
			return i + 1
		case p[i] != ',':
			return -1
		}
		i = skipBlank(p, i+1)
	}
}

// skipKey returns the index behind the key that begins at i, and that of its
// value, or -1.
func skipKey(p []byte, i int) (end, value int) {
	if i >= len(p) || p[i] != '"' {
		return -1, -1
	}
	if end = skipString(p, i); end < 0 {
		return -1, -1
	}
	value = skipBlank(p, end)
	if value >= len(p) || p[value] != ':' {
		return -1, -1
	}
	return end, skipBlank(p, value+1)
}

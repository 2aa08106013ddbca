package redact

import (
	"slices"
	"strconv"
	"strings"
)

// leastFolded is how many bytes a secret must have so that case does not matter.
const leastFolded = 8

// maxNested bounds how often a percent sign or an ampersand may be escaped itself.
const maxNested = 8

// maxRun bounds how many backslashes may stand before a letter: those of a letter that is
// quoted six times. A text may have nothing else, and each could be the first.
const maxRun = 64

// maxSteps bounds how many letters are compared for one secret in one text. Who chooses
// the text could else have as many as the lengths of both multiplied.
const maxSteps = 1 << 20

// pattern finds a secret whose letters are escaped, each in its way. What escapes may
// be escaped in turn, as in a quoted error that has a quoted answer, so that there is no
// list of all forms.
type pattern struct {
	secret string // a run of backslashes is one
	fold   bool
	steps  int // that were made
}

func newPattern(secret string) *pattern {
	for strings.Contains(secret, `\\`) {
		secret = strings.ReplaceAll(secret, `\\`, `\`)
	}
	return &pattern{secret: secret, fold: len(secret) >= leastFolded}
}

// hide puts *** in the place of the secret, and of all that is left if it takes too long
// to look for it.
func (p *pattern) hide(text string) string {
	var sb strings.Builder
	from := 0
	for i := 0; i < len(text); {
		if !p.mayBegin(text, i) {
			i++
			continue
		}
		end := p.end(text, i)
		if p.steps > maxSteps {
			return sb.String() + text[from:i] + hidden
		}
		if end >= 0 {
			sb.WriteString(text[from:i])
			sb.WriteString(hidden)
			from, i = end, end
			continue
		}
		i++
	}
	if from == 0 {
		return text
	}
	sb.WriteString(text[from:])
	return sb.String()
}

// mayBegin reports whether the secret may begin here. A backslash before a letter that
// needs none stands before the secret.
func (p *pattern) mayBegin(text string, i int) bool {
	switch first := p.secret[0]; text[i] {
	case '\\':
		return !isAlphanumeric(first) || i+1 < len(text) && strings.IndexByte("ux01234567", text[i+1]) >= 0
	case '%', '&', '+':
		return true
	default:
		return p.same(text[i], first)
	}
}

// end returns where a secret ends that begins at text[i], or -1.
func (p *pattern) end(text string, i int) int {
	at := []int{i} // where the letters so far may end
	for k := 0; k < len(p.secret) && len(at) > 0 && p.steps <= maxSteps; k++ {
		var next []int
		for _, i := range at {
			p.steps++
			for _, end := range p.letter(text, i, p.secret[k]) {
				if !slices.Contains(next, end) { // or there would be more and more
					next = append(next, end)
				}
			}
		}
		at = next
	}
	if len(at) == 0 {
		return -1
	}
	return slices.Max(at)
}

// letter returns where one letter may end that begins at text[i], in whatever form.
func (p *pattern) letter(text string, i int, c byte) []int {
	j := skipBackslashes(text, i)
	if c == '\\' && j > i {
		return []int{j}
	}
	if j == len(text) {
		return nil
	}
	switch rest := text[j+1:]; {
	case text[j] == '%':
		return append(nested(text, j, c, "25"), percent(text, j, c)...)
	case text[j] == '&':
		return append(nested(text, j, c, "amp;"), entity(text, j, c)...)
	case p.same(text[j], c), text[j] == '+' && c == ' ':
		return []int{j + 1}
	case j == i:
		return nil
	case text[j] == 'u' && len(rest) >= 4 && isCode(rest[:4], 16, c):
		return []int{j + 5}
	case text[j] == 'x' && len(rest) >= 2 && isCode(rest[:2], 16, c):
		return []int{j + 3}
	case len(rest) >= 2 && isCode(text[j:j+3], 8, c):
		return []int{j + 3}
	default:
		return nil
	}
}

// nested returns where the sign at text[i] may end if it stands for itself: it may be
// escaped, and the sign of that again.
func nested(text string, i int, c byte, escape string) (ends []int) {
	if text[i] != c {
		return nil
	}
	i++
	ends = append(ends, i)
	for range maxNested {
		if !strings.HasPrefix(text[i:], escape) {
			break
		}
		i += len(escape)
		ends = append(ends, i)
	}
	return ends
}

// percent returns where %XX may end that begins at text[i], with %25 for the percent
// sign any number of times.
func percent(text string, i int, c byte) []int {
	for i++; strings.HasPrefix(text[i:], "25"); {
		if c == '%' && !strings.HasPrefix(text[i+2:], "25") {
			break
		}
		i += 2
	}
	if len(text) >= i+2 && isCode(text[i:i+2], 16, c) {
		return []int{i + 2}
	}
	return nil
}

// names are the letters that have names in HTML.
var names = map[byte]string{'<': "lt;", '>': "gt;", '"': "quot;", '\'': "apos;"}

// entity returns where a character reference of HTML may end that begins at text[i].
func entity(text string, i int, c byte) []int {
	for i++; strings.HasPrefix(text[i:], "amp;"); {
		i += len("amp;")
	}
	rest := text[i:]
	if name := names[c]; name != "" && strings.HasPrefix(rest, name) {
		return []int{i + len(name)}
	}
	digits, _, ok := strings.Cut(rest[:min(len(rest), 8)], ";")
	if !ok || len(digits) < 2 || digits[0] != '#' {
		return nil
	}
	base, number := 10, digits[1:]
	if number[0] == 'x' || number[0] == 'X' {
		base, number = 16, number[1:]
	}
	if isCode(number, base, c) {
		return []int{i + len(digits) + 1}
	}
	return nil
}

// skipBackslashes returns where backslashes end that begin at text[i], if any; they may
// be escaped for a URL.
func skipBackslashes(text string, i int) int {
	for range maxRun {
		switch {
		case i == len(text):
			return i
		case text[i] == '\\':
			i++
		case text[i] == '%' && len(percent(text, i, '\\')) > 0:
			i = percent(text, i, '\\')[0]
		default:
			return i
		}
	}
	return i
}

// isCode reports whether digits are the number of c.
func isCode(digits string, base int, c byte) bool {
	n, err := strconv.ParseUint(digits, base, 32)
	return err == nil && n == uint64(c)
}

// same reports whether a letter of a text is that of the secret.
func (p *pattern) same(a, b byte) bool { return a == b || p.fold && lower(a) == lower(b) }

func lower(b byte) byte {
	if b >= 'A' && b <= 'Z' {
		return b + ('a' - 'A')
	}
	return b
}

func isAlphanumeric(b byte) bool {
	b = lower(b)
	return b >= 'a' && b <= 'z' || b >= '0' && b <= '9'
}

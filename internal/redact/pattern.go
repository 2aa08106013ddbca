package redact

import (
	"slices"
	"strconv"
	"strings"
)

// maxNested bounds how often a percent sign or an ampersand may be escaped itself.
const maxNested = 8

// maxRun bounds how many backslashes may stand before a letter: those of a letter that is
// quoted six times. A text may have nothing else, and each could be the first.
const maxRun = 64

// maxSteps bounds how many letters are compared for one secret in one text. Who chooses
// the text could else have as many as the lengths of both multiplied.
const maxSteps = 1 << 18

// maxForm is the most bytes of the form of one letter that are looked at, at the end of a text
// that goes on.
const maxForm = maxRun + 16

// pattern finds a secret whose letters are escaped, each in its way. What escapes may
// be escaped in turn, as in a quoted error that has a quoted answer, so that there is no
// list of all forms.
type pattern struct {
	secret string // a run of backslashes is one
	fold   bool
	goesOn bool // the text does: the start of the secret at its end counts
	steps  int  // that were made
}

func newPattern(secret string, goesOn bool) *pattern {
	for strings.Contains(secret, `\\`) {
		secret = strings.ReplaceAll(secret, `\\`, `\`)
	}
	return &pattern{secret: secret, fold: len(secret) >= leastLong, goesOn: goesOn}
}

// find returns where the secret is, and as one more place all that is left if it takes too
// long to look for it.
func (p *pattern) find(text string) (spans []span) {
	for i := 0; i < len(text); {
		if !p.mayBegin(text, i) {
			i++
			continue
		}
		end := p.end(text, i)
		if p.steps > maxSteps {
			return append(spans, span{i, len(text)})
		}
		if end >= 0 {
			spans = append(spans, span{i, end})
			i = end
			continue
		}
		i++
	}
	return spans
}

// mayBegin reports whether the secret may begin here. A backslash before a letter that
// needs none stands before the secret.
func (p *pattern) mayBegin(text string, i int) bool {
	switch first := p.secret[0]; text[i] {
	case '\\':
		return !isAlphanumeric(first) || i+1 < len(text) && strings.IndexByte("uUx01234567", text[i+1]) >= 0
	case '%', '&', '+', '=':
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
			if p.goesOn && k > 0 && mayGoOn(text[i:]) {
				return len(text)
			}
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

// mayGoOn reports whether the rest of a text that goes on is the start of a letter.
func mayGoOn(rest string) bool {
	return rest == "" || len(rest) < maxForm && strings.IndexByte(`\%&=`, rest[0]) >= 0
}

// letter returns where one letter may end that begins at text[i], in whatever form.
func (p *pattern) letter(text string, i int, c byte) (ends []int) {
	j := skipBackslashes(text, i)
	if c == '\\' && j > i {
		return []int{j}
	}
	if j == len(text) {
		return nil
	}
	rest := text[j+1:]
	switch text[j] {
	case '%':
		return append(nested(text, j, c, "25"), percent(text, j, c)...)
	case '&':
		return append(nested(text, j, c, "amp;"), entity(text, j, c)...)
	case '=': // quoted-printable
		if len(rest) >= 2 && isCode(rest[:2], 16, c) {
			ends = append(ends, j+3)
		}
	}
	switch {
	case p.same(text[j], c), text[j] == '+' && c == ' ':
		return append(ends, j+1)
	case j == i:
		return ends
	case len(rest) >= 2 && isCode(text[j:j+3], 8, c):
		return append(ends, j+3)
	}
	if width := codeWidths[text[j]]; width > 0 && len(rest) >= width && isCode(rest[:width], 16, c) {
		return append(ends, j+1+width)
	}
	if _, ok := codeWidths[text[j]]; ok && strings.HasPrefix(rest, "{") {
		number, _, closed := strings.Cut(rest[1:min(len(rest), maxForm)], "}")
		if closed && isCode(number, 16, c) {
			ends = append(ends, j+len("u{")+len(number)+len("}"))
		}
	}
	return ends
}

// codeWidths are how many digits stand behind these letters and a backslash. They may stand
// in braces, too.
var codeWidths = map[byte]int{'u': 4, 'U': 8, 'x': 2}

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

// names are the letters of ASCII that have names in HTML.
var names = map[byte][]string{
	'!': {"excl"}, '"': {"quot"}, '#': {"num"}, '$': {"dollar"}, '%': {"percnt"}, '\'': {"apos"}, '(': {"lpar"},
	')': {"rpar"}, '*': {"ast", "midast"}, '+': {"plus"}, ',': {"comma"}, '.': {"period"}, '/': {"sol"}, ':': {"colon"},
	';': {"semi"}, '<': {"lt"}, '=': {"equals"}, '>': {"gt"}, '?': {"quest"}, '@': {"commat"}, '[': {"lsqb", "lbrack"},
	'\\': {"bsol"}, ']': {"rsqb", "rbrack"}, '^': {"Hat"}, '_': {"lowbar", "UnderBar"}, '`': {"grave"},
	'{': {"lcub", "lbrace"}, '|': {"verbar", "vert"}, '}': {"rcub", "rbrace"},
}

// entity returns where a character reference of HTML may end that begins at text[i]. The
// semicolon may be missing, and numbers may begin with zeros.
func entity(text string, i int, c byte) (ends []int) {
	for i++; strings.HasPrefix(text[i:], "amp;"); {
		i += len("amp;")
	}
	for _, name := range names[c] {
		if strings.HasPrefix(text[i:], name) {
			ends = append(ends, i+len(name)+semicolon(text[i+len(name):]))
		}
	}
	if i == len(text) || text[i] != '#' {
		return ends
	}
	i++
	base := 10
	if i < len(text) && (text[i] == 'x' || text[i] == 'X') {
		base = 16
		i++
	}
	for zeros := 0; zeros < maxRun && i < len(text) && text[i] == '0'; zeros++ {
		i++
	}
	for width := 1; width <= 3 && i+width <= len(text); width++ {
		if isCode(text[i:i+width], base, c) {
			ends = append(ends, i+width+semicolon(text[i+width:]))
		}
	}
	return ends
}

// semicolon returns the length of one at the start of text.
func semicolon(text string) int { return len(text) - len(strings.TrimPrefix(text, ";")) }

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

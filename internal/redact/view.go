package redact

import (
	"regexp"
	"strings"
)

// view is a text without some of its bytes, and where those that are left stood.
type view struct {
	text string
	at   []int // nil if nothing is left out
}

func asItIs(text string) view { return view{text: text} }

// viewer makes a view of a text.
type viewer struct {
	text []byte
	at   []int
}

func newViewer(text string) *viewer {
	return &viewer{make([]byte, 0, len(text)), make([]int, 0, len(text))}
}

func (v *viewer) add(b byte, at int) { v.text, v.at = append(v.text, b), append(v.at, at) }
func (v *viewer) view() view         { return view{string(v.text), v.at} }

// back returns where a part of the view stood in its text.
func (v view) back(s span) span {
	if v.at == nil || s.from == s.to {
		return s
	}
	return span{v.at[s.from], v.at[s.to-1] + 1}
}

// find returns where a pattern stands in the text of the view.
func (v view) find(p *pattern) []span {
	spans := p.find(v.text)
	for i, s := range spans {
		spans[i] = v.back(s)
	}
	return spans
}

// findForm is find for a form that is written in one way only. If the text goes on, its end
// counts as one that may be the start of the form.
func (v view) findForm(form string, goesOn bool) (spans []span) {
	from := 0
	for {
		i := strings.Index(v.text[from:], form)
		if i < 0 {
			break
		}
		spans = append(spans, v.back(span{from + i, from + i + len(form)}))
		from += i + len(form)
	}
	for n := min(len(form)-1, len(v.text)); goesOn && n >= leastCoded; n-- {
		if strings.HasSuffix(v.text, form[:n]) {
			return append(spans, v.back(span{len(v.text) - n, len(v.text)}))
		}
	}
	return spans
}

// unseen is what may stand between the letters of a text that is wrapped, indented, coloured,
// of two bytes a letter, or marked so that it does not look like itself; as it is, or
// escaped.
var unseen = regexp.MustCompile(`(?i)^(?:` + strings.Join([]string{
	`=\r?\n`,                  // quoted-printable
	`\r?\n[ \t>|#*]{0,60}`,    // quoted by a mail or a comment
	`\x1b\[[0-9;]{0,60}[a-z]`, // colours
	`[\p{Cc}\p{Cf}\p{Z}]`,     // controls, zero width, blanks
	`[\x{FE00}-\x{FE0F}\x{034F}\x{115F}\x{3164}\x{FFFD}]`, // other characters without a glyph; not UTF-8
	`\\{1,64}[nrtfvb]`,
	`\\+u(?:0000|0009|000[ad]|0020|00a[0d]|200[b-f]|202[89a-e]|206[0-4]|feff)`,
	`\\+u\{0*(?:|9|a|d|20|a0|ad|200[b-f]|202[89a-e]|206[0-4]|feff)\}`,
	`\\+x(?:00|09|0a|0d|20|a0|ad)`,
	`\\+000`,
	`%(?:00|09|0a|0d|20|c2%a0|c2%ad|e2%80%8[b-f]|e2%81%a0|ef%bb%bf)`,
	`&(?:nbsp|shy|zwnj|zwj|zerowidthspace|newline|tab);`,
	`&#0*(?:0|9|10|13|32|160|173|820[3-7]|8288|65279);`,
	`&#x0*(?:0|9|a|d|20|a0|ad|200[b-f]|2060|feff);`,
	`<w?br ?/?>`,
}, "|") + `)`)

// longestUnseen is how much of a text is looked at for one of them, in bytes.
const longestUnseen = 80

// squeeze leaves out what is not seen.
func squeeze(text string) view {
	v := newViewer(text)
	for i := 0; i < len(text); {
		switch b := text[i]; {
		case b > ' ' && b <= '~' && strings.IndexByte(`\%&=<`, b) < 0:
			v.add(b, i)
			i++
			continue
		case b == ' ', b == '\t', b == 0: // most of what is left out
			i++
			continue
		}
		if n := len(unseen.FindString(text[i:min(len(text), i+longestUnseen)])); n > 0 {
			i += n
			continue
		}
		v.add(text[i], i)
		for i++; text[i-1] == '\\' && i < len(text) && text[i] == '\\'; i++ { // none of a run is the start of something
			v.add('\\', i)
		}
	}
	return v.view()
}

// digits is a view of the hexadecimal digits of a text, in lower case, whatever stands
// between them.
func digits(text string) view {
	v := newViewer(text)
	for i := 0; i < len(text); i++ {
		switch b := lower(text[i]); {
		case b == '0' && i+1 < len(text) && lower(text[i+1]) == 'x':
			i++
		case b >= '0' && b <= '9', b >= 'a' && b <= 'f':
			v.add(b, i)
		}
	}
	return v.view()
}

// numbers is a view of the decimal numbers of a text, with a blank before each.
func numbers(text string) view {
	v := newViewer(text)
	inside := false
	for i := range len(text) {
		isDigit := text[i] >= '0' && text[i] <= '9'
		if isDigit && !inside {
			v.add(' ', i)
		}
		if inside = isDigit; isDigit {
			v.add(text[i], i)
		}
	}
	return v.view()
}

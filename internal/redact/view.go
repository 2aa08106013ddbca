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

// parts returns a view of parts of a text, with something before each.
func parts(text string, list []span, before string) view {
	var sb strings.Builder
	v := view{at: []int{}}
	for _, s := range list {
		sb.WriteString(before)
		for range before {
			v.at = append(v.at, s.from)
		}
		sb.WriteString(text[s.from:s.to])
		for i := s.from; i < s.to; i++ {
			v.at = append(v.at, i)
		}
	}
	v.text = sb.String()
	return v
}

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

// without returns a view of a text that leaves out what the expression finds.
func without(text string, exp *regexp.Regexp) view {
	var left []span
	from := 0
	for _, found := range exp.FindAllStringIndex(text, -1) {
		left = append(left, span{from, found[0]})
		from = found[1]
	}
	return parts(text, append(left, span{from, len(text)}), "")
}

// unseen is what may stand between the letters of a text that is wrapped, indented, coloured,
// of two bytes a letter, or marked so that it does not look like itself; as it is, or
// escaped.
var unseen = regexp.MustCompile(`(?i)` + strings.Join([]string{
	`=\r?\n`,              // quoted-printable
	`\r?\n[ \t>|#*]*`,     // quoted by a mail or a comment
	`\x1b\[[0-9;]*[a-z]`,  // colours
	`[\p{Cc}\p{Cf}\p{Z}]`, // controls, zero width, blanks
	`[\x{FE00}-\x{FE0F}\x{034F}\x{115F}\x{3164}\x{FFFD}]`, // other characters without a glyph; not UTF-8
	`\\+[nrtfvb]`,
	`\\+u(?:0000|0009|000[ad]|0020|00a[0d]|200[b-f]|202[89a-e]|206[0-4]|feff)`,
	`\\+u\{0*(?:|9|a|d|20|a0|ad|200[b-f]|202[89a-e]|206[0-4]|feff)\}`,
	`\\+x(?:00|09|0a|0d|20|a0|ad)`,
	`\\+000`,
	`%(?:00|09|0a|0d|20|c2%a0|c2%ad|e2%80%8[b-f]|e2%81%a0|ef%bb%bf)`,
	`&(?:nbsp|shy|zwnj|zwj|zerowidthspace|newline|tab);`,
	`&#0*(?:0|9|10|13|32|160|173|820[3-7]|8288|65279);`,
	`&#x0*(?:0|9|a|d|20|a0|ad|200[b-f]|2060|feff);`,
	`<w?br ?/?>`,
}, "|"))

// squeeze leaves out what is not seen.
func squeeze(text string) view { return without(text, unseen) }

var (
	betweenDigits = regexp.MustCompile(`(?i)0x|\\x|[^0-9a-f]+`)
	number        = regexp.MustCompile(`[0-9]+`)
)

// digits is a view of the hexadecimal digits of a text, whatever stands between them.
func digits(text string) view {
	v := without(text, betweenDigits)
	v.text = strings.ToLower(v.text)
	return v
}

// numbers is a view of the decimal numbers of a text, with a blank before each.
func numbers(text string) view {
	var list []span
	for _, found := range number.FindAllStringIndex(text, -1) {
		list = append(list, span{found[0], found[1]})
	}
	return parts(text, list, " ")
}

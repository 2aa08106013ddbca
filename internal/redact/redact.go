// Package redact keeps secrets out of what is told to people.
package redact

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// hidden stands in the place of a secret.
const hidden = "***"

// maxLooked bounds how much of a text is looked through, in bytes: it may be a mebibyte
// of nothing but backslashes.
const maxLooked = 16 << 10

// leastLong is how many bytes a secret must have that is found wherever it stands, with
// other characters between its own, and in upper and lower case. A shorter one, such as
// dev, stands in many words and host names: it is found only where it stands by itself.
const leastLong = 8

// Text makes what a server has sent fit for an error: one line of at most limit bytes,
// printable, and with *** for the secrets: as they are, or escaped for a URL, for JSON, for
// HTML, for mail or in quotes, however often one within the other; and as numbers, in hex
// or in base64, wherever the secret begins there. Secrets of eight bytes and more are
// found in whatever case, and with line ends, blanks and what is not seen between their
// letters; shorter ones only where they stand by themselves, and those of less than four
// neither in hex nor in base64.
func Text(text string, limit int, secrets ...string) string {
	most := max(maxLooked, limit)
	return line(text[:min(len(text), most)], len(text) > most, limit, secrets)
}

// Start is [Text] for the start of a text that goes on: what may be the start of a secret
// at its end is hidden too.
func Start(text string, limit int, secrets ...string) string {
	return line(text[:min(len(text), max(maxLooked, limit))], true, limit, secrets)
}

func line(text string, goesOn bool, limit int, secrets []string) string {
	for _, secret := range secrets {
		text = hide(text, secret, goesOn)
	}
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD")))
	if len(text) > limit {
		text = strings.TrimSpace(strings.ToValidUTF8(text[:limit], ""))
	}
	return text
}

// Shows reports whether text has one of the secrets in it, in a form that Text
// would hide, or is too long to be looked through.
func Shows(text string, secrets ...string) bool {
	return slices.ContainsFunc(secrets, func(s string) bool {
		return s != "" && (len(text) > maxLooked || len(find(text, s, false)) > 0)
	})
}

// hide puts *** in the place of a secret, in whatever form.
func hide(text, secret string, goesOn bool) string {
	var sb strings.Builder
	from := 0
	for _, s := range find(text, secret, goesOn) {
		if s.from >= from {
			sb.WriteString(text[from:s.from])
			sb.WriteString(hidden)
		}
		from = max(from, s.to)
	}
	return sb.String() + text[from:]
}

// span is a part of a text.
type span struct{ from, to int }

// find returns where the text has the secret, in the order of the text. Spans may overlap.
func find(text, secret string, goesOn bool) (spans []span) {
	if secret == "" {
		return nil
	}
	whole := asItIs(text)
	dense := squeeze(text)
	for _, form := range append(writtenForms(secret), secret) {
		spans = append(spans, whole.find(newPattern(form, goesOn))...)
		if form = squeeze(form).text; len(form) >= leastLong {
			spans = append(spans, dense.find(newPattern(form, goesOn))...)
		}
	}
	if len(secret) < leastLong {
		spans = slices.DeleteFunc(spans, func(s span) bool { return !standsAlone(text, s) })
	}
	if len(secret) >= leastCoded {
		spans = append(spans, codedSpans(text, dense, secret, goesOn)...)
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to)) })
	return spans
}

// standsAlone reports whether a part of a text is neither part of a word nor of the name of
// a host.
func standsAlone(text string, s span) bool {
	before, after := text[:s.from], text[s.to:]
	const joints = "-._"
	switch n := len(before); {
	case n == 0:
	case strings.HasSuffix(before, "//"), strings.HasSuffix(before, "lookup "): // as net.DNSError has it
		return false
	case isAlphanumeric(before[n-1]):
		if n == 1 || before[n-2] != '\\' { // as in \n
			return false
		}
	case n > 1 && strings.IndexByte(joints, before[n-1]) >= 0 && isAlphanumeric(before[n-2]):
		return false
	}
	switch n := len(after); {
	case n == 0:
		return true
	case n > 1 && strings.IndexByte(joints+":", after[0]) >= 0: // of a port
		return !isAlphanumeric(after[1])
	default:
		return !isAlphanumeric(after[0])
	}
}

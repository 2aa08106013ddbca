package redact

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// writtenForms returns a secret in ASCII as it is written in quotes and in HTML, if it has
// letters beyond ASCII, or control characters such as line feeds: these stand for several
// bytes, or have names of their own, which a pattern of single bytes does not know. It
// takes the backslashes of these forms for any number of them.
func writtenForms(secret string) (out []string) {
	if !strings.ContainsFunc(secret, func(r rune) bool { return r < ' ' || r >= 0x7f }) {
		return nil
	}
	// Go and the like; JSON; HTML and XML, in decimal and in hexadecimal numbers.
	for _, write := range []func(r rune) string{inGo, inJSON, inDecimal, inHex} {
		var sb strings.Builder
		for _, r := range secret {
			if r >= ' ' && r < 0x7f {
				sb.WriteRune(r)
			} else {
				sb.WriteString(write(r))
			}
		}
		if form := sb.String(); !slices.Contains(out, form) {
			out = append(out, form)
		}
	}
	return out
}

func inGo(r rune) string {
	quoted := strconv.QuoteRuneToASCII(r)
	return quoted[1 : len(quoted)-1]
}

func inJSON(r rune) string {
	switch high, low := utf16.EncodeRune(r); {
	case r < ' ' && strings.ContainsRune("\b\f\n\r\t", r):
		return inGo(r)
	case high != utf8.RuneError:
		return fmt.Sprintf(`\u%04x\u%04x`, high, low)
	default:
		return fmt.Sprintf(`\u%04x`, r)
	}
}

func inDecimal(r rune) string { return fmt.Sprintf("&#%d;", r) }

func inHex(r rune) string { return fmt.Sprintf("&#x%x;", r) }

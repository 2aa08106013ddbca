// Package redact keeps secrets out of what is told to people.
package redact

import (
	"strings"
	"unicode"
)

// hidden stands in the place of a secret.
const hidden = "***"

// maxLooked bounds how much of a text is looked through, in bytes: it may be a mebibyte
// of nothing but backslashes.
const maxLooked = 16 << 10

// Text makes what a server has sent fit for an error: one line of at most
// limit bytes, printable, and with *** for the secrets: as they are, or escaped for
// a URL, for JSON, for HTML or in quotes, however often one within the other; and
// in hex or in base64, wherever the secret begins there. Upper and lower case are the
// same for secrets of eight bytes and more, and those of less than four are not looked
// for in base64.
func Text(text string, limit int, secrets ...string) string {
	cut := len(text) > max(maxLooked, limit)
	if cut {
		text = text[:max(maxLooked, limit)]
	}
	longest := 0
	for _, secret := range secrets {
		text = hide(text, secret)
		longest = max(longest, len(secret))
	}
	if cut { // perhaps within a secret, no form of which is longer than this
		text = text[:max(0, len(text)-8*longest)]
	}
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD")))
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "")
	}
	return text
}

// Shows reports whether text has one of the secrets in it, in a form that Text
// would hide.
func Shows(text string, secrets ...string) bool {
	for _, secret := range secrets {
		if hide(text, secret) != text {
			return true
		}
	}
	return false
}

// hide puts *** in the place of a secret, in whatever form.
func hide(text, secret string) string {
	if secret == "" {
		return text
	}
	text = newPattern(secret).hide(text)
	for _, form := range writtenForms(secret) {
		text = newPattern(form).hide(text)
	}
	for _, form := range codedForms(secret) {
		text = strings.ReplaceAll(text, form, hidden)
	}
	return text
}

// Package redact keeps secrets out of what is told to people.
package redact

import (
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// hidden stands in the place of a secret.
const hidden = "***"

// Text makes what a server has sent fit for an error: one line of at most
// limit bytes, printable, and with *** for the secrets, as they are or escaped
// for a URL, for JSON or for HTML, also within a quoted text.
func Text(text string, limit int, secrets ...string) string {
	for _, secret := range secrets {
		for _, form := range forms(secret) {
			text = strings.ReplaceAll(text, form, hidden)
		}
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
		for _, form := range forms(secret) {
			if strings.Contains(text, form) {
				return true
			}
		}
	}
	return false
}

// forms returns how a secret may look in an answer.
func forms(secret string) []string {
	if secret == "" {
		return nil
	}
	out := []string{secret, quoted(secret), url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret)}
	if text, err := json.Marshal(secret); err == nil {
		out = append(out, string(text[1:len(text)-1])) // with \u0026 for &
	}
	for _, form := range slices.Clone(out) {
		out = append(out, quoted(form))
	}
	return out
}

// quoted returns s as it stands in quotation marks.
func quoted(s string) string {
	q := strconv.Quote(s)
	return q[1 : len(q)-1]
}

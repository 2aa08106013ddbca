package redact

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// leastCoded is how many bytes a secret must have to be looked for in hex, in base64 and in
// numbers, and how much of such a form counts at the end of a text that goes on.
const leastCoded = 4

// leastLetters is how many letters of base64 do not stand there by chance.
const leastLetters = 6

// codedSpans returns where the text has the secret in base64, in hex, or as the numbers of
// its bytes.
func codedSpans(text string, dense view, secret string, goesOn bool) (spans []span) {
	inHex, inNumbers := digits(text), numbers(text)
	for _, plain := range plainForms(secret) {
		for _, form := range inBase64(plain) {
			spans = append(spans, dense.findForm(form, goesOn)...)
		}
		spans = append(spans, inHex.findForm(hex.EncodeToString([]byte(plain)), goesOn)...)
		var form strings.Builder
		for i := range len(plain) {
			form.WriteString(" " + strconv.Itoa(int(plain[i])))
		}
		spans = append(spans, inNumbers.findForm(form.String(), goesOn)...)
	}
	return spans
}

// plainForms returns a secret as it is, in two bytes a letter, and as it is escaped in what
// is usually encoded: a form, a URL, JSON. Each is there once.
func plainForms(secret string) []string {
	query, quoted := url.QueryEscape(secret), strconv.Quote(secret)
	plain := []string{
		secret, query, url.QueryEscape(query), url.PathEscape(secret), quoted[1 : len(quoted)-1], html.EscapeString(secret),
	}
	if text, err := json.Marshal(secret); err == nil {
		plain = append(plain, string(text[1:len(text)-1])) // with \u0026 for &
	}
	var little, big []byte
	for _, unit := range utf16.Encode([]rune(secret)) {
		low, high := byte(unit), byte(unit>>8)
		little, big = append(little, low, high), append(big, high, low)
	}
	plain = append(plain, string(little), string(big))
	slices.Sort(plain)
	return slices.Compact(plain)
}

// inBase64 returns the letters of base64 that do not depend on what stands around s:
// three bytes are four letters, so it matters where s begins. They may be escaped for a URL
// or for JSON.
func inBase64(s string) (out []string) {
	for shift := range 3 {
		whole := append(make([]byte, shift), s...)
		from, to := (8*shift+5)/6, 8*len(whole)/6
		if to-from < leastLetters {
			continue
		}
		std, forURL := base64.RawStdEncoding.EncodeToString(whole)[from:to], base64.RawURLEncoding.EncodeToString(whole)[from:to]
		out = append(out, std)
		if forURL != std {
			out = append(out, forURL, url.QueryEscape(std), strings.ReplaceAll(std, "/", `\/`))
		}
	}
	return out
}

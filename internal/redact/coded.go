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
)

// leastCoded is how many characters a part of base64 must have to be taken for a
// secret.
const leastCoded = 6

// codedForms returns a secret in hex and in base64, as it is and as it is escaped in
// what is usually encoded: a form, a URL, JSON. Each is there once.
func codedForms(secret string) (out []string) {
	query := url.QueryEscape(secret)
	plain := []string{secret, query, url.QueryEscape(query), url.PathEscape(secret), strconv.Quote(secret), html.EscapeString(secret)}
	plain[4] = plain[4][1 : len(plain[4])-1]
	if text, err := json.Marshal(secret); err == nil {
		plain = append(plain, string(text[1:len(text)-1])) // with \u0026 for &
	}
	slices.Sort(plain)
	for _, s := range slices.Compact(plain) {
		inHex := hex.EncodeToString([]byte(s))
		out = append(out, inHex, strings.ToUpper(inHex))
		out = append(out, inBase64(s)...)
	}
	return out
}

// inBase64 returns the letters of base64 that do not depend on what stands around s:
// three bytes are four letters, so it matters where s begins.
func inBase64(s string) (out []string) {
	for shift := range 3 {
		whole := append(make([]byte, shift), s...)
		from, to := (8*shift+5)/6, 8*len(whole)/6
		if to-from < leastCoded {
			continue
		}
		std, forURL := base64.RawStdEncoding.EncodeToString(whole)[from:to], base64.RawURLEncoding.EncodeToString(whole)[from:to]
		if out = append(out, std); forURL != std {
			out = append(out, forURL)
		}
	}
	return out
}

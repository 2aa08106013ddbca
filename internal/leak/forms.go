package leak

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"text/template"
)

// form is one way in which a secret may stand in a text.
type form struct {
	name, text string
}

// Forms returns the texts by which a secret can be told: as it is; escaped for a
// URL, JSON, HTML, XML, JavaScript or Go, also twice and octet by octet; in hex; in
// base64 wherever it begins in the encoded text, so also behind "id:" in the
// header of HTTP's basic authentication (RFC 7617), and escaped there as OAuth 2.0
// wants it (RFC 6749, section 2.3.1); in base64 of base64; its bytes as numbers; in
// UTF-16; and the most important ones reversed. Each is there once. Of forms that
// differ in case or in white space only, [Find] needs one.
func Forms(secret string) []string {
	var out []string
	for _, f := range formsOf(secret) {
		out = append(out, f.text)
	}
	return out
}

// formsOf returns the forms, each with the words that go behind the secret.
func formsOf(secret string) (out []form) {
	known := map[string]bool{}
	add := func(name, text string) {
		if text != "" && !known[text] {
			known[text] = true
			out = append(out, form{name, text})
		}
	}
	add("as it is", secret)
	for _, e := range escaped(secret) {
		add(e.name, e.text)
	}
	for _, e := range octets(secret) {
		add(e.name, e.text)
	}
	coded := append(encoded(secret), encoded(reversed(secret))...)
	for _, wide := range utf16(secret) {
		add("in UTF-16", wide)
		coded = append(coded, encoded(wide)...)
	}
	// As the parts of basic authentication, and what is in a JSON text.
	for _, e := range escaped(secret) {
		coded = append(coded, encoded(e.text)...)
	}
	for _, e := range encoded(secret) {
		for _, again := range encoded(e.text) {
			coded = append(coded, form{again.name + " of " + e.name, again.text})
		}
		for _, again := range escaped(e.text) { // + and / mean something, too
			coded = append(coded, form{e.name + ", " + again.name, again.text})
		}
	}
	for _, e := range coded {
		if len(e.text) >= leastCoded {
			add(e.name, e.text)
			add(e.name+", reversed", reversed(e.text))
		}
	}
	add("reversed", reversed(secret))
	for _, e := range escaped(reversed(secret)) {
		add("reversed and "+e.name, e.text)
	}
	return out
}

// escapes are the ways to write a text of printable letters where some of them mean
// something.
var escapes = []struct {
	name   string
	escape func(string) string
}{
	{"escaped for a query", url.QueryEscape},
	{"escaped for a path", url.PathEscape},
	{"in JSON", func(s string) string { return inJSON(s, true) }},
	{"in JSON, not for HTML", func(s string) string { return inJSON(s, false) }},
	{"in HTML", html.EscapeString},
	{"in a template's HTML", template.HTMLEscapeString},
	{"in HTML with names", strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;").Replace},
	{"in XML", inXML},
	{"in JavaScript", template.JSEscapeString},
	{"quoted", func(s string) string { return unquoted(strconv.Quote(s)) }},
	{"quoted in ASCII", func(s string) string { return unquoted(strconv.QuoteToASCII(s)) }},
	{"quoted for the shell", func(s string) string { return strings.ReplaceAll(s, "'", `'\''`) }},
}

// escaped returns s escaped once and twice, as far as it differs.
func escaped(s string) (out []form) {
	known := map[string]bool{s: true}
	add := func(name, text string) {
		if !known[text] {
			known[text] = true
			out = append(out, form{name, text})
		}
	}
	for _, e := range escapes {
		add(e.name, e.escape(s))
	}
	for _, once := range slices.Clone(out) {
		for _, e := range escapes {
			add(once.name+", then "+e.name, e.escape(once.text))
		}
	}
	return out
}

func inJSON(s string, forHTML bool) string {
	var sb strings.Builder
	enc := json.NewEncoder(&sb)
	enc.SetEscapeHTML(forHTML)
	if err := enc.Encode(s); err != nil {
		return s // a string can be encoded
	}
	return unquoted(strings.TrimSuffix(sb.String(), "\n"))
}

func inXML(s string) string {
	var sb strings.Builder
	if err := xml.EscapeText(&sb, []byte(s)); err != nil {
		return s // a Builder takes everything
	}
	return sb.String()
}

func unquoted(s string) string { return s[1 : len(s)-1] }

// lists are the ways to write bytes one by one, whether or not they are letters.
var lists = []struct {
	name, format, between string
}{
	{"octet by octet for a URL", "%%%02x", ""},
	{`as \x..`, `\x%02x`, ""},
	{`as \\x..`, `\\x%02x`, ""},
	{`as \u....`, `\u%04x`, ""},
	{`as \\u....`, `\\u%04x`, ""},
	{`as \ooo`, `\%03o`, ""},
	{"quoted-printable", "=%02x", ""},
	{"octet by octet in HTML", "&#%d;", ""},
	{"octet by octet in HTML, hexadecimal", "&#x%x;", ""},
	{"as U+....", "U+%04X", ""},
	{"in hex", "%02x", ""},
	{"in hex with colons", "%02x", ":"},
	{"in hex with hyphens", "%02x", "-"},
	{"in hex with commas", "%02x", ","},
	{"as hexadecimal numbers", "0x%02x", ""},
	{"as hexadecimal numbers with commas", "0x%02x", ","},
	{"as decimal numbers", "%d", " "},
	{"as decimal numbers with commas", "%d", ","},
	{"as octal numbers", "%o", " "},
	{"as octal numbers with a mark", "0o%o", " "},
	{"as binary numbers", "%b", " "},
	{"as letters in quotation marks", "%q", " "},
	{"as letters in quotation marks with commas", "%q", ","},
	{"as letters with commas", "%c", ","},
}

// octets returns the bytes of s one by one.
func octets(s string) (out []form) {
	for _, l := range lists {
		parts := make([]string, len(s))
		for i := range len(s) {
			parts[i] = fmt.Sprintf(l.format, s[i])
		}
		out = append(out, form{l.name, strings.Join(parts, l.between)})
	}
	return out
}

// encoded returns s in hex, and in base64 as far as it does not depend on what
// stands before and behind s: with or without padding, whatever follows, that is
// there. Base64 writes three bytes as four letters, so it matters where in three
// bytes s begins.
func encoded(s string) []form {
	out := []form{{"in hex", hex.EncodeToString([]byte(s))}}
	for shift := range 3 {
		whole := append(make([]byte, shift), s...)
		from, to := (8*shift+5)/6, 8*len(whole)/6
		if from >= to {
			continue
		}
		out = append(out,
			form{"in base64", base64.RawStdEncoding.EncodeToString(whole)[from:to]},
			form{"in base64 for URLs", base64.RawURLEncoding.EncodeToString(whole)[from:to]})
	}
	return out
}

// utf16 returns s in both byte orders, as if each byte were a letter; it matters for
// what is encoded again, since Find takes no notice of the NULs.
func utf16(s string) []string {
	var little, big []byte
	for i := range len(s) {
		little, big = append(little, s[i], 0), append(big, 0, s[i])
	}
	return []string{string(little), string(big)}
}

func reversed(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}

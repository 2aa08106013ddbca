// Package leak finds secrets in what a program shows, in tests.
//
// [Find] looks for a secret in a text, in whatever common form: escaped, encoded,
// as a list of numbers, wrapped or reversed. [Printed] returns what a value looks
// like to all that prints values; [In] and [InError] do both. [Reach] returns what
// can be read of a value by reflection, which is more than anything prints.
package leak

import (
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
)

// least is how many bytes a secret must have, without blanks: shorter ones are
// found in any text.
const least = 4

// leastCoded is how many characters a form in base64 must have to be looked for:
// those of secrets of less than six bytes would be found by chance.
const leastCoded = 6

// Find returns which form of which secret is in text, with what stands around it,
// or the empty text. Neither case nor white space nor NUL matters, so that wrapped
// base64 and UTF-16 are found too. It panics if there is no secret, or one of less
// than four characters: such a search would find nothing, or everything.
func Find(text string, secrets ...string) string { return finderOf(secrets).find(text) }

// Parts returns the halves of a secret, for a search that also finds it cut: each
// half as a secret of its own finds the whole one. It panics if the halves would be
// shorter than eight bytes, which texts may have by chance.
func Parts(secret string) []string {
	half := len(secret) / 2
	if half < 8 {
		panic(fmt.Sprintf("leak: %q is too short to be looked for in parts", secret))
	}
	return []string{secret[:half], secret[half:]}
}

// finder looks for all forms of some secrets at once. It is immutable.
type finder struct {
	starts [1 << 16 / 64]uint64 // hashes of the first bytes of the needles
	needle map[uint32][]needle  // by their first bytes
}

type needle struct {
	text, name string
}

// finders keeps the finders of all secrets of a test, since making one takes longer
// than a search.
var finders sync.Map // of *finder, by the secrets

func finderOf(secrets []string) *finder {
	key := strings.Join(secrets, "\x00")
	if f, ok := finders.Load(key); ok {
		return f.(*finder)
	}
	if len(secrets) == 0 {
		panic("leak: no secret to look for")
	}
	f := &finder{needle: map[uint32][]needle{}}
	for _, secret := range secrets {
		if len(plain(secret)) < least {
			panic(fmt.Sprintf("leak: the secret %q is too short to be looked for", secret))
		}
		for _, form := range formsOf(secret) {
			f.add(needle{plain(form.text), fmt.Sprintf("%q %s", secret, form.name)})
		}
	}
	finders.Store(key, f)
	return f
}

// add makes f look for n.
func (f *finder) add(n needle) {
	if len(n.text) < least {
		return
	}
	start := binary.LittleEndian.Uint32([]byte(n.text))
	f.starts[hash(start)/64] |= 1 << (hash(start) % 64)
	f.needle[start] = append(f.needle[start], n)
}

// find looks in the text without blanks, and without what stands for them in quotes.
func (f *finder) find(text string) string {
	text = plain(text)
	if found := f.scan(text); found != "" || !strings.ContainsAny(text, `\%&`) {
		return found
	}
	return f.scan(quotedBlanks.Replace(text))
}

// scan returns the first needle in a text that plain has made.
func (f *finder) scan(text string) string {
	if len(text) < least {
		return ""
	}
	start := uint32(text[0])<<8 | uint32(text[1])<<16 | uint32(text[2])<<24
	for i := least - 1; i < len(text); i++ {
		start = start>>8 | uint32(text[i])<<24
		if h := hash(start); f.starts[h/64]&(1<<(h%64)) == 0 {
			continue
		}
		at := i - (least - 1)
		for _, n := range f.needle[start] {
			if strings.HasPrefix(text[at:], n.text) {
				return fmt.Sprintf("%s, in %q", n.name, text[max(0, at-40):min(len(text), at+len(n.text)+40)])
			}
		}
	}
	return ""
}

// hash returns 16 bits of the first bytes of a needle.
func hash(start uint32) uint32 { return start * 0x9e3779b1 >> 16 }

// plain returns s without white space and NUL, in lower case. It goes by bytes,
// since s may be anything.
func plain(s string) string {
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		switch b := s[i]; {
		case b == ' ', b == 0, b >= '\t' && b <= '\r':
		case b >= 'A' && b <= 'Z':
			out = append(out, b+('a'-'A'))
		default:
			out = append(out, b)
		}
	}
	return string(out)
}

// quotedBlanks takes out white space and NUL as they stand in quotation marks, in
// URLs and in HTML.
var quotedBlanks = strings.NewReplacer(
	`\n`, "", `\r`, "", `\t`, "", `\x00`, "", `\u0000`, "", `\u000a`, "", `\u000d`, "", `\0`, "",
	"%00", "", "%0a", "", "%0d", "", "%20", "", "&#10;", "", "&#13;", "", "&#xa;", "", "&#xd;", "", "&#0;", "")

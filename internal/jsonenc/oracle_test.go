package jsonenc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"unicode/utf8"
)

// standard returns what encoding/json makes of v without HTML escaping.
func standard(v any) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return strings.TrimSuffix(b.String(), "\n"), err
}

// noLimit is for values that may be of any size.
const noLimit = math.MaxInt

const prefix = `{"before":"kept",`

// appended calls f with a prefix, once with and once without room behind it,
// and returns what it appended, which must be the same and one value of JSON.
func appended(tb testing.TB, f func(dst []byte) []byte) string {
	tb.Helper()
	roomy := append(make([]byte, 0, 4096), prefix...)
	tight := []byte(prefix)[:len(prefix):len(prefix)]
	a, b := f(roomy), f(tight)
	for _, dst := range [][]byte{roomy, tight} {
		if string(dst) != prefix {
			tb.Fatalf("the bytes before the value changed to %q", dst)
		}
	}
	for _, out := range [][]byte{a, b} {
		if !bytes.HasPrefix(out, []byte(prefix)) {
			tb.Fatalf("the result does not begin with what was there: %.100q", out)
		}
	}
	if !bytes.Equal(a, b) {
		tb.Fatalf("with room %.200q, without %.200q", a, b)
	}
	got := string(a[len(prefix):])
	if err := valid(got); err != nil {
		tb.Fatalf("%v: %.300q", err, got)
	}
	return got
}

// valid says what is wrong with s as one JSON value on one line, by three
// parsers: the scanner of encoding/json, its token reader, and a strict one.
func valid(s string) error {
	if strings.ContainsAny(s, "\r\n") {
		return errors.New("has a line break")
	}
	if !json.Valid([]byte(s)) {
		return errors.New("json.Valid says no")
	}
	dec := json.NewDecoder(strings.NewReader(s))
	dec.UseNumber()
	for {
		if _, err := dec.Token(); err == io.EOF {
			break
		} else if err != nil {
			return fmt.Errorf("json.Decoder.Token: %w", err)
		}
	}
	p := parser{rest: s}
	p.value(0)
	if p.err == nil && p.rest != "" {
		p.fail("text behind the value")
	}
	return p.err
}

// parser reads JSON as RFC 8259 has it: UTF-8 throughout, no blanks, no more
// levels than common parsers take.
type parser struct {
	rest string
	err  error
}

func (p *parser) fail(what string) {
	if p.err == nil {
		p.err = fmt.Errorf("strict parser: %s at %.20q", what, p.rest)
	}
	p.rest = ""
}

func (p *parser) next() byte {
	if p.rest == "" {
		p.fail("early end")
		return 0
	}
	return p.rest[0]
}

func (p *parser) take(s string) bool {
	rest, ok := strings.CutPrefix(p.rest, s)
	p.rest = rest
	return ok
}

func (p *parser) value(depth int) {
	if depth > 500 {
		p.fail("too deep")
	}
	switch c := p.next(); {
	case c == '{':
		p.members('}', func() {
			p.text()
			if !p.take(":") {
				p.fail("no colon")
			}
			p.value(depth + 1)
		})
	case c == '[':
		p.members(']', func() { p.value(depth + 1) })
	case c == '"':
		p.text()
	case c == '-' || c >= '0' && c <= '9':
		p.number()
	case p.take("null") || p.take("true") || p.take("false"):
	default:
		p.fail("no value")
	}
}

func (p *parser) members(end byte, member func()) {
	p.rest = p.rest[1:]
	if p.take(string(end)) {
		return
	}
	for p.err == nil {
		member()
		if p.take(string(end)) {
			return
		}
		if !p.take(",") {
			p.fail("no comma")
		}
	}
}

func (p *parser) text() {
	if !p.take(`"`) {
		p.fail("no string")
	}
	for p.err == nil && !p.take(`"`) {
		r, size := utf8.DecodeRuneInString(p.rest)
		switch {
		case size == 0:
			p.fail("early end of a string")
		case r == utf8.RuneError && size == 1:
			p.fail("invalid UTF-8")
		case r < ' ':
			p.fail("control character")
		case r == '\\':
			p.escape()
		default:
			p.rest = p.rest[size:]
		}
	}
}

func (p *parser) escape() {
	p.rest = p.rest[1:]
	if strings.IndexByte(`"\/bfnrt`, p.next()) >= 0 {
		p.rest = p.rest[min(1, len(p.rest)):]
		return
	}
	if !p.take("u") || len(p.rest) < 4 || strings.Trim(p.rest[:4], "0123456789abcdefABCDEF") != "" {
		p.fail("bad escape")
		return
	}
	p.rest = p.rest[4:]
}

func (p *parser) number() {
	p.take("-")
	if !p.take("0") {
		p.digits()
	}
	if p.take(".") {
		p.digits()
	}
	if p.take("e") || p.take("E") {
		if !p.take("-") {
			p.take("+")
		}
		p.digits()
	}
}

func (p *parser) digits() {
	rest := strings.TrimLeft(p.rest, "0123456789")
	if len(rest) == len(p.rest) {
		p.fail("no digit")
		return
	}
	p.rest = rest
}

func TestOracleRefusesWhatIsNotJSON(t *testing.T) {
	for _, s := range []string{
		``, ` 1`, `1 2`, `01`, `1.`, `.5`, `1e`, `+1`, `NaN`, `"`, `"\x"`, `"\u12g4"`, "\"\xff\"", "\"\x01\"", "[\n1]",
		`[1,]`, `{"a"}`, `{"a":1,}`, `{a:1}`, `nul`, `[1`, `{"a":1`, `"a""b"`, strings.Repeat("[", 600) + strings.Repeat("]", 600),
	} {
		if valid(s) == nil {
			t.Errorf("%.50q is taken for JSON", s)
		}
		p := parser{rest: s}
		if p.value(0); p.err == nil && p.rest == "" {
			t.Errorf("the strict parser takes %.50q", s)
		}
	}
	for _, s := range []string{`0`, `-0`, `-1.5e+10`, `1E-7`, `"\u00ff\n\\"`, `[]`, `{}`, `[[],{"a":[null,true,false]}]`, "\"é\u2028\""} {
		if err := valid(s); err != nil {
			t.Errorf("%q: %v", s, err)
		}
	}
}

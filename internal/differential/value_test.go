package differential

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"go.uber.org/multierr"
)

// Types with methods of every sort that a logger may ask.

type (
	stringer       struct{ S string }
	badString      struct{ S string }
	textual        struct{ s string }
	badText        struct{ S string }
	marshaler      struct{ out string }
	failing        struct{ S string }
	panicking      struct{ S string }
	panickingError struct{ S string }
	verboseError   struct{ s string }
	jsonError      struct{ S string } // an error that is a json.Marshaler
	groupError     struct{ errs []error }
	badGroupError  struct{ S string }
	valueError     struct{ S string } // whose nil pointer panics
)

func (v stringer) String() string                     { return v.S }
func (v badString) String() string                    { panic(v.S) }
func (v textual) MarshalText() ([]byte, error)        { return []byte(v.s), nil }
func (v badText) MarshalText() ([]byte, error)        { return nil, errors.New(v.S) }
func (v marshaler) MarshalJSON() ([]byte, error)      { return []byte(v.out), nil }
func (v failing) MarshalJSON() ([]byte, error)        { return nil, errors.New(v.S) }
func (v panicking) MarshalJSON() ([]byte, error)      { panic(v.S) }
func (v panickingError) Error() string                { panic(v.S) }
func (v verboseError) Error() string                  { return v.s }
func (v verboseError) Format(f fmt.State, verb rune)  { fmt.Fprintf(f, "%c of %s", verb, v.s) }
func (v jsonError) Error() string                     { return v.S }
func (v jsonError) MarshalJSON() ([]byte, error)      { return json.Marshal([]string{v.S}) }
func (v groupError) Error() string                    { return fmt.Sprint(len(v.errs), " errors") }
func (v groupError) Errors() []error                  { return v.errs }
func (v badGroupError) Error() string                 { return v.S }
func (v badGroupError) Errors() []error               { panic(v.S) }
func (v valueError) Error() string                    { return v.S }
func (v textual) AppendText(b []byte) ([]byte, error) { return append(b, v.s...), nil }

type plain struct {
	A int            `json:"a"`
	B string         `json:"b,omitempty"`
	C any            `json:"level"`
	D *plain         `json:"d,omitempty"`
	E []any          `json:"<e>"`
	F map[int]string `json:"f,omitzero"`
	g int            //nolint:unused // encoding/json passes it over
	stringer
}

// err returns an error, of which some panic.
func (s *source) err() error {
	switch s.below(12) {
	case 0, 1:
		return errors.New(s.str())
	case 2:
		return fmt.Errorf("%s: %w", s.str(), errors.New(s.str()))
	case 3:
		return errors.Join(errors.New(s.str()), errors.New(s.str()))
	case 4:
		return verboseError{s.str()}
	case 5:
		return panickingError{s.str()}
	case 6:
		return (*valueError)(nil)
	case 7:
		return jsonError{s.str()}
	case 8:
		return multierr.Combine(errors.New(s.str()), verboseError{s.str()}, nil)
	case 9:
		return badGroupError{s.str()}
	case 10:
		return groupError{list(s, func() error { return errors.New(s.str()) })}
	default:
		return valueError{s.str()}
	}
}

var oddJSON = []string{
	`{"a":[1,2.50,"x"]}`, ` [ 1 ,2 ] `, "{\n\t\"a\" : 1\r\n}", `"\u2028\/\ud83d\ude00"`, `1e400`, `-0.0`, `{`, `[1,]`, ``, `1 2`, "\"\xff\"", `{"a":1,"a":2}`, `tru`,
	"\"\u2028\"", `"<&>"`, `{"":{}}`, `nul`, `"\ud800"`, "\"\n\"", `12345678901234567890123`,
}

func (s *source) json() string {
	j := string(s.raw())
	if !s.one(4) {
		j = pick(s, oddJSON)
	}
	if strings.Contains(strings.ToLower(j), `\ud`) {
		s.sloppy = true
	}
	return j
}

// value returns a value of any type. It panics when it is encoded only if that
// is permitted.
func (s *source) value(depth int, panics bool) any {
	if depth > 0 {
		switch s.below(12) {
		case 0:
			m := map[string]any{}
			for range s.below(4) {
				m[s.key()] = s.value(depth-1, panics)
			}
			return m
		case 1:
			return list(s, func() any { return s.value(depth-1, panics) })
		case 2:
			return plain{A: int(s.int()), B: s.str(), C: s.value(depth-1, panics)}
		case 3:
			return &plain{D: &plain{E: []any{s.value(depth-1, panics)}}, F: map[int]string{-1: s.str(), 1: ""}}
		}
	}
	switch s.below(3) {
	case 0:
		return s.scalar()
	case 1:
		return s.slice()
	default:
		return s.odd(panics)
	}
}

func (s *source) scalar() any {
	switch s.below(20) {
	case 0:
		return nil
	case 1:
		return s.str()
	case 2:
		return s.int()
	case 3:
		return uint64(s.int())
	case 4:
		return s.float()
	case 5:
		return s.float32()
	case 6:
		return s.byte() < 128
	case 7:
		return s.time()
	case 8:
		return s.duration()
	case 9:
		return int(s.int())
	case 10:
		return int8(s.int())
	case 11:
		return int16(s.int())
	case 12:
		return int32(s.int())
	case 13:
		return uint(s.int())
	case 14:
		return uint8(s.int())
	case 15:
		return uint16(s.int())
	case 16:
		return uint32(s.int())
	case 17:
		return uintptr(s.int())
	case 18:
		return s.complex()
	default:
		return complex64(s.complex())
	}
}

func (s *source) slice() any {
	switch s.below(14) {
	case 0:
		return list(s, s.str)
	case 1:
		return list(s, s.int)
	case 2:
		return list(s, s.float)
	case 3:
		return list(s, s.float32)
	case 4:
		return list(s, s.complex)
	case 5:
		return list(s, s.time)
	case 6:
		return list(s, s.duration)
	case 7:
		return s.raw()
	case 8:
		return list(s, func() bool { return s.one(2) })
	case 9:
		return list(s, s.raw)
	case 10:
		return [2]string{s.str(), s.str()}
	case 11:
		return map[string]int{s.str(): 1, s.str(): 2}
	case 12:
		return map[textual]float64{{s.str()}: s.float()}
	default:
		return list(s, func() uint16 { return uint16(s.int()) })
	}
}

func (s *source) odd(panics bool) any {
	n := s.below(25)
	if n < 2 && panics {
		if n == 0 {
			return panicking{s.str()}
		}
		return []any{panicking{s.str()}, s.str()}
	}
	switch n {
	case 2:
		return textual{s.str()}
	case 3:
		return badText{s.str()}
	case 4:
		return marshaler{s.json()}
	case 5:
		return failing{s.str()}
	case 6:
		return json.RawMessage(s.json())
	case 7:
		return json.Number(s.json())
	case 8:
		return make(chan int)
	case 9:
		return func() {}
	case 10:
		return stringer{s.str()}
	case 11:
		return (*plain)(nil)
	case 12:
		return big.NewInt(s.int())
	case 13:
		return &url.URL{Scheme: "https", Host: "h", Path: s.str()}
	case 14:
		s.cyclic = true
		m := map[string]any{}
		m["m"] = m
		return m
	case 15:
		return netip.AddrFrom4([4]byte{1, 2, 3, 4})
	case 16:
		return []*time.Time{nil, new(time.Time)}
	case 17:
		return new(s.float())
	case 18:
		return new(s.str())
	case 19:
		return struct{}{}
	case 20:
		return (*int)(nil)
	case 21:
		return json.RawMessage(nil)
	case 22:
		return (*url.URL)(nil)
	case 23:
		return new(any(s.str()))
	default:
		return time.Month(s.below(14))
	}
}

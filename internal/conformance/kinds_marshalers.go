package conformance

import (
	"encoding/json"
	"fmt"
	"time"

	"go.uber.org/zap"
)

// celsius says itself what it is.
type celsius float64

func (c celsius) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]float64{"celsius": float64(c)})
}

// tongue has one way of saying what it is for each letter in its name: J for
// MarshalJSON, T for MarshalText, S for String and E for Error.
type (
	tongueS       struct{ Field int }
	tongueT       struct{ Field int }
	tongueTS      struct{ Field int }
	tongueJS      struct{ Field int }
	tongueJT      struct{ Field int }
	tongueJTS     struct{ Field int }
	tongueEError  struct{ Field int }
	tongueESError struct{ Field int }
	tongueETError struct{ Field int }
	tongueJEError struct{ Field int }
	tonguePtrJ    struct{ Field int }
)

func (tongueS) String() string                     { return "String" }
func (tongueT) MarshalText() ([]byte, error)       { return []byte("Text <\xff>"), nil }
func (tongueTS) MarshalText() ([]byte, error)      { return []byte("Text"), nil }
func (tongueTS) String() string                    { return "String" }
func (tongueJS) MarshalJSON() ([]byte, error)      { return []byte(`{"J": "<>"}`), nil }
func (tongueJS) String() string                    { return "String" }
func (tongueJT) MarshalJSON() ([]byte, error)      { return []byte(`["J"]`), nil }
func (tongueJT) MarshalText() ([]byte, error)      { return []byte("Text"), nil }
func (tongueJTS) MarshalJSON() ([]byte, error)     { return []byte(`"J"`), nil }
func (tongueJTS) MarshalText() ([]byte, error)     { return []byte("Text"), nil }
func (tongueJTS) String() string                   { return "String" }
func (tongueEError) Error() string                 { return "Error" }
func (tongueESError) Error() string                { return "Error" }
func (tongueESError) String() string               { return "String" }
func (tongueETError) Error() string                { return "Error" }
func (tongueETError) MarshalText() ([]byte, error) { return []byte("Text"), nil }
func (tongueJEError) Error() string                { return "Error" }
func (tongueJEError) MarshalJSON() ([]byte, error) { return []byte(`"J"`), nil }
func (*tonguePtrJ) MarshalJSON() ([]byte, error)   { return []byte(`"*J"`), nil }

func speaking(name string, v any) kind { return anything("value with "+name, v) }

func stringer(name string, s fmt.Stringer, want any) kind {
	return typed("stringer "+name, s, zap.Stringer, event.Stringer, context.Stringer, nil, nil).wants(want).withoutSlog()
}

func marshalers() []kind {
	// A value that is an error is its message; zerolog's Interface has encoding/json's word.
	spoken := func(name string, v error) kind {
		k := ours("value with "+name, v, v.Error())
		k.element = nil
		return k
	}
	// Logrus prefers the message where the others prefer MarshalJSON.
	both, withLogrus := speaking("MarshalJSON and Error", tongueJEError{1}), kind{name: "value with MarshalJSON and Error with logrus", want: "Error", value: tongueJEError{1}}
	withLogrus.within, both.value = both.want, nil
	var nilStringer fmt.Stringer
	nilZerolog, nilZap := stringer("nil", nilStringer, nil), stringer("nil with zap", nilStringer, nil)
	nilZerolog.zap = nil
	nilZap.event, nilZap.ctx = nil, nil
	nilZap.members = null
	nilZerolog.members = null
	inList := anything("stringers in a slice", []fmt.Stringer{time.Second, tongueS{1}})
	return []kind{
		anything("marshaler", celsius(36.6)),
		anything("marshalers in a map", map[string]celsius{"a": 1, "b": 2}),
		speaking("String", tongueS{1}),
		speaking("MarshalText", tongueT{1}),
		speaking("MarshalText and String", tongueTS{1}),
		speaking("MarshalJSON and String", tongueJS{1}),
		speaking("MarshalJSON and MarshalText", tongueJT{1}),
		speaking("MarshalJSON, MarshalText and String", tongueJTS{1}),
		both, withLogrus,
		speaking("MarshalJSON of a pointer, not of a value", tonguePtrJ{1}),
		speaking("MarshalJSON of a pointer", &tonguePtrJ{1}),
		speaking("MarshalJSON and a nil pointer", (*tonguePtrJ)(nil)),
		spoken("Error", tongueEError{1}),
		spoken("Error and String", tongueESError{1}),
		spoken("Error and MarshalText", tongueETError{1}),
		stringer("plain", 1500*time.Millisecond, "1.5s"),
		stringer("with more tongues", tongueJTS{1}, "String"),
		nilZerolog, nilZap,
		inList,
		{name: "stringer with zap.Any", want: "String", zap: func(key string) zap.Field { return zap.Any(key, tongueS{1}) }},
		{name: "stringers with zap", want: []string{"String", "String"}, zap: func(key string) zap.Field { return zap.Stringers(key, []tongueTS{{}, {}}) }},
	}
}

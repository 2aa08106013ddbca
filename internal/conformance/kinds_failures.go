package conformance

import (
	"encoding/json"
	"errors"
	"fmt"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/logsto/logsto-go/internal/allocs"
)

// What follows fails or panics in every way that a value can.
type (
	failsJSON   struct{}
	failsText   struct{}
	invalidJSON struct{}
	emptyJSON   struct{}
	panicsJSON  struct{}
	panicsText  struct{}
	panicsError struct{}
	panicsSay   struct{ with any }
	panicsLog   struct{}
)

func (failsJSON) MarshalJSON() ([]byte, error)   { return nil, errors.New("out of order") }
func (failsText) MarshalText() ([]byte, error)   { return nil, errors.New("out of order") }
func (invalidJSON) MarshalJSON() ([]byte, error) { return []byte(`{"a":`), nil }
func (emptyJSON) MarshalJSON() ([]byte, error)   { return nil, nil }
func (panicsJSON) MarshalJSON() ([]byte, error)  { panic("in MarshalJSON") }
func (panicsText) MarshalText() ([]byte, error)  { panic(fmt.Errorf("in MarshalText")) }
func (panicsError) Error() string                { panic("in Error") }
func (p panicsSay) String() string               { panic(p.with) }

func (panicsLog) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	enc.AddString("a", "lost")
	panic("in MarshalLogObject")
}

func (panicsLog) MarshalLogArray(enc zapcore.ArrayEncoder) error {
	enc.AppendString("lost")
	panic("in MarshalLogArray")
}

type loop struct {
	Name string
	Self *loop
}

type loopMap map[string]loopMap

// broken is a value that cannot be encoded: a string says why.
func broken(name string, v any) kind { return ours("broken: "+name, v, begins("!ERROR")) }

// endlessly is a value of which there is too much. It takes with it what it is in.
func endlessly(name string, v any) kind {
	k := broken(name, v)
	k.spoils = true
	return k
}

// panicking is a value one of whose methods panics.
func panicking(name string, v any) kind { return ours("panicking: "+name, v, begins("!PANIC")) }

func failures() []kind {
	self := &loop{Name: "a"}
	self.Self = self
	around := loopMap{}
	around["a"] = around
	inside := []any{1, nil}
	inside[1] = inside
	deep := &node{Name: "end"}
	for range 10_000 {
		deep = &node{"n", deep}
	}
	// Logrus takes functions out of an entry before a hook sees it.
	function := broken("function", func() {})
	function.value = nil
	err := panicking("Error", panicsError{})
	err.element = nil
	say := func(name string, with any) kind {
		return kind{name: "panicking: String with " + name, want: begins("!PANIC"), zap: func(key string) zap.Field { return zap.Stringer(key, panicsSay{with}) }}
	}
	nilSay := kind{name: "nil pointer whose String panics", members: null}
	nilSay.zap = func(key string) zap.Field { return zap.Stringer(key, (*brittleError)(nil)) }
	return []kind{
		broken("channel", make(chan int)),
		function,
		broken("struct with a channel", struct {
			A int
			C chan int
		}{1, nil}),
		broken("map with keys that JSON lacks", map[float64]int{1: 1}),
		endlessly("cyclic pointer", self),
		endlessly("cyclic map", around),
		endlessly("cyclic slice", inside),
		endlessly("nested too deep", deep),
		endlessly("more than a record may have", allocs.Pairs(22)),
		broken("MarshalJSON fails", failsJSON{}),
		broken("MarshalJSON returns what is no JSON", invalidJSON{}),
		broken("MarshalJSON returns nothing", emptyJSON{}),
		broken("MarshalText fails", failsText{}),
		broken("struct with a member that fails", struct{ A, B any }{1, failsJSON{}}),
		broken("raw JSON that is none", json.RawMessage(`{"a":`)),
		broken("json.Number that is none", json.Number("1.2.3")),
		panicking("MarshalJSON", panicsJSON{}),
		panicking("MarshalText", panicsText{}),
		panicking("struct with a member", struct{ A, B any }{1, panicsJSON{}}),
		err,
		say("a string", "in String"),
		say("an error", errPlain),
		say("a panicking error", panicsError{}),
		say("a struct", struct{ A int }{1}),
		nilSay,
		{name: "panicking: MarshalLogObject", want: begins("!PANIC"), zap: func(key string) zap.Field { return zap.Object(key, panicsLog{}) }},
		{name: "panicking: MarshalLogArray", want: begins("!PANIC"), zap: func(key string) zap.Field { return zap.Array(key, panicsLog{}) }},
	}
}

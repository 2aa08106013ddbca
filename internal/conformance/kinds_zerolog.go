package conformance

import (
	"fmt"
	"net"
	"time"

	"github.com/rs/zerolog"
)

// ofZerolog is a kind that only zerolog has. What it looks like is up to
// zerolog.
func ofZerolog[T any](name string, want any, v T, e func(event, string, T) event, c func(context, string, T) context, arr func(*zerolog.Array, T) *zerolog.Array) kind {
	k := typed("zerolog: "+name, v, nil, e, c, nil, arr).wants(want)
	return k.withoutSlog()
}

// pair is an object and an array for zerolog.
type pair struct{}

func (pair) MarshalZerologObject(e *zerolog.Event) { e.Int("a", 1).Str("b", "x") }
func (pair) MarshalZerologArray(a *zerolog.Array)  { a.Int(1).Str("x") }

func zerologKinds() []kind {
	_, network, _ := net.ParseCIDR("10.1.0.0/16")
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	ab := object{{"a", 1}, {"b", "x"}}
	inlined := kind{name: "zerolog: embedded object", members: func(string) object { return ab }}
	inlined.event = func(e event, _ string) event { return e.EmbedObject(pair{}) }
	inlined.ctx = func(c context, _ string) context { return c.EmbedObject(pair{}) }
	fields := kind{name: "zerolog: Fields", members: func(string) object { return ab }}
	fields.event = func(e event, _ string) event { return e.Fields(map[string]any{"b": "x", "a": 1}) }
	fields.ctx = func(c context, _ string) context { return c.Fields([]any{"a", 1, "b", "x"}) }
	dict := kind{name: "zerolog: Dict", want: ab}
	dict.event = func(e event, key string) event { return e.Dict(key, e.CreateDict().Int("a", 1).Str("b", "x")) }
	dict.ctx = func(c context, key string) context { return c.Dict(key, c.CreateDict().Int("a", 1).Str("b", "x")) }
	diff := kind{name: "zerolog: TimeDiff", want: time.Minute}
	diff.event = func(e event, key string) event { return e.TimeDiff(key, at.Add(time.Minute), at) }
	typeOf := kind{name: "zerolog: Type", want: "time.Duration"}
	typeOf.event = func(e event, key string) event { return e.Type(key, time.Second) }
	// These are not from our encoder: they are what zerolog writes where it fails.
	failing := kind{name: "zerolog: value that cannot be encoded", want: begins("!ERROR: json: ")}
	failing.event = func(e event, key string) event { return e.Interface(key, make(chan int)) }
	failing.ctx = func(c context, key string) context { return c.Interface(key, failsJSON{}) }
	return []kind{
		inlined, fields, dict, diff, typeOf, failing,
		ofZerolog("Hex", "00ff", []byte{0, 255}, event.Hex, context.Hex, (*zerolog.Array).Hex),
		ofZerolog("IP address", "10.1.2.3", net.IPv4(10, 1, 2, 3), event.IPAddr, context.IPAddr, (*zerolog.Array).IPAddr),
		ofZerolog("IP prefix", "10.1.0.0/16", *network, event.IPPrefix, context.IPPrefix, (*zerolog.Array).IPPrefix),
		ofZerolog("MAC address", "00:00:5e:00:53:01", net.HardwareAddr{0, 0, 0x5e, 0, 0x53, 1}, event.MACAddr, context.MACAddr, (*zerolog.Array).MACAddr),
		ofZerolog[zerolog.LogObjectMarshaler]("object", ab, pair{}, event.Object, context.Object, nil),
		ofZerolog[zerolog.LogArrayMarshaler]("array", []any{1, "x"}, pair{}, event.Array, context.Array, nil),
		ofZerolog[any]("object by Interface", ab, pair{}, event.Interface, context.Interface, nil),
		ofZerolog[any]("Any", point{X: 1}, point{X: 1}, event.Any, context.Any, nil),
		ofZerolog("stringers", []any{"1s", nil}, []fmt.Stringer{time.Second, nil}, event.Stringers, context.Stringers, nil),
	}
}

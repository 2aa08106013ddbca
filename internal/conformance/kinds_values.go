package conformance

import (
	"encoding/json"
	"net"
	"net/netip"
	"net/url"
	"time"

	"go.uber.org/zap"
)

type rawJSON = json.RawMessage

type point struct {
	X int    `json:"x"`
	Y *int   `json:"y,omitempty"`
	Z string `json:"z"`
}

// tagged has all that a tag can say.
type tagged struct {
	Plain     int
	Renamed   string            `json:"other name"`
	Ignored   int               `json:"-"`
	Dash      int               `json:"-,"` //nolint:staticcheck // the key is a dash
	Text      int64             `json:",string"`
	Empty     []int             `json:",omitempty"`
	Zero      time.Time         `json:",omitzero"`
	Set       map[string]string `json:",omitempty"`
	Bytes     []byte
	Any       any
	unlogged  int
	UnsetFunc func() `json:"-"`
}

type inner struct {
	A int
	B string `json:"b"`
}

// Outer is exported, as fields of an embedded pointer to what is not are left out.
type Outer struct{ C bool }

// embedding takes over the fields of what it has no names for, unless it has
// its own of that name.
type embedding struct {
	inner
	*Outer
	Named inner `json:"named"`
	B     float64
	A     string
}

type node struct {
	Name string
	Next *node `json:",omitempty"`
}

type (
	color string
	count int
	names []string
)

func raw(name, text string) kind {
	k := anything("raw JSON "+name, rawJSON(text))
	k.event = func(e event, key string) event { return e.RawJSON(key, []byte(text)) }
	return k
}

func values() []kind {
	t := tagged{Plain: 1, Renamed: "<&>", Ignored: 2, Dash: 3, Text: 1 << 60, Set: map[string]string{"k": "v"}, Bytes: []byte("ab"), Any: point{X: 1}, unlogged: 4}
	one := 1
	text, yes := "x", true
	return []kind{
		anything("nil", nil),
		anything("nil pointer", (*point)(nil)),
		anything("nil map", map[string]int(nil)),
		anything("struct", point{X: 1, Z: "<&>"}),
		anything("empty struct", struct{}{}),
		anything("pointer", &point{Y: new(int)}),
		anything("pointer to a pointer", ptr(&point{X: 2})),
		anything("pointer to int", &one),
		anything("pointer to string", &text),
		anything("pointer to bool", &yes),
		anything("struct with tags", t),
		anything("struct that embeds", embedding{inner: inner{1, "hidden"}, Outer: &Outer{true}, Named: inner{2, "x"}, B: 0.5, A: "a"}),
		anything("struct that embeds nil", embedding{}),
		anything("linked structs", node{"a", &node{"b", &node{"c", nil}}}),
		anything("named string", color("red\n")),
		anything("named int", count(-3)),
		anything("named slice", names{"a", "b"}),
		anything("map", map[string]any{"b": 1, "a": []any{true, nil, "x", 1.5}}),
		anything("map of strings", map[string]string{"b": "<", "a": "\xff"}),
		anything("map with named keys", map[color]int{"red": 1, "blue": 2}),
		anything("map with int keys", map[int]string{10: "ten", -2: "minus two", 9: "nine"}),
		anything("map with uint8 keys", map[uint8]bool{200: true, 3: false}),
		anything("map with keys that marshal", map[netip.Addr]int{netip.MustParseAddr("::1"): 1, netip.MustParseAddr("10.0.0.1"): 2}),
		anything("empty map", map[string]any{}),
		anything("nested", map[string]any{"a": map[string]any{"b": map[string]any{"c": []int{1}}}}),
		anything("interface in a struct", struct{ V any }{struct{ W any }{[]any{1, "x"}}}),
		ours("map with what JSON lacks", map[string]any{"a": 1i, "b": map[string]any{"c": []any{func() {}}}, "d": 1},
			map[string]any{"a": "0+1i", "b": map[string]any{"c": []any{begins("!ERROR")}}, "d": 1}),
		raw("object", `{"b":[1, 2],"a":"x"}`),
		raw("number", `-0.50e+10`),
		raw("with blanks", "  [ 1 ,\t{ } ]  "),
		anything("nil raw JSON", rawJSON(nil)),
		anything("URL", &url.URL{Scheme: "https", Host: "logs.to", RawQuery: "a=1&b=2"}),
		anything("IP address", net.IPv4(127, 0, 0, 1)),
		anything("network address", netip.MustParseAddrPort("[::1]:80")),
		anything("weekday", time.Sunday),
		{name: "pointer to a pointer with zap.Reflect", want: &point{X: 3}, zap: func(key string) zap.Field { return zap.Reflect(key, ptr(&point{X: 3})) }},
	}
}

func ptr[T any](v T) *T { return &v }

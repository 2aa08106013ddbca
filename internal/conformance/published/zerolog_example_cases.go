package published

import (
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

// zerologExamples are the examples of log_example_test.go with the output that
// they state.
func zerologExamples() []zerologCase {
	z := zerologTable{file: "log_example_test.go"}
	hello := func(level, fields string) string {
		return strings.Replace(`{"level":"`+level+`",`+fields+`"message":"hello world"}`, `"level":"",`, "", 1)
	}
	z.add("ExampleNew", hello("info", ""), func(l logger) { l.Info().Msg("hello world") })
	z.add("ExampleLogger_With", hello("info", `"foo":"bar",`), func(l logger) { with(l.With().Str("foo", "bar")).Info().Msg("hello world") })
	z.add("ExampleLogger_Level", `{"level":"error","message":"kept message"}`, func(l logger) {
		l = l.Level(zerolog.WarnLevel)
		l.Info().Msg("filtered out message")
		l.Error().Msg("kept message")
	})
	z.add("ExampleLogger_Sample", `{"level":"info","message":"message 1"}`+"\n"+`{"level":"info","message":"message 3"}`, func(l logger) {
		l = l.Sample(&zerolog.BasicSampler{N: 2})
		for i := range 4 {
			l.Info().Msg(fmt.Sprint("message ", i+1))
		}
	})
	named := zerolog.HookFunc(func(e event, level zerolog.Level, _ string) { e.Str("level_name", level.String()) })
	copied := zerolog.HookFunc(func(e event, _ zerolog.Level, message string) { e.Str("the_message", message) })
	z.add("ExampleLogger_Hook", hello("info", `"level_name":"info","the_message":"hello world",`), func(l logger) {
		l = l.Hook(named, copied)
		l.Info().Msg("hello world")
	})
	z.add("ExampleLogger_Print", hello("debug", ""), func(l logger) { l.Print("hello world") })
	z.add("ExampleLogger_Printf", hello("debug", ""), func(l logger) { l.Printf("hello %s", "world") })
	z.add("ExampleLogger_Println", `{"level":"debug","message":"hello world\n"}`, func(l logger) { l.Println("hello world") })
	const fooN = `"foo":"bar","n":123,`
	z.add("ExampleLogger_Trace", hello("trace", fooN), func(l logger) { l.Trace().Str("foo", "bar").Int("n", 123).Msg("hello world") })
	z.add("ExampleLogger_Debug", hello("debug", fooN), func(l logger) { l.Debug().Str("foo", "bar").Int("n", 123).Msg("hello world") })
	z.add("ExampleLogger_Info", hello("info", fooN), func(l logger) { l.Info().Str("foo", "bar").Int("n", 123).Msg("hello world") })
	z.add("ExampleLogger_Warn", `{"level":"warn","foo":"bar","message":"a warning message"}`, func(l logger) { l.Warn().Str("foo", "bar").Msg("a warning message") })
	z.add("ExampleLogger_Error", `{"level":"error","error":"some error","message":"error doing something"}`, func(l logger) { l.Error().Err(errSome).Msg("error doing something") })
	z.add("ExampleLogger_WithLevel", hello("info", ""), func(l logger) { l.WithLevel(zerolog.InfoLevel).Msg("hello world") })
	z.add("ExampleLogger_Write", hello("", `"foo":"bar",`), func(l logger) { stdlog.New(with(l.With().Str("foo", "bar")), "", 0).Print("hello world") })
	z.add("ExampleLogger_Log", `{"foo":"bar","bar":"baz"}`, func(l logger) { l.Log().Str("foo", "bar").Str("bar", "baz").Msg("") })

	// What follows is there for events and for contexts.
	john, bob, bono := user{"John", 35}, user{"Bob", 55}, user{"Bono", 54}
	const johnWant = `{"name":"John","age":35,"created":"0001-01-01T00:00:00Z"}`
	const bobWant, bonoWant = `{"name":"Bob","age":55,"created":"0001-01-01T00:00:00Z"}`, `{"name":"Bono","age":54,"created":"0001-01-01T00:00:00Z"}`
	named2 := struct {
		Name string `json:"name"`
	}{"john"}
	durations := []time.Duration{10 * time.Second, 20 * time.Second}
	asMap, asSlice := map[string]any{"bar": "baz", "n": 1}, []any{"bar", "baz", "n", 1}
	cost := price{6449, "$"}
	for _, c := range []struct {
		name, want string
		event      func(event) event
		ctx        func(zerolog.Context) zerolog.Context
	}{
		{"Dict", `"foo":"bar","dict":{"bar":"baz","n":1},`, func(e event) event {
			return e.Str("foo", "bar").Dict("dict", e.CreateDict().Str("bar", "baz").Int("n", 1))
		}, func(c zerolog.Context) zerolog.Context {
			return c.Str("foo", "bar").Dict("dict", c.CreateDict().Str("bar", "baz").Int("n", 1))
		}},
		{"Array", `"foo":"bar","array":["baz",1,{"bar":"baz","n":1}],`, func(e event) event {
			return e.Str("foo", "bar").Array("array", e.CreateArray().Str("baz").Int(1).Dict(e.CreateDict().Str("bar", "baz").Int("n", 1)))
		}, nil},
		{"Array", `"foo":"bar","array":["baz",1],`, nil, func(c zerolog.Context) zerolog.Context {
			return c.Str("foo", "bar").Array("array", c.CreateArray().Str("baz").Int(1))
		}},
		{
			"Array_object", `"foo":"bar","users":[` + johnWant + `,` + bobWant + `],`,
			func(e event) event { return e.Str("foo", "bar").Array("users", userList{john, bob}) },
			func(c zerolog.Context) zerolog.Context {
				return c.Str("foo", "bar").Array("users", userList{john, bob})
			},
		},
		{
			"Object", `"foo":"bar","user":` + johnWant + `,`,
			func(e event) event { return e.Str("foo", "bar").Object("user", john) },
			func(c zerolog.Context) zerolog.Context { return c.Str("foo", "bar").Object("user", john) },
		},
		{"Objects", `"users":[` + johnWant + `,` + bonoWant + `],`, func(e event) event {
			return e.Objects("users", zerolog.AsLogObjectMarshalers([]user{john, bono}))
		}, nil},
		{"Objects", `"foo":"bar","users":[` + johnWant + `,` + bonoWant + `],`, nil, func(c zerolog.Context) zerolog.Context {
			return c.Str("foo", "bar").Objects("users", []zerolog.LogObjectMarshaler{john, bono})
		}},
		{"ObjectsV", `"users":[` + johnWant + `,` + bonoWant + `],`, func(e event) event { return e.ObjectsV("users", john, bono) }, nil},
		{"ObjectsV", `"foo":"bar","users":[` + johnWant + `,` + bonoWant + `],`, nil, func(c zerolog.Context) zerolog.Context {
			return c.Str("foo", "bar").ObjectsV("users", john, bono)
		}},
		{
			"EmbedObject", `"foo":"bar","price":"$64.49",`,
			func(e event) event { return e.Str("foo", "bar").EmbedObject(cost) },
			func(c zerolog.Context) zerolog.Context { return c.Str("foo", "bar").EmbedObject(cost) },
		},
		{
			"Interface", `"foo":"bar","obj":{"name":"john"},`,
			func(e event) event { return e.Str("foo", "bar").Interface("obj", named2) },
			func(c zerolog.Context) zerolog.Context { return c.Str("foo", "bar").Interface("obj", named2) },
		},
		{
			"Dur", `"foo":"bar","dur":10000,`,
			func(e event) event { return e.Str("foo", "bar").Dur("dur", 10*time.Second) },
			func(c zerolog.Context) zerolog.Context { return c.Str("foo", "bar").Dur("dur", 10*time.Second) },
		},
		{
			"Durs", `"foo":"bar","durs":[10000,20000],`,
			func(e event) event { return e.Str("foo", "bar").Durs("durs", durations) },
			func(c zerolog.Context) zerolog.Context { return c.Str("foo", "bar").Durs("durs", durations) },
		},
		{
			"Fields_map", `"foo":"bar","bar":"baz","n":1,`,
			func(e event) event { return e.Str("foo", "bar").Fields(asMap) },
			func(c zerolog.Context) zerolog.Context { return c.Str("foo", "bar").Fields(asMap) },
		},
		{
			"Fields_slice", `"foo":"bar","bar":"baz","n":1,`,
			func(e event) event { return e.Str("foo", "bar").Fields(asSlice) },
			func(c zerolog.Context) zerolog.Context { return c.Str("foo", "bar").Fields(asSlice) },
		},
		{"Stringers", `"ips":["127.0.0.1","127.0.0.2"],`, func(e event) event {
			return e.Stringers("ips", zerolog.AsStringers([]net.IP{{127, 0, 0, 1}, {127, 0, 0, 2}}))
		}, nil},
		{"StringersV", `"ips":["255.255.255.255","224.0.0.2"],`, nil, func(c zerolog.Context) zerolog.Context {
			return c.StringersV("ips", net.IPv4bcast, net.IPv4allrouter)
		}},
		{"IPAddr", `"HostIP":"192.168.0.100",`, nil, func(c zerolog.Context) zerolog.Context { return c.IPAddr("HostIP", ipv4) }},
		{"IPAddrs", `"HostIP":["192.168.0.100"],`, nil, func(c zerolog.Context) zerolog.Context { return c.IPAddrs("HostIP", []net.IP{ipv4}) }},
		{"IPPrefix", `"Route":"192.168.0.0/24",`, nil, func(c zerolog.Context) zerolog.Context { return c.IPPrefix("Route", route) }},
		{"IPPrefixes", `"Route":["192.168.0.0/24"],`, nil, func(c zerolog.Context) zerolog.Context { return c.IPPrefixes("Route", []net.IPNet{route}) }},
		{"MACAddr", `"hostMAC":"00:14:22:01:23:45",`, nil, func(c zerolog.Context) zerolog.Context { return c.MACAddr("hostMAC", mac) }},
		{"Times", `"foo":"bar","times":["0001-01-01T00:00:00Z","0001-01-01T00:00:10Z"],`, nil, func(c zerolog.Context) zerolog.Context {
			return c.Str("foo", "bar").Times("times", []time.Time{{}, time.Time{}.Add(10 * time.Second)})
		}},
	} {
		if c.event != nil {
			z.add("ExampleEvent_"+c.name, hello("", c.want), func(l logger) { c.event(l.Log()).Msg("hello world") })
		}
		if c.ctx != nil {
			z.add("ExampleContext_"+c.name, hello("", c.want), func(l logger) { with(c.ctx(l.With())).Log().Msg("hello world") })
		}
	}
	return z.list
}

var route = net.IPNet{IP: net.IP{192, 168, 0, 0}, Mask: net.CIDRMask(24, 32)}

var errFailing = errors.New("test")

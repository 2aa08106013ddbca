package published

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/rs/zerolog"
)

func zerologLevels() []zerologCase {
	z := zerologTable{file: "log_test.go"}
	test := func(l logger) { l.Log().Msg("test") }
	z.add("TestLevel/Disabled", "", func(l logger) { l = l.Level(zerolog.Disabled); l.Info().Msg("test") })
	z.add("TestLevel/NoLevel/Disabled", "", func(l logger) { test(l.Level(zerolog.Disabled)) })
	z.add("TestLevel/NoLevel/Info", `{"message":"test"}`, func(l logger) { test(l.Level(zerolog.InfoLevel)) })
	z.add("TestLevel/NoLevel/Panic", `{"message":"test"}`, func(l logger) { test(l.Level(zerolog.PanicLevel)) })
	z.add("TestLevel/NoLevel/WithLevel", `{"message":"test"}`, func(l logger) { l = l.Level(zerolog.InfoLevel); l.WithLevel(zerolog.NoLevel).Msg("test") })
	z.add("TestLevel/Info", `{"level":"info","message":"test"}`, func(l logger) { l = l.Level(zerolog.InfoLevel); l.Info().Msg("test") })
	for i, c := range []struct {
		want string
		say  func(l *logger)
	}{
		{`{"level":"trace","message":"0"}`, func(l *logger) { l.Trace().Msg("0") }},
		{`{"level":"debug","message":"1"}`, func(l *logger) { l.Debug().Msg("1") }},
		{`{"level":"info","message":"2"}`, func(l *logger) { l.Info().Msg("2") }},
		{`{"level":"warn","message":"3"}`, func(l *logger) { l.Warn().Msg("3") }},
		{`{"level":"error","message":"4"}`, func(l *logger) { l.Error().Msg("4") }},
		{`{"message":"nolevel-1"}`, func(l *logger) { l.Log().Msg("nolevel-1") }},
		{`{"level":"trace","message":"5"}`, func(l *logger) { l.WithLevel(zerolog.TraceLevel).Msg("5") }},
		{`{"level":"debug","message":"6"}`, func(l *logger) { l.WithLevel(zerolog.DebugLevel).Msg("6") }},
		{`{"level":"info","message":"7"}`, func(l *logger) { l.WithLevel(zerolog.InfoLevel).Msg("7") }},
		{`{"level":"warn","message":"8"}`, func(l *logger) { l.WithLevel(zerolog.WarnLevel).Msg("8") }},
		{`{"level":"error","message":"9"}`, func(l *logger) { l.WithLevel(zerolog.ErrorLevel).Msg("9") }},
		{`{"level":"fatal","message":"10"}`, func(l *logger) { l.WithLevel(zerolog.FatalLevel).Msg("10") }},
		{`{"level":"panic","message":"11"}`, func(l *logger) { l.WithLevel(zerolog.PanicLevel).Msg("11") }},
		{`{"message":"nolevel-2"}`, func(l *logger) { l.WithLevel(zerolog.NoLevel).Msg("nolevel-2") }},
		{`{"level":"trace","message":"-1"}`, func(l *logger) { l.WithLevel(-1).Msg("-1") }},
		{`{"level":"-2","message":"-2"}`, func(l *logger) { l.WithLevel(-2).Msg("-2") }},
		{``, func(l *logger) { l.WithLevel(-3).Msg("-3") }},
		{``, func(l *logger) { l.WithLevel(zerolog.Disabled).Msg("Disabled") }},
		{`{"level":"info","message":"e-1"}`, func(l *logger) { l.Err(nil).Msg("e-1") }},
		{`{"level":"error","error":"some error","message":"e-2"}`, func(l *logger) { l.Err(errSome).Msg("e-2") }},
	} {
		row := z.add(fmt.Sprint("TestLevelWriter/", i+1), c.want, func(l logger) { l = l.Level(zerolog.TraceLevel - 1); c.say(&l) }, allLevels)
		if strings.Contains(c.want, `"level":"-2"`) {
			row.ours, row.why = `{"level":"trace","message":"-2"}`, whyLevels
		}
	}
	z.add("TestPanicLevel", `{"level":"panic","message":"1"}`, func(l logger) {
		defer func() { _ = recover() }()
		l.Panic().Msg("1")
	})
	z.add("TestFatalLevel", `{"level":"fatal","message":"1"}`, func(l logger) { l.Fatal().Msg("1") }, to(&zerolog.FatalExitFunc, func() {}))
	z.add("TestFatalDisabled", ``, func(l logger) { l = l.Level(zerolog.PanicLevel); l.Fatal().Msg("1") }, to(&zerolog.FatalExitFunc, func() {}))
	z.add("TestPanicDisabled", ``, func(l logger) {
		defer func() { _ = recover() }()
		l = l.Level(zerolog.Disabled)
		l.Panic().Msg("1")
	})
	z.add("TestLevelFieldMarshalFunc", `{"level":"DEBUG","message":"test"}`+"\n"+`{"level":"INFO","message":"test"}`+"\n"+`{"level":"WARN","message":"test"}`+"\n"+`{"level":"ERROR","message":"test"}`,
		func(l logger) {
			l.Debug().Msg("test")
			l.Info().Msg("test")
			l.Warn().Msg("test")
			l.Error().Msg("test")
		}, to(&zerolog.LevelFieldMarshalFunc, func(l zerolog.Level) string { return strings.ToUpper(l.String()) }))
	return z.list
}

// nope is an error of which a nil pointer is one too.
type nope struct{}

func (nope) Error() string { return "nope" }

// holder is an object of one member.
type holder struct{ key, value string }

func (h holder) MarshalZerologObject(e event) { e.Str(h.key, h.value) }

type contextKey struct{}

func zerologEvents() []zerologCase {
	z := zerologTable{file: "event_test.go"}
	z.add("TestEvent_AnErr/nil", `{}`, func(l logger) { l.Log().AnErr("err", nil).Send() })
	z.add("TestEvent_AnErr/error", `{"err":"test"}`, func(l logger) { l.Log().AnErr("err", errors.New("test")).Send() })
	z.add("TestEvent_AnErr/nil interface", `{}`, func(l logger) { l.Log().AnErr("err", (*nope)(nil)).Send() })
	z.add("TestEvent_Object/ObjectWithNil", `{"obj":null}`, func(l logger) { l.Log().Object("obj", nil).Send() })
	z.add("TestEvent_Object/EmbedObjectWithNil", `{}`, func(l logger) { l.Log().EmbedObject(nil).Send() })
	// The test's hook also logs whether a stack is asked for, which no other package
	// can see.
	hook := zerolog.HookFunc(func(e event, _ zerolog.Level, _ string) { e.Any("ctxValue", e.GetCtx().Value(contextKey{})) })
	within := func(v string) context.Context { return context.WithValue(context.Background(), contextKey{}, v) }
	z.add("TestEvent_Object/ObjectWithFullContext", `{"obj":{"member":"object-value"},"ctxValue":"ctx-object","message":"hello"}`, func(l logger) {
		l = l.Hook(hook)
		l.Log().Ctx(within("ctx-object")).Object("obj", holder{"member", "object-value"}).Msg("hello")
	})
	z.add("TestEvent_Object/EmbedObjectWithFullContext", `{"member":"embedded-value","ctxValue":"ctx-embed","message":"hello"}`, func(l logger) {
		l = l.Hook(hook)
		l.Log().Ctx(within("ctx-embed")).EmbedObject(holder{"member", "embedded-value"}).Msg("hello")
	})
	z.add("TestEvent_MsgFunc", `{"message":"called"}`, func(l logger) { l.Log().MsgFunc(func() string { return "called" }) })
	z.add("TestEvent_CallerRuntimeFail", `{"message":"test"}`, func(l logger) { l.Log().CallerSkipFrame(1000).Caller().Msg("test") })
	failed := errors.New("test error")
	for _, c := range []struct {
		suffix, stack string
		value         any
	}{
		{"", `"stack-trace"`, "stack-trace"},
		{"Object", `{"stack_func":"stack-data"}`, holder{"stack_func", "stack-data"}},
		{"Error", `"stack error"`, errors.New("stack error")},
		{"Interface", `42`, 42},
		{"Nil", ``, nil},
	} {
		stack := `"stack":` + c.stack + ","
		if c.stack == "" {
			stack = ""
		}
		set := to(&zerolog.ErrorStackMarshaler, func(error) any { return c.value })
		z.add("TestEvent_ErrWithStackMarshaler"+c.suffix, `{`+stack+`"error":"test error","message":"test message"}`, func(l logger) {
			l.Log().Stack().Err(failed).Msg("test message")
		}, set)
		z.add("TestEvent_FieldsWithErrorAndStackMarshaler"+c.suffix, `{"error":"test error",`+stack+`"message":"test message"}`, func(l logger) {
			l.Log().Stack().Fields([]any{"error", failed}).Msg("test message")
		}, set)
	}
	return z.list
}

// zerologContexts are from context_test.go, ctx_test.go and array_test.go.
func zerologContexts() []zerologCase {
	z := zerologTable{file: "context_test.go"}
	failed := errors.New("test error")
	for _, c := range []struct {
		test, want string
		value      any
	}{
		{"TestContext_ErrWithStackMarshaler", `"stack":"stack-trace","error":"test error",`, "stack-trace"},
		{"TestContext_ErrWithNilStackMarshaler", ``, nil},
		{"TestContext_ErrWithStackMarshalerObject", `"stack":{"name":"user","age":-30},"error":"test error",`, lower{"user", 30}},
		{"TestContext_ErrWithStackMarshalerError", `"stack":"stack error","error":"test error",`, errors.New("stack error")},
		{"TestContext_ErrWithStackMarshalerInterface", `"stack":42,"error":"test error",`, 42},
	} {
		z.add(c.test, `{"level":"info",`+c.want+`"message":"test message"}`, func(l logger) { with(l.With().Stack().Err(failed)).Info().Msg("test message") },
			to(&zerolog.ErrorStackMarshaler, func(error) any { return c.value }))
	}
	z.add("TestContext_AnErrWithNilErrorMarshal", `{"level":"info","message":"test message"}`, func(l logger) {
		with(l.With().AnErr("test", errSome)).Info().Msg("test message")
	}, to(&zerolog.ErrorMarshalFunc, func(error) any { return (*nope)(nil) }))
	z.file = "ctx_test.go"
	z.add("Test_InterfaceLogObjectMarshaler", `{"level":"info","obj":{"name":"foo","age":-29},"message":"test"}`, func(l logger) {
		with(zerolog.Ctx(l.WithContext(context.Background())).With().Interface("obj", &lower{"FOO", 29})).Info().Msg("test")
	})
	z.file = "array_test.go"
	z.value("TestArray", `[true,1,2,3,4,5,6,7,8,9,10,11.98122,12.987654321,"a","b","1f",{"some":"json"},{"longer":[1111,2222,3333,4444,5555]},"0001-01-01T00:00:00Z","192.168.0.10","127.0.0.0/24","01:23:45:67:89:ab",{"Pub":"A","tag":"j"},{"name":"zot","age":-35},0,{"bar":"baz","n":1},null,"failure",{"l":"OOPS"},{"name":"zit","age":-22},"float64"]`,
		func(e event) event {
			return e.Array("k", e.CreateArray().Bool(true).Int(1).Int8(2).Int16(3).Int32(4).Int64(5).Uint(6).Uint8(7).Uint16(8).Uint32(9).Uint64(10).
				Float32(11.98122).Float64(12.987654321).Str("a").Bytes([]byte("b")).Hex([]byte{0x1f}).
				RawJSON([]byte(`{"some":"json"}`)).RawJSON([]byte(`{"longer":[1111,2222,3333,4444,5555]}`)).Time(time.Time{}).
				IPAddr(net.IP{192, 168, 0, 10}).IPPrefix(net.IPNet{IP: net.IP{127, 0, 0, 0}, Mask: net.CIDRMask(24, 32)}).
				MACAddr(net.HardwareAddr{0x01, 0x23, 0x45, 0x67, 0x89, 0xab}).Interface(struct {
				Pub string
				Tag string `json:"tag"`
			}{"A", "j"}).Interface(lower{"ZOT", 35}).Dur(0).Dict(e.CreateDict().Str("bar", "baz").Int("n", 1)).
				Err(nil).Err(errors.New("failure")).Err(shouting{errors.New("oops")}).Object(lower{"ZIT", 22}).Type(3.14))
		})
	return z.list
}

// zerologErrors are from error_marshal_test.go: four errors and a list of them,
// logged in four ways, with seven functions that say what an error is.
func zerologErrors() []zerologCase {
	z := zerologTable{file: "error_marshal_test.go"}
	errs := []error{nil, errors.New("failure"), shouting{errors.New("whoops")}, numbered{errors.New("oops"), 402}}
	unlessNil := func(f func(error) any) func(error) any {
		return func(err error) any {
			if err == nil {
				return nil
			}
			return f(err)
		}
	}
	for _, c := range []struct {
		name    string
		marshal func(error) any
		want    [4]string
	}{
		{"default", zerolog.ErrorMarshalFunc, [4]string{`null`, `"failure"`, `{"l":"WHOOPS"}`, `"oops"`}},
		{"string", unlessNil(func(err error) any { return err.Error() }), [4]string{`null`, `"failure"`, `"whoops"`, `"oops"`}},
		{"loggable", unlessNil(func(err error) any { return shouting{err} }), [4]string{`null`, `{"l":"FAILURE"}`, `{"l":"WHOOPS"}`, `{"l":"OOPS"}`}},
		{"non-loggable", unlessNil(func(err error) any { return numbered{err, 404} }), [4]string{`null`, `"failure"`, `"whoops"`, `"oops"`}},
		{"interface", func(error) any { return unexported{} }, [4]string{`{}`, `{}`, `{}`, `{}`}},
		{"nilError", func(error) any { return nil }, [4]string{`null`, `null`, `null`, `null`}},
		{"wrapped error", unlessNil(func(err error) any { return wrapped{err, "addendum"} }), [4]string{`null`, `"failure: addendum"`, `"whoops: addendum"`, `"oops: addendum"`}},
	} {
		set := to(&zerolog.ErrorMarshalFunc, c.marshal)
		test := "TestArrayErrorMarshalFunc/" + c.name + "/"
		for i, err := range errs {
			want, inFields := c.want[i], c.want[i]
			member := `"error":` + want + `,`
			if want == "null" {
				member = ""
			}
			if err == nil {
				inFields = "null"
			}
			of := fmt.Sprint(i + 1)
			z.value(test+"Err/Arr/"+of, `[`+want+`]`, func(e event) event { return e.Array("k", e.CreateArray().Err(err)) }, set)
			z.add(test+"Err/Ctx/"+of, `{`+member+`"message":"msg"}`, func(l logger) { with(l.With().Err(err)).Log().Msg("msg") }, set)
			z.add(test+"Err/Event/"+of, `{`+member+`"message":"msg"}`, func(l logger) { l.Log().Err(err).Msg("msg") }, set)
			z.add(test+"Err/Fields/"+of, `{"err":`+inFields+`,"message":"msg"}`, func(l logger) { l.Log().Fields(map[string]any{"err": err}).Msg("msg") }, set)
		}
		all := `[` + strings.Join(c.want[:], ",") + `]`
		z.value(test+"Errs/Arr", all, func(e event) event { return e.Array("k", e.CreateArray().Errs(errs)) }, set)
		z.add(test+"Errs/Ctx", `{"e":`+all+`,"message":"msg"}`, func(l logger) { with(l.With().Errs("e", errs)).Log().Msg("msg") }, set)
		z.add(test+"Errs/Event", `{"e":`+all+`,"message":"msg"}`, func(l logger) { l.Log().Errs("e", errs).Msg("msg") }, set)
		z.add(test+"Errs/Fields", `{"e":`+all+`,"message":"msg"}`, func(l logger) { l.Log().Fields(map[string]any{"e": errs}).Msg("msg") }, set)
	}
	return z.list
}

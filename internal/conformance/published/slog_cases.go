package published

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

var slogTime = time.Date(2000, 1, 2, 3, 4, 5, 0, time.UTC)

type (
	replaceAttr = func([]string, slog.Attr) slog.Attr
	withSlog    = func(slog.Handler) slog.Handler
)

func upper(_ []string, a slog.Attr) slog.Attr {
	a.Key = strings.ToUpper(a.Key)
	return a
}

func without(keys ...string) replaceAttr {
	return func(_ []string, a slog.Attr) slog.Attr {
		if slices.Contains(keys, a.Key) {
			return slog.Attr{}
		}
		return a
	}
}

func nothingLeft([]string, slog.Attr) slog.Attr { return slog.Attr{} }

// name resolves to a group.
type name struct{ first, last string }

func (n name) LogValue() slog.Value {
	return slog.GroupValue(slog.String("first", n.first), slog.String("last", n.last))
}

// resolves is a LogValuer of any value.
type resolves struct{ v slog.Value }

func (r *resolves) LogValue() slog.Value { return r.v }

// listed and listedError say themselves what they are in JSON.
type (
	listed      struct{ s string }
	listedError struct{ listed }
)

func (l listed) String() string               { return l.s }
func (l listed) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "[%q]", l.s), nil }
func (listedError) Error() string             { return "oops" }

// chain returns a function that makes a handler from attributes and names of
// groups.
func chain(steps ...any) withSlog {
	return func(h slog.Handler) slog.Handler {
		for _, s := range steps {
			switch s := s.(type) {
			case string:
				h = h.WithGroup(s)
			case slog.Attr:
				h = h.WithAttrs([]slog.Attr{s})
			case []slog.Attr:
				h = h.WithAttrs(s)
			}
		}
		return h
	}
}

func record(at time.Time, pc uintptr, message string, attrs ...slog.Attr) func() slog.Record {
	return func() slog.Record {
		r := slog.NewRecord(at, slog.LevelInfo, message, pc)
		r.AddAttrs(attrs...)
		return r
	}
}

// here is a place in this file, and what the record says of it.
func here() (pc uintptr, source string) {
	pcs := make([]uintptr, 1)
	runtime.Callers(1, pcs)
	f, _ := runtime.CallersFrames(pcs).Next()
	return pcs[0], fmt.Sprintf(`{"function":%q,"file":%q,"line":%d}`, f.Function, filepath.Base(f.File), f.Line)
}

func slogCases() (list []slogCase) {
	return slices.Concat(slogValues(), slogHandlers(), slogReplaced())
}

// slogValues are from json_handler_test.go.
func slogValues() []slogCase {
	const file = "json_handler_test.go"
	am := []slog.Attr{slog.Int("a", 1), slog.Any("m", map[string]int{"b": 2})}
	list := []slogCase{
		{
			note:   note{file: file, test: "TestJSONHandler/none", want: `{"time":"2000-01-02T03:04:05Z","level":"INFO","msg":"m","a":1,"m":{"b":2}}`},
			record: record(slogTime, 0, "m", am...),
		},
		{
			note: note{
				file: file, test: "TestJSONHandler/replace", want: `{"TIME":"2000-01-02T03:04:05Z","LEVEL":"INFO","MSG":"m","A":1,"M":{"b":2}}`,
				ours: `{"TIME":"2000-01-02T03:04:05.000000000Z","LEVEL":"info","MSG":"m","A":1,"M":{"b":2}}`, why: whyRenamed,
			},
			opts: slog.HandlerOptions{ReplaceAttr: upper}, record: record(slogTime, 0, "m", am...),
		},
	}
	only := slog.HandlerOptions{ReplaceAttr: without(slog.TimeKey, slog.LevelKey, slog.MessageKey)}
	value := func(test, want string, v any, ours, why string) {
		n := note{file: file, test: test, want: `{"v":` + want + `}`, why: why}
		if ours != "" {
			n.ours = `{"v":` + ours + `}`
		}
		list = append(list, slogCase{note: n, opts: only, record: record(slogTime, 0, "", slog.Any("v", v))})
	}
	for _, v := range []struct {
		name, want string
		v          any
	}{
		{"controls", `"hello\r\n\t\u0007"`, "hello\r\n\t\a"},
		{"quotes", `"\"[{escape}]\""`, `"[{escape}]"`},
		{"HTML", `"<escapeHTML&>"`, "<escapeHTML&>"},
		{"characters", `"θ\u2028\u2029` + "\uFFFF" + `\ufffd"`, "\u03B8\u2028\u2029\uFFFF\xF6"},
		{"number in a string", `"-123"`, `-123`},
		{"int64", `-9200123456789123456`, int64(-9_200_123_456_789_123_456)},
		{"uint64", `9200123456789123456`, uint64(9_200_123_456_789_123_456)},
		{"float", `-12.75`, -12.75},
		{"small float", `1.23e-9`, 1.23e-9},
		{"bool", `false`, false},
		{"duration", `60000000000`, time.Minute},
		{"time", `"2000-01-02T03:04:05Z"`, slogTime},
		{"marshaler", `["xyz"]`, listed{"xyz"}},
		{"marshaler that is an error", `["pqr"]`, listedError{listed{"pqr"}}},
		{"level", `"WARN"`, slog.LevelWarn},
	} {
		value("TestAppendJSONValue/"+v.name, v.want, v.v, "", "")
	}
	const special = "TestJSONAppendAttrValueSpecial/"
	value(special+"NaN", `"!ERROR:json: unsupported value: NaN"`, math.NaN(), `"NaN"`, whyFloats)
	value(special+"+Inf", `"!ERROR:json: unsupported value: +Inf"`, math.Inf(1), `"+Inf"`, whyFloats)
	value(special+"-Inf", `"!ERROR:json: unsupported value: -Inf"`, math.Inf(-1), `"-Inf"`, whyFloats)
	value(special+"error", `"EOF"`, io.EOF, "", "")
	return list
}

// slogTable returns a function that adds a case of TestJSONAndTextHandlers.
func slogTable(list *[]slogCase) func(test, want string, replace replaceAttr, with withSlog, attrs ...slog.Attr) *slogCase {
	return func(test, want string, replace replaceAttr, with withSlog, attrs ...slog.Attr) *slogCase {
		*list = append(*list, slogCase{
			note:   note{file: "handler_test.go", test: "TestJSONAndTextHandlers/" + test, want: want},
			opts:   slog.HandlerOptions{ReplaceAttr: replace},
			with:   with,
			record: record(slogTime, 0, "message", attrs...),
		})
		return &(*list)[len(*list)-1]
	}
}

// slogHandlers are the cases of handler_test.go that leave values as they are.
func slogHandlers() (list []slogCase) {
	add := slogTable(&list)
	noHead := without(slog.TimeKey, slog.LevelKey)
	attrs := []slog.Attr{slog.String("a", "one"), slog.Int("b", 2), slog.Any("", nil)}
	pre := []slog.Attr{slog.Int("pre", 3), slog.String("x", "y")}
	a1 := slog.Int("a", 1)
	const head = `{"time":"2000-01-02T03:04:05Z","level":"INFO","msg":"message"`
	add("basic", head+`,"a":"one","b":2}`, nil, nil, attrs...)
	add("empty key", head+`,"a":"one","b":2,"":"v"}`, nil, nil, append(slices.Clip(attrs), slog.Any("", "v"))...)
	add("preformatted", head+`,"pre":3,"x":"y","a":"one","b":2}`, nil, chain(pre), attrs...)
	add("groups", `{"msg":"message","a":1,"g":{"b":2,"h":{"c":3},"d":4},"e":5}`, noHead, nil,
		a1, slog.Group("g", "b", 2, slog.Group("h", "c", 3), "d", 4), slog.Int("e", 5))
	add("empty group", `{"msg":"message","h":{"a":1}}`, noHead, nil, slog.Group("g"), slog.Group("h", a1))
	add("nested empty group", `{"msg":"message"}`, noHead, nil, slog.Group("g", slog.Group("h", slog.Group("i"), slog.Group("j"))))
	add("nested non-empty group", `{"msg":"message","g":{"h":{"j":{"a":1}}}}`, noHead, nil,
		slog.Group("g", slog.Group("h", slog.Group("i"), slog.Group("j", a1))))
	add("escapes", `{"msg":"message","a b":"x\t\n\u0000y"," b.c=\"\\x2E\t":{"d=e":"f.g\"","m.d":1}}`, noHead, nil,
		slog.String("a b", "x\t\n\000y"), slog.Group(" b.c=\"\\x2E\t", "d=e", "f.g\"", "m.d", 1))
	add("LogValuer", `{"msg":"message","a":1,"name":{"first":"Ren","last":"Hoek"},"b":2}`, noHead, nil,
		a1, slog.Any("name", name{"Ren", "Hoek"}), slog.Int("b", 2))
	add("resolve", head+`,"name":{"first":"Ren","last":"Hoek"}}`, nil, nil,
		slog.Any("", &resolves{slog.Value{}}), slog.Any("name", name{"Ren", "Hoek"}))
	add("with-group", `{"msg":"message","pre":3,"x":"y","s":{"a":"one","b":2}}`, noHead, chain(pre, "s"), attrs...)
	add("preformatted with-groups", `{"msg":"message","p1":1,"s1":{"p2":2,"s2":{"p3":3,"a":"one","b":2}}}`, noHead,
		chain(slog.Int("p1", 1), "s1", slog.Int("p2", 2), "s2", slog.Int("p3", 3)), attrs...)
	add("two with-groups", `{"msg":"message","p1":1,"s1":{"s2":{"a":"one","b":2}}}`, noHead, chain(slog.Int("p1", 1), "s1", "s2"), attrs...)
	add("empty with-groups", `{"msg":"message"}`, noHead, chain("x", "y"))
	add("empty with-groups, no non-empty attrs", `{"msg":"message"}`, noHead, chain("x", slog.Group("g"), "y"))
	add("one empty with-group", `{"msg":"message","x":{"a":1}}`, noHead, chain("x", a1, "y"), slog.Group("g", slog.Group("h")))
	add("GroupValue as Attr value", `{"msg":"message","v":3}`, noHead, nil, slog.Any("v", slog.IntValue(3)))
	add("byte slice", `{"msg":"message","bs":"AQIDBA=="}`, noHead, nil, slog.Any("bs", []byte{1, 2, 3, 4}))
	add("json.RawMessage", `{"msg":"message","bs":1234}`, noHead, nil, slog.Any("bs", json.RawMessage("1234")))
	add("inline group", `{"msg":"message","a":1,"b":2,"c":3,"d":4}`, noHead, nil, a1, slog.Group("", "b", 2, "c", 3), slog.Int("d", 4))
	add("group and key (or both) needs quoting",
		`{"msg":"message","prefix":{" needs quoting ":"v","NotNeedsQuoting":"v"},"prefix needs quoting":{" needs quoting ":"v","NotNeedsQuoting":"v"}}`, noHead, nil,
		slog.Group("prefix", " needs quoting ", "v", "NotNeedsQuoting", "v"), slog.Group("prefix needs quoting", " needs quoting ", "v", "NotNeedsQuoting", "v"))
	c := add("", `{"msg":"message"}`, without(slog.LevelKey), nil)
	c.test, c.opts.AddSource, c.record = "TestJSONAndTextHandlersWithUnavailableSource", true, record(time.Time{}, 0, "message")
	return list
}

// slogReplaced are the cases of handler_test.go that are about ReplaceAttr.
func slogReplaced() (list []slogCase) {
	add := slogTable(&list)
	attrs := []slog.Attr{slog.String("a", "one"), slog.Int("b", 2), slog.Any("", nil)}
	pre := []slog.Attr{slog.Int("pre", 3), slog.String("x", "y")}
	noHead := without(slog.TimeKey, slog.LevelKey, slog.MessageKey)
	a1, b2, c3, n4 := slog.Int("a", 1), slog.Int("b", 2), slog.Int("c", 3), slog.Int("n", 4)
	also := func(keys ...string) replaceAttr {
		return without(append(keys, slog.TimeKey, slog.LevelKey, slog.MessageKey)...)
	}
	c := add("cap keys", `{"TIME":"2000-01-02T03:04:05Z","LEVEL":"INFO","MSG":"message","A":"one","B":2}`, upper, nil, attrs...)
	c.ours, c.why = `{"TIME":"2000-01-02T03:04:05.000000000Z","LEVEL":"info","MSG":"message","A":"one","B":2}`, whyRenamed
	c = add("preformatted cap keys", `{"TIME":"2000-01-02T03:04:05Z","LEVEL":"INFO","MSG":"message","PRE":3,"X":"y","A":"one","B":2}`, upper, chain(pre), attrs...)
	c.ours, c.why = `{"TIME":"2000-01-02T03:04:05.000000000Z","LEVEL":"info","MSG":"message","PRE":3,"X":"y","A":"one","B":2}`, whyRenamed
	add("remove all", `{}`, nothingLeft, nil, attrs...)
	add("preformatted remove all", `{}`, nothingLeft, chain(pre), attrs...)
	add("remove built-in", `{"a":"one","b":2}`, noHead, nil, attrs...)
	add("preformatted remove built-in", `{"pre":3,"x":"y","a":"one","b":2}`, noHead, chain(pre), attrs...)
	pc, source := here()
	c = add("Source", `{"source":`+source+`,"msg":"message"}`, func(groups []string, a slog.Attr) slog.Attr {
		if a.Key == slog.SourceKey {
			s := a.Value.Any().(*slog.Source)
			s.File = filepath.Base(s.File)
			return slog.Any(a.Key, s)
		}
		return without(slog.TimeKey, slog.LevelKey)(groups, a)
	}, nil)
	c.opts.AddSource, c.record = true, record(slogTime, pc, "message")
	add("replace built-in with group", `{"time":{"mins":3,"secs":2},"msg":"message"}`, func(_ []string, a slog.Attr) slog.Attr {
		switch a.Key {
		case slog.TimeKey:
			return slog.Group(slog.TimeKey, "mins", 3, "secs", 2)
		case slog.LevelKey:
			return slog.Attr{}
		}
		return a
	}, nil)
	add("replace empty", `{}`, nothingLeft, nil, slog.Group("g", a1))
	add("replace empty 1", `{}`, nothingLeft, chain("g", a1), slog.Group("h", b2))
	add("replace empty 2", `{}`, nothingLeft, chain("g", a1, "h", b2), slog.Group("i", c3))
	add("replace empty 3", `{}`, nothingLeft, chain("g"), a1)
	add("replace empty inline", `{}`, nothingLeft, chain("g", a1, "h", b2), slog.Group("", c3))
	add("replace partial empty attrs 1", `{"g":{"h":{"b":2,"i":{"c":3}}}}`, also("a"), chain("g", a1, "h", b2), slog.Group("i", c3))
	add("replace partial empty attrs 2", `{"g":{"n":4,"h":{"i":{"c":3}}}}`, also("a", "b"), chain("g", a1, n4, "h", b2), slog.Group("i", c3))
	add("replace partial empty attrs 3", `{"g":{"x":0,"n":4,"h":{"b":2}}}`, also("a", "c"), chain("g", slog.Int("x", 0), a1, n4, "h", b2), slog.Group("i", c3))
	add("replace resolved group", `{"name":{"first":"Perry","last":"Platypus"}}`, func(groups []string, a slog.Attr) slog.Attr {
		if a.Value.Kind() == slog.KindGroup {
			return slog.Int("bad", 1)
		}
		return noHead(groups, a)
	}, nil, slog.Any("name", name{"Perry", "Platypus"}))
	return list
}

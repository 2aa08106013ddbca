package published

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"time"

	"go.uber.org/multierr"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// exactConfig is for tests that look at what zap's encoder into a map has got:
// it has times and durations as they are.
var exactConfig = zapcore.EncoderConfig{EncodeTime: zapcore.RFC3339NanoTimeEncoder, EncodeDuration: zapcore.NanosDurationEncoder}

// zapFields are from field_test.go. Its tests expect values in a map, which are
// here as zap's JSON encoder has them.
func zapFields() (list []zapCase) {
	const file = "field_test.go"
	const none = "-"
	add := func(test, want string, fields ...zapcore.Field) *zapCase {
		list = append(list, zapCase{note: note{file: file, test: test, want: want}, cfg: exactConfig, fields: fields})
		return &list[len(list)-1]
	}
	failing := func(name, want, ours, why string, typ zapcore.FieldType, v any) {
		c := add("TestFieldAddingError/"+name, want, zapcore.Field{Key: "k", Type: typ, Interface: v})
		if ours != "" {
			*c = c.differs(`{"level":"info","message":"",`+ours+`}`, why)
		}
	}
	failing("array", `{"k":[],"kError":"too few users"}`, "", "", zapcore.ArrayMarshalerType, users(-1))
	failing("object", `{"k":{},"kError":"too few users"}`, "", "", zapcore.ObjectMarshalerType, users(-1))
	failing("inline", `{"kError":"too few users"}`, "", "", zapcore.InlineMarshalerType, users(-1))
	const missing = "interface conversion: published.stringer is not fmt.Stringer: missing method String"
	failing("no Stringer", `{"kError":"PANIC=`+missing+`"}`, `"k":"!PANIC: `+missing+`"`, whyPanics, zapcore.StringerType, stringer{})
	failing("panic with string", `{"kError":"PANIC=panic with string"}`, `"k":"!PANIC: panic with string"`, whyPanics, zapcore.StringerType, &stringer{1})
	failing("panic with error", `{"kError":"PANIC=panic with error"}`, `"k":"!PANIC: panic with error"`, whyPanics, zapcore.StringerType, &stringer{2})
	failing("panic with what panics", `{"kError":"PANIC=<nil>"}`, `"k":"!PANIC: *url.URL"`, whyPanics, zapcore.StringerType, &stringer{3})
	failing("error that panics", `{"kError":"PANIC=panic in Error() method"}`, `"k":"!PANIC: panic in Error() method"`, whyPanics, zapcore.ErrorType, &message{true})

	for i, c := range []struct {
		want string
		f    zapcore.Field
		ours string
	}{
		{`["user","user"]`, zapcore.Field{Type: zapcore.ArrayMarshalerType, Interface: users(2)}, ""},
		{`{"users":2}`, zapcore.Field{Type: zapcore.ObjectMarshalerType, Interface: users(2)}, ""},
		{`false`, zapcore.Field{Type: zapcore.BoolType}, ""},
		{`"foo"`, zapcore.Field{Type: zapcore.ByteStringType, Interface: []byte("foo")}, ""},
		{`"1+2i"`, zapcore.Field{Type: zapcore.Complex128Type, Interface: 1 + 2i}, ""},
		{`"1+2i"`, zapcore.Field{Type: zapcore.Complex64Type, Interface: complex64(1 + 2i)}, ""},
		{`1000`, zapcore.Field{Type: zapcore.DurationType, Integer: 1000}, ""},
		{`3.14`, zapcore.Field{Type: zapcore.Float64Type, Integer: int64(math.Float64bits(3.14))}, ""},
		{`3.14`, zapcore.Field{Type: zapcore.Float32Type, Integer: int64(math.Float32bits(3.14))}, ""},
		{`42`, zapcore.Field{Type: zapcore.Int64Type, Integer: 42}, ""},
		{`42`, zapcore.Field{Type: zapcore.Int32Type, Integer: 42}, ""},
		{`42`, zapcore.Field{Type: zapcore.Int16Type, Integer: 42}, ""},
		{`42`, zapcore.Field{Type: zapcore.Int8Type, Integer: 42}, ""},
		{`"foo"`, zapcore.Field{Type: zapcore.StringType, String: "foo"}, ""},
		{`"1970-01-01T00:00:00.000001Z"`, zapcore.Field{Type: zapcore.TimeType, Integer: 1000, Interface: time.UTC}, ""},
		{strconv.Quote(time.Unix(0, 1000).Format(time.RFC3339Nano)), zapcore.Field{Type: zapcore.TimeType, Integer: 1000}, ""},
		{`42`, zapcore.Field{Type: zapcore.Uint64Type, Integer: 42}, ""},
		{`42`, zapcore.Field{Type: zapcore.Uint32Type, Integer: 42}, ""},
		{`42`, zapcore.Field{Type: zapcore.Uint16Type, Integer: 42}, ""},
		{`42`, zapcore.Field{Type: zapcore.Uint8Type, Integer: 42}, ""},
		{`42`, zapcore.Field{Type: zapcore.UintptrType, Integer: 42}, ""},
		{`2`, zapcore.Field{Type: zapcore.ReflectType, Interface: users(2)}, ""},
		{`null`, zapcore.Field{Type: zapcore.ReflectType}, ""},
		{`{}`, zapcore.Field{Type: zapcore.NamespaceType}, ""},
		{`"2 users"`, zapcore.Field{Type: zapcore.StringerType, Interface: users(2)}, ""},
		{`"obj"`, zapcore.Field{Type: zapcore.StringerType, Interface: &stringer{}}, ""},
		{`"nil obj"`, zapcore.Field{Type: zapcore.StringerType, Interface: (*stringer)(nil)}, ""},
		{none, zapcore.Field{Type: zapcore.SkipType}, ""},
		{`"<nil>"`, zapcore.Field{Type: zapcore.StringerType, Interface: (*url.URL)(nil)}, "null"},
		{`"<nil>"`, zapcore.Field{Type: zapcore.StringerType, Interface: (*users)(nil)}, "null"},
		{`"<nil>"`, zapcore.Field{Type: zapcore.ErrorType, Interface: (*message)(nil)}, "null"},
	} {
		c.f.Key = "k"
		want := `{"k":` + c.want + `}`
		if c.want == none {
			want = `{}`
		}
		z := add(fmt.Sprint("TestFields/", i+1), want, c.f)
		if c.ours != "" {
			*z = z.differs(`{"level":"info","message":"","k":`+c.ours+`}`, whyNil)
		}
	}
	add("TestInlineMarshaler", `{"k":"s","users":10,"nested":{"users":11}}`, zap.String("k", "s"),
		zapcore.Field{Key: "ignored", Type: zapcore.InlineMarshalerType, Interface: users(10)}, zap.Object("nested", users(11)))
	return list
}

// zapErrors are from error_test.go.
func zapErrors() (list []zapCase) {
	fooErr, barErr, bazErr := errors.New("foo"), errors.New("bar"), errors.New("baz")
	for i, c := range []struct {
		key, want string
		err       error
	}{
		{"k", `{"k":"2 too many users"}`, tooManyError(2)},
		{"k", `{"k":"2 too few users","kVerbose":"verbose: 2 too few users"}`, tooFewError(2)},
		{"err", `{"err":"foo; bar; baz","errCauses":[{"error":"foo"},{"error":"bar"},{"error":"baz"}]}`, multierr.Combine(fooErr, barErr, bazErr)},
		{"e", `{"e":"great sadness","eCauses":[{"error":"foo"},{"error":"bar; baz","errorCauses":[{"error":"bar"},{"error":"baz"}]}]}`, sadness{}},
		{"k", `{"k":"failed: egad"}`, fmt.Errorf("failed: %w", errors.New("egad"))},
		{
			"error", `{"error":"hello: foo; bar; baz; world: qux","errorCauses":[{"error":"hello: foo; bar"},{"error":"baz"},{"error":"world: qux"}]}`,
			multierr.Combine(fmt.Errorf("hello: %w", multierr.Combine(fooErr, barErr)), bazErr, fmt.Errorf("world: %w", errors.New("qux"))),
		},
	} {
		list = append(list, zapCase{
			note: note{file: "error_test.go", test: fmt.Sprint("TestErrorEncoding/", i+1), want: c.want}, cfg: exactConfig,
			fields: []zapcore.Field{zap.NamedError(c.key, c.err)},
		})
	}
	return append(list, zapCase{
		note: note{file: "error_test.go", test: "TestRichErrorSupport", want: `{"k":"failed: egad"}`}, cfg: exactConfig,
		fields: []zapcore.Field{zap.NamedError("k", fmt.Errorf("failed: %w", errors.New("egad")))},
	})
}

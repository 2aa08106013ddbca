package published

import (
	"errors"
	"slices"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

type (
	objectEncoder = zapcore.ObjectEncoder
	arrayEncoder  = zapcore.ArrayEncoder
)

// plainConfig is the configuration of most tests of zap's encoder.
var plainConfig = zapcore.EncoderConfig{EncodeTime: zapcore.EpochTimeEncoder, EncodeDuration: zapcore.SecondsDurationEncoder}

func zapCases() []zapCase {
	return slices.Concat(zapEntries(), zapEscapes(), zapObjects(), zapTimes(), zapArrays(), zapFields(), zapErrors())
}

// encoding is a case of what the encoder's own methods add to a record.
func encoding(test, want string, cfg zapcore.EncoderConfig, f func(objectEncoder)) zapCase {
	adder := zapcore.ObjectMarshalerFunc(func(enc zapcore.ObjectEncoder) error {
		f(enc)
		return nil
	})
	return zapCase{note: note{file: implTest, test: test, want: want}, cfg: cfg, fields: []zapcore.Field{zap.Inline(adder)}}
}

// differs returns the case with our record and the reason for it.
func (c zapCase) differs(ours, why string) zapCase {
	c.ours, c.why = ours, why
	return c
}

const (
	encoderTest = "json_encoder_test.go"
	implTest    = "json_encoder_impl_test.go"
)

func zapEntries() []zapCase {
	cfg := zapcore.EncoderConfig{
		MessageKey: "M", LevelKey: "L", TimeKey: "T", NameKey: "N", CallerKey: "C", FunctionKey: "F", StacktraceKey: "S",
		EncodeLevel: zapcore.LowercaseLevelEncoder, EncodeTime: zapcore.ISO8601TimeEncoder,
		EncodeDuration: zapcore.SecondsDurationEncoder, EncodeCaller: zapcore.ShortCallerEncoder,
	}
	usual := zapcore.EncoderConfig{
		MessageKey: "msg", LevelKey: "level", NameKey: "name", TimeKey: "ts", CallerKey: "caller", FunctionKey: "func", StacktraceKey: "stacktrace",
		EncodeTime: zapcore.EpochTimeEncoder, EncodeLevel: zapcore.LowercaseLevelEncoder,
		EncodeDuration: zapcore.SecondsDurationEncoder, EncodeCaller: zapcore.ShortCallerEncoder,
	}
	const most = `"so":"passes","answer":42,"common_pie":3.14,"a_float32":2.71,"complex_value":"3.14-2.71i","null_value":null,` +
		`"array_with_null_elements":[{},null,null,2],"such":{"aee":"lol","bee":123,"cee":0.9999,` +
		`"dee":[{"key":"pi","val":3.141592653589793},{"key":"tau","val":6.283185307179586}]}}`
	return []zapCase{
		{
			note: note{
				file: encoderTest, test: "TestJSONEncodeEntry/info entry with some fields",
				want: `{"L":"info","T":"2018-06-19T16:33:42.000Z","N":"bob","M":"lob law",` + most,
				ours: `{"timestamp":"2018-06-19T16:33:42.000000099Z","level":"info","message":"lob law","logger":"bob",` + most, why: whyTimes,
			},
			cfg:   cfg,
			entry: zapcore.Entry{Time: time.Date(2018, 6, 19, 16, 33, 42, 99, time.UTC), LoggerName: "bob", Message: "lob law"},
			fields: []zapcore.Field{
				zap.String("so", "passes"), zap.Int("answer", 42), zap.Float64("common_pie", 3.14), zap.Float32("a_float32", 2.71),
				zap.Complex128("complex_value", 3.14-2.71i), zap.Reflect("null_value", nil),
				zap.Reflect("array_with_null_elements", []any{&struct{}{}, nil, (*struct{})(nil), 2}),
				zap.Reflect("such", foo{"lol", 123, 0.9999, []bar{{"pi", 3.141592653589793}, {"tau", 6.283185307179586}}}),
			},
		},
		{
			note:  note{file: encoderTest, test: "TestJSONEncodeEntry/zero_time_omitted", want: `{"L":"info","N":"name","M":"message"}`},
			cfg:   cfg,
			entry: zapcore.Entry{LoggerName: "name", Message: "message"},
		},
		{
			note:   note{file: encoderTest, test: "TestJSONEmptyConfig/time", want: `{"foo":1591287718000000000}`, ours: `{"level":"info","message":"","foo":"2020-06-04T16:21:58Z"}`, why: whyTimes},
			fields: []zapcore.Field{zap.Time("foo", time.Unix(1591287718, 0).UTC())},
		},
		{
			note:   note{file: encoderTest, test: "TestJSONEmptyConfig/duration", want: `{"bar":1000}`},
			fields: []zapcore.Field{zap.Duration("bar", time.Microsecond)},
		},
		{
			note: note{
				file: "encoder_test.go", test: "TestEncoderConfiguration/messages to be escaped",
				want: `{"level":"info","ts":0,"name":"main","caller":"foo.go:42","func":"foo.Foo","msg":"hello\\","stacktrace":"fake-stack"}`,
				ours: `{"timestamp":"1970-01-01T00:00:00.000000000Z","level":"info","message":"hello\\","logger":"main",` +
					`"source":{"function":"foo.Foo","file":"foo.go","line":42},"stacktrace":"fake-stack"}`, why: whyTimes + "; " + whyCaller,
			},
			cfg: usual,
			entry: zapcore.Entry{
				LoggerName: "main", Message: `hello\`, Time: time.Unix(0, 0).UTC(), Stack: "fake-stack",
				Caller: zapcore.EntryCaller{Defined: true, File: "foo.go", Line: 42, Function: "foo.Foo"},
			},
		},
		{
			note: note{file: implTest, test: "TestJSONClone", want: `{"foo":"bar"}` + "\n" + `{"baz":"bing"}`},
			say: func(core zapcore.Core) {
				parent := core.With([]zapcore.Field{zap.String("foo", "bar")})
				clone := core.With([]zapcore.Field{zap.String("baz", "bing")})
				_ = parent.Write(zapcore.Entry{}, nil)
				_ = clone.Write(zapcore.Entry{}, nil)
			},
		},
	}
}

func zapEscapes() (list []zapCase) {
	for _, c := range []struct{ in, want string }{
		{`foo`, `foo`},
		{`"`, `\"`},
		{`\`, `\\`},
		{`foo"foo`, `foo\"foo`},
		{"foo\n", `foo\n`},
		{"\n", `\n`},
		{"\r", `\r`},
		{"\t", `\t`},
		{"\b", `\u0008`},
		{"\f", `\u000c`},
		{"<", "<"},
		{">", ">"},
		{"&", "&"},
		{"\a", `\u0007`},
		{"☃", "☃"},
		{"\xed\xa0\x80", `\ufffd\ufffd\ufffd`},
		{"foo\xed\xa0\x80", `foo\ufffd\ufffd\ufffd`},
	} {
		want := `{"k":"` + c.want + `"}`
		list = append(list,
			encoding("TestJSONEscaping/String/"+c.want, want, plainConfig, func(e objectEncoder) { e.AddString("k", c.in) }),
			encoding("TestJSONEscaping/ByteString/"+c.want, want, plainConfig, func(e objectEncoder) { e.AddByteString("k", []byte(c.in)) }))
	}
	return list
}

func zapTimes() (list []zapCase) {
	for _, c := range []struct {
		name, want string
		encode     zapcore.TimeEncoder
	}{
		{"time.Time ISO8601", `"2000-01-02T03:04:05.000Z"`, zapcore.ISO8601TimeEncoder},
		{"time.Time RFC3339", `"2000-01-02T03:04:05Z"`, zapcore.RFC3339TimeEncoder},
		{"time.Time RFC3339Nano", `"2000-01-02T03:04:05.000000006Z"`, zapcore.RFC3339NanoTimeEncoder},
	} {
		at := time.Date(2000, 1, 2, 3, 4, 5, 6, time.UTC)
		cfg := zapcore.EncoderConfig{EncodeDuration: zapcore.NanosDurationEncoder, EncodeTime: c.encode}
		z := encoding("TestJSONEncoderTimeFormats/"+c.name, `{"k":`+c.want+`,"a":[`+c.want+`]}`, cfg, func(e objectEncoder) {
			e.AddTime("k", at)
			_ = e.AddArray("a", zapcore.ArrayMarshalerFunc(func(a arrayEncoder) error { a.AppendTime(at); return nil }))
		})
		const ours = `"2000-01-02T03:04:05.000000006Z"`
		if c.want != ours {
			z = z.differs(`{"level":"info","message":"","k":`+ours+`,"a":[`+ours+`]}`, whyTimes)
		}
		list = append(list, z)
	}
	const ours = `["2001-12-19T00:00:00Z","2002-12-18T00:00:00Z","2003-12-17T00:00:00Z"]`
	for _, c := range []struct {
		name, want string
		encode     zapcore.TimeEncoder
	}{
		{"epoch", `[1008720000,1040169600,1071619200]`, zapcore.EpochTimeEncoder},
		{"epoch millis", `[1008720000000,1040169600000,1071619200000]`, zapcore.EpochMillisTimeEncoder},
		{"iso8601", `["2001-12-19T00:00:00.000Z","2002-12-18T00:00:00.000Z","2003-12-17T00:00:00.000Z"]`, zapcore.ISO8601TimeEncoder},
		{"rfc3339", ours, zapcore.RFC3339TimeEncoder},
	} {
		cfg := plainConfig
		cfg.EncodeTime = c.encode
		z := encoding("TestJSONEncoderTimeArrays/"+c.name, `{"array":`+c.want+`}`, cfg, func(e objectEncoder) {
			_ = e.AddArray("array", zapcore.ArrayMarshalerFunc(func(a arrayEncoder) error {
				for _, sec := range []int64{1008720000, 1040169600, 1071619200} {
					a.AppendTime(time.Unix(sec, 0).UTC())
				}
				return nil
			}))
		})
		if c.want != ours {
			z = z.differs(`{"level":"info","message":"","array":`+ours+`}`, whyTimes)
		}
		list = append(list, z)
	}
	return list
}

var errFail = errors.New("fail")

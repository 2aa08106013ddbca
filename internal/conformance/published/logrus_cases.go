package published

import (
	"errors"
	"runtime"
	"slices"
	"time"

	"github.com/sirupsen/logrus"
)

const (
	formatterTest = "json_formatter_test.go"
	logrusTest    = "logrus_test.go"
)

func logrusCases() []logrusCase { return slices.Concat(logrusFormatter(), logrusLogger()) }

// untimedFormatter leaves the time out, which is another at each run.
func untimedFormatter() logrus.JSONFormatter { return logrus.JSONFormatter{DisableTimestamp: true} }

func logrusFormatter() (list []logrusCase) {
	add := func(test, want string, log func(*logrus.Logger)) *logrusCase {
		list = append(list, logrusCase{note: note{file: formatterTest, test: test, want: want}, formatter: untimedFormatter(), log: log})
		return &list[len(list)-1]
	}
	fields := func(f logrus.Fields) func(*logrus.Logger) { return func(l *logrus.Logger) { l.WithFields(f).Info("") } }
	walrus := errors.New("wild walrus")
	add("TestErrorNotLost", `{"error":"wild walrus","level":"info","msg":""}`, fields(logrus.Fields{"error": walrus}))
	add("TestErrorNotLostOnFieldNotNamedError", `{"level":"info","msg":"","omg":"wild walrus"}`, fields(logrus.Fields{"omg": walrus}))
	c := add("TestFieldClashWithTime", `{"fields.time":"right now!","level":"info","msg":""}`, fields(logrus.Fields{"time": "right now!"}))
	c.ours, c.why = `{"level":"info","message":"","time":"right now!"}`, whyKeys
	c = add("TestFieldClashWithMsg", `{"fields.msg":"something","level":"info","msg":""}`, fields(logrus.Fields{"msg": "something"}))
	c.ours, c.why = `{"level":"info","message":"","msg":"something"}`, whyKeys
	add("TestFieldClashWithLevel", `{"fields.level":"something","level":"info","msg":""}`, fields(logrus.Fields{"level": "something"}))
	c = add("TestFieldClashWithRemappedFields",
		`{"@level":"info","@message":"","fields.@level":"@level","fields.@message":"@message","fields.@timestamp":"@timestamp","level":"level","msg":"msg","timestamp":"timestamp"}`,
		fields(logrus.Fields{"@timestamp": "@timestamp", "@level": "@level", "@message": "@message", "timestamp": "timestamp", "level": "level", "msg": "msg"}))
	c.ours = `{"level":"info","message":"","@level":"@level","@message":"@message","@timestamp":"@timestamp","fields.level":"level","msg":"msg","fields.timestamp":"timestamp"}`
	c.why = whyKeys
	c.formatter.FieldMap = logrus.FieldMap{logrus.FieldKeyTime: "@timestamp", logrus.FieldKeyLevel: "@level", logrus.FieldKeyMsg: "@message"}
	c = add("TestFieldsInNestedDictionary", `{"args":{"level":"level","test":"test"},"level":"info","msg":"test"}`, func(l *logrus.Logger) {
		l.WithFields(logrus.Fields{"level": "level", "test": "test"}).Info("test")
	})
	c.ours, c.why = `{"level":"info","message":"test","fields.level":"level","test":"test"}`, whyTop
	c.formatter.DataKey = "args"
	const valueError = "TestJSONEntryFieldValueError/"
	add(valueError+"good value", `{"level":"info","msg":"test","ok":"ok"}`, func(l *logrus.Logger) { l.WithField("ok", "ok").Info("test") })
	c = add(valueError+"bad and good value", `{"level":"info","logrus_error":"skipping unsupported field \"func\"","msg":"test","ok":"ok"}`, func(l *logrus.Logger) {
		l.WithField("func", func() {}).WithField("ok", "ok").Info("test")
	})
	c.ours, c.why = `{"level":"info","message":"test","ok":"ok"}`, whyFunctions
	c = add(valueError+"replace bad value", `{"func":"not-a-func","level":"info","logrus_error":"skipping unsupported field \"func\"","msg":"test","ok":"ok"}`, func(l *logrus.Logger) {
		l.WithField("func", func() {}).WithField("ok", "ok").WithField("func", "not-a-func").Info("test")
	})
	c.ours, c.why = `{"level":"info","message":"test","func":"not-a-func","ok":"ok"}`, whyFunctions
	add("TestFieldDoesNotClashWithCaller", `{"func":"howdy pardner","level":"info","msg":""}`, fields(logrus.Fields{"func": "howdy pardner"}))
	// An entry of no logger has the level panic, which is zero.
	c = add("TestFieldClashWithCaller", `{"fields.func":"howdy pardner","file":":0","func":"somefunc","level":"panic","msg":""}`, nil)
	c.entry = &logrus.Entry{Data: logrus.Fields{"func": "howdy pardner"}, Caller: &runtime.Frame{Function: "somefunc"}}
	c.ours, c.why = `{"level":"panic","message":"","source":{"function":"somefunc"},"func":"howdy pardner"}`, whyCaller+"; "+whyKeys
	c = add("TestJSONDisableHTMLEscape", `{"level":"panic","msg":"& < >"}`, nil)
	c.entry, c.formatter.DisableHTMLEscape = &logrus.Entry{Message: "& < >"}, true
	c = add("TestJSONEnableHTMLEscape", `{"level":"panic","msg":"\u0026 \u003c \u003e"}`, nil)
	c.entry = &logrus.Entry{Message: "& < >"}
	return list
}

// logrusLogger are the cases of logrus_test.go that log in JSON.
func logrusLogger() (list []logrusCase) {
	add := func(test, want string, log func(*logrus.Logger)) *logrusCase {
		list = append(list, logrusCase{note: note{file: logrusTest, test: test, want: want}, formatter: untimedFormatter(), log: log})
		return &list[len(list)-1]
	}
	info := func(message string) string { return `{"level":"info","msg":"` + message + `"}` }
	add("TestPrint", info("test"), func(l *logrus.Logger) { l.Print("test") })
	add("TestInfo", info("test"), func(l *logrus.Logger) { l.Info("test") })
	add("TestWarn", `{"level":"warning","msg":"test"}`, func(l *logrus.Logger) { l.Warn("test") })
	add("TestLog", `{"level":"warning","msg":"test"}`, func(l *logrus.Logger) { l.Log(logrus.WarnLevel, "test") })
	add("TestInfolnShouldAddSpacesBetweenStrings", info("test test"), func(l *logrus.Logger) { l.Infoln("test", "test") })
	add("TestInfolnShouldAddSpacesBetweenStringAndNonstring", info("test 10"), func(l *logrus.Logger) { l.Infoln("test", 10) })
	add("TestInfolnShouldAddSpacesBetweenTwoNonStrings", info("10 10"), func(l *logrus.Logger) { l.Infoln(10, 10) })
	add("TestInfoShouldAddSpacesBetweenTwoNonStrings", info("10 10"), func(l *logrus.Logger) { l.Infoln(10, 10) })
	add("TestInfoShouldNotAddSpacesBetweenStringAndNonstring", info("test10"), func(l *logrus.Logger) { l.Info("test", 10) })
	add("TestInfoShouldNotAddSpacesBetweenStrings", info("testtest"), func(l *logrus.Logger) { l.Info("test", "test") })
	add("TestWithFieldsShouldAllowAssignments", `{"key1":"value1","key2":"value2","level":"info","msg":"test"}`+"\n"+`{"key1":"value1","level":"info","msg":"test"}`,
		func(l *logrus.Logger) {
			e := l.WithFields(logrus.Fields{"key1": "value1"})
			e.WithField("key2", "value2").Info("test")
			e.Info("test")
		})
	field := func(key string, v any) func(*logrus.Logger) {
		return func(l *logrus.Logger) { l.WithField(key, v).Info("test") }
	}
	const hello = `{"fields.msg":"hello","level":"info","msg":"test"}`
	for _, test := range []string{"TestUserSuppliedFieldDoesNotOverwriteDefaults", "TestUserSuppliedMsgFieldHasPrefix"} {
		c := add(test, hello, field("msg", "hello"))
		c.ours, c.why = `{"level":"info","message":"test","msg":"hello"}`, whyKeys
	}
	c := add("TestUserSuppliedTimeFieldHasPrefix", `{"fields.time":"hello","level":"info","msg":"test"}`, field("time", "hello"))
	c.ours, c.why = `{"level":"info","message":"test","time":"hello"}`, whyKeys
	add("TestUserSuppliedLevelFieldHasPrefix", `{"fields.level":1,"level":"info","msg":"test"}`, field("level", 1))
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	timed := func(test, want string, log func(*logrus.Logger)) {
		add(test, want, log).formatter = logrus.JSONFormatter{}
	}
	timed("TestWithTimeShouldOverrideTime", `{"level":"info","msg":"foobar","time":"2030-01-02T03:04:05Z"}`, func(l *logrus.Logger) { l.WithTime(at).Info("foobar") })
	timed("TestWithTimeShouldNotOverrideFields", `{"herp":"derp","level":"info","msg":"blah","time":"2030-01-02T03:04:05Z"}`, func(l *logrus.Logger) {
		l.WithField("herp", "derp").WithTime(at).Info("blah")
	})
	timed("TestWithFieldShouldNotOverrideTime", `{"herp":"derp","level":"info","msg":"blah","time":"2030-01-02T03:04:05Z"}`, func(l *logrus.Logger) {
		l.WithTime(at).WithField("herp", "derp").Info("blah")
	})
	const fish = `{"context":"eating raw fish","level":`
	add("TestDoubleLoggingDoesntPrefixPreviousFields", fish+`"info","msg":"looks delicious"}`+"\n"+fish+`"warning","msg":"omg it is!"}`, func(l *logrus.Logger) {
		e := l.WithField("context", "eating raw fish")
		e.Info("looks delicious")
		e.Warn("omg it is!")
	})
	return list
}

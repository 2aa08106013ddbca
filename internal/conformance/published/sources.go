package published

// source is a logger of which test files have been read.
type source struct {
	name string
	// version is that of which all tests in the files are named here; module is its
	// path, or empty for the standard library.
	module, version string
	pkg             string // import path of the folder with the files
	files           []string
	notes           []note
	left            []left
}

// left says why tests of a file are not carried over, or not whole.
type left struct {
	file  string
	tests []string
	why   string
}

func sources() []source {
	return []source{
		{
			name: "log/slog", version: "go1.26", pkg: "log/slog",
			files: []string{"json_handler_test.go", "handler_test.go"},
			notes: notes(slogCases(), func(c slogCase) note { return c.note }), left: slogLeft(),
		},
		{
			name: "zap", module: "go.uber.org/zap", version: "v1.28.0", pkg: "go.uber.org/zap/zapcore",
			files: []string{encoderTest, implTest, "field_test.go", "error_test.go", "encoder_test.go"},
			notes: notes(zapCases(), func(c zapCase) note { return c.note }), left: zapLeft(),
		},
		{
			name: "zerolog", module: "github.com/rs/zerolog", version: "v1.35.1", pkg: "github.com/rs/zerolog",
			files: []string{
				"log_test.go", "log_example_test.go", "event_test.go", "context_test.go", "ctx_test.go", "array_test.go", "error_marshal_test.go", "hook_test.go",
				"internal/json/base_test.go", "internal/json/bytes_test.go", "internal/json/float_test.go", "internal/json/int_test.go",
				"internal/json/string_test.go", "internal/json/time_test.go", "internal/json/types_test.go",
			},
			notes: notes(zerologCases(), func(c zerologCase) note { return c.note }), left: zerologLeft(),
		},
		{
			name: "logrus", module: "github.com/sirupsen/logrus", version: "v1.10.2", pkg: "github.com/sirupsen/logrus",
			files: []string{formatterTest, logrusTest},
			notes: notes(logrusCases(), func(c logrusCase) note { return c.note }), left: logrusLeft(),
		},
	}
}

func notes[C any](cases []C, of func(C) note) []note {
	list := make([]note, len(cases))
	for i, c := range cases {
		list[i] = of(c)
	}
	return list
}

// Why a test is not carried over.
const (
	notText     = "is about text output"
	notOutput   = "logs nothing, or does not look at what is logged"
	notParallel = "is about goroutines, not about what a record says"
	notConfig   = "is about settings of the logger's own encoder, such as names of keys, that a back end does not have"
	notPart     = "looks at a part of a JSON text, such as a delimiter"
	notProperty = "compares the encoder with itself for all or random inputs; our fuzz tests do that for ours"
	notMap      = "is about zap's interfaces, and looks at no output"
	notTime     = "has the present time in what it expects; a time that stands still is in other cases"
	notCaller   = "compares the caller with its own lines; our tests of the adapter have the caller"
)

func slogLeft() []left {
	const file = "handler_test.go"
	return []left{
		{file, []string{"TestDefaultHandle", "TestSecondWith", "TestReplaceAttrGroups", "TestWriteTimeRFC3339"}, notText},
		{file, []string{"TestConcurrentWrites"}, notParallel},
		{file, []string{"TestHandlerEnabled", "TestDiscardHandler"}, notOutput},
		{"json_handler_test.go", []string{"TestJSONAllocs"}, "counts allocations, as our own tests do for ours"},
	}
}

func zapLeft() []left {
	const file = "encoder_test.go"
	return []left{
		{encoderTest, []string{"TestNoEncodeLevelSupplied", "TestJSONCustomReflectedEncoder"}, notConfig},
		{implTest, []string{"TestJSONQuick"}, notProperty},
		{"field_test.go", []string{"TestUnknownFieldType", "TestEquals"}, notMap},
		{"error_test.go", []string{"TestErrArrayBrokenEncoder"}, notMap},
		{file, []string{"TestEncoderConfiguration, all rows but one"}, notConfig},
		{file, []string{
			"TestLevelEncoders", "TestTimeEncoders", "TestTimeEncodersWrongYAML", "TestTimeEncodersParseFromJSON",
			"TestDurationEncoders", "TestCallerEncoders", "TestNameEncoders",
		}, notConfig},
	}
}

func zerologLeft() []left {
	const file, types = "log_test.go", "internal/json/types_test.go"
	return []left{
		{file, []string{
			"TestFieldsDisabled", "TestGetLevel", "TestDisabledLevel", "TestLoggerShouldWithNilWriter", "TestErrorHandler", "TestUpdateContextOnDisabledLogger",
			"TestUpdateContextOnNopLogger", "TestUpdateContextOnZeroValueLogger",
		}, notOutput},
		{file, []string{"TestLevel_String", "TestLevel_MarshalText", "TestParseLevel", "TestUnmarshalTextLevel", "TestUnmarshalTextLevelNil"}, notOutput},
		{"event_test.go", []string{"TestEvent_writeWithNil", "TestEvent_WithNilEvent", "TestEvent_DoneHandler", "TestEvent_Msg_ErrorHandlerNil"}, notOutput},
		{"ctx_test.go", []string{"TestCtx", "TestCtxDisabled"}, notOutput},
		{"array_test.go", []string{"TestArray_MarshalZerologArray"}, notOutput},
		{"hook_test.go", []string{"TestLevelHook"}, notOutput},
		{"internal/json/base_test.go", []string{"TestAppendKey"}, notPart},
		{"internal/json/bytes_test.go", []string{"TestStringBytes"}, notProperty},
		{"internal/json/time_test.go", []string{"TestAppendTimeNow"}, notTime},
		{types, []string{
			"TestAppendNil", "TestAppendBeginMarker", "TestAppendEndMarker", "TestAppendArrayStart", "TestAppendArrayEnd", "TestAppendArrayDelim",
			"TestAppendLineBreak", "TestAppendObjectData",
		}, notPart},
	}
}

func logrusLeft() []left {
	return []left{
		{formatterTest, []string{"TestJSONEntryEndsWithNewline", "TestJSONMessageKey", "TestJSONLevelKey", "TestJSONTimeKey", "TestJSONDisableTimestamp"}, notConfig},
		{formatterTest, []string{"TestJSONEnableTimestamp"}, notTime},
		{logrusTest, []string{"TestTimeOverrideMultipleLogs"}, notTime},
		{logrusTest, []string{
			"TestReportCallerWhenConfigured", "TestReportCallerPreservesExistingCaller", "TestReportCallerHelperDirect", "TestReportCallerHelperViaPointer",
			"TestNestedLoggingReportsCorrectCaller", "TestCallerReportingOverhead",
		}, notCaller},
		{logrusTest, []string{"TestDefaultFieldsAreNotPrefixed", "TestReportCallerOnTextFormatter"}, notText},
		{logrusTest, []string{"TestConvertLevelToString", "TestParseLevel", "TestLevelString", "TestReplaceHooks", "TestEntryWriter", "TestLogLevelEnabled"}, notOutput},
		{logrusTest, []string{"TestGetSetLevelRace", "TestLoggingRace", "TestLoggingRaceWithHooksOnEntry", "TestSetReportCallerRace"}, notParallel},
	}
}

package conformance

import (
	"io"
	"log/slog"

	"github.com/rs/zerolog"
	"github.com/sirupsen/logrus"
	"go.uber.org/zap"
)

// field is a member of an expected record.
type field struct {
	key   string
	value any // for encoding/json, or an object
}

// array is an array whose elements may be objects.
type array []any

// object is an object whose members stand in this order.
type object []field

// testCase is one log call, said in each logger that can say it.
type testCase struct {
	name    string
	level   string // "info" if empty
	message string // "m" if empty
	fields  object
	slog    func(*slog.Logger)
	zap     func(*zap.Logger)
	zerolog func(zerolog.Logger)
	logrus  func(*logrus.Logger)
}

// cases returns the whole table.
func cases() (list []testCase) {
	for _, k := range kinds() {
		list = append(list, positions(k)...)
	}
	return append(append(list, levels()...), shapes()...)
}

func levels() []testCase {
	return []testCase{
		{name: "trace", level: "trace", zerolog: func(l zerolog.Logger) { l.Trace().Msg("m") }, logrus: func(l *logrus.Logger) { l.Trace("m") }},
		{
			name: "debug", level: "debug", slog: func(l *slog.Logger) { l.Debug("m") }, zap: func(l *zap.Logger) { l.Debug("m") },
			zerolog: func(l zerolog.Logger) { l.Debug().Msg("m") }, logrus: func(l *logrus.Logger) { l.Debug("m") },
		},
		{
			name: "warn", level: "warn", slog: func(l *slog.Logger) { l.Warn("m") }, zap: func(l *zap.Logger) { l.Warn("m") },
			zerolog: func(l zerolog.Logger) { l.Warn().Msg("m") }, logrus: func(l *logrus.Logger) { l.Warn("m") },
		},
		{
			name: "error", level: "error", slog: func(l *slog.Logger) { l.Error("m") }, zap: func(l *zap.Logger) { l.Error("m") },
			zerolog: func(l zerolog.Logger) { l.Error().Msg("m") }, logrus: func(l *logrus.Logger) { l.Error("m") },
		},
		{
			name: "panic", level: "panic", zap: func(l *zap.Logger) { recovering(func() { l.Panic("m") }) },
			zerolog: func(l zerolog.Logger) { recovering(func() { l.Panic().Msg("m") }) },
			logrus:  func(l *logrus.Logger) { recovering(func() { l.Panic("m") }) },
		},
		{name: "DPANIC", level: "panic", zap: func(l *zap.Logger) { l.DPanic("m") }},
		{
			name: "fatal", level: "fatal", zap: func(l *zap.Logger) { l.WithOptions(zap.WithFatalHook(ignored{})).Fatal("m") },
			zerolog: func(l zerolog.Logger) { l.WithLevel(zerolog.FatalLevel).Msg("m") },
			logrus:  func(l *logrus.Logger) { l.ExitFunc = func(int) {}; l.Fatal("m") },
		},
		{name: "none", zerolog: func(l zerolog.Logger) { l.Log().Msg("m") }},
	}
}

func shapes() []testCase {
	return []testCase{
		{
			name: "no fields", slog: func(l *slog.Logger) { l.Info("m") }, zap: func(l *zap.Logger) { l.Info("m") },
			zerolog: func(l zerolog.Logger) { l.Info().Msg("m") }, logrus: func(l *logrus.Logger) { l.Info("m") },
		},
		{
			name: "message", message: "\"<&>\"\n\xff \u2028", slog: func(l *slog.Logger) { l.Info("\"<&>\"\n\xff \u2028") },
			zap: func(l *zap.Logger) { l.Info("\"<&>\"\n\xff \u2028") }, zerolog: func(l zerolog.Logger) { l.Info().Msg("\"<&>\"\n\xff \u2028") },
			logrus: func(l *logrus.Logger) { l.Info("\"<&>\"\n\xff \u2028") },
		},
		{
			name: "key", fields: object{{"a \"b\"\n\xff<世>", 1}, {"", 2}}, slog: func(l *slog.Logger) { l.Info("m", "a \"b\"\n\xff<世>", 1, "", 2) },
			zap:     func(l *zap.Logger) { l.Info("m", zap.Int("a \"b\"\n\xff<世>", 1), zap.Int("", 2)) },
			zerolog: func(l zerolog.Logger) { l.Info().Int("a \"b\"\n\xff<世>", 1).Int("", 2).Msg("m") },
			logrus:  func(l *logrus.Logger) { l.WithFields(logrus.Fields{"a \"b\"\n\xff<世>": 1, "": 2}).Info("m") },
		},
		{
			name: "keys that some readers take for ours", fields: object{{"fields.LEVEL", 1}, {"fields.Message", 2}, {"fields.timeStamp", 3}, {"z", 4}}, slog: func(l *slog.Logger) { l.With("LEVEL", 1).Info("m", "Message", 2, "timeStamp", 3, "z", 4) },
			zap: func(l *zap.Logger) {
				l.With(zap.Int("LEVEL", 1)).Info("m", zap.Int("Message", 2), zap.Int("timeStamp", 3), zap.Int("z", 4))
			},
			zerolog: func(l zerolog.Logger) {
				l.Info().Int("LEVEL", 1).Int("Message", 2).Int("timeStamp", 3).Int("z", 4).Msg("m")
			},
			logrus: func(l *logrus.Logger) {
				l.WithFields(logrus.Fields{"LEVEL": 1, "Message": 2, "timeStamp": 3, "z": 4}).Info("m")
			},
		},
		{
			name: "the same key twice", fields: object{{"k", 1}, {"k", 2}}, slog: func(l *slog.Logger) { l.With("k", 1).Info("m", "k", 2) },
			zap:     func(l *zap.Logger) { l.With(zap.Int("k", 1)).Info("m", zap.Int("k", 2)) },
			zerolog: func(l zerolog.Logger) { l = l.With().Int("k", 1).Logger(); l.Info().Int("k", 2).Msg("m") },
		},
		{
			name: "the logger's own way of errors", fields: object{{"error", errPlain.Error()}}, slog: func(l *slog.Logger) { l.Info("m", "error", errPlain) },
			zap: func(l *zap.Logger) { l.Info("m", zap.Error(errPlain)) }, zerolog: func(l zerolog.Logger) { l.Info().Err(errPlain).Msg("m") },
			logrus: func(l *logrus.Logger) { l.WithError(errPlain).Info("m") },
		},
		{
			name: "members without a group", fields: object{{"a", 1}, {"b", 2}}, slog: func(l *slog.Logger) { l.Info("m", slog.Group("", "a", 1, "b", 2)) },
			zap:     func(l *zap.Logger) { l.Info("m", zap.Inline(zap.DictObject(zap.Int("a", 1), zap.Int("b", 2)))) },
			zerolog: func(l zerolog.Logger) { l.Info().EmbedObject(embedded{}).Msg("m") },
		},
		{
			name: "list of objects", fields: object{{"l", []any{map[string]int{"a": 1}, map[string]int{"a": 2}}}},
			zap: func(l *zap.Logger) { l.Info("m", zap.Objects("l", []one{1, 2})) },
			zerolog: func(l zerolog.Logger) {
				l.Info().Array("l", zerolog.Arr().Dict(zerolog.Dict().Int("a", 1)).Dict(zerolog.Dict().Int("a", 2))).Msg("m")
			},
			slog:   func(l *slog.Logger) { l.Info("m", "l", []map[string]int{{"a": 1}, {"a": 2}}) },
			logrus: func(l *logrus.Logger) { l.WithField("l", []map[string]int{{"a": 1}, {"a": 2}}).Info("m") },
		},
	}
}

// quiet is a logger of logrus without output of its own. Logrus's formatters
// cannot bear all values of the table: a cyclic one ends the process.
func quiet() *logrus.Logger {
	l := logrus.New()
	l.SetOutput(io.Discard)
	l.SetFormatter(unformatted{})
	l.SetLevel(logrus.TraceLevel)
	return l
}

func recovering(f func()) {
	defer func() { _ = recover() }()
	f()
}

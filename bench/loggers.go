package bench

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/rs/zerolog"
	"github.com/sirupsen/logrus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/logrusx"
	"github.com/logsto/logsto-go/slogx"
	logstozap "github.com/logsto/logsto-go/zapcore"
	"github.com/logsto/logsto-go/zerologw"
)

// Back ends of a logger.
const (
	Floor = "floor" // does nothing: what is left is the logger's front end
	JSON  = "json"  // the logger's own JSON, to io.Discard
	Hook  = "hook"  // a hook of logrus that does nothing, for which logrus copies its hooks
	Ours  = "ours"  // our adapter and buffer, with a sender that delivers at once
)

// Case is one logger with one back end.
type Case struct {
	Logger, BackEnd string
	Log             func() // one record with ten fields
}

// discard is a batch.Sender that delivers at once.
type discard struct{}

func (discard) Send(context.Context, uint64, [][]byte) error { return nil }

// Cases returns all cases, and a function that ends them. Our buffer waits for
// room, so that no record is dropped, which would make it cheaper than it is.
func Cases() ([]Case, func()) {
	buf, err := batch.New(discard{}, batch.WithBlocking(time.Minute))
	if err != nil {
		panic(err) // the arguments are constants
	}
	cases := []Case{
		{"slog", Floor, slogCall(slogFloor{})},
		{"slog", JSON, slogCall(slog.NewJSONHandler(io.Discard, nil))},
		{"slog", Ours, slogCall(slogx.NewHandler(buf))},
		{"zap", Floor, zapCall(zapFloor{})},
		{"zap", JSON, zapCall(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(io.Discard), zap.InfoLevel))},
		{"zap", Ours, zapCall(logstozap.NewCore(buf))},
		{"zerolog", Floor, zerologCall(io.Discard)},
		{"zerolog", Ours, zerologCall(zerologw.NewWriter(buf))},
		{"logrus", Floor, logrusCall(logrusFloor{}, nil)},
		{"logrus", JSON, logrusCall(&logrus.JSONFormatter{}, nil)},
		{"logrus", Hook, logrusCall(logrusFloor{}, noHook{})},
		{"logrus", Ours, logrusCall(logrusFloor{}, logrusx.NewHook(buf))},
	}
	return cases, func() {
		_ = buf.Close(context.Background()) // nothing can be undelivered
	}
}

// slogFloor is a handler that only looks at the attributes.
type slogFloor struct{}

func (slogFloor) Enabled(context.Context, slog.Level) bool { return true }
func (slogFloor) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(slog.Attr) bool { return true })
	return nil
}
func (s slogFloor) WithAttrs([]slog.Attr) slog.Handler { return s }
func (s slogFloor) WithGroup(string) slog.Handler      { return s }

// zapFloor is a core that takes everything and does nothing.
type zapFloor struct{}

func (zapFloor) Enabled(zapcore.Level) bool                 { return true }
func (z zapFloor) With([]zapcore.Field) zapcore.Core        { return z }
func (zapFloor) Write(zapcore.Entry, []zapcore.Field) error { return nil }
func (zapFloor) Sync() error                                { return nil }
func (z zapFloor) Check(e zapcore.Entry, ce *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	return ce.AddCore(e, z)
}

// logrusFloor is a formatter that does nothing.
type logrusFloor struct{}

func (logrusFloor) Format(*logrus.Entry) ([]byte, error) { return nil, nil }

// noHook is a hook that does nothing.
type noHook struct{}

func (noHook) Levels() []logrus.Level   { return logrus.AllLevels }
func (noHook) Fire(*logrus.Entry) error { return nil }

// The fields of the record.
var (
	began = time.Date(2026, 11, 23, 20, 18, 41, 123456789, time.UTC)
)

const (
	method = "GET"
	path   = "/api/v1/users/12345"
	status = 200
	took   = 1234567 * time.Nanosecond
	ratio  = 0.75
	user   = "u12345"
	remote = "192.0.2.1:4242"
	cached = true
	seq    = uint64(99)
	text   = "request served"
)

func slogCall(h slog.Handler) func() {
	l, ctx := slog.New(h), context.Background()
	return func() {
		l.LogAttrs(ctx, slog.LevelInfo, text, slog.String("method", method), slog.String("path", path), slog.Int("status", status),
			slog.Duration("took", took), slog.Float64("ratio", ratio), slog.String("user", user), slog.String("remote", remote),
			slog.Bool("cached", cached), slog.Uint64("seq", seq), slog.Time("began", began))
	}
}

func zapCall(c zapcore.Core) func() {
	l := zap.New(c)
	return func() {
		l.Info(text, zap.String("method", method), zap.String("path", path), zap.Int("status", status), zap.Duration("took", took),
			zap.Float64("ratio", ratio), zap.String("user", user), zap.String("remote", remote), zap.Bool("cached", cached),
			zap.Uint64("seq", seq), zap.Time("began", began))
	}
}

func zerologCall(w io.Writer) func() {
	l := zerolog.New(w).With().Timestamp().Logger()
	return func() {
		l.Info().Str("method", method).Str("path", path).Int("status", status).Dur("took", took).Float64("ratio", ratio).Str("user", user).
			Str("remote", remote).Bool("cached", cached).Uint64("seq", seq).Time("began", began).Msg(text)
	}
}

func logrusCall(f logrus.Formatter, h logrus.Hook) func() {
	l := logrus.New()
	l.SetOutput(io.Discard)
	l.SetFormatter(f)
	if h != nil {
		l.AddHook(h)
	}
	return func() {
		l.WithFields(logrus.Fields{
			"method": method, "path": path, "status": status, "took": took, "ratio": ratio, "user": user,
			"remote": remote, "cached": cached, "seq": seq, "began": began,
		}).Info(text)
	}
}

package bench

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/sirupsen/logrus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/logrusx"
	"github.com/logsto/logsto-go/slogx"
	logstozap "github.com/logsto/logsto-go/zapcore"
	"github.com/logsto/logsto-go/zerologw"
)

// Loggers are the loggers that there are adapters for.
var Loggers = []string{"slog", "zap", "zerolog", "logrus"}

// Back ends of a logger.
const (
	Floor = "floor" // does nothing: what is left is the logger's front end
	JSON  = "json"  // the logger's own JSON, to io.Discard; the floor of zerolog is that already
	Hook  = "hook"  // a hook of logrus that does nothing, for which logrus copies its hooks
	Ours  = "ours"  // our adapter and buffer, with a sender that delivers at once
)

// Case is one logger with one back end and one shape of a record.
type Case struct {
	Logger, BackEnd, Shape string

	Log   func() // one record; may be called by any number of goroutines
	Flush func() // waits until the back end has done its work for all of them
}

// Name names the case as the benchmarks do.
func (c Case) Name() string { return c.Logger + "/" + c.BackEnd + "/" + c.Shape }

// discard is a batch.Sender that delivers at once.
type discard struct{}

func (discard) Send(context.Context, *batch.Batch) batch.Result { return batch.Result{} }

// Cases returns all cases, and a function that ends them. Our buffer waits for
// room, so that no record is dropped, which would make it cheaper than it is.
func Cases() ([]Case, func()) { return newCases(discard{}, io.Discard) }

// newCases is Cases with a sender for ours and a writer for the other back ends.
func newCases(s batch.Sender, w io.Writer) ([]Case, func()) {
	buf, err := batch.New(s, batch.WithBlocking(time.Minute))
	if err != nil {
		panic(err) // the arguments are constants
	}
	flush := func() {
		if err := buf.Flush(context.Background()); err != nil {
			panic(err) // nothing can be undelivered
		}
	}
	var cases []Case
	for _, shape := range Shapes {
		add := func(logger, backEnd string, log func()) {
			c := Case{logger, backEnd, shape, log, func() {}}
			if backEnd == Ours {
				c.Flush = flush
			}
			cases = append(cases, c)
		}
		add("slog", Floor, slogCall(slogFloor{}, shape))
		add("slog", JSON, slogCall(slog.NewJSONHandler(w, nil), shape))
		add("slog", Ours, slogCall(slogx.NewHandler(buf), shape))

		add("zap", Floor, zapCall(zapFloor{}, shape))
		add("zap", JSON, zapCall(zapJSON(w), shape))
		add("zap", Ours, zapCall(logstozap.NewCore(buf), shape))

		add("zerolog", Floor, zerologCall(w, shape))
		add("zerolog", Ours, zerologCall(zerologw.NewWriter(buf), shape))

		add("logrus", Floor, logrusCall(logrusTo(io.Discard, logrusFloor{}), shape))
		add("logrus", JSON, logrusCall(logrusTo(w, &logrus.JSONFormatter{}), shape))
		add("logrus", Hook, logrusCall(logrusTo(io.Discard, logrusFloor{}, noHook{}), shape))
		add("logrus", Ours, logrusCall(logrusTo(io.Discard, logrusFloor{}, logrusx.NewHook(buf)), shape))
	}
	return cases, func() { _ = buf.Close(context.Background()) }
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

func zapJSON(w io.Writer) zapcore.Core {
	return zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(w), zap.InfoLevel)
}

// logrusFloor is a formatter that does nothing.
type logrusFloor struct{}

func (logrusFloor) Format(*logrus.Entry) ([]byte, error) { return nil, nil }

// noHook is a hook that does nothing.
type noHook struct{}

func (noHook) Levels() []logrus.Level   { return logrus.AllLevels }
func (noHook) Fire(*logrus.Entry) error { return nil }

func logrusTo(w io.Writer, f logrus.Formatter, hooks ...logrus.Hook) *logrus.Logger {
	l := logrus.New()
	l.SetOutput(w)
	l.SetFormatter(f)
	for _, h := range hooks {
		l.AddHook(h)
	}
	return l
}

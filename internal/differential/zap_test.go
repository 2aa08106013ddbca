package differential

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/logsto/logsto-go/batch"
	logstozap "github.com/logsto/logsto-go/zapcore"
)

// FuzzZap compares the core with zap's JSON encoder.
func FuzzZap(f *testing.F) { fuzz(f, checkZap) }

func TestZap(t *testing.T) { random(t, checkZap) }

// zapLevels are levels and what they are with us.
var zapLevels = []zapcore.Level{zap.InfoLevel, zap.DebugLevel, zap.WarnLevel, zap.ErrorLevel, zap.DPanicLevel, zap.PanicLevel, zap.FatalLevel, zap.DebugLevel - 1, -100, 100}

func levelOfZap(l zapcore.Level) string {
	switch {
	case l < zap.DebugLevel:
		return "trace"
	case l == zap.DPanicLevel || l > zap.FatalLevel:
		return "panic"
	default:
		return l.String()
	}
}

var zapConfig = zapcore.EncoderConfig{
	TimeKey: "timestamp", LevelKey: "level", NameKey: "logger", MessageKey: "message", CallerKey: "source", StacktraceKey: "stacktrace",
	EncodeLevel: zapcore.LowercaseLevelEncoder, EncodeDuration: zapcore.NanosDurationEncoder, EncodeTime: zapcore.RFC3339NanoTimeEncoder,
	EncodeCaller: func(c zapcore.EntryCaller, enc zapcore.PrimitiveArrayEncoder) {
		_ = enc.(zapcore.ArrayEncoder).AppendReflected(struct {
			Function string `json:"function,omitempty"`
			File     string `json:"file,omitempty"`
			Line     int    `json:"line,omitempty"`
		}{c.Function, c.File, c.Line})
	},
}

func (s *source) zapEntry() zapcore.Entry {
	ent := zapcore.Entry{Level: pick(s, zapLevels), Message: s.str(), Time: s.time()}
	for ent.Time.IsZero() { // zap says so, and we the time of the call
		ent.Time = time.Unix(s.int()%1e9, 0)
	}
	switch s.below(4) {
	case 0:
		ent.LoggerName = s.str()
	case 1:
		ent.Caller = zapcore.EntryCaller{Defined: true, File: s.str(), Line: int(s.byte()), Function: s.str()}
	case 2:
		ent.Stack = s.str()
	}
	return ent
}

func checkZap(t *testing.T, data []byte) {
	t.Helper()
	s := newSource(data)
	ent := s.zapEntry()
	var ourWith, theirWith [][]zap.Field
	for range s.below(4) {
		fields := s.zapFields(2)
		ourWith, theirWith = append(ourWith, fields), append(theirWith, fields)
	}
	ourFields := s.zapFields(3)
	theirFields := append([]zap.Field{}, ourFields...)
	if s.one(4) {
		o, th := s.zapPanic()
		ourFields, theirFields = append(ourFields, o), append(theirFields, th)
	}
	if s.one(8) {
		o, th := s.zapPanic()
		ourWith, theirWith = append(ourWith, []zap.Field{o}), append(theirWith, []zap.Field{th})
	}
	last := zap.Int("last", 1)
	ourFields, theirFields = append(ourFields, last), append(theirFields, last)

	all := zap.LevelEnablerFunc(func(zapcore.Level) bool { return true })
	p := record(t, s.sloppy, func(b *batch.Buffer) { toZap(logstozap.NewCore(b, logstozap.WithLevel(all)), ent, ourWith, ourFields) })
	var out bytes.Buffer
	toZap(zapcore.NewCore(zapcore.NewJSONEncoder(zapConfig), zapcore.AddSync(&out), all), ent, theirWith, theirFields)

	ours, err := parse(p)
	if err != nil {
		t.Fatalf("%v in %s", err, p)
	}
	theirs, err := parse(out.Bytes())
	if err != nil {
		t.Fatalf("%v in theirs: %s", err, out.Bytes())
	}
	if err := (&comparison{source: s, zap: true}).diff("", ours, zapHead(theirs, ent)); err != nil {
		t.Fatalf("%v\nours   %s\ntheirs %s", err, p, out.Bytes())
	}
}

func toZap(c zapcore.Core, ent zapcore.Entry, with [][]zap.Field, fields []zap.Field) {
	for _, w := range with {
		parent := c
		c = c.With(w)
		// A sibling must not write into what the two share.
		_ = parent.With([]zap.Field{zap.Int("sibling", 1), zap.Namespace("sibling")})
	}
	if err := c.Write(ent, fields); err != nil {
		panic(fmt.Sprint("Write: ", err))
	}
}

// zapHead puts what zap knows besides the fields in the order that we have.
func zapHead(theirs *node, ent zapcore.Entry) *node {
	head := &node{kind: object}
	head.add("timestamp", str(stamp(ent.Time)))
	head.add("level", str(levelOfZap(ent.Level)))
	theirs.take(0)
	theirs.take(0)
	var name, caller *node
	if ent.LoggerName != "" {
		name = theirs.take(0)
	}
	if ent.Caller.Defined {
		caller = theirs.take(0)
	}
	head.add("message", theirs.take(0))
	if name != nil {
		head.add("logger", name)
	}
	if caller != nil {
		head.add("source", caller)
	}
	if ent.Stack != "" {
		head.add("stacktrace", theirs.take(len(theirs.list)-1))
	}
	n := len(head.list)
	head.keys, head.list = append(head.keys, theirs.keys...), append(head.list, theirs.list...)
	return head.fields(n)
}

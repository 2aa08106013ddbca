package endtoend

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/sirupsen/logrus"
	"go.uber.org/zap"
	upstream "go.uber.org/zap/zapcore"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/capture"
	"github.com/logsto/logsto-go/logrusx"
	"github.com/logsto/logsto-go/slogx"
	"github.com/logsto/logsto-go/zapcore"
	"github.com/logsto/logsto-go/zerologw"
)

type hugeText struct{ s string }

func (h hugeText) String() string               { return h.s }
func (h hugeText) MarshalText() ([]byte, error) { return hugeBytes, nil }

type hugeJSON struct{}

func (hugeJSON) MarshalJSON() ([]byte, error) { return hugeBytes, nil }

// allLoggers are one of each over the same buffer.
type allLoggers struct {
	slog    *slog.Logger
	zap     *zap.Logger
	zerolog *zerologw.Writer
	logrus  *logrus.Logger
}

// hugeBytes is a JSON string of 32 MiB.
var hugeBytes = []byte(`"` + strings.Repeat("x", 32<<20) + `"`)

// TestHugeValues logs values of 32 MiB where a record may have 1 MiB. None may cost much
// more than what a record may have, in whatever form it comes.
func TestHugeValues(t *testing.T) {
	text := string(hugeBytes)
	errHuge := errors.New(text)
	list := []string{text, text}
	members := map[string]any{"a": text, "b": text}
	var pointer any = &struct{ S string }{text}
	event := []byte(`{"level":"info","f":` + text + `,"g":` + text + `,"message":` + text + "}\n")

	for name, log := range map[string]func(allLoggers){
		"slog message":       func(on allLoggers) { on.slog.Info(text) },
		"slog string":        func(on allLoggers) { on.slog.Info("m", "f", text, "g", text) },
		"slog error":         func(on allLoggers) { on.slog.Info("m", "f", errHuge) },
		"slog strings":       func(on allLoggers) { on.slog.Info("m", "f", list) },
		"slog map":           func(on allLoggers) { on.slog.Info("m", "f", members) },
		"slog struct":        func(on allLoggers) { on.slog.Info("m", "f", pointer) },
		"slog bytes":         func(on allLoggers) { on.slog.Info("m", "f", hugeBytes) },
		"slog raw JSON":      func(on allLoggers) { on.slog.Info("m", "f", json.RawMessage(hugeBytes)) },
		"slog MarshalText":   func(on allLoggers) { on.slog.Info("m", "f", hugeText{text}) },
		"slog MarshalJSON":   func(on allLoggers) { on.slog.Info("m", "f", hugeJSON{}) },
		"slog With":          func(on allLoggers) { on.slog.With("f", text, "g", text).Info("m") },
		"zap message":        func(on allLoggers) { on.zap.Info(text) },
		"zap name":           func(on allLoggers) { on.zap.Named(text).Info("m") },
		"zap string":         func(on allLoggers) { on.zap.Info("m", zap.String("f", text), zap.String("g", text)) },
		"zap strings":        func(on allLoggers) { on.zap.Info("m", zap.Strings("f", list)) },
		"zap stringer":       func(on allLoggers) { on.zap.Info("m", zap.Stringer("f", hugeText{text})) },
		"zap error":          func(on allLoggers) { on.zap.Info("m", zap.Error(errHuge)) },
		"zap binary":         func(on allLoggers) { on.zap.Info("m", zap.Binary("f", hugeBytes)) },
		"zap byte string":    func(on allLoggers) { on.zap.Info("m", zap.ByteString("f", hugeBytes)) },
		"zap byte strings":   func(on allLoggers) { on.zap.Info("m", zap.ByteStrings("f", [][]byte{hugeBytes, hugeBytes})) },
		"zap any":            func(on allLoggers) { on.zap.Info("m", zap.Reflect("f", members)) },
		"zap object":         func(on allLoggers) { on.zap.Info("m", zap.Dict("f", zap.String("f", text), zap.String("g", text))) },
		"zap stack":          func(on allLoggers) { _ = on.zap.Core().Write(upstream.Entry{Stack: text}, nil) },
		"zerolog event":      func(on allLoggers) { _, _ = on.zerolog.WriteLevel(zerolog.InfoLevel, event) },
		"zerolog Write":      func(on allLoggers) { _, _ = on.zerolog.Write(event) },
		"zerolog text":       func(on allLoggers) { _, _ = on.zerolog.Write(hugeBytes) },
		"zerolog open event": func(on allLoggers) { _, _ = on.zerolog.Write(event[:len(event)-3]) },
		"logrus message":     func(on allLoggers) { on.logrus.Info(text) },
		"logrus string":      func(on allLoggers) { on.logrus.WithFields(logrus.Fields{"f": text, "g": text}).Info("m") },
		"logrus error":       func(on allLoggers) { on.logrus.WithError(errHuge).Info("m") },
		"logrus map":         func(on allLoggers) { on.logrus.WithField("f", members).Info("m") },
	} {
		t.Run(name, func(t *testing.T) {
			for _, redaction := range []bool{false, true} {
				opts := []batch.Option{batch.WithErrorHandler(func(error) {})}
				if redaction {
					opts = append(opts, batch.WithRedaction("password"))
				}
				sent := new(capture.Sender)
				buf, err := batch.New(sent, opts...)
				if err != nil {
					t.Fatal(err)
				}
				lr := logrus.New()
				lr.SetOutput(io.Discard)
				lr.SetFormatter(logrusx.Formatter())
				lr.AddHook(logrusx.NewHook(buf))
				on := allLoggers{slog.New(slogx.NewHandler(buf)), zap.New(zapcore.NewCore(buf)), zerologw.NewWriter(buf), lr}
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				log(on)
				runtime.ReadMemStats(&after)
				if mib := float64(after.TotalAlloc-before.TotalAlloc) / (1 << 20); mib > 16 {
					t.Errorf("the call allocated %.0f MiB", mib)
				}
				if err := buf.Close(context.Background()); err != nil {
					var short *batch.UndeliveredError
					if !errors.As(err, &short) {
						t.Error(err)
					}
				}
				if st := buf.Stats(); st.Accepted != 1 {
					t.Errorf("%d records, want 1", st.Accepted)
				}
				for _, r := range sent.Records() {
					if len(r) > buf.MaxRecordBytes() || !json.Valid([]byte(r)) || !strings.Contains(r, "!ERROR") && !strings.Contains(r, `"dropped":{"too large":{"info":1}}`) {
						t.Errorf("a record of %d bytes was sent: %.200s", len(r), r)
					}
				}
			}
		})
	}
}

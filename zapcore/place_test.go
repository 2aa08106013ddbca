package zapcore_test

import (
	"encoding/json"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/logsto/logsto-go/internal/capture"
	logstozap "github.com/logsto/logsto-go/zapcore"
)

// parts is an error that cannot say its parts.
type parts struct{}

func (parts) Error() string   { return "short" }
func (parts) Errors() []error { panic("no parts") }

// stringer is a value that panics when it is asked.
type stringer struct{}

func (stringer) String() string { panic("oops") }

// TestFieldsThatPanic checks what is left of fields of which a part panics.
func TestFieldsThatPanic(t *testing.T) {
	for want, f := range map[string]zap.Field{
		`"error":"short","errorError":"!PANIC: no parts","z":1}`:   zap.Error(parts{}),
		`"e":"short","eError":"!PANIC: no parts","z":1}`:           zap.NamedError("e", parts{}),
		`"a":1,"b":"!PANIC: oops","c":{"level":"x"},"d":2,"z":1}`:  zap.Inline(zap.DictObject(zap.Int("a", 1), zap.Stringer("b", stringer{}), zap.Dict("c", zap.String("level", "x")), zap.Int("d", 2))),
		`"fields.level":1,"fields.message":"!PANIC: oops","z":1}`:  zap.Inline(zap.DictObject(zap.Int("level", 1), zap.Stringer("message", stringer{}))),
		`"o":{"a":1,"level":"!PANIC: oops","b":2},"z":1}`:          zap.Dict("o", zap.Inline(zap.DictObject(zap.Int("a", 1), zap.Stringer("level", stringer{}), zap.Int("b", 2)))),
		`"a":1,"error":"short","errorError":"!PANIC: no parts","z`: zap.Inline(zap.DictObject(zap.Int("a", 1), zap.Error(parts{}))),
	} {
		for where, log := range map[string]func(*zap.Logger){
			"call": func(l *zap.Logger) { l.Info("m", f, zap.Int("z", 1)) },
			"With": func(l *zap.Logger) { l.With(f).Info("m", zap.Int("z", 1)) },
		} {
			b, sent := capture.Buffer(t)
			log(zap.New(logstozap.NewCore(b)))
			got := sent()
			if _, rest, _ := strings.Cut(got[0], `"message":"m",`); len(got) != 1 || !strings.HasPrefix(rest, want) || !json.Valid([]byte(got[0])) {
				t.Errorf("%s: got  %s\nwant %s", where, rest, want)
			}
		}
	}
}

// TestUnknownFieldType checks that a field of no type that there is becomes a string.
func TestUnknownFieldType(t *testing.T) {
	b, sent := capture.Buffer(t)
	zap.New(logstozap.NewCore(b)).Info("m", zap.Field{Key: "bad", Type: 250}, zap.Int("z", 1))
	var m map[string]any
	if err := json.Unmarshal([]byte(sent()[0]), &m); err != nil {
		t.Fatal(err)
	}
	if s, _ := m["bad"].(string); !strings.HasPrefix(s, "!PANIC: ") || m["z"] != 1.0 {
		t.Errorf("got %v", m)
	}
}

// TestDictsThatHoldThemselvesEnd checks that a dict inline in itself, which adds no
// object, ends all the same, and more than once in a record.
func TestDictsThatHoldThemselvesEnd(t *testing.T) {
	self := make([]zap.Field, 1)
	self[0] = zap.Inline(zap.DictObject(self...))
	for name, log := range map[string]func(*zap.Logger){
		"call":        func(l *zap.Logger) { l.Info("m", self[0], zap.Int("z", 1)) },
		"With":        func(l *zap.Logger) { l.With(self[0]).Info("m", zap.Int("z", 1)) },
		"in a dict":   func(l *zap.Logger) { l.Info("m", zap.Dict("d", self...), zap.Int("z", 1)) },
		"twice":       func(l *zap.Logger) { l.Info("m", self[0], self[0], zap.Int("z", 1)) },
		"then others": func(l *zap.Logger) { l.Info("m", self[0], zap.Inline(zap.DictObject(zap.Int("z", 1)))) },
	} {
		b, sent := capture.Buffer(t)
		log(zap.New(logstozap.NewCore(b)))
		got := sent()
		if len(got) != 1 || !strings.Contains(got[0], `"inline":"!ERROR: nested in more than 100 groups`) || !strings.HasSuffix(got[0], `,"z":1}`) {
			t.Errorf("%s: got %.300s", name, got)
		}
	}
}

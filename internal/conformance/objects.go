package conformance

import (
	"github.com/rs/zerolog"
	"github.com/sirupsen/logrus"
	"go.uber.org/zap/zapcore"
)

// ignored is what zap does instead of ending the process.
type ignored struct{}

func (ignored) OnWrite(*zapcore.CheckedEntry, []zapcore.Field) {}

// one is an object for zap.
type one int

func (o one) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	enc.AddInt("a", int(o))
	return nil
}

// embedded is an object for zerolog.
type embedded struct{}

func (embedded) MarshalZerologObject(e *zerolog.Event) { e.Int("a", 1).Int("b", 2) }

// unformatted is a formatter of logrus's that writes nothing.
type unformatted struct{}

func (unformatted) Format(*logrus.Entry) ([]byte, error) { return nil, nil }

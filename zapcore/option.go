package zapcore

import (
	"go.uber.org/zap"
	upstream "go.uber.org/zap/zapcore"
)

// Option changes a default of NewCore and Tee.
type Option interface{ apply(*options) }

type optionFunc func(*options)

func (f optionFunc) apply(o *options) { f(o) }

type options struct {
	level upstream.LevelEnabler // nil stands for the default
}

// WithLevel sets which levels are taken: a zap.AtomicLevel, which may be changed
// later, a level such as zap.WarnLevel, or a zap.LevelEnablerFunc. The default
// is zap.InfoLevel and above with NewCore, and what the logger's other core
// takes with Tee; nil stands for that too.
func WithLevel(level upstream.LevelEnabler) Option {
	return optionFunc(func(o *options) { o.level = level })
}

func newOptions(level upstream.LevelEnabler, opts []Option) options {
	var o options
	for _, opt := range opts {
		opt.apply(&o)
	}
	if o.level == nil {
		o.level = level
	}
	return o
}

// compile-time check that what zap re-exports can be given to WithLevel.
var _ = []Option{WithLevel(zap.AtomicLevel{}), WithLevel(zap.InfoLevel), WithLevel(zap.LevelEnablerFunc(nil))}

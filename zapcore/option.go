package zapcore

import (
	"fmt"

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

func newOptions(constructor string, opts []Option) (o options) {
	for _, opt := range opts {
		if opt == nil {
			panic("zapcore: " + constructor + ": an option is nil")
		}
		opt.apply(&o)
	}
	o.checkLevel(constructor)
	return o
}

// checkLevel panics if the level panics when it is asked, as each log call would then.
func (o options) checkLevel(constructor string) {
	if o.level == nil {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			panic(fmt.Sprintf("zapcore: %s: WithLevel: the %T cannot be asked: %v", constructor, o.level, p))
		}
	}()
	o.level.Enabled(zap.InfoLevel)
}

// or returns the level, or that of the constructor if there is none.
func (o options) or(level upstream.LevelEnabler) upstream.LevelEnabler {
	if o.level == nil {
		return level
	}
	return o.level
}

// compile-time check that what zap re-exports can be given to WithLevel.
var _ = []Option{WithLevel(zap.AtomicLevel{}), WithLevel(zap.InfoLevel), WithLevel(zap.LevelEnablerFunc(nil))}

package logrusx

import "github.com/sirupsen/logrus"

// Option changes a default of NewHook.
type Option interface{ apply(*options) }

type optionFunc func(*options)

func (f optionFunc) apply(o *options) { f(o) }

type options struct{ level logrus.Level }

// WithLevel sets the least important level that is taken. The default is
// logrus.TraceLevel: everything that the logger lets through, but for levels of the
// application's own beyond it. Logrus asks for it
// once, when the hook is added, so it cannot be changed later; the level of the
// logger can.
func WithLevel(level logrus.Level) Option {
	return optionFunc(func(o *options) { o.level = level })
}

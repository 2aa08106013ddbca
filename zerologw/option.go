package zerologw

import "github.com/rs/zerolog"

// Option changes a default of NewWriter.
type Option interface{ apply(*options) }

type optionFunc func(*options)

func (f optionFunc) apply(o *options) { f(o) }

type options struct{ level zerolog.Level }

// WithLevel sets the lowest level that is taken. The default is
// zerolog.TraceLevel and what is below it: everything that the logger lets
// through. Events without a level are taken whatever it is, unless it is
// zerolog.Disabled, as zerolog does itself.
func WithLevel(level zerolog.Level) Option {
	return optionFunc(func(o *options) { o.level = level })
}

package slogx

import (
	"context"
	"fmt"
	"log/slog"
)

// Option changes a default of NewHandler.
type Option interface{ apply(*options) }

type optionFunc func(*options)

func (f optionFunc) apply(o *options) { f(o) }

type options struct {
	level       slog.Leveler
	source      bool
	replace     func([]string, slog.Attr) slog.Attr
	fromContext []func(context.Context) []slog.Attr
}

// checkLevel panics if the level panics when it is asked, as each log call would then.
func (o *options) checkLevel() {
	defer func() {
		if p := recover(); p != nil {
			panic(fmt.Sprintf("slogx: NewHandler: WithLevel: the %T cannot be asked: %v", o.level, p))
		}
	}()
	o.level.Level()
}

// WithLevel sets the lowest level that is taken; a *slog.LevelVar may change it
// later. The default is slog.LevelInfo, and so is nil.
func WithLevel(level slog.Leveler) Option {
	return optionFunc(func(o *options) {
		if o.level = level; level == nil {
			o.level = slog.LevelInfo
		}
	})
}

// WithSource adds the place of the log call as "source", an object with
// function, file and line. The default is not to.
func WithSource() Option {
	return optionFunc(func(o *options) { o.source = true })
}

// WithReplaceAttr sets a function that may change or remove each attribute that
// is not a group, as in slog.HandlerOptions: groups holds the names of the open
// groups and must not be kept or changed, and the zero Attr removes. It sees
// the built-in attributes under slog's names (time, level, msg, source); one
// that it does not rename gets ours. The default is none, and so is nil.
func WithReplaceAttr(replace func(groups []string, a slog.Attr) slog.Attr) Option {
	return optionFunc(func(o *options) { o.replace = replace })
}

// WithContextAttrs sets a function that returns attributes from the context of
// a log call, such as a trace id. They stand at the top of the record, before
// those of the logger, whatever groups are open. It may be given more than
// once; nil is ignored.
func WithContextAttrs(attrs func(context.Context) []slog.Attr) Option {
	return optionFunc(func(o *options) {
		if attrs != nil {
			o.fromContext = append(o.fromContext, attrs)
		}
	})
}

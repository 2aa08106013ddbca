package published

import (
	"context"
	"io"

	"github.com/rs/zerolog"
)

// zerologHooks are from hook_test.go.
func zerologHooks() []zerologCase {
	z := zerologTable{file: "hook_test.go"}
	levelName := zerolog.HookFunc(func(e event, level zerolog.Level, _ string) {
		if level == zerolog.NoLevel {
			e.Str("level_name", "nolevel")
			return
		}
		e.Str("level_name", level.String())
	})
	simple := zerolog.HookFunc(func(e event, level zerolog.Level, _ string) {
		e.Bool("has_level", level != zerolog.NoLevel).Str("test", "logged")
	})
	copied := zerolog.HookFunc(func(e event, level zerolog.Level, message string) {
		e.Bool("copy_has_level", level != zerolog.NoLevel)
		if level != zerolog.NoLevel {
			e.Str("copy_level", level.String())
		}
		e.Str("copy_msg", message)
	})
	discard := zerolog.HookFunc(func(e event, _ zerolog.Level, _ string) { e.Discard() })
	fromContext := zerolog.HookFunc(func(e event, _ zerolog.Level, _ string) {
		if s, ok := e.GetCtx().Value(contextKey{}).(string); ok {
			e.Str("context-data", s)
		}
	})
	const named, both = `{"level":"error","level_name":"error"}`, `{"level":"error","level_name":"error","has_level":true,"test":"logged"}`
	fail := func(l logger) { l.Error().Msg("") }
	add := func(test, want string, say func(logger)) { z.add("TestHook/"+test, want, say) }
	add("Message/none", `{"message":"test message"}`, func(l logger) { l = l.Hook(); l.Log().Msg("test message") })
	add("Message", `{"level_name":"nolevel","message":"test message"}`, func(l logger) { l = l.Hook(levelName); l.Log().Msg("test message") })
	add("NoLevel", `{"level_name":"nolevel"}`, func(l logger) { l = l.Hook(levelName); l.Log().Msg("") })
	add("Print", `{"level":"debug","level_name":"debug"}`, func(l logger) { l = l.Hook(levelName); l.Print("") })
	add("Error", named, func(l logger) { fail(l.Hook(levelName)) })
	add("Copy/1", `{"copy_has_level":false,"copy_msg":""}`, func(l logger) { l = l.Hook(copied); l.Log().Msg("") })
	add("Copy/2", `{"level":"info","copy_has_level":true,"copy_level":"info","copy_msg":"a message","message":"a message"}`,
		func(l logger) { l = l.Hook(copied); l.Info().Msg("a message") })
	add("Multi", both, func(l logger) { fail(l.Hook(levelName).Hook(simple)) })
	add("Multi/Message", `{"level":"error","level_name":"error","has_level":true,"test":"logged","message":"a message"}`,
		func(l logger) { l = l.Hook(levelName).Hook(simple); l.Error().Msg("a message") })
	other := zerolog.New(io.Discard)
	for _, c := range []struct {
		name, want string
		logger     func(io.Writer) logger
	}{
		{"single/pre", named, func(w io.Writer) logger { return other.Hook(levelName).Output(w) }},
		{"single/post", named, func(w io.Writer) logger { return other.Output(w).Hook(levelName) }},
		{"multi/pre", both, func(w io.Writer) logger { return other.Hook(levelName).Hook(simple).Output(w) }},
		{"multi/post", both, func(w io.Writer) logger { return other.Output(w).Hook(levelName).Hook(simple) }},
		{"mixed", both, func(w io.Writer) logger { return other.Hook(levelName).Output(w).Hook(simple) }},
	} {
		z.add("TestHook/Output/"+c.name, c.want, nil).over = func(w io.Writer) { fail(c.logger(w)) }
	}
	const pre, post = `{"level":"error","with":"pre","level_name":"error"`, `{"level":"error","with":"post","level_name":"error"`
	add("With/single/pre", pre+`}`, func(l logger) { l = l.Hook(levelName); fail(*with(l.With().Str("with", "pre"))) })
	add("With/single/post", post+`}`, func(l logger) { fail(with(l.With().Str("with", "post")).Hook(levelName)) })
	add("With/multi/pre", pre+`,"has_level":true,"test":"logged"}`, func(l logger) {
		l = l.Hook(levelName).Hook(simple)
		fail(*with(l.With().Str("with", "pre")))
	})
	add("With/multi/post", post+`,"has_level":true,"test":"logged"}`, func(l logger) {
		fail(with(l.With().Str("with", "post")).Hook(levelName).Hook(simple))
	})
	add("With/mixed", `{"level":"error","with":"mixed","level_name":"error","has_level":true,"test":"logged"}`, func(l logger) {
		l = l.Hook(levelName)
		fail(with(l.With().Str("with", "mixed")).Hook(simple))
	})
	add("Discard", "", func(l logger) { l = l.Hook(discard); l.Log().Msg("test message") })
	const plain, data = `{"level":"info","message":"test message"}`, `{"level":"info","context-data":"12345abcdef","message":"test message"}`
	valid := context.WithValue(context.Background(), contextKey{}, "12345abcdef")
	add("Context/Background", plain, func(l logger) { l = l.Hook(fromContext); l.Info().Ctx(context.Background()).Msg("test message") })
	add("Context/nil", plain, func(l logger) {
		var none context.Context
		l = l.Hook(fromContext)
		l.Info().Ctx(none).Msg("test message")
	})
	add("Context/valid", data, func(l logger) { l = l.Hook(fromContext); l.Info().Ctx(valid).Msg("test message") })
	add("Context/With/valid", data, func(l logger) { l = l.Hook(fromContext); with(l.With().Ctx(valid)).Info().Msg("test message") })
	add("None", `{"level":"error"}`, fail)
	return z.list
}

package conformance

import (
	"log/slog"
)

// What follows is for slog alone.
type (
	asString  struct{ s string }
	asGroup   struct{ attrs []slog.Attr }
	asOther   struct{ v slog.Value }
	endless   struct{}
	panicsVal struct{}
)

func (a asString) LogValue() slog.Value { return slog.StringValue(a.s) }
func (a asGroup) LogValue() slog.Value  { return slog.GroupValue(a.attrs...) }
func (a asOther) LogValue() slog.Value  { return a.v }
func (e endless) LogValue() slog.Value  { return slog.AnyValue(e) }
func (panicsVal) LogValue() slog.Value  { panic("in LogValue") }

func (a asString) String() string { return "not asked" }

// ofSlog is a kind that only slog has.
func ofSlog(name string, want, v any) kind {
	return kind{name: "slog: " + name, want: want, slog: withSlog(v)}
}

// leftOut is what slog does not log.
func leftOut(name string, v any) kind {
	k := ofSlog(name, nil, v)
	k.members = nothing
	return k
}

func slogKinds() []kind {
	ab := []slog.Attr{slog.Int("a", 1), slog.String("b", "x")}
	inlined := kind{name: "slog: inline group", slog: func(string) slog.Attr { return slog.Attr{Value: slog.GroupValue(ab...)} }}
	inlined.members = func(string) object { return object{{"a", 1}, {"b", "x"}} }
	valuer := kind{name: "slog: inline LogValuer", slog: func(string) slog.Attr { return slog.Any("", asGroup{ab}) }, members: inlined.members}
	unset := kind{name: "slog: empty attribute", slog: func(string) slog.Attr { return slog.Attr{} }, members: nothing}
	var nilValuer slog.LogValuer
	return []kind{
		inlined, valuer, unset,
		ofSlog("LogValuer", "x", asString{"x"}),
		ofSlog("LogValuer of a LogValuer", "x", asOther{slog.AnyValue(asOther{slog.AnyValue(asString{"x"})})}),
		ofSlog("LogValuer of an error", errPlain.Error(), asOther{slog.AnyValue(errPlain)}),
		ofSlog("LogValuer of a struct", point{X: 1}, asOther{slog.AnyValue(point{X: 1})}),
		ofSlog("LogValuer of nil", nil, asOther{slog.AnyValue(nil)}),
		ofSlog("nil LogValuer", nil, nilValuer),
		ofSlog("LogValuer of a group", object{{"a", 1}, {"b", "x"}}, asGroup{ab}),
		ofSlog("LogValuer of a group with a LogValuer", object{{"g", object{{"a", 1}, {"b", "x"}}}}, asGroup{[]slog.Attr{slog.Any("g", asGroup{ab})}}),
		// slog has its own words for these, and calls them an error.
		ofSlog("LogValuer without end", begins("LogValue called too many times"), endless{}),
		ofSlog("panicking LogValuer", begins("LogValue panicked"), panicsVal{}),
		// Within another value, encoding/json is asked, which knows no LogValuer.
		ofSlog("LogValuer in a list", []any{struct{}{}}, []any{asString{"x"}}),
		ofSlog("group", object{{"a", 1}, {"b", "x"}}, slog.GroupValue(ab...)),
		ofSlog("group as a list of attributes", object{{"a", 1}, {"b", "x"}}, ab),
		ofSlog("group of groups", object{{"g", object{{"a", 1}, {"b", "x"}}}}, slog.GroupValue(slog.GroupAttrs("g", ab...), slog.Group("none"))),
		ofSlog("group with the same key twice", object{{"a", 1}, {"a", 2}}, slog.GroupValue(slog.Int("a", 1), slog.Int("a", 2))),
		ofSlog("group with an inline group", object{{"a", 1}, {"b", "x"}, {"c", 2}}, slog.GroupValue(slog.GroupAttrs("", ab...), slog.Int("c", 2))),
		leftOut("empty group", slog.GroupValue()),
		leftOut("group of empty groups", slog.GroupValue(slog.Group("a"), slog.Group("b", slog.Group("c")))),
		leftOut("LogValuer of an empty group", asGroup{}),
		ofSlog("value in a value", 3, slog.AnyValue(slog.IntValue(3))),
		ofSlog("level", slog.LevelWarn+1, slog.LevelWarn+1),
		ofSlog("kind", slog.KindTime, slog.KindTime),
	}
}

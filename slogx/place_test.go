package slogx_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/logsto/logsto-go/internal/capture"
	"github.com/logsto/logsto-go/slogx"
)

// TestReservedNamesOfGroups checks that groups have the prefix at the top of a record
// and nowhere else.
func TestReservedNamesOfGroups(t *testing.T) {
	for want, log := range map[string]func(*slog.Logger){
		`"g":{"a":1,"level":{"b":2}}}`: func(l *slog.Logger) { l.WithGroup("g").With("a", 1).WithGroup("level").Info("m", "b", 2) },
		`"g":{"a":1,"level":{"b":2,"message":{"timestamp":3}}}}`: func(l *slog.Logger) {
			l.WithGroup("g").With("a", 1).WithGroup("level").With("b", 2).WithGroup("message").Info("m", "timestamp", 3)
		},
		`"fields.level":{"message":{"b":2}}}`: func(l *slog.Logger) { l.WithGroup("level").WithGroup("message").With("b", 2).Info("m") },
		`"a":1,"fields.level":{"b":2}}`:       func(l *slog.Logger) { l.With("a", 1).WithGroup("level").Info("m", "b", 2) },
	} {
		b, sent := capture.Buffer(t)
		log(slog.New(slogx.NewHandler(b)))
		sameRest(t, sent(), want)
	}
}

// inline resolves to a group without a name that has it.
type inline struct{}

func (inline) LogValue() slog.Value { return slog.GroupValue(slog.Any("", inline{})) }

// TestGroupsWithoutANameEnd checks that what holds itself without a name, which adds
// no object, ends all the same.
func TestGroupsWithoutANameEnd(t *testing.T) {
	for name, c := range map[string]struct {
		replace replaceFunc
		log     func(*slog.Logger)
	}{
		"value":      {nil, func(l *slog.Logger) { l.Info("m", "", inline{}, "z", 1) }},
		"in a group": {nil, func(l *slog.Logger) { l.WithGroup("g").Info("m", "", inline{}, "z", 1) }},
		"in With":    {nil, func(l *slog.Logger) { l.With("", inline{}).Info("m", "z", 1) }},
		"replaced": {
			func(_ []string, a slog.Attr) slog.Attr {
				if a.Key == "z" {
					return a
				}
				return slog.Group("", a)
			},
			func(l *slog.Logger) { l.Info("m", "a", 1, "z", 1) },
		},
		"built-in": {
			onTop(slog.MessageKey, func(a slog.Attr) slog.Attr { return slog.Group("", a) }),
			func(l *slog.Logger) { l.Info("m", "z", 1) },
		},
	} {
		b, sent := capture.Buffer(t)
		c.log(slog.New(slogx.NewHandler(b, slogx.WithReplaceAttr(c.replace))))
		got := sent()
		if len(got) != 1 || !strings.Contains(got[0], `:"!ERROR: nested in more than 100 groups`) || !strings.Contains(got[0], `,"z":1}`) {
			t.Errorf("%s: got %.300s", name, got)
		}
	}
}

// TestRenamedBuiltins checks that a built-in attribute that is given the name of
// another hides it as little as a field would.
func TestRenamedBuiltins(t *testing.T) {
	rename := func(from, to string) replaceFunc {
		return onTop(from, func(a slog.Attr) slog.Attr { a.Key = to; return a })
	}
	for _, c := range []struct {
		from, to, want string
	}{
		{"msg", "level", `,"level":"info","fields.level":"m","source":{`},
		{"source", "message", `,"level":"info","message":"m","fields.message":{"function":"`},
		{"time", "timestamp", `{"timestamp":"2026-11-23T20:18:41.000000005Z","level":"info","message":"m","source":{`},
		{"msg", "message", `,"level":"info","message":"m","source":{`},
		{"level", "message", `,"fields.message":"info","message":"m","source":{`},
	} {
		b, sent := capture.Buffer(t)
		h := slogx.NewHandler(b, slogx.WithSource(), slogx.WithReplaceAttr(rename(c.from, c.to)))
		slog.New(fixedTime{h, time.Date(2026, 11, 23, 20, 18, 41, 5, time.UTC)}).Info("m")
		if got := sent(); len(got) != 1 || !strings.Contains(got[0], c.want) {
			t.Errorf("%s to %s: got %s", c.from, c.to, got)
		}
	}
}

// TestReplaceAttrOfTheContext checks that attributes from the context, which stand
// at the top of the record, are in no group whatever the logger is in.
func TestReplaceAttrOfTheContext(t *testing.T) {
	b, sent := capture.Buffer(t)
	fromContext := func(context.Context) []slog.Attr {
		return []slog.Attr{slog.Int("where", 0), slog.Group("h", "where", 0), slog.Int("level", 1)}
	}
	l := slog.New(slogx.NewHandler(b, slogx.WithContextAttrs(fromContext), slogx.WithReplaceAttr(naming)))
	l.WithGroup("g").With("a", 1).WithGroup("i").Info("m", "where", 0)
	sameRest(t, sent(), `"where":"","h":{"where":"h"},"fields.level":1,"g":{"a":1,"i":{"where":"g.i"}}}`)
}

// TestSourceOfNoCall checks that ReplaceAttr is shown a source also where there is
// none, as by slog.JSONHandler, and may give one.
func TestSourceOfNoCall(t *testing.T) {
	b, sent := capture.Buffer(t)
	r := slog.NewRecord(time.Now(), slog.LevelInfo, "m", 0)
	var seen []any
	handle := func(replace replaceFunc) {
		h := slogx.NewHandler(b, slogx.WithSource(), slogx.WithReplaceAttr(onTop(slog.SourceKey, func(a slog.Attr) slog.Attr {
			seen = append(seen, a.Value.Any())
			return replace(nil, a)
		})))
		_ = h.Handle(context.Background(), r)
	}
	handle(func(_ []string, a slog.Attr) slog.Attr { return a })
	handle(func(_ []string, a slog.Attr) slog.Attr { return slog.String(a.Key, "elsewhere") })
	empty := func(v any) bool { s, ok := v.(*slog.Source); return ok && s != nil && *s == slog.Source{} }
	if len(seen) != 2 || slices.ContainsFunc(seen, func(v any) bool { return !empty(v) }) {
		t.Errorf("shown %v", seen)
	}
	got := sent()
	if len(got) != 2 || !strings.HasSuffix(got[0], `"message":"m"}`) || !strings.HasSuffix(got[1], `"message":"m","source":"elsewhere"}`) {
		t.Errorf("got %s", got)
	}
}

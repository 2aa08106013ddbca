package differential

import (
	"bytes"
	"context"
	"hash/fnv"
	"log/slog"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/slogx"
)

// FuzzSlog compares slogx with slog.JSONHandler.
func FuzzSlog(f *testing.F) { fuzz(f, checkSlog) }

func TestSlog(t *testing.T) { random(t, checkSlog) }

// replaceAttr is what ReplaceAttr does with attributes that are not built in; it
// depends on nothing but the attribute.
func replaceAttr(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey || a.Key == slog.SourceKey) {
		return a
	}
	h := fnv.New32()
	_, _ = h.Write([]byte(a.Key))
	switch h.Sum32() % 9 {
	case 0:
		return slog.Attr{}
	case 1:
		return slog.String(strings.Join(groups, "."), a.Key)
	case 2:
		return slog.Group(a.Key, "x", 1, "level", slog.GroupValue())
	case 3:
		return slog.Any("message", logValuer{a.Value})
	case 4:
		return slog.Group("", "timestamp", a.Value.Kind().String())
	default:
		return a
	}
}

// builtins are what ReplaceAttr does with the built-in attributes, and with those
// of the user that have their keys.
type builtins map[string]string

func (s *source) builtins() builtins {
	b := builtins{}
	for _, key := range []string{slog.TimeKey, slog.LevelKey, slog.SourceKey, slog.MessageKey} {
		b[key] = pick(s, []string{"keep", "keep", "drop", "rename", "change", "group"})
	}
	return b
}

func (b builtins) replace(groups []string, a slog.Attr) slog.Attr {
	if len(groups) > 0 || b[a.Key] == "" {
		return replaceAttr(groups, a)
	}
	switch b[a.Key] {
	case "drop":
		return slog.Attr{}
	case "rename":
		a.Key = "the " + a.Key
	case "change":
		a.Value = slog.IntValue(7)
	case "group":
		a.Value = slog.GroupValue(slog.Int("x", 1))
	}
	return a
}

// replacer is a function for ReplaceAttr, or nil.
type replacer func([]string, slog.Attr) slog.Attr

// prune returns the attributes without the groups of which nothing is left: for
// a group that is not empty but whose members all vanish slog.JSONHandler forgets
// the comma that follows, which is not JSON.
func prune(groups []string, attrs []slog.Attr, replace replacer) (kept []slog.Attr) {
	for _, a := range attrs {
		if a.Value = a.Value.Resolve(); a.Value.Kind() == slog.KindGroup {
			inner := groups
			if a.Key != "" {
				inner = append(slices.Clip(groups), a.Key)
			}
			members := prune(inner, a.Value.Group(), replace)
			if len(members) == 0 {
				continue
			}
			a.Value = slog.GroupValue(members...)
		} else if a.Equal(slog.Attr{}) || replace != nil && replace(groups, a).Equal(slog.Attr{}) {
			continue
		}
		kept = append(kept, a)
	}
	return kept
}

// slogCall is a record and how the handler was derived that gets it.
type slogCall struct {
	derive []derivation
	at     time.Time
	level  slog.Level
	msg    string
	attrs  []slog.Attr
}

// derivation is WithGroup if it has a name, and WithAttrs otherwise.
type derivation struct {
	group string
	attrs []slog.Attr
}

func (s *source) slogCall() slogCall {
	var c slogCall
	for range s.below(6) {
		if s.one(2) {
			c.derive = append(c.derive, derivation{group: s.key()})
		} else {
			c.derive = append(c.derive, derivation{attrs: s.slogAttrs(3)})
		}
	}
	c.level = pick(s, []slog.Level{slog.LevelInfo, slog.LevelDebug, slog.LevelWarn, slog.LevelError, slog.LevelInfo + 2, slog.LevelDebug - 7, slog.LevelError + 100})
	c.at, c.msg, c.attrs = s.time(), s.str(), s.slogAttrs(4)
	if !s.one(3) { // or all attributes may vanish, and the groups with them
		c.attrs = append(c.attrs, slog.Int("last", 1))
	}
	return c
}

// to lets h have the record.
func (c *slogCall) to(h slog.Handler, edit func([]string, []slog.Attr) []slog.Attr, pc uintptr) {
	var groups []string
	for _, d := range c.derive {
		parent := h
		if d.group != "" {
			h = h.WithGroup(d.group)
			groups = append(groups, d.group)
		} else {
			h = h.WithAttrs(edit(groups, d.attrs))
		}
		// A sibling must not write into what the two share.
		_ = parent.WithGroup("sibling").WithAttrs([]slog.Attr{slog.Int("sibling", 1)})
		_ = parent.WithAttrs([]slog.Attr{slog.Int("sibling", 1)}).WithGroup("sibling")
	}
	r := slog.NewRecord(c.at, c.level, c.msg, pc)
	r.AddAttrs(edit(groups, c.attrs)...)
	_ = h.Handle(context.Background(), r)
}

// badTime is what slog.JSONHandler makes of a year that RFC 3339 does not have,
// which is not JSON: an error and the time behind it.
var badTime = regexp.MustCompile(`("!ERROR:time.Time year outside of range \[0,9999\]")"[^"]*"`)

func checkSlog(t *testing.T, data []byte) {
	t.Helper()
	s := newSource(data)
	source := s.one(3)
	var pcs [1]uintptr
	runtime.Callers(1, pcs[:])
	opts := []slogx.Option{slogx.WithLevel(slog.Level(-1000))}
	theirOpts := &slog.HandlerOptions{Level: slog.Level(-1000), AddSource: source}
	var does builtins
	switch s.below(6) {
	case 4:
		theirOpts.ReplaceAttr = replaceAttr
	case 5:
		does = s.builtins()
		theirOpts.ReplaceAttr = does.replace
	}
	opts = append(opts, slogx.WithReplaceAttr(theirOpts.ReplaceAttr))
	if source {
		opts = append(opts, slogx.WithSource())
	}
	c := s.slogCall()
	as := func(_ []string, attrs []slog.Attr) []slog.Attr { return slices.Clone(attrs) }
	p := record(t, s.sloppy, func(b *batch.Buffer) { c.to(slogx.NewHandler(b, opts...), as, pcs[0]) })
	var out bytes.Buffer
	c.to(slog.NewJSONHandler(&out, theirOpts), func(groups []string, attrs []slog.Attr) []slog.Attr {
		return prune(groups, attrs, theirOpts.ReplaceAttr)
	}, pcs[0])
	want := badTime.ReplaceAll(out.Bytes(), []byte("$1"))

	ours, err := parse(p)
	if err != nil {
		t.Fatalf("%v in %s", err, p)
	}
	theirs, err := parse(want)
	if err != nil {
		t.Fatalf("%v in theirs: %s", err, want)
	}
	head := slogHead(theirs, does, c.at, source)
	n := len(head.list)
	head.keys, head.list = append(head.keys, theirs.keys...), append(head.list, theirs.list...)
	if err := (&comparison{source: s}).diff("", ours, head.fields(n)); err != nil {
		t.Fatalf("%v\nours   %s\ntheirs %s", err, p, want)
	}
}

// slogHead takes the built-in attributes out of theirs and puts them in the order,
// under the keys and in the forms that we have.
func slogHead(theirs *node, does builtins, at time.Time, source bool) *node {
	taken := map[string]*node{}
	for _, key := range []string{slog.TimeKey, slog.LevelKey, slog.SourceKey, slog.MessageKey} {
		if does[key] == "drop" || key == slog.TimeKey && at.IsZero() || key == slog.SourceKey && !source {
			continue
		}
		v := theirs.take(0)
		if said := does[key] != "change" && does[key] != "group"; said && key == slog.TimeKey {
			v = str(stamp(at))
		} else if said && key == slog.LevelKey {
			v = str(strings.ToLower(v.text))
		}
		taken[key] = v
	}
	head := &node{kind: object}
	for _, k := range [][2]string{{slog.TimeKey, "timestamp"}, {slog.LevelKey, "level"}, {slog.MessageKey, "message"}, {slog.SourceKey, "source"}} {
		if v := taken[k[0]]; v != nil {
			if does[k[0]] == "rename" {
				k[1] = "the " + k[0]
			}
			head.add(k[1], v)
		}
	}
	return head
}

// stamp returns how the time of a record is written: in UTC, with nine digits,
// in the years that RFC 3339 has.
func stamp(at time.Time) string {
	nano := at.Nanosecond()
	switch at = at.UTC(); {
	case at.Year() < 0:
		at = time.Date(0, 1, 1, 0, 0, 0, nano, time.UTC)
	case at.Year() > 9999:
		at = time.Date(9999, 12, 31, 23, 59, 59, nano, time.UTC)
	}
	return at.Format("2006-01-02T15:04:05.000000000Z")
}

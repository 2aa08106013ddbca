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

type logValuer struct{ v slog.Value }

func (v logValuer) LogValue() slog.Value { return v.v }

type endless struct{}

func (endless) LogValue() slog.Value { return slog.AnyValue(endless{}) }

type panickingValuer struct{}

func (panickingValuer) LogValue() slog.Value { panic("in LogValue") }

func (s *source) slogValue(depth int) slog.Value {
	n := s.below(16)
	if depth == 0 {
		n %= 11
	}
	switch n {
	case 0:
		return slog.StringValue(s.str())
	case 1:
		return slog.Int64Value(s.int())
	case 2:
		return slog.Uint64Value(uint64(s.int()))
	case 3:
		return slog.Float64Value(s.float())
	case 4:
		return slog.BoolValue(s.one(2))
	case 5:
		return slog.DurationValue(s.duration())
	case 6:
		return slog.TimeValue(s.time())
	case 7, 8:
		return slog.AnyValue(s.value(3, false))
	case 9:
		return slog.AnyValue(s.err())
	case 10:
		return pick(s, []slog.Value{
			{},
			slog.AnyValue(panicking{"boom"}), slog.AnyValue(endless{}), slog.AnyValue(panickingValuer{}),
			slog.AnyValue(slog.LevelWarn + 1),
			slog.AnyValue((*logValuer)(nil)),
		})
	case 11:
		return slog.AnyValue(logValuer{s.slogValue(depth - 1)})
	default:
		return slog.GroupValue(s.slogAttrs(depth - 1)...)
	}
}

func (s *source) slogAttrs(depth int) []slog.Attr {
	attrs := make([]slog.Attr, s.below(5))
	for i := range attrs {
		attrs[i] = slog.Attr{Key: s.key(), Value: s.slogValue(depth)}
		if attrs[i].Key == "source" && s.one(2) {
			attrs[i].Value = slog.AnyValue(&slog.Source{Function: s.str() + "f", File: "a.go", Line: 3})
		}
	}
	return attrs
}

// replaceAttr is what ReplaceAttr does with attributes that are not built in; it
// depends on nothing but the attribute.
func replaceAttr(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey || a.Key == slog.SourceKey) {
		return a
	}
	if a.Key == "function" || a.Key == "file" || a.Key == "line" {
		return a // slog asks for the parts of the source too, which slogx does not
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

// prune returns the attributes without the groups of which nothing is left: for
// a group that is not empty but whose members all vanish slog.JSONHandler forgets
// the comma that follows, which is not JSON.
func prune(attrs []slog.Attr, replace bool) (kept []slog.Attr) {
	for _, a := range attrs {
		if a.Value = a.Value.Resolve(); a.Value.Kind() == slog.KindGroup {
			members := prune(a.Value.Group(), replace)
			if len(members) == 0 {
				continue
			}
			a.Value = slog.GroupValue(members...)
		} else if r := replaceAttr(nil, a); a.Equal(slog.Attr{}) || replace && r.Equal(slog.Attr{}) {
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
func (c *slogCall) to(h slog.Handler, edit func([]slog.Attr) []slog.Attr, pc uintptr) {
	for _, d := range c.derive {
		if d.group != "" {
			h = h.WithGroup(d.group)
		} else {
			h = h.WithAttrs(edit(d.attrs))
		}
	}
	r := slog.NewRecord(c.at, c.level, c.msg, pc)
	r.AddAttrs(edit(c.attrs)...)
	_ = h.Handle(context.Background(), r)
}

// badTime is what slog.JSONHandler makes of a year that RFC 3339 does not have,
// which is not JSON: an error and the time behind it.
var badTime = regexp.MustCompile(`("!ERROR:time.Time year outside of range \[0,9999\]")"[^"]*"`)

func checkSlog(t *testing.T, data []byte) {
	t.Helper()
	s := newSource(data)
	replace, source := s.one(3), s.one(3)
	var pcs [1]uintptr
	runtime.Callers(1, pcs[:])
	c := s.slogCall()

	opts := []slogx.Option{slogx.WithLevel(slog.Level(-1000))}
	theirOpts := &slog.HandlerOptions{Level: slog.Level(-1000), AddSource: source}
	if replace {
		opts = append(opts, slogx.WithReplaceAttr(replaceAttr))
		theirOpts.ReplaceAttr = replaceAttr
	}
	if source {
		opts = append(opts, slogx.WithSource())
	}
	p := record(t, s.sloppy, func(b *batch.Buffer) { c.to(slogx.NewHandler(b, opts...), slices.Clone, pcs[0]) })
	var out bytes.Buffer
	c.to(slog.NewJSONHandler(&out, theirOpts), func(attrs []slog.Attr) []slog.Attr { return prune(attrs, replace) }, pcs[0])
	want := badTime.ReplaceAll(out.Bytes(), []byte("$1"))

	ours, err := parse(p)
	if err != nil {
		t.Fatalf("%v in %s", err, p)
	}
	theirs, err := parse(want)
	if err != nil {
		t.Fatalf("%v in theirs: %s", err, want)
	}
	n := 2 // built-in members
	if !c.at.IsZero() {
		n++
		theirs.keys[0], theirs.list[0] = "timestamp", str(stamp(c.at))
	}
	level := n - 2
	theirs.list[level].text = strings.ToLower(theirs.list[level].text)
	if source { // slog has it before the message
		theirs.keys[level+1], theirs.keys[level+2] = theirs.keys[level+2], theirs.keys[level+1]
		theirs.list[level+1], theirs.list[level+2] = theirs.list[level+2], theirs.list[level+1]
		n++
	}
	theirs.keys[level+1] = "message"
	if err := (&comparison{source: s}).diff("", ours, theirs.fields(n)); err != nil {
		t.Fatalf("%v\nours   %s\ntheirs %s", err, p, want)
	}
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

package slogx_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/logsto/logsto-go/internal/capture"
	"github.com/logsto/logsto-go/slogx"
)

type replaceFunc = func(groups []string, a slog.Attr) slog.Attr

// token is a value that says what it is when it is asked.
type token string

func (t token) LogValue() slog.Value { return slog.StringValue("token " + string(t)) }

// tokens resolves to a group with a value that resolves.
type tokens struct{}

func (tokens) LogValue() slog.Value {
	return slog.GroupValue(slog.Any("first", token("a")), slog.Int("second", 2))
}

// onTop applies f to the attributes outside of groups that have the key.
func onTop(key string, f func(slog.Attr) slog.Attr) replaceFunc {
	return func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == key {
			return f(a)
		}
		return a
	}
}

// value gives the attributes outside of groups that have the key another value.
func value(key string, v any) replaceFunc {
	return onTop(key, func(a slog.Attr) slog.Attr { return slog.Any(a.Key, v) })
}

var replacements = map[string]replaceFunc{
	"none":           func(_ []string, a slog.Attr) slog.Attr { return a },
	"all removed":    func([]string, slog.Attr) slog.Attr { return slog.Attr{} },
	"renamed":        func(g []string, a slog.Attr) slog.Attr { a.Key = strings.Join(append(g, a.Key), "/"); return a },
	"no keys":        func(g []string, a slog.Attr) slog.Attr { a.Key = a.Key[:min(len(a.Key), max(0, 2-len(g)))]; return a },
	"upper case":     func(_ []string, a slog.Attr) slog.Attr { a.Key = strings.ToUpper(a.Key); return a },
	"text":           func(_ []string, a slog.Attr) slog.Attr { a.Value = slog.StringValue(a.Value.String()); return a },
	"no time":        onTop(slog.TimeKey, func(slog.Attr) slog.Attr { return slog.Attr{} }),
	"other time":     value(slog.TimeKey, time.Date(1999, 12, 31, 23, 0, 0, 7, time.FixedZone("", -3600))),
	"time as number": onTop(slog.TimeKey, func(a slog.Attr) slog.Attr { return slog.Int64("ts", a.Value.Time().UnixNano()) }),
	"time as text":   value(slog.TimeKey, "noon"),
	"zero time":      value(slog.TimeKey, time.Time{}),
	"no level":       onTop(slog.LevelKey, func(slog.Attr) slog.Attr { return slog.Attr{} }),
	"other level":    value(slog.LevelKey, slog.LevelError+1),
	"level as text":  value(slog.LevelKey, "NOTICE"),
	"level renamed":  onTop(slog.LevelKey, func(a slog.Attr) slog.Attr { a.Key = "severity"; return a }),
	"level as group": value(slog.LevelKey, slog.GroupValue(slog.Int("n", 1), slog.Any("t", token("x")))),
	"time as group":  value(slog.TimeKey, slog.GroupValue(slog.Int("n", 1))),
	"no message":     onTop(slog.MessageKey, func(slog.Attr) slog.Attr { return slog.Attr{} }),
	"message":        value(slog.MessageKey, 42),
	"message token":  value(slog.MessageKey, token("m")),
	"message named":  onTop(slog.MessageKey, func(a slog.Attr) slog.Attr { a.Key = "message"; return a }),
	"message inline": onTop(slog.MessageKey, func(slog.Attr) slog.Attr { return slog.Group("", "x", 1, "y", 2) }),
	"message nil":    value(slog.MessageKey, nil),
	"source base": onTop(slog.SourceKey, func(a slog.Attr) slog.Attr {
		if s, ok := a.Value.Any().(*slog.Source); ok {
			s.File = filepath.Base(s.File)
		}
		return a
	}),
	"source as text": value(slog.SourceKey, "here"),
	"source emptied": value(slog.SourceKey, &slog.Source{}),
	"source nil":     value(slog.SourceKey, (*slog.Source)(nil)),
	"value removed":  onTop("a", func(slog.Attr) slog.Attr { return slog.Attr{} }),
	"value nil":      value("a", nil),
	"value level":    value("a", slog.LevelWarn),
	"value source":   value("a", &slog.Source{File: "f.go", Line: 7}),
	"value token":    value("a", token("later")),
	"value group":    value("a", tokens{}),
	"value inline":   onTop("a", func(slog.Attr) slog.Attr { return slog.Group("", slog.Any("i", tokens{}), slog.Int("j", 1)) }),
	"value error":    value("a", errors.New("no")),
	"in groups": func(g []string, a slog.Attr) slog.Attr {
		if slices.Equal(g, []string{"g", "h"}) {
			return slog.Any(a.Key, tokens{})
		}
		return a
	},
	"groups emptied": func(g []string, a slog.Attr) slog.Attr {
		if len(g) > 0 && g[len(g)-1] == "last" {
			return slog.Attr{}
		}
		return a
	},
}

var replacedCalls = map[string]func(*slog.Logger){
	"bare":   func(l *slog.Logger) { l.Info("m") },
	"custom": func(l *slog.Logger) { l.Log(context.Background(), slog.LevelWarn+1, "m", "a", 1) },
	"flat": func(l *slog.Logger) {
		l.Info("m", "a", 1, "b", token("t"), "c", nil, "d", time.Second, "e", errors.New("no"), "f", tokens{}, "", "x")
	},
	"places": func(l *slog.Logger) {
		l.Info("m", "a", &slog.Source{Function: "f", Line: 1}, "b", &slog.Source{}, "c", (*slog.Source)(nil), "d", slog.LevelInfo)
	},
	"groups": func(l *slog.Logger) {
		l.Info("m", slog.Group("g", "a", 1, slog.Group("h", "a", token("t"), "b", 2)), slog.Group("", "a", 3), "a", 4, slog.Group("last", "z", 1))
	},
	"with": func(l *slog.Logger) {
		l.With("a", 1).WithGroup("g").With("a", token("t"), slog.Group("x", "a", 2)).WithGroup("h").With("a", 3).Info("m", "a", 4, slog.Group("last", "z", 1))
	},
	"open groups": func(l *slog.Logger) {
		l.WithGroup("g").WithGroup("h").Info("m", "a", 1, slog.Group("i", "b", tokens{}))
	},
}

// TestReplaceAttrAsTheStandardHandler compares what ReplaceAttr is asked, and
// what comes of its answers, with slog.JSONHandler.
func TestReplaceAttrAsTheStandardHandler(t *testing.T) {
	at := time.Date(2026, 11, 23, 21, 18, 41, 5, time.FixedZone("", 3600))
	for by, replace := range replacements {
		for name, log := range replacedCalls {
			for _, source := range []bool{false, true} {
				b, sent := capture.Buffer(t)
				var theirs, ours []string
				opts := []slogx.Option{slogx.WithReplaceAttr(noting(replace, &ours))}
				if source {
					opts = append(opts, slogx.WithSource())
				}
				var out bytes.Buffer
				both := slog.NewMultiHandler(
					slog.NewJSONHandler(&out, &slog.HandlerOptions{AddSource: source, ReplaceAttr: noting(replace, &theirs)}),
					slogx.NewHandler(b, opts...))
				log(slog.New(fixedTime{both, at}))
				got := sent()
				if len(got) != 1 {
					t.Fatalf("%s, %s: %d records", by, name, len(got))
				}
				if g, w := members(t, got[0], false), members(t, out.String(), by != "text"); g != w {
					t.Errorf("%s, %s:\n got %s\nwant %s", by, name, g, w)
				}
				if by == "all removed" {
					continue // slog.JSONHandler keeps the name of a group that it drops for being empty
				}
				slices.Sort(ours) // the message comes before the source
				slices.Sort(theirs)
				if !slices.Equal(ours, theirs) {
					t.Errorf("%s, %s: asked for\n     %q\nwant %q", by, name, ours, theirs)
				}
			}
		}
	}
}

// noting notes what a ReplaceAttr is asked.
func noting(replace replaceFunc, calls *[]string) replaceFunc {
	return func(groups []string, a slog.Attr) slog.Attr {
		*calls = append(*calls, fmt.Sprintf("%q %q %v %v", groups, a.Key, a.Value.Kind(), a.Value))
		return replace(slices.Clone(groups), a)
	}
}

// members returns the top of a record, a line for each member, with those that
// each record has first. The names of slog.JSONHandler become ours, and where
// forms is true, its forms of the time and the level too.
func members(t *testing.T, record string, forms bool) string {
	t.Helper()
	var lines []string
	dec := json.NewDecoder(strings.NewReader(record))
	if _, err := dec.Token(); err != nil {
		t.Fatal(err)
	}
	for dec.More() {
		key, err := dec.Token()
		var v json.RawMessage
		if err == nil {
			err = dec.Decode(&v)
		}
		if err != nil {
			t.Fatalf("%v in %s", err, record)
		}
		text, k := string(v), key.(string)
		if name, ok := map[string]string{slog.TimeKey: "timestamp", slog.MessageKey: "message"}[k]; ok {
			k = name
		}
		if forms {
			text = ourForm(k, text)
		}
		lines = append(lines, fmt.Sprintf("%d %q: %s", rank(k), k, text))
	}
	if _, err := dec.Token(); err != nil {
		t.Fatalf("%v in %s", err, record)
	}
	slices.SortStableFunc(lines, func(a, b string) int { return int(a[0]) - int(b[0]) })
	return strings.Join(lines, "\n     ")
}

func ourForm(key, text string) string {
	if at, err := time.Parse(`"`+time.RFC3339Nano+`"`, text); err == nil && rank(key) == 1 {
		return at.UTC().Format(`"2006-01-02T15:04:05.000000000Z"`)
	}
	var level slog.Level
	if rank(key) == 2 && json.Unmarshal([]byte(text), &level) == nil {
		return strings.ToLower(text)
	}
	return text
}

// rank says which of the attributes that each record has the key belongs to,
// under any of the names that the test gives it.
func rank(key string) int {
	for i, names := range [][]string{{"timestamp", "TIME", "ti", "ts"}, {"level", "LEVEL", "le", "severity"}, {"message", "MSG", "ms"}, {"source", "SOURCE", "so"}} {
		if slices.Contains(names, key) {
			return 1 + i
		}
	}
	return 5
}

package conformance

import (
	"log/slog"

	"github.com/rs/zerolog"
	"github.com/sirupsen/logrus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// positions returns the cases of a kind: one for each place where it can stand.
func positions(k kind) []testCase {
	list := []testCase{atTop(k), inWith(k), inGroup(k), inWithGroup(k), behindGroup(k), reserved(k), inArray(k), inList(k), inListInWith(k), inMap(k)}
	all := list[:0]
	for _, c := range list {
		if c.slog != nil || c.zap != nil || c.zerolog != nil || c.logrus != nil {
			all = append(all, c)
		}
	}
	return all
}

// then returns the members with one more.
func (o object) then(key string, value any) object {
	return append(o[:len(o):len(o)], field{key, value})
}

// prefixed returns the members with what they are called at the top of a record
// where they have keys of ours.
func (o object) prefixed() object {
	out := make(object, len(o))
	for i, f := range o {
		switch f.key {
		case "timestamp", "level", "message":
			f.key = "fields." + f.key
		}
		out[i] = f
	}
	return out
}

func atTop(k kind) testCase {
	c := testCase{name: k.name, fields: k.in("k").then("z", 1)}
	if k.slog != nil {
		c.slog = func(l *slog.Logger) { l.Info("m", k.slog("k"), "z", 1) }
	}
	if k.zap != nil {
		c.zap = func(l *zap.Logger) { l.Info("m", k.zap("k"), zap.Int("z", 1)) }
	}
	if k.event != nil {
		c.zerolog = func(l zerolog.Logger) { k.event(l.Info(), "k").Int("z", 1).Msg("m") }
	}
	if k.hasValue() {
		c.logrus = func(l *logrus.Logger) { l.WithField("k", k.value).WithField("z", 1).Info("m") }
	}
	return c
}

func inWith(k kind) testCase {
	c := testCase{name: k.name + " in With", fields: k.in("k").then("z", 1)}
	if k.slog != nil {
		c.slog = func(l *slog.Logger) { l.With(k.slog("k")).Info("m", "z", 1) }
	}
	if k.zap != nil {
		c.zap = func(l *zap.Logger) { l.With(k.zap("k")).Info("m", zap.Int("z", 1)) }
	}
	if k.ctx != nil {
		c.zerolog = func(l zerolog.Logger) {
			l = k.ctx(l.With(), "k").Logger()
			l.Info().Int("z", 1).Msg("m")
		}
	}
	if k.hasValue() {
		c.logrus = func(l *logrus.Logger) {
			l.WithFields(logrus.Fields{"k": k.value}).WithFields(logrus.Fields{"z": 1}).Info("m")
		}
	}
	return c
}

// inGroup is for fields in groups of the record. Keys of ours are free there.
func inGroup(k kind) testCase {
	inner := k.in("level").then("h", k.in("k").then("z", 1))
	c := testCase{name: k.name + " in a group", fields: object{{"a", 0}, {"g", inner}}}
	if k.slog != nil {
		c.slog = func(l *slog.Logger) {
			l.Info("m", "a", 0, slog.Group("g", k.slog("level"), slog.Group("h", k.slog("k"), "z", 1)))
		}
	}
	if k.zap != nil {
		c.zap = func(l *zap.Logger) {
			l.Info("m", zap.Int("a", 0), zap.Dict("g", k.zap("level"), zap.Dict("h", k.zap("k"), zap.Int("z", 1))))
		}
	}
	if k.event != nil {
		c.zerolog = func(l zerolog.Logger) {
			e := l.Info()
			h := k.event(e.CreateDict(), "k").Int("z", 1)
			e.Int("a", 0).Dict("g", k.event(e.CreateDict(), "level").Dict("h", h)).Msg("m")
		}
	}
	return c
}

func inWithGroup(k kind) testCase {
	c := testCase{name: k.name + " in With in a group", fields: object{{"a", 0}, {"g", k.in("k").then("h", object{{"z", 1}})}}}
	if k.slog != nil {
		c.slog = func(l *slog.Logger) {
			l.With("a", 0).WithGroup("g").With(k.slog("k")).WithGroup("h").Info("m", "z", 1)
		}
	}
	if k.zap != nil {
		c.zap = func(l *zap.Logger) {
			l.With(zap.Int("a", 0), zap.Namespace("g")).With(k.zap("k"), zap.Namespace("h")).Info("m", zap.Int("z", 1))
		}
	}
	return c
}

// behindGroup is for fields of a call behind a group that With has opened. Keys of
// ours are free there too.
func behindGroup(k kind) testCase {
	inner := append(object{{"a", 0}}, k.in("level")...).then("message", k.in("timestamp").then("z", 1))
	c := testCase{name: k.name + " behind a group of With", fields: object{{"g", inner}}}
	if k.slog != nil {
		c.slog = func(l *slog.Logger) {
			l.WithGroup("g").With("a", 0).Info("m", k.slog("level"), slog.Group("message", k.slog("timestamp"), "z", 1))
		}
	}
	if k.zap != nil {
		c.zap = func(l *zap.Logger) {
			l.With(zap.Namespace("g"), zap.Int("a", 0)).Info("m", k.zap("level"), zap.Namespace("message"), k.zap("timestamp"), zap.Int("z", 1))
		}
	}
	return c
}

// reserved is for fields that have the keys of what every record has.
func reserved(k kind) testCase {
	c := testCase{name: k.name + " under a reserved key"}
	c.fields = append(k.in("level").then("message", 1), k.in("timestamp")...).prefixed()
	if k.slog != nil {
		c.slog = func(l *slog.Logger) { l.With(k.slog("level")).Info("m", "message", 1, k.slog("timestamp")) }
	}
	if k.zap != nil {
		c.zap = func(l *zap.Logger) { l.With(k.zap("level")).Info("m", zap.Int("message", 1), k.zap("timestamp")) }
	}
	if k.ctx != nil && k.event != nil {
		c.zerolog = func(l zerolog.Logger) {
			l = k.ctx(l.With(), "level").Logger()
			k.event(l.Info().Int("message", 1), "timestamp").Msg("m")
		}
	}
	if k.hasValue() {
		c.logrus = func(l *logrus.Logger) {
			l.WithFields(logrus.Fields{"level": k.value, "message": 1, "timestamp": k.value}).Info("m")
		}
	}
	return c
}

// inArray is for arrays to which a logger has typed methods to append.
func inArray(k kind) testCase {
	c := testCase{name: k.name + " in an array", fields: object{{"k", array{k.want, true, k.want}}, {"z", 1}}}
	if k.element != nil {
		twice := zapcore.ArrayMarshalerFunc(func(a zapcore.ArrayEncoder) error {
			k.element(a)
			a.AppendBool(true)
			k.element(a)
			return nil
		})
		c.zap = func(l *zap.Logger) { l.Info("m", zap.Array("k", twice), zap.Int("z", 1)) }
	}
	if k.arr != nil {
		c.zerolog = func(l zerolog.Logger) {
			e := l.Info()
			e.Array("k", k.arr(k.arr(e.CreateArray()).Bool(true))).Int("z", 1).Msg("m")
		}
	}
	return c
}

// around returns what is expected of a value that has the kind's within.
func (k *kind) around(value any) any {
	if k.spoils {
		return k.want
	}
	return value
}

// inList is for values in a []any, which is encoded by the rules of
// encoding/json but for what these refuse.
func inList(k kind) testCase {
	c := testCase{name: k.name + " in a list", fields: object{{"k", k.around(array{k.inside(), true, k.inside()})}, {"z", 1}}}
	if k.hasValue() {
		list := []any{k.value, true, k.value}
		c.slog = func(l *slog.Logger) { l.Info("m", "k", list, "z", 1) }
		c.zap = func(l *zap.Logger) { l.Info("m", zap.Any("k", list), zap.Int("z", 1)) }
		c.logrus = func(l *logrus.Logger) { l.WithFields(logrus.Fields{"k": list, "z": 1}).Info("m") }
	}
	return c
}

func inListInWith(k kind) testCase {
	c := testCase{name: k.name + " in a list in With", fields: object{{"k", k.around(array{array{k.inside()}})}, {"z", 1}}}
	if k.hasValue() {
		list := []any{[]any{k.value}}
		c.slog = func(l *slog.Logger) { l.With("k", list).Info("m", "z", 1) }
		c.zap = func(l *zap.Logger) { l.With(zap.Reflect("k", list)).Info("m", zap.Int("z", 1)) }
		c.logrus = func(l *logrus.Logger) { l.WithField("k", list).WithField("z", 1).Info("m") }
	}
	return c
}

// inMap is for values in a map, which is a group for those that have none.
func inMap(k kind) testCase {
	want := object{{"a", 1}, {"level", k.inside()}, {"m", object{{"k", k.inside()}}}}
	c := testCase{name: k.name + " in a map", fields: object{{"k", k.around(want)}, {"z", 1}}}
	if k.hasValue() {
		value := map[string]any{"a": 1, "m": map[string]any{"k": k.value}, "level": k.value}
		c.slog = func(l *slog.Logger) { l.Info("m", "k", value, "z", 1) }
		c.zap = func(l *zap.Logger) { l.Info("m", zap.Any("k", value), zap.Int("z", 1)) }
		c.logrus = func(l *logrus.Logger) { l.WithFields(logrus.Fields{"k": value, "z": 1}).Info("m") }
	}
	return c
}

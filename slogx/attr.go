package slogx

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"github.com/logsto/logsto-go/internal/jsonenc"
)

// appendHead begins the record with what every record has.
func (h *Handler) appendHead(dst []byte, r slog.Record) []byte {
	if h.opts.replace != nil {
		return h.appendReplacedHead(dst, r)
	}
	dst = jsonenc.AppendHead(dst, r.Time, levelName(r.Level), r.Message, h.limit)
	if h.opts.source {
		if src := r.Source(); src != nil {
			dst = jsonenc.AppendKey(dst, slog.SourceKey)
			dst = jsonenc.AppendSource(dst, src.Function, src.File, src.Line)
		}
	}
	return dst
}

// appendReplacedHead lets ReplaceAttr see the built-in attributes under slog's
// names, as the standard handlers do. What keeps its name gets ours.
func (h *Handler) appendReplacedHead(dst []byte, r slog.Record) []byte {
	dst = append(dst, '{')
	if !r.Time.IsZero() {
		dst = h.appendBuiltin(dst, slog.Time(slog.TimeKey, r.Time), jsonenc.TimestampKey)
	}
	dst = h.appendBuiltin(dst, slog.Any(slog.LevelKey, r.Level), jsonenc.LevelKey)
	dst = h.appendBuiltin(dst, slog.String(slog.MessageKey, r.Message), jsonenc.MessageKey)
	if h.opts.source {
		src := r.Source()
		if src == nil {
			src = &slog.Source{} // is left out, unless ReplaceAttr knows better
		}
		dst = h.appendBuiltin(dst, slog.Any(slog.SourceKey, src), slog.SourceKey)
	}
	return dst
}

func (h *Handler) appendBuiltin(dst []byte, a slog.Attr, own string) []byte {
	was, key := a.Key, own
	a = h.replace(nil, a)
	if a.Key != was {
		key = a.Key
	}
	isOwn := strings.EqualFold(key, own)
	v := a.Value.Resolve()
	kind := v.Kind()
	if kind == slog.KindAny {
		v, kind = fromAny(v)
	}
	switch {
	case kind == slog.KindGroup && key == "":
		return h.appendGroup(dst, &place{}, "", v)
	case kind == slog.KindGroup && !isOwn:
		return h.appendGroup(dst, &place{}, key, v)
	case kind == slog.KindGroup: // not as deep as that, but the key is ours
		return h.appendGroup(dst, &place{depth: 1, nested: 1}, key, v)
	case kind == slog.KindAny && isEmpty(a.Key, v):
		return dst
	}
	if isOwn {
		dst = jsonenc.AppendKey(dst, key)
	} else { // which may be one of the others
		dst = jsonenc.AppendFieldKey(dst, key)
	}
	if kind == slog.KindTime && was == slog.TimeKey {
		return jsonenc.AppendTimestamp(dst, v.Time())
	}
	if kind == slog.KindAny {
		if l, ok := v.Any().(slog.Level); ok {
			return jsonenc.AppendString(dst, levelName(l))
		}
	}
	return h.appendValue(dst, kind, v)
}

// place is where attributes are appended.
type place struct {
	// The names of the groups that are open, for ReplaceAttr. They are nil, and stay
	// so, in what has come of a built-in attribute.
	groups []string
	depth  int // objects that are open
	nested int // these, and the groups without a name
}

// appendAttr appends an attribute as a member of the object that is open. Empty
// attributes and empty groups leave nothing, groups without a name their members.
func (h *Handler) appendAttr(dst []byte, at *place, a *slog.Attr) []byte {
	key, v := a.Key, a.Value
	kind := v.Kind() // which is found by a look at the type, so not more often than needed
	if kind == slog.KindLogValuer {
		v = v.Resolve()
		kind = v.Kind()
	}
	if h.opts.replace != nil && kind != slog.KindGroup {
		r := h.replace(at.groups, slog.Attr{Key: key, Value: v})
		key, v = r.Key, r.Value.Resolve()
		kind = v.Kind()
	}
	if kind == slog.KindAny {
		if isEmpty(key, v) {
			return dst
		}
		v, kind = fromAny(v)
	}
	if kind == slog.KindGroup {
		return h.appendGroup(dst, at, key, v)
	}
	return h.appendValue(appendKey(dst, key, at.depth == 0), kind, v)
}

func (h *Handler) appendGroup(dst []byte, at *place, key string, v slog.Value) []byte {
	if at.nested >= jsonenc.MaxGroups || len(dst) >= h.limit { // a value may resolve to a group that has it
		return jsonenc.AppendTooDeep(appendKey(dst, key, at.depth == 0))
	}
	inner := *at
	inner.nested++
	members := v.Group()
	if key == "" {
		for i := range members {
			dst = h.appendAttr(dst, &inner, &members[i])
		}
		return dst
	}
	start := len(dst)
	dst = append(appendKey(dst, key, at.depth == 0), '{')
	empty := len(dst)
	inner.depth++
	if h.opts.replace != nil && at.groups != nil { // nobody else asks for the names
		inner.groups = append(slices.Clip(at.groups), key)
	}
	for i := range members {
		dst = h.appendAttr(dst, &inner, &members[i])
	}
	if len(dst) == empty {
		return dst[:start]
	}
	return append(dst, '}')
}

// fromAny returns the place of a log call, of all values of any type, as the group
// that it is for the standard handlers.
func fromAny(v slog.Value) (slog.Value, slog.Kind) {
	src, ok := v.Any().(*slog.Source)
	if !ok {
		return v, slog.KindAny
	}
	var members []slog.Attr
	if src != nil && src.Function != "" {
		members = append(members, slog.String("function", src.Function))
	}
	if src != nil && src.File != "" {
		members = append(members, slog.String("file", src.File))
	}
	if src != nil && src.Line != 0 {
		members = append(members, slog.Int("line", src.Line))
	}
	return slog.GroupValue(members...), slog.KindGroup
}

// isEmpty reports whether an attribute is the zero Attr, which slog ignores.
func isEmpty(key string, v slog.Value) bool {
	return key == "" && v.Kind() == slog.KindAny && v.Any() == nil
}

// appendValue appends a value of the given kind, which is not a group.
func (h *Handler) appendValue(dst []byte, kind slog.Kind, v slog.Value) []byte {
	switch kind {
	case slog.KindString:
		return jsonenc.AppendLimited(dst, v.String(), h.limit)
	case slog.KindInt64:
		return jsonenc.AppendInt(dst, v.Int64())
	case slog.KindUint64:
		return jsonenc.AppendUint(dst, v.Uint64())
	case slog.KindFloat64:
		return jsonenc.AppendFloat64(dst, v.Float64())
	case slog.KindBool:
		return jsonenc.AppendBool(dst, v.Bool())
	case slog.KindDuration:
		return jsonenc.AppendDuration(dst, v.Duration())
	case slog.KindTime:
		return jsonenc.AppendTime(dst, v.Time())
	default:
		return jsonenc.AppendAny(dst, v.Any(), h.limit)
	}
}

// replace calls the user's function and bears its panic.
func (h *Handler) replace(groups []string, a slog.Attr) (out slog.Attr) {
	done := false
	defer func() {
		if !done {
			out = slog.String(a.Key, jsonenc.PanicText(recover()))
		}
	}()
	out = h.opts.replace(groups, a)
	done = true
	return out
}

// callContext calls the user's function and bears its panic.
func callContext(f func(context.Context) []slog.Attr, ctx context.Context) (attrs []slog.Attr) { //nolint:revive // the function comes first, as it is what is called
	done := false
	defer func() {
		if !done {
			attrs = []slog.Attr{slog.String("context", jsonenc.PanicText(recover()))}
		}
	}()
	attrs = f(ctx)
	done = true
	return attrs
}

// Package slogx makes Logs.to the back end of log/slog.
//
//	slog.SetDefault(slog.New(slogx.NewHandler(buf)))
//
// # How a record looks
//
//	{"timestamp":"2026-11-23T20:18:41.123456789Z","level":"info","message":"...",
//	 "source":{...}, attributes in their order, groups as nested objects}
//
// A record without a time has no timestamp, as slog asks of handlers. Levels
// have slog's names in lower case, such as "info" and "info+2"; what is shed
// first goes by the next lower of debug, info, warn and error, and by trace
// below debug. Durations are numbers of nanoseconds and times RFC 3339, as with
// slog.JSONHandler, and errors are their messages, also within other values. An
// attribute named timestamp, level or message, in whatever case, at the top of the record
// becomes "fields.timestamp" and so on; other keys that occur twice stay twice. Values
// that fail or panic, and groups nested more than a hundred deep, become strings that begin
// with "!ERROR" or "!PANIC"; but of a LogValue that panics, or never comes to a value, slog
// itself makes a text. A value that calls runtime.Goexit ends its record, which is taken
// with a member "!ERROR".
//
// # Next to other output
//
// slog.NewMultiHandler(console, slogx.NewHandler(buf)) logs to both. Users of
// the standard package log get a *log.Logger from slog.NewLogLogger.
package slogx

import (
	"context"
	"log/slog"
	"math"
	"slices"
	"strings"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/jsonenc"
)

// Handler is a slog.Handler that appends records to a buffer. Its methods may
// be called by any number of goroutines.
type Handler struct {
	// Immutable once set.
	buf     *batch.Buffer
	limit   int // the bytes of a record from which on nothing more is nested
	opts    options
	pre     []byte   // the attributes of WithAttrs, with a comma before each
	open    int      // groups that are open at the end of pre
	pending []string // groups that have no attribute yet
	groups  []string // all open groups, for ReplaceAttr
}

var _ slog.Handler = (*Handler)(nil)

// noGroups is what groups begin with: see place.
var noGroups = []string{}

// NewHandler returns a Handler that appends to buf. It panics if buf is nil or not from
// batch.New, if an option is nil, or if the level of [WithLevel] panics when it is asked,
// as a nil *slog.LevelVar does.
func NewHandler(buf *batch.Buffer, opts ...Option) *Handler {
	if buf.MaxRecordBytes() == 0 {
		panic("slogx: NewHandler: the buffer is nil, or not from batch.New")
	}
	h := &Handler{buf: buf, limit: buf.MaxRecordBytes(), opts: options{level: slog.LevelInfo}, groups: noGroups}
	for _, o := range opts {
		if o == nil {
			panic("slogx: NewHandler: an option is nil")
		}
		o.apply(&h.opts)
	}
	h.opts.checkLevel()
	return h
}

// Enabled reports whether records of the level are taken.
func (h *Handler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= h.opts.level.Level()
}

// Handle appends the record. It always returns nil: what is lost, the buffer
// counts and reports. It does not block, unless the buffer was told to, and
// does not mind that ctx has ended.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	e, ok := h.buf.Begin(severity(r.Level))
	if !ok {
		return nil
	}
	dst, open, done := e.Buf(), 0, false
	defer func() {
		if !done { // a value's method has ended the goroutine, not the record
			e.Commit(closeAll(appendGone(dst, &r), open), r.Time)
		}
	}()
	dst = h.appendHead(dst, r)
	for _, f := range h.opts.fromContext {
		for _, a := range callContext(f, ctx) {
			dst = h.appendAttr(dst, &place{groups: noGroups}, &a)
		}
	}
	dst = h.appendPre(dst)
	open = h.open
	if r.NumAttrs() > 0 {
		start := len(dst)
		dst = appendGroups(dst, h.pending, h.open == 0)
		open += len(h.pending)
		empty := len(dst)
		at := h.place()
		r.Attrs(func(a slog.Attr) bool {
			dst = h.appendAttr(dst, &at, &a)
			return true
		})
		if len(dst) == empty { // groups without attributes are left out
			dst, open = dst[:start], h.open
		}
	}
	done = true
	e.Commit(closeAll(dst, open), r.Time)
	return nil
}

// closeAll ends the record, in which so many groups are open.
func closeAll(dst []byte, open int) []byte {
	for range open {
		dst = append(dst, '}')
	}
	return append(dst, '}')
}

// appendGone appends what stands in a record instead of an attribute, and of those
// behind it, for which runtime.Goexit was called. In the place of a head that
// ReplaceAttr has not let through it leaves the message out.
func appendGone(dst []byte, r *slog.Record) []byte {
	if len(dst) == 0 {
		return jsonenc.AppendHead(dst, r.Time, levelName(r.Level), jsonenc.Gone, math.MaxInt)
	}
	return jsonenc.AppendGone(dst)
}

// WithAttrs returns a Handler whose records have the attributes too. They are
// encoded here, once.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	dst := appendGroups(start(h.pre), h.pending, h.open == 0)
	empty := len(dst)
	at := h.place()
	for _, a := range attrs {
		dst = h.appendAttr(dst, &at, &a)
	}
	if len(dst) == empty {
		return h
	}
	c := *h
	c.pre = finish(dst)
	c.open, c.pending = h.open+len(h.pending), nil
	return &c
}

// WithGroup returns a Handler that puts the attributes that follow into a
// nested object. An empty name changes nothing, nor does a group beyond the
// hundredth.
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" || len(h.groups) >= jsonenc.MaxGroups {
		return h
	}
	c := *h
	c.pending = append(slices.Clip(h.pending), name)
	c.groups = append(slices.Clip(h.groups), name)
	return &c
}

// place is where the attributes that follow stand.
func (h *Handler) place() place { return place{h.groups, len(h.groups), len(h.groups)} }

// appendPre appends the attributes of WithAttrs, with a comma before each but the
// first of a record: ReplaceAttr may have removed all that stands before.
func (h *Handler) appendPre(dst []byte) []byte {
	pre := h.pre
	if len(pre) > 0 && dst[len(dst)-1] == '{' {
		pre = pre[1:]
	}
	return append(dst, pre...)
}

// start returns a copy of pre to append to. While it is empty a brace stands
// for the comma that finish puts there.
func start(pre []byte) []byte {
	if len(pre) == 0 {
		return []byte{'{'}
	}
	return slices.Clone(pre)
}

func finish(pre []byte) []byte {
	pre[0] = ','
	return pre
}

// appendGroups opens nested objects; top says that the first stands at the top
// of the record.
func appendGroups(dst []byte, groups []string, top bool) []byte {
	for i, g := range groups {
		dst = append(appendKey(dst, g, top && i == 0), '{')
	}
	return dst
}

func appendKey(dst []byte, key string, top bool) []byte {
	if top {
		return jsonenc.AppendFieldKey(dst, key)
	}
	return jsonenc.AppendKey(dst, key)
}

// severity returns the level by which the buffer sheds.
func severity(l slog.Level) batch.Level {
	switch {
	case l < slog.LevelDebug:
		return batch.Trace
	case l < slog.LevelInfo:
		return batch.Debug
	case l < slog.LevelWarn:
		return batch.Info
	case l < slog.LevelError:
		return batch.Warn
	default:
		return batch.Error
	}
}

// levelName returns slog's name of the level in lower case.
func levelName(l slog.Level) string {
	switch l {
	case slog.LevelDebug:
		return "debug"
	case slog.LevelInfo:
		return "info"
	case slog.LevelWarn:
		return "warn"
	case slog.LevelError:
		return "error"
	default:
		return strings.ToLower(l.String())
	}
}

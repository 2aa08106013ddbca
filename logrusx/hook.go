// Package logrusx makes Logs.to the back end of github.com/sirupsen/logrus.
//
//	logger.AddHook(logrusx.NewHook(buf))
//
// # How a record looks
//
//	{"timestamp":"2026-11-23T20:18:41.123456789Z","level":"info","message":"...",
//	 "source":{"function":"...","file":"...","line":1}, fields sorted by their keys}
//
// The caller stands there if the logger reports it. Logrus keeps fields in a
// map, so their order is not known. Logrus's warning is the level warn.
// Durations are numbers of nanoseconds, times RFC 3339 and errors their
// messages, at any depth; everything else is as with encoding/json. A field named
// timestamp, level or message, in whatever case, becomes "fields.timestamp" and so on; one
// named source comes beside the caller, as a second member with that key. Values that fail or
// panic become strings that begin with "!ERROR" or "!PANIC". A value that calls
// runtime.Goexit ends its record, which is taken with a member "!ERROR". Fields
// that are functions never reach a hook: logrus takes them out.
//
// # Next to other output
//
// A hook comes beside the logger's output, which stays as it is. Who logs to
// Logs.to alone sets that to io.Discard, and a formatter that spares the logger
// the cost of its own form, which is about that of the record once more:
//
//	logger.SetOutput(io.Discard)
//	logger.SetFormatter(logrusx.Formatter())
//
// Fields that other hooks add to an entry, such as a trace id from its Context,
// are seen if those hooks were added before this one.
//
// # The end of the process
//
// After a record of Fatal or Panic the hook waits until it is delivered, at
// most as long as batch.WithSyncTimeout allows.
package logrusx

import (
	"slices"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/jsonenc"
)

// Hook is a logrus.Hook that appends entries to a buffer. Its methods may be
// called by any number of goroutines.
type Hook struct {
	// Immutable once set.
	buf    *batch.Buffer
	limit  int // the bytes of a record beyond which no value may make it
	levels []logrus.Level
}

var _ logrus.Hook = (*Hook)(nil)

// NewHook returns a Hook that appends to buf. It panics if buf is nil or not from
// batch.New, or if an option is nil.
func NewHook(buf *batch.Buffer, opts ...Option) *Hook {
	if buf.MaxRecordBytes() == 0 {
		panic("logrusx: NewHook: the buffer is nil, or not from batch.New")
	}
	o := options{level: logrus.TraceLevel}
	for _, opt := range opts {
		if opt == nil {
			panic("logrusx: NewHook: an option is nil")
		}
		opt.apply(&o)
	}
	// Logrus counts the levels from the most important on.
	levels := slices.DeleteFunc(slices.Clone(logrus.AllLevels), func(l logrus.Level) bool { return l > o.level })
	return &Hook{buf: buf, limit: buf.MaxRecordBytes(), levels: levels}
}

// Levels returns the levels for which logrus calls Fire.
func (h *Hook) Levels() []logrus.Level { return slices.Clone(h.levels) }

// Fire appends the entry, of which it keeps nothing. It always returns nil:
// what is lost, the buffer counts and reports. It does not block, unless the
// buffer was told to, but for the levels Fatal and Panic.
func (h *Hook) Fire(entry *logrus.Entry) error {
	level := severity(entry.Level)
	if e, ok := h.buf.Begin(level); ok {
		h.append(e, level, entry)
	}
	if level >= batch.Fatal {
		_ = h.buf.Sync() // what it reports, the buffer's error handler gets too
	}
	return nil
}

// sorted holds the keys of an entry while it is encoded.
var sorted = sync.Pool{New: func() any { return new([]string) }}

// maxPooled is the number of keys over which the memory for them is not kept.
const maxPooled = 256

func (h *Hook) append(e batch.Entry, level batch.Level, entry *logrus.Entry) {
	t := entry.Time
	if t.IsZero() {
		t = time.Now()
	}
	dst := jsonenc.AppendHead(e.Buf(), t, level.String(), entry.Message, h.limit)
	done := false
	defer func() {
		if !done { // a value's method has ended the goroutine, not the record
			dst = jsonenc.AppendGone(dst)
		}
		e.Commit(append(dst, '}'), t)
	}()
	if c := entry.Caller; c != nil {
		dst = append(dst, `,"source":`...)
		dst = jsonenc.AppendSource(dst, c.Function, c.File, c.Line)
	}
	p := sorted.Get().(*[]string)
	keys := (*p)[:0]
	for k := range entry.Data {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		v := entry.Data[k]
		if err, ok := v.(error); ok { // its message, also if it is a json.Marshaler, as with logrus
			dst = jsonenc.AppendError(jsonenc.AppendFieldKey(dst, k), err, h.limit)
		} else {
			dst = jsonenc.AppendAny(jsonenc.AppendFieldKey(dst, k), v, h.limit)
		}
	}
	clear(keys) // the keys are the application's
	if cap(keys) <= maxPooled {
		*p = keys
		sorted.Put(p)
	}
	done = true
}

func severity(l logrus.Level) batch.Level {
	switch l {
	case logrus.PanicLevel:
		return batch.Panic
	case logrus.FatalLevel:
		return batch.Fatal
	case logrus.ErrorLevel:
		return batch.Error
	case logrus.WarnLevel:
		return batch.Warn
	case logrus.InfoLevel:
		return batch.Info
	case logrus.DebugLevel:
		return batch.Debug
	default:
		return batch.Trace
	}
}

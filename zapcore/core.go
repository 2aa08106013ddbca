package zapcore

import (
	"slices"
	"time"

	"go.uber.org/zap"
	upstream "go.uber.org/zap/zapcore"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/jsonenc"
)

// core appends records to a buffer. Its methods may be called by any number of
// goroutines.
type core struct {
	// Immutable once set.
	upstream.LevelEnabler
	buf   *batch.Buffer
	limit int    // the bytes of a record from which on nothing more is nested
	pre   []byte // the fields of With, with a comma before each
	open  int    // namespaces that are open at the end of pre
}

var _ upstream.Core = (*core)(nil)

// NewCore returns a zap core that appends to buf, for zap.New. It panics if buf is nil or
// not from batch.New, if an option is nil, or if the level of [WithLevel] panics when it is
// asked, as a zero zap.AtomicLevel does.
//
// Its methods do not block, unless the buffer was told to, but for those that
// the package comment names under the end of the process. Write always returns
// nil: what is lost, the buffer counts and reports.
func NewCore(buf *batch.Buffer, opts ...Option) upstream.Core {
	if buf.MaxRecordBytes() == 0 {
		panic("zapcore: NewCore: the buffer is nil, or not from batch.New")
	}
	return &core{LevelEnabler: newOptions("NewCore", opts).or(zap.InfoLevel), buf: buf, limit: buf.MaxRecordBytes()}
}

// Tee returns an option that adds Logs.to to a logger that logs elsewhere
// already, such as one of zap.NewProduction. It panics as NewCore does.
// A sampler that the logger has at that time thins out its other output only.
func Tee(buf *batch.Buffer, opts ...Option) zap.Option {
	if buf.MaxRecordBytes() == 0 {
		panic("zapcore: Tee: the buffer is nil, or not from batch.New")
	}
	o := newOptions("Tee", opts)
	return zap.WrapCore(func(other upstream.Core) upstream.Core {
		return upstream.NewTee(other, &core{LevelEnabler: o.or(other), buf: buf, limit: buf.MaxRecordBytes()})
	})
}

// Level implements the interface by which zap finds a core's lowest level.
func (c *core) Level() upstream.Level { return upstream.LevelOf(c.LevelEnabler) }

// With returns a core whose records have the fields too. They are encoded here,
// once.
func (c *core) With(fields []upstream.Field) upstream.Core {
	enc := c.newEncoder()
	if enc.dst = slices.Clone(c.pre); len(c.pre) == 0 {
		enc.dst = append(enc.dst, '{') // stands for the first comma
	}
	enc.open, enc.depth = c.open, c.open
	for i := range fields {
		enc.addField(&fields[i])
	}
	clone := *c
	if len(enc.dst) > 1 {
		clone.pre, clone.open = enc.dst, enc.open
		clone.pre[0] = ','
	}
	enc.free()
	return &clone
}

// Check adds the core to ce if it takes the level.
func (c *core) Check(ent upstream.Entry, ce *upstream.CheckedEntry) *upstream.CheckedEntry {
	if c.Enabled(ent.Level) {
		return ce.AddCore(ent, c)
	}
	return ce
}

// Write appends the record.
func (c *core) Write(ent upstream.Entry, fields []upstream.Field) error {
	level := severity(ent.Level)
	if e, ok := c.buf.Begin(level); ok {
		if ent.Time.IsZero() {
			ent.Time = time.Now()
		}
		c.append(e, level, &ent, fields)
	}
	if ent.Level > upstream.ErrorLevel {
		_ = c.buf.Sync() // what it reports, the buffer's error handler gets too
	}
	return nil
}

// append appends the record.
func (c *core) append(e batch.Entry, level batch.Level, ent *upstream.Entry, fields []upstream.Field) {
	dst := append(appendHead(e.Buf(), level, ent, c.limit), c.pre...)
	for i := range fields {
		out, ok := appendSimple(dst, &fields[i], c.open == 0, c.limit)
		if !ok {
			c.appendRest(e, dst, ent.Time, fields[i:])
			return
		}
		dst = out
	}
	for range c.open {
		dst = append(dst, '}')
	}
	e.Commit(append(dst, '}'), ent.Time)
}

// appendRest appends fields that need an encoder, also if a method of a value ends
// the goroutine: then without the fields behind it.
func (c *core) appendRest(e batch.Entry, dst []byte, t time.Time, fields []upstream.Field) {
	enc := c.newEncoder()
	enc.dst, enc.open, enc.depth = dst, c.open, c.open
	defer func() {
		enc.closeNamespaces(0)
		e.Commit(append(enc.dst, '}'), t)
		enc.free()
	}()
	for i := range fields {
		enc.addField(&fields[i])
	}
}

// Sync waits until everything that was logged is delivered, at most as long as
// batch.WithSyncTimeout allows.
func (c *core) Sync() error { return c.buf.Sync() }

// appendHead begins the record with what zap knows besides the fields.
func appendHead(dst []byte, level batch.Level, ent *upstream.Entry, limit int) []byte {
	dst = jsonenc.AppendHead(dst, ent.Time, level.String(), ent.Message, limit)
	if ent.LoggerName != "" {
		dst = append(dst, `,"logger":`...)
		dst = jsonenc.AppendLimited(dst, ent.LoggerName, limit)
	}
	if ent.Caller.Defined {
		dst = append(dst, `,"source":`...)
		dst = jsonenc.AppendSource(dst, ent.Caller.Function, ent.Caller.File, ent.Caller.Line)
	}
	if ent.Stack != "" {
		dst = append(dst, `,"stacktrace":`...)
		dst = jsonenc.AppendLimited(dst, ent.Stack, limit)
	}
	return dst
}

// severity returns the level of a record.
func severity(l upstream.Level) batch.Level {
	switch {
	case l < upstream.DebugLevel:
		return batch.Trace
	case l <= upstream.ErrorLevel:
		return batch.Debug + batch.Level(l-upstream.DebugLevel)
	case l == upstream.FatalLevel:
		return batch.Fatal
	default:
		return batch.Panic
	}
}

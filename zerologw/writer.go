// Package zerologw makes Logs.to the back end of github.com/rs/zerolog.
//
//	logger := zerolog.New(zerologw.NewWriter(buf)).With().Timestamp().Logger()
//
// # How a record looks
//
//	{"timestamp":"2026-11-23T20:18:41.123456789Z","level":"info","message":"...",
//	 fields as zerolog wrote them, in their order}
//
// The event is taken as the bytes that zerolog made, and never decoded. Its
// level, message and time are found by the names that zerolog has for them at
// the time (zerolog.LevelFieldName and its siblings), and get ours; the time is
// read in the format of zerolog.TimeFieldFormat. Zerolog's default says only the
// second; the fraction is then that of the call of the Writer, so that records
// keep their order. An event without a time, or with one that cannot be read,
// gets the time of that call, and keeps what cannot be read as a field: so do all
// formats that leave the date or the zone open, such as time.DateTime, or name the
// zone only, such as time.RFC1123. An event without a
// level has the level info, and one without a message an empty one. Another
// field named timestamp, level or message becomes "fields.timestamp" and so on, whatever
// its case and its escapes; other keys that occur twice stay twice.
//
// Zerolog does not mark which members are its own. Of several times the last is
// taken, and a field of yours that stands where the level or the message would, with
// its key, is taken for it if the event has none; with zerolog's time key, also. One whose
// key is written with escapes is none of zerolog's. The names and formats of
// zerolog must be set before the first event if a writer with a goroutine of its own,
// such as zerolog's diode, stands before this one.
//
// How fields look is up to zerolog. Its defaults are milliseconds for durations,
// and times without a fraction of a second. To have them as the other adapters
// have them, and values of Interface and Any too, set
//
//	zerolog.TimeFieldFormat = time.RFC3339Nano
//	zerolog.DurationFieldUnit = time.Nanosecond
//	zerolog.DurationFieldFormat = zerolog.DurationFormatInt
//	zerolog.InterfaceMarshalFunc = zerologw.MarshalInterface
//
// Several events in one Write are as many records, each on a line of its own: a bufio.Writer
// may stand before this one, and cut them anywhere. None is needed, as the buffer is one.
//
// What is no JSON object, such as a line of the standard package log or an event
// that RawJSON has spoilt or made deeper than 512 levels, becomes the message of a record; but with
// batch.WithRedaction a spoilt event is withheld, and the message says so. A program built with
// zerolog's tag binary_log, which makes events of CBOR, does not compile with this
// package.
//
// # Next to other output
//
// zerolog.MultiLevelWriter(console, zerologw.NewWriter(buf)) writes to both.
//
// # The end of the process
//
// After an event of FatalLevel or PanicLevel the writer waits until it is
// delivered, at most as long as batch.WithSyncTimeout allows.
package zerologw

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/jsonenc"
)

// Writer is a zerolog.LevelWriter that appends events to a buffer. Its methods
// may be called by any number of goroutines.
type Writer struct {
	// Immutable once set.
	buf     *batch.Buffer
	limit   int  // the bytes of a record over which it is refused
	redacts bool // text may be JSON that is to be redacted
	level   zerolog.Level

	clock  clock
	cut    cut
	ending atomic.Pointer[ending] // after a fatal event
}

// ending is what the wait after a fatal event has come to.
type ending struct {
	at  time.Time
	err error
}

var (
	_ zerolog.LevelWriter = (*Writer)(nil)
	_ io.Closer           = (*Writer)(nil)
)

// NewWriter returns a Writer that appends to buf. It panics if buf is nil or not from
// batch.New, or if an option is nil.
func NewWriter(buf *batch.Buffer, opts ...Option) *Writer {
	if buf.MaxRecordBytes() == 0 {
		panic("zerologw: NewWriter: the buffer is nil, or not from batch.New")
	}
	o := options{level: math.MinInt8}
	for _, opt := range opts {
		if opt == nil {
			panic("zerologw: NewWriter: an option is nil")
		}
		opt.apply(&o)
	}
	return &Writer{buf: buf, limit: buf.MaxRecordBytes(), redacts: buf.Redacts(), level: o.level}
}

// WriteLevel appends an event of the level. It does not keep p, and returns its
// length and nil always: what is lost, the buffer counts and reports. It does
// not block, unless the buffer was told to, but for the levels Fatal and Panic.
func (w *Writer) WriteLevel(level zerolog.Level, p []byte) (int, error) {
	w.write(level, p, level != zerolog.NoLevel)
	return len(p), nil
}

// Write is WriteLevel for an event whose level is in p alone, if it has one:
// something that does not pass on the level stands between the logger and the
// Writer.
//
// What stands between may also collect events, as a bufio.Writer does: each is a record,
// and the beginning of one waits for the next Write, which has the rest.
func (w *Writer) Write(p []byte) (int, error) {
	if w.cut.is.Load() {
		w.goOn(p)
		return len(p), nil
	}
	level, ok := w.levelOf(p)
	if !ok {
		w.writeAny(p)
		return len(p), nil
	}
	w.write(level, p, level != zerolog.NoLevel)
	return len(p), nil
}

// write appends an event, or several, and waits after a fatal one; named says that it has a
// member for the level.
func (w *Writer) write(level zerolog.Level, p []byte, named bool) {
	w.finish(w.add(level, p, named))
}

// add appends an event, or several, and returns the most severe level.
func (w *Writer) add(level zerolog.Level, p []byte, named bool) batch.Level {
	if level < w.level {
		return batch.Trace
	}
	l := severity(level)
	if e, ok := w.buf.Begin(l); ok {
		record, at, ok := w.appendRecord(e.Buf(), l, p, named, w.clock.now())
		if !ok {
			e.Discard()
			return w.addPieces(level, p)
		}
		e.Commit(record, at)
	} else if n := bytes.IndexByte(p, '\n'); n >= 0 && n < len(p)-1 && !w.isEvent(p) { // the first of several is counted
		_, rest := w.next(p)
		return max(l, w.addPieces(level, rest))
	}
	return l
}

// finish waits after a fatal event until all is delivered.
func (w *Writer) finish(l batch.Level) {
	if l >= batch.Fatal {
		err := w.buf.Sync() // what it reports, the buffer's error handler gets too
		if l == batch.Fatal {
			w.ending.Store(&ending{time.Now(), err})
		}
	}
}

// Close waits until everything that was logged is delivered, the beginning of an event that
// was not ended included, at most as long as batch.WithSyncTimeout allows: zerolog calls it
// before it ends the process. The Writer and its buffer stay usable; others may share the
// buffer.
func (w *Writer) Close() error {
	w.cut.end(w)
	// After a fatal event that could not be delivered, the wait is over already.
	if e := w.ending.Swap(nil); e != nil && e.err != nil && time.Since(e.at) < time.Second {
		return e.err
	}
	return w.buf.Sync()
}

// appendRecord appends the record that stands for the event or the text in p, and returns
// the time by which it is put in order: now, with its monotonic reading, unless the
// event is of quite another time. It reports whether p is one of these, and not several.
func (w *Writer) appendRecord(dst []byte, l batch.Level, p []byte, named bool, now time.Time) ([]byte, time.Time, bool) {
	var ev event
	if !ev.scan(p, named, w.limit) {
		if _, rest := w.next(p); len(rest) > 0 {
			return dst, now, false
		}
		if w.redacts && mayBeJSON(p) {
			p = withheld(len(p))
		}
		return appendText(dst, l, p, now, w.limit), now, true
	}
	at := now
	if ev.stamp != none {
		at = uncut(ev.when, now, cutTo())
	}
	dst = ev.append(dst, l, at, w.limit)
	if at != now && now.Sub(at).Abs() >= 2*time.Second {
		return dst, at, true
	}
	return dst, now, true
}

// withheld returns what stands for a text that is spoilt JSON, so that nobody can tell what
// in it is to be redacted.
func withheld(size int) []byte {
	return fmt.Appendf(nil, "!ERROR: withheld, an event of %d bytes that is no JSON", size)
}

// mayBeJSON reports whether p begins as an object or array does.
func mayBeJSON(p []byte) bool {
	p = bytes.TrimLeft(p, " \t\r\n\uFEFF")
	return len(p) > 0 && (p[0] == '{' || p[0] == '[')
}

// appendText appends a record with p as its message.
func appendText(dst []byte, l batch.Level, p []byte, now time.Time, limit int) []byte {
	p = trimEnd(p)
	dst = jsonenc.AppendHead(dst, now, l.String(), "", limit)
	// The empty message gives way to this one.
	dst = jsonenc.AppendBytes(dst[:len(dst)-len(`""`)], jsonenc.Fit(p, limit-len(dst)))
	return append(dst, '}')
}

func severity(l zerolog.Level) batch.Level {
	switch l {
	case zerolog.DebugLevel:
		return batch.Debug
	case zerolog.InfoLevel, zerolog.NoLevel:
		return batch.Info
	case zerolog.WarnLevel:
		return batch.Warn
	case zerolog.ErrorLevel:
		return batch.Error
	case zerolog.FatalLevel:
		return batch.Fatal
	case zerolog.PanicLevel:
		return batch.Panic
	default:
		if l < zerolog.DebugLevel {
			return batch.Trace
		}
		return batch.Error // a level of the application's own, above all others
	}
}

// isEvent reports whether p is one event.
func (w *Writer) isEvent(p []byte) bool {
	_, ok := w.levelOf(p)
	return ok
}

// levelOf returns the level that stands in an event, or NoLevel, and whether p is one.
func (w *Writer) levelOf(p []byte) (zerolog.Level, bool) {
	var ev event
	if !ev.scan(p, true, w.limit) {
		return zerolog.NoLevel, false
	}
	if ev.level == none {
		return zerolog.NoLevel, true
	}
	text := ev.at(ev.level).value(ev.p)
	text = text[1 : len(text)-1]
	for l := zerolog.TraceLevel; l <= zerolog.PanicLevel; l++ { // without memory, as they are written
		if zerolog.LevelFieldMarshalFunc(l) == string(text) {
			return l, true
		}
	}
	level, err := zerolog.ParseLevel(string(text))
	if err != nil {
		return zerolog.NoLevel, true
	}
	return level, true
}

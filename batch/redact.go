package batch

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/logsto/logsto-go/internal/mask"
)

// WithRedaction replaces the values of certain members of all records, whatever
// logger they come from, by the string "[REDACTED]", before they enter the buffer.
//
// A name is the key of a member at any depth, such as "password"; or such a key
// with those of the objects around it, with dots between, as far as they matter,
// such as "user.email". Case does not matter, and a dot stands for a dot in a
// key as well: "user.email" also means the field whose key is that. An asterisk stands for
// any text: "secret_*", "*_token", "user.*"; "*.token" is the same as "token". The index of
// an array is no part of a path: what is in an array has the path of the array. The
// value may be of any kind; an object or array goes as a whole, and so do the members
// that zap puts beside an error or an object, whose keys are its own with Error,
// Verbose or Causes behind it. The record's own
// level and timestamp are never replaced, its message by the name "message".
//
// Only what has a key is found: text in a message or in another string is not
// looked into, nor the reason why a value could not be encoded; see
// [WithRedactionFunc] for that. A record that is no JSON object is
// dropped, for the reason [ReasonUnreadable]; the adapters make none. One that is too
// large ([WithMaxRecordBytes]) before its redaction is dropped without being looked into.
//
// The default is no redaction, which costs nothing. The option may be given more
// than once. A name that says no key, or is written as other languages of paths have it,
// with an index, blanks around it or "$." at the beginning, makes New return an error: it
// would match nothing.
func WithRedaction(names ...string) Option {
	names = slices.Clone(names)
	return optionFunc(func(c *config) {
		for _, name := range names {
			if why := wrongName(name); why != "" {
				c.errs = append(c.errs, fmt.Errorf("batch: WithRedaction(%q): %s", name, why))
				continue
			}
			c.masker().AddPath(name)
		}
	})
}

// wrongName returns why a name can mean nothing, or "".
func wrongName(name string) string {
	switch index := indices.ReplaceAllString(name, ""); {
	case name == "":
		return "the name is empty"
	case strings.Trim(name, "*.") == "":
		return "it names no key"
	case strings.TrimSpace(name) != name:
		return "it has blanks around it"
	case strings.HasPrefix(name, "$."):
		return fmt.Sprintf("a path begins with a key: %q", name[len("$."):])
	case index != name:
		return fmt.Sprintf("the index of an array is no part of a path: %q", index)
	default:
		return ""
	}
}

// indices are those of an array, as other languages of paths write them.
var indices = regexp.MustCompile(`\[(\d+|\*|)\]`)

// WithRedactionFunc sets a function that sees every value of every record which is
// no object or array, before it enters the buffer, and returns what to put in its
// place, as a string, and true; or false to leave it as it is. It may tell a card
// number from other texts, or replace a user's name by a hash.
//
// path is as [WithRedaction] has it, in lower case: the keys of the objects around
// the value and its own, with dots between, of which only the last 1,024 bytes are
// shown; that of the message is "message".
// value is what a string says, or a number, true, false or null as it is written.
// Keys, the record's level and its timestamp are not shown. What WithRedaction
// replaces is not shown either.
//
// The function is called during the log call, by many goroutines at once. One that
// panics has "[REDACTED]" put in the place of the value. It may log. The default
// is none; with several, each sees what those before it have left. A nil function
// makes New return an error.
func WithRedactionFunc(replace func(path, value string) (string, bool)) Option {
	return optionFunc(func(c *config) {
		if replace == nil {
			c.errs = append(c.errs, errors.New("batch: WithRedactionFunc(nil): a function is required"))
			return
		}
		c.masker().AddFunc(func(path, value string) (s string, ok bool) {
			done := false
			defer func() {
				if !done {
					_ = recover() // which may be nil by a setting of GODEBUG
					s, ok = mask.Hidden, true
				}
			}()
			s, ok = replace(path, value)
			done = true
			return s, ok
		})
	})
}

func (c *config) masker() *mask.Masker {
	if c.mask == nil {
		c.mask = new(mask.Masker)
	}
	return c.mask
}

// draft is a record before its redaction. It is not written into a slab, where
// what is to be hidden would stay for a while, and leaves no trace in its own room.
type draft struct {
	room  []byte
	level Level // if the Buffer does not take it: see beginLate
}

var drafts = sync.Pool{New: func() any { return &draft{room: make([]byte, 0, 1024)} }}

// maxDraft is the size in bytes over which the room of a draft is not kept.
const maxDraft = 64 * kib

// newDraft returns nil unless something is redacted.
func (b *Buffer) newDraft() *draft {
	if b.cfg.mask == nil {
		return nil
	}
	return drafts.Get().(*draft)
}

// free gives the draft of a record of so many bytes back.
func (d *draft) free(size int) {
	clear(d.room[:min(size, cap(d.room))])      // what of it was here, before it was moved
	if size > cap(d.room) && size <= maxDraft { // there may be more like it
		d.room = make([]byte, 0, 2*size)
	}
	drafts.Put(d)
}

// commitDraft is Commit for a record that is redacted first, unless it is too large.
func (e Entry) commitDraft(record []byte, t time.Time) bool {
	if e.t == nil {
		e.commitLate(record)
		return false
	}
	out, ok, large := e.t.Buf(), len(record) == 0, false
	defer func() {
		if !ok { // also if a function of the application has called runtime.Goexit
			l := Level(e.t.Level())
			e.t.Discard()
			if large {
				e.b.refuseLarge(l, len(record), nil)
			} else {
				e.b.refuseUnreadable(l, len(record), nil)
			}
		}
	}()
	switch {
	case ok:
	case len(record) > e.b.cfg.maxRecord:
		large = true
	default:
		out, ok = e.b.cfg.mask.Append(out, record)
	}
	e.draft.free(len(record))
	return ok && e.commit(out, t)
}

// MaxRecordBytes returns the size in bytes over which a record is dropped: see
// [WithMaxRecordBytes]. Who makes records of values that may have no end can stop there.
// It is 0 for a Buffer that is nil, or not made by [New], to which nothing can be logged.
func (b *Buffer) MaxRecordBytes() int {
	if b == nil {
		return 0
	}
	return b.cfg.maxRecord
}

// Redacts reports whether the buffer was told to redact. Who makes records should
// then not put text into a string that he would have made members of, had he been
// able to read it.
func (b *Buffer) Redacts() bool { return b.cfg.mask != nil }

package zerologw

import (
	"bytes"
	"encoding/json"
	"time"
	"unicode/utf8"

	"github.com/rs/zerolog"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/jsonenc"
)

// event is what is known of the bytes of one event after one look at them.
type event struct {
	p        []byte
	end      int       // where the last member ends
	few      [6]member // the special members; those beyond are in more
	more     []member
	special  int // how many there are
	level    int // which of them are the event's own level, time and message
	message  int
	stamp    int
	when     time.Time // what stamp says, unless utc does
	utc      []byte    // the value of stamp up to the seconds, if it is in UTC already
	fraction []byte    // and its digits after these
}

// note adds a special member. It does without append on a slice of few, which
// would put the event on the heap.
func (ev *event) note(m member) {
	if ev.special < len(ev.few) {
		ev.few[ev.special] = m
	} else {
		ev.more = append(ev.more, m)
	}
	ev.special++
}

// at returns a special member.
func (ev *event) at(i int) member {
	if i < len(ev.few) {
		return ev.few[i]
	}
	return ev.more[i-len(ev.few)]
}

// none says that the event has no such member.
const none = -1

// member is one member of an event: where its key begins and ends, quotes
// included, and its value.
type member struct{ key, keyEnd, val, end int }

func (m member) value(p []byte) []byte { return p[m.val:m.end] }

// name returns the key without its quotes.
func (m member) name(p []byte) []byte { return p[m.key+1 : m.keyEnd-1] }

// scan looks at the event and reports whether it is a JSON object. named says
// that its first member is the level, if it has that name.
func (ev *event) scan(p []byte, named bool) bool {
	p = bytes.TrimRight(p, "\n")
	if len(p) < 2 || p[0] != '{' {
		return false
	}
	if !utf8.Valid(p) { // by RawJSON
		p = bytes.ToValidUTF8(p, []byte("\uFFFD"))
	}
	if bytes.IndexByte(p, '\n') >= 0 || bytes.IndexByte(p, '\r') >= 0 { // by RawJSON
		var b bytes.Buffer
		if json.Compact(&b, p) != nil {
			return false
		}
		p = b.Bytes()
	}
	ev.p = p
	ev.level, ev.message, ev.stamp = none, none, none
	if !ev.members() {
		return false
	}
	ev.choose(named)
	return true
}

// members walks over the members of the event and notes the special ones.
func (ev *event) members() bool {
	p := ev.p
	i := skipBlank(p, 1)
	if i < len(p) && p[i] == '}' {
		ev.end = i
		return i == len(p)-1
	}
	for {
		keyEnd, val := skipKey(p, i)
		if val < 0 {
			return false
		}
		end := skipValue(p, val, 0)
		if end < 0 {
			return false
		}
		if m := (member{i, keyEnd, val, end}); isSpecial(m.name(p)) {
			ev.note(m)
		}
		ev.end = end
		i = skipBlank(p, end)
		switch {
		case i >= len(p):
			return false
		case p[i] == '}':
			return i == len(p)-1
		case p[i] != ',':
			return false
		}
		i = skipBlank(p, i+1)
	}
}

// isSpecial reports whether the key is one of ours, or one under which zerolog
// writes what has a key of ours.
func isSpecial(key []byte) bool {
	switch string(key) {
	case zerolog.LevelFieldName, zerolog.TimestampFieldName, zerolog.MessageFieldName:
		return true
	default:
		return jsonenc.IsReserved(key)
	}
}

// choose finds the level, the time and the message among members that may be
// fields of the user: zerolog writes the level first and the message last, and
// of several times the last is its own.
func (ev *event) choose(named bool) {
	if ev.special == 0 {
		return
	}
	first, last := ev.at(0), ev.special-1
	if named && first.key == skipBlank(ev.p, 1) && string(first.name(ev.p)) == zerolog.LevelFieldName && ev.isString(first) {
		ev.level = 0
	}
	if m := ev.at(last); m.end == ev.end && string(m.name(ev.p)) == zerolog.MessageFieldName && ev.isString(m) && last != ev.level {
		ev.message = last
	}
	for i := last; i >= 0; i-- {
		m := ev.at(i)
		if i != ev.level && i != ev.message && string(m.name(ev.p)) == zerolog.TimestampFieldName && ev.readTime(m.value(ev.p)) {
			ev.stamp = i
			return
		}
	}
}

func (ev *event) isString(m member) bool { return ev.p[m.val] == '"' }

// append appends the record: what every record has, then all other members as
// they are, in their order.
func (ev *event) append(dst []byte, l batch.Level, now time.Time) []byte {
	dst = ev.appendHead(dst, l, now)
	rest := skipBlank(ev.p, 1)
	for i := range ev.special {
		m := ev.at(i)
		if m.key > rest {
			dst = append(dst, ',')
			dst = append(dst, bytes.TrimRight(ev.p[rest:m.key], ", \t")...)
		}
		rest = ev.after(m)
		if i == ev.level || i == ev.message || i == ev.stamp {
			continue
		}
		dst = append(dst, ',')
		if name := m.name(ev.p); jsonenc.IsReserved(name) {
			dst = append(dst, `"fields.`...)
			dst = append(dst, name...)
			dst = append(dst, ev.p[m.keyEnd-1:m.end]...)
		} else {
			dst = append(dst, ev.p[m.key:m.end]...)
		}
	}
	if rest < ev.end {
		dst = append(dst, ',')
		dst = append(dst, ev.p[rest:ev.end]...)
	}
	return append(dst, '}')
}

// after returns where the member behind m begins, or ev.end.
func (ev *event) after(m member) int {
	if m.end == ev.end {
		return ev.end
	}
	return skipBlank(ev.p, skipBlank(ev.p, m.end)+1) // behind the comma
}

// appendHead appends what every record has.
func (ev *event) appendHead(dst []byte, l batch.Level, now time.Time) []byte {
	dst = append(dst, `{"timestamp":`...)
	if ev.stamp == none {
		dst = jsonenc.AppendTimestamp(dst, now)
	} else {
		dst = ev.appendStamp(dst, now)
	}
	dst = append(dst, `,"level":"`...)
	dst = append(dst, l.String()...)
	if ev.message == none {
		return append(dst, `","message":""`...)
	}
	dst = append(dst, `","message":`...)
	return append(dst, ev.at(ev.message).value(ev.p)...)
}

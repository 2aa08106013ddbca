package zerologw

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"time"
	"unicode/utf8"

	"github.com/rs/zerolog"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/internal/jsonenc"
	"github.com/logsto/logsto-go/internal/jsonscan"
)

// event is what is known of the bytes of one event after one look at them.
type event struct {
	p       []byte
	end     int       // where the last member ends
	few     [6]member // the special members; those beyond are in more
	more    []member
	special int // how many there are
	level   int // which of them are the event's own level, time and message
	message int
	stamp   int
	when    time.Time // what stamp says
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

// member is one member of an event: where its key begins, quotes included, where
// the colon stands, and where the value ends.
type member struct{ key, colon, end int }

func (m member) value(p []byte) []byte { return p[m.colon+1 : m.end] }

// name returns the key without its quotes.
func (m member) name(p []byte) []byte { return p[m.key+1 : m.colon-1] }

// scan looks at the event and reports whether it is a JSON object. named says
// that its first member is the level, if it has that name.
func (ev *event) scan(p []byte, named bool, limit int) bool {
	p = bytes.TrimLeft(trimEnd(p), " \t\r\n")
	if len(p) < 2 || p[0] != '{' {
		return false
	}
	ev.level, ev.message, ev.stamp = none, none, none
	if !ev.members(p) {
		// RawJSON may have brought blanks, and what is not UTF-8. Of what is longer than
		// limit no copy is made if there is no use of it.
		if len(p) > limit && !json.Valid(p) {
			return false
		}
		compact, ok := jsonscan.Compact(p)
		if !ok || !ev.members(compact) {
			return false
		}
	}
	ev.choose(named)
	return true
}

// trimEnd returns p without the ends of lines at its end.
func trimEnd(p []byte) []byte {
	for len(p) > 0 && (p[len(p)-1] == '\n' || p[len(p)-1] == '\r') {
		p = p[:len(p)-1]
	}
	return p
}

// members walks over the members of the event and notes the special ones. It
// reports whether p is an object without blanks.
func (ev *event) members(p []byte) bool {
	ev.p, ev.special, ev.more = p, 0, nil
	if p[1] == '}' {
		ev.end = 1
		return len(p) == 2
	}
	special := specialHashes()
	for i := 1; ; {
		colon, end, plain := jsonscan.Member(p, i)
		if uint(end) >= uint(len(p)) {
			return false
		}
		m := member{i, colon, end}
		// The byte behind the quote is the quote of the end, if the key is empty.
		if special>>hash(p[i+1], colon-i-2)&1 != 0 && isSpecial(m.name(p)) || !plain && isEscaped(m.name(p)) && m.isOurs(p) {
			ev.note(m)
		}
		switch p[end] {
		case '}':
			ev.end = end
			return end == len(p)-1
		case ',':
			i = end + 1
		default:
			return false
		}
	}
}

// specialHashes has the bits of the hashes of all keys that are special, so that
// few others have to be compared with them.
func specialHashes() uint64 {
	return ours | 1<<hashOf(zerolog.LevelFieldName) | 1<<hashOf(zerolog.TimestampFieldName) | 1<<hashOf(zerolog.MessageFieldName)
}

var ours = uint64(1<<hashOf(jsonenc.TimestampKey) | 1<<hashOf(jsonenc.LevelKey) | 1<<hashOf(jsonenc.MessageKey))

func hashOf(key string) uint {
	if key == "" {
		return hash('"', 0)
	}
	return hash(key[0], len(key))
}

// hash returns a number below 64 for a key with this first byte and length. It is the same
// for both cases of a letter.
func hash(first byte, length int) uint { return (uint(first|0x20) + 8*uint(length)) % 64 }

// isEscaped reports whether a key has escapes, or characters beyond ASCII.
func isEscaped(name []byte) bool {
	for ; len(name) >= 8; name = name[8:] {
		if jsonscan.Special(binary.LittleEndian.Uint64(name)) != 0 {
			return true
		}
	}
	for _, b := range name {
		if b == '\\' || b >= utf8.RuneSelf {
			return true
		}
	}
	return false
}

// maxEscaped is the length of a key beyond which it is none of ours, whatever its escapes.
const maxEscaped = 6 * len("timestamp")

// isOurs reports whether the key is one of ours, however it is written: other readers
// would take the member for the record's own.
func (m member) isOurs(p []byte) bool {
	name := m.name(p)
	if bytes.IndexByte(name, '\\') < 0 {
		return jsonenc.IsReserved(name)
	}
	var key string
	return len(name) <= maxEscaped && json.Unmarshal(p[m.key:m.colon], &key) == nil && jsonenc.IsReserved(key)
}

// isSpecial reports whether the key is one of ours, or one under which zerolog
// writes what has a key of ours.
func isSpecial(key []byte) bool {
	// Not a switch, for which key would be copied.
	return string(key) == zerolog.LevelFieldName || string(key) == zerolog.TimestampFieldName ||
		string(key) == zerolog.MessageFieldName || jsonenc.IsReserved(key)
}

// choose finds the level, the time and the message among members that may be
// fields of the user: zerolog writes the level first and the message last, and
// of several times the last is its own.
func (ev *event) choose(named bool) {
	if ev.special == 0 {
		return
	}
	first, last := ev.at(0), ev.special-1
	if named && zerolog.LevelFieldName != "" && first.key == 1 && string(first.name(ev.p)) == zerolog.LevelFieldName && ev.isString(first) {
		ev.level = 0
	}
	if m := ev.at(last); m.end == ev.end && string(m.name(ev.p)) == zerolog.MessageFieldName && ev.isString(m) && last != ev.level {
		ev.message = last
	}
	for i := last; i >= 0; i-- {
		m := ev.at(i)
		if i != ev.level && i != ev.message && string(m.name(ev.p)) == zerolog.TimestampFieldName {
			if t, ok := readTime(m.value(ev.p)); ok {
				ev.stamp, ev.when = i, t
				return
			}
		}
	}
}

func (ev *event) isString(m member) bool { return ev.p[m.colon+1] == '"' }

// append appends the record: what every record has, then all other members as
// they are, in their order.
func (ev *event) append(dst []byte, l batch.Level, at time.Time, limit int) []byte {
	dst = ev.appendHead(dst, l, at, limit)
	rest := 1 // where the members begin that are not yet appended
	for i := range ev.special {
		m := ev.at(i)
		if m.key > rest {
			dst = append(dst, ',')
			dst = append(dst, jsonenc.Fit(ev.p[rest:m.key-1], limit-len(dst))...) // up to the comma before m
		}
		rest = min(m.end+1, ev.end)
		if i == ev.level || i == ev.message || i == ev.stamp {
			continue
		}
		dst = append(dst, ',')
		if m.isOurs(ev.p) {
			dst = append(dst, '"')
			dst = append(dst, jsonenc.FieldsPrefix...)
			dst = append(dst, m.name(ev.p)...)
			dst = append(dst, jsonenc.Fit(ev.p[m.colon-1:m.end], limit-len(dst))...)
		} else {
			dst = append(dst, jsonenc.Fit(ev.p[m.key:m.end], limit-len(dst))...)
		}
	}
	if rest < ev.end {
		dst = append(dst, ',')
		dst = append(dst, jsonenc.Fit(ev.p[rest:ev.end], limit-len(dst))...)
	}
	return append(dst, '}')
}

// appendHead appends what every record has.
func (ev *event) appendHead(dst []byte, l batch.Level, at time.Time, limit int) []byte {
	dst = append(dst, `{"timestamp":`...)
	dst = jsonenc.AppendTimestamp(dst, at)
	dst = append(dst, `,"level":"`...)
	dst = append(dst, l.String()...)
	if ev.message == none {
		return append(dst, `","message":""`...)
	}
	dst = append(dst, `","message":`...)
	return append(dst, jsonenc.Fit(ev.at(ev.message).value(ev.p), limit-len(dst))...)
}

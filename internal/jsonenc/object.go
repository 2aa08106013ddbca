package jsonenc

import (
	"strings"
	"time"
)

// The keys of every record.
const (
	TimestampKey = "timestamp"
	LevelKey     = "level"
	MessageKey   = "message"
)

// FieldsPrefix stands before a user's key at the top of a record that is one of
// these.
const FieldsPrefix = "fields."

// MaxGroups is how deep groups, namespaces and objects of a logger may be nested.
// What values bring of their own comes on top; see maxDepth.
const MaxGroups = 100

// MaxBytes is the limit for AppendAny where that of the record is not known. What brings
// itself along twice has no more levels than others, but no end.
const MaxBytes = 16 << 20

// AppendTooDeep appends the string that stands for what is nested deeper, or
// begins where the record is too large already.
func AppendTooDeep(dst []byte) []byte {
	return append(dst, `"!ERROR: nested in more than 100 groups, or too large"`...)
}

// Fit returns s if it has no more bytes than room, what is left of a record's limit, and
// otherwise only the start of it, one byte more than fits. That is enough for the record to
// be refused as too large, and nobody copies hundreds of megabytes for that.
func Fit[T string | []byte](s T, room int) T {
	if len(s) > room {
		return s[:min(len(s), max(room, 0)+1)]
	}
	return s
}

// Gone stands for what could not be encoded because a method of the value has
// called runtime.Goexit.
const Gone = "!ERROR: runtime.Goexit was called while the record was encoded"

// AppendGone appends Gone as a member of the object that is open.
func AppendGone(dst []byte) []byte { return AppendString(AppendKey(dst, "!ERROR"), Gone) }

// AppendHead begins a record: the opening brace, the timestamp unless t is
// zero, the level, which must not need escaping, and the message, or of one that is longer
// than limit what shows that.
func AppendHead(dst []byte, t time.Time, level, message string, limit int) []byte {
	if t.IsZero() {
		dst = append(dst, `{"level":"`...)
	} else {
		dst = append(dst, `{"timestamp":`...)
		dst = AppendTimestamp(dst, t)
		dst = append(dst, `,"level":"`...)
	}
	dst = append(dst, level...)
	dst = append(dst, `","message":`...)
	return AppendLimited(dst, message, limit)
}

// AppendComma appends a comma unless an object or array has just begun, or dst
// is empty.
func AppendComma(dst []byte) []byte {
	if n := len(dst); n > 0 && dst[n-1] != '{' && dst[n-1] != '[' {
		return append(dst, ',')
	}
	return dst
}

// AppendKey appends the key of the next member of an object, after a comma if
// there must be one.
func AppendKey(dst []byte, key string) []byte {
	n, size := len(dst), len(key)+4
	if !isPlain(key) || n == 0 || cap(dst)-n < size {
		dst = appendEscaped(append(AppendComma(dst), '"'), key)
		return append(dst, '"', ':')
	}
	// In one piece, which most keys fit in.
	last := dst[n-1]
	dst = dst[:n+size]
	if dst[n] = ','; last == '{' || last == '[' {
		dst = dst[:n+size-1]
		n--
	}
	b := dst[n+1:]
	b[0] = '"'
	end := 1 + copy(b[1:], key)
	b[end], b[end+1] = '"', ':'
	return dst
}

// AppendFieldKey is AppendKey for a user's key at the top of a record. A key
// that is one of ours gets FieldsPrefix, so that neither hides the other.
func AppendFieldKey(dst []byte, key string) []byte {
	if IsReserved(key) {
		dst = AppendComma(dst)
		dst = append(dst, '"')
		dst = append(dst, FieldsPrefix...)
		dst = append(dst, key...)
		return append(dst, '"', ':')
	}
	return AppendKey(dst, key)
}

// IsReserved reports whether key is one of the keys of every record, in whatever case:
// some readers do not mind it, package encoding/json for one, for which ſ is an s.
func IsReserved[T string | []byte](key T) bool {
	n := len(key)
	if n < len(LevelKey) || n > len("timeſtamp") {
		return false
	}
	switch key[0] | 0x20 {
	case 'l':
		return n == len(LevelKey) && strings.EqualFold(string(key), LevelKey)
	case 'm':
		return n >= len(MessageKey) && strings.EqualFold(string(key), MessageKey)
	case 't':
		return n >= len(TimestampKey) && strings.EqualFold(string(key), TimestampKey)
	default:
		return false
	}
}

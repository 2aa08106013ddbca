// Package mask takes what must not leave the program out of records: the values of
// members with certain keys, and what functions of the application replace.
package mask

import (
	"bytes"
	"slices"
	"strings"
	"sync"

	"github.com/logsto/logsto-go/internal/jsonenc"
	"github.com/logsto/logsto-go/internal/jsonscan"
)

// Hidden is the string that stands for a value that was taken out.
const Hidden = "[REDACTED]"

// Func returns what stands for a value instead, as a string, and whether something
// does. path is that of the value, in lower case; value is a string as it is, or
// else a number, true, false or null as it is written.
type Func func(path, value string) (string, bool)

// Masker says what is taken out. It may be used by any number of goroutines, once
// its last Add has returned.
type Masker struct {
	// The paths by their last key, both folded, and a bit for the length of each such
	// key, modulo 64.
	paths   map[string][]string
	lengths uint64
	globs   []glob // the paths with an asterisk
	funcs   []Func
}

// AddPath adds the path of a member: its key, with the keys of the objects around
// it before it, as far as they matter, and dots between. An asterisk stands for any text,
// also none, and one with a dot behind it at the beginning for any objects around. The path
// must have something else in it. The members that zap puts beside an error or an object
// go with it.
func (m *Masker) AddPath(path string) {
	for strings.HasPrefix(path, "*.") {
		path = path[len("*."):]
	}
	for _, suffix := range []string{"", "Error", "Verbose", "Causes"} {
		if strings.Contains(path, "*") {
			m.globs = append(m.globs, newGlob(path+suffix))
		} else {
			m.addPath(path + suffix)
		}
	}
}

func (m *Masker) addPath(path string) {
	folded := string(fold(nil, []byte(path)))
	if m.paths == nil {
		m.paths = map[string][]string{}
	}
	last := folded[strings.LastIndexByte(folded, '.')+1:]
	m.lengths |= 1 << (len(last) % 64)
	if !slices.Contains(m.paths[last], folded) {
		m.paths[last] = append(m.paths[last], folded)
	}
}

// AddFunc adds a function, which is called after the others for what they have
// left. It must not panic.
func (m *Masker) AddFunc(f Func) { m.funcs = append(m.funcs, f) }

// Append appends the record, one JSON object, without what is to be taken out. It
// reports whether it could: what is no JSON object cannot be looked into, and
// nothing of it is appended.
func (m *Masker) Append(dst, record []byte) ([]byte, bool) {
	start := len(dst)
	w := walks.Get().(*walk)
	defer w.free()
	// Functions are asked once for a value, so only when it is clear that it is one.
	if (len(m.funcs) == 0 || jsonscan.Value(record, 0) == len(record)) && w.record(m, dst, record) {
		return w.dst, true
	}
	// Blanks, or what is not UTF-8.
	if compact, ok := jsonscan.Compact(record); ok && w.record(m, dst[:start], compact) {
		return w.dst, true
	}
	return dst[:start], false
}

// walk goes through one record.
type walk struct {
	m    *Masker
	p    []byte
	dst  []byte
	done int    // how much of p is in dst, or replaced
	path []byte // of the object or array that is open, folded

	shown   string // the path as functions see it
	isShown bool   // shown is that of path
	timed   bool   // the record's timestamp has come
	leveled bool   // and its level
}

var walks = sync.Pool{New: func() any { return new(walk) }}

// maxDepth is how many levels a record may have: zerolog's are one more than those of
// a value.
const maxDepth = jsonscan.MaxDepth + 1

// maxShown is the length in bytes of a path of which functions see the end only, so
// that long keys around many values do not cost their product.
const maxShown = 1 << 10

// maxPath is the size in bytes over which the room for a path is not kept.
const maxPath = 4 << 10

func (w *walk) free() {
	*w = walk{path: w.path[:0]}
	if cap(w.path) <= maxPath {
		walks.Put(w)
	}
}

// record goes through the whole record p and reports whether it is a JSON object.
func (w *walk) record(m *Masker, dst, p []byte) bool {
	*w = walk{m: m, p: p, dst: dst, path: w.path[:0]}
	if len(w.p) == 0 || w.p[0] != '{' || w.nested(0, maxDepth) != len(w.p) {
		return false
	}
	w.dst = append(w.dst, w.p[w.done:]...)
	return true
}

// value goes through the value that begins at i, and returns the index behind it,
// or -1.
func (w *walk) value(i, levels int) int {
	if i < len(w.p) && (w.p[i] == '{' || w.p[i] == '[') {
		return w.nested(i, levels)
	}
	end := jsonscan.Value(w.p, i)
	if end >= 0 && len(w.m.funcs) > 0 {
		w.ask(i, end)
	}
	return end
}

// nested is value for an object or array that may have so many levels.
func (w *walk) nested(i, levels int) int {
	if levels == 0 {
		return -1
	}
	object, end := w.p[i] == '{', w.p[i]+2 // the brackets are two apart
	if i++; i < len(w.p) && w.p[i] == end {
		return i + 1
	}
	for {
		if object {
			i = w.member(i, levels)
		} else {
			i = w.value(i, levels-1)
		}
		if uint(i) >= uint(len(w.p)) {
			return -1
		}
		switch w.p[i] {
		case ',':
			i++
		case end:
			return i + 1
		default:
			return -1
		}
	}
}

// member goes through a member of an object that may have so many levels.
func (w *walk) member(i, levels int) int {
	colon := jsonscan.String(w.p, i)
	if uint(colon) >= uint(len(w.p)) || w.p[colon] != ':' {
		return -1
	}
	outer := len(w.path)
	if levels < maxDepth {
		w.path = append(w.path, '.')
	}
	w.path, w.isShown = fold(w.path, key(w.p[i:colon])), false
	var end int
	switch {
	case levels == maxDepth && w.fixed(w.p[i+1:colon-1]):
		end = jsonscan.Value(w.p, colon+1)
	case w.m.matches(w.path, outer):
		if end = jsonscan.Value(w.p, colon+1); end >= 0 {
			w.replace(colon+1, end, Hidden)
		}
	default:
		end = w.value(colon+1, levels-1)
	}
	w.path, w.isShown = w.path[:outer], false
	return end
}

// fixed reports whether a member at the top with the key is the time or the level
// of the record, without which it would be none. Another with that key is no other
// than any field.
func (w *walk) fixed(key []byte) bool {
	var seen *bool
	switch string(key) {
	case jsonenc.TimestampKey:
		seen = &w.timed
	case jsonenc.LevelKey:
		seen = &w.leveled
	default:
		return false
	}
	first := !*seen
	*seen = true
	return first
}

// replace puts text in the place of the value from i to end.
func (w *walk) replace(i, end int, text string) {
	w.dst = append(w.dst, w.p[w.done:i]...)
	w.dst = jsonenc.AppendString(w.dst, text)
	w.done = end
}

// ask lets the functions replace the value from i to end, which is no object or
// array.
func (w *walk) ask(i, end int) {
	if !w.isShown {
		w.shown, w.isShown = string(w.path[max(0, len(w.path)-maxShown):]), true
	}
	text, replaced := unquoted(w.p[i:end]), false
	for _, f := range w.m.funcs {
		if s, ok := f(w.shown, text); ok {
			text, replaced = s, true
		}
	}
	if replaced {
		w.replace(i, end, text)
	}
}

// matches reports whether a path of m is the path, or its end from a key on. The last key
// begins at path[key:], or with a dot before it.
func (m *Masker) matches(path []byte, key int) bool {
	for i := range m.globs {
		if m.globs[i].matches(path[max(0, key-maxShown):], key <= maxShown) {
			return true
		}
	}
	last := path[bytes.LastIndexByte(path, '.')+1:]
	if m.lengths>>(len(last)%64)&1 == 0 {
		return false
	}
	for _, want := range m.paths[string(last)] {
		if n := len(path) - len(want); n >= 0 && string(path[n:]) == want && (n == 0 || path[n-1] == '.') {
			return true
		}
	}
	return false
}

package jsonenc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// jsonBuffer is an encoder of encoding/json with the buffer that it writes to.
type jsonBuffer struct {
	bytes.Buffer
	enc *json.Encoder
}

var jsonBuffers = sync.Pool{New: func() any {
	b := new(jsonBuffer)
	b.enc = json.NewEncoder(&b.Buffer)
	b.enc.SetEscapeHTML(false)
	return b
}}

// maxPooled is the size in bytes over which a buffer is not kept.
const maxPooled = 64 << 10

// panicsNil says that the program has asked for panics with nil, by GODEBUG.
// encoding/json takes one for no panic, and returns what it has until there.
var panicsNil = func() (is bool) {
	defer func() { is = recover() == nil }()
	panic(nil) //nolint:govet // that is the question
}()

var errTooDeep = fmt.Errorf("nested in more than %d levels, or cyclic", maxDepth)

// appendOther appends a value that is not a scalar, or says that it is too deep.
func appendOther(dst []byte, v any) []byte {
	if out, ok := appendTree(dst, v, maxDepth); ok {
		return out
	}
	return appendUnencodable(dst, v, errTooDeep)
}

// appendTree appends v, in which a map[string]any and a []any are gone through
// here, so that a member that fails leaves the others whole. It reports whether
// v has no more levels than left; if not, what it returns is of no use.
func appendTree(dst []byte, v any, left int) ([]byte, bool) {
	switch v := v.(type) {
	case map[string]any:
		if v != nil {
			return appendMap(dst, v, left-1)
		}
		return append(dst, "null"...), true
	case []any:
		if v != nil {
			return appendList(dst, v, left-1)
		}
		return append(dst, "null"...), true
	}
	if out, ok := appendScalar(dst, v); ok {
		return out, true
	}
	if plain := unnamed(v); plain != nil {
		return appendTree(dst, plain, left)
	}
	if tooDeep(v, left) {
		return dst, false
	}
	out := appendMarshal(dst, v)
	return out, !deeper(out[len(dst):], left)
}

// unnamed returns v as a map[string]any or []any if it is of a type that is one
// under another name, such as logrus.Fields, and nil otherwise.
func unnamed(v any) any {
	r := reflect.ValueOf(v)
	var as reflect.Type
	switch t := r.Type(); t.Kind() {
	case reflect.Map:
		if as = mapOfAny; t.Key() != as.Key() || t.Elem() != as.Elem() {
			return nil
		}
	case reflect.Slice:
		if as = listOfAny; t.Elem() != as.Elem() {
			return nil
		}
	default:
		return nil
	}
	if r.Type() == as || marshals(r.Type()) {
		return nil
	}
	return r.Convert(as).Interface()
}

var (
	mapOfAny  = reflect.TypeFor[map[string]any]()
	listOfAny = reflect.TypeFor[[]any]()
)

func appendList(dst []byte, list []any, left int) ([]byte, bool) {
	ok := left >= 0
	dst = append(dst, '[')
	for i := 0; ok && i < len(list); i++ {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst, ok = appendTree(dst, list[i], left)
	}
	return append(dst, ']'), ok
}

// appendMap appends the members of m in the order of their keys, as
// encoding/json does.
func appendMap(dst []byte, m map[string]any, left int) ([]byte, bool) {
	var few [16]string
	keys := few[:0]
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	ok := left >= 0
	dst = append(dst, '{')
	for i := 0; ok && i < len(keys); i++ {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendString(dst, keys[i]), ':')
		dst, ok = appendTree(dst, m[keys[i]], left)
	}
	return append(dst, '}'), ok
}

// appendMarshal appends what encoding/json makes of v.
func appendMarshal(dst []byte, v any) (out []byte) {
	done := false
	defer func() {
		if !done {
			out = AppendPanic(dst, recover())
		}
	}()
	b := jsonBuffers.Get().(*jsonBuffer)
	b.Reset()
	err := b.enc.Encode(v)
	done = true
	if err != nil {
		return appendUnencodable(dst, v, err)
	}
	if panicsNil && !json.Valid(b.Bytes()) {
		return AppendPanic(dst, nil)
	}
	start := len(dst)
	dst = append(dst, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
	if b.Cap() <= maxPooled {
		jsonBuffers.Put(b)
	}
	return repair(dst, start)
}

// appendUnencodable appends why v failed, and its type where the reason does not
// name it, or its message if it is an error.
func appendUnencodable(dst []byte, v any, err error) []byte {
	if cause, ok := v.(error); ok {
		return appendText(dst, v, func() string { return "!ERROR: " + err.Error() + ": " + cause.Error() })
	}
	return appendText(dst, err, func() string {
		text, name := "!ERROR: "+err.Error(), fmt.Sprintf("%T", v)
		if !strings.Contains(text, name) {
			text += " (" + name + ")"
		}
		return text
	})
}

// AppendRaw appends a JSON value that was made elsewhere, without insignificant
// blanks. Invalid UTF-8 in its strings becomes U+FFFD. What is not one value of
// JSON becomes a string that says so, and so does one of more than 400 levels;
// nil is null.
func AppendRaw(dst, raw []byte) []byte {
	if raw == nil {
		return append(dst, "null"...)
	}
	b := bytes.NewBuffer(dst)
	err := json.Compact(b, raw)
	if err == nil && deeper(b.Bytes()[len(dst):], maxDepth) {
		err = errTooDeep
	}
	if err != nil {
		// Without the text, in which there may be what is to be redacted.
		return AppendString(dst, fmt.Sprintf("!ERROR: %v (%d bytes)", err, len(raw)))
	}
	return repair(b.Bytes(), len(dst))
}

// repair returns b, in which the JSON from start on has U+FFFD for every byte
// that is not UTF-8. encoding/json lets such bytes pass in what a json.Marshaler
// returns; other parsers refuse the whole record for them.
func repair(b []byte, start int) []byte {
	if utf8.Valid(b[start:]) {
		return b
	}
	return append(b[:start], string([]rune(string(b[start:])))...)
}

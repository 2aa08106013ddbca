package jsonenc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/logsto/logsto-go/internal/jsonscan"
)

// appendOther appends a value that is not a scalar, or says why it cannot, without which
// the record has no more bytes than limit.
func appendOther(dst []byte, v any, limit int) []byte {
	out, err := appendTree(dst, v, bounds{levels: maxDepth, size: limit})
	if err == nil && len(out) > limit {
		err = sizeError(limit)
	}
	if err != nil {
		return appendUnencodable(dst, v, err, limit)
	}
	return out
}

// appendTree appends v, in which a map[string]any and a []any are gone through
// here, so that a member that fails leaves the others whole. It returns an error
// only if there is too much of v; what it has appended is then of no use.
func appendTree(dst []byte, v any, b bounds) ([]byte, error) {
	if len(dst) > b.size {
		return dst, sizeError(b.size)
	}
	switch v := v.(type) {
	case map[string]any:
		if v != nil {
			return appendMap(dst, v, b.inner())
		}
		return append(dst, "null"...), nil
	case []any:
		if v != nil {
			return appendList(dst, v, b.inner())
		}
		return append(dst, "null"...), nil
	}
	if out, ok := appendScalar(dst, v, b.size); ok {
		return out, nil
	}
	if plain := unnamed(v); plain != nil {
		return appendTree(dst, plain, b)
	}
	return appendMarshal(dst, v, b)
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
	if r.Type() == as || methods(r.Type()) != byKind {
		return nil
	}
	return r.Convert(as).Interface()
}

var (
	mapOfAny  = reflect.TypeFor[map[string]any]()
	listOfAny = reflect.TypeFor[[]any]()
)

func appendList(dst []byte, list []any, b bounds) (_ []byte, err error) {
	if b.levels < 0 {
		return dst, errTooDeep
	}
	dst = append(dst, '[')
	for i := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = appendTree(dst, list[i], b); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

// appendMap appends the members of m in the order of their keys, as
// encoding/json does.
func appendMap(dst []byte, m map[string]any, b bounds) (_ []byte, err error) {
	if b.levels < 0 {
		return dst, errTooDeep
	}
	var few [16]string
	keys := few[:0]
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	dst = append(dst, '{')
	for i, k := range keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendString(dst, k), ':')
		if dst, err = appendTree(dst, m[k], b); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

// appendMarshal appends any other value, and what stands for it if it fails. It returns
// an error only if there is too much of it.
func appendMarshal(dst []byte, v any, b bounds) (out []byte, err error) {
	done := false
	defer func() {
		if !done {
			out, err = AppendPanic(dst, recover()), nil
		}
	}()
	r := reflect.ValueOf(v)
	out, err = appendValue(dst, r, shapeOf(r.Type()), b)
	done = true
	if err != nil && !isBound(err) {
		return appendUnencodable(dst, v, err, b.size), nil
	}
	return out, err
}

// appendUnencodable appends why v failed, and its type where the reason does not
// name it, or its message if it is an error.
func appendUnencodable(dst []byte, v any, err error, limit int) []byte {
	if cause, ok := v.(error); ok {
		return appendText(dst, v, func() string { return "!ERROR: " + err.Error() + ": " + cause.Error() }, limit)
	}
	return appendText(dst, err, func() string {
		text, name := "!ERROR: "+err.Error(), fmt.Sprintf("%T", v)
		if !strings.Contains(text, name) {
			text += " (" + name + ")"
		}
		return text
	}, limit)
}

// AppendRaw appends a JSON value that was made elsewhere, without insignificant
// blanks. Invalid UTF-8 in its strings becomes U+FFFD. What is not one value of
// JSON becomes a string that says so, and so does one of more than 400 levels, or that
// makes dst longer than limit; nil is null.
func AppendRaw(dst, raw []byte, limit int) []byte {
	if raw == nil {
		return append(dst, "null"...)
	}
	out, err := appendCompact(dst, raw, bounds{levels: maxDepth, size: limit})
	if err != nil {
		// Without the text, in which there may be what is to be redacted.
		return AppendString(dst, fmt.Sprintf("!ERROR: %v (%d bytes)", err, len(raw)))
	}
	return out
}

// appendCompact appends a JSON value that was made elsewhere.
func appendCompact(dst, raw []byte, b bounds) ([]byte, error) {
	start := len(dst)
	if jsonscan.Value(raw, 0) == len(raw) {
		if len(raw) > b.size-start {
			return dst, sizeError(b.size)
		}
		dst = append(dst, raw...)
	} else {
		buf := bytes.NewBuffer(dst)
		if err := json.Compact(buf, raw); err != nil {
			return dst, err
		}
		dst = repair(buf.Bytes(), start)
	}
	switch {
	case deeper(dst[start:], b.levels):
		return dst, errTooDeep
	case len(dst) > b.size:
		return dst, sizeError(b.size)
	default:
		return dst, nil
	}
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

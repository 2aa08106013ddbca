package jsonenc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"
)

// AppendAny appends a value of any type. The types that JSON has, and times and
// durations, take no reflection. Of the others, a json.Marshaler says itself
// what it is, then an error is its message, and encoding/json does the rest. A
// value that fails or panics becomes a string that begins with "!ERROR" or
// "!PANIC"; a nil pointer is null.
func AppendAny(dst []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case string:
		return AppendString(dst, v)
	case bool:
		return AppendBool(dst, v)
	case int:
		return AppendInt(dst, int64(v))
	case int8:
		return AppendInt(dst, int64(v))
	case int16:
		return AppendInt(dst, int64(v))
	case int32:
		return AppendInt(dst, int64(v))
	case int64:
		return AppendInt(dst, v)
	case uint:
		return AppendUint(dst, uint64(v))
	case uint8:
		return AppendUint(dst, uint64(v))
	case uint16:
		return AppendUint(dst, uint64(v))
	case uint32:
		return AppendUint(dst, uint64(v))
	case uint64:
		return AppendUint(dst, v)
	case uintptr:
		return AppendUint(dst, uint64(v))
	case float32:
		return AppendFloat32(dst, v)
	case float64:
		return AppendFloat64(dst, v)
	case complex64:
		return AppendComplex(dst, complex128(v), 64)
	case complex128:
		return AppendComplex(dst, v, 128)
	case time.Time:
		return AppendTime(dst, v)
	case time.Duration:
		return AppendDuration(dst, v)
	case []string:
		return appendStrings(dst, v)
	case json.RawMessage:
		return AppendRaw(dst, v)
	case json.Marshaler:
		return appendMarshal(dst, v)
	case error:
		return AppendError(dst, v)
	default:
		return appendMarshal(dst, v)
	}
}

func appendStrings(dst []byte, list []string) []byte {
	if list == nil {
		return append(dst, "null"...)
	}
	dst = append(dst, '[')
	for _, s := range list {
		dst = AppendString(AppendComma(dst), s)
	}
	return append(dst, ']')
}

// AppendError appends the message of err; nil is null.
func AppendError(dst []byte, err error) []byte {
	if err == nil {
		return append(dst, "null"...)
	}
	return appendText(dst, err, err.Error)
}

// AppendStringer appends what the String method returns; nil is null.
func AppendStringer(dst []byte, s fmt.Stringer) []byte {
	if s == nil {
		return append(dst, "null"...)
	}
	return appendText(dst, s, s.String)
}

// appendText appends what a method of v returns. A method that cannot bear that
// v is a nil pointer makes it null.
func appendText(dst []byte, v any, method func() string) (out []byte) {
	start := len(dst)
	defer func() {
		if p := recover(); p != nil {
			if isNilPointer(v) {
				out = append(dst[:start], "null"...)
				return
			}
			out = AppendPanic(dst[:start], p)
		}
	}()
	return AppendString(dst, method())
}

func isNilPointer(v any) bool {
	r := reflect.ValueOf(v)
	return r.Kind() == reflect.Pointer && r.IsNil()
}

// AppendPanic appends a string for a value whose method panicked with p.
func AppendPanic(dst []byte, p any) []byte {
	return AppendString(dst, "!PANIC: "+printed(p))
}

// AppendFailure appends a string for a value that cannot be encoded.
func AppendFailure(dst []byte, err error) []byte {
	return appendText(dst, err, func() string { return "!ERROR: " + err.Error() })
}

// printed returns p as text. What p does when it is printed is not ours: it may
// panic again, which fmt catches.
func printed(p any) string { return fmt.Sprint(p) }

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

// appendMarshal appends what encoding/json makes of v.
func appendMarshal(dst []byte, v any) (out []byte) {
	defer func() {
		if p := recover(); p != nil {
			out = AppendPanic(dst, p)
		}
	}()
	b := jsonBuffers.Get().(*jsonBuffer)
	b.Reset()
	if err := b.enc.Encode(v); err != nil {
		// The encoder has had an error and is not used again.
		return appendUnencodable(dst, v, err)
	}
	dst = append(dst, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
	if b.Cap() <= maxPooled {
		jsonBuffers.Put(b)
	}
	return dst
}

// appendUnencodable appends the value of a type that JSON has no form for as fmt
// prints it, and otherwise why it failed.
func appendUnencodable(dst []byte, v any, err error) []byte {
	var unsupported *json.UnsupportedTypeError
	if errors.As(err, &unsupported) {
		return AppendString(dst, "!ERROR: "+err.Error()+fmt.Sprintf(" (%T)", v))
	}
	return AppendFailure(dst, err)
}

// AppendRaw appends a JSON value that was made elsewhere, without insignificant
// blanks. What is not one value of JSON becomes a string that says so; nothing
// at all is null.
func AppendRaw(dst, raw []byte) []byte {
	if raw == nil {
		return append(dst, "null"...)
	}
	b := bytes.NewBuffer(dst)
	if err := json.Compact(b, raw); err != nil {
		return AppendString(dst, "!ERROR: "+err.Error()+": "+string(raw))
	}
	return b.Bytes()
}

package jsonenc

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"
)

// AppendAny appends a value of any type. At any depth, a json.Marshaler says itself
// what it is, then an error is its message, and all else is what encoding/json makes
// of it: a fmt.Stringer is not asked, []byte is base64, a nil pointer is null.
//
// A value that fails or panics becomes a string that begins with "!ERROR" or
// "!PANIC", and so does one that is cyclic, nested in more than 400 levels, or makes
// dst longer than limit. In a map[string]any or []any, under whatever name, only the
// member that fails becomes a string.
func AppendAny(dst []byte, v any, limit int) []byte {
	if out, ok := appendScalar(dst, v, limit); ok {
		return out
	}
	switch v := v.(type) {
	case []string:
		if out := appendStrings(dst, v, limit); len(out) <= limit {
			return out
		}
		return appendUnencodable(dst, v, sizeError(limit), limit)
	case json.RawMessage:
		return AppendRaw(dst, v, limit)
	case map[string]any, []any, json.Marshaler:
		return appendOther(dst, v, limit)
	case error:
		return AppendError(dst, v, limit)
	default:
		return appendOther(dst, v, limit)
	}
}

// appendScalar appends v if it is of a type that takes no reflection.
func appendScalar(dst []byte, v any, limit int) ([]byte, bool) {
	switch v := v.(type) {
	case nil:
		dst = append(dst, "null"...)
	case string:
		dst = AppendLimited(dst, v, limit)
	case bool:
		dst = AppendBool(dst, v)
	case int:
		dst = AppendInt(dst, int64(v))
	case int8:
		dst = AppendInt(dst, int64(v))
	case int16:
		dst = AppendInt(dst, int64(v))
	case int32:
		dst = AppendInt(dst, int64(v))
	case int64:
		dst = AppendInt(dst, v)
	case uint:
		dst = AppendUint(dst, uint64(v))
	case uint8:
		dst = AppendUint(dst, uint64(v))
	case uint16:
		dst = AppendUint(dst, uint64(v))
	case uint32:
		dst = AppendUint(dst, uint64(v))
	case uint64:
		dst = AppendUint(dst, v)
	case uintptr:
		dst = AppendUint(dst, uint64(v))
	case float32:
		dst = AppendFloat32(dst, v)
	case float64:
		dst = AppendFloat64(dst, v)
	case complex64:
		dst = AppendComplex(dst, complex128(v), 64)
	case complex128:
		dst = AppendComplex(dst, v, 128)
	case time.Time:
		dst = AppendTime(dst, v)
	case time.Duration:
		dst = AppendDuration(dst, v)
	default:
		return dst, false
	}
	return dst, true
}

// appendStrings appends a list, but not much more than until dst is longer than limit.
func appendStrings(dst []byte, list []string, limit int) []byte {
	if list == nil {
		return append(dst, "null"...)
	}
	dst = append(dst, '[')
	for _, s := range list {
		if len(dst) > limit {
			return dst
		}
		dst = AppendLimited(AppendComma(dst), s, limit)
	}
	return append(dst, ']')
}

// AppendError appends the message of err, or what of it shows that dst becomes longer than
// limit; nil is null.
func AppendError(dst []byte, err error, limit int) []byte {
	if err == nil {
		return append(dst, "null"...)
	}
	return appendText(dst, err, err.Error, limit)
}

// AppendStringer is AppendError for what the String method returns.
func AppendStringer(dst []byte, s fmt.Stringer, limit int) []byte {
	if s == nil {
		return append(dst, "null"...)
	}
	return appendText(dst, s, s.String, limit)
}

// AppendPanic appends a string for a value whose method panicked with p.
func AppendPanic(dst []byte, p any) []byte { return AppendString(dst, PanicText(p)) }

// PanicText returns the string that AppendPanic appends.
func PanicText(p any) string { return "!PANIC: " + printed(p) }

// appendText appends what a method of v returns. A method that cannot bear that
// v is a nil pointer makes it null.
func appendText(dst []byte, v any, method func() string, limit int) []byte {
	s, p, ok := call(method)
	switch {
	case ok:
		return AppendLimited(dst, s, limit)
	case isNilPointer(v):
		return append(dst, "null"...)
	default:
		return AppendPanic(dst, p)
	}
}

// call returns what a method of a user's value returns, or what it panicked
// with: nil too, which a program can have back by a setting of GODEBUG.
func call(method func() string) (s string, p any, ok bool) {
	defer func() {
		if !ok {
			p = recover()
		}
	}()
	return method(), nil, true
}

func isNilPointer(v any) bool {
	r := reflect.ValueOf(v)
	return r.Kind() == reflect.Pointer && r.IsNil()
}

// printed returns as text what a method panicked with. Its own methods may
// panic in turn, and fmt would follow a cyclic value until the stack ends: what
// is neither a plain value nor has a message is named by its type.
func printed(p any) string {
	if p == nil {
		return "nil, or runtime.Goexit"
	}
	s, _, ok := call(func() string {
		switch v := p.(type) {
		case error:
			return v.Error()
		case fmt.Stringer:
			return v.String()
		}
		if k := reflect.ValueOf(p).Kind(); k > reflect.Complex128 && k != reflect.String {
			return fmt.Sprintf("%T", p)
		}
		return fmt.Sprint(p)
	})
	switch {
	case !ok:
		return fmt.Sprintf("%T", p)
	case len(s) > maxPanic:
		return s[:maxPanic] + "..."
	}
	return s
}

// maxPanic bounds how much is kept of what a method panicked with, in bytes.
const maxPanic = 16 << 10

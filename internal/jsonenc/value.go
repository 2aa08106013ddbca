package jsonenc

import (
	"encoding"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// maxPointers is how many pointers may stand one behind the other. A type can be a
// pointer to itself.
const maxPointers = 100

// bounds are how much a value may become.
type bounds struct {
	levels int // of objects and arrays that are left
	size   int // of the record, in bytes
}

func (b bounds) inner() bounds {
	b.levels--
	return b
}

var errTooDeep = fmt.Errorf("nested in more than %d levels, or cyclic", maxDepth)

// sizeError says that a value would make the record larger than it may be.
type sizeError int

func (e sizeError) Error() string {
	return fmt.Sprintf("would make the record larger than %d bytes", int(e))
}

// appendValue appends what encoding/json makes of v, but for errors, which are their
// messages. It calls methods of v, which may panic. If it returns an error, what it has
// appended is of no use.
func appendValue(dst []byte, v reflect.Value, s *shape, b bounds) ([]byte, error) {
	if len(dst) > b.size {
		return dst, sizeError(b.size)
	}
	for pointers := 0; s.kind == reflect.Interface || s.kind == reflect.Pointer && s.form == byKind; pointers++ {
		if v.IsNil() {
			return append(dst, "null"...), nil
		}
		if pointers > maxPointers {
			return dst, errTooDeep
		}
		if v = v.Elem(); s.kind == reflect.Interface {
			s = shapeOf(v.Type())
		} else {
			s = s.elem
		}
	}
	switch form := s.at(v); form {
	case byKind:
		return appendKind(dst, v, s, b)
	case asBytes:
		if v.IsNil() {
			return append(dst, "null"...), nil
		}
		dst = base64.StdEncoding.AppendEncode(append(dst, '"'), Fit(v.Bytes(), b.size-len(dst)))
		return append(dst, '"'), nil
	case asJSONNumber:
		if v.Len() > b.size-len(dst) {
			return dst, sizeError(b.size)
		}
		return appendNumber(dst, v.String())
	case unsupported:
		return dst, &json.UnsupportedTypeError{Type: v.Type()}
	default:
		return appendMethod(dst, form, v, b)
	}
}

// at returns the form of a value. What has methods only as a pointer has them where it
// can be addressed.
func (s *shape) at(v reflect.Value) form {
	if s.pointer != byKind && v.CanAddr() {
		return s.pointer
	}
	return s.form
}

// appendMethod appends what a method of v makes of it.
func appendMethod(dst []byte, f form, v reflect.Value, b bounds) ([]byte, error) {
	m := v
	if v.CanAddr() && v.Kind() != reflect.Pointer {
		m = v.Addr() // which also spares a copy
	}
	if f == byMessage {
		return AppendError(dst, m.Interface().(error), b.size), nil
	}
	if v.Kind() == reflect.Pointer && v.IsNil() {
		return append(dst, "null"...), nil
	}
	if f == byJSON {
		raw, err := m.Interface().(json.Marshaler).MarshalJSON()
		if err == nil {
			if dst, err = appendCompact(dst, raw, b); err == nil || isBound(err) {
				return dst, err
			}
		}
		return dst, &json.MarshalerError{Type: v.Type(), Err: err}
	}
	text, err := m.Interface().(encoding.TextMarshaler).MarshalText()
	if err != nil {
		return dst, fmt.Errorf("json: error calling MarshalText for type %v: %w", v.Type(), err)
	}
	return AppendBytes(dst, Fit(text, b.size-len(dst))), nil
}

// isBound reports whether err says that there is too much of a value, and not what it is.
func isBound(err error) bool {
	_, large := err.(sizeError)       //nolint:errorlint // what is wrapped is the application's, whose methods may panic
	return large || err == errTooDeep //nolint:errorlint // likewise
}

// appendKind appends a value that is encoded by its kind.
func appendKind(dst []byte, v reflect.Value, s *shape, b bounds) ([]byte, error) {
	switch s.kind {
	case reflect.Bool:
		return AppendBool(dst, v.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return AppendInt(dst, v.Int()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return AppendUint(dst, v.Uint()), nil
	case reflect.Float32, reflect.Float64:
		f := v.Float()
		if math.IsInf(f, 0) || math.IsNaN(f) {
			return dst, &json.UnsupportedValueError{Value: v, Str: strconv.FormatFloat(f, 'g', -1, 64)}
		}
		if s.kind == reflect.Float32 {
			return AppendFloat32(dst, float32(f)), nil
		}
		return AppendFloat64(dst, f), nil
	case reflect.String:
		return AppendLimited(dst, v.String(), b.size), nil
	case reflect.Struct:
		return appendStruct(dst, v, s, b)
	case reflect.Map:
		return appendMapValue(dst, v, s, b)
	default: // a slice or an array
		if s.kind == reflect.Slice && v.IsNil() {
			return append(dst, "null"...), nil
		}
		return appendElements(dst, v, s, b)
	}
}

// appendNumber appends a json.Number; none at all is zero.
func appendNumber(dst []byte, n string) ([]byte, error) {
	if n == "" {
		n = "0"
	}
	if end := len(n) - 1; (n[0] != '-' && n[0]-'0' > 9) || n[end]-'0' > 9 || !json.Valid([]byte(n)) {
		return dst, fmt.Errorf("json: invalid number literal %q", n)
	}
	return append(dst, n...), nil
}

func appendElements(dst []byte, v reflect.Value, s *shape, b bounds) (_ []byte, err error) {
	if b = b.inner(); b.levels < 0 {
		return dst, errTooDeep
	}
	dst = append(dst, '[')
	for i := range v.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = appendValue(dst, v.Index(i), s.elem, b); err != nil {
			return dst, err
		}
	}
	return append(dst, ']'), nil
}

func appendStruct(dst []byte, v reflect.Value, s *shape, b bounds) (_ []byte, err error) {
	if b = b.inner(); b.levels < 0 {
		return dst, errTooDeep
	}
	next := byte('{')
	for i := range s.fields {
		f := &s.fields[i]
		fv, ok := f.of(v)
		if !ok || f.omitEmpty && isEmpty(fv) || f.omitZero != nil && f.omitZero(fv) {
			continue
		}
		dst = append(append(dst, next), f.key...)
		next = ','
		if f.quoted {
			dst, err = appendQuoted(dst, fv, f.shape, b)
		} else {
			dst, err = appendValue(dst, fv, f.shape, b)
		}
		if err != nil {
			return dst, err
		}
	}
	if next == '{' {
		dst = append(dst, '{')
	}
	return append(dst, '}'), nil
}

// of returns the field of a struct, and false if a pointer on the way is nil.
func (f *field) of(v reflect.Value) (reflect.Value, bool) {
	if len(f.index) == 1 {
		return v.Field(f.index[0]), true
	}
	for _, i := range f.index {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return v, false
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	return v, true
}

// isEmpty reports whether encoding/json leaves a value out for omitempty.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Interface, reflect.Pointer:
		return v.IsNil()
	default:
		return v.Kind() <= reflect.Float64 && v.IsZero()
	}
}

// appendQuoted appends a scalar within a string, or a pointer to one.
func appendQuoted(dst []byte, v reflect.Value, s *shape, b bounds) ([]byte, error) {
	if s.kind == reflect.Pointer && s.form == byKind {
		if v.IsNil() {
			return append(dst, "null"...), nil
		}
		v, s = v.Elem(), s.elem
	}
	if form := s.at(v); form != byKind && form != asJSONNumber {
		return appendValue(dst, v, s, b)
	}
	text, err := appendValue(nil, v, s, b)
	if err != nil {
		return dst, err
	}
	return AppendBytes(dst, text), nil
}

// member is a member of a map.
type member struct {
	key   string
	value reflect.Value
}

func appendMapValue(dst []byte, v reflect.Value, s *shape, b bounds) (_ []byte, err error) {
	if v.IsNil() {
		return append(dst, "null"...), nil
	}
	if b = b.inner(); b.levels < 0 {
		return dst, errTooDeep
	}
	members := make([]member, 0, v.Len())
	for i := v.MapRange(); i.Next(); {
		key, err := keyText(i.Key())
		if err != nil {
			return dst, fmt.Errorf("json: encoding error for type %q: %q", v.Type().String(), err.Error())
		}
		members = append(members, member{key, i.Value()})
	}
	slices.SortStableFunc(members, func(a, b member) int { return strings.Compare(a.key, b.key) })
	dst = append(dst, '{')
	for i := range members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendString(dst, members[i].key), ':')
		if dst, err = appendValue(dst, members[i].value, s.elem, b); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

// keyText returns the key of a map as encoding/json has it.
func keyText(k reflect.Value) (string, error) {
	if k.Kind() == reflect.String {
		return k.String(), nil
	}
	if m, ok := k.Interface().(encoding.TextMarshaler); ok {
		if k.Kind() == reflect.Pointer && k.IsNil() {
			return "", nil
		}
		text, err := m.MarshalText()
		return string(text), err
	}
	if k.CanInt() {
		return strconv.FormatInt(k.Int(), 10), nil
	}
	return strconv.FormatUint(k.Uint(), 10), nil
}

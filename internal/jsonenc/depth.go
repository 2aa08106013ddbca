package jsonenc

import (
	"bytes"
	"encoding"
	"encoding/json"
	"reflect"
	"sync"
)

// maxDepth is how many levels of objects and arrays a value may have. Parsers
// refuse what is deeper than 512 to 1,000 levels, some of which the record and
// its groups need; and encoding/json needs a kilobyte of stack for each level of
// a Go value, which for a list of a million linked nodes ends the process.
const maxDepth = 400

// deeper reports whether b, which is valid JSON, has more than limit levels.
func deeper(b []byte, limit int) bool {
	if len(b) <= limit || bytes.Count(b, []byte{'['})+bytes.Count(b, []byte{'{'}) <= limit {
		return false
	}
	depth, inString := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '[' || c == '{':
			if depth++; depth > limit {
				return true
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return false
}

// tooDeep reports whether encoding/json would go far deeper into v than to limit
// levels, or round in it for ever.
func tooDeep(v any, limit int) bool {
	// A level may take two steps, a pointer and what it points to.
	w := walk{}
	w.ends(reflect.ValueOf(v), 2*limit+2)
	return w.deep
}

// walk goes through a value on the way of encoding/json, calling no methods. It
// ends where encoding/json would fail, so that it takes hardly more steps.
type walk struct {
	deep bool
}

// ends reports whether the walk ends at v or within.
func (w *walk) ends(v reflect.Value, left int) bool {
	for v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if k := v.Kind(); k <= reflect.Float64 || k == reflect.String {
		return false // a scalar, or nil
	}
	s := shapeOf(v.Type())
	if s.flat || s.marshals || s.marshalsByPointer && v.CanAddr() {
		return false
	}
	if left < 0 {
		w.deep = true
		return true
	}
	switch v.Kind() {
	case reflect.Pointer:
		return w.ends(v.Elem(), left-1)
	case reflect.Struct:
		for _, i := range s.fields {
			if w.ends(v.Field(i), left-1) {
				return true
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if w.ends(v.Index(i), left-1) {
				return true
			}
		}
	case reflect.Map:
		for i := v.MapRange(); i.Next(); {
			if w.ends(i.Value(), left-1) {
				return true
			}
		}
	default:
		return true // has no form in JSON
	}
	return false
}

// shape is what a walk has to know of a type.
type shape struct {
	flat              bool  // has a bounded number of levels and a form in JSON
	marshals          bool  // has MarshalJSON or MarshalText
	marshalsByPointer bool  // its pointer has, which encoding/json uses if it can
	fields            []int // of a struct: those that are not flat
}

// shapes maps a reflect.Type to its *shape.
var shapes sync.Map

var (
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

func shapeOf(t reflect.Type) *shape {
	if s, ok := shapes.Load(t); ok {
		return s.(*shape)
	}
	return newShape(t, map[reflect.Type]bool{})
}

// newShape finds the shape of t, which is a part of the types in outer.
func newShape(t reflect.Type, outer map[reflect.Type]bool) *shape {
	if s, ok := shapes.Load(t); ok {
		return s.(*shape)
	}
	if outer[t] {
		return &shape{} // recursive, so not flat
	}
	outer[t] = true
	defer delete(outer, t)
	s := &shape{marshals: marshals(t), marshalsByPointer: marshals(reflect.PointerTo(t))}
	switch t.Kind() {
	case reflect.Interface, reflect.Chan, reflect.Func, reflect.UnsafePointer, reflect.Complex64, reflect.Complex128:
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		s.flat = newShape(t.Elem(), outer).flat
	case reflect.Struct:
		s.fields = deepFields(t, outer)
		s.flat = s.fields == nil
	default:
		s.flat = true
	}
	s.flat = s.flat || s.marshals
	shapes.Store(t, s)
	return s
}

func marshals(t reflect.Type) bool {
	return t.Implements(jsonMarshaler) || t.Implements(textMarshaler)
}

// deepFields returns the fields of a struct that encoding/json may go into and
// that are not flat.
func deepFields(t reflect.Type, outer map[reflect.Type]bool) (fields []int) {
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() && !f.Anonymous || f.Tag.Get("json") == "-" {
			continue
		}
		if !newShape(f.Type, outer).flat {
			fields = append(fields, i)
		}
	}
	return fields
}

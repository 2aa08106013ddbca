package jsonenc

import (
	"cmp"
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// form is how the values of a type are encoded, in the order in which one goes before the other.
type form uint8

const (
	byKind       form = iota // as encoding/json encodes what has no methods
	byJSON                   // a json.Marshaler
	byMessage                // an error
	byText                   // an encoding.TextMarshaler
	unsupported              // has no form in JSON
	asBytes                  // base64
	asJSONNumber             // a json.Number
)

// shape is what has to be known of a type to encode its values.
type shape struct {
	kind    reflect.Kind
	form    form
	pointer form    // the form of its pointers, which holds where a value can be addressed; byKind if they have none
	elem    *shape  // of a pointer, slice, array or map
	fields  []field // of a struct
}

// field is a field of a struct that encoding/json encodes.
type field struct {
	key       string // as JSON, with the colon
	index     []int
	shape     *shape
	omitEmpty bool
	omitZero  func(reflect.Value) bool // nil without omitzero
	quoted    bool                     // a scalar, or a pointer to one, is put into a string

	name   string
	tagged bool
}

// shapes maps a reflect.Type to its *shape. Those in it are complete.
var shapes sync.Map

func shapeOf(t reflect.Type) *shape {
	if s, ok := shapes.Load(t); ok {
		return s.(*shape)
	}
	b := shaper{}
	s := b.shape(t)
	for t, s := range b {
		shapes.Store(t, s)
	}
	return s
}

// shaper holds the shapes that are not complete yet: those of recursive types need
// themselves.
type shaper map[reflect.Type]*shape

var (
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
	errorType     = reflect.TypeFor[error]()
	numberType    = reflect.TypeFor[json.Number]()
	zeroer        = reflect.TypeFor[interface{ IsZero() bool }]()
)

func (b shaper) shape(t reflect.Type) *shape {
	if s, ok := shapes.Load(t); ok {
		return s.(*shape)
	}
	if s := b[t]; s != nil {
		return s
	}
	s := &shape{kind: t.Kind(), form: methods(t)}
	b[t] = s
	if s.kind != reflect.Pointer && s.kind != reflect.Interface {
		s.pointer = methods(reflect.PointerTo(t))
	}
	if s.kind == reflect.Interface {
		s.form = byKind // the methods of what is in it count
	}
	if s.form != byKind {
		return s
	}
	switch s.kind {
	case reflect.Chan, reflect.Func, reflect.UnsafePointer, reflect.Complex64, reflect.Complex128:
		s.form = unsupported
	case reflect.Map:
		if s.elem = b.shape(t.Elem()); !isKey(t.Key()) {
			s.form = unsupported
		}
	case reflect.Slice:
		if s.elem = b.shape(t.Elem()); s.elem.kind == reflect.Uint8 && !marshals(reflect.PointerTo(t.Elem())) {
			s.form = asBytes
		}
	case reflect.Pointer, reflect.Array:
		s.elem = b.shape(t.Elem())
	case reflect.Struct:
		s.fields = b.fields(t)
	case reflect.String:
		if t == numberType {
			s.form = asJSONNumber
		}
	}
	return s
}

// methods returns the form that the methods of a type give it.
func methods(t reflect.Type) form {
	switch {
	case t.Implements(jsonMarshaler):
		return byJSON
	case t.Implements(errorType):
		return byMessage
	case t.Implements(textMarshaler):
		return byText
	default:
		return byKind
	}
}

func marshals(t reflect.Type) bool { return t.Implements(jsonMarshaler) || t.Implements(textMarshaler) }

// isKey reports whether encoding/json takes maps with keys of the type.
func isKey(t reflect.Type) bool {
	k := t.Kind()
	return k == reflect.String || k >= reflect.Int && k <= reflect.Uintptr || t.Implements(textMarshaler)
}

// fields returns the fields of a struct that encoding/json encodes, those of the structs
// that it embeds included, in its order.
func (b shaper) fields(t reflect.Type) []field {
	type level struct {
		t     reflect.Type
		index []int
	}
	var all []field
	next, times := []level{{t: t}}, map[reflect.Type]int{}
	for visited := map[reflect.Type]bool{}; len(next) > 0; {
		current, before := next, times
		next, times = nil, map[reflect.Type]int{}
		for _, l := range current {
			if visited[l.t] {
				continue
			}
			visited[l.t] = true
			for i := range l.t.NumField() {
				sf := l.t.Field(i)
				f, ok := newField(sf, append(slices.Clip(l.index), i))
				if !ok {
					continue
				}
				if inner := pointed(sf.Type); sf.Anonymous && !f.tagged && inner.Kind() == reflect.Struct {
					if times[inner]++; times[inner] == 1 {
						next = append(next, level{inner, f.index})
					}
					continue
				}
				f.shape = b.shape(sf.Type)
				all = append(all, f)
				if before[l.t] > 1 { // embedded twice at this depth: each hides the other
					all = append(all, f)
				}
			}
		}
	}
	return dominant(all)
}

// newField reports whether encoding/json looks at the field at all.
func newField(sf reflect.StructField, index []int) (f field, ok bool) {
	inner := sf.Type
	if inner.Kind() == reflect.Pointer {
		inner = inner.Elem()
	}
	tag := sf.Tag.Get("json")
	seen := sf.IsExported() || sf.Anonymous && inner.Kind() == reflect.Struct
	if !seen || tag == "-" {
		return f, false
	}
	name, rest, _ := strings.Cut(tag, ",")
	if f.tagged = isName(name); !f.tagged {
		name = sf.Name
	}
	options := strings.Split(rest, ",")
	k := pointed(sf.Type).Kind()
	f.name, f.index = name, index
	f.key = `"` + name + `":`
	f.omitEmpty = slices.Contains(options, "omitempty")
	f.quoted = slices.Contains(options, "string") && (k >= reflect.Bool && k <= reflect.Float64 || k == reflect.String)
	if slices.Contains(options, "omitzero") {
		f.omitZero = isZero(sf.Type)
	}
	return f, true
}

// pointed returns the type to which t is a pointer without a name of its own, or t.
func pointed(t reflect.Type) reflect.Type {
	if t.Name() == "" && t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// isName reports whether encoding/json takes the name from a tag. None of its letters is
// escaped in JSON.
func isName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

// dominant returns those of the fields that no other hides, by Go's rules, in which a
// name from a tag goes before another.
func dominant(all []field) (out []field) {
	slices.SortStableFunc(all, func(a, b field) int {
		tags := 0
		if a.tagged != b.tagged {
			if tags = 1; a.tagged {
				tags = -1
			}
		}
		return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(len(a.index), len(b.index)), tags)
	})
	for i := 0; i < len(all); {
		end := i + 1
		for end < len(all) && all[end].name == all[i].name {
			end++
		}
		if end == i+1 || len(all[i].index) != len(all[i+1].index) || all[i].tagged != all[i+1].tagged {
			out = append(out, all[i])
		}
		i = end
	}
	slices.SortFunc(out, func(a, b field) int { return slices.Compare(a.index, b.index) })
	return out
}

// isZero returns the function that says whether a field of the type is omitted for
// omitzero: its IsZero method, if it has one.
func isZero(t reflect.Type) func(reflect.Value) bool {
	call := func(v reflect.Value) bool { return v.Interface().(interface{ IsZero() bool }).IsZero() }
	switch {
	case t.Kind() == reflect.Interface && t.Implements(zeroer):
		return func(v reflect.Value) bool {
			return v.IsNil() || v.Elem().Kind() == reflect.Pointer && v.Elem().IsNil() || call(v)
		}
	case t.Kind() == reflect.Pointer && t.Implements(zeroer):
		return func(v reflect.Value) bool { return v.IsNil() || call(v) }
	case t.Implements(zeroer):
		return call
	case reflect.PointerTo(t).Implements(zeroer):
		return func(v reflect.Value) bool {
			if !v.CanAddr() {
				boxed := reflect.New(t).Elem()
				boxed.Set(v)
				v = boxed
			}
			return call(v.Addr())
		}
	default:
		return reflect.Value.IsZero
	}
}

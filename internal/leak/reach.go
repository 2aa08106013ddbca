package leak

import (
	"fmt"
	"reflect"
)

// The bounds of Reach. A value that is beyond them panics, since what is not seen is
// not known.
const (
	maxDepth = 100
	maxSteps = 1_000_000
)

// Reach returns all texts and bytes that can be read of v by reflection, by the paths
// to them: through pointers, interfaces and fields that are not exported, as
// debuggers and printers beyond the standard library do. What a function holds cannot be
// read, nor what is in a channel. No goroutine may write to what v reaches
// meanwhile. It panics when v reaches too much for a test.
func Reach(v any) map[string]string {
	w := walk{found: map[string]string{}, seen: map[visit]bool{}}
	w.value(fmt.Sprintf("%T", v), reflect.ValueOf(v), 0)
	return w.found
}

// Reachable returns where Reach comes upon one of the secrets, or the empty text.
func Reachable(v any, secrets ...string) string {
	f := finderOf(secrets)
	for path, text := range Reach(v) {
		if found := f.find(text); found != "" {
			return fmt.Sprintf("%s has %s", path, found)
		}
	}
	return ""
}

// visit is a pointer that was followed. The type tells a struct from its first field.
type visit struct {
	at  uintptr
	len int // of a slice; another one of the same array may be longer
	typ reflect.Type
}

type walk struct {
	found map[string]string
	seen  map[visit]bool
	steps int
}

func (w *walk) value(path string, v reflect.Value, depth int) {
	if w.steps++; w.steps > maxSteps || depth > maxDepth {
		panic("leak: too much to reach: " + path)
	}
	//exhaustive:ignore // the others hold no text
	switch v.Kind() {
	case reflect.String:
		w.found[path] = v.String()
	case reflect.Pointer:
		if v.IsNil() || w.known(v) {
			return
		}
		w.value(path, v.Elem(), depth+1)
	case reflect.Interface:
		if !v.IsNil() {
			w.value(path, v.Elem(), depth+1)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			w.value(path+"."+v.Type().Field(i).Name, v.Field(i), depth+1)
		}
	case reflect.Map:
		if v.IsNil() || w.known(v) {
			return
		}
		for i, it := 0, v.MapRange(); it.Next(); i++ {
			w.value(fmt.Sprintf("%s[key %d]", path, i), it.Key(), depth+1)
			w.value(fmt.Sprintf("%s[%d]", path, i), it.Value(), depth+1)
		}
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && (v.IsNil() || w.known(v)) {
			return
		}
		w.list(path, v, depth)
	}
}

// known reports whether a pointer, map or slice was there before.
func (w *walk) known(v reflect.Value) bool {
	at := visit{at: v.Pointer(), typ: v.Type()}
	if v.Kind() == reflect.Slice {
		at.len = v.Len()
	}
	known := w.seen[at]
	w.seen[at] = true
	return known
}

// list is for slices and arrays: of bytes it makes a text, also of those between
// length and capacity, which hold what was there before.
func (w *walk) list(path string, v reflect.Value, depth int) {
	if v.Type().Elem().Kind() != reflect.Uint8 {
		for i := range v.Len() {
			w.value(fmt.Sprintf("%s[%d]", path, i), v.Index(i), depth+1)
		}
		return
	}
	if v.Kind() == reflect.Slice {
		v = v.Slice(0, v.Cap())
	}
	b := make([]byte, v.Len())
	for i := range b {
		b[i] = byte(v.Index(i).Uint())
	}
	w.found[path] = string(b)
}

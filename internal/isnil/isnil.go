// Package isnil finds values that nobody can call, so that constructors complain of them,
// and not the first use.
package isnil

import "reflect"

// Value reports whether v is nil, or an interface that holds a nil pointer, function, map,
// channel or slice.
func Value(v any) bool {
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Func, reflect.Map, reflect.Chan, reflect.Slice:
		return r.IsNil()
	default:
		return false
	}
}

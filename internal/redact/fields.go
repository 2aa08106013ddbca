package redact

import (
	"reflect"
	"strings"
)

// The bounds of what is looked at in an error: it may hold a whole program.
const (
	maxFieldDepth = 8
	maxFields     = 10_000
	maxFieldText  = 64 << 10 // bytes
)

// fields collects the texts that can be reached by exported fields, as package gob and
// other encoders do which leave out what they cannot show, such as functions. A request,
// for which package json returns an error, is one.
type fields struct {
	text  strings.Builder
	steps int
}

func fieldTexts(v any) string {
	var f fields
	f.value(reflect.ValueOf(v), 0)
	return f.text.String()
}

func (f *fields) value(v reflect.Value, depth int) {
	if f.steps++; f.steps > maxFields || depth > maxFieldDepth || f.text.Len() > maxFieldText {
		return
	}
	//exhaustive:ignore // the others hold no text
	switch v.Kind() {
	case reflect.String:
		f.add(v.String())
	case reflect.Pointer, reflect.Interface:
		f.value(v.Elem(), depth+1) // of nil it is of no kind
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				f.value(v.Field(i), depth+1)
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			f.value(it.Key(), depth+1)
			f.value(it.Value(), depth+1)
		}
	case reflect.Slice, reflect.Array:
		f.list(v, depth)
	}
}

func (f *fields) list(v reflect.Value, depth int) {
	if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
		f.add(string(v.Bytes()))
		return
	}
	for i := range v.Len() {
		f.value(v.Index(i), depth+1)
	}
}

func (f *fields) add(text string) {
	f.text.WriteString(text[:min(len(text), maxFieldText)])
	f.text.WriteByte('\n')
}

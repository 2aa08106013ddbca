package redact

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
)

// heldTexts returns what an error holds in exported fields of its own that encoders such as
// package gob show, but package json does not, as there is a function beside it: that of a
// request or an answer, and bytes. It goes no further, since what else an error may point to
// can be in use elsewhere.
func heldTexts(err error) string {
	v := reflect.ValueOf(err)
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return heldText(err)
	}
	var sb strings.Builder
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() {
			sb.WriteString(heldText(v.Field(i).Interface()))
		}
	}
	return sb.String()
}

func heldText(v any) string {
	switch v := v.(type) {
	case *http.Request:
		if v != nil {
			return fmt.Sprintln(v.URL, v.Header, v.Trailer, v.Form, v.PostForm)
		}
	case *http.Response:
		if v != nil {
			return fmt.Sprintln(v.Header, v.Trailer) + heldText(v.Request)
		}
	case http.Header:
		return fmt.Sprintln(v)
	case *http.Header:
		if v != nil {
			return fmt.Sprintln(*v)
		}
	case []byte:
		return string(v)
	}
	return ""
}

package leak

import (
	"bytes"
	"encoding"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"expvar"
	"fmt"
	htmltemplate "html/template"
	"io"
	"log"
	"net/url"
	"reflect"
	"runtime/debug"
	"strings"
	"text/template"
)

// verbs are all verbs of package fmt, with the flags that change what they do, and
// some mistakes: for a verb that is none, a missing one, and %w outside of Errorf it
// prints in a way of its own.
var verbs = []string{
	"%v", "%+v", "%#v", "%s", "%q", "%+q", "%#q", "%x", "%X", "% x", "%# x", "%d", "%+d", "%o", "%O", "%b",
	"%c", "%U", "%#U", "%e", "%g", "%t", "%T", "%p", "%100v", "%-100.90s", "%!", "%w", "%y", "no verb",
}

// printer shows a value.
type printer struct {
	name string
	show func(v any) string
}

// printers is all that shows values, but for the verbs.
var printers = append([]printer{
	{"Sprint", func(v any) string { return fmt.Sprint(v) }},
	{"Sprintln", func(v any) string { return fmt.Sprintln("x", v, 7) }},
	{"Errorf with %w", func(v any) string {
		format := "wrapped: %w" // for what is no error, it prints the fields, whatever the methods
		return fmt.Errorf(format, v).Error()
	}},
	{"log", func(v any) string {
		var sb strings.Builder
		log.New(&sb, "", 0).Print(v)
		return sb.String()
	}},
	{"json", func(v any) string { return text(json.Marshal(v)) }},
	{"json, indented", func(v any) string { return text(json.MarshalIndent(v, "", " ")) }},
	{"xml", func(v any) string { return text(xml.Marshal(v)) }},
	{"gob", func(v any) string {
		var buf bytes.Buffer
		err := gob.NewEncoder(&buf).Encode(v)
		return text(buf.Bytes(), err)
	}},
	{"text", func(v any) string {
		if m, ok := v.(encoding.TextMarshaler); ok {
			return text(m.MarshalText())
		}
		return ""
	}},
	{"binary", func(v any) string {
		if m, ok := v.(encoding.BinaryMarshaler); ok {
			return text(m.MarshalBinary())
		}
		return ""
	}},
	{"String", func(v any) string {
		if s, ok := v.(fmt.Stringer); ok {
			return s.String()
		}
		return ""
	}},
	{"GoString", func(v any) string {
		if s, ok := v.(fmt.GoStringer); ok {
			return s.GoString()
		}
		return ""
	}},
	{"expvar", func(v any) string { return expvar.Func(func() any { return v }).String() }},
	{"url.Values", func(v any) string { return url.Values{"v": {fmt.Sprint(v)}}.Encode() }},
	{"panic", panicked},
	{"text/template", func(v any) string { return executed(textPage.Execute, v) }},
	{"html/template", func(v any) string { return executed(htmlPage.Execute, v) }},
}, loggers...)

// text is what an encoder returns, in one.
func text(b []byte, err error) string {
	if err != nil {
		return fmt.Sprintf("%s %v", b, err)
	}
	return string(b)
}

// panicked shows what a recovered panic with v says, and its stack.
func panicked(v any) (out string) {
	defer func() { out = fmt.Sprintf("panic: %v\n\n%s", recover(), debug.Stack()) }()
	panic(v)
}

var (
	textPage = template.Must(template.New("").Parse(`{{.}} {{printf "%#v" .}} {{js .}} {{html .}} {{urlquery .}}`))
	htmlPage = htmltemplate.Must(htmltemplate.New("").Parse(
		`<p title="{{.}}">{{.}}</p><a href="/?q={{.}}">x</a><script>var x = {{.}};</script>`))
)

func executed(execute func(io.Writer, any) error, v any) string {
	var buf bytes.Buffer
	err := execute(&buf, v)
	return text(buf.Bytes(), err)
}

// Shown returns v as all verbs of package fmt, the encoders of the standard library,
// templates, a panic and the four loggers show it, by their names. One that panics
// over v shows what it has panicked with.
func Shown(v any) map[string]string {
	out := make(map[string]string, len(verbs)+len(printers))
	for _, verb := range verbs {
		out[verb] = safely(func(v any) string { return fmt.Sprintf(verb, v) }, v)
	}
	for _, p := range printers {
		out[p.name] = safely(p.show, v)
	}
	return out
}

func safely(show func(any) string, v any) (out string) {
	defer func() {
		if p := recover(); p != nil {
			out = fmt.Sprintf("panicked: %v", p)
		}
	}()
	return show(v)
}

// Printed returns what Shown does, of v, of what it points to, and of things that
// hold one of them: structs, also in fields that are not exported, maps, slices,
// interfaces, and errors that wrap it.
func Printed(v any) map[string]string {
	out := map[string]string{}
	for name, holder := range holders(v) {
		for how, text := range Shown(holder) {
			out[how+name] = text
		}
	}
	return out
}

// holders returns v and what may hold it, by what is to say of it.
func holders(v any) map[string]any {
	out := map[string]any{"": v}
	add := func(of string, v any) {
		type holder struct{ Public, private any }
		type inner struct{ Holder holder }
		out[" in a struct"+of] = holder{v, v}
		out[" in a pointer to a struct"+of] = &holder{v, v}
		out[" in a struct in a struct"+of] = inner{holder{v, v}}
		out[" in a slice"+of] = []any{v}
		out[" in an array"+of] = [1]any{v}
		out[" in a map"+of] = map[string]any{"k": v}
		out[" behind a pointer to an interface"+of] = &v
		if t := reflect.TypeOf(v); t != nil && t.Comparable() {
			defer func() { _ = recover() }() // an interface within may hold what is not
			out[" as a key"+of] = map[any]int{v: 1}
		}
	}
	add("", v)
	switch p := reflect.ValueOf(v); {
	case p.Kind() == reflect.Pointer && !p.IsNil():
		pointee := p.Elem().Interface()
		out[", what it points to"] = pointee
		add(", what it points to", pointee)
	case p.IsValid():
		pointer := reflect.New(p.Type())
		pointer.Elem().Set(p)
		out[" behind a pointer"] = pointer.Interface()
	}
	if err, ok := v.(error); ok {
		out[" wrapped"] = fmt.Errorf("wrapped: %w", err)
		out[" joined"] = errors.Join(errors.New("another"), err)
		out[" wrapped with another"] = fmt.Errorf("%w, then %w", errors.New("another"), err)
	}
	return out
}

// In returns how v shows one of the secrets, by whatever [Printed] tries, or the
// empty text. It takes some ten milliseconds; see [Brief].
func In(v any, secrets ...string) string { return look(Printed(v), v, secrets) }

// Brief is In without things that hold v, twenty times as fast, for a test that has
// many of a kind: by them little more shows.
func Brief(v any, secrets ...string) string { return look(Shown(v), v, secrets) }

func look(all map[string]string, v any, secrets []string) string {
	f := finderOf(secrets)
	for how, text := range all {
		if found := f.find(text); found != "" {
			return fmt.Sprintf("%s of %T shows %s", how, v, found)
		}
	}
	return ""
}

// InError is In for an error and all that it wraps.
func InError(err error, secrets ...string) string {
	return inChain(err, func(err error) string { return In(err, secrets...) })
}

// BriefError is Brief for an error and all that it wraps.
func BriefError(err error, secrets ...string) string {
	return inChain(err, func(err error) string { return Brief(err, secrets...) })
}

// inChain looks at err and all that it wraps until something is found.
func inChain(err error, look func(error) string) string {
	if err == nil {
		return ""
	}
	if found := look(err); found != "" {
		return found
	}
	//nolint:errorlint // it is the very chain that is walked
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return inChain(e.Unwrap(), look)
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			if found := inChain(err, look); found != "" {
				return found
			}
		}
	}
	return ""
}

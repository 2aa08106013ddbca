package conformance

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
)

var timestamp = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$`)

// check compares a record with what the case expects of it.
func check(c *testCase, record string, before, after time.Time) error {
	if strings.ContainsAny(record, "\n\r") || !json.Valid([]byte(record)) {
		return errors.New("not a JSON value on one line")
	}
	var head struct{ Timestamp string }
	if err := json.Unmarshal([]byte(record), &head); err != nil {
		return err
	}
	at, err := time.Parse(time.RFC3339Nano, head.Timestamp)
	if err != nil || !timestamp.MatchString(head.Timestamp) {
		return fmt.Errorf("timestamp %q: not RFC 3339 in UTC with nanoseconds", head.Timestamp)
	}
	if at.Before(before.Truncate(time.Microsecond)) || at.After(after) {
		return fmt.Errorf("timestamp %v: not from %v to %v", at, before, after)
	}
	level, message := "info", "m"
	if c.level != "" {
		level = c.level
	}
	if c.message != "" {
		message = c.message
	}
	all := append(object{{"timestamp", head.Timestamp}, {"level", level}, {"message", message}}, c.fields...)
	return Differ(record, string(all.json()))
}

// json returns the object as encoding/json writes it, in its order.
func (o object) json() []byte {
	out := []byte{'{'}
	for i, f := range o {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, marshal(f.key)...), ':'), marshal(f.value)...)
	}
	return append(out, '}')
}

func (a array) json() []byte {
	out := []byte{'['}
	for i, v := range a {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, marshal(v)...)
	}
	return append(out, ']')
}

func marshal(v any) []byte {
	if inner, ok := v.(interface{ json() []byte }); ok {
		return inner.json()
	}
	out, err := json.Marshal(v)
	if err != nil {
		panic(err) // a case of the table is wrong
	}
	return out
}

// Differ returns how what a record says differs from what it should, or nil. Both
// are JSON; the order of members counts, and the form of numbers, but not how a
// string is escaped.
func Differ(got, want string) error {
	g, err := tokens(got)
	if err != nil {
		return err
	}
	w, err := tokens(want)
	if err != nil {
		return fmt.Errorf("the case itself: %w", err)
	}
	if !slices.EqualFunc(g, w, matches) {
		return fmt.Errorf("want %q\n got %q", w, g)
	}
	return nil
}

// matches reports whether a token is the one wanted.
func matches(got, want string) bool {
	if prefix, ok := strings.CutPrefix(want, "string "+mark); ok {
		return strings.HasPrefix(got, "string "+prefix)
	}
	return got == want
}

// tokens returns what the text says: numbers as they are written, strings
// decoded, members in their order.
func tokens(text string) (list []string, err error) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	for {
		t, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		list = append(list, fmt.Sprintf("%T %v", t, t))
	}
}

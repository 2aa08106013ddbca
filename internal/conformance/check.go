package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
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
	want, err := tokens(all.json())
	if err != nil {
		return fmt.Errorf("the case itself: %w", err)
	}
	got, err := tokens([]byte(record))
	if err == nil && got != want {
		err = fmt.Errorf("want %s\n got %s", want, got)
	}
	return err
}

// json returns the object as encoding/json writes it, in its order.
func (o object) json() []byte {
	out := []byte{'{'}
	for i, f := range o {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(out, marshal(f.key)...), ':')
		if inner, ok := f.value.(object); ok {
			out = append(out, inner.json()...)
		} else {
			out = append(out, marshal(f.value)...)
		}
	}
	return append(out, '}')
}

func marshal(v any) []byte {
	out, err := json.Marshal(v)
	if err != nil {
		panic(err) // a case of the table is wrong
	}
	return out
}

// tokens returns what the text says, in one line per token: numbers as they are
// written, strings decoded, members in their order.
func tokens(text []byte) (string, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var sb strings.Builder
	for {
		t, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return sb.String(), nil
		}
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&sb, "%T %q; ", t, fmt.Sprint(t))
	}
}

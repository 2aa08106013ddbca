package published

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// mapping is how a logger's record becomes one of ours.
type mapping struct {
	time, level, message string
	// renamed are other keys of the logger's own.
	renamed map[string]string
	levels  map[string]string
	// fills says that a record has a level, a message and a time although the
	// logger's has none.
	fills bool
	// fields says that what has the key of the time, but is none, is a field.
	fields bool
}

// member is one member of a record.
type member struct {
	key   string
	value json.RawMessage
}

// members returns the members of a record in their order.
func members(record string) (list []member, err error) {
	dec := json.NewDecoder(strings.NewReader(record))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("not an object: %s", record)
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var m member
		if err := dec.Decode(&m.value); err != nil {
			return nil, err
		}
		m.key = key.(string)
		list = append(list, m)
	}
	return list, nil
}

// text returns the record of the members.
func text(list []member) string {
	var sb strings.Builder
	for i, m := range list {
		if i > 0 {
			sb.WriteByte(',')
		}
		key, _ := json.Marshal(m.key)
		sb.Write(key)
		sb.WriteByte(':')
		sb.Write(m.value)
	}
	return "{" + sb.String() + "}"
}

// mapped returns the record that is expected of us for one of the logger's.
func (k *mapping) mapped(record string) (string, error) {
	list, err := members(record)
	if err != nil {
		return "", err
	}
	head := make([]member, 3)
	var rest []member
	for _, m := range list {
		at, isTime := timestamp(m.value)
		switch {
		case m.key == k.time && (isTime || !k.fields):
			head[0] = member{"timestamp", at}
		case m.key == k.level:
			head[1] = member{"level", k.levelOf(m.value)}
		case m.key == k.message:
			head[2] = member{"message", m.value}
		case m.key == "timestamp" || m.key == "level" || m.key == "message":
			rest = append(rest, member{"fields." + m.key, m.value})
		default:
			if name, ok := k.renamed[m.key]; ok {
				m.key = name
			}
			rest = append(rest, m)
		}
	}
	if k.fills && head[1].key == "" {
		head[1] = member{"level", json.RawMessage(`"info"`)}
	}
	if k.fills && head[2].key == "" {
		head[2] = member{"message", json.RawMessage(`""`)}
	}
	head = slices.DeleteFunc(head, func(m member) bool { return m.key == "" })
	return text(append(head, rest...)), nil
}

func (k *mapping) levelOf(value json.RawMessage) json.RawMessage {
	name := strings.ToLower(string(value))
	if ours, ok := k.levels[strings.Trim(name, `"`)]; ok {
		name = `"` + ours + `"`
	}
	return json.RawMessage(name)
}

// timestamp returns a time in RFC 3339 as we write it, and what is none as it is.
func timestamp(value json.RawMessage) (out json.RawMessage, ok bool) {
	var s string
	if json.Unmarshal(value, &s) == nil {
		if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
			return json.RawMessage(t.UTC().Format(`"2006-01-02T15:04:05.000000000Z"`)), true
		}
	}
	return value, false
}

var ourTime = regexp.MustCompile(`^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z"$`)

// untimed returns a record of ours without its timestamp, which it must have.
func untimed(record string) (string, error) {
	list, err := members(record)
	if err != nil {
		return "", err
	}
	if len(list) == 0 || list[0].key != "timestamp" || !ourTime.Match(list[0].value) {
		return "", errors.New("no timestamp of ours at the beginning")
	}
	return text(list[1:]), nil
}

func isTimed(record string) bool { return strings.HasPrefix(record, `{"timestamp":`) }

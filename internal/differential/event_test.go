package differential

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/rs/zerolog"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/zerologw"
)

// FuzzZerologWrite checks what becomes of any bytes that are written.
func FuzzZerologWrite(f *testing.F) {
	for _, e := range oddEvents {
		for settings := range byte(6) {
			f.Add(append([]byte{settings, settings, settings, settings, 0, 0, settings, settings, settings}, e...))
		}
	}
	fuzz(f, checkWrite)
}

func TestZerologWrite(t *testing.T) {
	random(t, checkWrite)
	// And spoilt events.
	random(t, func(t *testing.T, data []byte) {
		t.Helper()
		s := newSource(data)
		var head []byte
		for range 10 {
			head = append(head, s.byte())
		}
		e := []byte(pick(s, oddEvents))
		for range s.below(3) {
			i := s.below(len(e))
			switch s.below(3) {
			case 0:
				e[i] = s.byte()
			case 1:
				e = append(e[:i:i], e[i+1:]...)
			default:
				e = append(append(append([]byte{}, e[:i]...), pick(s, oddEvents)...), e[i:]...)
			}
			if len(e) == 0 {
				break
			}
		}
		checkWrite(t, append(head, e...))
	})
}

var oddEvents = []string{
	`{"level":"info","time":"2026-11-23T20:18:41Z","message":"m"}`, `{"time":1795465121,"a":1}` + "\n", `{"level":"debug","a":{"level":1},"time":1795465121123,"message":"m"}`,
	`{ "level" : "warn" , "message" : "m" }`, `{"level":1,"message":2,"timestamp":3}`, `{"message":"a","message":"b","time":"x","level":"info"}`, `{}`, `{"a":"\ud800"}`,
	"{\"a\":\"\xff\",\"b\":[1,\r\n2]}", "plain text\n", "\r\n", `{"a":1}{"b":2}`, `{"a":1`, `{"l\u0065vel":"info","messag\u0065":1}`, `{"level":"info","":"","level":"x"}`, "\n{", `{"time":"2026-11-23T20:18:41.1,0+00:00"}`,
	`{"time":"2026-11-23T20:18:41.123+01:00","time":"2026-02-30T00:00:00Z"}`, `["a"]`, `"a"`, `{"a":-0.0e+10,"b":1E5,"c":01}`, `{"timestamp":"2026-11-23T20:18:41.5Z","fields.timestamp":1}`,
	`{"message":"a","x":1}`, `{"level":"info","message":"a","x":1,"level":"b"}`, `{"x":1,"level":"info","message":""}`,
	`{"time":"2026-00-23T20:18:41Z","time":"2026-13-01T00:00:00Z","time":"2026-01-00T00:00:00Z","time":"2026-01-01T00:60:00Z"}`,
	`{"time":"2026-11-23T20:18:41+25:00"}`, `{"time":"2026-11-23T20:18:41+01:60"}`, `{"time":"2026-11-23T20:18:41-23:59"}`,
	`{"time":"2026-11-23T20:18:41.Z"}`, `{"time":"2026-11-23T20:18:41,+01:00"}`, `{"level":"fatal","time":-1,"message":"m"}`, `{"level":"<5>"}`, `{"level":"5"}`, `{"time":"2026-11-23T24:00:00Z","time":"2026-11-23T20:18:41.1234567891Z"}`,
}

func checkWrite(t *testing.T, data []byte) {
	t.Helper()
	s := newSource(data)
	defer s.zerologGlobals()()
	withLevel, level := s.one(2), pick(s, zerologLevels)
	event := s.data
	if hidesKey(event) {
		return // zerologw looks for zerolog's own keys as they are written, and zerolog escapes none
	}
	if hasSeveral(event) {
		return // of which each is a record
	}
	before := time.Now()
	p := record(t, true, func(b *batch.Buffer) {
		w := zerologw.NewWriter(b)
		var n int
		var err error
		if withLevel {
			n, err = w.WriteLevel(level, event)
		} else {
			n, err = w.Write(event)
		}
		if n != len(event) || err != nil {
			t.Fatalf("wrote %d bytes of %d: %v", n, len(event), err)
		}
		if err := w.Close(); err != nil { // no more of an event is to come
			t.Fatal(err)
		}
	})
	name, named := levelNames[level], level != zerolog.NoLevel
	if !withLevel {
		name, named = levelIn(event)
	}
	checkEvent(t, p, event, name, named, before)
}

// hasSeveral reports whether one of several lines is an event, or the last begins one, but
// not all of them together are.
func hasSeveral(event []byte) bool {
	if _, err := parseEvent(event); err == nil {
		return false
	}
	lines := bytes.Split(bytes.TrimRight(event, "\r\n"), []byte("\n"))
	if n := len(lines) - 1; n > 0 && bytes.HasPrefix(lines[n], []byte("{")) {
		return true
	}
	return len(lines) > 1 && slices.ContainsFunc(lines, func(line []byte) bool {
		_, err := parseEvent(line)
		return err == nil
	})
}

// levelIn returns the level that is the first member of an event.
func levelIn(event []byte) (name string, named bool) {
	n, err := parseEvent(event)
	if err != nil || len(n.list) == 0 || n.keys[0] != zerolog.LevelFieldName || n.list[0].kind != text {
		return "info", false
	}
	l, err := zerolog.ParseLevel(n.list[0].text)
	if err != nil || l == zerolog.NoLevel {
		return "info", false
	}
	name, ok := levelNames[l]
	switch {
	case ok:
	case l < zerolog.DebugLevel:
		name = "trace"
	default:
		name = "error"
	}
	return name, true
}

// parseEvent reads an event, with U+FFFD for what is not UTF-8.
func parseEvent(event []byte) (*node, error) {
	event = bytes.Trim(event, " \t\r\n")
	if len(event) == 0 || event[0] != '{' || event[len(event)-1] != '}' {
		return nil, strconv.ErrSyntax
	}
	return parse(bytes.ToValidUTF8(event, []byte("\uFFFD")))
}

// hidesKey reports whether an event has a member whose key is one of zerolog's, but written
// with escapes.
func hidesKey(event []byte) bool {
	dec := jsontext.NewDecoder(bytes.NewReader(event), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if t, err := dec.ReadToken(); err != nil || t.Kind() != '{' {
		return false
	}
	for dec.PeekKind() == '"' {
		raw, err := dec.ReadValue()
		if err != nil {
			return false
		}
		if bytes.IndexByte(raw, '\\') >= 0 {
			n, err := parse(raw)
			if err == nil && (n.text == zerolog.TimestampFieldName || n.text == zerolog.LevelFieldName || n.text == zerolog.MessageFieldName) {
				return true
			}
		}
		if dec.SkipValue() != nil {
			return false
		}
	}
	return false
}

// checkEvent checks the record that stands for an event of the level; named says
// that the event has a member for it.
func checkEvent(t *testing.T, p, event []byte, level string, named bool, before time.Time) {
	t.Helper()
	got, err := parse(p)
	if err != nil {
		t.Fatalf("%v in %s", err, p)
	}
	if len(got.list) < 3 || got.keys[0] != "timestamp" || got.keys[1] != "level" || got.keys[2] != "message" {
		t.Fatalf("not the head of a record: %s", p)
	}
	want, err := parseEvent(event)
	if err != nil || !json.Valid(bytes.ToValidUTF8(event, []byte("\uFFFD"))) {
		want = &node{kind: object}
		want.add(zerolog.MessageFieldName, str(string(bytes.TrimRight(event, "\r\n"))))
		named = false
	}
	head := &node{kind: object}
	lvl, msg := node{kind: text, text: level}, str("")
	if named && len(want.list) > 0 && want.keys[0] == zerolog.LevelFieldName && want.list[0].kind == text {
		want.take(0)
	}
	if n := len(want.list) - 1; n >= 0 && want.keys[n] == zerolog.MessageFieldName && want.list[n].kind == text {
		msg = want.take(n)
	}
	at := takeTime(want)
	if err := checkStamp(got.list[0], at, before, time.Now()); err != "" {
		t.Fatalf("timestamp %v: %s\nours  %s\nevent %q", got.list[0], err, p, event)
	}
	head.add("timestamp", got.list[0])
	head.add("level", &lvl)
	head.add("message", msg)
	head.keys, head.list = append(head.keys, want.keys...), append(head.list, want.list...)
	if err := (&comparison{source: newSource(nil)}).diff("", got, head.fields(3)); err != nil {
		t.Fatalf("%v\nours  %s\nevent %q", err, p, event)
	}
}

// takeTime removes the last member that is a time in zerolog's format and
// returns it, or nil.
func takeTime(event *node) *time.Time {
	for i := len(event.list) - 1; i >= 0; i-- {
		if event.keys[i] != zerolog.TimestampFieldName {
			continue
		}
		if at, ok := readTime(event.list[i]); ok {
			event.take(i)
			return &at
		}
	}
	return nil
}

func readTime(n *node) (time.Time, bool) {
	per := map[string]int64{zerolog.TimeFormatUnix: 1, zerolog.TimeFormatUnixMs: 1e3, zerolog.TimeFormatUnixMicro: 1e6, zerolog.TimeFormatUnixNano: 1e9}[zerolog.TimeFieldFormat]
	if format := zerolog.TimeFieldFormat; per == 0 {
		if n.kind != text {
			return time.Time{}, false
		}
		// Between these any number of digits is read, whatever the format says.
		if strings.HasPrefix(format, "2006-01-02T15:04:05") && strings.HasSuffix(format, "Z07:00") {
			return readRFC3339(n.text)
		}
		at, err := time.Parse(format, n.text)
		// Without a date or a zone nobody can tell which time it is.
		return at, err == nil && strings.Contains(format, "2006") && strings.Contains(format, "07")
	}
	v, err := strconv.ParseInt(n.text, 10, 64)
	at := time.Unix(v/per, v%per*(1e9/per))
	return at, err == nil && n.kind == number && at.UTC().Year() >= 1 && at.UTC().Year() <= 9999
}

// readRFC3339 reads what time.Parse does, but for hours of one digit.
func readRFC3339(text string) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339Nano, text)
	return at, err == nil && text[len("2006-01-02T15")] == ':'
}

// checkStamp returns what is wrong with the timestamp of a record whose event
// says the time at, if it does, and was written between before and after. What
// a format has cut away comes from the time of the call.
func checkStamp(got *node, at *time.Time, before, after time.Time) string {
	have, err := time.Parse("2006-01-02T15:04:05.000000000Z", got.text)
	if err != nil {
		return err.Error()
	}
	if at == nil {
		if have.Before(before.Round(0)) || have.After(after.Round(0)) {
			return "not the time of the call"
		}
		return ""
	}
	if got.text == stamp(*at) {
		return ""
	}
	unit := map[string]time.Duration{time.RFC3339: time.Second, zerolog.TimeFormatUnix: time.Second, zerolog.TimeFormatUnixMs: time.Millisecond, zerolog.TimeFormatUnixMicro: time.Microsecond}[zerolog.TimeFieldFormat]
	if d := have.Sub(*at); d < 0 || d >= unit || have.After(after.Round(0)) {
		return "not " + stamp(*at)
	}
	return ""
}

package differential

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/logsto/logsto-go/batch"
	"github.com/logsto/logsto-go/logrusx"
)

// FuzzLogrus compares the hook with logrus.JSONFormatter.
func FuzzLogrus(f *testing.F) { fuzz(f, checkLogrus) }

func TestLogrus(t *testing.T) { random(t, checkLogrus) }

func (s *source) logrusFields(into logrus.Fields) {
	for range s.below(7) {
		key := s.key()
		switch s.below(4) {
		case 0:
			into[key] = s.err()
		case 1:
			into[key] = s.str()
		default:
			into[key] = s.value(3, true)
		}
	}
}

func checkLogrus(t *testing.T, data []byte) {
	t.Helper()
	s := newSource(data)
	chain := make([]logrus.Fields, 1+s.below(3))
	for i := range chain {
		chain[i] = logrus.Fields{}
		s.logrusFields(chain[i])
	}
	level := pick(s, logrus.AllLevels)
	at, message := s.time(), s.str()
	for at.IsZero() { // logrus takes the time of the call instead
		at = time.Unix(s.int()%1e9, 0)
	}
	var kept logrus.Fields // without functions, which logrus takes out
	p := record(t, s.sloppy, func(b *batch.Buffer) {
		l := logrus.New()
		l.SetOutput(io.Discard)
		l.SetFormatter(silent{})
		l.SetLevel(logrus.TraceLevel)
		l.AddHook(logrusx.NewHook(b))
		l.ExitFunc = func(int) {}
		e := l.WithTime(at)
		for _, f := range chain {
			e = e.WithFields(f)
		}
		kept = maps.Clone(e.Data)
		func() {
			defer func() { _ = recover() }() // of the level panic
			e.Log(level, message)
		}()
	})
	ours, err := parse(p)
	if err != nil {
		t.Fatalf("%v in %s", err, p)
	}
	theirs, out := byFormatter(kept, level, at, message)
	if theirs == nil {
		theirs = byField(kept, level, message)
	}
	head := &node{kind: object}
	head.add("timestamp", str(stamp(at)))
	for _, key := range []string{"level", "message"} {
		head.add(key, theirs.take(slices.Index(theirs.keys, key)))
	}
	if head.list[1].text == "warning" {
		head.list[1].text = "warn"
	}
	theirs.fields(0).sort(0) // logrus minds the case
	ours.sort(3)
	head.keys, head.list = append(head.keys, theirs.keys...), append(head.list, theirs.list...)
	if err := (&comparison{source: s}).diff("", ours, head); err != nil {
		t.Fatalf("%v\nours   %s\ntheirs %s", err, p, out)
	}
}

// silent is a formatter that does nothing.
type silent struct{}

func (silent) Format(*logrus.Entry) ([]byte, error) { return nil, nil }

// sort brings the members from the n-th on into the order of their keys: logrus
// sorts them under other keys than we do.
func (n *node) sort(from int) {
	type member struct {
		key string
		val *node
	}
	var members []member
	for i := from; i < len(n.keys); i++ {
		members = append(members, member{n.keys[i], n.list[i]})
	}
	slices.SortStableFunc(members, func(a, b member) int { return cmp.Compare(a.key, b.key) })
	for i, m := range members {
		n.keys[from+i], n.list[from+i] = m.key, m.val
	}
}

// byFormatter returns what logrus.JSONFormatter says, or nil if it says nothing
// because a field fails, or less because of two fields with the same key.
func byFormatter(data logrus.Fields, level logrus.Level, at time.Time, message string) (n *node, out []byte) {
	for _, key := range []string{"level", "message", "timestamp"} {
		_, is := data[key]
		if _, clashes := data["fields."+key]; clashes && is {
			return nil, nil
		}
	}
	f := logrus.JSONFormatter{
		TimestampFormat: time.RFC3339Nano, DisableHTMLEscape: true,
		FieldMap: logrus.FieldMap{logrus.FieldKeyTime: "timestamp", logrus.FieldKeyMsg: "message", logrus.FieldKeyLevel: "level", logrus.FieldKeyLogrusError: "none has this"},
	}
	defer func() { _ = recover() }() // of a field
	out, err := f.Format(&logrus.Entry{Logger: logrus.New(), Data: maps.Clone(data), Level: level, Time: at, Message: message})
	if err != nil {
		return nil, nil
	}
	if n, err = parse(out); err != nil {
		panic(fmt.Sprintf("%v in theirs: %s", err, out))
	}
	n.take(slices.Index(n.keys, "timestamp"))
	return n, out
}

// byField returns what encoding/json says of each field by itself.
func byField(data logrus.Fields, level logrus.Level, message string) *node {
	n := &node{kind: object}
	for _, key := range slices.Sorted(maps.Keys(data)) {
		n.add(reserved(string([]rune(key))), oneField(data[key]))
	}
	n.add("level", str(level.String()))
	n.add("message", str(message))
	return n
}

func oneField(v any) (n *node) {
	defer func() {
		if p := recover(); p != nil {
			n = str(fmt.Sprint("!PANIC: ", p))
			if r := reflect.ValueOf(v); r.Kind() == reflect.Pointer && r.IsNil() {
				n = null()
			}
		}
	}()
	if err, ok := v.(error); ok {
		v = err.Error()
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return str("!ERROR:" + err.Error())
	}
	n, err := parse(out.Bytes())
	if err != nil {
		panic(fmt.Sprintf("%v in %s", err, out.Bytes()))
	}
	return n
}

package zerologw

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/logsto/logsto-go/batch"
)

// FuzzAppendRecord checks that whatever is written becomes one JSON object on
// one line, with what every record has; and if it was an object, with all of its
// members.
func FuzzAppendRecord(f *testing.F) {
	for _, s := range []string{
		`{"level":"info","time":"2026-11-23T20:18:41Z","message":"m"}`, `{"a":{"b":[1,-0.5e+7,"\u00e9",null]}}`, "{\"a\":\"\xff\n\"}",
		`{"message":"m","message":2,"time":1,"level":"x","timestamp":{}}`, "[", "", "\n{\"\":[]}", " {\"a\":1} ", `{"a":tru}`, `{,}`, `{"a":1,}`, `{"a" : "\ud800"}`,
		`{"messAge":{}}`, `{"time":"x","time":"2026-11-23T20:18:41+01:00"}`, "{\"a\":[ 1 ,\r\n\t2 ]}", `{"level":1,"level":2,"level":3,"level":4,"level":5,"level":6,"level":7}`,
	} {
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, p []byte, named bool) {
		in := bytes.Clone(p)
		w := &Writer{limit: 1 << 20}
		r, _, single := w.appendRecord([]byte("before"), batch.Info, p, named, time.Now())
		if first, rest := w.next(p); !single {
			if len(first) == 0 || len(rest) == 0 || len(first)+len(rest) != len(p) {
				t.Fatalf("cut into %q and %q", first, rest)
			}
			return
		}
		if !bytes.Equal(p, in) {
			t.Fatal("the event was changed")
		}
		r, ok := bytes.CutPrefix(r, []byte("before"))
		if !ok || bytes.ContainsAny(r, "\n\r") {
			t.Fatalf("not on one line, or what stood before is changed: %q", r)
		}
		var m map[string]any
		if err := json.Unmarshal(r, &m); err != nil {
			t.Fatalf("%v in %q", err, r)
		}
		if err := checkHead(m); err != nil {
			t.Fatalf("%v in %q", err, r)
		}
		if err := checkMembers(m, p); err != nil {
			t.Fatalf("%v in %q", err, r)
		}
	})
}

func checkHead(m map[string]any) error {
	at, _ := m["timestamp"].(string)
	level, _ := m["level"].(string)
	if _, err := time.Parse("2006-01-02T15:04:05.000000000Z", at); err != nil {
		return err
	}
	if _, ok := m["message"].(string); !ok || level == "" {
		return errors.New("no level or message")
	}
	return nil
}

// checkMembers checks that the members of an event that encoding/json can read
// are in the record, and that anything else is the message.
func checkMembers(m map[string]any, p []byte) error {
	var in map[string]any
	if json.Unmarshal(bytes.ToValidUTF8(p, []byte("\uFFFD")), &in) != nil || in == nil {
		if want := string(bytes.TrimRight(p, "\r\n")); m["message"] != strings.ToValidUTF8(want, "\uFFFD") && strings.ToValidUTF8(want, "") == want {
			return fmt.Errorf("the message is not %q", want)
		}
		return nil
	}
	for k, v := range in {
		switch k {
		case "time", "level", "message", "timestamp":
			continue // under one key or another, see TestForms
		}
		if strings.HasPrefix(k, "fields.") {
			continue
		}
		name := k
		if slices.ContainsFunc([]string{"level", "message", "timestamp"}, func(head string) bool { return strings.EqualFold(k, head) }) {
			if name = "fields." + k; in[name] != nil {
				continue // then it is that one, perhaps
			}
		}
		got, err := json.Marshal(m[name])
		if err != nil {
			return err
		}
		want, err := json.Marshal(v)
		if err != nil {
			return err
		}
		if !bytes.Equal(got, want) {
			return fmt.Errorf("member %q is %s, not %s", k, got, want)
		}
	}
	return nil
}

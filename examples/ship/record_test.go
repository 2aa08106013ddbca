package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/logsto/logsto-go/batch"
)

var noon = time.Date(2026, 5, 29, 12, 0, 0, 0, time.UTC)

const noonText = `"timestamp":"2026-05-29T12:00:00.000000000Z"`

func TestObject(t *testing.T) {
	const as = `"timestamp":"2026-05-29T10:00:00Z","level":"info","message":"m"`
	for _, tc := range []struct {
		name, in, want string // want is empty for a line that is text
	}{
		{"complete", `{` + as + `}`, `{` + as + `}`},
		{"complete, with blanks and more", ` { "a" : [1, {"level":2}] ,` + as + ` }` + "\t", `{ "a" : [1, {"level":2}] ,` + as + ` }`},
		{"complete, escaped keys", `{"m\u0065ssage":"m","level":"","timestamp":"2026-05-29T10:00:00+02:00"}`, `{"m\u0065ssage":"m","level":"","timestamp":"2026-05-29T10:00:00+02:00"}`},
		{"no level", `{"message":"","timestamp":"2026-05-29T10:00:00Z"}`, `{"level":"info","message":"","timestamp":"2026-05-29T10:00:00Z"}`},
		{"no timestamp", `{"message":"m","level":"warn"}`, `{` + noonText + `,"message":"m","level":"warn"}`},
		{"slog", `{"time":"2026-05-29T10:00:00.5+02:00","level":"WARN","msg":"<m>\n"}`, `{"timestamp":"2026-05-29T10:00:00.5+02:00","message":"<m>\n","time":"2026-05-29T10:00:00.5+02:00","level":"WARN","msg":"<m>\n"}`},
		{"zap", `{"level":"info","ts":1.5,"msg":"m"}`, `{` + noonText + `,"message":"m","level":"info","ts":1.5,"msg":"m"}`},
		{"other types of time and msg", `{"level":"info","time":1,"msg":{"a":1}}`, `{` + noonText + `,"message":"{\"level\":\"info\",\"time\":1,\"msg\":{\"a\":1}}","level":"info","time":1,"msg":{"a":1}}`},
		{"zap in production", `{"level":"error","ts":1767322445.123,"msg":"x"}`, `{"timestamp":"2026-01-02T02:54:05.123000000Z","message":"x","level":"error","ts":1767322445.123,"msg":"x"}`},
		{"zap with ISO 8601", `{"level":"error","ts":"2026-01-02T03:54:05.123+0100","msg":"x"}`, `{"timestamp":"2026-01-02T03:54:05.123000000+01:00","message":"x","level":"error","ts":"2026-01-02T03:54:05.123+0100","msg":"x"}`},
		{"zerolog", `{"level":"error","time":1767322445,"message":"x"}`, `{"timestamp":"2026-01-02T02:54:05.000000000Z","level":"error","time":1767322445,"message":"x"}`},
		{"pino", `{"level":30,"time":1767322445123,"pid":7,"msg":"x"}`, `{"timestamp":"2026-01-02T02:54:05.123000000Z","level":"info","message":"x","fields.level":30,"time":1767322445123,"pid":7,"msg":"x"}`},
		{"bunyan", `{"name":"a","level":50,"msg":"x","time":"2026-01-02T02:54:05.123Z","v":0}`, `{"timestamp":"2026-01-02T02:54:05.123Z","level":"error","message":"x","name":"a","fields.level":50,"msg":"x","time":"2026-01-02T02:54:05.123Z","v":0}`},
		{"Logstash", `{"@timestamp":"2026-01-02T02:54:05Z","severity":"WARN","message":"x"}`, `{"timestamp":"2026-01-02T02:54:05Z","level":"WARN","@timestamp":"2026-01-02T02:54:05Z","severity":"WARN","message":"x"}`},
		{"timestamp in nanoseconds", `{"timestamp":1767322445123456789,"level":"info","message":"x"}`, `{"timestamp":"2026-01-02T02:54:05.123456789Z","fields.timestamp":1767322445123456789,"level":"info","message":"x"}`},
		{"timestamp in microseconds", `{"timestamp":"1767322445123456","level":"info","message":"x"}`, `{"timestamp":"2026-01-02T02:54:05.123456000Z","fields.timestamp":"1767322445123456","level":"info","message":"x"}`},
		{"timestamp as a float", `{"timestamp":1.767322445123456789e9,"level":"info","message":"x"}`, `{"timestamp":"2026-01-02T02:54:05.123456789Z","fields.timestamp":1.767322445123456789e9,"level":"info","message":"x"}`},
		{"a timestamp before a time", `{"time":"2020-01-01T00:00:00Z","timestamp":1767322445,"level":"info","message":"x"}`, `{"timestamp":"2026-01-02T02:54:05.000000000Z","time":"2020-01-01T00:00:00Z","fields.timestamp":1767322445,"level":"info","message":"x"}`},
		{"no such time", `{"timestamp":1e999,"ts":-1,"time":1e-400,"level":"info","message":"x"}`, `{` + noonText + `,"fields.timestamp":1e999,"ts":-1,"time":1e-400,"level":"info","message":"x"}`},
		{"empty", `{}`, `{` + noonText + `,"level":"info","message":"{}"}`},
		{"empty with a blank", `{ }`, `{` + noonText + `,"level":"info","message":"{ }" }`},
		{"other case", `{"Message":"M",` + `"level":"info","timestamp":"2026-05-29T10:00:00Z","msg":"m"}`, `{"message":"M","fields.Message":"M","level":"info","timestamp":"2026-05-29T10:00:00Z","msg":"m"}`},
		{"both cases", `{"LEVEL":"x",` + as + `}`, `{"fields.LEVEL":"x",` + as + `}`},
		{"twice", `{` + as + `,"l\u0065vel":"error"}`, `{` + as + `,"fields.l\u0065vel":"error"}`},
		{"level is a number", `{"message":"m","level":35}`, `{` + noonText + `,"level":"info","message":"m","fields.level":35}`},
		{"level is a number, other case", `{"message":"m","LEVEL":20.5}`, `{` + noonText + `,"level":"debug","message":"m","fields.LEVEL":20.5}`},
		{"level is a number of others", `{"message":"m","level":3}`, `{` + noonText + `,"level":"info","message":"m","fields.level":3}`},
		{"level is a number once", `{"level":30,"level":"warn","message":"m"}`, `{` + noonText + `,"fields.level":30,"level":"warn","message":"m"}`},
		{"message is null", `{"message":null,"level":"info"}`, `{` + noonText + `,"message":"{\"message\":null,\"level\":\"info\"}","fields.message":null,"level":"info"}`},
		{"message is an object", `{"message":{"message":"m"},"msg":"n","level":"info"}`, `{` + noonText + `,"message":"n","fields.message":{"message":"m"},"msg":"n","level":"info"}`},
		{"timestamp is something else", `{"timestamp":"noon","level":"info","message":"m"}`, `{` + noonText + `,"fields.timestamp":"noon","level":"info","message":"m"}`},
		{"array", `[` + as + `]`, ""},
		{"string", `"{}"`, ""},
		{"text", `{not JSON}`, ""},
		{"two objects", `{} {}`, ""},
		{"cut off", `{"a":"b`, ""},
		{"not UTF-8", "{\"a\":\"\xff\"}", ""},
		{"not a blank of JSON", "\u00a0{}", ""},
		{"a zero byte", "{}\x00", ""},
		{"nothing", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, got := newEncoder().object(noon, []byte(tc.in))
			if string(got) != tc.want {
				t.Fatalf("got  %s\nwant %s", got, tc.want)
			}
			if got != nil {
				decode(t, got)
			}
		})
	}
}

func TestMessage(t *testing.T) {
	e := newEncoder()
	for in, want := range map[string]string{
		"":                           `""`,
		"a \"b\" \\ <c> & d":         `"a \"b\" \\ <c> & d"`,
		"\x00\t\r\x7f":               `"\u0000\t\r` + "\x7f" + `"`,
		"é\xff\xe2\x82|\xed\xa0\x80": `"é\ufffd\ufffd\ufffd|\ufffd\ufffd\ufffd"`,
	} {
		got := string(e.message(noon, []byte(in), 7, 0))
		if want := `{` + noonText + `,"level":"info","message":` + want + `}`; got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
	got := string(e.message(noon, []byte("x"), 7, 2))
	if want := `{` + noonText + `,"level":"info","message":"x","line":7,"part":2}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestMaxRecord checks the bound with what grows most.
func TestMaxRecord(t *testing.T) {
	const limit = 1 << 10
	e := newEncoder()
	for _, line := range []string{
		strings.Repeat("\x01", limit),
		`{` + strings.Repeat(`"level":1,`, limit/10-1) + `"":1}`,
		strings.Repeat("\xff", limit),
		`{"a":"` + strings.Repeat(`\\`, limit/2-4) + `"}`,
		`{"a":"` + strings.Repeat("\u2028", limit/3-3) + `"}`,
		`{"a":"` + strings.Repeat("\x7f", limit-8) + `"}`,
	} {
		_, rec := e.object(noon, []byte(line))
		if rec == nil {
			rec = e.message(noon, []byte(line), 1<<30, 1<<30)
		}
		if len(rec) > maxRecord(limit) {
			t.Errorf("%.10q...: %d bytes, at most %d expected", line, len(rec), maxRecord(limit))
		}
	}
}

func TestParseLevel(t *testing.T) {
	for name, want := range map[string]batch.Level{
		"trace": batch.Trace, "DEBUG": batch.Debug, "Info": batch.Info, "warn": batch.Warn, "WARNING": batch.Warn,
		"error": batch.Error, "fatal": batch.Fatal, "panic": batch.Panic, "": batch.Info, "notice": batch.Info,
	} {
		if got := parseLevel(name); got != want {
			t.Errorf("%q: got %v, want %v", name, got, want)
		}
	}
}

// FuzzWalk compares walk with encoding/json.
func FuzzWalk(f *testing.F) {
	f.Add([]byte(`{"a":1,"b" : [{"c":"}"}, 2 ],"\u0063":"\"\\","d":{"e":{}},"":null}`))
	f.Add([]byte("{\n}"))
	f.Fuzz(func(t *testing.T, obj []byte) {
		obj = bytes.Trim(obj, blanks)
		if !utf8.Valid(obj) || !json.Valid(obj) || obj[0] != '{' {
			return
		}
		dec := json.NewDecoder(bytes.NewReader(obj))
		_, _ = dec.Token()
		walk(obj, func(at int, key string, value []byte) {
			if obj[at] != '"' {
				t.Errorf("%q does not begin at %d", key, at)
			}
			want, err := dec.Token()
			var wantValue json.RawMessage
			if err == nil {
				err = dec.Decode(&wantValue)
			}
			if err != nil {
				t.Fatal(err)
			}
			if key != want || !bytes.Equal(value, wantValue) {
				t.Errorf("got %q: %s, want %q: %s", key, value, want, wantValue)
			}
		})
		if dec.More() {
			t.Error("a field is missing")
		}
	})
}

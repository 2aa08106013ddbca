package logstotest

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// referenceArray takes a JSON array apart with encoding/json alone. It returns
// the records, and what is wrong with the first bad one or with the array.
func referenceArray(body []byte) (records []json.RawMessage, bad, err error) {
	if err := json.Unmarshal(body, &records); err != nil {
		return nil, nil, err
	}
	for _, rec := range records {
		if bad == nil {
			bad = checkRecord(rec)
		}
	}
	return records, bad, nil
}

// bodies are the seeds: what is good, and what is nearly so.
var bodies = []string{
	"", " ", "[", "]", "[]", " [ ] ", "[]]", "[,]", "null", "[null]", `"text"`, `["text"]`, "7", "[7]", "{}", "[{}]", "[{},]", "[{}{}]", "[{} {}]",
	`{"message":"m","level":"info"}`, `[{"message":"m","level":"info"},{"level":"info","message":"m","x":[1,{"y":null}]}]`,
	" [ { \"message\" : \"m\" , \"level\"\t:\r\n\"info\" } , {\"message\":\"\",\"level\":\"\"} ] ",
	`{"message":"m","level":"info"} {"message":"m","level":"info"}`, "{\"message\":\"m\",\"level\":\"info\"}\n{\"message\":\"m\"}\r\n\n",
	`[{"message":"m","level":"info"}`, `[{"message":"m","level":"info"`, `[{"message":"m","level":"info}]`, `[{"message":"m",}]`, `[{"message"}]`, `[{"message":}]`,
	`[{"MESSAGE":"m","Level":"info"}]`, `[{"meſſage":"m","level":"info"}]`, `[{"mess\u0061ge":"m","\u006cevel":"info"}]`,
	`[{"message":"m","meſſage":7,"level":"info"}]`, `[{"message":"m","mess\u0061ge":7,"level":"info"}]`, `[{"message":"m","level":"info","LEVEL":7}]`,
	`[{"message":7,"message":"m","level":"info"}]`, `[{"level":7,"level":"info","message":"m"}]`,
	`[{"message":"m","level":"info"}]]`, `[{"message":"m","level":"info"}],`, `[{"message":"m","level":"info"}] []`,
	`[{"message":"m","message":null,"level":"info"}]`, `[{"message":null,"message":"m","level":"info"}]`, `[{"message":"m","Message":7,"level":"info"}]`,
	`[{"message":"m","level":7}]`, `[{"message":"m","level":{}}]`, `[{"message":["m"],"level":"info"}]`, `[{"x":{"message":"m","level":"info"}}]`, `[{"":"","message ":"m"}]`,
	`["\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00\ud800"]`, `["\x"]`, `["\u12g4"]`, `["\u123`, `["\`, `["\u`, "[\"\xff\xc3\"]", "[\"\x00\"]", "[\"12345678\x1f\"]", "[\"1234567\x80\x7f\"]", "[\"\t\"]",
	`["1234567\"89012345\\678901234567890"]`, `[0,-0,1.5,-1.5e10,1E+2,1e-2,10]`, "[01]", "[-]", "[1.]", "[.5]", "[1e]", "[1e+]", "[+1]", "[0x1]", "[1_0]", "[-a]", "[NaN]",
	"[true,false,null]", "[tru]", "[True]", "[truee]", "[nul", "\ufeff[]", "\v[]", "[]\u00a0", "[\u2028]", "[1 2]", `{"a":1 "b":2}`, `{a:1}`, `{"a":1,}`, `{,}`, `{"a" 1}`, `{1:1}`,
	strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth), strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1),
	strings.Repeat(`[{"a":`, 100) + "1" + strings.Repeat("}]", 100),
}

// FuzzScan compares the scanner with encoding/json: it must take nothing else,
// and all of it but what is nested deeply, or it would be slow unseen.
func FuzzScan(f *testing.F) {
	for _, b := range bodies {
		f.Add([]byte(b))
	}
	f.Fuzz(checkScan)
}

func checkScan(t *testing.T, body []byte) {
	t.Helper()
	end := scanValue(body, scanSpace(body, 0), 0)
	taken := end >= 0 && scanSpace(body, end) == len(body)
	valid := json.Valid(body)
	if flat := bytes.Count(body, []byte("["))+bytes.Count(body, []byte("{")) <= maxDepth; taken != valid && (taken || flat) {
		t.Errorf("%q: taken %v, valid %v", body, taken, valid)
	}
}

// TestScanOfRandomTokens gets further into the grammar than random bytes do.
func TestScanOfRandomTokens(t *testing.T) {
	tokens := strings.Split(`[ ] { } , : " "a" "a": "message":"m" {"message":"m","level":"i" "Level": {"message":"m","level":"i"} \ \" \u00e9 \x \n 0 1 - . e + E9 true false null t é 12345678`, " ")
	tokens = append(tokens, " ", "\n", "\x00", "\x1f", "\x7f", "\xff")
	open := map[string]string{"[": "]", "{": "}", `"`: `"`}
	source := rand.New(rand.NewPCG(1, 2))
	valid := 0
	n := 30_000
	if testing.Short() {
		n /= 10
	}
	for range n {
		var b, end []byte
		for range source.IntN(12) {
			token := tokens[source.IntN(len(tokens))]
			b = append(b, token...)
			if c := open[token]; c != "" && source.IntN(4) > 0 {
				end = append([]byte(c), end...) // so that more of them are whole
			}
		}
		b = append(b, end...)
		checkScan(t, b)
		checkSplit(t, b)
		if json.Valid(b) {
			valid++
		}
	}
	if valid < n/100 {
		t.Errorf("only %d of %d were valid", valid, n)
	}
}

// TestNestingIsBounded checks that what is too deep for the scanner gets the
// answer of encoding/json, which follows ten thousand levels.
func TestNestingIsBounded(t *testing.T) {
	for depth, want := range map[int]bool{maxDepth: true, maxDepth + 1: true, 10_000: true, 10_001: false} {
		// The array of the body is one level, the record another.
		rec := `{"message":"m","level":"info","x":` + strings.Repeat("[", depth-2) + strings.Repeat("]", depth-2) + "}"
		const flat = `{"message":"m","level":"info"}`
		records, _, bad, err := split([]byte("["+flat+","+rec+"]"), "application/json", nil)
		if got := err == nil && bad == nil && len(records) == 2 && string(records[1].JSON) == rec; got != want {
			t.Errorf("%d levels: %d records, %v, %v", depth, len(records), bad, err)
		}
	}
}

// FuzzSplit compares what becomes of a body with what encoding/json makes of it.
func FuzzSplit(f *testing.F) {
	for _, b := range bodies {
		f.Add([]byte(b))
	}
	f.Fuzz(checkSplit)
}

func checkSplit(t *testing.T, body []byte) {
	t.Helper()
	body = trimSpace(body)
	if got, format, bad, err := split(body, "application/json", nil); format == "array" {
		want, wantBad, wantErr := referenceArray(body)
		checkSame(t, "array", body, got, want, bad, wantBad)
		checkSame(t, "array", body, nil, nil, err, wantErr)
	} else {
		checkSame(t, "object", body, got, []json.RawMessage{body}, bad, checkRecord(body))
	}
	var want []json.RawMessage
	var wantBad error
	for line := range bytes.Lines(body) {
		want = append(want, trimSpace(line))
		if wantBad == nil {
			wantBad = checkRecord(trimSpace(line))
		}
	}
	got, _, bad, err := split(body, "application/x-ndjson", nil)
	checkSame(t, "NDJSON", body, got, want, bad, wantBad)
	checkSame(t, "NDJSON", body, nil, nil, err, nil)
}

func checkSame(t *testing.T, what string, body []byte, got []Record, want []json.RawMessage, gotErr, wantErr error) {
	t.Helper()
	if !slices.EqualFunc(got, want, func(a Record, b json.RawMessage) bool { return bytes.Equal(a.JSON, b) }) {
		t.Errorf("%s %q: %d records, want %d", what, body, len(got), len(want))
	}
	if (gotErr == nil) != (wantErr == nil) || gotErr != nil && gotErr.Error() != wantErr.Error() {
		t.Errorf("%s %q: %v, want %v", what, body, gotErr, wantErr)
	}
}

// TestNothingIsSlowUnseen checks that the usual bodies are not left to
// encoding/json.
func TestNothingIsSlowUnseen(t *testing.T) {
	const rec = `{"time":"2026-01-02T03:04:05Z","level":"info","message":"grün \"ä\" \u00e9\n","n":-1.5e3,"ok":true,"no":null,"list":[1,"x",{}],"größe":{"message":7}}`
	records, doubtful, ok := scanArray([]byte("["+rec+", "+rec+"]"), nil)
	if len(records) != 2 || len(doubtful) > 0 || !ok || string(records[1].JSON) != rec {
		t.Errorf("%d records, in doubt %v, %v", len(records), doubtful, ok)
	}
	if end, good := scanRecord([]byte(rec), 0, 0); end != len(rec) || !good {
		t.Errorf("%d, %v", end, good)
	}
}

package jsonstream_test

import (
	"encoding/json"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/logsto/logsto-go/internal/jsonstream"
)

// maxRecord is how long a record may be in most tests, in bytes.
const maxRecord = 16 << 20

// on returns a body of what r brings.
func on(r io.Reader) *jsonstream.Body { return &jsonstream.Body{In: io.NopCloser(r)} }

// found returns the records of an iteration, and its error.
func found(seq iter.Seq2[json.RawMessage, error]) (records []string, err error) {
	for r, e := range seq {
		if err != nil {
			return records, errors.New("an iteration that goes on after its error")
		}
		if err = e; e == nil {
			records = append(records, string(r))
		} else if r != nil {
			return records, errors.New("an error with a record")
		}
	}
	return records, err
}

// read returns the records of an answer.
func read(r io.Reader, maxRecord int) ([]string, error) {
	return found(jsonstream.Records(on(r), maxRecord))
}

// envelopes are answers, with the records that are to be found in each or what the
// error for it says.
var envelopes = map[string]struct {
	body string
	want []string
	err  string
}{
	"bare":                  {`[{"a":1},{"b":2}]`, []string{`{"a":1}`, `{"b":2}`}, ""},
	"bare, one":             {`[{}]`, []string{`{}`}, ""},
	"bare, none":            {`[]`, nil, ""},
	"bare, blanks":          {" \r\n\t[ \n{\"a\" : 1 } ,\n\n {} \t]\n ", []string{`{"a" : 1 }`, `{}`}, ""},
	"object":                {`{"records":[{"a":1},{"b":2}]}`, []string{`{"a":1}`, `{"b":2}`}, ""},
	"object, none":          {`{"records":[]}`, nil, ""},
	"members around":        {`{"took":-1.5e3,"ok":true,"no":false,"x":null,"s":"]}[{\"\\","records":[{"a":1}],"next":"c"}`, []string{`{"a":1}`}, ""},
	"nested":                {`{"hits":{"total":{"value":2},"hits":[{"a":1},{"b":[1,[2]]}]},"shards":{}}`, []string{`{"a":1}`, `{"b":[1,[2]]}`}, ""},
	"empty ones beside":     {`{"errors":[],"records":[{}],"facets":{"f":[ ]}}`, []string{`{}`}, ""},
	"empty ones only":       {`{"errors":[],"records":[]}`, nil, ""},
	"arrays in records":     {`[{"a":[{"b":[]}]},{"c":[1,{}]}]`, []string{`{"a":[{"b":[]}]}`, `{"c":[1,{}]}`}, ""},
	"brackets in strings":   {`[{"a":"}],[{"},{"\"}":"\\"}]`, []string{`{"a":"}],[{"}`, `{"\"}":"\\"}`}, ""},
	"an escaped key":        {`{"rec\u006frds\"":[{"\u0061":"\ud83d\ude00"}]}`, []string{`{"\u0061":"\ud83d\ude00"}`}, ""},
	"an empty key":          {`{"":{"":[{"":0}]}}`, []string{`{"":0}`}, ""},
	"duplicate keys":        {`{"records":[],"records":[{"a":1,"a":2}],"records":[]}`, []string{`{"a":1,"a":2}`}, ""},
	"a byte order mark":     {"\uFEFF[{}]", []string{`{}`}, ""},
	"what is not UTF-8":     {"{\"k\xff\":[{\"a\":\"\xff\"}]}", []string{"{\"a\":\"\xff\"}"}, ""},
	"other alphabets":       {`[{"a":"日本 \u2028 é"}]`, []string{`{"a":"日本 \u2028 é"}`}, ""},
	"large numbers":         {`{"n":1e999,"r":[{"n":123456789012345678901234567890}]}`, []string{`{"n":123456789012345678901234567890}`}, ""},
	"deep record":           {"[" + deep(9999) + "]", []string{deep(9999)}, ""},
	"deep envelope":         {strings.Repeat(`{"a":`, 512) + "[{}]" + strings.Repeat("}", 512), []string{"{}"}, ""},
	"nothing":               {"", nil, "the answer is empty"},
	"blanks":                {" \n", nil, "the answer is empty"},
	"a mark":                {"\uFEFF", nil, "the answer is empty"},
	"half a mark":           {"\xef\xbb[]", nil, "not JSON"},
	"part of a mark":        {"\xef\xbb", nil, "the answer is empty"},
	"two marks":             {"\uFEFF\uFEFF[]", nil, "not JSON"},
	"null":                  {`null`, nil, "no array of records"},
	"null for the array":    {`{"records":null}`, nil, "the answer has no array of records"},
	"a number":              {`12`, nil, "no array of records"},
	"a string":              {`"[{}]"`, nil, "no array of records"},
	"no array":              {`{"error":"try\nlater"}`, nil, "the answer has no array of records"},
	"an empty object":       {`{}`, nil, "no array of records"},
	"two arrays":            {`{"a":[{"n":1},{"n":2}],"b":[{"n":3}]}`, []string{`{"n":1}`, `{"n":2}`}, "two arrays"},
	"two, with one key":     {`{"a":[{"n":1}],"a":[{"n":3}]}`, []string{`{"n":1}`}, "two arrays"},
	"two, one of numbers":   {`{"a":[{"n":1}],"b":{"c":[3]}}`, []string{`{"n":1}`}, "two arrays"},
	"numbers":               {`[1]`, nil, "not a JSON object"},
	"strings":               {`{"a":["x"],"r":[{}]}`, nil, "not a JSON object"},
	"null in it":            {`[{},null]`, []string{`{}`}, "not a JSON object"},
	"arrays in it":          {`[[{}]]`, nil, "not a JSON object"},
	"a record, then true":   {`[{},true]`, []string{`{}`}, "not a JSON object"},
	"two values":            {`[{}] []`, []string{`{}`}, "goes on behind its end"},
	"a comma behind":        {`[{}],`, []string{`{}`}, "goes on behind its end"},
	"lines":                 {"{\"a\":1}\n{\"b\":2}\n", nil, "goes on behind its end"},
	"lines of arrays":       {"[{}]\n[{}]\n", []string{`{}`}, "goes on behind its end"},
	"a web page":            {"\n<!doctype html><p>log in", nil, "the answer is a web page"},
	"text":                  {"Service is down", nil, "the answer is not JSON"},
	"a NUL":                 {"\x00", nil, "not JSON"},
	"a comma first":         {`[,{}]`, nil, "not JSON"},
	"a comma last":          {`[{},]`, []string{`{}`}, "not JSON"},
	"a comma in the object": {`{"a":[{}],}`, []string{`{}`}, "not JSON"},
	"no comma":              {`[{}{}]`, []string{`{}`}, "not JSON"},
	"no colon":              {`{"a"[]}`, nil, "not JSON"},
	"no key":                {`{[]}`, nil, "not JSON"},
	"a number for a key":    {`{1:[]}`, nil, "not JSON"},
	"the wrong bracket":     {`[{}}`, []string{`{}`}, "not JSON"},
	"the wrong one inside":  {`[{"a":[}]]`, nil, "not JSON"},
	"brackets that cross":   {`[{]`, nil, "not JSON"},
	"a bad record":          {`[{"a":1},{"a":01}]`, []string{`{"a":1}`}, "not JSON: invalid character '1'"},
	"a bad literal":         {`{"a":nul,"b":[]}`, nil, "not JSON"},
	"a literal too long":    {`{"a":nullx,"b":[]}`, nil, "not JSON"},
	"a bad number":          {`{"a":-,"b":[]}`, nil, "not JSON"},
	"a bad escape":          {`{"a\x":[]}`, nil, "not JSON"},
	"a line in a string":    {"{\"a\":\"\n\",\"b\":[]}", nil, "not JSON"},
	"a quote in a number":   {`{"a":1"b":[]}`, nil, "not JSON"},
	"another blank":         {"[{},\f{}]", []string{`{}`}, "not JSON"},
	"a comment":             {"[{} /* one */]", []string{`{}`}, "not JSON"},
	"a record too deep":     {"[" + deep(10001) + "]", nil, "exceeded max depth"},
	"an envelope too deep":  {strings.Repeat(`{"a":`, 513) + "[{}]" + strings.Repeat("}", 513), nil, "more than 512 levels"},
	"endless depth":         {strings.Repeat(`{"a":`, 100000), nil, "more than 512 levels"},
	"endless arrays":        {strings.Repeat(`[`, 100000), nil, "not a JSON object"},
}

// deep returns a record of so many levels.
func deep(levels int) string {
	return strings.Repeat(`{"a":`, levels-1) + "{}" + strings.Repeat("}", levels-1)
}

func TestEnvelopes(t *testing.T) {
	for name, c := range envelopes {
		for how, cut := range map[string]func(io.Reader) io.Reader{
			"at once":  func(r io.Reader) io.Reader { return r },
			"by byte":  iotest.OneByteReader,
			"with EOF": iotest.DataErrReader,
			"by half":  iotest.HalfReader,
		} {
			got, err := read(cut(strings.NewReader(c.body)), maxRecord)
			switch {
			case !slices.Equal(got, c.want):
				t.Errorf("%s, %s: found %.200q, want %.200q", name, how, got, c.want)
			case c.err == "" && err != nil:
				t.Errorf("%s, %s: %v", name, how, err)
			case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
				t.Errorf("%s, %s: error %v, want one with %q", name, how, err, c.err)
			case errors.Is(err, jsonstream.ErrWebPage) != (name == "a web page"):
				t.Errorf("%s, %s: %v", name, how, err)
			}
		}
	}
}

// TestTruncatedAnswers checks that an answer which is cut anywhere, by its end or by
// an error, is never taken for a whole one, and yields only records that are whole.
func TestTruncatedAnswers(t *testing.T) {
	broken := errors.New("connection reset")
	for name, c := range envelopes {
		if c.err != "" || len(c.body) > 1000 {
			continue
		}
		whole := len(strings.TrimRight(c.body, " \n"))
		for n := range whole {
			for how, body := range map[string]io.Reader{
				"end":   strings.NewReader(c.body[:n]),
				"error": io.MultiReader(strings.NewReader(c.body[:n]), iotest.ErrReader(broken)),
			} {
				got, err := read(body, maxRecord)
				if err == nil || len(got) > len(c.want) || !slices.Equal(got, c.want[:len(got)]) {
					t.Errorf("%s, %s at %d: found %q, error %v", name, how, n, got, err)
				}
				if how == "error" && !errors.Is(err, broken) {
					t.Errorf("%s at %d: error %v", name, n, err)
				}
			}
		}
		// All records are there, but not the end of the connection.
		body := io.MultiReader(strings.NewReader(c.body), iotest.ErrReader(io.ErrUnexpectedEOF))
		if got, err := read(body, maxRecord); !slices.Equal(got, c.want) || err == nil || !strings.Contains(err.Error(), "breaks off: unexpected EOF") {
			t.Errorf("%s, broken at its end: found %q, error %v", name, got, err)
		}
	}
}

func TestRecordsBelongToTheCaller(t *testing.T) {
	var kept []json.RawMessage
	body := iotest.OneByteReader(strings.NewReader(`[{"n":1},{"n":2},{"n":3}]`)) // all pass through the same memory
	for r, err := range jsonstream.Records(on(body), maxRecord) {
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, r)
		_ = append(r, "more"...)
	}
	for i, r := range kept {
		if want := `{"n":` + string(rune('1'+i)) + `}`; string(r) != want {
			t.Errorf("%s, want %s", r, want)
		}
		clear(r)
	}
}

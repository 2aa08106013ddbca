package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/logsto/logsto-go/batch"
)

const (
	timestampLayout = "2006-01-02T15:04:05.000000000Z07:00" // RFC 3339
	blanks          = " \t\r\n"                             // of JSON
)

// maxRecord returns how large a record can get that is made of limit bytes: an
// object with its own text as the message, where escaping makes six bytes of
// one at most.
func maxRecord(limit int) int { return 7*limit + 1<<10 }

// encoder makes records. What its methods return is valid until the next call.
type encoder struct {
	buf  bytes.Buffer
	json *json.Encoder
}

func newEncoder() *encoder {
	e := &encoder{}
	e.json = json.NewEncoder(&e.buf)
	e.json.SetEscapeHTML(false)
	return e
}

// encode returns v, which must be of a type that always can be encoded.
func (e *encoder) encode(v any) []byte {
	e.buf.Reset()
	if err := e.json.Encode(v); err != nil {
		panic(err)
	}
	return bytes.TrimSuffix(e.buf.Bytes(), []byte("\n"))
}

// message makes a record of text that is not one. Bytes that are not UTF-8
// become the replacement character, as everywhere in JSON. The line number is
// told only for parts.
func (e *encoder) message(now time.Time, text []byte, line, part int) []byte {
	if part == 0 {
		line = 0
	}
	return e.encode(struct {
		Timestamp string `json:"timestamp"`
		Level     string `json:"level"`
		Message   string `json:"message"`
		Line      int    `json:"line,omitempty"`
		Part      int    `json:"part,omitempty"`
	}{now.UTC().Format(timestampLayout), batch.Info.String(), string(text), line, part})
}

// object returns the record for a line that is a JSON object, and its level.
// That is the line as it is, with what a record must have put before it where
// that is missing, and with fields. before the keys that only this may have. It returns nil
// if the line is not an object.
func (e *encoder) object(now time.Time, line []byte) (batch.Level, []byte) {
	line = bytes.Trim(line, blanks)
	if len(line) == 0 || line[0] != '{' || !utf8.Valid(line) || !json.Valid(line) {
		return 0, nil
	}
	f := readFields(line)
	rec := line
	if f.has != [fixed]bool{true, true, true} {
		rec = e.encode(f.missing(now, line))
		rec = rec[:len(rec)-1] // the brace
		if f.any {
			rec = append(rec, ',')
		}
		rec = f.appendRenamed(rec, line)
	} else if len(f.rename) > 0 {
		rec = f.appendRenamed([]byte("{"), line)
	}
	return parseLevel(f.texts[level]), rec
}

// appendRenamed appends the line without its first brace.
func (f *fields) appendRenamed(rec, line []byte) []byte {
	from := 1
	for _, at := range f.rename {
		rec = append(rec, line[from:at+1]...) // with the quote
		rec = append(rec, "fields."...)
		from = at + 1
	}
	return append(rec, line[from:]...)
}

// missing returns what an object lacks to be a record. None of the values that
// it sets is empty.
func (f *fields) missing(now time.Time, line []byte) any {
	var m struct {
		Timestamp string `json:"timestamp,omitempty"`
		Level     string `json:"level,omitempty"`
		Message   string `json:"message,omitempty"`
	}
	if !f.has[timestamp] {
		m.Timestamp = cmp.Or(f.texts[timestamp], now.UTC().Format(timestampLayout))
	}
	if !f.has[level] {
		m.Level = cmp.Or(f.texts[level], batch.Info.String())
	}
	if !f.has[message] {
		m.Message = cmp.Or(f.texts[message], string(line))
	}
	return m
}

func isTimestamp(s string) bool {
	_, err := time.Parse(time.RFC3339, s)
	return err == nil
}

// parseLevel returns the level with that name, in whatever case, or Info.
func parseLevel(name string) batch.Level {
	for l := batch.Trace; l <= batch.Panic; l++ {
		if strings.EqualFold(name, l.String()) {
			return l
		}
	}
	if strings.EqualFold(name, "warning") {
		return batch.Warn
	}
	return batch.Info
}

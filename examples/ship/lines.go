package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/logsto/logsto-go/batch"
)

// pieceBytes is the most of a line that becomes one record. Escaping makes at
// most six bytes of one, which stays below the largest record.
const pieceBytes = 128 << 10

// shipper turns lines into records of a buffer.
type shipper struct {
	buf     *batch.Buffer
	lines   int // whole lines read
	records int // handed to the buffer; more than lines if some are long
	part    int // of the long line that is being read
}

// ship reads r to its end. A line that is a JSON object becomes a record as it
// is; any other line becomes the message of one, or of several if it is longer
// than pieceBytes.
func (s *shipper) ship(r io.Reader, progress func()) error {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, pieceBytes+1), pieceBytes+1)
	in.Split(split)
	for in.Scan() {
		s.token(in.Bytes())
		if s.lines%1000 == 0 {
			progress()
		}
	}
	if s.part > 0 { // the last line is long and has no end
		s.lines++
		s.part = 0
	}
	return in.Err()
}

// split is a bufio.SplitFunc for lines with their ends, and for pieces of
// pieceBytes of a longer line, cut between characters.
func split(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 && i < pieceBytes {
		return i + 1, data[:i+1], nil
	}
	if len(data) >= pieceBytes {
		cut := pieceBytes
		for cut > pieceBytes-utf8.UTFMax && !utf8.RuneStart(data[cut-1]) {
			cut--
		}
		if r, size := utf8.DecodeRune(data[cut-1:]); r == utf8.RuneError && size <= 1 && cut > 1 {
			cut-- // the first byte of a character whose rest is not here
		}
		return cut, data[:cut], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

// token ships a line or a piece of one.
func (s *shipper) token(b []byte) {
	text, ended := bytes.CutSuffix(b, []byte("\n"))
	switch {
	case s.part > 0 || !ended && len(b) > pieceBytes-utf8.UTFMax-1:
		s.part++
		s.message(text, s.part)
	case isObject(text):
		s.append(text)
	default:
		s.message(bytes.TrimSuffix(text, []byte("\r")), 0)
	}
	if ended {
		s.part = 0
	}
	if ended || s.part == 0 {
		s.lines++
	}
}

// isObject reports whether the line can go through as it is.
func isObject(line []byte) bool {
	line = bytes.TrimSpace(line)
	return len(line) > 1 && line[0] == '{' && utf8.Valid(line) && json.Valid(line)
}

// message makes a record of text that is not one. Bytes that are not UTF-8
// become the replacement character, as everywhere in JSON.
func (s *shipper) message(text []byte, part int) {
	now := time.Now().UTC()
	rec := append([]byte(nil), `{"timestamp":"`...)
	rec = now.AppendFormat(rec, "2006-01-02T15:04:05.000000000Z07:00")
	rec = append(rec, `","level":"info","message":`...)
	rec = appendString(rec, string(text))
	if part > 0 {
		rec = append(rec, `,"line":`...)
		rec = strconv.AppendInt(rec, int64(s.lines+1), 10)
		rec = append(rec, `,"part":`...)
		rec = strconv.AppendInt(rec, int64(part), 10)
	}
	s.append(append(rec, '}'))
}

// appendString appends s as a JSON string, with < > and & as they are.
func appendString(dst []byte, s string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic(err) // a string can always be encoded
	}
	return append(dst, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
}

func (s *shipper) append(rec []byte) {
	s.records++
	s.buf.Append(batch.Info, time.Now(), bytes.TrimSpace(rec))
}

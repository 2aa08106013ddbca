package main

import (
	"bufio"
	"bytes"
	"io"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/logsto/logsto-go/batch"
)

// readAhead is how much of the input is held beyond the longest line, in bytes.
const readAhead = 64 << 10

// shipper turns lines into records of a buffer.
type shipper struct {
	// Immutable once set.
	buf   *batch.Buffer
	limit int          // the most of a line that becomes one record, in bytes
	sent  func([]byte) // is shown every record before the buffer gets it; may be nil

	// Owned by the goroutine that reads.
	enc  *encoder
	last time.Time

	lines   atomic.Uint64 // read to their ends
	records atomic.Uint64 // made of them, more than lines if some are long
}

func newShipper(buf *batch.Buffer, limit int) *shipper {
	return &shipper{buf: buf, limit: limit, enc: newEncoder()}
}

// ship reads r to its end, or to an error, and ships all that it got.
func (s *shipper) ship(r io.Reader) error {
	sp := splitter{limit: s.limit}
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, s.limit+readAhead), s.limit+readAhead)
	in.Split(sp.split)
	line, part := 1, 0
	for in.Scan() {
		if sp.more || part > 0 {
			part++
		}
		s.text(in.Bytes(), line, part)
		if !sp.more {
			s.lines.Add(1)
			line, part = line+1, 0
		}
	}
	return in.Err()
}

// text ships a line, or a part of one if part is not zero.
func (s *shipper) text(text []byte, line, part int) {
	now := s.now()
	level, rec := batch.Info, []byte(nil)
	if part == 0 {
		level, rec = s.enc.object(now, text)
	}
	if rec == nil {
		level, rec = batch.Info, s.enc.message(now, text, line, part)
	}
	if s.sent != nil {
		s.sent(rec)
	}
	s.records.Add(1)
	s.buf.Append(level, now, rec) // what it drops is in its Stats
}

// now returns the time for the next record. The buffer puts records in the
// order of their times, so no two get the same.
func (s *shipper) now() time.Time {
	t := time.Now()
	if !t.After(s.last) {
		t = s.last.Add(time.Nanosecond)
	}
	s.last = t
	return t
}

// splitter cuts text into lines without their ends, and lines that are longer
// than limit into parts of at most limit bytes.
type splitter struct {
	limit int  // at least utf8.UTFMax
	more  bool // what split returned last is a part, and not the last of its line
}

// split is a bufio.SplitFunc. It never asks for more than limit+2 bytes.
func (s *splitter) split(data []byte, atEOF bool) (advance int, text []byte, err error) {
	s.more = false
	end := bytes.IndexByte(data, '\n')
	if end >= 0 {
		text, advance = bytes.TrimSuffix(data[:end], []byte("\r")), end+1
	} else {
		text, advance = data, len(data)
	}
	switch {
	case end < 0 && !atEOF && len(data) < s.limit+len("\r\n"):
		return 0, nil, nil
	case advance == 0: // the end
		return 0, nil, nil
	case len(text) <= s.limit:
		return advance, text, nil
	default:
		s.more = true
		n := wholeRunes(text[:s.limit])
		return n, text[:n], nil
	}
}

// wholeRunes returns the length of b without the beginning of a character at
// its end whose rest is not there.
func wholeRunes(b []byte) int {
	for n := len(b) - 1; n >= 0 && n > len(b)-utf8.UTFMax; n-- {
		if utf8.RuneStart(b[n]) {
			if !utf8.FullRune(b[n:]) {
				return n
			}
			break
		}
	}
	return len(b)
}

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
	if part <= 1 { // files may have been put together
		text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	}
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
	limit  int  // at least utf8.UTFMax
	more   bool // what split returned last is a part, and not the last of its line
	isText bool // the start of the input is none of what is no text
}

// split is a bufio.SplitFunc. It never asks for more than limit+2 bytes.
func (s *splitter) split(data []byte, atEOF bool) (advance int, text []byte, err error) {
	s.more = false
	if !s.isText {
		known, err := looksLikeText(data, atEOF)
		if err != nil || !known {
			return 0, nil, err
		}
		s.isText = true
	}
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

// packedError is the error of an input that is not text.
type packedError struct{ kind string }

func (e *packedError) Error() string { return "it is " + e.kind + ", and not text; convert it first" }

// noText is how inputs begin that are not text.
var noText = []struct{ kind, start string }{
	{"compressed by gzip", "\x1f\x8b"},
	{"compressed by zstd", "\x28\xb5\x2f\xfd"},
	{"compressed by bzip2", "BZh91AY&SY"},
	{"compressed by xz", "\xfd7zXZ\x00"},
	{"compressed by lz4", "\x04\x22\x4d\x18"},
	{"compressed by snappy", "\xff\x06\x00\x00sNaPpY"},
	{"an archive of zip", "PK\x03\x04"},
	{"a journal of systemd", "LPKSHHRH"},
	{"in UTF-16", "\xff\xfe"},
	{"in UTF-16", "\xfe\xff"},
}

// looksLikeText returns an error for what is not text. known is false if there is too little
// to tell.
func looksLikeText(start []byte, atEOF bool) (known bool, err error) {
	for _, no := range noText {
		if bytes.HasPrefix(start, []byte(no.start)) {
			return true, &packedError{no.kind}
		}
		if !atEOF && len(start) < len(no.start) && no.start[:len(start)] == string(start) {
			return false, nil
		}
	}
	return true, nil
}

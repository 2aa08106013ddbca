package jsonstream

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/logsto/logsto-go/internal/jsonscan"
)

// scanBuffer is what is read at once at first, in bytes.
const scanBuffer = 32 << 10

var (
	// errShort is why an answer that the server has ended well is not whole.
	errShort = fmt.Errorf("the answer is cut off: %w", io.ErrUnexpectedEOF)
	// errLong is why a part is not read to its end.
	errLong = errors.New("it is too long")
)

// scanner finds the parts of a JSON text (RFC 8259) while it arrives: it never
// waits for a byte behind the one that ends a part. What it takes for JSON is what
// encoding/json takes. Its time is linear in the length of the text, however the text
// is cut; json.Decoder looks at all blanks again with each read, and needs six times as
// long for records as loggers write them (BenchmarkRecords). It holds one part at a time.
type scanner struct {
	r       io.Reader // returns at least one byte, or an error that stays
	buf     []byte
	pos     int // buf[pos:] was not looked at, or is the part that is read
	outside int // bytes that were read but for parts that part has returned, since it was set to 0
}

// fill reads more, without a change of buf[pos:]. The error is that of r.
func (s *scanner) fill() error {
	if s.pos > 0 && (s.pos == len(s.buf) || len(s.buf) == cap(s.buf)) {
		s.buf = s.buf[:copy(s.buf, s.buf[s.pos:])]
		s.pos = 0
	}
	if len(s.buf) == cap(s.buf) {
		s.buf = slices.Grow(s.buf, max(scanBuffer, len(s.buf)))
	}
	n, err := s.r.Read(s.buf[len(s.buf):cap(s.buf)])
	s.buf = s.buf[:len(s.buf)+n]
	return err
}

// skip moves behind the byte at pos, which was seen.
func (s *scanner) skip() {
	s.pos++
	s.outside++
}

// next returns the next byte that is not blank, and moves there. It is an error if
// there is none.
func (s *scanner) next() (byte, error) {
	for {
		for s.pos < len(s.buf) {
			if b := s.buf[s.pos]; !isBlank(b) {
				return b, s.checkOutside()
			}
			s.skip()
		}
		if err := s.checkOutside(); err != nil {
			return 0, err
		}
		if err := s.fill(); err != nil {
			return 0, short(err)
		}
	}
}

// checkOutside returns an error if there is more outside of records than there may be.
func (s *scanner) checkOutside() error {
	if s.outside > maxOutside {
		return errOutside
	}
	return nil
}

// end returns an error unless nothing but blanks follows.
func (s *scanner) end() error {
	switch _, err := s.next(); {
	case errors.Is(err, errShort):
		return nil
	case err != nil:
		return err
	default:
		return errBehind
	}
}

// skipMark moves behind a byte order mark, which a reader may ignore (RFC 8259, section
// 8.1).
func (s *scanner) skipMark() error {
	const mark = "\uFEFF"
	for i := range len(mark) {
		if s.pos == len(s.buf) {
			if err := s.fill(); err != nil {
				return short(err)
			}
		}
		switch {
		case s.buf[s.pos] == mark[i]:
			s.skip()
		case i == 0:
			return nil
		default:
			return unexpected(s.buf[s.pos], "a byte order mark")
		}
	}
	return nil
}

// skipPart moves behind the part that begins at pos, which is none of a record.
func (s *scanner) skipPart() error {
	p, err := s.part(maxOutside - s.outside)
	if errors.Is(err, errLong) {
		return errOutside
	}
	s.outside += len(p)
	return err
}

// part moves behind the value that begins at pos, with a byte that was seen, and
// returns it. It is valid until something else is read. The error is errLong if the
// part has more than limit bytes.
func (s *scanner) part(limit int) ([]byte, error) {
	if b := s.buf[s.pos]; isNested(b) || b == '"' {
		// As loggers write it, and it is there already.
		if end := jsonscan.Value(s.buf, s.pos); end > 0 {
			return s.cut(end, limit)
		}
	}
	end, err := s.find(limit)
	if err != nil {
		return nil, err
	}
	p, err := s.cut(end, limit)
	if err == nil && !json.Valid(p) {
		return nil, fmt.Errorf("the answer is not JSON: %w", json.Unmarshal(p, new(any)))
	}
	return p, err
}

// cut moves to end, and returns what stands before, if that is not too long.
func (s *scanner) cut(end, limit int) ([]byte, error) {
	p := s.buf[s.pos:end:end]
	if len(p) > limit {
		return nil, errLong
	}
	s.pos = end
	return p, nil
}

// find returns the index behind the value at pos, if it is one: behind the bracket
// that closes its first, or the quote, or before what cannot stand in a number. It
// reads as much as it needs.
func (s *scanner) find(limit int) (end int, err error) {
	f := finder{bare: !isNested(s.buf[s.pos]) && s.buf[s.pos] != '"'}
	for n := 0; ; { // of bytes that were looked at; pos may change
		var done bool
		n, done = f.look(s.buf[s.pos:], n)
		switch {
		case done:
			return s.pos + n, nil
		case n > limit:
			return 0, errLong
		}
		if err := s.fill(); err != nil {
			if f.bare && err == io.EOF { //nolint:errorlint // as io.Reader has it
				return s.pos + n, nil
			}
			return 0, short(err)
		}
	}
}

// finder looks for the end of a value that is cut anywhere.
type finder struct {
	bare    bool // it has neither brackets nor quotes
	depth   int  // of brackets that are open
	quoted  bool // within a string
	escaped bool // behind a backslash
}

// look looks at p[n:], of which p[:n] was looked at before. It returns the index behind
// the end, or len(p).
func (f *finder) look(p []byte, n int) (end int, done bool) {
	for ; n < len(p); n++ {
		switch b := p[n]; {
		case f.bare:
			if isBlank(b) || b == ',' || b == ':' || b == '"' || isNested(b) || b == ']' || b == '}' {
				return n, true
			}
			continue
		case f.escaped:
			f.escaped = false
			continue
		case f.quoted:
			f.escaped = b == '\\'
			f.quoted = b != '"'
		case b == '"':
			f.quoted = true
			continue
		case isNested(b):
			f.depth++
			continue
		case b == ']' || b == '}':
			f.depth--
		default:
			continue
		}
		if f.depth == 0 && !f.quoted {
			return n + 1, true
		}
	}
	return n, false
}

func isBlank(b byte) bool { return b == ' ' || b == '\n' || b == '\r' || b == '\t' }

// isNested reports whether b begins an object or an array.
func isNested(b byte) bool { return b == '{' || b == '[' }

// short makes the end of an answer that is not whole an error that says so.
func short(err error) error {
	if err == io.EOF { //nolint:errorlint // as io.Reader has it
		return errShort
	}
	return err
}

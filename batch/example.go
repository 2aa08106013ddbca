package batch

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"

	"github.com/logsto/logsto-go/internal/jsonscan"
)

// This file is what the error handler is told of one record of those that were refused for
// what they are.

// maxStart is how many bytes of a record are shown at most.
const maxStart = 100

// refuseLarge refuses a record that is larger than it may be; shown is what of it may be
// shown.
func (b *Buffer) refuseLarge(l Level, size int, shown []byte) {
	if b.report.wantsExample() {
		b.report.example(fmt.Sprintf("of %d bytes or more, over the %d of WithMaxRecordBytes%s", size, b.cfg.maxRecord, start(shown)))
	}
	b.refuse(ReasonTooLarge, l)
}

// refuseUnreadable refuses a record that is no object.
func (b *Buffer) refuseUnreadable(l Level, size int, shown []byte) {
	if b.report.wantsExample() {
		b.report.example(fmt.Sprintf("of %d bytes that is no JSON object on one line%s", size, start(shown)))
	}
	b.refuse(ReasonUnreadable, l)
}

// shown returns what of a record may be shown that has not been redacted.
func (b *Buffer) shown(record []byte) []byte {
	if b.cfg.mask != nil {
		return nil
	}
	return record
}

// start returns the start of the message of a record, or of the record if that has none, as
// the end of a sentence.
func start(record []byte) string {
	switch text := message(record); {
	case text != nil:
		return `: "` + oneLine(text[1:len(text)-1], maxStart) + `"`
	case len(record) > 0:
		return ": " + oneLine(record, maxStart)
	default:
		return ""
	}
}

// message returns the message of a record, with its quotes, or nil. The adapters put it
// among the first three members.
func message(record []byte) []byte {
	if len(record) == 0 || record[0] != '{' {
		return nil
	}
	for i, n := 1, 0; n < 3; n++ {
		colon, end, _ := jsonscan.Member(record, i)
		if end < 0 || end >= len(record) {
			return nil
		}
		if value := record[colon+1 : end]; string(record[i:colon]) == `"message"` && value[0] == '"' {
			return value
		}
		i = end + 1
	}
	return nil
}

// oneLine returns the start of a text, fit for an error.
func oneLine(text []byte, limit int) string {
	rest := ""
	if len(text) > limit {
		text, rest = text[:limit], "..."
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, string(bytes.ToValidUTF8(text, nil))) + rest
}

package jsonenc

import (
	"sync/atomic"
	"time"
)

// second is the text of one second of time: "2006-01-02T15:04:05. with its
// opening quote.
type second struct {
	unix int64
	text [21]byte
}

// lastSecond is the text that was needed last. Losing a race for it costs
// nothing but the formatting.
var lastSecond atomic.Pointer[second]

// AppendTimestamp appends the time of a record: RFC 3339 in UTC with nine
// digits of fraction, so that records of one second sort as text. Years outside
// 0 to 9999 are cut to that range.
func AppendTimestamp(dst []byte, t time.Time) []byte {
	unix := t.Unix()
	s := lastSecond.Load()
	if s == nil || s.unix != unix {
		s = formatSecond(t)
		lastSecond.Store(s)
	}
	dst = append(dst, s.text[:]...)
	dst = appendNine(dst, uint32(t.Nanosecond()))
	return append(dst, 'Z', '"')
}

func formatSecond(t time.Time) *second {
	s := &second{unix: t.Unix()}
	t = t.UTC()
	if y := t.Year(); y < 0 {
		t = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	} else if y > 9999 {
		t = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	}
	t.AppendFormat(s.text[:0], `"2006-01-02T15:04:05.`)
	s.text[20] = '.'
	return s
}

// appendNine appends v, which is below 1e9, in nine digits.
func appendNine(dst []byte, v uint32) []byte {
	var b [9]byte
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = byte('0' + v%10)
		v /= 10
	}
	return append(dst, b[:]...)
}

package jsonenc

import (
	"sync/atomic"
	"time"
)

// timestampForm is what AppendTimestamp appends, its nine zeros replaced by the
// fraction.
const timestampForm = `"2006-01-02T15:04:05.000000000Z"`

// The place of the fraction in timestampForm.
const (
	fractionStart = len(`"2006-01-02T15:04:05.`)
	fractionEnd   = fractionStart + 9
)

// second is the text of one second of time, with a fraction of zero.
type second struct {
	unix int64
	text [len(timestampForm)]byte
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
	n := len(dst)
	dst = append(dst, s.text[:]...)
	putNine(dst[n+fractionStart:n+fractionEnd], uint32(t.Nanosecond()))
	return dst
}

func formatSecond(t time.Time) *second {
	s := &second{unix: t.Unix()}
	t = t.UTC()
	if y := t.Year(); y < 0 {
		t = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	} else if y > 9999 {
		t = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	}
	t.Truncate(time.Second).AppendFormat(s.text[:0], timestampForm)
	return s
}

// twoDigits holds the numbers from 00 to 99.
const twoDigits = "00010203040506070809101112131415161718192021222324" +
	"25262728293031323334353637383940414243444546474849" +
	"50515253545556575859606162636465666768697071727374" +
	"75767778798081828384858687888990919293949596979899"

// putNine writes v, which is below 1e9, into the nine bytes of b.
func putNine(b []byte, v uint32) {
	_ = b[8]
	high, low := v/10000, v%10000
	putTwo(b[7:], low%100)
	putTwo(b[5:], low/100)
	putTwo(b[3:], high%100)
	high /= 100
	putTwo(b[1:], high%100)
	b[0] = byte('0' + high/100)
}

func putTwo(b []byte, v uint32) {
	b[0], b[1] = twoDigits[2*v], twoDigits[2*v+1]
}

package zerologw

import (
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/logsto/logsto-go/internal/jsonenc"
)

// readTime reads the value of a time that zerolog has written in the format of
// zerolog.TimeFieldFormat, and reports whether it is one.
func (ev *event) readTime(value []byte) bool {
	var unit time.Duration
	switch zerolog.TimeFieldFormat {
	case zerolog.TimeFormatUnix:
		unit = time.Second
	case zerolog.TimeFormatUnixMs:
		unit = time.Millisecond
	case zerolog.TimeFormatUnixMicro:
		unit = time.Microsecond
	case zerolog.TimeFormatUnixNano:
		unit = time.Nanosecond
	default:
		return ev.readText(value)
	}
	n, err := strconv.ParseInt(string(value), 10, 64) // the conversion stays on the stack
	if err != nil {
		return false
	}
	perSecond := int64(time.Second / unit)
	ev.when = time.Unix(n/perSecond, n%perSecond*int64(unit))
	return true
}

// readText reads a time in a string.
func (ev *event) readText(value []byte) bool {
	if len(value) < 2 || value[0] != '"' {
		return false
	}
	text := value[1 : len(value)-1]
	if f := zerolog.TimeFieldFormat; strings.HasPrefix(f, seconds) && strings.HasSuffix(f, zone) {
		return ev.readRFC3339(text)
	}
	t, err := time.Parse(zerolog.TimeFieldFormat, string(text))
	if err != nil {
		return false
	}
	ev.when = t
	return true
}

// The parts of time.RFC3339 and of the formats that have a fraction besides.
const (
	seconds = "2006-01-02T15:04:05"
	zone    = "Z07:00"
)

// readRFC3339 reads a time in the form of RFC 3339 without memory of its own,
// which time.Parse needs. One in UTC is taken as the text that it is.
func (ev *event) readRFC3339(text []byte) bool {
	n := len(seconds)
	if len(text) <= n {
		return false
	}
	for i := range n {
		if want := seconds[i]; isDigit(want) != isDigit(text[i]) || !isDigit(want) && text[i] != want {
			return false
		}
	}
	year, month, day := 100*two(text)+two(text[2:]), two(text[5:]), two(text[8:])
	hour, minute, second := two(text[11:]), two(text[14:]), two(text[17:])
	if month < 1 || month > 12 || day < 1 || day > 28 && day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59 {
		return false
	}
	fraction, rest := text[n:n], text[n:]
	if rest[0] == '.' || rest[0] == ',' {
		end := skipDigits(rest, 1)
		fraction, rest = rest[1:end], rest[end:]
		fraction = fraction[:min(len(fraction), 9)]
	}
	if string(rest) == "Z" {
		ev.utc, ev.fraction = text[:n], fraction
		return true
	}
	offset, ok := readOffset(rest)
	if !ok {
		return false
	}
	nano := 0
	for i := range 9 {
		nano *= 10
		if i < len(fraction) {
			nano += int(fraction[i] - '0')
		}
	}
	ev.when = time.Date(year, time.Month(month), day, hour, minute, second, nano, time.UTC).Add(-offset)
	return true
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// two returns the number that the first two digits say.
func two(p []byte) int { return 10*int(p[0]-'0') + int(p[1]-'0') }

// readOffset reads a zone such as +01:00.
func readOffset(p []byte) (time.Duration, bool) {
	if len(p) != len("+01:00") || p[0] != '+' && p[0] != '-' || p[3] != ':' ||
		skipDigits(p, 1) != 3 || skipDigits(p, 4) != 6 {
		return 0, false
	}
	d := time.Duration(two(p[1:]))*time.Hour + time.Duration(two(p[4:]))*time.Minute
	if p[0] == '-' {
		d = -d
	}
	return d, true
}

// appendStamp appends the time of the event. One that was cut to the format's
// unit gets back what now says of it.
func (ev *event) appendStamp(dst []byte, now time.Time) []byte {
	unit := cutTo()
	if ev.utc == nil {
		return jsonenc.AppendTimestamp(dst, uncut(ev.when, now, unit))
	}
	if unit == 0 || len(ev.fraction) > 0 {
		return appendUTC(dst, ev.utc, ev.fraction)
	}
	start := len(dst)
	dst = jsonenc.AppendTimestamp(dst, now)
	if string(dst[start+1:start+1+len(ev.utc)]) == string(ev.utc) {
		return dst
	}
	t, err := time.Parse(seconds, string(ev.utc))
	if err != nil { // not to be: readRFC3339 has checked it
		return dst
	}
	return jsonenc.AppendTimestamp(dst[:start], uncut(t, now, unit))
}

// cutTo returns the unit to which the present format cuts times, or zero.
func cutTo() time.Duration {
	switch zerolog.TimeFieldFormat {
	case time.RFC3339, zerolog.TimeFormatUnix:
		return time.Second
	case zerolog.TimeFormatUnixMs:
		return time.Millisecond
	case zerolog.TimeFormatUnixMicro:
		return time.Microsecond
	default:
		return 0
	}
}

// uncut returns now if t is now cut to the unit, and the end of t's unit if that
// has just passed, so that the order of records stays; otherwise t, which some
// other clock has given.
func uncut(t, now time.Time, unit time.Duration) time.Time {
	switch d := now.Sub(t); {
	case d >= 0 && d < unit:
		return now
	case d >= unit && d < 2*unit:
		return t.Add(unit - 1)
	default:
		return t
	}
}

// appendUTC appends a time in UTC with nine digits of fraction.
func appendUTC(dst, upToSeconds, fraction []byte) []byte {
	dst = append(dst, '"')
	dst = append(dst, upToSeconds...)
	dst = append(dst, '.')
	dst = append(dst, fraction...)
	dst = append(dst, "000000000"[len(fraction):]...)
	return append(dst, 'Z', '"')
}

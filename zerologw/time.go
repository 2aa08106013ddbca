package zerologw

import (
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/logsto/logsto-go/internal/jsonscan"
)

// readTime reads the value of a time that zerolog has written in the format of
// zerolog.TimeFieldFormat, and reports whether it is one.
func readTime(value []byte) (time.Time, bool) {
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
		return readText(value)
	}
	n, err := strconv.ParseInt(string(value), 10, 64) // the conversion stays on the stack
	perSecond := int64(time.Second / unit)
	if second := n / perSecond; err != nil || second < firstSecond || second > lastSecond {
		return time.Time{}, false
	}
	return time.Unix(n/perSecond, n%perSecond*int64(unit)), true
}

// The seconds since 1970 of the years from 1 to 9999, beyond which a number is no
// time of a record.
const (
	firstSecond = -62135596800
	lastSecond  = 253402300799
)

// The parts of time.RFC3339 and of the formats that have a fraction besides.
const (
	seconds = "2006-01-02T15:04:05"
	zone    = "Z07:00"
)

// readText reads a time in a string.
func readText(value []byte) (time.Time, bool) {
	if len(value) < 2 || value[0] != '"' {
		return time.Time{}, false
	}
	text, format := value[1:len(value)-1], zerolog.TimeFieldFormat
	if r := lastReading.Load(); r != nil && r.format == format && len(text) >= len(r.head) && string(text[:len(r.head)]) == r.head {
		rest, nano := text[len(r.head):], time.Duration(0)
		if len(r.zone) > 0 {
			nano, rest = fraction(rest)
		}
		if string(rest) == r.zone {
			return r.time.Add(nano), true
		}
	}
	return parse(format, text)
}

// reading is a text without its fraction, and what it says.
type reading struct {
	format     string
	head, zone string // what stands before the fraction and behind it; zone is empty if there can be none
	time       time.Time
}

// lastReading is the text that was read last: the events of one second have it
// in common.
var lastReading atomic.Pointer[reading]

// parse reads a text that is not in lastReading, and puts it there.
func parse(format string, text []byte) (time.Time, bool) {
	r, layout, nano := reading{format: format, head: string(text)}, format, time.Duration(0)
	if strings.HasPrefix(format, seconds) && strings.HasSuffix(format, zone) {
		n := len(seconds)
		if len(text) <= n || text[n-len(":04:05")] != ':' { // an hour of one digit, which time.Parse would take
			return time.Time{}, false
		}
		var rest []byte
		nano, rest = fraction(text[n:])
		if len(rest) > 0 && len(rest) < len(text)-n && (rest[0] == '.' || rest[0] == ',') { // one more, which time.Parse would take
			return time.Time{}, false
		}
		r.head, r.zone, layout = string(text[:n]), string(rest), time.RFC3339
	} else if !isInstant(format) {
		return time.Time{}, false
	}
	var err error
	if r.time, err = time.Parse(layout, r.head+r.zone); err != nil {
		return time.Time{}, false
	}
	lastReading.Store(&r)
	return r.time.Add(nano), true
}

// verdict is what isInstant says of a format.
type verdict struct {
	format  string
	instant bool
}

var lastVerdict atomic.Pointer[verdict]

// isInstant reports whether a text in the format says which time it is, to the
// minute: not if there is no date in it, or no zone, or one that has a name only. It
// is tried with a zone that nobody knows.
func isInstant(format string) bool {
	v := lastVerdict.Load()
	if v == nil || v.format != format {
		probe := time.Date(2021, 12, 13, 14, 15, 16, 171819202, time.FixedZone("XST", 5*3600+1800))
		t, err := time.Parse(format, probe.Format(format))
		v = &verdict{format, err == nil && t.Sub(probe).Abs() < time.Minute}
		lastVerdict.Store(v)
	}
	return v.instant
}

// fraction reads the fraction of a second that text begins with, if it does, and
// returns what stands behind it.
func fraction(text []byte) (time.Duration, []byte) {
	if len(text) == 0 || text[0] != '.' && text[0] != ',' {
		return 0, text
	}
	end, nano := jsonscan.Digits(text, 1), time.Duration(0)
	if end == 1 {
		return 0, text
	}
	for i := 1; i <= 9; i++ {
		if nano *= 10; i < end {
			nano += time.Duration(text[i] - '0')
		}
	}
	return nano, text[end:]
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
	case unit > 0 && d >= unit && d < max(2*unit, time.Second):
		return t.Add(unit - 1)
	default:
		return t
	}
}

// clock tells the time at half the price of time.Now, which asks the system for
// two times: that of the day it asks for once a second, and goes on from there.
type clock struct{ read atomic.Pointer[time.Time] }

func (c *clock) now() time.Time {
	if t := c.read.Load(); t != nil {
		if d := time.Since(*t); d < time.Second {
			return t.Add(d)
		}
	}
	t := time.Now()
	c.read.Store(&t)
	return t
}

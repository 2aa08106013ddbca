package jsonenc

import "time"

// AppendTime appends a time as encoding/json does: RFC 3339 in its own zone,
// with the fraction that it has. A time that this form cannot say, because of
// its year or its zone, becomes what its String method returns.
func AppendTime(dst []byte, t time.Time) []byte {
	offset := 0
	if t.Location() != time.UTC {
		_, offset = t.Zone()
	}
	start := len(dst)
	dst = append(dst, '"')
	if out, ok := appendCivil(dst, t.Unix(), offset); ok {
		return append(appendZone(appendFraction(out, uint32(t.Nanosecond())), offset), '"')
	}
	if out, err := t.AppendText(dst); err == nil {
		return append(out, '"')
	}
	// Without its monotonic reading, which String would print.
	return AppendString(dst[:start], t.Round(0).String())
}

const (
	secondsPerDay = 24 * 60 * 60
	daysPer400    = 400*365 + 97
	// epochDay is 1970-01-01 in days since -400-03-01, the start of a year that ends
	// with its leap day, and of 400 years like any other.
	epochDay = 719468 + daysPer400
	// The first second of the year 0 and the last of 9999, since 1970.
	firstUnix = -62167219200
	lastUnix  = 253402300799
)

// appendCivil appends the date and the time of day, as 2006-01-02T15:04:05, of so
// many seconds since 1970, in a zone so many seconds east. It reports whether it
// could: for years from 0 to 9999 and zones of whole minutes, less than a day away.
func appendCivil(dst []byte, unix int64, offset int) ([]byte, bool) {
	local := unix + int64(offset)
	if local < firstUnix || local > lastUnix || offset%60 != 0 || offset <= -secondsPerDay || offset >= secondsPerDay {
		return dst, false
	}
	// From here on nothing is negative. Years are counted from March.
	since := uint64(local + epochDay*secondsPerDay)
	day, clock := uint32(since/secondsPerDay), uint32(since%secondsPerDay)
	era, ofEra := day/daysPer400, day%daysPer400
	year := (ofEra - ofEra/1460 + ofEra/36524 - ofEra/(daysPer400-1)) / 365
	ofYear := ofEra - (365*year + year/4 - year/100)
	month := (5*ofYear + 2) / 153 // 0 is March
	ofMonth := ofYear - (153*month+2)/5
	if month += 3; month > 12 {
		month -= 12
		year++
	}
	year = year + 400*era - 400
	n := len(dst)
	dst = append(dst, "0000-00-00T00:00:00"...)
	b := dst[n : n+19]
	putTwo(b[0:], year/100)
	putTwo(b[2:], year%100)
	putTwo(b[5:], month)
	putTwo(b[8:], ofMonth+1)
	putTwo(b[11:], clock/3600)
	putTwo(b[14:], clock/60%60)
	putTwo(b[17:], clock%60)
	return dst, true
}

// appendFraction appends a fraction of a second without zeros at its end, or
// nothing.
func appendFraction(dst []byte, nanoseconds uint32) []byte {
	if nanoseconds == 0 {
		return dst
	}
	n := len(dst)
	dst = append(dst, ".000000000"...)
	putNine(dst[n+1:], nanoseconds)
	for n = len(dst); dst[n-1] == '0'; n-- {
	}
	return dst[:n]
}

// appendZone appends Z, or the distance in hours and minutes.
func appendZone(dst []byte, offset int) []byte {
	if offset == 0 {
		return append(dst, 'Z')
	}
	sign := byte('+')
	if offset < 0 {
		sign, offset = '-', -offset
	}
	n := len(dst)
	dst = append(dst, sign, 0, 0, ':', 0, 0)
	putTwo(dst[n+1:], uint32(offset/3600))
	putTwo(dst[n+4:], uint32(offset/60%60))
	return dst
}

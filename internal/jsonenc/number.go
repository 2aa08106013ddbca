package jsonenc

import (
	"math"
	"strconv"
	"time"
)

// AppendBool appends true or false.
func AppendBool(dst []byte, v bool) []byte { return strconv.AppendBool(dst, v) }

// AppendInt appends a decimal number.
func AppendInt(dst []byte, v int64) []byte { return strconv.AppendInt(dst, v, 10) }

// AppendUint appends a decimal number.
func AppendUint(dst []byte, v uint64) []byte { return strconv.AppendUint(dst, v, 10) }

// AppendFloat64 appends a number in the form of encoding/json, which is that of
// ECMAScript. JSON has no numbers for what is not finite: these become the
// strings "NaN", "+Inf" and "-Inf".
func AppendFloat64(dst []byte, v float64) []byte {
	// Below 2^53 the neighbours of an integer are at most 1 away, so that all its
	// digits are needed and there are no others.
	if i := int64(v); float64(i) == v && -1<<53 < i && i < 1<<53 && (i != 0 || !math.Signbit(v)) {
		return AppendInt(dst, i)
	}
	if out, ok := appendDecimal(dst, v); ok {
		return out
	}
	return appendFloat(dst, v, 64)
}

// maxPlaces is how many decimal places are tried before the general way.
const maxPlaces = 3

// appendDecimal appends a number of few decimal places, as most that people log,
// and reports whether v is one. If m/10^k rounds to v, and m has at most 15 digits,
// then m with k places reads as v, and nothing shorter does: two decimals of up to
// 15 digits never read as the same float64.
func appendDecimal(dst []byte, v float64) ([]byte, bool) {
	abs := math.Abs(v)
	if !(abs < 1e9) || abs < 1e-6 { // also for a NaN
		return dst, false
	}
	whole := int64(abs)
	pow, unit := 1.0, int64(1)
	for k := 1; k <= maxPlaces; k++ {
		pow, unit = 10*pow, 10*unit
		scaled := abs * pow
		m := int64(scaled + 0.5)
		// The product is off by a few units in its last place at most. Most numbers
		// fail here, without the division.
		if math.Abs(scaled-float64(m)) > scaled*1e-15 || float64(m)/pow != abs {
			continue
		}
		if v < 0 {
			dst = append(dst, '-')
		}
		dst = strconv.AppendInt(dst, whole, 10)
		n := len(dst)
		dst = append(dst, ".000"[:k+1]...)
		for i, rest := n+k, uint32(m-whole*unit); rest > 0; i, rest = i-1, rest/10 {
			dst[i] = byte('0' + rest%10)
		}
		return dst, true
	}
	return dst, false
}

// AppendFloat32 is AppendFloat64 with the digits that a float32 needs.
func AppendFloat32(dst []byte, v float32) []byte { return appendFloat(dst, float64(v), 32) }

func appendFloat(dst []byte, v float64, bits int) []byte {
	switch {
	case math.IsNaN(v):
		return append(dst, `"NaN"`...)
	case math.IsInf(v, 1):
		return append(dst, `"+Inf"`...)
	case math.IsInf(v, -1):
		return append(dst, `"-Inf"`...)
	}
	abs, format := math.Abs(v), byte('f')
	if abs != 0 {
		if bits == 64 && (abs < 1e-6 || abs >= 1e21) || bits == 32 && (float32(abs) < 1e-6 || float32(abs) >= 1e21) {
			format = 'e'
		}
	}
	dst = strconv.AppendFloat(dst, v, format, -1, bits)
	// An exponent of two digits with a leading zero, as in 1e-07, loses it.
	if n := len(dst); format == 'e' && n >= 4 && dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst
}

// AppendComplex appends a complex number as a string such as "1+2i": JSON has
// no form for them.
func AppendComplex(dst []byte, v complex128, bits int) []byte {
	dst = append(dst, '"')
	dst = strconv.AppendFloat(dst, real(v), 'g', -1, bits/2)
	// The sign stands between the parts; strconv writes one of its own for what
	// is below zero, for -0 and for the infinities.
	if im := imag(v); math.IsNaN(im) || !math.Signbit(im) && !math.IsInf(im, 1) {
		dst = append(dst, '+')
	}
	dst = strconv.AppendFloat(dst, imag(v), 'g', -1, bits/2)
	return append(dst, 'i', '"')
}

// AppendDuration appends a number of nanoseconds, as encoding/json does.
func AppendDuration(dst []byte, d time.Duration) []byte { return AppendInt(dst, int64(d)) }

package differential

import (
	"math"
	"time"
)

// source makes decisions out of the bytes of a fuzzer, so that its mutations
// steer what is logged. Without bytes left each decision is the first.
type source struct {
	data []byte

	// What was made so far, for the rules of comparison.
	oddTimes map[string]bool // what stands for times that RFC 3339 cannot say
	sloppy   bool            // JSON with a lone surrogate may be in it
	cyclic   bool            // a value is cyclic, which comes before other reasons
}

func newSource(data []byte) *source { return &source{data: data, oddTimes: map[string]bool{}} }

func (s *source) byte() byte {
	if len(s.data) == 0 {
		return 0
	}
	b := s.data[0]
	s.data = s.data[1:]
	return b
}

// below returns a number from 0 to n-1.
func (s *source) below(n int) int { return int(s.byte()) % n }

// one returns whether a decision with a chance of one in n falls so.
func (s *source) one(n int) bool { return s.below(n) == n-1 }

func (s *source) bits() (v uint64) {
	for range 8 {
		v = v<<8 | uint64(s.byte())
	}
	return v
}

func (s *source) raw() []byte {
	n := min(s.below(20), len(s.data))
	b := s.data[:n:n]
	s.data = s.data[n:]
	return b
}

func pick[T any](s *source, list []T) T { return list[s.below(len(list))] }

// list returns up to four of what f makes, or nil.
func list[T any](s *source, f func() T) []T {
	n := s.below(6)
	if n == 5 {
		return nil
	}
	l := make([]T, n)
	for i := range l {
		l[i] = f()
	}
	return l
}

var oddStrings = []string{
	"GET", "", " ", "a\"b", `a\b`, "a/b", "\n", "\r\n", "\t\b\f", "\x00", "\x1f", "\x7f", "\xff", "a\xc3", "\xe2\x82", "\xed\xa0\x80", "\xf4\x90\x80\x80",
	"\xc0\x80", "\u2028", "\u2029x", "\ufffd", "\ufeff", "\U0001F600", "世界", "<script>&amp;", `\u0041`, `\ud800`, "!ERROR: x", "!PANIC: x", "NaN",
	"{\"a\":1}", "null", "2026-11-23T20:18:41Z", "a long string that does not need any escapes at all, over and over", "a long string until the very end of which nothing is odd\xff\"",
	"abcdefg", "abcdefgh", "abcdefg\x01", "abcdefgh\"", "éééééééé", "x\u2028\u2029\xffy",
}

func (s *source) str() string {
	switch n := s.below(64); {
	case n < len(oddStrings):
		return oddStrings[n]
	case n < len(oddStrings)+4:
		return pick(s, oddStrings) + pick(s, oddStrings)
	default:
		return string(s.raw())
	}
}

var oddKeys = []string{
	"a", "b", "c", "timestamp", "level", "message", "time", "msg", "error", "", "fields.level", "fields.", "source", "caller", "logger", "stacktrace", "a\"b",
	"\xff", "\n", "\u2028", "Level", "leve", "levels", "世", "kError", "k", "!BADKEY", "stack", "logrus_error", "func", "file", "a.b", "inline",
}

func (s *source) key() string {
	switch n := s.below(48); {
	case n < len(oddKeys):
		return oddKeys[n]
	default:
		return string(s.raw())
	}
}

var oddFloats = []float64{
	0, math.Copysign(0, -1), 1, -1, 0.1, 0.5, 1.5, 100, 1e6, 1e-6, 9.99e-7, 1e-7, 1e20, 1e21, 9.99e20, 1e22, 1e100, math.MaxFloat64, -math.MaxFloat64,
	math.SmallestNonzeroFloat64, math.NaN(), math.Inf(1), math.Inf(-1), 1 << 53, 1<<53 + 2, 1 << 62, 1 << 63, 123456789.125, 0.001, 0.0005, 0.30000000000000004,
	math.MaxFloat32, 2.5, 1e15, 999999.9995, 4.35, 1.005, 1e9, 1e9 + 0.5, 16777216, 16777217,
}

func (s *source) float() float64 {
	switch n := s.below(56); {
	case n < len(oddFloats):
		return oddFloats[n]
	case n < len(oddFloats)+8:
		return float64(int32(s.bits())) / 1000
	default:
		return math.Float64frombits(s.bits())
	}
}

func (s *source) float32() float32 {
	if s.one(4) {
		return math.Float32frombits(uint32(s.bits()))
	}
	return float32(s.float())
}

func (s *source) complex() complex128 { return complex(s.float(), s.float()) }

var oddInts = []int64{0, 1, -1, 9, 10, 99, 100, 200, 1 << 31, -1 << 31, 1 << 53, 1<<53 + 1, math.MaxInt64, math.MinInt64, math.MaxInt32, 255, 256, -128, 65535}

func (s *source) int() int64 {
	if n := s.below(24); n < len(oddInts) {
		return oddInts[n]
	}
	return int64(s.bits())
}

func (s *source) duration() time.Duration { return time.Duration(s.int()) }

var zones = []*time.Location{
	time.UTC, time.FixedZone("", 3600), time.FixedZone("X", -5*3600-30*60), time.FixedZone("with seconds", 3601), time.FixedZone("far", 24*3600),
	time.FixedZone("further", -100*3600), time.Local, time.FixedZone("minus zero", -1), time.FixedZone("23:59", 23*3600+59*60),
}

// time returns a time that a logger can be given, without a monotonic reading.
func (s *source) time() time.Time {
	var t time.Time
	switch s.below(10) {
	case 0:
		t = time.Unix(1795465121, 123456789)
	case 1:
		t = time.Unix(1795465121, 0)
	case 2:
		t = time.Unix(int64(int32(s.bits())), int64(s.bits()%1e9))
	case 3:
		t = time.Unix(s.int()%1e12, int64(s.bits()%1e9))
	case 4:
		t = time.Time{}
	case 5:
		t = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	case 6:
		t = time.Date(-1, 12, 31, 23, 59, 59, 999, time.UTC)
	case 7:
		t = time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)
	case 8:
		t = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	default:
		t = time.Unix(int64(s.bits()), int64(s.bits()%1e9))
	}
	t = t.In(pick(s, zones))
	if _, err := t.MarshalJSON(); err != nil {
		s.oddTimes[t.String()] = true
	}
	return t
}

package jsonenc

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

func checkFloat64(tb testing.TB, v float64) {
	tb.Helper()
	want, err := standard(v)
	switch {
	case math.IsNaN(v):
		want = `"NaN"`
	case math.IsInf(v, 1):
		want = `"+Inf"`
	case math.IsInf(v, -1):
		want = `"-Inf"`
	case err != nil:
		tb.Fatal(err)
	}
	if got := string(AppendFloat64([]byte("e-0"), v)); got != "e-0"+want {
		tb.Fatalf("AppendFloat64(%v) = %s, want %s", v, got[3:], want)
	}
	if err := valid(want); err != nil {
		tb.Fatal(err)
	}
}

func checkFloat32(tb testing.TB, v float32) {
	tb.Helper()
	f := float64(v)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		if got, want := string(AppendFloat32(nil, v)), string(AppendFloat64(nil, f)); got != want {
			tb.Fatalf("AppendFloat32(%v) = %s, want %s", v, got, want)
		}
		return
	}
	want, err := standard(v)
	if err != nil {
		tb.Fatal(err)
	}
	if got := string(AppendFloat32([]byte("e-0"), v)); got != "e-0"+want {
		tb.Fatalf("AppendFloat32(%v) = %s, want %s", v, got[3:], want)
	}
}

var floatCases = []float64{
	0, math.Copysign(0, -1), 1, -1, 0.1, 1.5, 100, 1e5, 1e6, 123456789, 1e20, 1e21, 9.99999e20, 1e22, 1e-5, 1e-6, 9.99e-7, 1e-7, 1e-9, 1e-10, 1e-100,
	math.MaxFloat64, math.SmallestNonzeroFloat64, math.MaxFloat32, math.SmallestNonzeroFloat32, math.Pi, 1 << 24, 1<<24 + 1,
	1<<53 - 1, 1 << 53, 1<<53 + 2, -(1<<53 - 1), -(1 << 53), 1 << 62, 1 << 63, -(1 << 63), 1 << 64, math.MaxInt64, 1e18, 1e19, 4.5e15,
	math.NaN(), math.Inf(1), math.Inf(-1), math.Float64frombits(0xfff8000000000001), 0x1p-1022, 0x1p-1074,
}

func TestFloatIsThatOfEncodingJSON(t *testing.T) {
	for _, v := range floatCases {
		checkFloat64(t, v)
		checkFloat64(t, math.Nextafter(v, math.Inf(1)))
		checkFloat64(t, math.Nextafter(v, math.Inf(-1)))
		checkFloat32(t, float32(v))
	}
	r := rand.New(rand.NewPCG(3, 4))
	for exp := range uint64(2048) {
		for _, fraction := range []uint64{0, 1, 1<<52 - 1, r.Uint64() >> 12, r.Uint64() >> 12} {
			for sign := range uint64(2) {
				checkFloat64(t, math.Float64frombits(sign<<63|exp<<52|fraction))
			}
		}
	}
	for exp := range uint32(256) {
		for _, fraction := range []uint32{0, 1, 1<<23 - 1, r.Uint32() >> 9, r.Uint32() >> 9, r.Uint32() >> 9} {
			for sign := range uint32(2) {
				checkFloat32(t, math.Float32frombits(sign<<31|exp<<23|fraction))
			}
		}
	}
	for range 50_000 {
		checkFloat64(t, math.Float64frombits(r.Uint64()))
		checkFloat64(t, float64(int64(r.Uint64())>>r.IntN(64)))
		checkFloat32(t, math.Float32frombits(r.Uint32()))
	}
}

func FuzzFloat(f *testing.F) {
	for _, v := range floatCases {
		f.Add(math.Float64bits(v))
	}
	f.Fuzz(func(t *testing.T, b uint64) {
		checkFloat64(t, math.Float64frombits(b))
		checkFloat64(t, float64(int64(b)))
		checkFloat32(t, math.Float32frombits(uint32(b)))
		checkFloat32(t, math.Float32frombits(uint32(b>>32)))
		checkInt(t, b)
	})
}

func checkInt(tb testing.TB, v uint64) {
	tb.Helper()
	if got, want := string(AppendInt([]byte("x"), int64(v))), "x"+strconv.FormatInt(int64(v), 10); got != want {
		tb.Fatalf("AppendInt = %s, want %s", got, want)
	}
	if got, want := string(AppendUint([]byte("x"), v)), "x"+strconv.FormatUint(v, 10); got != want {
		tb.Fatalf("AppendUint = %s, want %s", got, want)
	}
}

func TestIntAtEveryLength(t *testing.T) {
	for v := range uint64(11_000) {
		checkInt(t, v)
		checkInt(t, -v)
	}
	for shift := range 64 {
		for d := range uint64(3) {
			checkInt(t, 1<<shift-1+d)
			checkInt(t, -(1<<shift - 1 + d))
		}
	}
	for p := uint64(1); p < 1e19; p *= 10 {
		checkInt(t, p-1)
		checkInt(t, p)
	}
}

func TestComplexIsThatOfStrconv(t *testing.T) {
	parts := []float64{0, math.Copysign(0, -1), 1, -1, 1.5, 1e30, math.NaN(), math.Inf(1), math.Inf(-1)}
	for _, re := range parts {
		for _, im := range parts {
			v := complex(re, im)
			want := `"` + strings.Trim(strconv.FormatComplex(v, 'g', -1, 128), "()") + `"`
			if got := appended(t, func(dst []byte) []byte { return AppendAny(dst, v, noLimit) }); got != want {
				t.Errorf("%v becomes %s, want %s", v, got, want)
			}
			short := complex64(v)
			want = `"` + strings.Trim(strconv.FormatComplex(complex128(short), 'g', -1, 64), "()") + `"`
			if got := appended(t, func(dst []byte) []byte { return AppendAny(dst, short, noLimit) }); got != want {
				t.Errorf("%v becomes %s, want %s", short, got, want)
			}
		}
	}
}

// TestDecimals checks numbers of few decimal places, and their neighbours.
func TestDecimals(t *testing.T) {
	for _, pow := range []float64{10, 100, 1000, 1e4, 1e5, 1e6, 1e7} {
		for m := range 20_000 {
			v := float64(m) / pow
			checkFloat64(t, v)
			checkFloat64(t, -v)
			checkFloat64(t, float64(m)*49_999.0+v)
		}
		for m := range 2000 {
			v := float64(m) / pow
			checkFloat64(t, math.Nextafter(v, 1e9))
			checkFloat64(t, math.Nextafter(v, -1e9))
		}
	}
}

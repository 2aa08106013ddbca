package jsonenc

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

func zone(seconds int) *time.Location { return time.FixedZone("a \"zone\"\n", seconds) }

var timeCases = []time.Time{
	{},
	time.Unix(0, 0), time.Unix(0, 1), time.Unix(-1, 999_999_999), time.Unix(1_700_000_000, 123_000_000).UTC(),
	time.Now(), time.Now().UTC(),
	time.Date(2024, 2, 29, 23, 59, 59, 999_999_999, zone(5*3600+45*60)),
	time.Date(2024, 1, 1, 0, 0, 0, 0, zone(-12*3600)),
	time.Date(1890, 1, 1, 0, 0, 0, 0, zone(1172)), // seconds in the offset
	time.Date(2024, 1, 1, 0, 0, 0, 0, zone(-30)),
	time.Date(2024, 1, 1, 0, 0, 0, 0, zone(23*3600+59*60)),
	time.Date(2024, 1, 1, 0, 0, 0, 0, zone(24*3600)),
	time.Date(2024, 1, 1, 0, 0, 0, 0, zone(-100*3600)),
	time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC),
	time.Date(-1, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
	time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
	time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC),
	time.Date(9999, 12, 31, 23, 59, 59, 0, zone(-3600)),
	time.Date(0, 1, 1, 0, 0, 0, 0, zone(3600)),
	time.Unix(math.MaxInt64, 0), time.Unix(math.MinInt64, 0), time.Unix(math.MaxInt64>>1, 999_999_999),
}

func checkTime(tb testing.TB, v time.Time) {
	tb.Helper()
	got := appended(tb, func(dst []byte) []byte { return AppendTime(dst, v) })
	want, err := standard(v)
	if err != nil {
		want, _ = standard(v.Round(0).String())
	}
	if got != want {
		tb.Fatalf("AppendTime(%v) = %s, want %s", v, got, want)
	}
}

func TestTimeIsThatOfEncodingJSON(t *testing.T) {
	for _, v := range timeCases {
		checkTime(t, v)
	}
	for _, d := range []time.Duration{0, 1, -1, time.Hour, math.MaxInt64, math.MinInt64} {
		want, _ := standard(d)
		if got := appended(t, func(dst []byte) []byte { return AppendDuration(dst, d) }); got != want {
			t.Errorf("AppendDuration(%v) = %s, want %s", d, got, want)
		}
	}
}

const nineDigits = `"2006-01-02T15:04:05.000000000Z07:00"`

func checkTimestamp(tb testing.TB, v time.Time) {
	tb.Helper()
	got := appended(tb, func(dst []byte) []byte { return AppendTimestamp(dst, v) })
	want := v.UTC().Format(nineDigits)
	switch y := v.UTC().Year(); {
	case y < 0:
		want = `"0000-01-01T00:00:00` + v.Format(".000000000") + `Z"`
	case y > 9999:
		want = `"9999-12-31T23:59:59` + v.Format(".000000000") + `Z"`
	}
	if got != want {
		tb.Fatalf("AppendTimestamp(%v) = %s, want %s", v, got, want)
	}
}

func TestTimestampIsRFC3339WithNineDigits(t *testing.T) {
	for _, v := range timeCases {
		checkTimestamp(t, v)
	}
	r := rand.New(rand.NewPCG(5, 6))
	for range 20_000 {
		nanos := r.Int64N(1e9)
		if r.IntN(2) == 0 {
			nanos = []int64{0, 1, 9, 10, 99, 100, 9999, 10000, 99_999, 100_000, 999_999_999, 1000_000, 123_456_789}[r.IntN(13)]
		}
		unix := r.Int64N(400_000_000_000) - 150_000_000_000
		checkTimestamp(t, time.Unix(unix, nanos).In(zone(r.IntN(100_000)-50_000)))
	}
}

func TestPutNine(t *testing.T) {
	var got, want [9]byte
	check := func(v uint32) {
		putNine(got[:], v)
		for i, rest := len(want)-1, v; i >= 0; i, rest = i-1, rest/10 {
			want[i] = byte('0' + rest%10)
		}
		if got != want {
			t.Fatalf("putNine(%d) = %s", v, got[:])
		}
	}
	for v := range uint32(200_000) {
		check(v)
		check(v * 4999)
		check(999_999_999 - v)
	}
}

// Many goroutines fight for the one cached second.
func TestTimestampConcurrentSafe(t *testing.T) {
	base := time.Unix(-3, 0)
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			var b []byte
			for i := range 2000 {
				v := base.Add(time.Duration(i*g%5)*time.Second + time.Duration(i*g))
				b = AppendTimestamp(b[:0], v)
				if want := v.UTC().Format(nineDigits); string(b) != want {
					t.Errorf("got %s, want %s", b, want)
					return
				}
			}
		})
	}
	wg.Wait()
}

func FuzzTime(f *testing.F) {
	for _, v := range timeCases {
		_, offset := v.Zone()
		f.Add(v.Unix(), int64(v.Nanosecond()), offset)
	}
	f.Fuzz(func(t *testing.T, sec, nsec int64, offset int) {
		v := time.Unix(sec, nsec).In(zone(offset % (200 * 3600)))
		checkTime(t, v)
		checkTimestamp(t, v)
	})
}

func TestHead(t *testing.T) {
	at := time.Date(2026, 3, 4, 5, 6, 7, 8, zone(3600))
	for want, v := range map[string]time.Time{
		`{"timestamp":"2026-03-04T04:06:07.000000008Z","level":"INFO","message":"a\n\"b\""`: at,
		`{"level":"INFO","message":"a\n\"b\""`:                                              {},
	} {
		got := string(AppendHead(nil, v, "INFO", "a\n\"b\"", noLimit))
		if got != want || !json.Valid([]byte(got+"}")) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestEveryDay checks all dates that the form can say.
func TestEveryDay(t *testing.T) {
	step := int64(secondsPerDay)
	for unix := int64(firstUnix); unix <= lastUnix; unix += step {
		at := time.Unix(unix+(unix/step*7919)%step, 0).UTC()
		want, err := at.MarshalJSON()
		if err != nil {
			continue // beyond the last
		}
		if got := AppendTime(nil, at); string(got) != string(want) {
			t.Fatalf("%s, want %s", got, want)
		}
	}
}

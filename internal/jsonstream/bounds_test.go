package jsonstream_test

import (
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/logsto/logsto-go/internal/jsonstream"
)

// repeat is a body of a beginning, and then of the same again and again.
type repeat struct {
	first, again string
	read         int
	at           int // in again
}

func (r *repeat) Read(p []byte) (int, error) {
	n := copy(p, r.first)
	r.first = r.first[n:]
	for n < len(p) {
		m := copy(p[n:], r.again[r.at:])
		n, r.at = n+m, (r.at+m)%len(r.again)
	}
	r.read += n
	return n, nil
}

// TestAnswersThatAreTooMuch checks that what never ends is not read for ever, nor
// kept.
func TestAnswersThatAreTooMuch(t *testing.T) {
	const record, outside = 1 << 20, 1 << 20
	for name, c := range map[string]struct {
		first, again string
		want         string
		most         int // bytes that are read
	}{
		"a record":           {`[{"a":"`, "xy", "a record has more than 1048576 bytes", 3 * record},
		"a record of values": {`[{"a":[1`, ",1", "a record has more than 1048576 bytes", 3 * record},
		"a record, blanks":   {`[{"a":`, " ", "a record has more than 1048576 bytes", 3 * record},
		"a record, depth":    {`[`, `{"a":`, "a record has more than 1048576 bytes", 3 * record},
		"blanks":             {"", " \n", "more than 1048576 bytes in a row that are not of records", 3 * outside},
		"blanks, before":     {"[", " \n", "more than 1048576 bytes in a row that are not of records", 3 * outside},
		"blanks, between":    {"[{},", " \n", "more than 1048576 bytes in a row that are not of records", 3 * outside},
		"blanks, behind":     {"[{}]", " \n", "more than 1048576 bytes in a row that are not of records", 3 * outside},
		"a key":              {`{"`, "xy", "more than 1048576 bytes in a row that are not of records", 3 * outside},
		"a member":           {`{"a":"`, `\n`, "more than 1048576 bytes in a row that are not of records", 3 * outside},
		"a number":           {`{"a":1`, "23", "more than 1048576 bytes in a row that are not of records", 3 * outside},
		"members":            {`{"a":1`, `,"a":1`, "more than 1048576 bytes in a row that are not of records", 3 * outside},
		"members, behind":    {`{"a":[{}]`, `,"a":1`, "more than 1048576 bytes in a row that are not of records", 3 * outside},
		"empty arrays":       {`{"a":[]`, `,"a":[]`, "more than 1048576 bytes in a row that are not of records", 3 * outside},
		"objects":            {`{"a":{}`, `,"a":{}`, "more than 1048576 bytes in a row that are not of records", 3 * outside},
		"letters":            {"x", "x", "not JSON", 64 << 10},
		"a second array":     {`[{}],[{}`, ",{}", "behind its end", 128 << 10},
	} {
		body := &repeat{first: c.first, again: c.again}
		_, err := read(body, record)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if len(err.Error()) > 2000 || body.read > c.most {
			t.Errorf("%s: %d bytes were read, and the error has %d", name, body.read, len(err.Error()))
		}
	}
}

// TestDrippingCostsLittle checks that the time does not grow with the square of what
// comes byte by byte: it would be minutes.
func TestDrippingCostsLittle(t *testing.T) {
	const n = 500_000
	record := `{"a":"` + strings.Repeat("x", n) + `"}`
	body := "[" + strings.Repeat(" ", n) + record + strings.Repeat("\n", n) + "," + record + "]"
	start := time.Now()
	got, err := read(iotest.OneByteReader(strings.NewReader(body)), maxRecord)
	if err != nil || !slices.Equal(got, []string{record, record}) || time.Since(start) > 30*time.Second {
		t.Errorf("%d records, %v after %v", len(got), err, time.Since(start))
	}
}

func TestTheBoundOfARecordIsExact(t *testing.T) {
	for _, n := range []int{7, 100, 32<<10 - 1, 32 << 10, 32<<10 + 1, 100_000} {
		record := `{"a":` + strings.Repeat("1", n-6) + "}"
		body := "{\"z\":[ " + record + " ,\n " + record + " ]}"
		for _, again := range []string{" ", "\n \t"} {
			body = strings.ReplaceAll(body, " ", again)
			got, err := read(strings.NewReader(body), n)
			if err != nil || !slices.Equal(got, []string{record, record}) {
				t.Errorf("%d: %d records, %v", n, len(got), err)
			}
			if got, err := read(strings.NewReader(body), n-1); err == nil || got != nil {
				t.Errorf("%d: %d records, %v", n-1, len(got), err)
			}
		}
	}
}

// TestTheBoundOfTheRestStartsAnew checks that what stands between records adds up to
// nothing.
func TestTheBoundOfTheRestStartsAnew(t *testing.T) {
	body := "[" + strings.Repeat("{},"+strings.Repeat(" ", 1000), 2000) + "{}]"
	if got, err := read(strings.NewReader(body), maxRecord); err != nil || len(got) != 2001 {
		t.Errorf("%d records, %v", len(got), err)
	}
}

// TestALongAnswerIsNotKept checks that memory does not grow with the answer.
func TestALongAnswerIsNotKept(t *testing.T) {
	const n = 20_000 // of a kilobyte and more
	record := `{"a":"` + strings.Repeat("x", 1000) + `"}`
	body := io.MultiReader(strings.NewReader(`{"r":[`), io.LimitReader(&repeat{again: record + ",\n"}, int64(n*(len(record)+2))), strings.NewReader(record+"]}"))
	var before, now runtime.MemStats
	most, got := uint64(0), 0
	runtime.GC()
	runtime.ReadMemStats(&before)
	for r, err := range jsonstream.Records(on(body), maxRecord) {
		if err != nil || string(r) != record {
			t.Fatalf("%s, %v", r, err)
		}
		if got++; got%2000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc)
		}
	}
	if got != n+1 || most > before.HeapAlloc+1<<20 {
		t.Errorf("%d records, %d bytes more", got, int64(most)-int64(before.HeapAlloc))
	}
}

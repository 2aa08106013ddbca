package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/logsto/logsto-go/batch"
)

// piece is a line, or a part of one.
type piece struct {
	text string
	more bool
}

// cut returns what a splitter makes of the text.
func cut(tb testing.TB, r io.Reader, limit int) (list []piece) {
	tb.Helper()
	sp := splitter{limit: limit}
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, limit+2), limit+2) // the least that split works with
	in.Split(sp.split)
	for in.Scan() {
		list = append(list, piece{in.Text(), sp.more})
	}
	if err := in.Err(); err != nil {
		tb.Fatal(err)
	}
	return list
}

func TestSplit(t *testing.T) {
	const limit = 8
	for _, tc := range []struct {
		name, in string
		want     []string // with a "+" behind what is not the last part of its line
	}{
		{"nothing", "", nil},
		{"one line", "abc\n", []string{"abc"}},
		{"no end", "abc\ndef", []string{"abc", "def"}},
		{"empty lines", "\n\r\n\n", []string{"", "", ""}},
		{"carriage returns", "a\r\nb\rc\r\r\nd\r", []string{"a", "b\rc\r", "d\r"}},
		{"zero bytes", "\x00a\x00\n", []string{"\x00a\x00"}},
		{"as long as may be", "12345678\n12345678", []string{"12345678", "12345678"}},
		{"as long as may be, carriage return", "12345678\r\nx", []string{"12345678", "x"}},
		{"one more", "123456789\n123456789", []string{"12345678+", "9", "12345678+", "9"}},
		{"one more, carriage return", "123456789\r\n", []string{"12345678+", "9"}},
		{"carriage return is one more", "12345678\r", []string{"12345678+", "\r"}},
		{"twice", "1234567812345678\n\n", []string{"12345678+", "12345678", ""}},
		{"two bytes whole", "123456é\n", []string{"123456é"}},
		{"two bytes at the limit", "123456éx\n", []string{"123456é+", "x"}},
		{"two bytes over the limit", "1234567é\n", []string{"1234567+", "é"}},
		{"three bytes", "1234567€\n", []string{"1234567+", "€"}},
		{"three bytes, two in", "123456€\n", []string{"123456+", "€"}},
		{"four bytes", "1234567😀\n", []string{"1234567+", "😀"}},
		{"four bytes, three in", "12345😀12345\n", []string{"12345+", "😀1234+", "5"}},
		{"not UTF-8", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\n", []string{"\xff\xff\xff\xff\xff\xff\xff\xff+", "\xff"}},
		{"continuations only", "\x80\x80\x80\x80\x80\x80\x80\x80\x80", []string{"\x80\x80\x80\x80\x80\x80\x80\x80+", "\x80"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var want []piece
			for _, text := range tc.want {
				text, more := strings.CutSuffix(text, "+")
				want = append(want, piece{text, more})
			}
			if got := cut(t, strings.NewReader(tc.in), limit); !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
			if got := cut(t, iotest.OneByteReader(strings.NewReader(tc.in)), limit); !slices.Equal(got, want) {
				t.Errorf("byte by byte: got %v, want %v", got, want)
			}
		})
	}
}

// linesOf is the plain way to take text apart.
func linesOf(text string) []string {
	if text == "" {
		return nil
	}
	list := strings.Split(text, "\n")
	for i := range list[:len(list)-1] {
		list[i] = strings.TrimSuffix(list[i], "\r")
	}
	if last := len(list) - 1; list[last] == "" {
		list = list[:last]
	}
	return list
}

// FuzzSplit puts lines together again from their parts.
func FuzzSplit(f *testing.F) {
	f.Add([]byte("12345678\r\n123456é😀\n\xe2\x82"), uint8(8))
	f.Fuzz(func(t *testing.T, in []byte, n uint8) {
		limit := utf8.UTFMax + int(n)
		var got []string
		line := ""
		for _, p := range cut(t, iotest.HalfReader(bytes.NewReader(in)), limit) {
			line += p.text
			switch {
			case len(p.text) > limit:
				t.Errorf("%q has more than %d bytes", p.text, limit)
			case p.more && len(p.text) <= limit-utf8.UTFMax:
				t.Errorf("%q is shorter than need be", p.text)
			}
			if !p.more {
				got = append(got, line)
				line = ""
			}
		}
		if want := linesOf(string(in)); !slices.Equal(got, want) || line != "" {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// collector is a batch.Sender that keeps everything.
type collector struct {
	mu      sync.Mutex
	records [][]byte
}

func (c *collector) Send(_ context.Context, b *batch.Batch) batch.Result {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range b.Records {
		c.records = append(c.records, bytes.Clone(r))
	}
	return batch.Result{}
}

// shipText returns the records that are made of the text.
func shipText(tb testing.TB, r io.Reader, limit int) [][]byte {
	tb.Helper()
	var c collector
	buf, err := batch.New(&c, batch.WithMaxInFlight(1))
	if err != nil {
		tb.Fatal(err)
	}
	s := newShipper(buf, limit)
	if err := s.ship(r); err != nil {
		tb.Fatal(err)
	}
	if err := buf.Close(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	if n := int(s.records.Load()); n != len(c.records) {
		tb.Fatalf("%d records shipped, %d arrived", n, len(c.records))
	}
	return c.records
}

// FuzzShip gets the text back from the records.
func FuzzShip(f *testing.F) {
	f.Add([]byte("12345678\r\n123456é😀\n\xe2\x82"), uint8(8))
	f.Add([]byte(`{"message":"a","level":"info","timestamp":"2026-05-29T10:00:00Z"}`), uint8(200))
	f.Add([]byte(` {"msg":"a", "x":{"message":[1,"}"]}} `+"\r\n"), uint8(200))
	f.Add([]byte(`{"message":5}`+"\n{}\n{\"\\u006cevel\":\"\"}"), uint8(200))
	f.Fuzz(func(t *testing.T, in []byte, n uint8) {
		limit := utf8.UTFMax + int(n)
		records := shipText(t, iotest.HalfReader(bytes.NewReader(in)), limit)
		for i, line := range linesOf(string(in)) {
			records = checkLine(t, line, i+1, limit, records)
		}
		if len(records) > 0 {
			t.Errorf("left over: %s", records)
		}
	})
}

// checkLine checks that the records begin with those for the line, and returns
// the others.
func checkLine(t *testing.T, line string, number, limit int, records [][]byte) [][]byte {
	t.Helper()
	text := ""
	for part := 1; ; part++ {
		if len(records) == 0 {
			t.Fatalf("nothing for line %d, part %d: %q", number, part, line)
		}
		rec := records[0]
		records = records[1:]
		m := decode(t, rec)
		whole := strings.Trim(line, blanks)
		if len(line) <= limit && strings.HasPrefix(whole, "{") && json.Valid([]byte(whole)) && bytes.HasSuffix(rec, []byte(whole[1:])) {
			return records // an object
		}
		if len(line) > limit && (m.Line != number || m.Part != part) || len(line) <= limit && m.Line+m.Part > 0 {
			t.Fatalf("line %d, part %d: %s", number, part, rec)
		}
		text += m.Message
		want := string([]rune(line)) // bytes that are not UTF-8 are replaced one by one
		if text == want {
			return records
		}
		if !strings.HasPrefix(want, text) || len(line) <= limit {
			t.Fatalf("line %d: got %q, want %q", number, text, want)
		}
	}
}

// decoded is a record as a strict server reads it.
type decoded struct {
	Message, Level, Timestamp string
	Line, Part                int
}

// decode checks that a record has what every record must have.
func decode(tb testing.TB, rec []byte) (d decoded) {
	tb.Helper()
	var must struct{ Message, Level, Timestamp *string }
	if err := json.Unmarshal(rec, &must); err != nil {
		tb.Fatalf("%v: %s", err, rec)
	}
	if must.Message == nil || must.Level == nil || must.Timestamp == nil || !isTimestamp(*must.Timestamp) {
		tb.Fatalf("not a record: %s", rec)
	}
	if bytes.ContainsAny(rec, "\n") || !utf8.Valid(rec) {
		tb.Fatalf("not one line of UTF-8: %q", rec)
	}
	d = decoded{Message: *must.Message, Level: *must.Level, Timestamp: *must.Timestamp}
	var extra struct{ Line, Part json.RawMessage }
	_ = json.Unmarshal(rec, &extra) // an object may have anything there
	_ = json.Unmarshal(extra.Line, &d.Line)
	_ = json.Unmarshal(extra.Part, &d.Part)
	return d
}
